import type { TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFunctions, TransactionHandle } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import koffi from "koffi"
import type { Bindings } from "./bindings.ts"
import { functionType } from "./bindings.ts"
import { call, check } from "./calls.ts"
import type { ArgumentsOf, Bound, ResultOf } from "./declarations.ts"
import { transactionMethods } from "./declarations.ts"
import { layout, pointerSlot, slotValue } from "./layout.ts"
import { callOffMainThread } from "./offMainThread.ts"

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

/** Methods by name and address, each made callable once for the process, since libraries stay loaded. */
const callable = new Map<string, ReturnType<typeof koffi.decode>>()

/** Returns a method of a COM object. All objects of one kind share their methods. */
const method = <Name extends keyof Methods>(object: bigint, name: Name): Method<Name> => {
  const { prototype, slot } = transactionMethods[name]
  const table = koffi.decode(object, "void *")
  const address = koffi.decode(table, slot * layout.pointer.size, "void *")
  const key = `${name} ${address}`
  if (!callable.has(key)) callable.set(key, koffi.decode(address, functionType(prototype)))
  return callable.get(key)
}

type Transactions = Pick<
  MqrtFunctions,
  "beginTransaction" | "commitTransaction" | "abortTransaction" | "releaseTransaction"
>

/** Returns the functions of internal transactions. All of them may wait for the queue manager and its log. */
export const transactions = (bindings: Bindings): Transactions => {
  const { calls } = bindings
  return {
    beginTransaction: Effect.suspend(() => {
      const slot = pointerSlot()
      return Effect.map(call(bindings, "MQBeginTransaction", slot), () => slotValue(slot) as TransactionHandle)
    }),

    commitTransaction: (transaction) =>
      callOffMainThread(calls, "Commit", () => method(transaction, "Commit"), transaction, 0, 0, 0).pipe(
        Effect.flatMap((hresult) => check("ITransaction::Commit", hresult)),
        Effect.asVoid
      ),

    abortTransaction: (transaction) =>
      callOffMainThread(calls, "Abort", () => method(transaction, "Abort"), transaction, null, 0, 0).pipe(
        Effect.flatMap((hresult) => check("ITransaction::Abort", hresult)),
        Effect.asVoid
      ),

    releaseTransaction: (transaction) =>
      Effect.asVoid(callOffMainThread(calls, "Release", () => method(transaction, "Release"), transaction))
  }
}
