import type {
  LookupAction,
  ReadProperties,
  ReceiveAction,
  ReceivedProperties,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { CursorHandle, QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Result from "effect/Result"
import * as Outcome from "../arrival/Outcome.ts"
import type { Fallible } from "../facts/Failure.ts"
import { receiveRejected } from "../facts/MessageClass.ts"
import type { Machine, OpenQueue } from "../machine/Machine.ts"
import type { Cursor } from "../queue/Cursor.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Transaction } from "../queue/Transaction.ts"
import { copyProperties, takeProperties } from "./Received.ts"

/** A receive or a peek, with the objects that its handles stand for. */
export interface ReceiveRequest {
  /** Machine that asks. */
  readonly machine: Machine
  readonly opened: OpenQueue
  /** `true` for a peek, which leaves the message in the queue. */
  readonly peeks: boolean
  readonly cursor: Cursor | null
  readonly transaction: Transaction | null
  /** `true` where peeks see the message while the transaction is open. */
  readonly allowsPeek: boolean
  /** Groups of properties that are wanted. */
  readonly read: ReadProperties
}

interface Arguments {
  readonly action: ReceiveAction | LookupAction
  readonly cursor: CursorHandle | null
  readonly transaction: TransactionArgument
  readonly read: ReadProperties
}

/** Looks up the handles of a receive. */
export const makeRequest = (machine: Machine, handle: QueueHandle, given: Arguments): Fallible<ReceiveRequest> => {
  const peeks = given.action.startsWith("peek")
  const used = machine.use(handle, peeks ? "peek" : "receive")
  if (Result.isFailure(used)) return Result.fail(used.failure)
  const opened = used.success
  const cursor = given.cursor === null ? null : machine.cursors.get(given.cursor)
  // A cursor that was closed with its queue is invalid, and so is one of another queue handle (E-36).
  if (cursor === undefined || (cursor !== null && !opened.cursors.has(cursor))) {
    return Result.fail("MQ_ERROR_INVALID_HANDLE")
  }
  const transaction = transactionFor(machine, opened, peeks, given.transaction)
  if (Result.isFailure(transaction)) return Result.fail(transaction.failure)
  const allowsPeek = given.action === "receiveAllowPeek"
  return Result.succeed({
    machine,
    opened,
    peeks,
    cursor,
    transaction: transaction.success,
    allowsPeek,
    read: given.read
  })
}

const noTransaction: Fallible<Transaction | null> = Result.succeed(null)

/**
 * Returns the transaction that a receive is part of. A transaction for a single message ends with the receive itself, so that
 * there is none to abort (behaviour F-03).
 */
const transactionFor = (
  machine: Machine,
  opened: OpenQueue,
  peeks: boolean,
  argument: TransactionArgument
): Fallible<Transaction | null> => {
  if (argument === "none" || argument === "mts" || argument === "xa") return noTransaction
  // Peeks and plain queues (F-15, F-16) take part in no transaction, nor do queues of other machines (E-45, E-75, X-08).
  if (peeks || opened.machine !== machine || !opened.queue.properties.transactional) {
    return Result.fail("MQ_ERROR_TRANSACTION_USAGE")
  }
  return argument === "singleMessage" ? noTransaction : machine.transaction(argument)
}

/** Hands out a message that is in the queue, as the request says; `now` in milliseconds since 1970. */
export const handOver = (request: ReceiveRequest, packet: Packet, now: number): ReceivedProperties => {
  const { allowsPeek, cursor, opened, peeks, read, transaction } = request
  const { queue } = opened
  if (peeks) {
    cursor?.standOn(packet)
    return copyProperties(packet, now, read)
  }
  cursor?.standBehind(packet)
  if (transaction === null) {
    queue.remove(packet)
    Outcome.onReceive(opened.machine, queue, packet, now)
    return takeProperties(packet, now, read)
  }
  queue.lock(packet, allowsPeek)
  enlist(opened, packet, transaction)
  return copyProperties(packet, now, read)
}

/** Removes a locked message when its transaction commits, and unlocks it when it aborts (behaviours F-25 to F-28). */
const enlist = ({ machine, queue }: OpenQueue, packet: Packet, transaction: Transaction): void => {
  transaction.enlist({
    commit: (now) => {
      if (queue.deleted) return
      queue.remove(packet)
      if (packet.rejected) Outcome.onRefusal(machine, queue, packet, receiveRejected, now)
      else Outcome.onReceive(machine, queue, packet, now)
    },
    abort: (now) => {
      packet.abortCount++
      queue.release(packet, now)
    }
  })
}
