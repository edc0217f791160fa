import type { TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import type { QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { queuePurged } from "../facts/MessageClass.ts"
import { allows } from "../machine/HandleUse.ts"
import type { Machine, OpenQueue } from "../machine/Machine.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import type { Transaction } from "../queue/Transaction.ts"

/** Moves a message between a queue and its subqueues (behaviours E-59 to E-65); `now` in milliseconds since 1970. */
export const move = (
  machine: Machine,
  source: QueueHandle,
  destination: QueueHandle,
  lookupId: bigint,
  argument: TransactionArgument,
  now: number
): Fallible<void> => {
  const used = machine.use(source, "receive")
  if (Result.isFailure(used)) return Result.fail(used.failure)
  const from = used.success
  // An older machine cannot move messages for others (behaviour E-78).
  if (from.machine !== machine && !from.machine.version.subqueues) {
    return Result.fail("MQ_ERROR_OPERATION_NOT_SUPPORTED_BY_REMOTE_COMPUTER")
  }
  const to = machine.open.get(destination)
  if (to === undefined || !allows(to.access, "moveTo")) return Result.fail("MQ_ERROR_INVALID_HANDLE")
  if (!machine.network.reaches(machine, to.machine)) return Result.fail("MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE")
  if (to.stale) return Result.fail("MQ_ERROR_STALE_HANDLE")
  if (to.queue.deleted) return Result.fail("MQ_ERROR_QUEUE_DELETED")
  if (from.queue.tree !== to.queue.tree || from.queue === to.queue) return Result.fail("MQ_ERROR_INVALID_PARAMETER")
  const transaction = transactionFor(machine, from, argument)
  if (Result.isFailure(transaction)) return Result.fail(transaction.failure)
  const packet = from.queue.find(lookupId, now)
  if (packet === undefined) return Result.fail("MQ_ERROR_MESSAGE_NOT_FOUND")
  if (packet.state !== "available") return Result.fail("MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION")
  if (transaction.success === null) relocate(from.queue, to.queue, packet, now)
  else enlist(from.queue, to.queue, packet, transaction.success)
  return Result.void
}

const transactionFor = (
  machine: Machine,
  opened: OpenQueue,
  argument: TransactionArgument
): Fallible<Transaction | null> => {
  if (argument === "none" || argument === "mts" || argument === "xa") return Result.succeed(null)
  if (opened.machine !== machine || !opened.queue.properties.transactional) {
    return Result.fail("MQ_ERROR_TRANSACTION_USAGE")
  }
  return argument === "singleMessage" ? Result.succeed(null) : machine.transaction(argument)
}

const relocate = (from: Queue, to: Queue, packet: Packet, now: number): void => {
  from.remove(packet)
  to.adopt(packet.move(now), now)
}

/** Moves a message when its transaction commits; until then the message is invisible in both queues. */
const enlist = (from: Queue, to: Queue, packet: Packet, transaction: Transaction): void => {
  from.lock(packet)
  // The subqueue must exist for the message, even when its last handle is closed meanwhile.
  to.handles++
  transaction.enlist({
    commit: (now) => {
      if (from.deleted) return
      if (from.isPurged(packet)) from.lose(packet, queuePurged, now)
      else relocate(from, to, packet, now)
      to.removeHandle()
    },
    abort: (now) => {
      packet.abortCount++
      from.release(packet, now)
      if (!from.deleted) to.removeHandle()
    }
  })
}

/** Marks as rejected a message that was received in an open transaction (behaviours E-69, E-70). */
export const markRejected = (machine: Machine, handle: QueueHandle, lookupId: bigint, now: number): Fallible<void> =>
  Result.flatMap(machine.use(handle, "receive"), ({ queue }): Fallible<void> => {
    if (!queue.properties.transactional) return Result.fail("MQ_ERROR_TRANSACTION_USAGE")
    const packet = queue.find(lookupId, now)
    if (packet === undefined) return Result.fail("MQ_ERROR_MESSAGE_NOT_FOUND")
    if (packet.state !== "locked") return Result.fail("MQ_ERROR_TRANSACTION_USAGE")
    packet.rejected = true
    return Result.void
  })
