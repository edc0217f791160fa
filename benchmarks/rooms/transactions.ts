/** Figures of transactions: what the SDK adds to the calls of the seam, and what each call costs that runs on another thread. */
import { type Mqrt, Transaction } from "@effect-msmq/core"
import { Effect } from "effect"
import * as Seam from "../floors/seam.ts"
import { transactionsByHand } from "../floors/transactionsByHand.ts"
import { type Backend, backends, native, type Opened } from "../harness/backends.ts"
import { difference, type Ways } from "../harness/comparison.ts"
import type { Plan, Room } from "../harness/Room.ts"

/** Number of transactions of a run. */
const many = 100

/** Compares empty transactions of the SDK with the calls that they make. */
const emptyTransactions = ({ mqrt, run }: Opened<unknown>, count: number): Ways => {
  const empty = Seam.times(count, Transaction.run(Effect.void))
  const calls = Seam.times(
    count,
    Seam.transaction(mqrt, () => Effect.void)
  )
  return {
    way: { run: () => run(empty), operations: count },
    floor: { run: () => run(calls), operations: count }
  }
}

const transactionRun = (backend: Backend): Plan =>
  difference({
    name: `Transaction.run, ${backend.name}`,
    against: "begin, commit and release at the seam",
    ways: Effect.map(backend.open, (opened) => emptyTransactions(opened, many))
  })

const few = 5

/** Commits that take so many milliseconds each. A thread that waits for one does nothing meanwhile. */
const slowCommits = [1, 20]

const slowly = (milliseconds: number): Plan =>
  difference({
    name: `Transaction.run, native, commits of ${milliseconds} ms`,
    against: "the same at the seam",
    settings: { warmUp: 1, time: 0, iterations: 1 },
    ways: Effect.map(native.open, (opened) => {
      const { setDelay } = opened.double
      setDelay("Commit", milliseconds)
      return emptyTransactions(opened, few)
    })
  })

/** Milliseconds of commits that the main thread waits for, for each transaction. */
const onMainThread = (milliseconds: number): Plan => ({
  name: `commits of ${milliseconds} ms on the main thread`,
  against: "",
  unit: "ms",
  clock: "none",
  measure: ({ rounds }) =>
    Effect.gen(function* () {
      const { double, provide } = yield* native.open
      double.setDelay("Commit", milliseconds)
      const values: Array<number> = []
      for (let round = 0; round < rounds; round++) {
        double.watchThread()
        yield* provide(Seam.times(few, Transaction.run(Effect.void)))
        values.push(double.watchedDelay() / few)
      }
      return { values }
    })
})

type ByHand = ReturnType<typeof transactionsByHand>

/** Call of the seam on a transaction, by the name that it has by hand. */
const seamCalls = {
  commit: (mqrt, transaction) => mqrt.commitTransaction(transaction),
  abort: (mqrt, transaction) => mqrt.abortTransaction(transaction),
  release: (mqrt, transaction) => mqrt.releaseTransaction(transaction)
} satisfies Partial<
  Record<
    keyof ByHand,
    (mqrt: Mqrt.Mqrt["Service"], transaction: Mqrt.TransactionHandle) => Effect.Effect<void, Mqrt.MqrtFailure>
  >
>

/** Compares a call of the native backend on open transactions with the same call on the main thread. */
const callOf = (name: keyof typeof seamCalls): Plan =>
  difference({
    name: `${name} at the seam, native`,
    against: "the call on the main thread",
    ways: Effect.map(native.open, ({ double, mqrt, run }) => {
      const byHand = transactionsByHand(double.library)
      let handles: ReadonlyArray<Mqrt.TransactionHandle> = []
      let addresses: ReadonlyArray<number> = []
      const ways: Ways = {
        way: {
          prepare: async () => {
            handles = await run(Effect.forEach(Array.from({ length: many }), () => mqrt.beginTransaction))
          },
          run: () => run(Effect.forEach(handles, (handle) => seamCalls[name](mqrt, handle), { discard: true })),
          tidy: () =>
            name === "release"
              ? undefined
              : run(Effect.forEach(handles, (handle) => mqrt.releaseTransaction(handle), { discard: true })),
          operations: many
        },
        floor: {
          prepare: () => {
            addresses = Array.from({ length: many }, byHand.begin)
          },
          run: () => addresses.forEach(byHand[name]),
          tidy: () => {
            if (name !== "release") addresses.forEach(byHand.release)
          },
          operations: many
        }
      }
      return ways
    })
  })

/** Compares the beginning of transactions with the same call on the main thread. */
const begin: Plan = difference({
  name: "begin at the seam, native",
  against: "the call on the main thread",
  ways: Effect.map(native.open, ({ double, mqrt, run }) => {
    const byHand = transactionsByHand(double.library)
    const handles: Array<Mqrt.TransactionHandle> = []
    let addresses: ReadonlyArray<number> = []
    const beginOne = Effect.map(mqrt.beginTransaction, (handle) => void handles.push(handle))
    const ways: Ways = {
      way: {
        run: () => run(Seam.times(many, beginOne)),
        tidy: () =>
          run(Effect.forEach(handles.splice(0), (handle) => mqrt.releaseTransaction(handle), { discard: true })),
        operations: many
      },
      floor: {
        run: () => {
          addresses = Array.from({ length: many }, byHand.begin)
        },
        tidy: () => addresses.forEach(byHand.release),
        operations: many
      }
    }
    return ways
  })
})

/** Room of transactions. */
export const transactions: Room = {
  name: "transactions",
  plans: [
    ...backends.map(transactionRun),
    ...slowCommits.map(slowly),
    ...slowCommits.map(onMainThread),
    begin,
    callOf("commit"),
    callOf("abort"),
    callOf("release")
  ]
}
