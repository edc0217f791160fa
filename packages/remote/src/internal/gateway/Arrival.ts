import type * as SocketServer from "effect/socket/SocketServer"
import type * as Effect from "effect/Effect"
import type { TlsOptions, TLSSocket } from "node:tls"

/** Proof that a client presents when it connects. */
export interface Proof {
  readonly token: string | undefined
  /** SHA-256 fingerprint of a certificate that the TLS of the gateway has verified. */
  readonly certificate: string | undefined
}

/** Connection that has come in. */
export interface Arrival {
  readonly proof: Proof
  /** Address of the other side, for the log. */
  readonly address: string
  /** Says why the certificate of the other side counts for nothing; `undefined` where it has none, or one that counts. */
  readonly doubt: string | undefined
  /** Version that the other side speaks, in its words; `undefined` where the gateway speaks it. */
  readonly foreign: string | undefined
  /** Returns the number of bytes that were written and that the other side has not taken. */
  readonly unread: () => number
}

/** Way in which connections come in. */
export interface Transport {
  readonly server: SocketServer.SocketServer["Service"]
  /** Tells of the connection that is served. */
  readonly arrival: Effect.Effect<Arrival>
  /** Address for clients. */
  readonly url: string
}

/** Certificate and key of a gateway, and authorities of its clients. */
export type ServerTls = Pick<TlsOptions, "ca" | "cert" | "crl" | "key">

/** Place and manner in which a transport listens. */
export interface Listening {
  readonly host: string
  readonly port: number
  /** Largest frame, in bytes. */
  readonly maxFrame: number
  /** Milliseconds in which a connection has to get as far as its first call. */
  readonly helloWithin: number
}

/** Socket of a connection, which may have TLS. */
export type Peer = Partial<
  Pick<TLSSocket, "alpnProtocol" | "authorized" | "authorizationError" | "getPeerCertificate" | "remoteAddress">
>

/** Returns the SHA-256 fingerprint of the certificate that the other side has proved to have, if it is valid. */
export const certificateOf = (peer: Peer): string | undefined =>
  peer.authorized === true ? peer.getPeerCertificate?.().fingerprint256 : undefined

/** Says why a certificate that the other side presented counts for nothing. */
export const doubtOf = (peer: Peer): string | undefined => {
  const presented = peer.getPeerCertificate?.()
  if (peer.authorized !== false || presented === undefined || Object.keys(presented).length === 0) return undefined
  return `its certificate is not valid: ${String(peer.authorizationError)}`
}

/** Returns a host and a port as they stand in an address. */
export const hostAndPort = (address: {
  readonly address: string
  readonly family: string
  readonly port: number
}): string => `${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`
