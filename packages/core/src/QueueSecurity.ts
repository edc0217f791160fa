/**
 * Security descriptors of queues, which contain their owner and their permissions, as text.
 *
 * The text is SDDL, the security descriptor definition language: `O:` is the owner, `G:` the primary group, `D:` the permissions,
 * `S:` the accesses that are written to the security log. An entry of `D:` is `(A;;rights;;;sid)` to allow, `(D;;rights;;;sid)`
 * to deny; `SecurityDescriptor` parses and prints it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { QueueName } from "./internal/names/queueName.ts"
import { formatNameOf, nameOf } from "./internal/names/queueName.ts"
import { onQueue } from "./internal/telemetry/telemetry.ts"
import { spanOptions } from "./internal/telemetry/Operation.ts"
import { prefixes } from "./internal/security/sddl.ts"
import { argument, optionalArgument } from "./internal/options/illegalOption.ts"
import { parts as partsRule } from "./internal/options/managementOptions.ts"
import { text } from "./internal/options/Rule.ts"
import type { SecurityParts } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as SecurityDescriptor from "./SecurityDescriptor.ts"
import * as operations from "./internal/telemetry/Operation.ts"

/**
 * Rights on a queue: `MQSEC_...`, with the words of the C names. An entry has a sum of them in hexadecimal digits.
 *
 * - `receiveMessage` is `peekMessage` and `deleteMessage` together, `receiveJournalMessage` is `peekMessage` and
 *   `deleteJournalMessage`
 * - `queueGenericRead`, `queueGenericWrite` and `queueGenericAll` are the rights that `GR`, `GW` and `GA` stand for on a queue.
 *   `queueGenericExecute`, `GX`, stands for none
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueSecurity } from "@effect-msmq/core"
 *
 * const mask = QueueSecurity.rights.receiveMessage | QueueSecurity.rights.getQueueProperties
 * const entry = `(A;;0x${mask.toString(16)};;;AU)`
 *
 * entry // => "(A;;0x23;;;AU)"
 * ```
 *
 * @category constants
 * @since 0.1.0
 */
export const rights = {
  deleteMessage: 0x01,
  peekMessage: 0x02,
  writeMessage: 0x04,
  deleteJournalMessage: 0x08,
  setQueueProperties: 0x10,
  getQueueProperties: 0x20,
  deleteQueue: 0x0001_0000,
  getQueuePermissions: 0x0002_0000,
  changeQueuePermissions: 0x0004_0000,
  takeQueueOwnership: 0x0008_0000,
  receiveMessage: 0x03,
  receiveJournalMessage: 0x0a,
  queueGenericRead: 0x0002_002b,
  queueGenericWrite: 0x0002_0024,
  queueGenericExecute: 0,
  queueGenericAll: 0x000f_003f
} as const

/**
 * Right on a queue, by its name in {@link rights}.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueRight = keyof typeof rights

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
