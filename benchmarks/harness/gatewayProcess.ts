/**
 * A gateway over a backend in memory, in a process of its own, that lets everybody do everything. Tells its address, and whenever it is
 * asked the bytes that it uses after a garbage collection. Ends when its parent disconnects.
 */
import { GatewayPolicy, MqrtGateway } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Layer, Logger, ManagedRuntime } from "effect"

const limits = { connections: 10_000, waits: 100_000, handles: 100_000 }
const policy = { clients: [], anybody: { name: "anybody", ...GatewayPolicy.everything, limits } }
const runtime = ManagedRuntime.make(
  MqrtGateway.layer({ policy }).pipe(Layer.provide(InMemoryMqrt.layer), Layer.provide(Logger.layer([])))
)

/** Returns the bytes of objects, and beside the heap. What the first collection finalizes is free in the second. */
const used = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

process.on("message", () => void process.send?.(used()))
process.on("disconnect", () => process.exit(0))
process.send?.(await runtime.runPromise(MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(url))))
