import { bury } from "./DeadLetter.ts"
import { keepAtSource } from "./Journal.ts"
import type { Machine } from "../machine/Machine.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import { isNegative } from "../facts/MessageClass.ts"
import type { Packet } from "../queue/Packet.ts"

/**
 * Lets the machine that sent a transactional message know how that ended, as soon as the link lets it: only then it has
 * its copy for the journal or its dead letter, and keeps the message itself no longer (behaviours D-57, D-61, D-67);
 * `now` in milliseconds since 1970.
 */
export const conclude = (machine: Machine, packet: Packet, outcome: MessageClass, now: number): void => {
  const { origin } = packet
  if (origin === null) return settle(machine, packet, outcome, now)
  const { kept } = origin
  if (kept === null) return
  machine.network.session(machine, origin.machine)?.tell((then) => {
    if (kept.state === "gone") return
    origin.queue.remove(kept)
    settle(origin.machine, kept, outcome, then)
  })
  machine.network.flow(now)
}

const settle = (source: Machine, packet: Packet, outcome: MessageClass, now: number): void => {
  if (isNegative(outcome)) bury(source, packet, outcome, now)
  else keepAtSource(source, packet, now)
}
