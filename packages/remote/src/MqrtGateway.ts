/**
 * Gateway: serves the `Mqrt` service of this computer to programs on others.
 *
 * All clients act as the account that the gateway runs as, and sign with its certificates. There is no impersonation. So a policy says
 * for each client which queues it may use, and how.
 *
 * @since 0.1.0
 */
import { Mqrt } from "@effect-msmq/core/Mqrt"
import { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Given from "@effect-msmq/core/mqrt/Options"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SocketServerError } from "effect/socket/SocketServer"
import type { GatewayPolicy } from "./GatewayPolicy.ts"
import { Admission, isRefused, type Refused } from "./internal/gateway/Admission.ts"
import type { Arrival } from "./internal/gateway/Arrival.ts"
import { connectionRefused } from "./internal/gateway/audit.ts"
import { serve } from "./internal/gateway/connections.ts"
import { pem, positive, unreadable } from "./internal/optionRules.ts"
import * as policyRules from "./internal/gateway/policyRules.ts"
import { tlsSockets } from "./internal/gateway/tlsSockets.ts"
import { webSockets } from "./internal/gateway/webSockets.ts"
import { usualTimes } from "./internal/usualTimes.ts"
import * as serialization from "./internal/wire/serialization.ts"

/**
 * Certificate and key of a gateway, and the authorities of its clients, as `node:tls` takes them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tls {
  /** Certificate of the gateway, in PEM. */
  readonly cert: string
  /** Private key of the gateway, in PEM. */
  readonly key: string
  /** Authorities whose certificates clients may present, in PEM. Given, a client may present one instead of a token. */
  readonly ca?: string | undefined
  /** Revocation lists of these authorities, in PEM. A revoked certificate is refused. */
  readonly crl?: string | undefined
}

/**
 * Options of a gateway.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Clients, and what each may do. */
  readonly policy: GatewayPolicy
  /** Port: 0 takes one that is free, which is the default. */
  readonly port?: number | undefined
  /** Address to listen at. `"127.0.0.1"` by default. */
  readonly host?: string | undefined
  /**
   * Certificate and key. `"elsewhere"`: something in front of the gateway does TLS. It may be left out only where the gateway listens
   * on the loopback address.
   */
  readonly tls?: Tls | "elsewhere" | undefined
  /**
   * Way of the connections. `"webSocket"`, by default, goes through proxies and takes tokens and certificates. `"tls"` is TLS with
   * nothing in between, for clients that have certificates; it needs `tls` with `ca`.
   */
  readonly transport?: "webSocket" | "tls" | undefined
  /** Time between two signs of life, which both sides give; after three that are missing a connection is dead. 5 seconds by default. */
  readonly heartbeat?: Duration.Input | undefined
  /** Time in which a connection has to prove whose it is, and to say hello. 10 seconds by default. */
  readonly helloWithin?: Duration.Input | undefined
  /** Time for which the outcomes of a client's calls are kept after its connection has ended. 10 minutes by default. */
  readonly rememberedFor?: Duration.Input | undefined
  /** Largest frame, in bytes: 16 MiB by default. */
  readonly maxFrame?: number | undefined
  /**
   * Name of the subqueues in which the gateway holds messages of plain queues until their receivers have them. `"gateway"` by default;
   * each gateway on a computer needs a name of its own, since it puts back what it finds there when it starts.
   */
  readonly subqueue?: string | undefined
}

/**
 * Service of a gateway that runs. See the example of {@link layer}.
 *
 * @category services
 * @since 0.1.0
 */
export class MqrtGateway extends Context.Service<
  MqrtGateway,
  {
    /** Address that clients connect to, such as `"wss://127.0.0.1:8443"` or `"tls://127.0.0.1:8443"`. */
    readonly url: string
  }
>()("@effect-msmq/remote/MqrtGateway") {}

const call = { operation: "MqrtGateway.layer" }

const tls = Given.nested<Tls>(
  'a certificate and its key, or "elsewhere",',
  Given.table<Tls>()({
    cert: Given.required(pem("a certificate")),
    key: Given.required(pem("a private key")),
    ca: pem("certificates of authorities"),
    crl: pem("revocation lists")
  }),
  { secret: true }
)

const table = Given.table<Options>()({
  policy: Given.required(policyRules.policy),
  port: Given.wholeNumber(0, 65535),
  host: Given.name,
  tls: { ...tls, read: (value, option) => (value === "elsewhere" ? value : tls.read(value, option)) },
  transport: Given.oneOf(["webSocket", "tls"]),
  heartbeat: positive,
  helloWithin: positive,
  rememberedFor: Given.durations,
  maxFrame: Given.wholeNumber(65536, 1 << 30),
  subqueue: Given.guarded(
    "a name of at most 31 characters for subqueues, without ; and \\",
    (value): value is string => typeof value === "string" && /^[^;\\]{1,31}$/.test(value)
  )
})

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"])

const illegal = (option: string, rule: string, actual: string): MsmqError =>
  new MsmqError({ ...call, reason: { _tag: "IllegalOption", option, rule, actual } })

/** Returns the rule that options break together; `undefined` where they break none. */
const mistakeIn = ({ host = "127.0.0.1", policy, tls, transport }: Options): MsmqError | undefined => {
  const mistake = policyRules.mistakeOf(policy)
  if (mistake !== undefined) return illegal("policy", mistake.rule, mistake.actual)
  const problem = typeof tls === "object" ? unreadable(tls) : undefined
  if (problem !== undefined) return illegal("tls", "must have certificates, keys and lists that OpenSSL reads", problem)
  const hasAuthorities = typeof tls === "object" && tls.ca !== undefined
  if (transport === "tls" && !hasAuthorities) {
    return illegal("tls", 'must have ca, the authorities of the clients, where transport is "tls"', "tls without ca")
  }
  const certified = policy.clients.find(({ certificates = [] }) => certificates.length > 0)
  if (certified !== undefined && tls !== "elsewhere" && !hasAuthorities) {
    const rule = "must have ca, the authorities of the clients, where the policy names certificates"
    return illegal("tls", rule, `tls without ca, and certificates of the client ${certified.name}`)
  }
  if (certified !== undefined && tls === "elsewhere") {
    const rule = "may name certificates only where the gateway does TLS itself; give the client a token"
    return illegal("policy", rule, `certificates of the client ${certified.name} with tls: "elsewhere"`)
  }
  if (loopback.has(host)) return undefined
  if (policy.anybody !== undefined) {
    const rule = "may let anybody in without proof only where the gateway listens on the loopback address"
    return illegal("policy", rule, `a policy for anybody at ${host}`)
  }
  if (tls === undefined) {
    const rule = 'must be given, or be "elsewhere", where the gateway does not listen on the loopback address'
    return illegal("tls", rule, `none at ${host}`)
  }
  return undefined
}

/**
 * Makes the layer of a gateway that serves the `Mqrt` service below it until the layer closes. Then every session ends first: what its
 * client had open is released, children before parents, and what it had not taken stays in its queue.
 *
 * Fails with `IllegalOption`, also where the options would let in who does not belong: without clients, or away from the loopback
 * address without TLS; and with `SocketServerError` where the address cannot be listened at.
 *
 * @example
 * ```ts import.meta.vitest
 * import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer } from "effect"
 *
 * const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected }).pipe(Layer.provide(InMemoryMqrt.layer))
 * const remote = Layer.unwrap(MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(RemoteMqrt.layer({ url }))))
 *
 * const program = MessageQueue.create(".\\private$\\orders").pipe(Effect.as("created"))
 * await Effect.runPromise(program.pipe(Effect.provide(remote.pipe(Layer.provide(gateway))))) // => "created"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<MqrtGateway, MsmqError | SocketServerError, Mqrt> =>
  Layer.effect(MqrtGateway, Effect.flatMap(Given.check(call, table, options, "options"), make))

const make = Effect.fnUntraced(function* (options: Options) {
  const mistake = mistakeIn(options)
  if (mistake !== undefined) return yield* mistake
  const mqrt = yield* Mqrt
  const { host = "127.0.0.1", maxFrame = serialization.usualMaxFrame, port = 0 } = options
  const admission = new Admission(options.policy)
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const admit = (arrival: Arrival): Refused | undefined => {
    const admitted = admission.clientOf(arrival)
    if (!isRefused(admitted)) return undefined
    run(connectionRefused(arrival, admitted))
    return admitted
  }
  const helloWithin = Duration.toMillis(options.helloWithin ?? usualTimes.helloWithin)
  const listening = { host, port, maxFrame, helloWithin }
  const tls = options.tls === "elsewhere" ? undefined : options.tls
  const transport =
    options.transport === "tls" && tls !== undefined
      ? yield* tlsSockets(listening, tls)
      : yield* webSockets(listening, tls, admit)
  const settings = {
    admission,
    maxFrame,
    helloWithin,
    subqueue: options.subqueue ?? "gateway",
    heartbeat: Duration.fromInputUnsafe(options.heartbeat ?? usualTimes.heartbeat),
    remembered: Duration.fromInputUnsafe(options.rememberedFor ?? usualTimes.rememberedFor)
  }
  yield* Effect.forkScoped(
    serve(mqrt, transport, settings).pipe(Effect.provide(serialization.layer(maxFrame)), Effect.scoped)
  )
  return MqrtGateway.of({ url: transport.url })
})
