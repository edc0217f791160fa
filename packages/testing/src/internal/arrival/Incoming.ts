import * as Arrival from "./ArrivalRules.ts"
import type { Place } from "../network/Duplicates.ts"
import type { Machine } from "../machine/Machine.ts"
import { badDestinationQueue } from "../facts/MessageClass.ts"
import * as Outcome from "./Outcome.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"

/** Takes in what comes over a link, if it does not come again; `now` in milliseconds since 1970. */
export const comeIn = (machine: Machine, packet: Packet, place: Place, now: number): void => {
  if (!machine.arrivals.isNew(packet, place, now)) return
  const queue = machine.queues.find(packet.envelope.destination, "send")
  if (queue === undefined || typeof queue === "string") {
    machine.rejections.add(packet.envelope.destination, packet, badDestinationQueue.value)
    return Outcome.lost(machine, null, packet, badDestinationQueue, now)
  }
  enter(machine, queue, packet, now)
}

/** Lets a message into its queue, or refuses it. */
export const enter = (
  machine: Machine,
  queue: Queue,
  packet: Packet,
  now: number,
  refused = Arrival.judge(queue, packet.envelope, now)
): void => {
  const reason = refused ?? Arrival.judgeSize(queue, packet.size)
  if (reason !== undefined) return Outcome.refused(machine, queue, packet, reason, now)
  queue.insert(packet, Math.floor(now / 1000))
  Outcome.arrived(machine, queue, packet, now)
}
