import type { MessageClass } from "../facts/MessageClass.ts"
import * as MessageClasses from "../facts/MessageClass.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import type { QueueTree } from "../queue/QueueTree.ts"
import type { Acknowledger } from "./Acknowledgment.ts"
import { acknowledge } from "./Acknowledgment.ts"
import type { DeadLetterStorage } from "./DeadLetter.ts"
import { deadLetter } from "./DeadLetter.ts"
import { acknowledgeFinally } from "./FinalAcknowledgment.ts"
import { copyToJournal, copyToSourceJournal } from "./Journal.ts"

/** A machine where messages arrive. */
export interface ArrivalMachine extends Acknowledger, DeadLetterStorage {
  readonly queues: Acknowledger["queues"]
}

/** Path names of Message Queuing's own queues, whose messages have no consequences (behaviour D-52). */
const internal = /\\private\$\\(?:admin|notify|order|mqis)_queue\$$/i

/**
 * Tells whether the outcome of a message has consequences. That of an acknowledgment, of a journal's copy and of a dead letter
 * has none. `tree`: `null` where there is no queue.
 */
const hasConsequences = (machine: ArrivalMachine, tree: QueueTree | null, packet: Packet): boolean => {
  const { acknowledge, journaling } = packet.content
  // The first version keeps every transactional message of its own that fails (behaviour D-62).
  const { version } = packet.origin ?? machine
  if (acknowledge === null && journaling === null && !version.keepsTransactional) return false
  return packet.class === null && tree?.holdsCopies !== true && !internal.test(tree?.properties.pathName ?? "")
}

/** Handles the arrival of a message in its queue, where all can see it; `now` in milliseconds since 1970. */
export const onArrival = (machine: ArrivalMachine, queue: Queue, packet: Packet, now: number): void => {
  if (queue.outgoing || !hasConsequences(machine, queue.tree, packet)) return
  acknowledge(machine, packet, MessageClasses.arrived, now)
  if (packet.origin === null) onHandover(machine, queue, packet, now)
}

/** Handles the departure of a message from the machine that sent it, or its arrival there (behaviour D-57). */
export const onHandover = (machine: ArrivalMachine, queue: Queue, packet: Packet, now: number): void => {
  if (!packet.envelope.transactional && hasConsequences(machine, queue.tree, packet)) {
    copyToSourceJournal(machine, packet, now)
  }
}

/** Handles a receive of a message that cannot be undone any more. */
export const onReceive = (machine: ArrivalMachine, queue: Queue, packet: Packet, now: number): void => {
  copyToJournal(machine, queue, packet)
  if (queue.outgoing || !hasConsequences(machine, queue.tree, packet)) return
  acknowledge(machine, packet, MessageClasses.received, now)
  if (packet.envelope.transactional) acknowledgeFinally(machine, packet, MessageClasses.received, now)
}

/** Handles the loss of a message, which will never be received; `tree`: `null` where there is no queue. */
export const onLoss = (
  machine: ArrivalMachine,
  tree: QueueTree | null,
  packet: Packet,
  reason: MessageClass,
  now: number
): void => {
  if (!hasConsequences(machine, tree, packet)) return
  acknowledge(machine, packet, reason, now)
  if (packet.envelope.transactional) acknowledgeFinally(machine, packet, reason, now)
  else deadLetter(machine, packet, reason, now)
}

/** Handles the refusal of a message by its queue, or its rejection by its receiver: it is logged, and lost. */
export const onRefusal = (
  machine: ArrivalMachine,
  queue: Queue,
  packet: Packet,
  reason: MessageClass,
  now: number
): void => {
  machine.rejections.add(queue.properties.pathName, packet, reason.value)
  onLoss(machine, queue.tree, packet, reason, now)
}
