import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { SecurityContextApi } from "@effect-msmq/core/Mqrt"
import { internalCertificate } from "./internalCertificate.ts"
import type { Sid } from "./Sid.ts"

/** A certificate with its private key, as a context or a send fetches them. */
export interface SigningCertificate {
  readonly der: Uint8Array
  readonly isRegisteredFor: (sid: Sid) => boolean
}

/** The internal certificate of the user. */
export type InternalCertificateState = "registered" | "absent" | "corrupted"

/** What each function reports of an internal certificate that it cannot use (behaviours, D-05). */
const internalFailures: Record<"absent" | "corrupted", Record<SecurityContextApi | "MQSendMessage", ErrorCodeName>> = {
  absent: {
    MQGetSecurityContextEx: "MQ_ERROR_NO_INTERNAL_USER_CERT",
    MQGetSecurityContext: "MQ_ERROR_NO_INTERNAL_USER_CERT",
    MQSendMessage: "MQ_ERROR_NO_INTERNAL_USER_CERT"
  },
  corrupted: {
    MQGetSecurityContextEx: "MQ_ERROR_NO_INTERNAL_USER_CERT",
    MQGetSecurityContext: "MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE",
    MQSendMessage: "MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE"
  }
}

/** The user's personal certificates, and the directory in which certificates are registered under a SID. */
export class CertificateStore {
  internal: InternalCertificateState
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
    this.#registered.add(`${sid.text}:${der.join()}`)
  }

  unregister(der: Uint8Array, sid: Sid): void {
    this.#registered.delete(`${sid.text}:${der.join()}`)
  }

  /** The internal certificate, for the function that asks for it. */
  fetchInternal(asking: SecurityContextApi | "MQSendMessage"): SigningCertificate | ErrorCodeName {
    if (this.internal !== "registered") return internalFailures[this.internal][asking]
    return { der: internalCertificate, isRegisteredFor: () => this.internal === "registered" }
  }

  fetchExternal(der: Uint8Array): SigningCertificate | ErrorCodeName {
    if (der.length === 0) return "MQ_ERROR_INVALID_PARAMETER"
    const key = der.join()
    const held = this.#personal.get(key)
    if (held === undefined) return "MQ_ERROR_INVALID_CERTIFICATE"
    if (!held.privateKey) return "MQ_ERROR_CORRUPTED_SECURITY_DATA"
    return { der: held.der, isRegisteredFor: (sid) => this.#registered.has(`${sid.text}:${key}`) }
  }
}
