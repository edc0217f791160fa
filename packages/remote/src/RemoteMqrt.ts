/**
 * The `Mqrt` service through a gateway, for programs on machines without Message Queuing.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { MsmqError, reasonOf } from "@effect-msmq/core/MsmqError"
import * as Given from "@effect-msmq/core/mqrt/Options"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as RpcSerialization from "effect/rpc/RpcSerialization"
import type * as Scope from "effect/Scope"
import type { MachineRight, QueueRule } from "./GatewayPolicy.ts"
import { functionsOf, type PlainReceives } from "./internal/client/functions.ts"
import { Link } from "./internal/client/Link.ts"
import { pem, positive, unreadable } from "./internal/optionRules.ts"
import { usualTimes } from "./internal/usualTimes.ts"
import * as serialization from "./internal/wire/serialization.ts"

/**
 * Certificates of a client, as `node:tls` takes them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tls {
  /** Authorities that the gateway's certificate may be of, in PEM. By default those that Node knows. */
  readonly ca?: string | undefined
  /** Certificate of the client, in PEM, where it has one instead of a token. */
  readonly cert?: string | undefined
  /** Private key of that certificate, in PEM. */
  readonly key?: string | undefined
}

/**
 * Options of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Address of the gateway, such as `"wss://queues.example.com:8443"`; `"tls://..."` where its transport is TLS with nothing in
   * between, which takes a certificate and no token.
   */
  readonly url: string
  /** Token of the client, by which the policy of the gateway knows it. */
  readonly token?: Redacted.Redacted<string> | undefined
  /** Certificates. */
  readonly tls?: Tls | undefined
  /**
   * Guarantee of receives outside of a transaction: `"atLeastOnce"` holds a message at the gateway until it has arrived, so that one
   * whose connection is cut comes again; `"atMostOnce"` takes it at once, so that one whose connection is cut is lost. `"atLeastOnce"` by
   * default.
   */
  readonly plainReceives?: PlainReceives | undefined
  /** Time for which the layer, and later each call, waits for a connection. 5 seconds by default. */
  readonly connectWithin?: Duration.Input | undefined
  /** Time for which the gateway is asked after a cut what became of a send or commit. 30 seconds by default. */
  readonly outcomeWithin?: Duration.Input | undefined
  /** Largest frame that is read, in bytes: 16 MiB by default. */
  readonly maxFrame?: number | undefined
}

const tls = Given.table<Tls>()({
  ca: pem("certificates of authorities"),
  cert: pem("a certificate"),
  key: pem("a private key")
})

/** Returns `true` for an address that can be connected to. Only HTTP has a path, and a port that need not be given. */
const isAddress = (text: string): boolean => {
  const url = /[\s@#]/.test(text) ? null : URL.parse(text)
  return url?.protocol === "tls:"
    ? url.port !== "" && ["", "/"].includes(url.pathname)
    : ["ws:", "wss:"].includes(url?.protocol ?? "")
}

const table = Given.table<Options>()({
  url: Given.required(
    Given.guarded(
      'an address such as "wss://queues.example.com:8443", without a user and a password',
      (value): value is string => typeof value === "string" && isAddress(value)
    )
  ),
  token: Given.guarded(
    "a token in Redacted, such as Redacted.make(process.env.GATEWAY_TOKEN)",
    (value): value is Redacted.Redacted<string> =>
      Redacted.isRedacted(value) && /^[!-~]+$/.test(String(Redacted.value(value))),
    { secret: true }
  ),
  tls: Given.nested<Tls>("certificates", tls, { secret: true }),
  plainReceives: Given.oneOf(["atLeastOnce", "atMostOnce"]),
  connectWithin: positive,
  outcomeWithin: positive,
  maxFrame: Given.wholeNumber(65536, 1 << 30)
})

const linkOf = ({ connectWithin, maxFrame, outcomeWithin, tls = {}, token, url }: Options): Link =>
  new Link({
    url,
    token,
    tls,
    maxFrame: maxFrame ?? serialization.usualMaxFrame,
    connectWithin: Duration.fromInputUnsafe(connectWithin ?? usualTimes.connectWithin),
    outcomeWithin: Duration.fromInputUnsafe(outcomeWithin ?? usualTimes.outcomeWithin)
  })

const call = { operation: "RemoteMqrt.layer" }

const illegal = (option: string, rule: string, actual: string): MsmqError =>
  new MsmqError({ ...call, reason: { _tag: "IllegalOption", option, rule, actual } })

/** Returns the rule that options break together; `undefined` where they break none. */
const mistakeIn = ({ tls = {}, token, url }: Options): MsmqError | undefined => {
  const { port, protocol } = new URL(url)
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    const [missing, given] = tls.cert === undefined ? ["cert", "key"] : ["key", "cert"]
    return illegal("tls", "must have cert and key together", `${given} without ${missing}`)
  }
  const problem = unreadable(tls)
  if (problem !== undefined) return illegal("tls", "must have certificates and a key that OpenSSL reads", problem)
  if (protocol !== "tls:") return undefined
  if (token !== undefined) {
    const rule = "must be left out for an address that begins with tls://, whose clients have a certificate in tls"
    return illegal("token", rule, "a token")
  }
  return port === "" ? illegal("url", "must have a port where it begins with tls://", url) : undefined
}

const functions = (
  options: Options
): Effect.Effect<Mqrt.MqrtFunctions, MsmqError, Scope.Scope | RpcSerialization.RpcSerialization> =>
  Effect.gen(function* () {
    const link = linkOf(options)
    yield* link.open
    const made = functionsOf(link, options.plainReceives ?? "atLeastOnce")
    yield* Effect.addFinalizer(() => made.settled)
    return made.functions
  })

/**
 * Makes the layer of the service through a gateway. It connects when it is built, and again after each cut. When it closes, everything
 * that was opened through it is released; the gateway does that too where the program cannot.
 *
 * **Details**
 *
 * After a cut, handles are stale, and senders and receivers reopen their queues by themselves, as after a restart of the service. A
 * send or a commit whose answer was cut off is asked after: it is known to have had its effect, or never to have it. Only where the
 * gateway itself ended in between it fails with `GatewayOutcomeUnknown`.
 *
 * Fails with `IllegalOption`, with `GatewayUnavailable` where the gateway cannot be reached, and with `GatewayRefused` where it
 * does not know the client or speaks another version.
 *
 * @example
 * ```ts import.meta.vitest
 * import { RemoteMqrt } from "@effect-msmq/remote"
 * import { Effect, Layer } from "effect"
 *
 * const program = Layer.launch(RemoteMqrt.layer({ url: "ws://127.0.0.1:1" })).pipe(
 *   Effect.catchReason("MsmqError", "GatewayUnavailable", (reason) => Effect.succeed(reason.url))
 * )
 *
 * await Effect.runPromise(program) // => "ws://127.0.0.1:1"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Mqrt.Mqrt, MsmqError> =>
  Layer.unwrap(
    Effect.flatMap(Given.check(call, table, options, "options"), (options) => {
      const mistake = mistakeIn(options)
      if (mistake !== undefined) return Effect.fail(mistake)
      const { maxFrame = serialization.usualMaxFrame } = options
      return Effect.succeed(Layer.provide(Mqrt.layer(functions(options)), serialization.layer(maxFrame)))
    })
  )

/**
 * Makes the layer as {@link layer} does, from the configuration.
 *
 * Fails with `ConfigError` where the configuration is missing or illegal.
 *
 * @example
 * ```ts import.meta.vitest
 * import { RemoteMqrt } from "@effect-msmq/remote"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * const layer = RemoteMqrt.layerConfig({
 *   url: Config.String("GATEWAY_URL"),
 *   token: Config.Redacted("GATEWAY_TOKEN")
 * })
 * const env = { GATEWAY_URL: "ws://127.0.0.1:1", GATEWAY_TOKEN: "7ab0c7c4-2f0a-4f0e" }
 * const program = Layer.launch(layer).pipe(
 *   Effect.catchReason("MsmqError", "GatewayUnavailable", (reason) => Effect.succeed(reason.url)),
 *   Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
 * )
 *
 * await Effect.runPromise(program) // => "ws://127.0.0.1:1"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (config: Config.Wrap<Options>): Layer.Layer<Mqrt.Mqrt, MsmqError | Config.ConfigError> =>
  Layer.unwrap(Effect.map(Given.fromConfig<Options>({ operation: "RemoteMqrt.layerConfig" }, config), layer))

/**
 * Description of a gateway, and of the client that asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Description {
  /** Version of the package that the gateway runs. */
  readonly version: string
  /** Name of the client in the policy of the gateway. */
  readonly client: string
  /** Rights of the client on queues. */
  readonly queues: ReadonlyArray<QueueRule>
  /** Rights of the client on the gateway's computer. */
  readonly machine: ReadonlyArray<MachineRight>
  /** Limits of the client, by their names in the policy. */
  readonly limits: Readonly<Record<string, number>>
  /** Time that a call and its answer take, in milliseconds: the shortest of five. */
  readonly roundTrip: number
  /** Milliseconds by which the clock of the gateway is ahead of this computer's; negative where it is behind. */
  readonly clockAhead: number
}

/** Number of calls by which a round trip is timed. */
const timedCalls = 5

/**
 * Connects to a gateway, and asks it about itself and about this client, as `effect-msmq doctor --gateway` does.
 *
 * Fails with `IllegalOption`, with `GatewayUnavailable` where the gateway cannot be reached, and with `GatewayRefused` where it
 * does not know the client or speaks another version.
 *
 * @example
 * ```ts import.meta.vitest
 * import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer } from "effect"
 *
 * const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected }).pipe(Layer.provide(InMemoryMqrt.layer))
 * const program = MqrtGateway.MqrtGateway.use(({ url }) => RemoteMqrt.describe({ url }))
 *
 * const { client, queues } = await Effect.runPromise(program.pipe(Effect.provide(gateway)))
 * client // => "anybody"
 * queues[0]?.queues // => ["*"]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const describe = (options: Options): Effect.Effect<Description, MsmqError> =>
  Effect.flatMap(Given.check(describing, table, options, "options"), (options) => {
    const mistake = mistakeIn(options)
    if (mistake !== undefined) return Effect.fail(new MsmqError({ ...describing, reason: mistake.reason }))
    const { maxFrame = serialization.usualMaxFrame } = options
    return described(options).pipe(Effect.scoped, Effect.provide(serialization.layer(maxFrame)))
  })

const describing = { operation: "RemoteMqrt.describe" }

const described = Effect.fnUntraced(function* (options: Options) {
  const link = linkOf(options)
  yield* Effect.mapError(link.open, ({ reason }) => new MsmqError({ ...describing, reason }))
  const ask = Effect.gen(function* () {
    const [sent, before] = [yield* Clock.currentTimeMillis, yield* Clock.currentTimeNanos]
    const { time, ...said } = yield* Effect.mapError(
      link.call("describe", "describe", {}),
      (failure) => new MsmqError({ ...describing, reason: reasonOf(failure) })
    )
    const roundTrip = Number((yield* Clock.currentTimeNanos) - before) / 1e6
    return { ...said, roundTrip, clockAhead: Math.round(time - sent - roundTrip / 2) }
  })
  const said = yield* Effect.replicateEffect(ask, timedCalls)
  return said.reduce((one, other) => (other.roundTrip < one.roundTrip ? other : one))
})
