/** Exchange of versions, which is the first of a connection: before anything is said in the language that the versions differ in. */
import { version } from "../version.ts"
import { protocol } from "./serialization.ts"

/** Subprotocol of the WebSocket that client and gateway must share. A server that is no gateway does not know it. */
export const subprotocol = `effect-msmq.${protocol}`

/** Header by which a gateway that speaks no subprotocol of the client says what it speaks, and a client what it is. */
export const versionHeader = "effect-msmq-version"

/** Version of the wire and of the package, in words. Other versions quote them. */
export const versionWords = `version ${protocol} of the protocol (@effect-msmq/remote ${version})`

/**
 * Subprotocol of TLS by which a gateway that speaks no other one of a client says so. It then says what it speaks, in one line, and ends
 * the connection.
 */
export const anyVersion = "effect-msmq"

/** Most characters of the words that the other side has for its version. */
export const longestWords = 100

/** Returns `true` where a client offers to speak as the gateway does. `offered`: value of the header `Sec-WebSocket-Protocol`. */
export const isSpoken = (offered: string | undefined): boolean =>
  offered !== undefined && offered.split(",").some((name) => name.trim() === subprotocol)

/** Says that the versions of a client and a gateway differ, in words for the client. `gateway`: words of the gateway. */
export const versionsDiffer = (gateway: string): string =>
  `it speaks ${gateway.slice(0, longestWords)}, and this program ${versionWords}; install the same version of the package on both`
