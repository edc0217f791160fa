/**
 * Security identifiers: they name the owner of a queue, its users and the sender of a message.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { plainBytes } from "./internal/bytes.ts"
import { readSddl } from "./internal/security/sidText.ts"
import { print, wholeSid, written } from "./internal/security/sidText.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Sid } from "./internal/security/sidText.ts"

export type { Sid } from "./internal/security/sidText.ts"

/**
 * Parses a SID, or its alias in the security descriptor definition language (SDDL), in any letter case.
 *
 * Fails with `IllegalSddl`, also for aliases whose SID differs between domains or machines, such as `DA` for the administrators
 * of the domain.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const administrators = Result.getOrThrow(Sid.parse("BA"))
 *
 * administrators // => "S-1-5-32-544"
 * administrators === Sid.wellKnown.administrators // => true
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string): Result.Result<Sid, MsmqError> => readSddl(operations.Sid.parse, text, wholeSid)

/**
 * Formats a SID as its alias if it has one, otherwise as the SID itself.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * Result.map(Sid.parse("S-1-5-32-544"), Sid.format) // => Result.succeed("BA")
 * ```
 *
 * @category printing
 * @since 0.1.0
 */
export const format = (sid: Sid): string => print(sid)

const headerSize = 8
const revision = 1
const mostSubAuthorities = 15

/**
 * Reads the bytes of a SID, such as `senderId` of a received message, and ignores bytes after them. `None` if they are not a
 * SID.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core"
 * import { Option } from "effect"
 *
 * Sid.fromBytes(Sid.toBytes(Sid.wellKnown.everyone)) // => Option.some("S-1-1-0")
 * Sid.fromBytes(new Uint8Array(16)) // => Option.none()
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array): Option.Option<Sid> => {
  const plain = plainBytes(bytes)
  return plain === undefined ? Option.none() : read(plain)
}

const read = (bytes: Uint8Array): Option.Option<Sid> => {
  const [first, count = 0] = bytes
  const isOne =
    first === revision && count >= 1 && count <= mostSubAuthorities && bytes.length >= headerSize + 4 * count
  if (!isOne) return Option.none()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const authority = view.getUint16(2) * 2 ** 32 + view.getUint32(4)
  return Option.some(
    written(
      authority,
      Array.from({ length: count }, (_, index) => view.getUint32(headerSize + 4 * index, true))
    )
  )
}

/**
 * Returns the bytes of a SID, as Windows has them.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core"
 *
 * Sid.toBytes(Sid.wellKnown.everyone) // => Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const toBytes = (sid: Sid): Uint8Array => {
  const [authority = 0, ...subAuthorities] = sid.split("-").slice(2).map(Number)
  const bytes = new Uint8Array(headerSize + 4 * subAuthorities.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, revision)
  view.setUint8(1, subAuthorities.length)
  view.setUint16(2, Math.floor(authority / 2 ** 32))
  view.setUint32(4, authority % 2 ** 32)
  for (const [index, subAuthority] of subAuthorities.entries()) {
    view.setUint32(headerSize + 4 * index, subAuthority, true)
  }
  return bytes
}

/**
 * SIDs that are common in permissions of queues, and the same on every machine.
 *
 * - `everyone`: all users, including `anonymous`
 * - `anonymous`: senders without a SID, and readers from another machine in a workgroup
 * - `authenticatedUsers`: all users but `anonymous`
 * - `localSystem`, `localService`, `networkService`: the accounts that services run as
 * - `administrators`, `users`: the groups of the machine
 *
 * @category constants
 * @since 0.1.0
 */
export const wellKnown = {
  everyone: "S-1-1-0" as Sid,
  anonymous: "S-1-5-7" as Sid,
  authenticatedUsers: "S-1-5-11" as Sid,
  localSystem: "S-1-5-18" as Sid,
  localService: "S-1-5-19" as Sid,
  networkService: "S-1-5-20" as Sid,
  administrators: "S-1-5-32-544" as Sid,
  users: "S-1-5-32-545" as Sid
} as const
