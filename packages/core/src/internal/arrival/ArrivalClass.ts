/** Classes of acknowledgments about the arrival of a message (behaviour D-46). */

/** Class of a positive acknowledgment. */
export const arrived = 0x0002

/** Meanings of the negative acknowledgments. */
const refusals: ReadonlyMap<number, string> = new Map([
  [0x8000, "there is no such queue, or it was deleted: create it"],
  [0x8001, "it was deleted on its way, by a purge of the outgoing queue"],
  [0x8002, "it did not get there in time: see that the other machine runs and can be reached"],
  [0x8003, "the queue is full: empty it, or raise its quota"],
  [0x8004, "the queue denies this user: grant the right to write messages to it (MQSEC_WRITE_MESSAGE)"],
  [0x8005, "it went through too many routing servers"],
  [0x8006, "the queue takes signed messages only, and a copy is not signed: turn its authenticate off"],
  [0x8007, "the queue takes encrypted bodies only, and a copy is not encrypted: set its privacyLevel to optional"],
  [0x8008, "it could not be encrypted"],
  [0x8009, "the queue is not transactional: name it without transactional: true"],
  [0x800a, "the queue is transactional: name it without transactional: false"],
  [0x800b, "its cryptographic provider is not known there"],
  [0x800c, "this machine has another GUID than the other one remembers"]
])

/** Returns the meaning of a class and the remedy for it. */
export const meaningOf = (messageClass: number): string =>
  refusals.get(messageClass) ?? `it was refused with class 0x${messageClass.toString(16).padStart(4, "0")}`

/** Refusals after which a message outside a transaction becomes a dead letter, if it asks for that (behaviour D-64). */
const deadLettered: ReadonlySet<number> = new Set([0x8000, 0x8002, 0x8003, 0x8005, 0x8008, 0x8009, 0x800a])

/** Tells whether a refused message that asked to be a dead letter is one (behaviours D-60, D-61). */
export const isDeadLettered = (messageClass: number, transactional: boolean): boolean =>
  transactional || deadLettered.has(messageClass)
