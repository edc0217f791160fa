/**
 * Security identifiers: they name the owner of a queue, its users and the sender of a message.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Result from "effect/Result"
import { accountName, sidText } from "./internal/options/accounts.ts"
import { argument } from "./internal/options/illegalOption.ts"
import type { Account } from "./internal/security/accounts.ts"
import { accountOfSid, currentUserSid, sidOfAccount } from "./internal/security/accounts.ts"
import { readSid, writeSid } from "./internal/security/sidBytes.ts"
import type { Sid } from "./internal/security/sidText.ts"
import { print, readSddl, wholeSid } from "./internal/security/sidText.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import { spanOptions, withErrorType } from "./internal/telemetry/Operation.ts"
import type { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"

export type { Account } from "./internal/security/accounts.ts"
export type { Sid } from "./internal/security/sidText.ts"
export type { AccountKind } from "./mqrt/AccountProperties.ts"

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
export const fromBytes = (bytes: Uint8Array): Option.Option<Sid> => readSid(bytes)

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
export const toBytes = (sid: Sid): Uint8Array => writeSid(sid)

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

/**
 * Looks an account up by its name, and returns its SID: `LookupAccountNameW`.
 *
 * The name is that of a user, a group, a computer (`CONTOSO\SERVER1$`) or a service (`NT SERVICE\MSMQ`), in any letter case:
 *
 * - `CONTOSO\alice` and `alice@contoso.com`: an account of a domain
 * - `.\alice`: an account of this computer
 * - `alice`: an account of Windows itself, such as `Everyone`, or else of this computer, or else of its domain, or else of a
 *   domain that this one trusts. A name with its domain is found faster, and is never that of another account
 *
 * Windows has the names of its own accounts in its own language: `Everyone` is `Jeder` in a German one. {@link wellKnown} has
 * their SIDs.
 *
 * Fails with `AccountNotFound`, also for the name of a domain; and with `WindowsFailure` where Windows could not ask the domain.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Sid.ofAccount("BUILTIN\\Administrators")
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "S-1-5-32-544"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const ofAccount: (name: string) => Effect.Effect<Sid, MsmqError, Mqrt> = Effect.fn(
  operations.Sid.ofAccount.name,
  spanOptions
)(function* (name: string): Effect.fn.Return<Sid, MsmqError, Mqrt> {
  const operation = operations.Sid.ofAccount
  const given = yield* argument({ operation }, "name", accountName, name)
  return yield* sidOfAccount(operation, given)
}, withErrorType)

/**
 * Looks an account up by its SID, and returns its name, its domain and its kind: `LookupAccountSidW`.
 *
 * Fails with `IllegalSddl` for a text that is not a SID; with `AccountNotFound` for a SID that no account has, such as that of a
 * deleted user; and with `WindowsFailure` where Windows could not ask the domain of the SID.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Sid.accountOf(Sid.wellKnown.administrators)
 *
 * const account = await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * account.qualifiedName // => "BUILTIN\\Administrators"
 * account.kind // => "alias"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const accountOf: (sid: Sid | string) => Effect.Effect<Account, MsmqError, Mqrt> = Effect.fn(
  operations.Sid.accountOf.name,
  spanOptions
)(function* (sid: Sid | string): Effect.fn.Return<Account, MsmqError, Mqrt> {
  const operation = operations.Sid.accountOf
  const given = yield* argument({ operation }, "sid", sidText, sid)
  return yield* accountOfSid(operation, yield* operation.fromResult(parse(given)))
}, withErrorType)

/**
 * SID of the user that this process runs as: `OpenProcessToken`, `GetTokenInformation`. It fails with `WindowsFailure` where Windows
 * does not tell it.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Sid } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const layer = InMemoryMqrt.layerWith({ user: { sid: "S-1-5-21-1-2-3-1001" } })
 *
 * await Effect.runPromise(Sid.current.pipe(Effect.provide(layer))) // => "S-1-5-21-1-2-3-1001"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const current: Effect.Effect<Sid, MsmqError, Mqrt> = Effect.withSpan(
  withErrorType(currentUserSid(operations.Sid.current)),
  operations.Sid.current.name,
  spanOptions
)
