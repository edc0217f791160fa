/** Admission of clients over a real socket: with tokens and certificates, by WebSocket and by TLS alone. */
import { MessageQueue, MsmqError } from "@effect-msmq/core"
import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Logger, Redacted } from "effect"
import { inspect } from "node:util"
import { Authority } from "../support/authority.ts"
import { logLines } from "../support/logLines.ts"

const authority = await Authority.make("queues")
const stranger = await Authority.make("strangers")
const gatewayPair = await authority.issue("gateway")
const worker = await authority.issue("worker")
const expired = await authority.issue("expired", -1)
const revoked = await authority.issue("revoked")
const unlisted = await authority.issue("unlisted")
const foreign = await stranger.issue("foreign")
const crl = await authority.revocationList(revoked)

const secret = "7ab0c7c4-2f0a-4f0e-9d55"
const token = Redacted.make(secret)

const policy: GatewayPolicy.GatewayPolicy = {
  clients: [
    { name: "orders", token, ...GatewayPolicy.everything },
    {
      name: "worker",
      certificates: [worker, expired, revoked, foreign].map(({ fingerprint }) => fingerprint),
      ...GatewayPolicy.everything
    }
  ]
}

const tls = { ...gatewayPair.pair, ca: authority.pem, crl }

/** Connects with options, and creates a queue. Returns the exit and what the gateway logged. */
const attempt = (
  transport: "webSocket" | "tls",
  proof: Pick<RemoteMqrt.Options, "tls" | "token">,
  options: Partial<MqrtGateway.Options> = {}
) =>
  Effect.gen(function* () {
    const { layer: logged, lines } = logLines()
    const gateway = MqrtGateway.layer({ policy, tls, transport, ...options }).pipe(
      Layer.provide(InMemoryMqrt.layer),
      Layer.provide(logged)
    )
    const remote = Layer.unwrap(
      MqrtGateway.MqrtGateway.use(({ url }) =>
        Effect.succeed(RemoteMqrt.layer({ url, ...proof, tls: { ca: authority.pem, ...proof.tls } }))
      )
    )
    const exit = yield* MessageQueue.create(".\\private$\\orders").pipe(
      Effect.provide(Layer.provide(remote, gateway), { local: true }),
      Effect.exit
    )
    return { exit, lines }
  })

const expectIn = (exit: Exit.Exit<unknown, unknown>) =>
  assert.isTrue(Exit.isSuccess(exit), Exit.isFailure(exit) ? inspect(exit.cause) : "")

/** Returns the error that an attempt failed with. */
const errorOf = (exit: Exit.Exit<unknown, unknown>): MsmqError.MsmqError => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  if (!(error instanceof MsmqError.MsmqError)) return assert.fail(inspect(exit))
  return error
}

const expectRefused = (
  { exit, lines }: Effect.Success<ReturnType<typeof attempt>>,
  detail: RegExp,
  logged: RegExp = detail
) => {
  const error = errorOf(exit)
  assert.strictEqual(error.reason._tag, "GatewayRefused")
  assert.match(error.message, detail)
  assert.isFalse(error.isRetryable)
  const refusal = lines.find(({ message }) => message === "connection refused")
  assert.strictEqual(refusal?.level, "Warn")
  assert.match(String(refusal?.annotations["reason"]), logged)
  assert.strictEqual(refusal?.annotations["address"], "127.0.0.1")
  assert.notInclude(inspect({ error, lines }, { depth: 20, showHidden: true }), secret)
}

const unknown = /it knows no client with this token or certificate/

describe.concurrent("a client gets in", () => {
  it.live("with its token", () => Effect.map(attempt("webSocket", { token }), ({ exit }) => expectIn(exit)))
  for (const transport of ["webSocket", "tls"] as const) {
    it.live(`with its certificate, by ${transport}`, () =>
      Effect.map(attempt(transport, { tls: worker.pair }), ({ exit }) => expectIn(exit))
    )
  }
})

describe.concurrent("nobody gets in", () => {
  it.live("with a wrong token", () =>
    Effect.map(attempt("webSocket", { token: Redacted.make(`${secret}x`) }), (tried) => expectRefused(tried, unknown))
  )
  it.live("without a token or certificate, by webSocket", () =>
    Effect.map(attempt("webSocket", {}), (tried) => expectRefused(tried, unknown))
  )
  it.live("without a certificate, by tls", () =>
    Effect.map(attempt("tls", {}), (tried) => expectRefused(tried, unknown))
  )
  for (const transport of ["webSocket", "tls"] as const) {
    // A refused WebSocket has no body that says more.
    const told = (says: RegExp) => (transport === "tls" ? says : unknown)
    it.live(`with a certificate that the policy does not list, by ${transport}`, () =>
      Effect.map(attempt(transport, { tls: unlisted.pair }), (tried) => expectRefused(tried, unknown))
    )
    for (const [name, credentials, says] of [
      ["has expired", expired, /CERT_HAS_EXPIRED/],
      ["is revoked", revoked, /CERT_REVOKED/],
      ["is of an authority that the gateway does not know", foreign, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/]
    ] as const) {
      it.live(`with a certificate that ${name}, by ${transport}`, () =>
        Effect.map(attempt(transport, { tls: credentials.pair }), (tried) => expectRefused(tried, told(says), says))
      )
    }
  }

  it.live("through more connections than the policy allows", () =>
    Effect.gen(function* () {
      const one: GatewayPolicy.GatewayPolicy = {
        clients: [{ name: "orders", token, ...GatewayPolicy.everything, limits: { connections: 1 } }]
      }
      const gateway = MqrtGateway.layer({ policy: one }).pipe(
        Layer.provide(InMemoryMqrt.layer),
        Layer.provide(Logger.layer([]))
      )
      yield* Effect.gen(function* () {
        const { url } = yield* MqrtGateway.MqrtGateway
        const remote = RemoteMqrt.layer({ url, token })
        yield* Effect.gen(function* () {
          yield* MessageQueue.create(".\\private$\\orders")
          const error = yield* Effect.flip(Effect.provide(Effect.void, remote, { local: true }))
          assert.strictEqual(error.reason._tag, "GatewayRefused")
          assert.match(error.message, /as many connections of this client are open as its policy allows/)
        }).pipe(Effect.provide(remote, { local: true }))
        // The first one is gone, and another gets in.
        yield* MessageQueue.create(".\\private$\\invoices").pipe(
          Effect.provide(remote, { local: true }),
          Effect.retry({ times: 20 })
        )
      }).pipe(Effect.provide(gateway, { local: true }))
    })
  )
})

describe("a client refuses", () => {
  it.live("a gateway whose certificate is of an authority that it does not know", () =>
    Effect.gen(function* () {
      const { exit } = yield* attempt("webSocket", { token, tls: { ca: stranger.pem } })
      const error = errorOf(exit)
      assert.strictEqual(error.reason._tag, "GatewayUnavailable")
      assert.match(
        error.message,
        /the authority of its certificate is not known here: give its authority by the option tls: \{ ca \}\. The same/
      )
      assert.notInclude(inspect(error, { depth: 20, showHidden: true }), secret)
    })
  )
})

describe("secrets", () => {
  it("are not in what a policy and options print", () => {
    const printed = [
      inspect(policy, { depth: 20 }),
      JSON.stringify(policy),
      inspect({ url: "wss://localhost:1", token } satisfies RemoteMqrt.Options)
    ]
    for (const text of printed) assert.notInclude(text, secret)
  })
})
