/** Rights on queues by their names. */

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
 * Groups of rights, by what a user does with the queue. All but `fullControl` include the rights to read the properties and the
 * permissions of the queue, which this SDK and others ask for when they open it.
 *
 * - `fullControl`: all rights on a queue
 * - `send`: sends messages
 * - `receive`: receives messages, and peeks at them
 * - `peek`: peeks at messages
 *
 * @category constants
 * @since 0.1.0
 */
export const rightGroups = {
  fullControl: 0x000f_003f,
  send: 0x0002_0024,
  receive: 0x0002_0023,
  peek: 0x0002_0022
} as const

/**
 * Generic rights of Windows: `GENERIC_...`. Message Queuing gives each its meaning for a queue, as `queueGenericRead` and the
 * others of {@link rights} name it; `genericExecute` means nothing on a queue.
 *
 * @category constants
 * @since 0.1.0
 */
export const genericRights = {
  genericRead: 0x8000_0000,
  genericWrite: 0x4000_0000,
  genericExecute: 0x2000_0000,
  genericAll: 0x1000_0000
} as const

/**
 * Standard rights of Windows, by their names in `winnt.h`. On a queue the first four are `deleteQueue`, `getQueuePermissions`,
 * `changeQueuePermissions` and `takeQueueOwnership`; `synchronize` means nothing on a queue.
 *
 * @category constants
 * @since 0.1.0
 */
export const standardRights = {
  delete: 0x0001_0000,
  readControl: 0x0002_0000,
  writeDac: 0x0004_0000,
  writeOwner: 0x0008_0000,
  synchronize: 0x0010_0000
} as const

const { queueGenericExecute: _, ...grantable } = rights

/** Numbers of all rights that can be granted. */
export const everyRight = { ...rightGroups, ...grantable, ...genericRights, ...standardRights } as const

/**
 * Right that can be granted: one of {@link rights}, but for `queueGenericExecute`, which is none; a group of
 * {@link rightGroups}; or one of {@link genericRights} or {@link standardRights}.
 *
 * @category models
 * @since 0.1.0
 */
export type Right = keyof typeof everyRight

/** Returns the rights of some names in 32 bits. */
export const maskOf = (names: Right | ReadonlyArray<Right>): number =>
  [names].flat().reduce((mask: number, name) => mask | everyRight[name], 0) >>> 0

const genericMeanings: ReadonlyArray<readonly [bit: number, meaning: number]> = [
  [genericRights.genericRead, rights.queueGenericRead],
  [genericRights.genericWrite, rights.queueGenericWrite],
  [genericRights.genericExecute, rights.queueGenericExecute],
  [genericRights.genericAll, rights.queueGenericAll]
]

/** Returns a mask with the meanings of its generic rights in their place. */
export const withoutGeneric = (mask: number): number =>
  (genericMeanings.reduce((meant, [bit, meaning]) => ((mask & bit) === 0 ? meant : meant | meaning), mask) &
    0x0fff_ffff) >>>
  0

/** Names that a mask is described by, the one for more rights before those for less. */
const describing = [
  "fullControl",
  "receiveMessage",
  "receiveJournalMessage",
  "peekMessage",
  "deleteMessage",
  "deleteJournalMessage",
  "writeMessage",
  "getQueueProperties",
  "setQueueProperties",
  "getQueuePermissions",
  "changeQueuePermissions",
  "takeQueueOwnership",
  "deleteQueue",
  "genericAll",
  "genericRead",
  "genericWrite",
  "genericExecute",
  "synchronize"
] as const satisfies ReadonlyArray<Right>

/** Returns the fewest names that cover the rights of a mask, without the bits that have no name. */
export const namesOf = (mask: number): ReadonlyArray<Right> => {
  let missing = mask
  return describing.filter((name) => {
    const bits = everyRight[name]
    if ((mask & bits) >>> 0 !== bits || (missing & bits) === 0) return false
    missing &= ~bits
    return true
  })
}
