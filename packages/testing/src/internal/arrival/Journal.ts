import type { Storage } from "../facts/MachineQuota.ts"
import { hasRoomForCopy } from "../facts/MachineQuota.ts"
import type { LocalQueues } from "../queue/LocalQueues.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"

/** A machine that keeps copies of messages in its own journal. */
export interface JournalStorage extends Storage {
  readonly queues: Pick<LocalQueues, "system">
}

/**
 * Copies a message that was received to the journal of its queue, if the queue has journaling on (behaviours B-36, D-58). A
 * copy that there is no room for is dropped silently (behaviour D-59).
 */
export const copyToJournal = (storage: Storage, queue: Queue, packet: Packet): void => {
  const { journal, properties } = queue
  if (journal === null || !properties.journal) return
  const { journalQuota } = properties
  if (journalQuota !== null && journal.bytes + packet.size > journalQuota * 1024) return
  if (!hasRoomForCopy(storage, packet.size)) return
  journal.insert(packet.copy(), packet.arrivedTime)
}

/**
 * Copies a message that has reached its destination to the journal of the machine that sent it, if its sender asked for that
 * (behaviour D-57); `now` in milliseconds since 1970.
 */
export const copyToSourceJournal = (source: JournalStorage, packet: Packet, now: number): void => {
  if (packet.content.journaling?.journal !== true || !hasRoomForCopy(source, packet.size)) return
  source.queues.system.journal.insert(packet.copy(), Math.floor(now / 1000))
}
