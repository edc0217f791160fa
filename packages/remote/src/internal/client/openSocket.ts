/** Sockets of a client: WebSockets that send a token or a certificate, and that can let the process end. */
import { WebSocket } from "@effect/platform-node-shared/NodeWS"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Socket from "effect/socket/Socket"
import type { ClientRequest, IncomingMessage } from "node:http"
import { subprotocol, versionHeader, versionWords } from "../wire/versions.ts"
import { type ConnectionProblem, problemOfError, problemOfResponse } from "./connectionProblem.ts"

/** Address of a gateway, and the proof of the client. */
export interface Address {
  readonly url: string
  readonly token: Redacted.Redacted<string> | undefined
  readonly tls: {
    readonly ca?: string | undefined
    readonly cert?: string | undefined
    readonly key?: string | undefined
  }
  readonly maxFrame: number
}

/** Socket, with what happens to its connection. */
export interface OpenSocket {
  readonly socket: Socket.Socket
  /** Returns what went wrong with the connection; `undefined`: nothing. */
  readonly problem: () => ConnectionProblem | undefined
  /** Sets whether the connection keeps the process alive. */
  readonly hold: (holds: boolean) => void
}

/** Milliseconds after which a server that accepts a connection and does not answer is given up. */
const longestHandshake = 10_000

/** Makes a socket, whose connection opens when it is read and ends with the scope of the reader. */
export const openSocket = ({ maxFrame, tls, token, url }: Address): Effect.Effect<OpenSocket> =>
  Effect.suspend(() => {
    let problem: ConnectionProblem | undefined
    let connection: IncomingMessage["socket"] | undefined
    let holds = true
    const apply = (): void => {
      if (holds) connection?.ref()
      else connection?.unref()
    }
    const connect = Effect.acquireRelease(
      Effect.sync(() => {
        const proof = token === undefined ? {} : { authorization: `Bearer ${Redacted.value(token)}` }
        const ws = new WebSocket(url, subprotocol, {
          ...tls,
          headers: { ...proof, [versionHeader]: versionWords },
          maxPayload: maxFrame,
          perMessageDeflate: false,
          handshakeTimeout: longestHandshake
        })
        ws.on("error", (error: Error) => (problem ??= problemOfError(error, url)))
        ws.on("close", (code: number, reason: Buffer) => {
          const words = `it was closed with code ${code}${reason.length === 0 ? "" : `, ${reason.toString()}`}`
          problem ??= { kind: "GatewayUnavailable", detail: words }
        })
        ws.on(
          "unexpected-response",
          (_: ClientRequest, { headers, statusCode = 0, statusMessage = "" }: IncomingMessage) => {
            problem ??= problemOfResponse(statusCode, statusMessage, headers, url)
            ws.terminate()
          }
        )
        ws.on("upgrade", (response: IncomingMessage) => {
          connection = response.socket
          apply()
        })
        return ws
      }),
      (ws) => Effect.sync(() => ws.terminate())
    )
    return Effect.map(Socket.fromWebSocket(connect as never), (socket) => ({
      socket,
      problem: () => problem,
      hold: (value) => {
        holds = value
        apply()
      }
    }))
  })
