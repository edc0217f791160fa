import { defaultMessage } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Result from "effect/Result"
import type { DirectoryClient, DistributionLists } from "../directory/Directory.ts"
import { expand } from "../directory/Expansion.ts"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import type { MessageClass } from "../facts/MessageClass.ts"
import { isNegative } from "../facts/MessageClass.ts"
import type { Steps } from "../facts/Steps.ts"
import { finish } from "../facts/Steps.ts"
import type { LocalQueues } from "../queue/LocalQueues.ts"
import type { Content } from "../queue/Packet.ts"
import { Packet } from "../queue/Packet.ts"
import * as PacketSize from "../queue/PacketSize.ts"
import * as ArrivalRules from "./ArrivalRules.ts"
import * as Envelope from "./Envelope.ts"
import type { RejectionLog } from "./RejectionLog.ts"

/** Links of a machine to others. */
interface Links {
  /** Carries over every open link the messages that wait for it; `now` in milliseconds since 1970. */
  readonly flow: (now: number) => Steps
}

/** A machine that sends acknowledgments. */
export interface Acknowledger extends DirectoryClient<DistributionLists> {
  readonly id: Guid.Guid
  readonly queues: LocalQueues
  readonly network: Links
  readonly rejections: RejectionLog
  /** `true` where senders get negative acknowledgments that would help an attacker (behaviours ). */
  readonly permitInsecureNacks: boolean
  /** Returns the number of a new message. */
  readonly nextMessageNumber: () => number
}

/**
 * Sends an acknowledgment to the administration queue of a message, if its sender asked for one (behaviours D-44 to D-46);
 * `now` in milliseconds since 1970.
 */
export const acknowledge = (machine: Acknowledger, packet: Packet, outcome: MessageClass, now: number): void => {
  const { acknowledge, adminQueue } = packet.content
  if (adminQueue === null || acknowledge?.[outcome.acknowledge] !== true) return
  if (outcome.insecure && !machine.permitInsecureNacks) return
  const content = contentOf(packet, outcome)
  // Each queue of a list gets an acknowledgment of its own; one that cannot be opened gets none (behaviour B-28).
  const destinations = expand(machine, adminQueue)
  if (Result.isFailure(destinations)) return
  for (const destination of destinations.success) deliver(machine, destination, content, outcome, now)
}

/** Returns the properties of an acknowledgment (behaviours D-47, D-48). */
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

/** Returns a message id in the form of a correlation id (behaviour D-23). */
const messageIdBytes = (machineId: Guid.Guid, number: number): Uint8Array => {
  const bytes = new Uint8Array(20)
  bytes.set(Guid.toBytes(machineId))
  new DataView(bytes.buffer).setUint32(16, number, true)
  return bytes
}

/** Sends an acknowledgment as a message outside any transaction. A queue that refuses it loses it (behaviour D-49). */
const deliver = (
  machine: Acknowledger,
  destination: string,
  content: Content,
  outcome: MessageClass,
  now: number
): void => {
  const found = machine.queues.find(destination, "send")
  if (Result.isFailure(found)) return
  const queue = found.success ?? machine.queues.outgoingTo(destination)
  const envelope = Envelope.ofAcknowledgment(machine.id, destination, now)
  const size = PacketSize.shared(envelope) + PacketSize.own(content)
  const packet = new Packet({ ...content }, machine.nextMessageNumber(), envelope, size)
  packet.class = outcome.value
  packet.isShared = true
  const refused = ArrivalRules.check(queue, envelope, now) ?? ArrivalRules.checkSize(queue, size)
  if (refused === undefined) queue.insert(packet, Math.floor(now / 1000))
  else machine.rejections.add(queue.properties.pathName, packet, refused.value)
  if (queue.outgoing) finish(machine.network.flow(now))
}
