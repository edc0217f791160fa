/** Accounts of Windows: their SIDs by their names, and the reverse. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AccountKind } from "../../mqrt/AccountProperties.ts"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { readSid, writeSid } from "./sidBytes.ts"
import type { Sid } from "./sidText.ts"

/**
 * Account of Windows.
 *
 * @category models
 * @since 0.1.0
 */
export interface Account {
  /** SID of the account. */
  readonly sid: Sid
  /** Name of the account, without its domain, in the language of Windows for an account of Windows itself. */
  readonly name: string
  /** Domain or computer that has the account, by its NetBIOS name; empty for an account that belongs to none, such as Everyone. */
  readonly domain: string
  /** Domain and name with a backslash between them, such as `CONTOSO\alice`; the name alone where there is no domain. */
  readonly qualifiedName: string
  /**
   * Kind of the account: `"user"`; `"group"`, a group of a domain; `"alias"`, a group of this computer; `"wellKnownGroup"`, a
   * group that Windows itself fills, such as Everyone; `"computer"`; and others of `SID_NAME_USE`.
   */
  readonly kind: AccountKind
}

/** `HRESULT_FROM_WIN32(ERROR_NONE_MAPPED)`. */
const noneMapped = 0x8007_0534

/** Kinds that are no accounts: no user and no group has their SIDs. */
const notAccounts: ReadonlySet<AccountKind> = new Set(["domain", "deletedAccount", "invalid", "unknown", "label"])

const unknownName =
  "check its spelling. An account of a domain is CONTOSO\\alice or alice@contoso.com, one of this computer .\\alice. " +
  "Windows has the names of its own accounts in its language: use Sid.wellKnown, or the SID, which is the same everywhere"

const unknownSid =
  "no account has this SID: it was deleted, or belongs to a computer or domain that this one does not know"

const notAnAccount = (kind: AccountKind): string =>
  kind === "domain"
    ? "it is the name of a domain or computer. An account with the same name is written with its domain, as in NAME\\NAME"
    : `Windows says that it is none (${kind})`

/** Returns the function that converts the failure of a look-up to the error of an operation. */
const lookupError =
  (operation: Operation, account: string, rule: string, queue: string | undefined) =>
  (failure: MqrtFailure): MsmqError =>
    failure.code >>> 0 === noneMapped
      ? operation.error({ _tag: "AccountNotFound", account, rule }, { queue })
      : operation.lift({ queue })(failure)

/** Reads a SID that Windows returned. */
const readOwn = (bytes: Uint8Array): Effect.Effect<Sid> =>
  Option.match(readSid(bytes), {
    onNone: () => Effect.die(new TypeError("the backend returned bytes that are no SID")),
    onSome: Effect.succeed
  })

/** Looks the SID of an account up. `queue`: the queue that it is for. */
export const sidOfAccount = (operation: Operation, name: string, queue?: string): Effect.Effect<Sid, MsmqError, Mqrt> =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const { kind, sid } = yield* mqrt
      .lookupAccountName(name)
      .pipe(Effect.mapError(lookupError(operation, name, unknownName, queue)))
    return notAccounts.has(kind)
      ? yield* operation.error({ _tag: "AccountNotFound", account: name, rule: notAnAccount(kind) }, { queue })
      : yield* readOwn(sid)
  })

/** Looks the account of a SID up. */
export const accountOfSid = (operation: Operation, sid: Sid): Effect.Effect<Account, MsmqError, Mqrt> =>
  Mqrt.use((mqrt) => mqrt.lookupAccountSid(writeSid(sid))).pipe(
    Effect.mapError(lookupError(operation, sid, unknownSid, undefined)),
    Effect.map(({ domain, kind, name }) => ({
      sid,
      name,
      domain,
      qualifiedName: domain === "" ? name : `${domain}\\${name}`,
      kind
    }))
  )

/** Returns the SID of the user of the process. */
export const currentUserSid = (operation: Operation): Effect.Effect<Sid, MsmqError, Mqrt> =>
  Mqrt.use((mqrt) => mqrt.currentUserSid).pipe(Effect.mapError(operation.lift()), Effect.flatMap(readOwn))
