/**
 * Security descriptors: the owner of an object, and the permissions on it. Their text is SDDL, the security descriptor
 * definition language. For programs that do not use Effect: what is illegal throws an `MsmqError`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { SecurityDescriptor } from "../SecurityDescriptor.ts"
import * as SecurityDescriptors from "../SecurityDescriptor.ts"

export type { AccessList, Entry, SecurityDescriptor } from "../SecurityDescriptor.ts"

/**
 * Parses a security descriptor in SDDL.
 *
 * Throws an `MsmqError` with the reason `IllegalSddl`, whose `position` is the place of the mistake in the text. See
 * {@link SecurityDescriptors.parse}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityDescriptor } from "@effect-msmq/core/promises"
 *
 * const descriptor = SecurityDescriptor.parse("O:BAD:(A;;GA;;;BA)(A;;0x24;;;AU)")
 *
 * descriptor.owner // => "S-1-5-32-544"
 * SecurityDescriptor.format({ ...descriptor, owner: undefined }) // => "D:(A;;GA;;;BA)(A;;0x24;;;AU)"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (sddl: string): SecurityDescriptor => Result.getOrThrow(SecurityDescriptors.parse(sddl))

/**
 * Prints a security descriptor as SDDL.
 *
 * Throws an `MsmqError` with the reason `UnreadableSecurityDescriptor`. See {@link SecurityDescriptors.format}.
 *
 * See the example of {@link parse}.
 *
 * @category printing
 * @since 0.1.0
 */
export const format = (descriptor: SecurityDescriptor): string =>
  Result.getOrThrow(SecurityDescriptors.format(descriptor))

/**
 * Reads the bytes of a self-relative security descriptor.
 *
 * Throws an `MsmqError` with the reason `UnreadableSecurityDescriptor`. See {@link SecurityDescriptors.fromBytes}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityDescriptor } from "@effect-msmq/core/promises"
 *
 * const bytes = SecurityDescriptor.toBytes(SecurityDescriptor.parse("O:BAD:(A;;GA;;;BA)"))
 * SecurityDescriptor.format(SecurityDescriptor.fromBytes(bytes)) // => "O:BAD:(A;;GA;;;BA)"
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array): SecurityDescriptor =>
  Result.getOrThrow(SecurityDescriptors.fromBytes(bytes))

export { toBytes } from "../SecurityDescriptor.ts"
