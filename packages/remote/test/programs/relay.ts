/** A gateway in front of another gateway, in a process that can be killed: `PORT=... TARGET=... node relay.ts`. Tells its address. */
import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { Effect, Layer, Logger, ManagedRuntime } from "effect"

const { PORT = "0", TARGET = "" } = process.env
// The other gateway has messages in subqueues of the usual name.
const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected, port: Number(PORT), subqueue: "relay" })
const runtime = ManagedRuntime.make(
  gateway.pipe(Layer.provide(RemoteMqrt.layer({ url: TARGET })), Layer.provide(Logger.layer([])))
)

const url = await runtime.runPromise(MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(url)))
process.on("disconnect", () => process.exit(0))
process.send?.({ url })
