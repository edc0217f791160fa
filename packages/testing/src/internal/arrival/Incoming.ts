import * as Result from "effect/Result"
import type { MessageClass } from "../facts/MessageClass.ts"
import { badDestinationQueue } from "../facts/MessageClass.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import * as ArrivalRules from "./ArrivalRules.ts"
import type { ArrivalMachine } from "./Outcome.ts"
import * as Outcome from "./Outcome.ts"

/** Brings a message that came over a link into the queue that it is for; `now` in milliseconds since 1970. */
export const arrive = (machine: ArrivalMachine, packet: Packet, now: number): void => {
  const queue = Result.getOrUndefined(machine.queues.find(packet.envelope.destination, "send"))
  if (queue === undefined) {
    machine.rejections.add(packet.envelope.destination, packet, badDestinationQueue.value)
    return Outcome.onLoss(machine, null, packet, badDestinationQueue, now)
  }
  enter(machine, queue, packet, ArrivalRules.check(queue, packet.envelope, now), now)
}

/**
 * Brings a message into a queue, unless the queue refuses it. `refused`: the class that the rules of arrival refuse it with, or
 * `undefined`.
 */
export const enter = (
  machine: ArrivalMachine,
  queue: Queue,
  packet: Packet,
  refused: MessageClass | undefined,
  now: number
): void => {
  const reason = refused ?? ArrivalRules.checkSize(queue, packet.size)
  if (reason !== undefined) return Outcome.onRefusal(machine, queue, packet, reason, now)
  queue.insert(packet, Math.floor(now / 1000))
  Outcome.onArrival(machine, queue, packet, now)
}
