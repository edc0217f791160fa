/**
 * Security descriptors: the owner of an object, and the permissions on it. Their text is SDDL, the security descriptor
 * definition language.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { bytesViolation, plainBytes } from "./internal/bytes.ts"
import { print, securityDescriptor } from "./internal/security/sddl.ts"
import { readSddl } from "./internal/security/sidText.ts"
import { oversize, read, write } from "./internal/security/securityDescriptorBytes.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import type { SecurityDescriptor } from "./internal/security/SecurityDescriptor.ts"

export type { AccessList, Entry, SecurityDescriptor } from "./internal/security/SecurityDescriptor.ts"

const fail = (operation: Operation, rule: string) =>
  Result.fail(operation.error({ _tag: "UnreadableSecurityDescriptor", rule }))

/**
 * Parses a security descriptor in SDDL. Rights may be letters, including those of files and keys, or a number. Spaces and new
 * lines are legal between the parts and between the entries.
 *
 * Fails with `IllegalSddl`, whose `position` is the place of the mistake in the text. Entries with conditions or attributes (`XA`,
 * `XD`, `XU`, `ZA`, `RA`), and aliases of accounts that differ between domains (such as `DA`) are not supported.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityDescriptor } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const descriptor = Result.getOrThrow(SecurityDescriptor.parse("O:BAD:(A;;GA;;;BA)(A;;0x24;;;AU)"))
 *
 * descriptor.owner // => "S-1-5-32-544"
 * descriptor.dacl?.entries?.map((entry) => entry.kind) // => ["allow", "allow"]
 *
 * const broken = Result.getOrThrow(Result.flip(SecurityDescriptor.parse("O:BAD:(A;;all;;;BA)")))
 *
 * broken.reason._tag === "IllegalSddl" && broken.reason.position // => 10
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (sddl: string): Result.Result<SecurityDescriptor, MsmqError> => {
  const operation = operations.SecurityDescriptor.parse
  return Result.flatMap(readSddl(operation, sddl, securityDescriptor), (descriptor) => {
    const rule = oversize(descriptor)
    return rule === undefined
      ? Result.succeed(descriptor)
      : Result.fail(
          operation.error({
            _tag: "IllegalSddl",
            input: sddl,
            position: sddl.length,
            rule: `${rule}; leave some entries out`
          })
        )
  })
}

/**
 * Prints a security descriptor as SDDL: SIDs by their aliases if they have one, and rights by letters if they are only generic
 * and standard ones, otherwise as a number in hexadecimal digits.
 *
 * Fails with `UnreadableSecurityDescriptor` for an entry of the kind `"other"`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityDescriptor } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const printed = SecurityDescriptor.parse("D:(A;;KA;;;S-1-5-18)").pipe(Result.flatMap(SecurityDescriptor.format))
 *
 * printed // => Result.succeed("D:(A;;0xf003f;;;SY)")
 * ```
 *
 * @category printing
 * @since 0.1.0
 */
export const format = (descriptor: SecurityDescriptor): Result.Result<string, MsmqError> =>
  print(descriptor).pipe(
    Result.mapError((rule) =>
      operations.SecurityDescriptor.format.error({ _tag: "UnreadableSecurityDescriptor", rule })
    )
  )

/**
 * Reads the bytes of a self-relative security descriptor, as `MQGetQueueSecurity` returns it. The flags of defaulted parts are
 * not kept.
 *
 * Fails with `UnreadableSecurityDescriptor`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityDescriptor } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const read = SecurityDescriptor.fromBytes(new Uint8Array(4))
 *
 * Result.isFailure(read) && read.failure.reason._tag // => "UnreadableSecurityDescriptor"
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array): Result.Result<SecurityDescriptor, MsmqError> => {
  const plain = plainBytes(bytes)
  const descriptor = plain === undefined ? bytesViolation(bytes).rule : read(plain)
  return typeof descriptor === "string"
    ? fail(operations.SecurityDescriptor.fromBytes, descriptor)
    : Result.succeed(descriptor)
}

/**
 * Returns the bytes of a security descriptor, self-relative as `MQSetQueueSecurity` takes it. Throws for a list of more than
 * 65,535 bytes, which {@link parse} never makes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityDescriptor } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const copy = SecurityDescriptor.parse("O:WD").pipe(
 *   Result.map(SecurityDescriptor.toBytes),
 *   Result.flatMap(SecurityDescriptor.fromBytes),
 *   Result.flatMap(SecurityDescriptor.format)
 * )
 *
 * copy // => Result.succeed("O:WD")
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const toBytes = (descriptor: SecurityDescriptor): Uint8Array => {
  const rule = oversize(descriptor)
  if (rule !== undefined) throw new RangeError(rule)
  return write(descriptor)
}
