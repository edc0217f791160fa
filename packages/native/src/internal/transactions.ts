import type { TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
import type { MqrtFailure, MqrtFunctions, TransactionHandle } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import koffi from "koffi"
import type { Bindings } from "./bindings.ts"
import { functionType } from "./bindings.ts"
import { failure, isError } from "./calls.ts"
import type { ArgumentsOf, Bound, ResultOf } from "./declarations.ts"
import { transactionMethods } from "./declarations.ts"
import { layout, pointerSlot, slotValue } from "./layout.ts"
import { callByPace } from "./offMainThread.ts"
import { Pace } from "./Pace.ts"

/** Constants that may be passed instead of an `ITransaction*`. */
const constants: ReadonlyMap<TransactionArgument, bigint> = new Map([
  ["none", BigInt(0)],
  ["mts", BigInt(1)],
  ["xa", BigInt(2)],
  ["singleMessage", BigInt(3)]
] as const)

/** Returns a transaction as `MQSendMessage` and the receives take it: a constant, or the address of an `ITransaction`. */
export const transactionPointer = (argument: TransactionArgument): bigint =>
  typeof argument === "bigint" ? argument : (constants.get(argument) ?? BigInt(0))

type Methods = typeof transactionMethods
type Method<Name extends keyof Methods> = Bound<
  ArgumentsOf<Methods[Name]["prototype"]>,
  ResultOf<Methods[Name]["prototype"]>
>

/** Methods of a kind of COM object. */
type Table = { readonly [Name in keyof Methods]: Method<Name> }

/** Methods by the address of the table that all objects of one kind share, made callable once: libraries stay loaded. */
const tables = new Map<bigint, Table>()

const callable = <Name extends keyof Methods>(table: bigint, name: Name): Method<Name> => {
  const { prototype, slot } = transactionMethods[name]
  return koffi.decode(koffi.decode(table, slot * layout.pointer.size, "void *"), functionType(prototype))
}

/** Returns the methods of a transaction. */
const methodsOf = (transaction: TransactionHandle): Table => {
  const address: bigint = koffi.decode(transaction, "void *")
  const known = tables.get(address)
  if (known !== undefined) return known
  const table = {
    Commit: callable(address, "Commit"),
    Abort: callable(address, "Abort"),
    Release: callable(address, "Release")
  }
  tables.set(address, table)
  return table
}

type Transactions = Pick<
  MqrtFunctions,
  "beginTransaction" | "commitTransaction" | "abortTransaction" | "releaseTransaction"
>

/**
 * Returns the functions of internal transactions. All of them may wait for the queue manager, and a commit or an abort for its
 * log on a disk, so the first ones run off the main thread. Quick ones run on it: the ways to a thread and back take 25 times as
 * long as a commit that waits for nothing.
 */
export const transactions = ({ calls, functions }: Bindings): Transactions => {
  const paces = { begin: new Pace(true), commit: new Pace(true), abort: new Pace(true), release: new Pace(true) }
  return {
    // Transactions without a send or a receive would otherwise never let the event loop go on.
    beginTransaction: EventLoopTurn.within(() => {
      const slot = pointerSlot()
      const begin = callByPace(calls, paces.begin, "MQBeginTransaction", () => functions.MQBeginTransaction, slot)
      return Effect.map(checked("MQBeginTransaction", begin), () => slotValue(slot) as TransactionHandle)
    }),

    commitTransaction: (transaction) =>
      checked(
        "ITransaction::Commit",
        callByPace(calls, paces.commit, "Commit", () => methodsOf(transaction).Commit, transaction, 0, 0, 0)
      ),

    abortTransaction: (transaction) =>
      checked(
        "ITransaction::Abort",
        callByPace(calls, paces.abort, "Abort", () => methodsOf(transaction).Abort, transaction, null, 0, 0)
      ),

    releaseTransaction: (transaction) =>
      Effect.asVoid(callByPace(calls, paces.release, "Release", () => methodsOf(transaction).Release, transaction))
  }
}

/** Fails where a call returns an error code. */
const checked = (name: string, call: Effect.Effect<number>): Effect.Effect<void, MqrtFailure> =>
  Effect.flatMap(call, (hresult) => (isError(hresult) ? Effect.fail(failure(name, hresult)) : Effect.void))
