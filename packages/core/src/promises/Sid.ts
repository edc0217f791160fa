/**
 * Security identifiers: they name the owner of a queue, its users and the sender of a message. For programs that do not use
 * Effect: what is illegal throws an `MsmqError`. A `Connection` looks accounts up: `sidOfAccount`, `accountOfSid` and `currentSid`.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Sid } from "../Sid.ts"
import * as Sids from "../Sid.ts"

export type { Account, AccountKind, Sid } from "../Sid.ts"

/**
 * Parses a SID, or its alias in the security descriptor definition language (SDDL), in any letter case.
 *
 * Throws an `MsmqError` with the reason `IllegalSddl`. See {@link Sids.parse}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core/promises"
 *
 * Sid.parse("BA") // => "S-1-5-32-544"
 * Sid.parse("BA") === Sid.wellKnown.administrators // => true
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string): Sid => Result.getOrThrow(Sids.parse(text))

/**
 * Reads the bytes of a SID, such as `senderId` of a received message, and ignores bytes after them. Returns `undefined` if they
 * are not a SID.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core/promises"
 *
 * Sid.fromBytes(Sid.toBytes(Sid.wellKnown.everyone)) // => "S-1-1-0"
 * Sid.fromBytes(new Uint8Array(16)) // => undefined
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array): Sid | undefined => Option.getOrUndefined(Sids.fromBytes(bytes))

export { format, toBytes, wellKnown } from "../Sid.ts"
