/** Looks at the address of a gateway from outside: does something listen there, and with which certificate. */
import { Clock, Effect } from "effect"
import { connect, isIP, type Socket } from "node:net"
import { connect as connectWithTls } from "node:tls"

/** Host and port of an address. */
interface Place {
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** Returns the host and port of an address such as `wss://server:8443`. */
export const placeOf = (url: string): Place => {
  const { hostname, port, protocol } = new URL(url)
  const isSecure = protocol !== "ws:"
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (isSecure ? 443 : 80) : Number(port),
    isSecure
  }
}

/** Makes a connection, and ends it when it has been looked at. Fails with the reason, in words. */
const lookThrough = <S extends Socket, A>(
  open: () => S,
  event: "connect" | "secureConnect",
  look: (socket: S) => A
): Effect.Effect<A, string> =>
  Effect.callback<A, string>((resume) => {
    const socket = open()
    socket.once(event, () => {
      const seen = look(socket)
      socket.destroy()
      resume(Effect.succeed(seen))
    })
    // Node has no message for an error of several addresses.
    socket.once("error", (error: NodeJS.ErrnoException) => resume(Effect.fail(error.message || String(error.code))))
    return Effect.sync(() => void socket.destroy())
  })

/** Connects, and returns the milliseconds that it took. */
export const reach = ({ host, port }: Place): Effect.Effect<number, string> =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeNanos
    yield* lookThrough(
      () => connect({ host, port }),
      "connect",
      () => undefined
    )
    return Number((yield* Clock.currentTimeNanos) - began) / 1e6
  })

/** Certificate that a gateway presents. */
interface Presented {
  /** Version of TLS, such as `TLSv1.3`. */
  readonly protocol: string
  /** Reason why it is not trusted; `undefined`: it is. */
  readonly problem: string | undefined
  readonly validUntil: Date
}

/** Looks at the certificate of a gateway. `ca`: authorities that it may be of, in PEM. */
export const certificateAt = (
  { host, port }: Place,
  tls: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined }
): Effect.Effect<Presented, string> =>
  lookThrough(
    () =>
      connectWithTls({
        ...tls,
        host,
        port,
        rejectUnauthorized: false,
        ...(isIP(host) === 0 ? { servername: host } : {})
      }),
    "secureConnect",
    (socket) => ({
      protocol: socket.getProtocol() ?? "TLS",
      problem: socket.authorized ? undefined : String(socket.authorizationError),
      validUntil: new Date(socket.getPeerCertificate().valid_to)
    })
  )
