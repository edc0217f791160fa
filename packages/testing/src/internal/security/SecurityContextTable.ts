import type { Credentials, SecurityContextApi, SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import type { Sid } from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import type { AccountTable } from "./AccountTable.ts"
import type { CertificateStore, SigningCertificate } from "./CertificateStore.ts"
import type { Identity, Logons } from "./Logons.ts"

/** User and certificate that a security context captured when it was made (behaviour A-04). */
export interface SecurityContext {
  readonly sid: Sid
  readonly certificate: SigningCertificate
}

/** Outcome of a registration: `"existed"` where there was nothing to do. */
export type Registration = "registered" | "existed"

/** Security of a machine: its user, certificates and security contexts, with counters of what they cost. */
export class SecurityContextTable {
  /** Certificates of the user. */
  readonly certificates: CertificateStore
  /** Administrators of the machine. */
  readonly administrators = new Set<Sid>()
  /** Other users that a security context can be for. */
  readonly logons: Logons
  /** Accounts that the machine knows by name. */
  readonly accounts: AccountTable
  /** User on whose behalf programs run; `null` where Windows cannot tell its SID. */
  user: Sid | null
  /** `true` where getting a security context fails for want of resources. */
  resourcesExhausted = false
  /** Number of contexts acquired. */
  acquired = 0
  /** Number of contexts freed. */
  freed = 0
  /** Number of times that a private key was fetched. */
  keyFetches = 0
  /** Number of messages signed. */
  signatures = 0
  readonly #tellsCorruption: boolean
  readonly #live = new Map<bigint, SecurityContext>()
  /** Latest handle. None is used again, so that a freed handle stays invalid without being remembered. */
  #lastHandle = 0x10000

  /** `tellsCorruption`: as in `Version` (behaviour A-15). */
  constructor(
    certificates: CertificateStore,
    user: Sid | null,
    logons: Logons,
    accounts: AccountTable,
    tellsCorruption: boolean
  ) {
    this.certificates = certificates
    this.accounts = accounts
    this.user = user
    this.logons = logons
    this.#tellsCorruption = tellsCorruption
  }

  /** Returns the user that a context is for: that of the machine, or the one whose credentials are given and right. */
  identity(as: Credentials | null): Identity | undefined {
    return as === null ? { sid: this.user, certificates: this.certificates } : this.logons.logon(as)
  }

  /** Makes a security context; `certificate`: `null` for the internal one. */
  acquire(
    { certificates, sid }: Identity,
    certificate: Uint8Array | null,
    api: SecurityContextApi
  ): Fallible<SecurityContextHandle> {
    if (certificate?.length === 0) return Result.fail("MQ_ERROR_INVALID_PARAMETER")
    if (this.resourcesExhausted) return Result.fail("MQ_ERROR_INSUFFICIENT_RESOURCES")
    if (sid === null) return Result.fail("MQ_ERROR_COULD_NOT_GET_USER_SID")
    const fetched =
      certificate === null
        ? certificates.fetchInternal(api, this.#tellsCorruption)
        : certificates.fetchExternal(certificate)
    return Result.map(fetched, (signing) => {
      this.keyFetches++
      this.acquired++
      this.#lastHandle += 4
      const handle = BigInt(this.#lastHandle) as SecurityContextHandle
      this.#live.set(handle, { sid, certificate: signing })
      return handle
    })
  }

  /**
   * Registers a certificate as `MQRegisterCertificate` does (behaviours ). `directory`: a failure where there is
   * none to ask.
   */
  register(certificate: Uint8Array | null, ifNotExists: boolean, directory: Fallible<unknown>): Fallible<Registration> {
    const { user } = this
    if (user === null) return Result.fail("MQ_ERROR_COULD_NOT_GET_USER_SID")
    // A damaged certificate exists too: only a registration without condition replaces it.
    if (certificate === null && ifNotExists && this.certificates.internal !== "absent") return Result.succeed("existed")
    if (certificate !== null && (ifNotExists || certificate.length === 0)) {
      return Result.fail("MQ_ERROR_INVALID_PARAMETER")
    }
    return Result.map(directory, () => {
      if (certificate === null) this.certificates.renewInternal()
      else this.certificates.register(certificate, user)
      return "registered"
    })
  }

  /** Drops the contexts that a process has not freed when it ends (behaviour A-28). */
  dropAll(): void {
    this.#live.clear()
  }

  /** Frees a context; a handle that is not open is ignored. */
  free(handle: SecurityContextHandle): void {
    if (this.#live.delete(handle)) this.freed++
  }

  /** Returns the context of a handle. */
  get(handle: SecurityContextHandle): Fallible<SecurityContext> {
    const context = this.#live.get(handle)
    return context === undefined ? Result.fail("MQ_ERROR_BAD_SECURITY_CONTEXT") : Result.succeed(context)
  }
}
