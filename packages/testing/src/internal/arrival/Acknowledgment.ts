import { defaultMessage } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Arrival from "./Arrival.ts"
import { expand } from "../directory/Expansion.ts"
import * as Guid from "../machine/Guid.ts"
import type { Machine } from "../machine/Machine.ts"
import type { MessageClass } from "./MessageClass.ts"
import { isNegative } from "./MessageClass.ts"
import type { Content, Envelope } from "../queue/Packet.ts"
import { Packet } from "../queue/Packet.ts"
import * as PacketSize from "../queue/PacketSize.ts"

/**
 * Tells the administration queue what became of a message, if its sender asked for that (behaviours D-44 to D-46); `now`
 * in milliseconds since 1970.
 */
export const acknowledge = (machine: Machine, packet: Packet, outcome: MessageClass, now: number): void => {
  const { acknowledge, adminQueue } = packet.content
  if (adminQueue === null || acknowledge?.[outcome.acknowledge] !== true) return
  if (outcome.insecure && !machine.permitInsecureNacks) return
  const content = contentOf(packet, outcome)
  // A list of administration queues gets as many acknowledgments; one that cannot be opened gets none (behaviour B-28).
  const destinations = expand(machine, adminQueue)
  if (typeof destinations === "string") return
  for (const destination of destinations) deliver(machine, destination, content, outcome, now)
}

/** Returns the content of an acknowledgment (behaviours D-47, D-48). */
const contentOf = ({ content, envelope, number }: Packet, outcome: MessageClass): Content => {
  const showsBody = isNegative(outcome) && envelope.privacyLevel === "none"
  return {
    ...defaultMessage,
    ...(showsBody ? { body: new Uint8Array(content.body), bodyType: content.bodyType } : {}),
    delivery: content.delivery,
    correlationId: messageIdBytes(envelope.sourceMachineId, number),
    responseQueue: envelope.destination
  }
}

/** A message id as a correlation id holds it (behaviour D-23). */
const messageIdBytes = (machineId: Guid.Guid, number: number): Uint8Array => {
  const bytes = new Uint8Array(20)
  bytes.set(Guid.toBytes(machineId))
  new DataView(bytes.buffer).setUint32(16, number, true)
  return bytes
}

/** It is an ordinary message outside any transaction: what refuses such a one loses it (behaviour D-49). */
const deliver = (machine: Machine, destination: string, content: Content, outcome: MessageClass, now: number): void => {
  const found = machine.queues.find(destination, "send")
  if (typeof found === "string") return
  const queue = found ?? machine.queues.outgoingTo(destination)
  const envelope = envelopeFor(machine, destination, now)
  const size = PacketSize.shared(envelope) + PacketSize.own(content)
  const packet = new Packet({ ...content }, machine.nextMessageNumber(), envelope, size)
  packet.class = outcome.value
  packet.isShared = true
  const refused = Arrival.judge(queue, envelope, now) ?? Arrival.judgeSize(queue, size)
  if (refused === undefined) queue.insert(packet, Math.floor(now / 1000))
  else machine.rejections.add(queue.properties.pathName, packet, refused.value)
  if (queue.outgoing) machine.network.flow(now)
}

const envelopeFor = (machine: Machine, destination: string, now: number): Envelope => ({
  destination,
  sourceMachineId: machine.id,
  sentAt: now,
  transactional: false,
  senderIdType: "none",
  sender: null,
  senderId: null,
  signature: null,
  provider: null,
  privacyLevel: "none",
  encryptionAlgorithm: null
})
