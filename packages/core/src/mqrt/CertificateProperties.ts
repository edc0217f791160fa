/**
 * Certificates in the stores of Windows, as a backend returns them; for the author of a backend.
 *
 * @since 0.1.0
 */

/**
 * Numbers of the places of certificate stores: the high word of `CERT_SYSTEM_STORE_CURRENT_USER` and
 * `CERT_SYSTEM_STORE_LOCAL_MACHINE`.
 *
 * @category constants
 * @since 0.1.0
 */
export const storeLocations = { CurrentUser: 1, LocalMachine: 2 } as const

/**
 * Place of a certificate store: that of the user of the process, or that of the computer.
 *
 * @category models
 * @since 0.1.0
 */
export type StoreLocation = keyof typeof storeLocations

/**
 * Private key that a store names for a certificate: `CRYPT_KEY_PROV_INFO`. It contains nothing of the key itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredKeyProperties {
  /** Name of the provider, such as `"Microsoft Enhanced RSA and AES Cryptographic Provider"`. */
  readonly provider: string
  /** Type of a provider of CryptoAPI, such as `ProviderType.numbers.PROV_RSA_AES`; 0 for a key storage provider of CNG. */
  readonly providerType: number
}

/**
 * Certificate in a store of Windows.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredCertificateProperties {
  /** Certificate in ASN.1 DER. */
  readonly der: Uint8Array
  /** Name that an administrator gave it: `CERT_FRIENDLY_NAME_PROP_ID`; `null` for none. */
  readonly friendlyName: string | null
  /** Private key that the store names for it: `CERT_KEY_PROV_INFO_PROP_ID`; `null` for none. */
  readonly key: StoredKeyProperties | null
}
