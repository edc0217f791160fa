/**
 * Security descriptors: who owns something, and who may do what with it. In text they are SDDL, the security descriptor
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
import * as operations from "./internal/telemetry/operations.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import type { SecurityDescriptor } from "./internal/security/SecurityDescriptor.ts"

export type { AccessList, Entry, SecurityDescriptor } from "./internal/security/SecurityDescriptor.ts"

const failed = (operation: Operation, rule: string) =>
  Result.fail(operation.error({ _tag: "UnreadableSecurityDescriptor", rule }))

/**
 * Reads a security descriptor from SDDL. Rights may be letters, also those of files and keys, or a number. Between the
 * parts and the entries there may be spaces and new lines.
 *
 * Fails with `IllegalSddl`, whose `position` is where the text goes wrong. Entries with conditions or attributes (`XA`,
 * `XD`, `XU`, `ZA`, `RA`), and aliases of accounts that each domain has for itself (such as `DA`) are not supported.
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
 * Prints a security descriptor as SDDL: SIDs by their aliases, where they have one; rights by letters, where they are
 * generic and standard ones alone, and otherwise as a number in hexadecimal digits.
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
 * Reads the bytes of a security descriptor, self-relative as `MQGetQueueSecurity` gives it. What says that a part is there
 * by default is not kept.
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
    ? failed(operations.SecurityDescriptor.fromBytes, descriptor)
    : Result.succeed(descriptor)
}

/**
 * The bytes of a security descriptor, self-relative as `MQSetQueueSecurity` takes it. A list of more than 65,535 bytes is a
 * defect: no text that {@link parse} reads makes one.
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
