import { acknowledge } from "./Acknowledgment.ts"
import { conclude } from "./FinalAcknowledgment.ts"
import { bury } from "./DeadLetter.ts"
import { keep, keepAtSource } from "./Journal.ts"
import type { Machine } from "../machine/Machine.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import * as MessageClasses from "../facts/MessageClass.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"

/** The queues of Message Queuing's own, of whose messages nobody is told (behaviour D-52). */
const internal = /\\private\$\\(?:admin|notify|order|mqis)_queue\$$/i

/**
 * Whether anything follows from what becomes of a message: not of an acknowledgment, a journal's copy, a dead letter.
 * `queue`: `null` where there is none.
 */
const matters = (machine: Machine, queue: Queue | null, packet: Packet): boolean => {
  const { acknowledge, journaling } = packet.content
  // The first version keeps what fails of its own, asked to or not (behaviour D-62).
  const { version } = packet.origin?.machine ?? machine
  if (acknowledge === null && journaling === null && !version.keepsTransactional) return false
  return packet.class === null && queue?.family.keeps !== true && !internal.test(queue?.properties.pathName ?? "")
}

/** A message is in its queue, for everybody to see; `now` in milliseconds since 1970. */
export const arrived = (machine: Machine, queue: Queue, packet: Packet, now: number): void => {
  if (queue.outgoing || !matters(machine, queue, packet)) return
  acknowledge(machine, packet, MessageClasses.arrived, now)
  if (packet.origin === null) handedOver(machine, queue, packet, now)
}

/** A message has left the machine that sent it, or is where it should be (behaviour D-57). */
export const handedOver = (machine: Machine, queue: Queue, packet: Packet, now: number): void => {
  if (matters(machine, queue, packet) && !packet.envelope.transactional) keepAtSource(machine, packet, now)
}

/** A message was received for good. */
export const received = (machine: Machine, queue: Queue, packet: Packet, now: number): void => {
  keep(machine, queue, packet)
  if (queue.outgoing || !matters(machine, queue, packet)) return
  acknowledge(machine, packet, MessageClasses.received, now)
  if (packet.envelope.transactional) conclude(machine, packet, MessageClasses.received, now)
}

/** A message will never be received. */
export const lost = (
  machine: Machine,
  queue: Queue | null,
  packet: Packet,
  reason: MessageClass,
  now: number
): void => {
  if (!matters(machine, queue, packet)) return
  acknowledge(machine, packet, reason, now)
  if (packet.envelope.transactional) conclude(machine, packet, reason, now)
  else bury(machine, packet, reason, now)
}

/** A queue, or the one who received it, does not want a message: the event log has it too. */
export const refused = (machine: Machine, queue: Queue, packet: Packet, reason: MessageClass, now: number): void => {
  machine.rejections.add(queue.properties.pathName, packet, reason.value)
  lost(machine, queue, packet, reason, now)
}
