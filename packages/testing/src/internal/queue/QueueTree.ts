import type { QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import type { Sid } from "@effect-msmq/core/Sid"
import type { Held } from "../facts/MachineQuota.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import type { Version } from "../facts/Version.ts"
import type { Packet, Signature } from "./Packet.ts"

/** Queue manager of a machine, as its queues see it. */
export interface QueueManager {
  /** Version of Message Queuing that the machine runs. */
  readonly version: Version
  /** Administrators of the machine. */
  readonly administrators: ReadonlySet<Sid>
  /** Bytes in use by the messages in queues, and by the copies in journals and dead-letter queues. */
  readonly held: { readonly messages: Held; readonly copies: Held }
  /** Handles the loss of a message, which has left its queue and was not received; `now` in milliseconds since 1970. */
  readonly onLoss: (tree: QueueTree, packet: Packet, reason: MessageClass, now: number) => void
  /** Sees to it that messages whose time is over are removed at a moment, in milliseconds since 1970. */
  readonly wakeAt: (deadline: number) => void
  /** Tells whether a certificate is registered under a SID, as far as the machine knows; `now` in milliseconds since 1970. */
  readonly verify: (signature: Signature, now: number) => boolean
}

/** State that a queue shares with its subqueues (behaviour B-31). */
export interface QueueTree {
  /** Queue manager of the machine that has the queue. */
  readonly manager: QueueManager
  /** Administrators of that machine. */
  readonly administrators: ReadonlySet<Sid>
  /** Properties of the queue. */
  properties: QueueProperties
  /** Security descriptor of the queue. */
  security: SecurityDescriptor
  /** Number of places given out. A message keeps its place, and its lookup id, when it moves within the tree. */
  sequence: number
  /** Size of all messages, in bytes. */
  bytes: number
  /** Bytes of the machine that these count among. */
  readonly held: Held
  /** `true` once the queue is deleted. */
  deleted: boolean
  /** `true` while an outgoing queue is paused and sends nothing. */
  paused: boolean
  /** User whose SID an outgoing queue's connection sends; `undefined` before the first send (behaviour A-26). */
  connectedAs: Sid | null | undefined
  /** `true` for a journal and for a system queue, where messages stay beyond their time. */
  readonly holdsCopies: boolean
}

/** Makes the shared state of a new queue. */
export const makeQueueTree = (
  manager: QueueManager,
  properties: QueueProperties,
  security: SecurityDescriptor,
  holdsCopies: boolean
): QueueTree => ({
  manager,
  administrators: manager.administrators,
  properties,
  security,
  sequence: 0,
  bytes: 0,
  held: holdsCopies ? manager.held.copies : manager.held.messages,
  deleted: false,
  paused: false,
  connectedAs: undefined,
  holdsCopies
})
