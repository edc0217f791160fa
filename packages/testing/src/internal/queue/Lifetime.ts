import type { Family } from "./QueueTree.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import * as MessageClasses from "../facts/MessageClass.ts"
import type { Packet } from "./Packet.ts"
import type { Queue } from "./Queue.ts"

/** When a message's time is over in a queue, in milliseconds since 1970 (behaviours D-33, D-34). */
export const deadlineIn = ({ family, outgoing }: Queue, packet: Packet): number => {
  // A dead letter has its time behind it; an acknowledgment has no end but on its way.
  if (family.keeps || (packet.class !== null && !outgoing)) return Number.POSITIVE_INFINITY
  return outgoing ? Math.min(packet.receiveDeadline, transitDeadline(family, packet)) : packet.receiveDeadline
}

/** When its time to reach its queue is over, given one or not (behaviour D-32). */
const transitDeadline = ({ manager }: Family, packet: Packet): number =>
  packet.reachDeadlineWithin(manager.version.timeToReachQueue)

/** Why a message is lost whose time is over (behaviours D-34, D-36, D-37, X-04). */
export const overAs = ({ family, outgoing }: Queue, packet: Packet): MessageClass => {
  if (!outgoing) return MessageClasses.receiveTimeout
  return packet.receiveDeadline <= transitDeadline(family, packet)
    ? MessageClasses.receiveTimeoutAtSender
    : MessageClasses.reachQueueTimeout
}

/** Why one is lost that is purged (behaviours D-46, E-55). */
export const purgedAs = ({ outgoing }: Queue): MessageClass =>
  outgoing ? MessageClasses.deletedOnItsWay : MessageClasses.queuePurged
