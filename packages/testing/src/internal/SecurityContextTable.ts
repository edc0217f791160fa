import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { SecurityContextApi, SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import type { CertificateStore, SigningCertificate } from "./CertificateStore.ts"
import type { Sid } from "./Sid.ts"

/** What a security context captured when it was made (behaviour A-04). */
export interface SecurityContext {
  readonly sid: Sid
  readonly certificate: SigningCertificate
}

/** The user, the certificates and the contexts of a machine, and how often keys were fetched and used. */
export class SecurityContextTable {
  readonly certificates: CertificateStore
  /** The user on whose behalf everything runs; `null` when the SID cannot be had. */
  user: Sid | null
  resourcesExhausted = false
  acquired = 0
  freed = 0
  keyFetches = 0
  signatures = 0
  readonly #live = new Map<bigint, SecurityContext>()
  /** Handles are never used again, so that a freed one stays recognisable without being remembered. */
  #lastHandle = 0x10000

  constructor(certificates: CertificateStore, user: Sid | null) {
    this.certificates = certificates
    this.user = user
  }

  acquire(certificate: Uint8Array | null, api: SecurityContextApi): SecurityContextHandle | ErrorCodeName {
    if (certificate?.length === 0) return "MQ_ERROR_INVALID_PARAMETER"
    if (this.resourcesExhausted) return "MQ_ERROR_INSUFFICIENT_RESOURCES"
    if (this.user === null) return "MQ_ERROR_COULD_NOT_GET_USER_SID"
    const fetched =
      certificate === null ? this.certificates.fetchInternal(api) : this.certificates.fetchExternal(certificate)
    if (typeof fetched === "string") return fetched
    this.keyFetches++
    this.acquired++
    this.#lastHandle += 4
    const handle = BigInt(this.#lastHandle) as SecurityContextHandle
    this.#live.set(handle, { sid: this.user, certificate: fetched })
    return handle
  }

  free(handle: SecurityContextHandle): void {
    if (this.#live.delete(handle)) this.freed++
  }

  get(handle: SecurityContextHandle): SecurityContext | ErrorCodeName {
    return this.#live.get(handle) ?? "MQ_ERROR_BAD_SECURITY_CONTEXT"
  }
}
