/** A gateway in this process, and clients of it. */
import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import type * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Layer, Redacted } from "effect"
import { logLines } from "./logLines.ts"

/** Token of the client {@link clientWith} makes. */
export const token = Redacted.make("7ab0c7c4-2f0a-4f0e-9d55")

/** Token of a client that may do everything. */
export const administration = Redacted.make("c0ffee00-7c4d-4a4d-8a55")

/** Policy with a client that has some rights and limits, and one that may do everything. */
export const clientWith = (client: Partial<GatewayPolicy.Client>): GatewayPolicy.GatewayPolicy => ({
  clients: [
    { name: "tried", token, ...client },
    { name: "administration", token: administration, ...GatewayPolicy.everything }
  ]
})

/** Runs a gateway over a backend, by default one in memory, for an effect. */
export const withGateway = <A, E>(
  options: MqrtGateway.Options,
  use: (url: string, lines: ReturnType<typeof logLines>["lines"]) => Effect.Effect<A, E, MqrtGateway.MqrtGateway>,
  backend: Layer.Layer<Mqrt.Mqrt, unknown> = InMemoryMqrt.layer
) => {
  const { layer: logged, lines } = logLines()
  const gateway = MqrtGateway.layer(options).pipe(Layer.provide(backend), Layer.provide(logged))
  return MqrtGateway.MqrtGateway.use(({ url }) => use(url, lines)).pipe(Effect.provide(gateway, { local: true }))
}

/** Returns the layer of a client. */
export const clientAt = (url: string, proof = token, options: Partial<RemoteMqrt.Options> = {}) =>
  RemoteMqrt.layer({ url, token: proof, ...options })
