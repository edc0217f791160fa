import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { SecurityContextApi } from "@effect-msmq/core/Mqrt"
import type { Sid } from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { internalCertificate } from "./internalCertificate.ts"

/** Certificate whose private key was fetched. */
export interface SigningCertificate {
  /** Certificate in ASN.1 DER. */
  readonly der: Uint8Array
  /** Key that no other certificate has. */
  readonly key: string
  /** Tells whether the directory has the certificate under a SID now. */
  readonly isRegisteredFor: (sid: Sid) => boolean
}

/** Words for the state of a user's internal certificate. */
export const internalCertificates = ["registered", "absent", "corrupted"] as const

/** State of a user's internal certificate. */
export type InternalCertificateState = (typeof internalCertificates)[number]

/** Error code for each internal certificate that cannot be used. */
const internalFailures: Record<"absent" | "corrupted", ErrorCodeName> = {
  absent: "MQ_ERROR_NO_INTERNAL_USER_CERT",
  corrupted: "MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE"
}

type Caller = SecurityContextApi | "MQSendMessage"

/** Tells whether a function reports that a certificate is damaged; the others report that there is none (A-09, A-15, A-41, D-05). */
const reportsCorruption = (caller: Caller, tellsCorruption: boolean): boolean =>
  caller === "MQSendMessage" || (caller === "MQGetSecurityContext" && tellsCorruption)

/** Personal certificates of a user, and the certificates that the directory has under a SID. */
export class CertificateStore {
  /** State of the internal certificate. */
  internal: InternalCertificateState
  /** Number of times that the internal certificate was replaced. */
  #renewals = 0
  readonly #personal = new Map<string, { readonly der: Uint8Array; readonly privateKey: boolean }>()
  readonly #registered = new Set<string>()

  constructor(internal: InternalCertificateState) {
    this.internal = internal
  }

  /** Adds a personal certificate, or replaces it. */
  add(der: Uint8Array, privateKey: boolean): void {
    this.#personal.set(der.join(), { der: new Uint8Array(der), privateKey })
  }

  /** Removes a personal certificate, and returns `false` where there was none. */
  remove(der: Uint8Array): boolean {
    return this.#personal.delete(der.join())
  }

  /** Registers a certificate under a SID. */
  register(der: Uint8Array, sid: Sid): void {
    this.#registered.add(`${sid}:${der.join()}`)
  }

  /** Removes a registration, and returns `false` where there was none. */
  unregister(der: Uint8Array, sid: Sid): boolean {
    return this.#registered.delete(`${sid}:${der.join()}`)
  }

  /** Makes a new internal certificate and registers it in place of the old one (behaviours ). */
  renewInternal(): void {
    // The first certificate replaces none.
    if (this.internal !== "absent") this.#renewals++
    this.internal = "registered"
  }

  /** Fetches the internal certificate for a function; `tellsCorruption` as in `Version`. */
  fetchInternal(caller: Caller, tellsCorruption = false): Fallible<SigningCertificate> {
    if (this.internal !== "registered") {
      return Result.fail(internalFailures[reportsCorruption(caller, tellsCorruption) ? this.internal : "absent"])
    }
    const renewal = this.#renewals
    return Result.succeed({
      der: internalCertificate(renewal),
      key: `internal ${renewal}`,
      isRegisteredFor: () => this.internal === "registered" && this.#renewals === renewal
    })
  }

  /** Fetches a personal certificate. */
  fetchExternal(der: Uint8Array): Fallible<SigningCertificate> {
    if (der.length === 0) return Result.fail("MQ_ERROR_INVALID_PARAMETER")
    const key = der.join()
    const held = this.#personal.get(key)
    if (held === undefined) return Result.fail("MQ_ERROR_INVALID_CERTIFICATE")
    if (!held.privateKey) return Result.fail("MQ_ERROR_CORRUPTED_SECURITY_DATA")
    return Result.succeed({ der: held.der, key, isRegisteredFor: (sid) => this.#registered.has(`${sid}:${key}`) })
  }
}
