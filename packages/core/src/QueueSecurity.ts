/**
 * The security descriptor of a queue, which says who may do what with it, as text.
 *
 * The text is SDDL, the security descriptor definition language: `O:` the owner, `G:` a group, `D:` who may do what, `S:`
 * what is written to the security log. An entry of `D:` is `(A;;rights;;;whom)` to allow, `(D;;rights;;;whom)` to deny;
 * `SecurityDescriptor` reads and prints it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { QueueName } from "./internal/names/queueName.ts"
import { formatNameOf, nameOf } from "./internal/names/queueName.ts"
import { onQueue, spanOptions } from "./internal/telemetry/telemetry.ts"
import { prefixes } from "./internal/security/sddl.ts"
import { argument, optionalArgument } from "./internal/options/illegalOption.ts"
import { parts as partsRule } from "./internal/options/managementOptions.ts"
import { text } from "./internal/options/Rule.ts"
import type { SecurityParts } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as SecurityDescriptor from "./SecurityDescriptor.ts"
import * as operations from "./internal/telemetry/operations.ts"

/**
 * The rights on a queue: `MQSEC_...`, with the words of the C names. Sums of them stand in an entry as hexadecimal digits.
 *
 * - `receiveMessage` is `peekMessage` and `deleteMessage` together, `receiveJournalMessage` is `peekMessage` and
 *   `deleteJournalMessage`
 * - `queueGenericRead`, `queueGenericWrite` and `queueGenericAll` are several together: what `GR`, `GW` and `GA` mean for a
 *   queue. `queueGenericExecute`, `GX`, means nothing
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
 * A right on a queue, of {@link rights}.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueRight = keyof typeof rights

/**
 * A part of a security descriptor: `O:`, `G:`, `D:` or `S:`.
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
 * The security descriptor of a queue as SDDL: owner, group and permissions, or the parts that are asked for.
 * `MQGetQueueSecurity`.
 *
 * Rights that are not only generic and standard ones are printed as a number in hexadecimal digits: {@link rights} says
 * what its bits are.
 *
 * Fails with `IllegalName`, `QueueNotFound`, `AccessDenied` for who has not `getQueuePermissions` and is not the owner,
 * `PrivilegeNotHeld` for who asks for `"sacl"` and is not an administrator, `UnsupportedFormatnameOperation` for a private
 * queue of another machine, and with `UnreadableSecurityDescriptor` where an entry has no text, as a conditional one.
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
    : `${parts.map((part) => prefixes[part]).join(" and ")} is to be set, but the text does not say to what`

/**
 * Sets the security descriptor of a queue from SDDL: the parts that the text has, or those that are named, which it must
 * have then. The rest stays as it is. `MQSetQueueSecurity`.
 *
 * **Gotchas**
 *
 * The new list takes the place of the old one as a whole. `D:` without entries keeps everybody out, and
 * `D:NO_ACCESS_CONTROL` nobody.
 *
 * Fails with `IllegalName`; with `IllegalSddl`, before any call, for a text that is none; with `QueueNotFound`,
 * `AccessDenied` for who has not `changeQueuePermissions` and is not the owner, or for the owner has not
 * `takeQueueOwnership` and is not an administrator (behaviour C-45), `PrivilegeNotHeld` for `S:`, and
 * `UnsupportedFormatnameOperation` for a private queue of another machine (C-46).
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
