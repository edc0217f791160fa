import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type {
  LookupAction,
  ReceiveAction,
  ReceivedProperties,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { CursorHandle, QueueHandle } from "@effect-msmq/core/Mqrt"
import type { Cursor } from "../queue/Cursor.ts"
import type { Machine } from "../machine/Machine.ts"
import { receiveRejected } from "../facts/MessageClass.ts"
import type { OpenQueue } from "../machine/OpenQueue.ts"
import * as Outcome from "../arrival/Outcome.ts"
import type { Packet } from "../queue/Packet.ts"
import { handedOut, shown } from "./Received.ts"
import type { Transaction } from "../queue/Transaction.ts"

/** What a receive asks for, with its handles looked up. */
export interface ReceiveRequest {
  /** The machine that asks. */
  readonly machine: Machine
  readonly opened: OpenQueue
  /** Whether the message stays. */
  readonly peeks: boolean
  readonly cursor: Cursor | null
  readonly transaction: Transaction | null
  /** Whether others may peek at the message while the transaction is open. */
  readonly allowsPeek: boolean
  readonly rare: boolean
}

interface Asked {
  readonly action: ReceiveAction | LookupAction
  readonly cursor: CursorHandle | null
  readonly transaction: TransactionArgument
  readonly rare: boolean
}

/** Looks up what a receive was given, or says what is wrong with it. */
export const makeRequest = (machine: Machine, handle: QueueHandle, asked: Asked): ReceiveRequest | ErrorCodeName => {
  const peeks = asked.action.startsWith("peek")
  const opened = machine.opened(handle, peeks ? "peek" : "receive")
  if (typeof opened === "string") return opened
  const cursor = asked.cursor === null ? null : machine.cursors.get(asked.cursor)
  // One that was closed with its queue is in nobody's hands, and one of another handle means another place (E-36).
  if (cursor === undefined || (cursor !== null && !opened.cursors.has(cursor))) return "MQ_ERROR_INVALID_HANDLE"
  const transaction = transactionOf(machine, opened, peeks, asked.transaction)
  if (typeof transaction === "string") return transaction
  const allowsPeek = asked.action === "receiveAllowPeek"
  return { machine, opened, peeks, cursor, transaction, allowsPeek, rare: asked.rare }
}

/**
 * The transaction that a receive is part of. One for a single message ends with the receive itself, so that there is
 * none to abort (behaviour F-03).
 */
const transactionOf = (
  machine: Machine,
  opened: OpenQueue,
  peeks: boolean,
  argument: TransactionArgument
): Transaction | null | ErrorCodeName => {
  if (argument === "none" || argument === "mts" || argument === "xa") return null
  // Behaviours F-15, F-16; and another machine's queue takes part in no transaction (behaviours E-45, E-75, X-08).
  if (peeks || opened.machine !== machine || !opened.queue.properties.transactional) return "MQ_ERROR_TRANSACTION_USAGE"
  return argument === "singleMessage" ? null : machine.transaction(argument)
}

/** Hands out a message that is there, in the way that the request says; `now` in milliseconds since 1970. */
export const handOver = (request: ReceiveRequest, packet: Packet, now: number): ReceivedProperties => {
  const { allowsPeek, cursor, opened, peeks, rare, transaction } = request
  const { queue } = opened
  if (peeks) {
    cursor?.standOn(packet)
    return shown(packet, now, rare)
  }
  cursor?.standBehind(packet)
  if (transaction === null) {
    queue.remove(packet)
    Outcome.received(opened.machine, queue, packet, now)
    return handedOut(packet, now, rare)
  }
  queue.lock(packet, allowsPeek)
  enlist(opened, packet, transaction)
  return shown(packet, now, rare)
}

/** Receives a locked message for good when its transaction commits (behaviours F-25 to F-28). */
const enlist = ({ machine, queue }: OpenQueue, packet: Packet, transaction: Transaction): void => {
  transaction.enlist({
    commit: (now) => {
      if (queue.deleted) return
      queue.remove(packet)
      if (packet.rejected) Outcome.refused(machine, queue, packet, receiveRejected, now)
      else Outcome.received(machine, queue, packet, now)
    },
    abort: (now) => {
      packet.abortCount++
      queue.release(packet, now)
    }
  })
}
