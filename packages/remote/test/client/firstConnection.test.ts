/** A client whose first connection fails says what is at the address, and what to do. */
import { WebSocketServer } from "@effect/platform-node-shared/NodeWS"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import { RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import { readFileSync } from "node:fs"
import * as Http from "node:http"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { problemOfError } from "../../src/internal/client/connectionProblem.ts"
import { versionWords } from "../../src/internal/wire/versions.ts"

/** Fails to connect, and returns why. */
const refusal = (
  options: RemoteMqrt.Options
): Effect.Effect<{ readonly tag: string; readonly message: string }, unknown, Scope.Scope> =>
  Effect.map(Effect.flip(Layer.build(RemoteMqrt.layer(options))), (error: MsmqError) => ({
    tag: error.reason._tag,
    message: error.message
  }))

/** Listens at a port of its own. Returns its address without what stands before it. */
const listening = (server: Net.Server): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<string>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        resume(Effect.succeed(`127.0.0.1:${(server.address() as Net.AddressInfo).port}`))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        if (server instanceof Http.Server) server.closeAllConnections()
      })
  )

/** Server that answers every request with a status, as one of something else does. */
const answering = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  Http.createServer((_, response) => void response.writeHead(status, headers).end()).on("upgrade", (_, socket) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.end(`HTTP/1.1 ${status} ${Http.STATUS_CODES[status]}\r\nConnection: close\r\n${lines.join("")}\r\n`)
  })

const read = (name: string): string => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8")
const cert = read("queues.pem")

/** Server with TLS and nothing in between, which chooses a subprotocol and says something. */
const speakingTls = (ALPNProtocols: ReadonlyArray<string>, words: string) =>
  Tls.createServer({ cert, key: read("queues.key"), ALPNProtocols: [...ALPNProtocols] }, (socket) => {
    socket.on("error", () => {})
    socket.resume().end(words)
  }).on("tlsClientError", () => {})

/** A port at which nothing listens any more. */
const freePort = Effect.scoped(listening(Net.createServer()))

interface Case {
  readonly what: string
  readonly address: Effect.Effect<string, never, Scope.Scope>
  readonly tag: "GatewayUnavailable" | "GatewayRefused"
  readonly says: RegExp
  readonly options?: Partial<RemoteMqrt.Options>
}

const at = (server: () => Net.Server, scheme = "ws", path = "") =>
  Effect.map(
    Effect.suspend(() => listening(server())),
    (address) => `${scheme}://${address}${path}`
  )

const cases: ReadonlyArray<Case> = [
  {
    what: "nothing listens there",
    address: Effect.map(freePort, (address) => `ws://${address}`),
    tag: "GatewayUnavailable",
    says: /nothing listens at 127\.0\.0\.1:\d+: start the gateway, or look at the port/
  },
  {
    what: "the name is wrong",
    address: Effect.succeed("wss://queues.invalid:8443"),
    tag: "GatewayUnavailable",
    says: /no computer has the name queues\.invalid|the name queues\.invalid cannot be looked up/
  },
  {
    what: "the server does not speak TLS",
    address: at(() => answering(404), "wss"),
    tag: "GatewayUnavailable",
    says: /does not speak TLS: begin the address with ws:\/\//
  },
  {
    what: "the server speaks TLS",
    address: at(() => Tls.createServer().on("tlsClientError", () => {})),
    tag: "GatewayUnavailable",
    says: /ended the connection before it answered: begin the address with wss:\/\/ where it speaks TLS/
  },
  {
    what: "the path is wrong",
    address: at(() => answering(404), "ws", "/orders"),
    tag: "GatewayRefused",
    says: /answers HTTP 404 Not Found for \/orders: there is no gateway at this address/
  },
  {
    what: "a web server answers",
    address: at(() => answering(200)),
    tag: "GatewayRefused",
    says: /answers HTTP 200 OK for \/: there is no gateway at this address/
  },
  {
    what: "a proxy cannot reach the gateway",
    address: at(() => answering(502)),
    tag: "GatewayUnavailable",
    says: /the server at 127\.0\.0\.1:\d+ answers HTTP 502 Bad Gateway/
  },
  {
    what: "a server serves something else over WebSockets",
    address: at(() => {
      const server = Http.createServer()
      const sockets = new WebSocketServer({ server, handleProtocols: () => false })
      sockets.on("connection", (socket) => socket.send("hello"))
      return server
    }),
    tag: "GatewayRefused",
    says: /is no gateway, but serves something else over WebSockets/
  },
  {
    what: "a server speaks another language",
    address: at(() =>
      Net.createServer(
        (socket) =>
          void socket
            .on("error", () => {})
            .resume()
            .end("220 mail.example.com\r\n")
      )
    ),
    tag: "GatewayRefused",
    says: /is no gateway: it does not speak HTTP/
  },
  {
    what: "a server takes the connection and says nothing",
    address: at(() => {
      const open = new Set<Net.Socket>()
      const server = Net.createServer((socket) => void open.add(socket.on("error", () => {})))
      server.close = ((close) => (done?: () => void) => {
        for (const socket of open) socket.destroy()
        return close(done)
      })(server.close.bind(server))
      return server
    }),
    tag: "GatewayUnavailable",
    says: /it did not answer in time/
  },
  {
    what: "the certificate is not trusted",
    address: at(() => speakingTls([], ""), "wss"),
    tag: "GatewayUnavailable",
    says: /its certificate is one that it signed itself: give its authority by the option tls: { ca }/
  },
  {
    what: "a server of something else speaks TLS",
    address: at(() => speakingTls([], "220 mail.example.com"), "tls"),
    options: { tls: { ca: cert } },
    tag: "GatewayRefused",
    says: /the server at 127\.0\.0\.1:\d+ is no gateway, but speaks TLS/
  },
  {
    what: "a gateway of a later version answers, with nothing but TLS",
    address: at(() => speakingTls(["effect-msmq"], "version 9 of the protocol (@effect-msmq/remote 3.1.4)\n"), "tls"),
    options: { tls: { ca: cert } },
    tag: "GatewayRefused",
    says: /it speaks version 9 of the protocol \(@effect-msmq\/remote 3\.1\.4\), and this program version 1 of the protocol/
  },
  {
    what: "a gateway of a later version answers",
    address: at(() =>
      answering(426, { "effect-msmq-version": "version 9 of the protocol (@effect-msmq/remote 3.1.4)" })
    ),
    tag: "GatewayRefused",
    says: new RegExp(
      String.raw`it speaks version 9 of the protocol \(@effect-msmq/remote 3\.1\.4\), and this program ` +
        versionWords.replaceAll(/[()./]/g, String.raw`\$&`) +
        "; install the same version of the package on both"
    )
  }
]

describe("a client that cannot connect says so where", () => {
  it.live.each(cases)("$what", ({ address, options, says, tag }) =>
    Effect.gen(function* () {
      const url = yield* address
      const connectWithin = /in time/.test(String(says)) ? "200 millis" : "30 seconds"
      const error = yield* refusal({ url, connectWithin, ...options })
      assert.match(error.message, says)
      assert.include(error.message, url)
      assert.strictEqual(error.tag, tag)
    })
  )

  it.effect.each([
    "http://queues.example.com",
    "https://queues.example.com:8443",
    "queues.example.com:8443",
    "wss://",
    "wss://user:secret@queues.example.com",
    "wss://queues.example.com/#orders",
    "wss://queues.example.com/#",
    "tls://queues.example.com",
    "tls://queues.example.com:8443/orders"
  ])("the address is none: %s", (url) =>
    Effect.gen(function* () {
      const error = yield* refusal({ url })
      assert.strictEqual(error.tag, "IllegalOption")
      assert.include(error.message, 'an address such as "wss://queues.example.com:8443"')
    })
  )

  it("the certificate is not trusted, or is another computer's, or an old one", () => {
    const says = (code: string) =>
      problemOfError(Object.assign(new Error("of OpenSSL"), { code }), "wss://queues.example.com:8443").detail
    assert.match(says("DEPTH_ZERO_SELF_SIGNED_CERT"), /signed itself: give its authority by the option tls/)
    assert.match(says("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), /authority of its certificate is not known here/)
    assert.match(says("ERR_TLS_CERT_ALTNAME_INVALID"), /not for the name queues\.example\.com: of OpenSSL/)
    assert.match(says("CERT_HAS_EXPIRED"), /has expired/)
  })
})
