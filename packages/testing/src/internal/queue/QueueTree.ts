import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { Administrators } from "../security/Administrators.ts"
import type { Directory } from "../directory/Directory.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import type { Packet, Signature } from "./Packet.ts"
import type { Queue } from "./Queue.ts"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import type { Sid } from "@effect-msmq/core/Sid"
import type { Version } from "../facts/Version.ts"

/** What the machine does for all its queues; `now` in milliseconds since 1970. */
export interface QueueManager {
  readonly administrators: Administrators
  /** A message has left its queue without having been received. */
  readonly lost: (queue: Queue, packet: Packet, reason: MessageClass, now: number) => void
  /** A message has come in whose time is over at a moment, in milliseconds since 1970. */
  readonly expects: (deadline: number) => void
  /** The directory, or why there is none to ask; `inWorkgroup`: what is said of it in a workgroup. */
  readonly directory: (inWorkgroup: ErrorCodeName) => Directory | ErrorCodeName
  readonly version: Version
  /** Whether a certificate is registered under a SID, as far as the machine knows. */
  readonly verifies: (signature: Signature, now: number) => boolean
  /** The bytes of all messages: in queues, and in journals and dead-letter queues. */
  readonly held: { readonly messages: Held; readonly copies: Held }
}

/** What is held together. */
export interface Held {
  bytes: number
}

/** What a queue shares with its subqueues (behaviour B-31). */
export interface Family {
  readonly manager: QueueManager
  properties: QueueProperties
  security: SecurityDescriptor
  /** The latest place that was given out: a message keeps its lookup id when it moves within the family. */
  sequence: number
  /** The bytes of all messages. */
  bytes: number
  /** What the machine holds, of which these are a part. */
  readonly held: Held
  deleted: boolean
  /** Whether an outgoing queue sends nothing for now. */
  paused: boolean
  /** The user whose SID is sent on an outgoing queue's connection; `undefined`: nobody has sent yet (behaviour A-26). */
  connectedAs: Sid | null | undefined
  /** Where copies of what was received are kept; `null`: it is one itself, or an outgoing or a system queue. */
  readonly journal: Queue | null
  /** Whether messages stay here beyond their time, as they do in journals and dead-letter queues. */
  readonly keeps: boolean
}

export const makeFamily = (
  manager: QueueManager,
  properties: QueueProperties,
  security: SecurityDescriptor,
  journal: Queue | null,
  keeps: boolean
): Family => ({
  manager,
  properties,
  security,
  sequence: 0,
  bytes: 0,
  held: keeps ? manager.held.copies : manager.held.messages,
  deleted: false,
  paused: false,
  connectedAs: undefined,
  journal,
  keeps
})
