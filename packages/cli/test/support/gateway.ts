/** Gateways of tests, with certificates of an authority of their own, which are valid until 2126. */
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { GatewayPolicy } from "@effect-msmq/remote"
import { MqrtGateway } from "@effect-msmq/remote"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Returns the path of a certificate or key: `authority.pem`, `gateway.pem`, `gateway.key`, `client.pem` or `client.key`. */
export const pathOf = (name: string): string => fileURLToPath(new URL(`../certificates/${name}`, import.meta.url))

const textOf = (name: string): string => readFileSync(pathOf(name), "utf8")

/** Certificate and key of the gateway. */
export const gatewayTls = { cert: textOf("gateway.pem"), key: textOf("gateway.key") }

/** Authority that the certificates of the clients are of. */
export const authority = textOf("authority.pem")

const token = "b1946ac9-2492-4d3c-9f0b"

/** File with the token of the client, and an end of line. */
export const tokenFile = join(tmpdir(), `effect-msmq-${process.pid}.token`)
writeFileSync(tokenFile, `${token}\n`)
process.once("exit", () => rmSync(tokenFile, { force: true }))

/** SHA-256 fingerprint of the certificate of the client. */
export const fingerprint =
  "47:6C:BB:A9:84:24:1D:28:47:33:09:D9:0A:EA:6C:07:82:84:ED:80:05:CB:DC:F1:A5:CC:22:C4:E7:B9:83:F0"

/** Client that may use one queue. */
export const ordersDesk: GatewayPolicy.Client = {
  name: "orders desk",
  token: Redacted.make(token),
  queues: [{ queues: [".\\private$\\orders"], rights: ["send", "receive"] }]
}

/** Starts a gateway over the service of the test for as long as the scope is open. Returns its address. */
export const start = (options: Partial<MqrtGateway.Options> = {}): Effect.Effect<string, unknown, Mqrt | Scope.Scope> =>
  Effect.gen(function* () {
    const built = yield* Layer.build(MqrtGateway.layer({ policy: { clients: [ordersDesk] }, ...options }))
    const { url } = yield* Effect.provideContext(MqrtGateway.MqrtGateway, built)
    return url
  })
