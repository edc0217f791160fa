import type { Machine } from "../machine/Machine.ts"
import { hasRoomForCopy } from "../facts/MachineQuota.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"

/**
 * Copies a message that was received to the queue's journal, if the queue keeps one (behaviours B-36, D-58). What the
 * journal has no room for is dropped silently (behaviour D-59).
 */
export const keep = (machine: Machine, queue: Queue, packet: Packet): void => {
  const { journal, properties } = queue.family
  if (journal === null || !properties.journal) return
  const { journalQuota } = properties
  if (journalQuota !== null && journal.bytes + packet.size > journalQuota * 1024) return
  if (!hasRoomForCopy(machine, packet.size)) return
  journal.insert(packet.copied(), packet.arrivedTime)
}

/**
 * Copies a message that has got where it should to the journal of the machine that sent it, if its sender asked for that
 * (behaviour D-57); `now` in milliseconds since 1970.
 */
export const keepAtSource = (machine: Machine, packet: Packet, now: number): void => {
  if (packet.content.journaling?.journal !== true || !hasRoomForCopy(machine, packet.size)) return
  machine.queues.system.journal.insert(packet.copied(), Math.floor(now / 1000))
}
