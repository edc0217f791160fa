import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MqrtGateway } from "@effect-msmq/remote"
import { type Context, Duration, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { openBackend } from "../backends.ts"
import { durationFlag } from "../durationFlag.ts"
import { Failed, WrongUse } from "../Failed.ts"
import { textOf, textOfFlag } from "../gateway/client.ts"
import { withLog } from "../gateway/logLines.ts"
import { jsonSchema, readPolicy } from "../gateway/policyFile.ts"
import * as Output from "../Output.ts"
import { root } from "../root.ts"

const flags = {
  policy: Flag.String("policy").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Policy in JSON: the clients, and what each may do; --policy-schema prints its JSON Schema"),
    Flag.optional
  ),
  unprotected: Flag.Boolean("unprotected").pipe(
    Flag.withDescription("Lets every program on this computer do everything, without a policy, to try it"),
    Flag.withDefault(false)
  ),
  host: Flag.String("host").pipe(
    Flag.withMetavar("ADDRESS"),
    Flag.withDescription("Address to listen at, 0.0.0.0 for all of this computer; 127.0.0.1 by default"),
    Flag.withDefault("127.0.0.1")
  ),
  port: Flag.Int("port").pipe(
    Flag.filter(
      (port) => port >= 0 && port <= 65535,
      () => "a port from 0 to 65535"
    ),
    Flag.withDescription("Port to listen at, 0 for one that is free; 8443 by default"),
    Flag.withDefault(8443)
  ),
  tlsCrl: Flag.String("tls-crl").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Revocation lists of the authorities of --tls-ca, in PEM"),
    Flag.optional
  ),
  tlsElsewhere: Flag.Boolean("tls-elsewhere").pipe(
    Flag.withDescription("Listens without TLS, which something in front of the gateway does"),
    Flag.withDefault(false)
  ),
  transport: Flag.Literals("transport", ["webSocket", "tls"]).pipe(
    Flag.withDescription(
      "webSocket goes through proxies, and takes tokens and certificates; tls has nothing in between, and takes certificates; webSocket by default"
    ),
    Flag.withDefault("webSocket")
  ),
  helloWithin: durationFlag("hello-within", "10 seconds", "Time in which a connection has to prove whose it is"),
  heartbeat: durationFlag("heartbeat", "5 seconds", "Time between two signs of life, three of which may be missing"),
  rememberedFor: durationFlag(
    "remembered-for",
    "10 minutes",
    "Time for which a client can ask what became of its calls after its connection was cut"
  ),
  subqueue: Flag.String("subqueue").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription(
      "Subqueues for messages on their way to a client, another name for each gateway of a computer; gateway by default"
    ),
    Flag.withDefault("gateway")
  ),
  policySchema: Flag.Boolean("policy-schema").pipe(
    Flag.withDescription("Prints the JSON Schema of a policy, and ends"),
    Flag.withDefault(false)
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("One JSON object a line for each event: time, level, event and its facts"),
    Flag.withDefault(false)
  )
}

/** Reads the files that the flags name for TLS. */
const readTls = (crl: Option.Option<string>, isElsewhere: boolean) =>
  Effect.gen(function* () {
    const { tlsCa, tlsCert, tlsKey } = yield* root
    const given = [tlsCa, tlsCert, tlsKey, crl].some(Option.isSome)
    if (isElsewhere) {
      return given ? yield* new WrongUse("--tls-elsewhere takes the place of the other flags for TLS") : "elsewhere"
    }
    if (!given) return undefined
    if (Option.isNone(tlsCert) || Option.isNone(tlsKey)) {
      return yield* new WrongUse("TLS needs a certificate and its key: --tls-cert FILE --tls-key FILE")
    }
    if (Option.isSome(crl) && Option.isNone(tlsCa)) {
      return yield* new WrongUse("--tls-crl has the revocation lists of the authorities of --tls-ca: give both")
    }
    const tls: MqrtGateway.Tls = {
      cert: yield* textOf(tlsCert.value),
      key: yield* textOf(tlsKey.value),
      ca: yield* textOfFlag(tlsCa),
      crl: yield* textOfFlag(crl)
    }
    return tls
  })

/** Serves a backend until it is interrupted, and logs the beginning and the end. */
const serve = (
  { MqrtGateway: { MqrtGateway, layer } }: typeof import("@effect-msmq/remote"),
  options: MqrtGateway.Options,
  backend: Context.Context<Mqrt>
) =>
  Effect.gen(function* () {
    const built = yield* Effect.catchTag(
      Layer.build(Layer.provide(layer(options), Layer.succeedContext(backend))),
      "SocketServerError",
      ({ message, reason }) =>
        new Failed({
          message: `cannot listen at ${options.host}:${options.port}: ${reason.cause instanceof Error ? reason.cause.message : message}`
        })
    )
    const { url } = yield* Effect.provideContext(MqrtGateway, built)
    yield* Effect.annotateLogs(Effect.logInfo("listening"), { url })
    return yield* Effect.never
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => Effect.logInfo("stopped"))
  )

export const gateway = Command.make("gateway", flags, (given) =>
  Effect.gen(function* () {
    if (given.policySchema) return yield* Output.line(JSON.stringify(jsonSchema(), null, 2))
    const { backend } = yield* root
    if (backend === "remote") {
      return yield* new WrongUse("a gateway serves the queues of its own computer: --backend native, or memory")
    }
    if (Option.isSome(given.policy) === given.unprotected) {
      return yield* new WrongUse(
        "a gateway needs a policy that says who may do what: --policy FILE. --unprotected lets every program on this computer do everything"
      )
    }
    const remote = yield* Effect.promise(() => import("@effect-msmq/remote"))
    const options: MqrtGateway.Options = {
      policy: Option.isSome(given.policy) ? yield* readPolicy(given.policy.value) : remote.GatewayPolicy.unprotected,
      host: given.host,
      port: given.port,
      tls: yield* readTls(given.tlsCrl, given.tlsElsewhere),
      transport: given.transport,
      helloWithin: Duration.max(given.helloWithin, Duration.millis(1)),
      heartbeat: Duration.max(given.heartbeat, Duration.millis(1)),
      rememberedFor: given.rememberedFor,
      subqueue: given.subqueue
    }
    const open = yield* openBackend
    const { write } = yield* Output.Output
    return yield* withLog(serve(remote, options, yield* open), given.json ? "json" : "text", (line) =>
      write(`${line}\n`)
    )
  }).pipe(Effect.scoped)
).pipe(
  Command.withDescription("Serves this machine's queues to programs on other machines, until it is interrupted."),
  Command.withExamples([
    { command: "effect-msmq gateway --unprotected --backend memory", description: "To try it, with made-up queues" },
    {
      command: "effect-msmq gateway --policy policy.json --host 0.0.0.0 --tls-cert gateway.pem --tls-key gateway.key",
      description: "For programs on other machines"
    },
    { command: "effect-msmq gateway --policy-schema", description: "JSON Schema of a policy, for an editor" }
  ])
)
