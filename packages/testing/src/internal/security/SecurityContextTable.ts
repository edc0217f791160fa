import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { Credentials, SecurityContextApi, SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import { Administrators } from "./Administrators.ts"
import type { CertificateStore, SigningCertificate } from "./CertificateStore.ts"
import type { Directory } from "../directory/Directory.ts"
import type { Identity, Logons } from "./Logons.ts"
import type { Sid } from "@effect-msmq/core/Sid"

/** What a security context captured when it was made (behaviour A-04). */
export interface SecurityContext {
  readonly sid: Sid
  readonly certificate: SigningCertificate
}

/** Whether there was anything to do. */
export type Registration = "registered" | "existed"

/** The user, the certificates and the contexts of a machine, and how often keys were fetched and used. */
export class SecurityContextTable {
  readonly certificates: CertificateStore
  readonly administrators = new Administrators()
  /** Whom else a context can be got for. */
  readonly logons: Logons
  /** The user on whose behalf everything runs; `null` when the SID cannot be had. */
  user: Sid | null
  resourcesExhausted = false
  acquired = 0
  freed = 0
  keyFetches = 0
  signatures = 0
  readonly #tellsCorruption: boolean
  readonly #live = new Map<bigint, SecurityContext>()
  /** Handles are never used again, so that a freed one stays recognisable without being remembered. */
  #lastHandle = 0x10000

  /** `tellsCorruption`: whether the older getter has a code of its own for a damaged certificate (behaviour A-15). */
  constructor(certificates: CertificateStore, user: Sid | null, logons: Logons, tellsCorruption: boolean) {
    this.certificates = certificates
    this.user = user
    this.logons = logons
    this.#tellsCorruption = tellsCorruption
  }

  /** Whom a context is to be of: the user, or another whose credentials are right. */
  identity(as: Credentials | null): Identity | undefined {
    return as === null ? { sid: this.user, certificates: this.certificates } : this.logons.logon(as)
  }

  acquire(
    { certificates, sid }: Identity,
    certificate: Uint8Array | null,
    api: SecurityContextApi
  ): SecurityContextHandle | ErrorCodeName {
    if (certificate?.length === 0) return "MQ_ERROR_INVALID_PARAMETER"
    if (this.resourcesExhausted) return "MQ_ERROR_INSUFFICIENT_RESOURCES"
    if (sid === null) return "MQ_ERROR_COULD_NOT_GET_USER_SID"
    const fetched =
      certificate === null
        ? certificates.fetchInternal(api, this.#tellsCorruption)
        : certificates.fetchExternal(certificate)
    if (typeof fetched === "string") return fetched
    this.keyFetches++
    this.acquired++
    this.#lastHandle += 4
    const handle = BigInt(this.#lastHandle) as SecurityContextHandle
    this.#live.set(handle, { sid, certificate: fetched })
    return handle
  }

  /** `MQRegisterCertificate`: what it comes to (behaviours ); `directory`: it, or why there is none to ask. */
  register(
    certificate: Uint8Array | null,
    ifNotExists: boolean,
    directory: Directory | ErrorCodeName
  ): { readonly outcome: Registration } | ErrorCodeName {
    if (this.user === null) return "MQ_ERROR_COULD_NOT_GET_USER_SID"
    if (certificate === null) {
      // A damaged one is there too; only registering without a condition replaces it.
      if (ifNotExists && this.certificates.internal !== "absent") return { outcome: "existed" }
      if (typeof directory === "string") return directory
      this.certificates.renewInternal()
      return { outcome: "registered" }
    }
    if (ifNotExists || certificate.length === 0) return "MQ_ERROR_INVALID_PARAMETER"
    if (typeof directory === "string") return directory
    this.certificates.register(certificate, this.user)
    return { outcome: "registered" }
  }

  /** Ends what is left when the process ends that got it (behaviour A-28). */
  endProcess(): void {
    this.#live.clear()
  }

  free(handle: SecurityContextHandle): void {
    if (this.#live.delete(handle)) this.freed++
  }

  get(handle: SecurityContextHandle): SecurityContext | ErrorCodeName {
    return this.#live.get(handle) ?? "MQ_ERROR_BAD_SECURITY_CONTEXT"
  }
}
