import { acknowledge } from "./Acknowledgment.ts"
import { bury } from "./DeadLetter.ts"
import { keep, keepAtSource } from "./Journal.ts"
import type { Machine } from "./Machine.ts"
import type { MessageClass } from "./MessageClass.ts"
import * as MessageClasses from "./MessageClass.ts"
import type { Packet } from "./Packet.ts"
import type { Queue } from "./Queue.ts"

/** The queues of Message Queuing's own, of whose messages nobody is told (behaviour D-52). */
const internal = /\\private\$\\(?:admin|notify|order|mqis)_queue\$$/i

/** Whether anything follows from what becomes of a message: not of an acknowledgment, a journal's copy, a dead letter. */
const matters = ({ family, properties }: Queue, packet: Packet): boolean => {
  const { acknowledge, journaling } = packet.content
  if (acknowledge === null && journaling === null) return false
  return packet.class === null && !family.keeps && !internal.test(properties.pathName)
}

/** A message is in its queue, for everybody to see; `now` in milliseconds since 1970. */
export const arrived = (machine: Machine, queue: Queue, packet: Packet, now: number): void => {
  if (queue.outgoing || !matters(queue, packet)) return
  acknowledge(machine, packet, MessageClasses.arrived, now)
  if (!packet.envelope.transactional) keepAtSource(machine, packet, now)
}

/** A message was received for good. */
export const received = (machine: Machine, queue: Queue, packet: Packet, now: number): void => {
  keep(machine, queue, packet)
  if (queue.outgoing || !matters(queue, packet)) return
  acknowledge(machine, packet, MessageClasses.received, now)
  if (packet.envelope.transactional) keepAtSource(machine, packet, now)
}

/** A message will never be received. */
export const lost = (machine: Machine, queue: Queue, packet: Packet, reason: MessageClass, now: number): void => {
  if (!matters(queue, packet)) return
  acknowledge(machine, packet, reason, now)
  bury(machine, packet, reason, now)
}

/** A queue, or the one who received it, does not want a message: the event log has it too. */
export const refused = (machine: Machine, queue: Queue, packet: Packet, reason: MessageClass, now: number): void => {
  machine.rejections.add(queue, packet, reason.value)
  lost(machine, queue, packet, reason, now)
}
