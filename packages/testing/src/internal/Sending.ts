import type { MessageProperties, MqrtFailure, QueueHandle, SendOptions, SendOutcome } from "@effect-msmq/core/Mqrt"
import * as Arrival from "./Arrival.ts"
import { failure, propertyFailure } from "./Failure.ts"
import type { Machine } from "./Machine.ts"
import { messageId, Packet } from "./Packet.ts"
import * as PacketSize from "./PacketSize.ts"
import { seal } from "./Sealing.ts"

const sending = "MQSendMessage"
const labelLimit = 249
const correlationIdLength = 20

/** What stops one message. */
const refusal = (message: MessageProperties, sharedSize: number): MqrtFailure | undefined => {
  if (message.label.length > labelLimit) return failure(sending, "MQ_ERROR_LABEL_TOO_LONG")
  if (!(message.priority >= 0 && message.priority <= 7 && Number.isInteger(message.priority))) {
    return propertyFailure(sending, "PROPID_M_PRIORITY", "MQ_ERROR_ILLEGAL_PROPERTY_VALUE")
  }
  if (message.correlationId !== null && message.correlationId.length !== correlationIdLength) {
    return propertyFailure(sending, "PROPID_M_CORRELATIONID", "MQ_ERROR_ILLEGAL_PROPERTY_SIZE")
  }
  return sharedSize + PacketSize.own(message) > PacketSize.limit
    ? failure(sending, "MQ_ERROR_INSUFFICIENT_RESOURCES")
    : undefined
}

/** Sends each message in order until one is refused; `now` in milliseconds since 1970. */
export const send = (
  machine: Machine,
  handle: QueueHandle,
  messages: ReadonlyArray<MessageProperties>,
  options: SendOptions,
  now: number
): SendOutcome => {
  const messageIds: Array<string> | null = options.messageIds ? [] : null
  if (messages.length === 0) return { accepted: 0, messageIds, failure: null }
  const opened = machine.opened(handle, "send")
  if (typeof opened === "string") return { accepted: 0, messageIds, failure: failure(sending, opened) }
  const { queue } = opened
  const seconds = Math.floor(now / 1000)
  const envelope = seal(machine.security, machine.id, opened.formatName, options, seconds)
  if (typeof envelope === "string") return { accepted: 0, messageIds, failure: failure(sending, envelope) }
  // Nothing that the rules look at differs between the messages of one send to one queue.
  const rejection = queue.outgoing ? undefined : Arrival.judge(queue, envelope)
  const sharedSize = PacketSize.shared(envelope)
  let accepted = 0
  let stopped: MqrtFailure | undefined
  for (const message of messages) {
    stopped = refusal(message, sharedSize)
    if (stopped !== undefined) break
    const packet = new Packet(message, machine.nextMessageNumber(), envelope)
    if (rejection === undefined) queue.insert(packet, seconds)
    else machine.rejections.add(queue, packet, rejection)
    accepted++
    messageIds?.push(messageId(machine.id, packet.number))
  }
  if (envelope.signature !== null) {
    machine.security.signatures += accepted
    // Without a context each message fetches the key anew.
    if (options.securityContext === null) machine.security.keyFetches += accepted
  }
  return { accepted, messageIds, failure: stopped ?? null }
}
