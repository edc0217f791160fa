import * as FormatName from "@effect-msmq/core/FormatName"
import * as Result from "effect/Result"
import { hasRoom } from "./ArrivalRules.ts"
import type { Machine } from "../machine/Machine.ts"
import { hasRoomForCopy } from "../facts/MachineQuota.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"

/**
 * Keeps a message that failed, if its sender asked for that: the reason becomes its class, and all else stays
 * (behaviours D-60, D-61, D-64, D-65). What there is no room for is dropped silently (behaviour D-59); `now` in
 * milliseconds since 1970.
 */
export const bury = (machine: Machine, packet: Packet, reason: MessageClass, now: number): void => {
  const { content, envelope } = packet
  const wanted = content.journaling?.deadLetter === true
  // The first version kept them all (behaviour D-62).
  if (!wanted && !(machine.version.keepsTransactional && envelope.transactional)) return
  if (!envelope.transactional && !reason.deadLetter) return
  const queue = envelope.transactional ? transactionalGrave(machine, packet) : machine.queues.system.deadletter
  if (!(queue.family.keeps ? hasRoomForCopy(machine, packet.size) : hasRoom(queue, packet.size))) return
  const letter = packet.copied()
  letter.class = reason.value
  queue.insert(letter, Math.floor(now / 1000))
}

/** The queue that the sender named, which must be here and transactional (behaviour D-63), or that of the machine. */
const transactionalGrave = (machine: Machine, { content }: Packet): Queue => {
  const own = content.deadLetterQueue === null ? undefined : queueCalled(machine, content.deadLetterQueue)
  return own?.properties.transactional === true ? own : machine.queues.system.deadxact
}

const queueCalled = (machine: Machine, name: string): Queue | undefined => {
  const read = Result.getOrUndefined(FormatName.fromString(name))
  if (read === undefined) return undefined
  const isPath = read._tag === "QueuePath" || read._tag === "SystemQueuePath"
  const found = machine.queues.find(isPath ? FormatName.format(FormatName.fromPathName(read)) : name, "send")
  return typeof found === "string" ? undefined : found
}
