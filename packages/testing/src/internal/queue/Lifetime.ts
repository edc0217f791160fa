import type { MessageClass } from "../facts/MessageClass.ts"
import * as MessageClasses from "../facts/MessageClass.ts"
import type { Packet } from "./Packet.ts"
import type { QueueTree } from "./QueueTree.ts"

/** A queue as time limits see it. */
interface Stay {
  readonly tree: QueueTree
  readonly outgoing: boolean
}

/** Returns the end of a message's time in a queue, in milliseconds since 1970 (behaviours D-33, D-34). */
export const deadlineIn = ({ outgoing, tree }: Stay, packet: Packet): number => {
  // The time of a dead letter is over already; an acknowledgment has a limit only on its way.
  if (tree.holdsCopies || (packet.class !== null && !outgoing)) return Number.POSITIVE_INFINITY
  return outgoing ? Math.min(packet.receiveDeadline, transitDeadline(tree, packet)) : packet.receiveDeadline
}

/** Returns the end of a message's time to reach its queue, which it need not have been given (behaviour D-32). */
const transitDeadline = ({ manager }: QueueTree, packet: Packet): number =>
  packet.reachDeadlineWithin(manager.version.timeToReachQueue)

/** Returns the class of a message whose time is over in a queue (behaviours D-34, D-36, D-37, X-04). */
export const classOfExpiry = ({ outgoing, tree }: Stay, packet: Packet): MessageClass => {
  if (!outgoing) return MessageClasses.receiveTimeout
  return packet.receiveDeadline <= transitDeadline(tree, packet)
    ? MessageClasses.receiveTimeoutAtSender
    : MessageClasses.reachQueueTimeout
}

/** Returns the class of a message that is purged from a queue (behaviours D-46, E-55). */
export const classOfPurge = ({ outgoing }: Stay): MessageClass =>
  outgoing ? MessageClasses.deletedOnItsWay : MessageClasses.queuePurged
