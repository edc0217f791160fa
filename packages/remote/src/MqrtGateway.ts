/**
 * Gateway: serves the `Mqrt` service of this computer to programs on others.
 *
 * All clients act as the account that the gateway runs as, and sign with its certificates. There is no impersonation. So a policy says
 * for each client which queues it may use, and how.
 *
 * @since 0.1.0
 */
import * as NodeSocketServer from "@effect/platform-node-shared/NodeSocketServer"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Given from "@effect-msmq/core/mqrt/Options"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { SocketServerError } from "effect/socket/SocketServer"
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo } from "node:net"
import type { GatewayPolicy } from "./GatewayPolicy.ts"
import { clientOfRequest, serve } from "./internal/gateway/connections.ts"
import * as serialization from "./internal/wire/serialization.ts"
import { isSpoken, versionHeader, versionWords } from "./internal/wire/versions.ts"

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
  /** Time between two signs of life, which both sides give; after three that are missing a connection is dead. 5 seconds by default. */
  readonly heartbeat?: Duration.Input | undefined
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
    /** Address that clients connect to, such as `"wss://127.0.0.1:8443"`. */
    readonly url: string
  }
>()("@effect-msmq/remote/MqrtGateway") {}

const call = { operation: "MqrtGateway.layer" }

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const table = Given.table<Options>()({
  policy: Given.required(
    Given.guarded(
      "a policy of GatewayPolicy",
      (value): value is GatewayPolicy => isObject(value) && "clients" in value && Array.isArray(value.clients),
      { secret: true }
    )
  ),
  port: Given.wholeNumber(0, 65535),
  host: Given.name,
  tls: Given.guarded(
    'a certificate and a key in PEM, or "elsewhere"',
    (value): value is Tls | "elsewhere" =>
      value === "elsewhere" || (isObject(value) && "cert" in value && "key" in value),
    { secret: true }
  ),
  heartbeat: Given.durations,
  rememberedFor: Given.durations,
  maxFrame: Given.wholeNumber(65536, 1 << 30),
  subqueue: Given.name
})

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"])

const illegal = (option: string, rule: string, actual: string): MsmqError =>
  new MsmqError({ ...call, reason: { _tag: "IllegalOption", option, rule, actual } })

/** Shortest token that a policy may have. */
const shortest = 16

/** Returns the rule that options break together; `undefined` where they break none. */
const mistakeIn = ({ host = "127.0.0.1", policy, tls }: Options): MsmqError | undefined => {
  if (policy.clients.length === 0 && policy.anybody === undefined) {
    return illegal("policy", "must have at least one client, or say what anybody may do", "a policy without clients")
  }
  for (const { certificates, name, token } of policy.clients) {
    if (token === undefined && (certificates ?? []).length === 0) {
      return illegal("policy", "each client must have a token or certificates", `the client ${name} without either`)
    }
    if (token !== undefined && Redacted.value(token).length < shortest) {
      const rule = `tokens must have at least ${shortest} characters; node -e "console.log(crypto.randomUUID())" makes one`
      return illegal("policy", rule, `a shorter one of the client ${name}`)
    }
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

/** Most characters of the version that a client says it has. */
const longestWords = 100

/** Answers a request that asks for no WebSocket, as a browser makes it. */
const notAWebSocket: Http.RequestListener = (_, response) => {
  response.writeHead(426, { connection: "close", "content-type": "text/plain", upgrade: "websocket" })
  response.end("A gateway of effect-msmq listens here. Connect to it with RemoteMqrt of @effect-msmq/remote.\n")
}

const make = Effect.fnUntraced(function* (options: Options) {
  const mistake = mistakeIn(options)
  if (mistake !== undefined) return yield* mistake
  const mqrt = yield* Mqrt
  const { host = "127.0.0.1", maxFrame = serialization.usualMaxFrame, policy, port = 0 } = options
  const tls = options.tls === "elsewhere" ? undefined : options.tls
  const server =
    tls === undefined
      ? Http.createServer(notAWebSocket)
      : Https.createServer({ ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: false }, notAWebSocket)
  const run = Effect.runForkWith(yield* Effect.context<never>())
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  const sockets = yield* Effect.forkChild(
    NodeSocketServer.makeWebSocket({
      server,
      maxPayload: maxFrame,
      perMessageDeflate: false,
      verifyClient: ({ req }, answer) => {
        const log = (reason: string): void => {
          const address = req.socket.remoteAddress ?? "unknown"
          run(Effect.annotateLogs(Effect.logWarning("connection refused"), { address, reason }))
        }
        if (clientOfRequest(policy, req) === undefined) {
          log("it presented no token or certificate of the policy")
          return answer(false, 401, "the gateway knows no client with this token or certificate")
        }
        if (!isSpoken(req.headers["sec-websocket-protocol"])) {
          const spoken = String(req.headers[versionHeader] ?? "no version of the protocol").slice(0, longestWords)
          log(`it speaks ${spoken}, and this gateway ${versionWords}`)
          return answer(false, 426, `this gateway speaks ${versionWords}`, { [versionHeader]: versionWords })
        }
        answer(true)
      }
    }),
    { startImmediately: true }
  )
  server.listen(port, host)
  const served = yield* Fiber.join(sockets)
  yield* Effect.forkScoped(
    serve(mqrt, served, {
      policy,
      maxFrame,
      subqueue: options.subqueue ?? "gateway",
      heartbeat: Duration.fromInputUnsafe(options.heartbeat ?? "5 seconds"),
      remembered: Duration.fromInputUnsafe(options.rememberedFor ?? "10 minutes")
    }).pipe(Effect.provide(serialization.layer(maxFrame)), Effect.scoped)
  )
  const address = server.address() as AddressInfo
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address
  return MqrtGateway.of({ url: `${tls === undefined ? "ws" : "wss"}://${name}:${address.port}` })
})
