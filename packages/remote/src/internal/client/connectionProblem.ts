/** Problems of a connection that was not made, in words that say what to look at. */
import type { GatewayProblem } from "@effect-msmq/core/mqrt/MqrtFailure"
import type { IncomingHttpHeaders } from "node:http"
import { versionHeader, versionsDiffer } from "../wire/versions.ts"

/** Problem without the address. */
export type ConnectionProblem = Omit<GatewayProblem, "url">

const unavailable = (detail: string): ConnectionProblem => ({ kind: "GatewayUnavailable", detail })
const refused = (detail: string): ConnectionProblem => ({ kind: "GatewayRefused", detail })

type Words = (url: URL, error: Error) => string

const tls = "give its authority by the option tls: { ca }"

const noTls: Words = ({ host }) =>
  `the server at ${host} does not speak TLS: begin the address with ws:// where something else does TLS, or look at the port`

const hungUp: Words = ({ host, protocol }) =>
  protocol === "ws:"
    ? `the server at ${host} ended the connection before it answered: begin the address with wss:// where it speaks TLS`
    : `the server at ${host} ended the connection before it answered`

/** Words for the errors of a connection, by their codes. */
const words: Readonly<Record<string, Words>> = {
  ECONNREFUSED: ({ host }) => `nothing listens at ${host}: start the gateway, or look at the port`,
  ENOTFOUND: ({ hostname }) => `no computer has the name ${hostname}`,
  EAI_AGAIN: ({ hostname }) => `the name ${hostname} cannot be looked up: the name service does not answer`,
  EHOSTUNREACH: ({ hostname }) => `there is no way to ${hostname}`,
  ENETUNREACH: ({ hostname }) => `there is no way to the network of ${hostname}`,
  ETIMEDOUT: ({ host }) => `${host} does not answer`,
  ECONNRESET: hungUp,
  EPIPE: hungUp,
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => `its certificate is one that it signed itself: ${tls}`,
  SELF_SIGNED_CERT_IN_CHAIN: () => `the authority of its certificate is not known here: ${tls}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => `the authority of its certificate is not known here: ${tls}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => `the authority of its certificate is not known here: ${tls}`,
  CERT_HAS_EXPIRED: () => "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: ({ hostname }, { message }) =>
    `its certificate is not for the name ${hostname}: ${message}`
}

const isNoHttp = (code: string): boolean => code.startsWith("HPE_")

/** Refusals of a gateway, by the statuses of HTTP that it answers. */
const statuses: Readonly<Record<number, string>> = {
  401: "it knows no client with this token or certificate",
  403: "it knows no client with this token or certificate",
  429: "as many connections of this client are open as its policy allows"
}

/** Words of `ws` for servers that know nothing of gateways. */
const noGateway = /subprotocol/

/** Returns the problem of a connection that failed with an error. */
export const problemOfError = (error: Error & { readonly code?: unknown }, address: string): ConnectionProblem => {
  const url = new URL(address)
  const code = typeof error.code === "string" ? error.code : ""
  const known = words[code]
  if (known !== undefined) return unavailable(known(url, error))
  if (error.message === "socket hang up") return unavailable(hungUp(url, error))
  if (isNoHttp(code)) return refused(`the server at ${url.host} is no gateway: it does not speak HTTP`)
  if (noGateway.test(error.message)) {
    return refused(`the server at ${url.host} is no gateway, but serves something else over WebSockets`)
  }
  return unavailable(error.message === "" ? String(error) : error.message)
}

/** Returns the problem of a connection whose server answered with another status than that of a WebSocket. */
export const problemOfResponse = (
  status: number,
  statusText: string,
  headers: IncomingHttpHeaders,
  address: string
): ConnectionProblem => {
  const { host, pathname } = new URL(address)
  const spoken = headers[versionHeader]
  if (typeof spoken === "string") {
    return refused(versionsDiffer(spoken))
  }
  const meant = statuses[status]
  if (meant !== undefined) return refused(meant)
  const answer = `HTTP ${status}${statusText === "" ? "" : ` ${statusText}`}`
  if (status >= 500) return unavailable(`the server at ${host} answers ${answer}`)
  return refused(`the server at ${host} answers ${answer} for ${pathname}: there is no gateway at this address`)
}
