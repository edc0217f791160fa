/** Rules for the policy of a gateway, which a program without types or a file may have written. */
import * as Given from "@effect-msmq/core/mqrt/Options"
import * as Redacted from "effect/Redacted"
import type { Client, GatewayPolicy, Limits, QueueRule } from "../../GatewayPolicy.ts"
import { machineRights, queueRights } from "../rights.ts"

/** Fewest characters of a token: fewer could be guessed. */
const shortestToken = 16

const isToken = (value: unknown): value is Redacted.Redacted<string> => {
  if (!Redacted.isRedacted(value)) return false
  const text: unknown = Redacted.value(value)
  // A header can have no others.
  return typeof text === "string" && text.length >= shortestToken && /^[!-~]+$/.test(text)
}

/** Rule for the token of a client. */
const token = Given.guarded(
  `a token of at least ${shortestToken} printable ASCII characters without spaces in Redacted, such as Redacted.make(crypto.randomUUID())`,
  isToken,
  { secret: true }
)

const fingerprint = Given.guarded(
  "the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with or without colons",
  (value): value is string => typeof value === "string" && /^(?:[\da-f]{2}:?){31}[\da-f]{2}$/i.test(value)
)

const most = Given.wholeNumber(1, 2 ** 31)

const limits = Given.table<Limits>()({
  connections: most,
  handles: most,
  waits: most,
  calls: most,
  callBytes: Given.wholeNumber(65536, 2 ** 40),
  unreadBytes: Given.wholeNumber(0, 2 ** 40)
})

const queueRule = Given.table<QueueRule>()({
  queues: Given.required(Given.listOf(Given.name, 1)),
  rights: Given.required(Given.listOf(Given.oneOf(queueRights), 1))
})

const client = Given.table<Client>()({
  name: Given.required(Given.name),
  token,
  certificates: Given.listOf(fingerprint),
  queues: Given.listOf(Given.nested<QueueRule>("a rule for queues", queueRule)),
  machine: Given.listOf(Given.oneOf(machineRights)),
  limits: Given.nested<Limits>("limits", limits)
})

const clientRule = Given.nested<Client>("a client", client, { secret: true })

/** Rule for a policy. */
export const policy = Given.nested<GatewayPolicy>(
  "a policy of GatewayPolicy",
  Given.table<GatewayPolicy>()({
    clients: Given.required(Given.listOf(clientRule)),
    anybody: clientRule
  }),
  { secret: true }
)

/** Returns the digits of a fingerprint, as two are compared. */
export const digitsOf = (certificate: string): string => certificate.replaceAll(":", "").toLowerCase()

/** Mistake of a whole policy: the rule that it breaks, and what breaks it. */
export interface Mistake {
  readonly rule: string
  readonly actual: string
}

/** Returns what is wrong with the clients of a policy together; `undefined`: nothing. */
export const mistakeOf = ({ anybody, clients }: GatewayPolicy): Mistake | undefined => {
  if (clients.length === 0 && anybody === undefined) {
    return { rule: "must have at least one client, or say what anybody may do", actual: "a policy without clients" }
  }
  const proofs = new Set<string>()
  const names = new Set<string>()
  for (const { certificates = [], name, token } of clients) {
    if (names.has(name)) return { rule: "must give each client a name of its own", actual: `two clients ${name}` }
    names.add(name)
    if (token === undefined && certificates.length === 0) {
      return { rule: "each client must have a token or certificates", actual: `the client ${name} without either` }
    }
    const own = [...(token === undefined ? [] : [`token ${Redacted.value(token)}`]), ...certificates.map(digitsOf)]
    if (own.some((proof) => proofs.has(proof))) {
      return {
        rule: "must give each client a token and certificates of its own",
        actual: `the client ${name} with one of a client before it`
      }
    }
    for (const proof of own) proofs.add(proof)
  }
  return undefined
}
