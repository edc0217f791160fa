import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import { MqrtFailure, type SecurityContextApi } from "@effect-msmq/core/Mqrt"
import type { StoredCertificateProperties, StoreLocation } from "@effect-msmq/core/mqrt/CertificateProperties"
import type { Sid } from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { internalCertificate } from "./internalCertificate.ts"

/** Returns the SHA-1 of a certificate, as hexadecimal digits. Node's cryptography is loaded by the first call. */
const thumbprintOf = (der: Uint8Array): string =>
  process.getBuiltinModule("node:crypto").createHash("sha1").update(der).digest("hex")

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

/** Words for the interfaces of a provider of private keys. */
export const keyApis = ["CryptoAPI", "CNG"] as const

/** Place of a certificate in the stores, and its private key. */
export interface Holding {
  readonly store: string
  readonly location: StoreLocation
  readonly friendlyName: string | null
  readonly keyApi: (typeof keyApis)[number]
  readonly privateKey: boolean
}

interface Held extends Holding {
  readonly der: Uint8Array
}

/** Stores that every Windows has, by their names in lower case. */
const systemStores: ReadonlySet<string> = new Set([
  "my",
  "root",
  "ca",
  "trust",
  "disallowed",
  "authroot",
  "trustedpeople",
  "trustedpublisher"
])

const providers = {
  CryptoAPI: { provider: "Microsoft Enhanced RSA and AES Cryptographic Provider", providerType: 24 },
  CNG: { provider: "Microsoft Software Key Storage Provider", providerType: 0 }
} as const satisfies Record<Holding["keyApi"], unknown>

/** Failure for a store that does not exist: `HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)`. */
const noStore = new MqrtFailure({ function: "CertOpenStore", code: 0x8007_0002, properties: [] })

const keyOf = (location: StoreLocation, store: string): string => `${location} ${store.toLowerCase()}`

const personal = keyOf("CurrentUser", "My")

/** Certificates in the stores of a user and of the machine, and the certificates that the directory has under a SID. */
export class CertificateStore {
  /** State of the internal certificate. */
  internal: InternalCertificateState
  /** Number of times that the internal certificate was replaced. */
  #renewals = 0
  /** Certificates by store and by their bytes, in the order of their addition. */
  readonly #stores = new Map<string, Map<string, Held>>()
  readonly #registered = new Set<string>()

  constructor(internal: InternalCertificateState) {
    this.internal = internal
  }

  /** Adds a certificate to a store, or replaces it. */
  add(der: Uint8Array, holding: Holding): void {
    const key = keyOf(holding.location, holding.store)
    const store = this.#stores.get(key) ?? new Map<string, Held>()
    this.#stores.set(key, store)
    store.set(der.join(), { ...holding, der: new Uint8Array(der) })
  }

  /** Removes a certificate from all stores, and returns `false` where none had it. */
  remove(der: Uint8Array): boolean {
    return [...this.#stores.values()].filter((store) => store.delete(der.join())).length > 0
  }

  /** Returns the certificates of a store: those of a thumbprint, or all for `null`. */
  find(
    store: string,
    location: StoreLocation,
    thumbprint: Uint8Array | null
  ): Result.Result<ReadonlyArray<StoredCertificateProperties>, MqrtFailure> {
    const held = this.#stores.get(keyOf(location, store))
    if (held === undefined && !systemStores.has(store.toLowerCase())) return Result.fail(noStore)
    const wanted = thumbprint === null ? null : Buffer.from(thumbprint).toString("hex")
    return Result.succeed(
      [...(held?.values() ?? [])]
        .filter(({ der }) => wanted === null || thumbprintOf(der) === wanted)
        .map(({ der, friendlyName, keyApi, privateKey }) => ({
          der: new Uint8Array(der),
          friendlyName,
          key: privateKey ? providers[keyApi] : null
        }))
    )
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
    const held = this.#stores.get(personal)?.get(key)
    if (held === undefined) return Result.fail("MQ_ERROR_INVALID_CERTIFICATE")
    if (!held.privateKey) return Result.fail("MQ_ERROR_CORRUPTED_SECURITY_DATA")
    return Result.succeed({ der: held.der, key, isRegisteredFor: (sid) => this.#registered.has(`${sid}:${key}`) })
  }
}
