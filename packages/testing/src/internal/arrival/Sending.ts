import * as FormatName from "@effect-msmq/core/FormatName"
import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { OutgoingProperties, SendParameters, SendOutcome } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure, QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Result from "effect/Result"
import * as Arrival from "./Arrival.ts"
import * as Encryption from "../security/Encryption.ts"
import { failure, propertyFailure } from "../machine/Failure.ts"
import type { Machine } from "../machine/Machine.ts"
import { enter } from "./Incoming.ts"
import { hasRoomForMessage } from "../machine/MachineQuota.ts"
import type { MessageClass } from "./MessageClass.ts"
import { badDestinationQueue } from "./MessageClass.ts"
import * as Outcome from "./Outcome.ts"
import type { Envelope } from "../queue/Packet.ts"
import { contentOf, messageId, Packet } from "../queue/Packet.ts"
import * as PacketSize from "../queue/PacketSize.ts"
import type { Queue } from "../queue/Queue.ts"
import { seal } from "./Sealing.ts"
import type { Sid } from "@effect-msmq/core/Sid"
import { Transaction } from "../receiving/Transaction.ts"

const sending = "MQSendMessage"
const labelLimit = 249
const correlationIdLength = 20

/** How the messages of one send get into one of their queues. */
interface Delivery {
  readonly machine: Machine
  readonly queue: Queue
  readonly envelope: Envelope
  /** The bytes that the envelope adds to each message. */
  readonly sharedSize: number
  /** Why none of them is taken, where that is known before. */
  readonly refused: MessageClass | undefined
  /** `"each"`: every message is a transaction of its own (behaviour F-02). */
  readonly transaction: Transaction | "each" | null
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Sends each message in order until one is refused; `now` in milliseconds since 1970. */
export const send = (
  machine: Machine,
  handle: QueueHandle,
  messages: ReadonlyArray<OutgoingProperties>,
  options: SendParameters,
  now: number
): SendOutcome => {
  const messageIds: Array<string> | null = options.messageIds ? [] : null
  if (messages.length === 0) return { accepted: 0, messageIds, failure: null }
  const deliveries = prepare(machine, handle, options, now)
  if (typeof deliveries === "string") return { accepted: 0, messageIds, failure: failure(sending, deliveries) }
  const sharedSize = Math.max(...deliveries.map((delivery) => delivery.sharedSize))
  const transactional = deliveries.some(({ transaction }) => transaction !== null)
  let accepted = 0
  let stopped: MqrtFailure | undefined
  for (const message of messages) {
    const ownSize = PacketSize.own(message)
    stopped = refusal(machine, message, sharedSize + ownSize, transactional)
    if (stopped !== undefined) break
    const number = machine.nextMessageNumber()
    stopped = deliverAll(deliveries, message, number, ownSize)
    if (stopped !== undefined) break
    accepted++
    messageIds?.push(messageId(machine.id, number))
  }
  if (deliveries[0]?.envelope.signature !== null) {
    machine.security.signatures += accepted
    // Without a context each message fetches the key anew.
    if (options.securityContext === null) machine.security.keyFetches += accepted
  }
  if (deliveries.some(({ queue }) => queue.outgoing)) machine.network.flow(now)
  return { accepted, messageIds, failure: stopped ?? null }
}

/** What holds for all messages of a send, for each of their queues. */
const prepare = (
  machine: Machine,
  handle: QueueHandle,
  options: SendParameters,
  now: number
): ReadonlyArray<Delivery> | ErrorCodeName => {
  const opened = machine.opened(handle, "send")
  if (typeof opened === "string") return opened
  const transaction = transactionOf(machine, options)
  if (typeof transaction === "string" && transaction !== "each") return transaction
  const deliveries: Array<Delivery> = []
  for (const { formatName: destination, queue } of opened.destinations) {
    if (transaction !== null && isMulticast(machine, queue)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    if (machine.version.refusesOtherKind && isOfOtherKind(queue, transaction !== null)) {
      return "MQ_ERROR_TRANSACTION_USAGE"
    }
    const unencrypted = options.privacyLevel === "none" ? undefined : Encryption.refusal(machine, destination)
    if (unencrypted !== undefined) return unencrypted
    const envelope = seal(
      machine,
      {
        user: userOn(machine, queue),
        destination,
        isOneOfMany: opened.destinations.length > 1,
        transactional: transaction !== null,
        sentAt: now
      },
      options
    )
    if (typeof envelope === "string") return envelope
    // Nothing that the rules look at, but for the size, differs between the messages of one send to one queue.
    const refused = transaction instanceof Transaction ? undefined : Arrival.judge(queue, envelope, now)
    const sharedSize = PacketSize.shared(envelope)
    deliveries.push({ machine, queue, envelope, sharedSize, refused, transaction, now })
  }
  return deliveries
}

/** Who first sends on a connection is the user whom all messages on it name (behaviour A-26). */
const userOn = ({ security }: Machine, { family, outgoing }: Queue): Sid | null => {
  if (!outgoing) return security.user
  family.connectedAs ??= security.user
  return family.connectedAs
}

/** What goes by multicast is never part of a transaction. */
const isMulticast = ({ network }: Machine, { formatName, outgoing }: Queue): boolean => {
  const target = outgoing ? network.target(formatName) : undefined
  return target !== undefined && "multicastAddress" in target
}

/** Whether a queue of this machine will not take it: of another machine's nothing is known. */
const isOfOtherKind = ({ outgoing, properties }: Queue, transactional: boolean): boolean =>
  !outgoing && properties.transactional !== transactional

/** Outside a distributed transaction, to ask for one is to ask for none (behaviours F-04, F-05). */
const transactionOf = (
  machine: Machine,
  { transaction }: SendParameters
): Transaction | "each" | null | ErrorCodeName => {
  if (typeof transaction === "bigint") return machine.transaction(transaction)
  return transaction === "singleMessage" ? "each" : null
}

/** Brings a copy of one message to each queue, up to the first that is there no longer (behaviour D-04). */
const deliverAll = (
  deliveries: ReadonlyArray<Delivery>,
  message: OutgoingProperties,
  number: number,
  ownSize: number
): MqrtFailure | undefined => {
  for (const delivery of deliveries) {
    if (delivery.queue.deleted) return failure(sending, "MQ_ERROR_QUEUE_DELETED")
    deliver(delivery, message, number, delivery.sharedSize + ownSize)
  }
  return undefined
}

const deliver = (
  { envelope, machine, now, queue, refused, transaction }: Delivery,
  message: OutgoingProperties,
  number: number,
  size: number
): void => {
  if (transaction instanceof Transaction) {
    transaction.limits ??= message
    const packet = new Packet(contentOf(message, true, transaction.limits), number, envelope, size)
    packet.transaction = transaction.number
    return enlist(machine, queue, packet, transaction, now)
  }
  const packet = new Packet(contentOf(message, transaction === "each", message), number, envelope, size)
  if (transaction === "each") {
    packet.transaction = machine.nextTransactionNumber()
    packet.firstInTransaction = true
    packet.lastInTransaction = true
  }
  enter(machine, queue, packet, now, refused)
}

/** Sends a message when its transaction commits, to the place that it has from now on (behaviours F-20 to F-24). */
const enlist = (machine: Machine, queue: Queue, packet: Packet, transaction: Transaction, now: number): void => {
  queue.hold(packet, Math.floor(now / 1000))
  transaction.enlistSent(queue, packet, {
    commit: (now) => {
      if (queue.deleted) return Outcome.lost(machine, queue, packet, badDestinationQueue, now)
      const refused = Arrival.judge(queue, packet.envelope, now) ?? Arrival.judgeSize(queue, packet.size)
      if (refused !== undefined) {
        queue.remove(packet)
        return Outcome.refused(machine, queue, packet, refused, now)
      }
      if (queue.outgoing) return sendOn(machine, queue, packet, now)
      queue.reveal(packet, now)
      Outcome.arrived(machine, queue, packet, now)
    },
    abort: () => {
      if (!queue.deleted) queue.remove(packet)
    }
  })
}

/** To other machines transactions go in the order in which they commit (behaviour F-24). */
const sendOn = (machine: Machine, queue: Queue, packet: Packet, now: number): void => {
  queue.remove(packet)
  queue.insert(packet, packet.arrivedTime)
  machine.network.flow(now)
}

/** What stops one message. */
const refusal = (
  machine: Machine,
  message: OutgoingProperties,
  size: number,
  transactional: boolean
): MqrtFailure | undefined => {
  if (message.label.length > labelLimit) return failure(sending, "MQ_ERROR_LABEL_TOO_LONG")
  if (!(message.priority >= 0 && message.priority <= 7 && Number.isInteger(message.priority))) {
    return propertyFailure(sending, "PROPID_M_PRIORITY", "MQ_ERROR_ILLEGAL_PROPERTY_VALUE")
  }
  if (message.correlationId !== null && message.correlationId.length !== correlationIdLength) {
    return propertyFailure(sending, "PROPID_M_CORRELATIONID", "MQ_ERROR_ILLEGAL_PROPERTY_SIZE")
  }
  if (!isFormatName(message.responseQueue) || !isFormatName(message.adminQueue)) {
    return failure(sending, "MQ_ERROR_ILLEGAL_FORMATNAME")
  }
  // What is only in memory needs no disk (behaviour D-02).
  if (machine.storageFailed && (transactional || message.delivery === "recoverable")) {
    return failure(sending, "MQ_ERROR_MESSAGE_STORAGE_FAILED")
  }
  return size > PacketSize.limit || !hasRoomForMessage(machine, size)
    ? failure(sending, "MQ_ERROR_INSUFFICIENT_RESOURCES")
    : undefined
}

/** Messages in a row mostly bear one name: it is read once. */
let lastLegal: string | undefined

/** Whether a name is well-formed (behaviour B-25); that its queue exists is not asked (behaviour B-27). */
const isFormatName = (name: string | null): boolean => {
  if (name === null || name === lastLegal) return true
  const legal = Result.isSuccess(FormatName.parse(name))
  if (legal) lastLegal = name
  return legal
}
