/**
 * Types of cryptographic providers, `PROPID_M_PROV_TYPE`: the `type` of a `provider` that signs messages, or has signed one.
 *
 * @since 0.1.0
 */

/**
 * Types of the providers of Windows, by their names in `wincrypt.h`.
 *
 * @category constants
 * @since 0.1.0
 */
export const numbers = {
  /** RSA for signatures and key exchange: the default of Message Queuing. */
  PROV_RSA_FULL: 1,
  PROV_RSA_SIG: 2,
  PROV_DSS: 3,
  PROV_FORTEZZA: 4,
  PROV_MS_EXCHANGE: 5,
  PROV_SSL: 6,
  PROV_STT_MER: 7,
  PROV_STT_ACQ: 8,
  PROV_STT_BRND: 9,
  PROV_STT_ROOT: 10,
  PROV_STT_ISS: 11,
  /** RSA with AES and hashes of SHA-2, as `"Microsoft Enhanced RSA and AES Cryptographic Provider"` has. */
  PROV_RSA_AES: 24
} as const

/**
 * Name of a type in `wincrypt.h`.
 *
 * @category models
 * @since 0.1.0
 */
export type ProviderTypeName = keyof typeof numbers

const names = new Map<number, ProviderTypeName>(
  (Object.keys(numbers) as ReadonlyArray<ProviderTypeName>).map((name) => [numbers[name], name])
)

/**
 * Returns the name of a type; `undefined` for a type of another provider.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ProviderType } from "@effect-msmq/core"
 *
 * ProviderType.nameOf(24) // => "PROV_RSA_AES"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const nameOf = (providerType: number): ProviderTypeName | undefined => names.get(providerType)

/**
 * Formats a type as its number, with its name if it has one.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ProviderType } from "@effect-msmq/core"
 *
 * ProviderType.format(1) // => "1 (PROV_RSA_FULL)"
 * ```
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (providerType: number): string => {
  const name = nameOf(providerType)
  return name === undefined ? String(providerType) : `${providerType} (${name})`
}
