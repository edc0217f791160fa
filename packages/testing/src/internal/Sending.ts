import * as FormatName from "@effect-msmq/core/FormatName"
import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { OutgoingProperties, SendOptions, SendOutcome } from "@effect-msmq/core/MessageProperties"
import type { MqrtFailure, QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Result from "effect/Result"
import * as Arrival from "./Arrival.ts"
import { failure, propertyFailure } from "./Failure.ts"
import type { Machine } from "./Machine.ts"
import { hasRoomForMessage } from "./MachineQuota.ts"
import type { MessageClass } from "./MessageClass.ts"
import { badDestinationQueue } from "./MessageClass.ts"
import * as Outcome from "./Outcome.ts"
import type { Envelope } from "./Packet.ts"
import { contentOf, messageId, Packet } from "./Packet.ts"
import * as PacketSize from "./PacketSize.ts"
import type { Queue } from "./Queue.ts"
import { seal } from "./Sealing.ts"
import { Transaction } from "./Transaction.ts"

const sending = "MQSendMessage"
const labelLimit = 249
const correlationIdLength = 20

/** How the messages of one send get into their queue. */
interface Delivery {
  readonly machine: Machine
  readonly queue: Queue
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
  options: SendOptions,
  now: number
): SendOutcome => {
  const messageIds: Array<string> | null = options.messageIds ? [] : null
  if (messages.length === 0) return { accepted: 0, messageIds, failure: null }
  const stoppedBy = (code: ErrorCodeName): SendOutcome => ({ accepted: 0, messageIds, failure: failure(sending, code) })
  const opened = machine.opened(handle, "send")
  if (typeof opened === "string") return stoppedBy(opened)
  const transaction = transactionOf(machine, options)
  if (typeof transaction === "string" && transaction !== "each") return stoppedBy(transaction)
  const { queue } = opened
  const envelope = seal(machine.security, machine.id, opened.formatName, options, transaction !== null, now)
  if (typeof envelope === "string") return stoppedBy(envelope)
  const delivery: Delivery = { machine, queue, transaction, now }
  // Nothing that the rules look at, but for the size, differs between the messages of one send to one queue.
  const rejection = queue.outgoing || transaction instanceof Transaction ? undefined : Arrival.judge(queue, envelope)
  const sharedSize = PacketSize.shared(envelope)
  let accepted = 0
  let stopped: MqrtFailure | undefined
  for (const message of messages) {
    const size = sharedSize + PacketSize.own(message)
    stopped = refusal(machine, message, size)
    if (stopped !== undefined) break
    const number = deliver(delivery, message, envelope, size, rejection)
    accepted++
    messageIds?.push(messageId(machine.id, number))
  }
  if (envelope.signature !== null) {
    machine.security.signatures += accepted
    // Without a context each message fetches the key anew.
    if (options.securityContext === null) machine.security.keyFetches += accepted
  }
  return { accepted, messageIds, failure: stopped ?? null }
}

/** Outside a distributed transaction, to ask for one is to ask for none (behaviours F-04, F-05). */
const transactionOf = (machine: Machine, { transaction }: SendOptions): Transaction | "each" | null | ErrorCodeName => {
  if (typeof transaction === "bigint") return machine.transaction(transaction)
  return transaction === "singleMessage" ? "each" : null
}

/** Brings one message to its queue, and says its number. */
const deliver = (
  { machine, now, queue, transaction }: Delivery,
  message: OutgoingProperties,
  envelope: Envelope,
  size: number,
  rejection: MessageClass | undefined
): number => {
  const number = machine.nextMessageNumber()
  const seconds = Math.floor(now / 1000)
  if (transaction instanceof Transaction) {
    transaction.limits ??= message
    const packet = new Packet(contentOf(message, true, transaction.limits), number, envelope, size)
    packet.transaction = transaction.number
    enlist(machine, queue, packet, transaction, seconds)
    return number
  }
  const packet = new Packet(contentOf(message, transaction === "each", message), number, envelope, size)
  if (transaction === "each") {
    packet.transaction = machine.nextTransactionNumber()
    packet.firstInTransaction = true
    packet.lastInTransaction = true
  }
  const refused = rejection ?? (queue.outgoing ? undefined : Arrival.judgeSize(queue, size))
  if (refused === undefined) {
    queue.insert(packet, seconds)
    Outcome.arrived(machine, queue, packet, now)
  } else Outcome.refused(machine, queue, packet, refused, now)
  return number
}

/** Sends a message when its transaction commits, to the place that it has from now on (behaviours F-20 to F-24). */
const enlist = (machine: Machine, queue: Queue, packet: Packet, transaction: Transaction, seconds: number): void => {
  queue.hold(packet, seconds)
  transaction.enlistSent(queue, packet, {
    commit: (now) => {
      if (queue.deleted) return Outcome.lost(machine, queue, packet, badDestinationQueue, now)
      const { envelope, size } = packet
      const refused = queue.outgoing ? undefined : (Arrival.judge(queue, envelope) ?? Arrival.judgeSize(queue, size))
      if (refused === undefined) {
        queue.reveal(packet, now)
        return Outcome.arrived(machine, queue, packet, now)
      }
      queue.remove(packet)
      Outcome.refused(machine, queue, packet, refused, now)
    },
    abort: () => {
      if (!queue.deleted) queue.remove(packet)
    }
  })
}

/** What stops one message. */
const refusal = (machine: Machine, message: OutgoingProperties, size: number): MqrtFailure | undefined => {
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
  return size > PacketSize.limit || !hasRoomForMessage(machine, size)
    ? failure(sending, "MQ_ERROR_INSUFFICIENT_RESOURCES")
    : undefined
}

/** Messages in a row mostly bear one name: it is read once. */
let lastLegal: string | undefined

/** Whether a name is well-formed (behaviour B-25); that its queue exists is not asked (behaviour B-27). */
const isFormatName = (name: string | null): boolean => {
  if (name === null || name === lastLegal) return true
  const legal = Result.isSuccess(FormatName.parse(name, { alphabet: "any" }))
  if (legal) lastLegal = name
  return legal
}
