import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, QueueHandle } from "@effect-msmq/core/Mqrt"
import type { OutgoingProperties, SendParameters, SendOutcome } from "@effect-msmq/core/mqrt/MessageProperties"
import type { Sid } from "@effect-msmq/core/Sid"
import * as AtOnce from "@effect-msmq/core/mqrt/AtOnce"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as ArrivalRules from "../arrival/ArrivalRules.ts"
import * as Envelopes from "../arrival/Envelope.ts"
import { enter } from "../arrival/Incoming.ts"
import * as Outcome from "../arrival/Outcome.ts"
import type { Fallible } from "../facts/Failure.ts"
import { failure, propertyFailure } from "../facts/Failure.ts"
import { hasRoomForMessage } from "../facts/MachineQuota.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import { badDestinationQueue } from "../facts/MessageClass.ts"
import { finish } from "../facts/Steps.ts"
import { readFormatName } from "../facts/queueNames.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Call } from "../network/LongOperations.ts"
import type { Envelope } from "../queue/Packet.ts"
import { contentOf, copyOf, messageId, Packet } from "../queue/Packet.ts"
import * as PacketSize from "../queue/PacketSize.ts"
import type { Queue } from "../queue/Queue.ts"
import { Transaction } from "../queue/Transaction.ts"

const sending = "MQSendMessage"
const labelLimit = 249
const correlationIdLength = 20

/** A send to one queue: all that its messages share. */
interface Delivery {
  readonly machine: Machine
  readonly queue: Queue
  readonly envelope: Envelope
  /** Number of bytes that the envelope adds to each message. */
  readonly sharedSize: number
  /** Class that all messages are refused with; `undefined`: it depends on the message. */
  readonly refused: MessageClass | undefined
  /** Transaction of the messages; `"each"`: every message is a transaction of its own (behaviour F-02). */
  readonly transaction: Transaction | "each" | null
  /** Time of the send, in milliseconds since 1970. */
  readonly now: number
}

/** Sends messages in order until one is refused. Reads all of them before it waits for anything. */
export const send = (
  machine: Machine,
  handle: QueueHandle,
  messages: ReadonlyArray<OutgoingProperties>,
  options: SendParameters
): Effect.Effect<SendOutcome> => {
  const { network } = machine
  const sendAll =
    (all: ReadonlyArray<OutgoingProperties>): Call<SendOutcome> =>
    (now, fiber) => {
      const outcome = sendNow(machine, handle, all, options, now)
      const opened = machine.open.get(handle)
      return opened?.destinations.some(({ queue }) => queue.outgoing) === true
        ? Effect.as(network.operations.begin(network.flow(now), fiber), outcome)
        : Effect.succeed(outcome)
    }
  const sent = network.operations.whenIdle(sendAll(messages), () => sendAll(messages.map(copyOf)))
  return messages.length === 1
    ? AtOnce.make(sent, (fiber) => sendAtOnce(machine, handle, messages, options, fiber))
    : sent
}

/** Sends without a step of the fiber. Returns `undefined` where an operation goes on, or begins with the send. */
const sendAtOnce = (
  machine: Machine,
  handle: QueueHandle,
  messages: ReadonlyArray<OutgoingProperties>,
  options: SendParameters,
  fiber: Fiber.Fiber<unknown, unknown>
): SendOutcome | undefined => {
  const opened = machine.open.get(handle)
  const isHere = machine.network.operations.isIdle && opened?.destinations.some(({ queue }) => queue.outgoing) === false
  return isHere
    ? sendNow(machine, handle, messages, options, fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
    : undefined
}

const sendNow = (
  machine: Machine,
  handle: QueueHandle,
  messages: ReadonlyArray<OutgoingProperties>,
  options: SendParameters,
  now: number
): SendOutcome => {
  const messageIds: Array<string> | null = options.messageIds ? [] : null
  if (messages.length === 0) return { accepted: 0, messageIds, failure: null }
  const prepared = prepare(machine, handle, options, now)
  if (Result.isFailure(prepared)) return { accepted: 0, messageIds, failure: failure(sending, prepared.failure) }
  const deliveries = prepared.success
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
    // Without a security context each message fetches the key.
    if (options.securityContext === null) machine.security.keyFetches += accepted
  }
  return { accepted, messageIds, failure: stopped ?? null }
}

/** Prepares a send for each of its queues. */
const prepare = (
  machine: Machine,
  handle: QueueHandle,
  options: SendParameters,
  now: number
): Fallible<ReadonlyArray<Delivery>> => {
  const opened = machine.use(handle, "send")
  if (Result.isFailure(opened)) return Result.fail(opened.failure)
  const { destinations } = opened.success
  const given = transactionFor(machine, options)
  if (Result.isFailure(given)) return Result.fail(given.failure)
  const transaction = given.success
  const transactional = transaction !== null
  const deliveries: Array<Delivery> = []
  for (const { formatName: destination, queue } of destinations) {
    const refusal = refusalOf(machine, queue, destination, transactional, options)
    if (refusal !== undefined) return Result.fail(refusal)
    const made = Envelopes.make(
      machine,
      {
        user: userOn(machine, queue),
        destination,
        isOneOfMany: destinations.length > 1,
        transactional,
        sentAt: now
      },
      options
    )
    if (Result.isFailure(made)) return Result.fail(made.failure)
    const envelope = made.success
    // Of the properties that the rules check, only the size differs between the messages of one send to one queue.
    const refused = transaction instanceof Transaction ? undefined : ArrivalRules.check(queue, envelope, now)
    const sharedSize = PacketSize.shared(envelope)
    deliveries.push({ machine, queue, envelope, sharedSize, refused, transaction, now })
  }
  return Result.succeed(deliveries)
}

/** Returns the error code for a send that cannot go to a queue; `undefined` for one that can. */
const refusalOf = (
  machine: Machine,
  queue: Queue,
  destination: string,
  transactional: boolean,
  { privacyLevel }: SendParameters
): ErrorCodeName | undefined => {
  if (transactional && isMulticast(machine, queue)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
  if (machine.version.refusesOtherKind && isOfOtherKind(queue, transactional)) return "MQ_ERROR_TRANSACTION_USAGE"
  return privacyLevel === "none" ? undefined : encryptionRefusal(machine, destination)
}

/** Returns the error code for a name that no encrypted body can be sent to: the directory must have a key (behaviour A-81). */
const encryptionRefusal = ({ network }: Machine, formatName: string): ErrorCodeName | undefined => {
  const name = readFormatName(formatName)
  if (name?._tag !== "Public" && name?._tag !== "Private") return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
  return network.directory === null ? "MQ_ERROR_PUBLIC_KEY_NOT_FOUND" : undefined
}

/** Returns the user that messages to a queue name: for another machine, the first that sent on the connection (behaviour A-26). */
const userOn = ({ security }: Machine, { outgoing, tree }: Queue): Sid | null => {
  if (!outgoing) return security.user
  tree.connectedAs ??= security.user
  return tree.connectedAs
}

/** Tells whether a queue is for a multicast address, to which nothing can be sent in a transaction. */
const isMulticast = ({ network }: Machine, { formatName, outgoing }: Queue): boolean => {
  const target = outgoing ? network.target(formatName) : undefined
  return target !== undefined && "multicastAddress" in target
}

/** Tells whether a queue of this machine is known not to accept messages of a kind. */
const isOfOtherKind = ({ outgoing, properties }: Queue, transactional: boolean): boolean =>
  !outgoing && properties.transactional !== transactional

const noTransaction: Fallible<Transaction | "each" | null> = Result.succeed(null)
const eachMessage: Fallible<Transaction | "each" | null> = Result.succeed("each")

/** Returns the transaction of a send. Without a distributed transaction, to ask for one is to ask for none (behaviours F-04, F-05). */
const transactionFor = (machine: Machine, { transaction }: SendParameters): Fallible<Transaction | "each" | null> => {
  if (typeof transaction === "bigint") return machine.transaction(transaction)
  return transaction === "singleMessage" ? eachMessage : noTransaction
}

/** Delivers a copy of one message to each queue, until one of them is deleted (behaviour D-04). */
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
  enter(machine, queue, packet, refused, now)
}

/** Sends a message when its transaction commits, to the place in the queue that it gets now (behaviours F-20 to F-24). */
const enlist = (machine: Machine, queue: Queue, packet: Packet, transaction: Transaction, now: number): void => {
  queue.hold(packet, Math.floor(now / 1000))
  transaction.enlistSend(queue, packet, {
    commit: (now) => {
      if (queue.deleted) return Outcome.onLoss(machine, queue.tree, packet, badDestinationQueue, now)
      const refused = ArrivalRules.check(queue, packet.envelope, now) ?? ArrivalRules.checkSize(queue, packet.size)
      if (refused !== undefined) {
        queue.remove(packet)
        return Outcome.onRefusal(machine, queue, packet, refused, now)
      }
      if (queue.outgoing) return sendOn(machine, queue, packet, now)
      queue.reveal(packet, now)
      Outcome.onArrival(machine, queue, packet, now)
    },
    abort: () => {
      if (!queue.deleted) queue.remove(packet)
    }
  })
}

/** Sends a message to another machine, behind those of transactions that committed earlier (behaviour F-24). */
const sendOn = (machine: Machine, queue: Queue, packet: Packet, now: number): void => {
  queue.remove(packet)
  queue.insert(packet, packet.arrivedTime)
  finish(machine.network.flow(now))
}

/** Returns the failure of the send for one message; `undefined` where it is accepted. */
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
  // An express message needs no disk (behaviour D-02).
  if (machine.storageFailed && (transactional || message.delivery === "recoverable")) {
    return failure(sending, "MQ_ERROR_MESSAGE_STORAGE_FAILED")
  }
  return size > PacketSize.limit || !hasRoomForMessage(machine, size)
    ? failure(sending, "MQ_ERROR_INSUFFICIENT_RESOURCES")
    : undefined
}

/** Tells whether a name is well-formed (behaviour B-25); its queue need not exist (behaviour B-27). */
const isFormatName = (name: string | null): boolean => name === null || readFormatName(name) !== undefined
