/** Sockets with TLS and nothing in between, whose clients have certificates. */
import * as NodeSocket from "@effect/platform-node-shared/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node-shared/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import { anyVersion, subprotocol, versionWords } from "../wire/versions.ts"
import {
  type Arrival,
  certificateOf,
  doubtOf,
  type Listening,
  type ServerTls,
  type Peer,
  type Transport
} from "./Arrival.ts"

/** Listens for TLS connections. One that has no valid certificate is told so in the answer to its first call. */
export const tlsSockets = Effect.fnUntraced(function* ({ helloWithin, host, port }: Listening, tls: ServerTls) {
  const server = yield* NodeSocketServer.makeTls({
    ...tls,
    host,
    port,
    handshakeTimeout: helloWithin,
    noDelay: true,
    ALPNProtocols: [subprotocol, anyVersion],
    requestCert: true,
    rejectUnauthorized: false
  })
  const arrival = Effect.map(NodeSocket.NetSocket, (socket): Arrival => {
    const peer = socket as Peer
    const isForeign = peer.alpnProtocol !== subprotocol
    if (isForeign) socket.end(`${versionWords}\n`)
    return {
      proof: { token: undefined, certificate: certificateOf(peer) },
      address: socket.remoteAddress ?? "unknown",
      doubt: doubtOf(peer),
      foreign: isForeign ? "another version of the protocol" : undefined,
      unread: () => socket.writableLength
    }
  }) as unknown as Effect.Effect<Arrival>
  return {
    server,
    arrival,
    url: NetAddress.formatUrlUnsafe(server.address as NetAddress.SocketAddress, "tls")
  } satisfies Transport
})
