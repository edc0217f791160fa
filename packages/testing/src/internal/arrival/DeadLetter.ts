import * as FormatName from "@effect-msmq/core/FormatName"
import * as Result from "effect/Result"
import type { Storage } from "../facts/MachineQuota.ts"
import { hasRoomForCopy } from "../facts/MachineQuota.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import type { Version } from "../facts/Version.ts"
import type { LocalQueues } from "../queue/LocalQueues.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import { hasRoom } from "./ArrivalRules.ts"

/** A machine that keeps dead letters. */
export interface DeadLetterStorage extends Storage {
  readonly version: Version
  readonly queues: Pick<LocalQueues, "system" | "find">
}

/**
 * Copies a message that failed to a dead-letter queue of the machine that sent it, if its sender asked for that: the reason
 * becomes its class, and all else stays (behaviours D-60, D-61, D-64, D-65). A copy that there is no room for is dropped
 * silently (behaviour D-59). `now` in milliseconds since 1970.
 */
export const deadLetter = (source: DeadLetterStorage, packet: Packet, reason: MessageClass, now: number): void => {
  const { content, envelope } = packet
  const wanted = content.journaling?.deadLetter === true
  // The first version kept every transactional message that failed (behaviour D-62).
  if (!wanted && !(source.version.keepsTransactional && envelope.transactional)) return
  if (!envelope.transactional && !reason.deadLetter) return
  const queue = envelope.transactional ? transactionalQueue(source, packet) : source.queues.system.deadletter
  if (!(queue.tree.holdsCopies ? hasRoomForCopy(source, packet.size) : hasRoom(queue, packet.size))) return
  const letter = packet.copy()
  letter.class = reason.value
  queue.insert(letter, Math.floor(now / 1000))
}

/** Returns the queue that the sender named, if it is here and transactional (behaviour D-63), or else that of the machine. */
const transactionalQueue = (source: DeadLetterStorage, { content }: Packet): Queue => {
  const own = content.deadLetterQueue === null ? undefined : find(source, content.deadLetterQueue)
  return own?.properties.transactional === true ? own : source.queues.system.deadxact
}

const find = ({ queues }: DeadLetterStorage, name: string): Queue | undefined => {
  const read = Result.getOrUndefined(FormatName.fromString(name))
  if (read === undefined) return undefined
  const isPath = read._tag === "QueuePath" || read._tag === "SystemQueuePath"
  return Result.getOrUndefined(queues.find(isPath ? FormatName.format(FormatName.fromPathName(read)) : name, "send"))
}
