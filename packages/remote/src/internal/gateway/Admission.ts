import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import type { Client, GatewayPolicy } from "../../GatewayPolicy.ts"
import { longestWords, versionWords } from "../wire/versions.ts"
import type { Arrival, Proof } from "./Arrival.ts"
import { limitsOf } from "./limits.ts"
import { digitsOf } from "./policyRules.ts"

/** Refusal of a connection. */
export interface Refused {
  /** Status of HTTP that says so, which the client knows. */
  readonly status: 401 | 426 | 429
  /** Sentence without a full stop. */
  readonly detail: string
  /** Name of the client, where it is known. */
  readonly client: string | undefined
}

/** Client with what its proof is compared with. */
interface Known {
  readonly client: Client
  /** Digest of its token, which has the same length for every token. */
  readonly token: Buffer | undefined
  /** Digits of the fingerprints of its certificates. */
  readonly certificates: ReadonlySet<string>
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest()

const knownOf = (client: Client): Known => ({
  client,
  token: client.token && digestOf(Redacted.value(client.token)),
  certificates: new Set((client.certificates ?? []).map(digitsOf))
})

/** Admission of connections: each is a client's of the policy, and each client has a number of them at most. */
export class Admission {
  readonly #known: ReadonlyArray<Known>
  readonly #anybody: Client | undefined
  readonly #open = new Map<Client, number>()

  constructor({ anybody, clients }: GatewayPolicy) {
    this.#known = clients.map(knownOf)
    this.#anybody = anybody
  }

  /** Returns the client of a connection, or its refusal. */
  clientOf({ doubt, foreign, proof }: Arrival): Client | Refused {
    const client = this.#find(proof)
    if (client === undefined) {
      const detail = doubt ?? "it knows no client with this token or certificate"
      return { status: 401, detail, client: undefined }
    }
    if (foreign !== undefined) {
      const detail = `it speaks ${foreign.slice(0, longestWords)}, and this gateway ${versionWords}`
      return { status: 426, detail, client: client.name }
    }
    const { connections } = limitsOf(client)
    if ((this.#open.get(client) ?? 0) < connections) return client
    return {
      status: 429,
      detail: `${connections} connections of this client are open, which is the limit`,
      client: client.name
    }
  }

  /** Returns the client that a proof is of; `undefined` where it is of none. It takes as long for a wrong token as for a right one. */
  #find({ certificate, token }: Proof): Client | undefined {
    const given = token === undefined ? undefined : digestOf(token)
    const digits = certificate === undefined ? undefined : digitsOf(certificate)
    let found: Client | undefined
    for (const { certificates, client, token: expected } of this.#known) {
      if (given !== undefined && expected !== undefined && timingSafeEqual(given, expected)) found ??= client
      if (digits !== undefined && certificates.has(digits)) found ??= client
    }
    return found ?? (token === undefined && certificate === undefined ? this.#anybody : undefined)
  }

  /** Counts a connection of a client. Returns what counts its end. */
  enter(client: Client): () => void {
    this.#open.set(client, (this.#open.get(client) ?? 0) + 1)
    return () => this.#open.set(client, (this.#open.get(client) ?? 1) - 1)
  }
}

/** Returns `true` for a refusal. */
export const isRefused = (admitted: Client | Refused): admitted is Refused => "status" in admitted
