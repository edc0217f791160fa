import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { SecurityContextApi } from "@effect-msmq/core/Mqrt"
import { internalCertificate } from "./internalCertificate.ts"
import type { Sid } from "@effect-msmq/core/Sid"

/** A certificate with its private key, as a context or a send fetches them. */
export interface SigningCertificate {
  readonly der: Uint8Array
  /** What tells it from every other. */
  readonly key: string
  readonly isRegisteredFor: (sid: Sid) => boolean
}

/** The internal certificate of the user. */
export type InternalCertificateState = "registered" | "absent" | "corrupted"

/** What a function reports of an internal certificate that it cannot use. */
const internalFailures: Record<"absent" | "corrupted", ErrorCodeName> = {
  absent: "MQ_ERROR_NO_INTERNAL_USER_CERT",
  corrupted: "MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE"
}

type Asking = SecurityContextApi | "MQSendMessage"

/** Which function says of a damaged one that it is; to the others there is none (behaviours, D-05). */
const isToldApart = (asking: Asking, tellsCorruption: boolean): boolean =>
  asking === "MQSendMessage" || (asking === "MQGetSecurityContext" && tellsCorruption)

/** The user's personal certificates, and the directory in which certificates are registered under a SID. */
export class CertificateStore {
  internal: InternalCertificateState
  /** How often the internal one was made anew. */
  #renewals = 0
  readonly #personal = new Map<string, { readonly der: Uint8Array; readonly privateKey: boolean }>()
  readonly #registered = new Set<string>()

  constructor(internal: InternalCertificateState) {
    this.internal = internal
  }

  add(der: Uint8Array, privateKey: boolean): void {
    this.#personal.set(der.join(), { der: new Uint8Array(der), privateKey })
  }

  remove(der: Uint8Array): boolean {
    return this.#personal.delete(der.join())
  }

  register(der: Uint8Array, sid: Sid): void {
    this.#registered.add(`${sid}:${der.join()}`)
  }

  /** Takes a registration back, and says whether there was one. */
  unregister(der: Uint8Array, sid: Sid): boolean {
    return this.#registered.delete(`${sid}:${der.join()}`)
  }

  /** Makes a new internal certificate and registers it instead of the old one (behaviours ). */
  renewInternal(): void {
    // Where there was none, the first is the first.
    if (this.internal !== "absent") this.#renewals++
    this.internal = "registered"
  }

  /** The internal certificate, for the function that asks for it; `tellsCorruption` as behaviour A-15 has it. */
  fetchInternal(asking: Asking, tellsCorruption = false): SigningCertificate | ErrorCodeName {
    if (this.internal !== "registered") {
      return internalFailures[isToldApart(asking, tellsCorruption) ? this.internal : "absent"]
    }
    const renewal = this.#renewals
    return {
      der: internalCertificate(renewal),
      key: `internal ${renewal}`,
      isRegisteredFor: () => this.internal === "registered" && this.#renewals === renewal
    }
  }

  fetchExternal(der: Uint8Array): SigningCertificate | ErrorCodeName {
    if (der.length === 0) return "MQ_ERROR_INVALID_PARAMETER"
    const key = der.join()
    const held = this.#personal.get(key)
    if (held === undefined) return "MQ_ERROR_INVALID_CERTIFICATE"
    if (!held.privateKey) return "MQ_ERROR_CORRUPTED_SECURITY_DATA"
    return { der: held.der, key, isRegisteredFor: (sid) => this.#registered.has(`${sid}:${key}`) }
  }
}
