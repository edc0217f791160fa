import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import type { QueueHandle } from "@effect-msmq/core/Mqrt"
import type { Machine } from "../machine/Machine.ts"
import { queuePurged } from "../facts/MessageClass.ts"
import type { OpenQueue } from "../machine/OpenQueue.ts"
import { allows } from "../machine/OpenQueue.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import type { Transaction } from "../queue/Transaction.ts"

/** Between a queue and its subqueues (behaviours E-59 to E-65); `now` in milliseconds since 1970. */
export const move = (
  machine: Machine,
  source: QueueHandle,
  destination: QueueHandle,
  lookupId: bigint,
  argument: TransactionArgument,
  now: number
): true | ErrorCodeName => {
  const from = machine.opened(source, "receive")
  if (typeof from === "string") return from
  // An older machine does not know how (behaviour E-78).
  if (from.machine !== machine && !from.machine.version.subqueues) {
    return "MQ_ERROR_OPERATION_NOT_SUPPORTED_BY_REMOTE_COMPUTER"
  }
  const to = machine.open.get(destination)
  if (to === undefined || !allows(to.access, "moveTo")) return "MQ_ERROR_INVALID_HANDLE"
  if (!machine.network.reaches(machine, to.machine)) return "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"
  if (to.stale) return "MQ_ERROR_STALE_HANDLE"
  if (to.queue.deleted) return "MQ_ERROR_QUEUE_DELETED"
  if (from.queue.family !== to.queue.family || from.queue === to.queue) return "MQ_ERROR_INVALID_PARAMETER"
  const transaction = transactionOf(machine, from, argument)
  if (typeof transaction === "string") return transaction
  const packet = from.queue.find(lookupId, now)
  if (packet === undefined) return "MQ_ERROR_MESSAGE_NOT_FOUND"
  if (packet.state !== "available") return "MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION"
  if (transaction === null) relocate(from.queue, to.queue, packet, now)
  else enlist(from.queue, to.queue, packet, transaction)
  return true
}

const transactionOf = (
  machine: Machine,
  opened: OpenQueue,
  argument: TransactionArgument
): Transaction | null | ErrorCodeName => {
  if (argument === "none" || argument === "mts" || argument === "xa") return null
  if (opened.machine !== machine || !opened.queue.properties.transactional) return "MQ_ERROR_TRANSACTION_USAGE"
  return argument === "singleMessage" ? null : machine.transaction(argument)
}

const relocate = (from: Queue, to: Queue, packet: Packet, now: number): void => {
  from.remove(packet)
  to.adopt(packet.moved(now), now)
}

/** Moves a message when its transaction commits; until then nobody sees it, here or there. */
const enlist = (from: Queue, to: Queue, packet: Packet, transaction: Transaction): void => {
  from.lock(packet)
  // A subqueue that nobody has open any more must still be there for what is on its way to it.
  to.handles++
  transaction.enlist({
    commit: (now) => {
      if (from.deleted) return
      if (from.isPurged(packet)) from.lose(packet, queuePurged, now)
      else relocate(from, to, packet, now)
      to.closed()
    },
    abort: (now) => {
      packet.abortCount++
      from.release(packet, now)
      if (!from.deleted) to.closed()
    }
  })
}

/** Marks a message that was received in an open transaction: what was sent in vain (behaviours E-69, E-70). */
export const markRejected = (
  machine: Machine,
  handle: QueueHandle,
  lookupId: bigint,
  now: number
): true | ErrorCodeName => {
  const opened = machine.opened(handle, "receive")
  if (typeof opened === "string") return opened
  const { queue } = opened
  if (!queue.properties.transactional) return "MQ_ERROR_TRANSACTION_USAGE"
  const packet = queue.find(lookupId, now)
  if (packet === undefined) return "MQ_ERROR_MESSAGE_NOT_FOUND"
  if (packet.state !== "locked") return "MQ_ERROR_TRANSACTION_USAGE"
  packet.rejected = true
  return true
}
