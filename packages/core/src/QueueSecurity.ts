/**
 * Security descriptors of queues, which contain their owner and their permissions: rights by account name, or the whole as text.
 *
 * {@link grant}, {@link deny} and {@link revoke} change the rights of one user or group, and {@link list} lists those of all.
 * {@link get} and {@link set} read and replace the whole descriptor. Its text is SDDL, the security descriptor definition language: `O:` is the owner, `G:` the primary group, `D:` the permissions,
 * `S:` the accesses that are written to the security log. An entry of `D:` is `(A;;rights;;;sid)` to allow, `(D;;rights;;;sid)`
 * to deny; `SecurityDescriptor` parses and prints it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Account } from "./internal/security/accounts.ts"
import { accountOfSid } from "./internal/security/accounts.ts"
import { changesOneByOne } from "./internal/security/changesOneByOne.ts"
import {
  everythingToEveryone,
  isInherited,
  permit,
  revoke as withoutEntriesOf,
  sidOf
} from "./internal/security/permissions.ts"
import type { Right } from "./internal/security/queueRights.ts"
import { maskOf, namesOf } from "./internal/security/queueRights.ts"
import { oversize } from "./internal/security/securityDescriptorBytes.ts"
import type { Trustee } from "./internal/security/trustee.ts"
import { sidOfTrustee } from "./internal/security/trustee.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import type { Sid } from "./Sid.ts"
import type { QueueName } from "./internal/names/queueName.ts"
import { formatNameOf, nameOf } from "./internal/names/queueName.ts"
import { onQueue } from "./internal/telemetry/telemetry.ts"
import { spanOptions } from "./internal/telemetry/Operation.ts"
import { prefixes } from "./internal/security/sddl.ts"
import { rights as rightsRule } from "./internal/options/accounts.ts"
import { argument, optionalArgument } from "./internal/options/illegalOption.ts"
import { parts as partsRule } from "./internal/options/managementOptions.ts"
import { text } from "./internal/options/Rule.ts"
import type { SecurityParts } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as SecurityDescriptor from "./SecurityDescriptor.ts"
import * as operations from "./internal/telemetry/Operation.ts"

export type { QueueRight, Right } from "./internal/security/queueRights.ts"
export { genericRights, rightGroups, rights, standardRights } from "./internal/security/queueRights.ts"
export type { Trustee } from "./internal/security/trustee.ts"

/**
 * Part of a security descriptor: `O:`, `G:`, `D:` or `S:`.
 *
 * @category models
 * @since 0.1.0
 */
export type Part = keyof SecurityParts

const partsOf = (parts: ReadonlyArray<Part>): SecurityParts => ({
  owner: parts.includes("owner"),
  group: parts.includes("group"),
  dacl: parts.includes("dacl"),
  sacl: parts.includes("sacl")
})

const only = (
  descriptor: SecurityDescriptor.SecurityDescriptor,
  parts: ReadonlyArray<Part>
): SecurityDescriptor.SecurityDescriptor => Object.fromEntries(parts.map((part) => [part, descriptor[part]]))

/**
 * Returns the security descriptor of a queue as SDDL: owner, group and permissions by default, or the given parts.
 * `MQGetQueueSecurity`.
 *
 * Rights that are not only generic and standard ones are printed as a number in hexadecimal digits, whose bits are
 * {@link rights}.
 *
 * Fails with `IllegalName`; `QueueNotFound`; `AccessDenied` for a user who is neither the owner nor has `getQueuePermissions`;
 * `PrivilegeNotHeld` for `"sacl"` and a user who is not an administrator; `UnsupportedFormatnameOperation` for a private queue of
 * another machine; and `UnreadableSecurityDescriptor` for an entry that SDDL cannot express here, such as a conditional one.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueSecurity } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   yield* QueueSecurity.set(".\\private$\\orders", "D:(A;;GA;;;BA)(A;;0x24;;;AU)")
 *   return yield* QueueSecurity.get(".\\private$\\orders", ["dacl"])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "D:(A;;GA;;;BA)(A;;0x24;;;AU)"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const get = Effect.fn(operations.QueueSecurity.get.name, spanOptions)(function* (
  queue: QueueName,
  parts: ReadonlyArray<Part> = ["owner", "group", "dacl"]
): Effect.fn.Return<string, MsmqError, Mqrt> {
  const operation = operations.QueueSecurity.get
  yield* argument({ operation, queue: nameOf(queue) }, "parts", partsRule, parts)
  const mqrt = yield* Mqrt
  const formatName = yield* formatNameOf(operation, queue)
  const bytes = yield* mqrt
    .getQueueSecurity(formatName, partsOf(parts))
    .pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
  const text = SecurityDescriptor.fromBytes(bytes).pipe(
    Result.flatMap((descriptor) => SecurityDescriptor.format(only(descriptor, parts)))
  )
  return yield* operation.fromResult(text, { queue: nameOf(queue) })
}, onQueue)

const missing = (parts: ReadonlyArray<Part>): string =>
  parts.length === 0
    ? "it says nothing that could be set: it needs O:, G:, D: or S:"
    : `${parts.map((part) => prefixes[part]).join(" and ")} is to be set, but the text does not have it`

/**
 * Sets the security descriptor of a queue from SDDL: all parts of the text, or the given parts, which the text must have. The
 * other parts stay as they are. `MQSetQueueSecurity`.
 *
 * **Gotchas**
 *
 * The new list of permissions replaces the old one as a whole. `D:` without entries denies everything to everyone, and
 * `D:NO_ACCESS_CONTROL` allows everything to everyone.
 *
 * Fails with `IllegalName`; with `IllegalSddl`, before any call, for a text that is not SDDL; with `QueueNotFound`; with
 * `AccessDenied` for a user who is neither the owner nor has `changeQueuePermissions`, or, to set the owner, for a user who
 * neither has `takeQueueOwnership` nor is an administrator; with `PrivilegeNotHeld` for `S:`; and with
 * `UnsupportedFormatnameOperation` for a private queue of another machine.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueSecurity } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   return yield* QueueSecurity.set(".\\private$\\orders", "D:(A;;GA;;;Administrators)")
 * }).pipe(
 *   Effect.as(-1),
 *   Effect.catchReason("MsmqError", "IllegalSddl", (reason) => Effect.succeed(reason.position))
 * )
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => 11
 * ```
 *
 * @category setters
 * @since 0.1.0
 */
export const set = Effect.fn(operations.QueueSecurity.set.name, spanOptions)(function* (
  queue: QueueName,
  sddl: string,
  parts?: ReadonlyArray<Part>
): Effect.fn.Return<void, MsmqError, Mqrt> {
  const operation = operations.QueueSecurity.set
  const name = nameOf(queue)
  yield* argument({ operation, queue: name }, "sddl", text, sddl)
  yield* optionalArgument({ operation, queue: name }, "parts", partsRule, parts)
  const mqrt = yield* Mqrt
  const descriptor = yield* operation.fromResult(SecurityDescriptor.parse(sddl), { queue: name })
  const wanted = parts ?? (Object.keys(descriptor) as ReadonlyArray<Part>)
  const absent = wanted.filter((part) => descriptor[part] === undefined)
  if (wanted.length === 0 || absent.length > 0) {
    return yield* operation.error(
      { _tag: "IllegalSddl", input: sddl, position: sddl.length, rule: missing(absent) },
      { queue: name }
    )
  }
  const formatName = yield* formatNameOf(operation, queue)
  return yield* mqrt
    .setQueueSecurity(formatName, partsOf(wanted), SecurityDescriptor.toBytes(descriptor))
    .pipe(Effect.mapError(operation.lift({ queue: name })))
}, onQueue)

/**
 * Entry of the permissions of a queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface Permission {
  /**
   * Kind of the entry: `"allow"` and `"deny"`, and others of `SecurityDescriptor.Entry` that only a directory or another program
   * makes, such as `"allowObject"`.
   */
  readonly kind: SecurityDescriptor.Entry["kind"]
  /** SID of the user or group; `undefined` for an entry of the kind `"other"` that does not show it. */
  readonly sid: Sid | undefined
  /** Account of the SID, such as `CONTOSO\alice`; `undefined` where Windows does not find it, as for a deleted user. */
  readonly account: string | undefined
  /**
   * Rights by name, in the fewest names: `"fullControl"` for all rights, `"receiveMessage"` for the two that it consists of.
   * `mask` also has the bits that have no name.
   */
  readonly rights: ReadonlyArray<Right>
  /** Rights in 32 bits, as {@link rights} and the others number them; 0 for an entry of the kind `"other"`. */
  readonly mask: number
  /** `true` for an entry that comes from the parent of the queue in the directory: {@link revoke} does not remove it. */
  readonly isInherited: boolean
}

const dacl: ReadonlyArray<Part> = ["dacl"]

/** Reads the list of permissions of a queue. */
const readList = (
  operation: Operation,
  formatName: string,
  queue: string
): Effect.Effect<SecurityDescriptor.AccessList | undefined, MsmqError, Mqrt> =>
  Mqrt.use((mqrt) => mqrt.getQueueSecurity(formatName, partsOf(dacl))).pipe(
    Effect.mapError(operation.lift({ queue })),
    Effect.flatMap((bytes) => operation.fromResult(SecurityDescriptor.fromBytes(bytes), { queue })),
    Effect.map((descriptor) => descriptor.dacl)
  )

const lookUpsAtOnce = 8

/** Returns the names of the accounts of some SIDs, each looked up once, without those that are not found. */
const accountsOf = (
  operation: Operation,
  sids: ReadonlyArray<Sid | undefined>
): Effect.Effect<ReadonlyMap<Sid | undefined, Account>, never, Mqrt> =>
  Effect.map(
    Effect.forEach(
      [...new Set(sids)].filter((sid) => sid !== undefined),
      (sid) =>
        accountOfSid(operation, sid).pipe(
          Effect.map((account): ReadonlyArray<readonly [Sid, Account]> => [[sid, account]]),
          Effect.catch(() => Effect.succeed([]))
        ),
      // One that asks a domain that does not answer may take long.
      { concurrency: lookUpsAtOnce }
    ),
    (found) => new Map(found.flat())
  )

/**
 * Lists the permissions of a queue in the order in which Windows checks them, with the names of the accounts where they can be
 * found: `MQGetQueueSecurity`, `LookupAccountSidW`.
 *
 * A queue without a list of permissions allows everything to everyone, which is listed as one entry. An empty array denies
 * everything to everyone but the owner, who may always read and change the permissions.
 *
 * Fails as {@link get} does. A name that is not found does not fail.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueSecurity } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { securityDescriptor: "D:(A;;GA;;;BA)(A;;0x24;;;AU)" })
 *   const permissions = yield* QueueSecurity.list(".\\private$\\orders")
 *   return permissions.map(({ account, kind, rights }) => `${account}: ${kind} ${rights.join(", ")}`)
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => ["BUILTIN\\Administrators: allow genericAll", "NT AUTHORITY\\Authenticated Users: allow writeMessage, getQueueProperties"]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const list = Effect.fn(operations.QueueSecurity.list.name, spanOptions)(function* (
  queue: QueueName
): Effect.fn.Return<ReadonlyArray<Permission>, MsmqError, Mqrt> {
  const operation = operations.QueueSecurity.list
  const formatName = yield* formatNameOf(operation, queue)
  const found = yield* readList(operation, formatName, nameOf(queue))
  const entries = found?.entries ?? [everythingToEveryone]
  const accounts = yield* accountsOf(operation, entries.map(sidOf))
  return entries.map((entry): Permission => {
    const sid = sidOf(entry)
    const mask = entry.kind === "other" ? 0 : entry.rights
    return {
      kind: entry.kind,
      sid,
      account: accounts.get(sid)?.qualifiedName,
      rights: namesOf(mask),
      mask,
      isInherited: isInherited(entry)
    }
  })
}, onQueue)

/** Reads the permissions of a queue and writes those that `change` makes of them; nothing where it returns `undefined`. */
const changeList = (
  operation: Operation,
  queue: QueueName,
  change: (list: SecurityDescriptor.AccessList | undefined) => SecurityDescriptor.AccessList | undefined
): Effect.Effect<boolean, MsmqError, Mqrt> =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const name = nameOf(queue)
    const formatName = yield* formatNameOf(operation, queue)
    const readAndWrite = Effect.gen(function* () {
      const changed = change(yield* readList(operation, formatName, name))
      if (changed === undefined) return false
      const rule = oversize({ dacl: changed })
      if (rule !== undefined) {
        return yield* operation.error(
          { _tag: "UnreadableSecurityDescriptor", rule: `${rule}; revoke the rights of others first` },
          { queue: name }
        )
      }
      yield* mqrt
        .setQueueSecurity(formatName, partsOf(dacl), SecurityDescriptor.toBytes({ dacl: changed }))
        .pipe(Effect.mapError(operation.lift({ queue: name })))
      return true
    })
    return yield* changesOneByOne(mqrt.openHandles, readAndWrite)
  })

const permitting = (kind: "allow" | "deny", operation: Operation) =>
  Effect.fn(operation.name, spanOptions)(function* (
    queue: QueueName,
    trustee: Trustee,
    rights: Right | ReadonlyArray<Right>
  ): Effect.fn.Return<void, MsmqError, Mqrt> {
    const name = nameOf(queue)
    const wanted = maskOf(yield* argument({ operation, queue: name }, "rights", rightsRule, rights))
    const sid = yield* sidOfTrustee(operation, trustee, name)
    yield* changeList(operation, queue, (list) => permit(list, kind, sid, wanted))
  }, onQueue)

/**
 * Grants rights on a queue to a user or group, beside those that it has: `MQGetQueueSecurity`, `MQSetQueueSecurity`. The list is
 * changed as `SetEntriesInAcl` of Windows changes it for `GRANT_ACCESS`.
 *
 * **Details**
 *
 * The rights go into the entry that allows something to the trustee, or into a new one, and are taken away from the entry that
 * denies them to it. Entries of others stay as they are, so a denial to a group that the user belongs to still counts. The
 * entries are put into the canonical order: denials, permissions, inherited entries. Where the queue has no list of permissions,
 * everything stays allowed to everyone.
 *
 * An interruption leaves the permissions as they were, or as they are to be. Changes of one program through one layer are made one
 * after the other.
 *
 * **Gotchas**
 *
 * Where two programs change the permissions of one queue at the same time, the one that writes last wins, and the change of
 * the other may be lost: Message Queuing has no way to lock them.
 *
 * Fails with `IllegalOption` for a right that does not exist; with `AccountNotFound` for a trustee that Windows does not find; with
 * `UnreadableSecurityDescriptor` where the list would be larger than 65,535 bytes; and as {@link get} and {@link set} do.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueSecurity } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { securityDescriptor: "D:(A;;GA;;;BA)" })
 *   yield* QueueSecurity.grant(".\\private$\\orders", "NT AUTHORITY\\NETWORK SERVICE", ["receiveMessage", "getQueueProperties"])
 *   yield* QueueSecurity.grant(".\\private$\\orders", "authenticatedUsers", "send")
 *   return yield* QueueSecurity.get(".\\private$\\orders", ["dacl"])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => "D:(A;;0x20024;;;AU)(A;;0x23;;;NS)(A;;GA;;;BA)"
 * ```
 *
 * @category setters
 * @since 0.1.0
 */
export const grant: (
  queue: QueueName,
  trustee: Trustee,
  rights: Right | ReadonlyArray<Right>
) => Effect.Effect<void, MsmqError, Mqrt> = permitting("allow", operations.QueueSecurity.grant)

/**
 * Denies rights on a queue to a user or group, beside those that are denied to it already. A denial counts before every permission,
 * also one of a group. The list is changed as `SetEntriesInAcl` of Windows changes it for `DENY_ACCESS`: the rights are taken away
 * from the entry that allows them to the trustee.
 *
 * Everything else, and the failures, are as for {@link grant}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueSecurity } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { securityDescriptor: "D:(A;;GA;;;BA)(A;;0x24;;;WD)" })
 *   yield* QueueSecurity.deny(".\\private$\\orders", "anonymous", "writeMessage")
 *   return yield* QueueSecurity.get(".\\private$\\orders", ["dacl"])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => "D:(D;;0x4;;;AN)(A;;GA;;;BA)(A;;0x24;;;WD)"
 * ```
 *
 * @category setters
 * @since 0.1.0
 */
export const deny: (
  queue: QueueName,
  trustee: Trustee,
  rights: Right | ReadonlyArray<Right>
) => Effect.Effect<void, MsmqError, Mqrt> = permitting("deny", operations.QueueSecurity.deny)

/**
 * Removes all entries of a user or group from the permissions of a queue, permissions and denials, and returns `true` if there
 * was one. Inherited entries stay, since only the parent of the queue in the directory can change them. Rights that the user
 * has through a group stay, too.
 *
 * An interruption leaves the permissions as they were, or as they are to be. Where two programs change them at the same time, the
 * one that writes last wins.
 *
 * Fails with `AccountNotFound` for a trustee that Windows does not find: that of a deleted user is revoked by its SID. Otherwise it
 * fails as {@link get} and {@link set} do.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueSecurity } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { securityDescriptor: "D:(A;;GA;;;BA)(A;;0x24;;;WD)" })
 *   const wasThere = yield* QueueSecurity.revoke(".\\private$\\orders", "Everyone")
 *   return [wasThere, yield* QueueSecurity.get(".\\private$\\orders", ["dacl"])]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => [true, "D:(A;;GA;;;BA)"]
 * ```
 *
 * @category setters
 * @since 0.1.0
 */
export const revoke: (queue: QueueName, trustee: Trustee) => Effect.Effect<boolean, MsmqError, Mqrt> = Effect.fn(
  operations.QueueSecurity.revoke.name,
  spanOptions
)(function* (queue: QueueName, trustee: Trustee): Effect.fn.Return<boolean, MsmqError, Mqrt> {
  const operation = operations.QueueSecurity.revoke
  const sid = yield* sidOfTrustee(operation, trustee, nameOf(queue))
  return yield* changeList(operation, queue, (list) => withoutEntriesOf(list, sid))
}, onQueue)

/**
 * Sets the permissions of a queue back to those that Message Queuing gives a new queue: `MQSetQueueSecurity` without a security
 * descriptor. The owner stays.
 *
 * Fails as {@link set} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueSecurity } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { securityDescriptor: "D:" })
 *   yield* QueueSecurity.reset(".\\private$\\orders")
 *   const permissions = yield* QueueSecurity.list(".\\private$\\orders")
 *   return permissions.map(({ account }) => account)
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => ["MACHINE\\user", "Everyone"]
 * ```
 *
 * @category setters
 * @since 0.1.0
 */
export const reset = Effect.fn(operations.QueueSecurity.reset.name, spanOptions)(function* (
  queue: QueueName
): Effect.fn.Return<void, MsmqError, Mqrt> {
  const operation = operations.QueueSecurity.reset
  const mqrt = yield* Mqrt
  const formatName = yield* formatNameOf(operation, queue)
  yield* mqrt
    .setQueueSecurity(formatName, partsOf(dacl), null)
    .pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
}, onQueue)
