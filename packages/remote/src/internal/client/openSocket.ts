/** Sockets of a client, which prove whose they are and can let the process end: WebSockets, and TLS with nothing in between. */
import * as NodeSocket from "@effect/platform-node-shared/NodeSocket"
import { WebSocket } from "@effect/platform-node-shared/NodeWS"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Socket from "effect/socket/Socket"
import type { ClientRequest, IncomingMessage } from "node:http"
import { isIP } from "node:net"
import type { Duplex } from "node:stream"
import { connect as connectTls } from "node:tls"
import { anyVersion, subprotocol, versionHeader, versionsDiffer, versionWords } from "../wire/versions.ts"
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
  /** Keeps the process alive for as long as the connection lasts, until what it returns is called. Several may do so at once. */
  readonly hold: () => () => void
}

/** Connection of a socket, which may keep the process alive. */
interface Connection {
  readonly destroyed: boolean
  ref(): unknown
  unref(): unknown
}

/** Notes of a socket about its connection. */
class Notes {
  problem: ConnectionProblem | undefined
  #connection: Connection | undefined
  #holders = 0

  /** Notes the connection, which keeps the process alive only while somebody holds it. */
  connecting(connection: Connection): void {
    this.#connection = connection
    this.#apply()
  }

  /** Notes what went wrong first. */
  note(problem: ConnectionProblem): void {
    this.problem ??= problem
  }

  /** Notes that the connection was closed, where nothing went wrong before. */
  closed(detail: string): void {
    this.note({ kind: "GatewayUnavailable", detail })
  }

  hold(): () => void {
    this.#holders++
    this.#apply()
    return () => {
      this.#holders--
      this.#apply()
    }
  }

  #apply(): void {
    const connection = this.#connection
    // One that has ended keeps nothing alive; Node would wait for it to connect.
    if (connection === undefined || connection.destroyed) return
    if (this.#holders > 0) connection.ref()
    else connection.unref()
  }
}

const webSocket = ({ maxFrame, tls, token, url }: Address, notes: Notes): Effect.Effect<Socket.Socket> => {
  const connect = Effect.acquireRelease(
    Effect.sync(() => {
      const proof = token === undefined ? {} : { authorization: `Bearer ${Redacted.value(token)}` }
      const headers = { ...proof, [versionHeader]: versionWords }
      const finishRequest = (request: ClientRequest): void => {
        request.on("socket", (socket) => notes.connecting(socket))
        request.end()
      }
      const limits = { maxPayload: maxFrame, perMessageDeflate: false }
      const ws = new WebSocket(url, subprotocol, { ...tls, ...limits, headers, finishRequest })
      ws.on("error", (error: Error) => notes.note(problemOfError(error, url)))
      ws.on(
        "unexpected-response",
        (_: ClientRequest, { headers, statusCode = 0, statusMessage = "" }: IncomingMessage) => {
          notes.note(problemOfResponse(statusCode, statusMessage, headers, url))
          ws.terminate()
        }
      )
      ws.on("close", (code: number, reason: Buffer) =>
        notes.closed(`it was closed with code ${code}${reason.length === 0 ? "" : `, ${reason.toString()}`}`)
      )
      return ws
    }),
    (ws) => Effect.sync(() => ws.terminate())
  )
  return Socket.fromWebSocket(connect as never)
}

const tlsSocket = ({ tls, url }: Address, notes: Notes): Effect.Effect<Socket.Socket> => {
  const { hostname, port } = new URL(url)
  const host = hostname.replaceAll(/^\[|\]$/g, "")
  const open = Effect.acquireRelease(
    Effect.sync(() => {
      const servername = isIP(host) === 0 ? { servername: host } : {}
      const versions = { ALPNProtocols: [subprotocol, anyVersion] }
      const socket = connectTls({ ...tls, ...servername, ...versions, host, port: Number(port) }).setNoDelay(true)
      notes.connecting(socket)
      socket.on("error", (error) => notes.note(problemOfError(error, url)))
      socket.on("close", () => notes.closed("it was closed"))
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
  const connect = Effect.flatMap(open, (socket) =>
    Effect.callback<Duplex, Socket.SocketError>((resume) => {
      const fail = (cause: unknown): void =>
        resume(Effect.fail(new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: "Unknown", cause }) })))
      socket.once("secureConnect", () => {
        if (socket.alpnProtocol === subprotocol) return resume(Effect.succeed(socket))
        if (socket.alpnProtocol !== anyVersion) {
          notes.note({ kind: "GatewayRefused", detail: `the server at ${host}:${port} is no gateway, but speaks TLS` })
          return socket.destroy()
        }
        socket.once("data", (words) => {
          notes.note({ kind: "GatewayRefused", detail: versionsDiffer(words.toString().trim()) })
          socket.destroy()
        })
      })
      socket.once("error", fail)
      socket.once("close", fail)
    })
  )
  return NodeSocket.fromDuplex(connect)
}

/** Ways to connect, by the scheme of the address. */
const ways: Readonly<Record<string, typeof webSocket>> = { "ws:": webSocket, "wss:": webSocket, "tls:": tlsSocket }

/** Makes a socket, whose connection opens when it is read and ends with the scope of the reader. */
export const openSocket = (address: Address): Effect.Effect<OpenSocket> =>
  Effect.suspend(() => {
    const notes = new Notes()
    const way = ways[new URL(address.url).protocol] ?? webSocket
    return Effect.map(way(address, notes), (socket) => ({
      socket,
      problem: () => notes.problem,
      hold: () => notes.hold()
    }))
  })
