import type { Client, GatewayPolicy } from "../../GatewayPolicy.ts"
import { clientOf } from "../../GatewayPolicy.ts"
import { longestWords, versionWords } from "../wire/versions.ts"
import type { Arrival } from "./Arrival.ts"
import { limitsOf } from "./limits.ts"

/** Refusal of a connection. */
export interface Refused {
  /** Status of HTTP that says so, which the client knows. */
  readonly status: 401 | 426 | 429
  /** Sentence without a full stop. */
  readonly detail: string
  /** Name of the client, where it is known. */
  readonly client: string | undefined
}

/** Admission of connections: each is a client's of the policy, and each client has a number of them at most. */
export class Admission {
  readonly #policy: GatewayPolicy
  readonly #open = new Map<Client, number>()

  constructor(policy: GatewayPolicy) {
    this.#policy = policy
  }

  /** Returns the client of a connection, or its refusal. */
  clientOf({ doubt, foreign, proof }: Arrival): Client | Refused {
    const client = clientOf(this.#policy, proof)
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

  /** Counts a connection of a client. Returns what counts its end. */
  enter(client: Client): () => void {
    this.#open.set(client, (this.#open.get(client) ?? 0) + 1)
    return () => this.#open.set(client, (this.#open.get(client) ?? 1) - 1)
  }
}

/** Returns `true` for a refusal. */
export const isRefused = (admitted: Client | Refused): admitted is Refused => "status" in admitted
