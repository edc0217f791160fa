import type {
  ConnectorProperties,
  CryptographicProvider,
  EncryptionAlgorithm,
  HashAlgorithm,
  MessageProperties,
  OutgoingProperties,
  PrivacyLevel,
  SenderIdType
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { Sid } from "@effect-msmq/core/Sid"
import type { Guid } from "@effect-msmq/core/mqrt/Guid"
import type { MessageClass } from "../facts/MessageClass.ts"
import type { Version } from "../facts/Version.ts"
import { copyIntoSlab } from "./slab.ts"

/** Signature of a message: the parts that a receiver sees. */
export interface Signature {
  /** `PROPID_M_AUTHENTICATED_EX` once the signature is verified. */
  readonly version: number
  readonly hashAlgorithm: HashAlgorithm
  readonly certificate: Uint8Array
  /** Certificate and sender's SID, as one key. */
  readonly pair: string
  /** Tells whether the directory has the certificate under the sender's SID now. */
  readonly isRegistered: () => boolean
}

/** Properties that all messages of one send to one queue share. */
export interface Envelope {
  /** Format name that the sender opened. */
  readonly destination: string
  readonly sourceMachineId: Guid
  /** Time of the send, in milliseconds since 1970. */
  readonly sentAt: number
  readonly transactional: boolean
  readonly senderIdType: SenderIdType
  /** SID of the user that the message names; `null`: none. */
  readonly sender: Sid | null
  readonly senderId: Uint8Array | null
  readonly signature: Signature | null
  readonly provider: CryptographicProvider | null
  readonly privacyLevel: PrivacyLevel
  readonly encryptionAlgorithm: EncryptionAlgorithm | null
}

/** Properties of one message, in memory of their own. */
export interface Content extends MessageProperties {
  readonly connector: ConnectorProperties | null
}

// Not slice: on a Buffer that would share the sender's memory.
const copied = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : new Uint8Array(bytes))

/** Copies an extension. One of no bytes is none: a received message says only how long it is. */
const copiedExtension = (bytes: Uint8Array | null): Uint8Array | null => (bytes?.length === 0 ? null : copied(bytes))

const copiedConnector = (connector: ConnectorProperties | null): ConnectorProperties | null =>
  connector === null
    ? null
    : { ...connector, signature: copied(connector.signature), symmetricKey: copied(connector.symmetricKey) }

/** Time limits of a message, in seconds from its send on. */
export type TimeLimits = Pick<MessageProperties, "timeToReachQueue" | "timeToBeReceived">

/** Copies a message that is to be sent later. */
export const copyOf = (message: OutgoingProperties): OutgoingProperties => ({
  ...message,
  body: new Uint8Array(message.body),
  correlationId: copied(message.correlationId),
  extension: copiedExtension(message.extension),
  connector: copiedConnector(message.connector)
})

/** Copies the properties that a sender gives, so that the sender may use its buffers again. */
export const contentOf = (message: OutgoingProperties, transactional: boolean, limits: TimeLimits): Content => ({
  body: copyIntoSlab(message.body),
  bodyType: message.bodyType,
  label: message.label,
  // Transactional messages all have this priority (behaviour D-09).
  priority: transactional ? 0 : message.priority,
  delivery: transactional ? "recoverable" : message.delivery,
  acknowledge: message.acknowledge,
  journaling: message.journaling,
  correlationId: copied(message.correlationId),
  appSpecific: message.appSpecific,
  extension: copiedExtension(message.extension),
  timeToReachQueue: limits.timeToReachQueue,
  timeToBeReceived: limits.timeToBeReceived,
  responseQueue: message.responseQueue,
  adminQueue: message.adminQueue,
  deadLetterQueue: message.deadLetterQueue,
  trace: message.trace,
  connector: copiedConnector(message.connector)
})

/**
 * State of a message in a queue:
 *
 * - `arriving`: invisible, as the transaction that sends it is open (behaviour F-20)
 * - `available`: can be received, peeked at and moved
 * - `locked`: can be peeked at, if its receiver allows that. The transaction that receives or moves it is open (behaviour
 *   F-25), or the receive that waited for it is about to hand it out
 * - `gone`: not in the queue
 */
export type State = "arriving" | "available" | "locked" | "gone"

/** Machine that a message came from over a link. */
export interface Origin {
  /** Version of Message Queuing on that machine. */
  readonly version: Version
  /**
   * Reports to that machine, once the link allows it, how the message ended, so that it can drop the message that it keeps;
   * `null`: it keeps none (behaviour D-67).
   */
  readonly report: ((outcome: MessageClass, now: number) => void) | null
}

/** Place of a message in the order of its queue: the lower number is first. */
export interface Place {
  readonly place: number
}

/** A message on its way or in a queue. */
export class Packet {
  readonly envelope: Envelope
  readonly content: Content
  /** Second half of the message id. */
  readonly number: number
  /** Size with all headers, in bytes. */
  readonly size: number
  state: State = "gone"
  /** Place in the order of the queue, of which the lookup id is made. */
  place = 0
  /** End of its time in the queue where it is, in milliseconds since 1970. */
  deadline = Number.POSITIVE_INFINITY
  /** Time of arrival, in seconds since 1970. */
  arrivedTime = 0
  /** Second half of the id of the transaction that sent it; `null`: none did. */
  transaction: number | null = null
  firstInTransaction = false
  lastInTransaction = false
  abortCount = 0
  moveCount = 0
  /** Time of the latest move, in seconds since 1970; 0: it was never moved. */
  lastMoveTime = 0
  /** `true` where peeks see it while it is locked. */
  allowsPeek = false
  /** Number of times that its queue had been purged when it was locked. */
  purges = 0
  /** `true` where its receiver marked it as rejected (behaviour E-69). */
  rejected = false
  /** Class of an acknowledgment or a dead letter; `null`: the class that the sender gave. */
  class: number | null = null
  /** `true` where another packet has the same bytes. */
  isShared = false
  /** Machine that it came from; `null`: it was sent on this machine. */
  origin: Origin | null = null

  constructor(content: Content, number: number, envelope: Envelope, size: number) {
    this.content = content
    this.number = number
    this.envelope = envelope
    this.size = size
  }

  /** Copies the message for another queue, with the same message id (behaviour D-24). */
  copy(): Packet {
    const packet = new Packet(this.content, this.number, this.envelope, this.size)
    this.isShared = true
    packet.isShared = true
    packet.class = this.class
    packet.place = this.place
    packet.arrivedTime = this.arrivedTime
    packet.transaction = this.transaction
    packet.firstInTransaction = this.firstInTransaction
    packet.lastInTransaction = this.lastInTransaction
    packet.moveCount = this.moveCount
    packet.lastMoveTime = this.lastMoveTime
    return packet
  }

  /** Copies the message for another queue of its tree, where it has the same place in the order (behaviour E-64). */
  move(now: number): Packet {
    const { isShared } = this
    const packet = this.copy()
    // The message leaves the queue where it was.
    packet.isShared = isShared
    packet.moveCount++
    packet.lastMoveTime = Math.floor(now / 1000)
    return packet
  }

  /** Copies the message for another machine. */
  transfer(origin: Origin): Packet {
    const packet = this.copy()
    packet.origin = origin
    return packet
  }

  /** End of the time to be received, in milliseconds since 1970 (behaviour D-33). */
  get receiveDeadline(): number {
    return deadline(this.envelope.sentAt, this.content.timeToBeReceived)
  }

  /** End of the time to reach the queue, in milliseconds since 1970 (behaviour D-32). */
  get reachDeadline(): number {
    return deadline(this.envelope.sentAt, this.content.timeToReachQueue)
  }

  /** Returns that end where a message without such a time has a number of seconds. */
  reachDeadlineWithin(seconds: number): number {
    return deadline(this.envelope.sentAt, this.content.timeToReachQueue ?? seconds)
  }
}

const deadline = (sentAt: number, seconds: number | null): number =>
  seconds === null ? Number.POSITIVE_INFINITY : sentAt + seconds * 1000

/** Number of places for each priority: the largest that a number can hold for all eight. */
const placesOfPriority = 2 ** 50

/** Returns the place of a message by its priority and its number in the queue. */
export const placeAt = (priority: number, sequence: number): number => (7 - priority) * placesOfPriority + sequence

const rankSize = 56n

/** Returns the lookup id of a place. */
export const lookupIdOf = ({ place }: Place): bigint => {
  const rank = Math.floor(place / placesOfPriority)
  return (BigInt(rank) << rankSize) + BigInt(place - rank * placesOfPriority)
}

/** Returns the place that a lookup id was made of; a lookup id from elsewhere gives a place that may not exist. */
export const placeOf = (lookupId: bigint): Place => ({
  place: Number(lookupId >> rankSize) * placesOfPriority + Number(BigInt.asUintN(Number(rankSize), lookupId))
})

/** Returns the message id of a message, by the machine that sent it and its number there. */
export const messageId = (machineId: Guid, number: number): string => `{${machineId}}\\${number}`
