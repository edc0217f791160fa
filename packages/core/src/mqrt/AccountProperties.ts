/**
 * Accounts of Windows, as a backend returns them; for the author of a backend.
 *
 * @since 0.1.0
 */

/**
 * Numbers of `SID_NAME_USE`, by the kind of the account that a SID names. `alias` is a local group, and `wellKnownGroup` a group
 * that Windows itself fills, such as Everyone.
 *
 * @category constants
 * @since 0.1.0
 */
export const accountKinds = {
  user: 1,
  group: 2,
  domain: 3,
  alias: 4,
  wellKnownGroup: 5,
  deletedAccount: 6,
  invalid: 7,
  unknown: 8,
  computer: 9,
  label: 10,
  logonSession: 11
} as const

/**
 * Word for what a SID names, such as a user or a group: see {@link accountKinds}.
 *
 * @category models
 * @since 0.1.0
 */
export type AccountKind = keyof typeof accountKinds

/**
 * Result of a search for an account by its name: `LookupAccountNameW`.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccountOfNameProperties {
  /** Bytes of the SID. */
  readonly sid: Uint8Array
  /** Domain or computer that has the account; empty for an account that belongs to none, such as Everyone. */
  readonly domain: string
  /** Word for what the SID names. */
  readonly kind: AccountKind
}

/**
 * Result of a search for an account by its SID: `LookupAccountSidW`.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccountOfSidProperties {
  /** Name of the account, without its domain. */
  readonly name: string
  /** Domain or computer that has the account; empty for an account that belongs to none, such as Everyone. */
  readonly domain: string
  /** Word for what the SID names. */
  readonly kind: AccountKind
}
