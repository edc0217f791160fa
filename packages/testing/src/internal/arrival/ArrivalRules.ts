import type { MessageClass } from "../facts/MessageClass.ts"
import * as MessageClasses from "../facts/MessageClass.ts"
import * as Versions from "../facts/Version.ts"
import type { Envelope } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import { maySend } from "../security/Permission.ts"

interface Rule {
  readonly reason: MessageClass
  readonly isBroken: (queue: Queue, envelope: Envelope, now: number) => boolean
}

/** Rules for a message that arrives, after its send has succeeded. The first broken rule gives the reason. */
const rules: ReadonlyArray<Rule> = [
  {
    reason: MessageClasses.notTransactionalQueue,
    isBroken: (queue, envelope) => envelope.transactional && !queue.properties.transactional
  },
  {
    reason: MessageClasses.notTransactionalMessage,
    isBroken: (queue, envelope) => !envelope.transactional && queue.properties.transactional
  },
  {
    // The certificate must be registered under the SID that the message names; without a SID the signature is enough.
    reason: MessageClasses.badSignature,
    isBroken: (queue, { senderIdType, signature }, now) =>
      signature !== null && senderIdType === "sid" && !queue.tree.manager.verify(signature, now)
  },
  {
    reason: MessageClasses.badSignature,
    isBroken: (queue, { signature }) =>
      signature !== null && !Versions.accepts(queue.tree.manager.version, signature.hashAlgorithm)
  },
  {
    reason: MessageClasses.badSignature,
    isBroken: (queue, envelope) => queue.properties.authenticate && envelope.signature === null
  },
  {
    // A queue may accept clear bodies only, or encrypted bodies only (behaviour A-83).
    reason: MessageClasses.badEncryption,
    isBroken: (queue, { privacyLevel }) =>
      queue.properties.privacyLevel !== "optional" &&
      (queue.properties.privacyLevel === "body") !== (privacyLevel !== "none")
  },
  { reason: MessageClasses.accessDenied, isBroken: (queue, envelope) => !maySend(queue.tree, envelope) }
]

/**
 * Returns the class that a queue refuses messages of an envelope with; `undefined` where it accepts them. An outgoing queue
 * accepts all. `now` in milliseconds since 1970.
 */
export const check = (queue: Queue, envelope: Envelope, now: number): MessageClass | undefined =>
  queue.outgoing ? undefined : rules.find((rule) => rule.isBroken(queue, envelope, now))?.reason

/**
 * Returns the class that a queue refuses one more message with, as its quota has no room for so many bytes; `undefined` where
 * it has (behaviours C-18, C-19, X-17).
 */
export const checkSize = (queue: Queue, size: number): MessageClass | undefined =>
  queue.outgoing || hasRoom(queue, size) ? undefined : MessageClasses.quotaExceeded

/** Tells whether the quota of a queue has room for so many more bytes. */
export const hasRoom = ({ tree: { bytes, properties } }: Queue, size: number): boolean =>
  properties.quota === null || bytes + size <= properties.quota * 1024
