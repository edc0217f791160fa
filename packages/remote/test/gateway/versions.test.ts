/** A gateway that speaks another version than its client says so before anything else, and names both. */
import { WebSocket } from "@effect/platform-node-shared/NodeWS"
import { GatewayPolicy, MqrtGateway } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { readFileSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import * as Tls from "node:tls"
import { isSpoken, subprotocol, versionHeader, versionWords } from "../../src/internal/wire/versions.ts"

/** Log with its annotations, as text. */
const lines: Array<string> = []
const logger = Logger.layer([
  Logger.map(Logger.formatJson, (line) => {
    lines.push(line)
  })
])

const served = (options: Omit<MqrtGateway.Options, "policy">) =>
  MqrtGateway.layer({ policy: GatewayPolicy.unprotected, ...options }).pipe(
    Layer.provide(InMemoryMqrt.layer),
    Layer.provide(logger)
  )

const gateway = served({})

const read = (name: string): string => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8")
const cert = read("queues.pem")

const overTls = served({ transport: "tls", tls: { cert, key: read("queues.key"), ca: cert } })

/** Returns what a gateway with nothing but TLS says to a client that offers subprotocols, and which it chooses. */
const saidOverTls = (url: string, offered: ReadonlyArray<string>) =>
  Effect.callback<{ readonly chosen: unknown; readonly said: string }>((resume) => {
    const { hostname: host, port } = new URL(url)
    const socket = Tls.connect({ host, port: Number(port), ca: cert, ALPNProtocols: [...offered] })
    let said = ""
    socket.on("data", (data) => (said += data.toString()))
    socket.on("error", (error) => (said += String(error)))
    socket.on("close", () => resume(Effect.succeed({ chosen: socket.alpnProtocol, said })))
  })

/** Returns what a gateway answers to a client that offers subprotocols. */
const answer = (url: string, offered: ReadonlyArray<string>, words?: string) =>
  Effect.callback<{ readonly status: number; readonly version: unknown; readonly spoken: string }>((resume) => {
    const ws = new WebSocket(url, [...offered], { headers: words === undefined ? {} : { [versionHeader]: words } })
    ws.on("error", () => {})
    ws.on("unexpected-response", (_: unknown, { headers, statusCode = 0 }: IncomingMessage) => {
      ws.terminate()
      resume(Effect.succeed({ status: statusCode, version: headers[versionHeader], spoken: "" }))
    })
    ws.on("open", () => {
      ws.terminate()
      resume(Effect.succeed({ status: 101, version: undefined, spoken: ws.protocol }))
    })
  })

describe("a gateway", () => {
  it.live.each(["effect-msmq.0", "effect-msmq.2"])(
    "refuses a client that speaks %s, and names both versions",
    (offered) =>
      Effect.gen(function* () {
        const { url } = yield* MqrtGateway.MqrtGateway
        const words = `${offered}, the version of the client`
        assert.deepStrictEqual(yield* answer(url, [offered], words), { status: 426, version: versionWords, spoken: "" })
        assert.include(lines.join("\n"), `it speaks ${words}, and this gateway ${versionWords}`)
      }).pipe(Effect.provide(gateway, { local: true }))
  )

  it.live("refuses a program that says no version at all, such as another's WebSocket", () =>
    Effect.gen(function* () {
      const { url } = yield* MqrtGateway.MqrtGateway
      assert.deepStrictEqual(yield* answer(url, []), { status: 426, version: versionWords, spoken: "" })
    }).pipe(Effect.provide(gateway, { local: true }))
  )

  it.live("speaks with a client that speaks its version among others", () =>
    Effect.gen(function* () {
      const { url } = yield* MqrtGateway.MqrtGateway
      const { spoken, status } = yield* answer(url, [subprotocol, "effect-msmq.2"])
      assert.deepStrictEqual([status, spoken], [101, subprotocol])
      assert.isTrue(isSpoken(`effect-msmq.2, ${subprotocol}`))
    }).pipe(Effect.provide(gateway, { local: true }))
  )

  it.live("tells a browser what it is, and does not keep it waiting", () =>
    Effect.gen(function* () {
      const { url } = yield* MqrtGateway.MqrtGateway
      const response = yield* Effect.promise(() => fetch(url.replace("ws:", "http:")))
      assert.strictEqual(response.status, 426)
      assert.include(yield* Effect.promise(() => response.text()), "A gateway of effect-msmq listens here")
    }).pipe(Effect.provide(gateway, { local: true }))
  )

  it.live(
    "with nothing but TLS, too, says to a client of another version what it speaks, and ends the connection",
    () =>
      Effect.gen(function* () {
        const { url } = yield* MqrtGateway.MqrtGateway
        const { chosen, said } = yield* saidOverTls(url, ["effect-msmq.2", "effect-msmq"])
        assert.deepStrictEqual([chosen, said], ["effect-msmq", `${versionWords}\n`])
      }).pipe(Effect.provide(overTls, { local: true }))
  )
})
