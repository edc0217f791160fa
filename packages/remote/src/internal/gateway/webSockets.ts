/** WebSockets, over TLS or without. */
import * as NodeSocketServer from "@effect/platform-node-shared/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Socket from "effect/socket/Socket"
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo } from "node:net"
import { isSpoken, versionHeader, versionWords } from "../wire/versions.ts"
import {
  type Arrival,
  certificateOf,
  doubtOf,
  hostAndPort,
  type Listening,
  type ServerTls,
  type Transport
} from "./Arrival.ts"
import type { Refused } from "./Admission.ts"

/** Returns what a request for a connection tells. */
const arrivalOf = (request: Http.IncomingMessage, unread: () => number): Arrival => ({
  proof: {
    token: /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1],
    certificate: certificateOf(request.socket)
  },
  address: request.socket.remoteAddress ?? "unknown",
  doubt: doubtOf(request.socket),
  foreign: isSpoken(request.headers["sec-websocket-protocol"])
    ? undefined
    : String(request.headers[versionHeader] ?? "no version of the protocol"),
  unread
})

/** Returns the headers of a refusal: one for another version says which one is spoken. */
const headersOf = ({ status }: Refused): Readonly<Record<string, string>> =>
  status === 426 ? { [versionHeader]: versionWords } : {}

/** Answers a request that asks for no WebSocket, as a browser makes it. */
const notAWebSocket: Http.RequestListener = (_, response) => {
  response.writeHead(426, { connection: "close", "content-type": "text/plain", upgrade: "websocket" })
  response.end("A gateway of effect-msmq listens here. Connect to it with RemoteMqrt of @effect-msmq/remote.\n")
}

/**
 * Listens for WebSockets. `admit`: returns the refusal of a connection, which then gets no WebSocket. Both ends send small frames
 * at once, since `ws` sets the option for that.
 */
export const webSockets = Effect.fnUntraced(function* (
  { helloWithin, host, maxFrame, port }: Listening,
  tls: ServerTls | undefined,
  admit: (arrival: Arrival) => Refused | undefined
) {
  const times = { headersTimeout: helloWithin, requestTimeout: helloWithin, connectionsCheckingInterval: helloWithin }
  const server =
    tls === undefined
      ? Http.createServer(times, notAWebSocket)
      : Https.createServer(
          {
            ...times,
            ...tls,
            handshakeTimeout: helloWithin,
            requestCert: tls.ca !== undefined,
            rejectUnauthorized: false
          },
          notAWebSocket
        )
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  const listening = yield* Effect.forkChild(
    NodeSocketServer.makeWebSocket({
      server,
      maxPayload: maxFrame,
      perMessageDeflate: false,
      verifyClient: ({ req }, answer) => {
        const refused = admit(arrivalOf(req, () => 0))
        if (refused === undefined) answer(true)
        else answer(false, refused.status, Http.STATUS_CODES[refused.status], headersOf(refused))
      }
    }),
    { startImmediately: true }
  )
  server.listen(port, host)
  const sockets = yield* Fiber.join(listening)
  const arrival = Effect.gen(function* () {
    const request = yield* NodeSocketServer.IncomingMessage
    const ws = (yield* Socket.WebSocket) as unknown as { readonly bufferedAmount: number }
    return arrivalOf(request, () => ws.bufferedAmount)
  }) as unknown as Effect.Effect<Arrival>
  const url = `${tls === undefined ? "ws" : "wss"}://${hostAndPort(server.address() as AddressInfo)}`
  return { server: sockets, arrival, url } satisfies Transport
})
