import type { X509Certificate } from "node:crypto"
import type { StoredCertificateProperties, StoreLocation } from "../../mqrt/CertificateProperties.ts"
import { Certificate } from "./Certificate.ts"
import { allowsSignatures } from "./keyUsage.ts"

/**
 * Fact about a stored certificate that is known to keep it from signing messages, or may do so:
 *
 * - `"noPrivateKey"`: the store names no private key for it. A security context cannot be acquired: `CorruptedSecurityData`
 * - `"notYetValid"`, `"expired"`: it was outside of its validity when it was read. Message Queuing does not check that; a receiver
 *   may
 * - `"keyUsage"`: its key usage has neither `digitalSignature` nor `nonRepudiation`. Whether Message Queuing checks that is not
 *   documented; a receiver may
 * - `"notRsa"`: its key is not one of RSA, which the default provider of Message Queuing is for. Whether another one works is not
 *   documented
 * - `"notCryptoApi"`: its key is in a key storage provider of CNG. Message Queuing knows providers by their types of CryptoAPI;
 *   whether a provider of CNG works is not documented
 *
 * @category models
 * @since 0.1.0
 */
export type SigningObstacle = "noPrivateKey" | "notYetValid" | "expired" | "keyUsage" | "notRsa" | "notCryptoApi"

/**
 * Provider of a private key, as the store names it.
 *
 * @category models
 * @since 0.1.0
 */
export interface KeyProvider {
  /** Name of the provider, such as `"Microsoft Enhanced RSA and AES Cryptographic Provider"`. */
  readonly name: string
  /** Interface of the provider: CryptoAPI, whose providers Message Queuing knows, or CNG. */
  readonly api: "CryptoAPI" | "CNG"
}

/** Place of a certificate, and the time at which it was read, in milliseconds since 1970. */
export interface Reading {
  readonly store: string
  readonly location: StoreLocation
  readonly now: number
}

/**
 * Certificate in a store of Windows, which may also have its private key. `SecurityContext.acquire` and others take it as they take
 * a certificate of a file.
 *
 * See the example of `Certificate.listStore`.
 *
 * @category models
 * @since 0.1.0
 */
export class StoredCertificate extends Certificate {
  /** Name of the store, such as `"My"`. */
  readonly store: string
  /** Place of the store: that of the user of the process, or that of the computer. */
  readonly location: StoreLocation
  /** Name that an administrator gave it; `undefined` for none. */
  readonly friendlyName: string | undefined
  /**
   * Provider of its private key; `undefined` where the store names none. That the key can be read is known only when a security
   * context is acquired.
   */
  readonly keyProvider: KeyProvider | undefined
  /** Facts that keep it from signing messages, or may do so; empty for none, as of the time at which it was read. */
  readonly signingObstacles: ReadonlyArray<SigningObstacle>

  /** Use `Certificate.fromStore` or `Certificate.listStore`. */
  constructor(x509: X509Certificate, { friendlyName, key }: StoredCertificateProperties, reading: Reading) {
    super(x509)
    this.store = reading.store
    this.location = reading.location
    this.friendlyName = friendlyName ?? undefined
    this.keyProvider =
      key === null ? undefined : { name: key.provider, api: key.providerType === 0 ? "CNG" : "CryptoAPI" }
    this.signingObstacles = this.#obstaclesAt(reading.now, x509)
  }

  /** `true` where the store names a private key for it. */
  get hasPrivateKey(): boolean {
    return this.keyProvider !== undefined
  }

  /** `true` where no obstacle is known: see {@link signingObstacles}. */
  get canSign(): boolean {
    return this.signingObstacles.length === 0
  }

  #obstaclesAt(now: number, x509: X509Certificate): ReadonlyArray<SigningObstacle> {
    const obstacles: Readonly<Record<SigningObstacle, boolean>> = {
      noPrivateKey: this.keyProvider === undefined,
      notYetValid: now < this.notBefore.getTime(),
      expired: now > this.notAfter.getTime(),
      keyUsage: !allowsSignatures(x509.raw),
      notRsa: keyTypeOf(x509) !== "rsa",
      notCryptoApi: this.keyProvider?.api === "CNG"
    }
    return (Object.keys(obstacles) as ReadonlyArray<SigningObstacle>).filter((name) => obstacles[name])
  }

  /** Returns the facts of a certificate, with its thumbprint, its place and what keeps it from signing. */
  override toJSON(): unknown {
    const { friendlyName, keyProvider, location, signingObstacles, store, thumbprint } = this
    return {
      ...(super.toJSON() as object),
      _id: "StoredCertificate",
      thumbprint,
      store,
      location,
      ...(friendlyName === undefined ? {} : { friendlyName }),
      ...(keyProvider === undefined ? {} : { keyProvider }),
      signingObstacles
    }
  }
}

/** Returns the type of a public key; `undefined` for one that Node cannot read. */
const keyTypeOf = (x509: X509Certificate): string | undefined => {
  try {
    return x509.publicKey.asymmetricKeyType
  } catch {
    return undefined
  }
}
