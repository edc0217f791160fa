import type { Packet } from "./Packet.ts"
import type { Queue } from "./Queue.ts"

/**
 * Copies a message that was received to the queue's journal, if the queue keeps one, and says whether it did (behaviours
 * B-36, D-58). What the journal has no room for is dropped silently (behaviour D-59).
 */
export const keep = (queue: Queue, packet: Packet): boolean => {
  const { journal, properties } = queue.family
  if (journal === null || !properties.journal) return false
  const { journalQuota } = properties
  if (journalQuota !== null && journal.bytes + packet.size > journalQuota * 1024) return false
  journal.insert(packet.copied(), packet.arrivedTime)
  return true
}
