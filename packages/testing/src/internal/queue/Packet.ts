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
import type { Guid } from "../facts/Guid.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Sid } from "@effect-msmq/core/Sid"
import type { Queue } from "./Queue.ts"

/** A signature, of which only what a receiver learns from it is kept. */
export interface Signature {
  /** `PROPID_M_AUTHENTICATED_EX` once it is verified. */
  readonly version: number
  readonly hashAlgorithm: HashAlgorithm
  readonly certificate: Uint8Array
  /** The certificate and the sender's SID, as one key. */
  readonly pair: string
  /** Whether the directory knows the certificate under the sender's SID now. */
  readonly isRegistered: () => boolean
}

/** What all messages of one send share. */
export interface Envelope {
  /** The format name that the sender opened. */
  readonly destination: string
  readonly sourceMachineId: Guid
  /** Milliseconds since 1970. */
  readonly sentAt: number
  readonly transactional: boolean
  readonly senderIdType: SenderIdType
  /** The user whom the message names. */
  readonly sender: Sid | null
  readonly senderId: Uint8Array | null
  readonly signature: Signature | null
  readonly provider: CryptographicProvider | null
  readonly privacyLevel: PrivacyLevel
  readonly encryptionAlgorithm: EncryptionAlgorithm | null
}

/** What a message carries, in memory of its own. */
export interface Content extends MessageProperties {
  readonly connector: ConnectorProperties | null
}

// Not slice: on a Buffer that would share the sender's memory.
const copied = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : new Uint8Array(bytes))

const copiedConnector = (connector: ConnectorProperties | null): ConnectorProperties | null =>
  connector === null
    ? null
    : { ...connector, signature: copied(connector.signature), symmetricKey: copied(connector.symmetricKey) }

/** The time limits of a message, in seconds from its send on. */
export type TimeLimits = Pick<MessageProperties, "timeToReachQueue" | "timeToBeReceived">

/** Takes over what a sender gives, after which the sender's buffers are its own again. */
export const contentOf = (message: OutgoingProperties, transactional: boolean, limits: TimeLimits): Content => ({
  body: new Uint8Array(message.body),
  bodyType: message.bodyType,
  label: message.label,
  // Transactional messages have no say in this (behaviour D-09).
  priority: transactional ? 0 : message.priority,
  delivery: transactional ? "recoverable" : message.delivery,
  acknowledge: message.acknowledge,
  journaling: message.journaling,
  correlationId: copied(message.correlationId),
  appSpecific: message.appSpecific,
  extension: copied(message.extension),
  timeToReachQueue: limits.timeToReachQueue,
  timeToBeReceived: limits.timeToBeReceived,
  responseQueue: message.responseQueue,
  adminQueue: message.adminQueue,
  deadLetterQueue: message.deadLetterQueue,
  trace: message.trace,
  connector: copiedConnector(message.connector)
})

/**
 * What may be done with a message in a queue:
 *
 * - `arriving`: nothing; the transaction that sends it is open (behaviour F-20)
 * - `available`: everything
 * - `locked`: nothing but to peek at it, if its receiver allowed that; the transaction that receives or moves it is open
 *   (behaviour F-25), or the receive that it came for is about to have it
 * - `gone`: nothing; it is not in the queue, or not any more
 */
export type State = "arriving" | "available" | "locked" | "gone"

/** Where a message came from that came over a link. */
export interface Origin {
  readonly machine: Machine
  readonly queue: Queue
  /** What its sender keeps there until it learns of the message's end; `null`: nothing (behaviour D-67). */
  readonly kept: Packet | null
}

/** Where a message stands, or stood, in the order of its queue: the lower, the earlier. */
export interface Place {
  readonly place: number
}

/** A message on its way, or at its place in a queue. */
export class Packet {
  readonly envelope: Envelope
  readonly content: Content
  /** The second half of the message id. */
  readonly number: number
  /** With all headers, in bytes. */
  readonly size: number
  state: State = "gone"
  /** Its place in the order of the queue; a lookup id is made of it. */
  place = 0
  /** When its time is over in the queue where it is, in milliseconds since 1970. */
  deadline = Number.POSITIVE_INFINITY
  /** Seconds since 1970. */
  arrivedTime = 0
  /** The second half of the id of the transaction that sent it. */
  transaction: number | null = null
  firstInTransaction = false
  lastInTransaction = false
  abortCount = 0
  moveCount = 0
  /** Seconds since 1970; 0: never moved. */
  lastMoveTime = 0
  /** Whether others may peek at it while it is locked. */
  allowsPeek = false
  /** How often its queue had been purged when it was locked. */
  purges = 0
  /** Whether its receiver marked it as rejected (behaviour E-69). */
  rejected = false
  /** What became of it, for an acknowledgment or a dead letter; `null`: what its sender says. */
  class: number | null = null
  /** Whether its bytes are those of another message too. */
  isShared = false
  /** `null`: it was sent on this machine. */
  origin: Origin | null = null

  constructor(content: Content, number: number, envelope: Envelope, size: number) {
    this.content = content
    this.number = number
    this.envelope = envelope
    this.size = size
  }

  /** The same message for another queue, under its old message id (behaviour D-24). */
  copied(): Packet {
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

  /** The same message for another queue of its family, where it has the same place in the order (behaviour E-64). */
  moved(now: number): Packet {
    const { isShared } = this
    const packet = this.copied()
    // What is moved is gone from where it was.
    packet.isShared = isShared
    packet.moveCount++
    packet.lastMoveTime = Math.floor(now / 1000)
    return packet
  }

  /** The same message on another machine. */
  transferred(origin: Origin): Packet {
    const packet = this.copied()
    packet.origin = origin
    return packet
  }

  /** When it may no longer be received: behaviour D-33. */
  get receiveDeadline(): number {
    return deadline(this.envelope.sentAt, this.content.timeToBeReceived)
  }

  /** When it may no longer reach its queue: behaviour D-32. */
  get reachDeadline(): number {
    return deadline(this.envelope.sentAt, this.content.timeToReachQueue)
  }

  /** The same where a machine has a time, in seconds, for those that were given none. */
  reachDeadlineWithin(seconds: number): number {
    return deadline(this.envelope.sentAt, this.content.timeToReachQueue ?? seconds)
  }
}

const deadline = (sentAt: number, seconds: number | null): number =>
  seconds === null ? Number.POSITIVE_INFINITY : sentAt + seconds * 1000

/** How many places there are for messages of one priority: as many as a number can tell apart for all eight. */
const placesOfPriority = 2 ** 50

/** The place of a message that is the so-manieth of its queue. */
export const placeAt = (priority: number, sequence: number): number => (7 - priority) * placesOfPriority + sequence

const rankSize = 56n

export const lookupIdOf = ({ place }: Place): bigint => {
  const rank = Math.floor(place / placesOfPriority)
  return (BigInt(rank) << rankSize) + BigInt(place - rank * placesOfPriority)
}

/** The place that a lookup id was made of, if it was made here. */
export const placeOf = (lookupId: bigint): Place => ({
  place: Number(lookupId >> rankSize) * placesOfPriority + Number(BigInt.asUintN(Number(rankSize), lookupId))
})

export const messageId = (machineId: Guid, number: number): string => `{${machineId}}\\${number}`
