import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { NameUse } from "@effect-msmq/core/FormatName"
import type { Access, QueueHandle, ShareMode } from "@effect-msmq/core/Mqrt"
import type { Machine } from "./Machine.ts"
import type { OpenQueue } from "./OpenQueue.ts"
import { allows } from "./OpenQueue.ts"
import type { Queue } from "./Queue.ts"

/** What a name must be good for, to be opened so. */
const nameUses: Record<Access, NameUse> = {
  send: "send",
  receive: "receive",
  peek: "receive",
  move: "move",
  receiveAdmin: "send",
  peekAdmin: "send"
}

const isAdmin = (access: Access): boolean => access === "receiveAdmin" || access === "peekAdmin"

/** The queue that a name stands for with an access. */
const target = (machine: Machine, formatName: string, access: Access): Queue | ErrorCodeName => {
  const found = machine.queues.find(formatName, nameUses[access])
  if (typeof found === "string") return found
  // With it a name means the queue in which this machine keeps what goes elsewhere (behaviour C-21).
  if (isAdmin(access)) return machine.queues.findOutgoing(formatName) ?? "MQ_ERROR_QUEUE_NOT_FOUND"
  if (found !== undefined) return found
  return access === "send" ? machine.queues.outgoingTo(formatName) : "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"
}

export const open = (
  machine: Machine,
  formatName: string,
  access: Access,
  shareMode: ShareMode
): QueueHandle | ErrorCodeName => {
  const exclusive = shareMode === "denyReceive"
  // Only those who read can keep others from reading (behaviour C-22).
  if (exclusive && !allows(access, "peek")) return "MQ_ERROR_UNSUPPORTED_ACCESS_MODE"
  const queue = target(machine, formatName, access)
  if (typeof queue === "string") return queue
  const receives = allows(access, "receive")
  // Who only peeks is in nobody's way, unless it wants to be (behaviours C-24, C-25, X-14).
  if ((receives || exclusive) && (queue.exclusive || (exclusive && queue.receivers > 0))) {
    return "MQ_ERROR_SHARING_VIOLATION"
  }
  if (receives) queue.receivers++
  if (exclusive) queue.exclusive = true
  queue.handles++
  return machine.open.open({
    queue,
    formatName,
    access,
    exclusive,
    waiting: new Set(),
    cursors: new Set(),
    stale: false
  })
}

/** It closes a stale one too, and whether the queue manager runs or not: nothing is to be left open. */
export const close = (machine: Machine, handle: QueueHandle): OpenQueue | ErrorCodeName => {
  const opened = machine.open.close(handle)
  if (opened === undefined) return "MQ_ERROR_INVALID_HANDLE"
  if (!opened.stale) leave(opened, "MQ_ERROR_OPERATION_CANCELLED")
  return opened
}

/** Takes a handle off its queue, with what was going on through it. */
export const leave = (opened: OpenQueue, waitersTold: ErrorCodeName): void => {
  const { queue } = opened
  for (const waiter of opened.waiting) waiter.fail(waitersTold)
  for (const cursor of opened.cursors) cursor.close()
  if (allows(opened.access, "receive")) queue.receivers--
  if (opened.exclusive) queue.exclusive = false
  queue.closed()
}
