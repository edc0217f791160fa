import { connect } from "@effect-msmq/core/promises"
import type { Connection } from "@effect-msmq/core/promises"
import { make, Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { newQueue } from "./givens.ts"

const undo = new Error("undo")

const single = { transaction: "singleMessage" } as const

/** Labels of the messages in a queue and in two of its subqueues. */
const labelsIn = async (msmq: Connection, queue: string): Promise<ReadonlyArray<string>> => {
  const receiver = await msmq.openReceiver(queue)
  const labels: Array<string> = []
  for await (const { label } of receiver.browse()) labels.push(label)
  await receiver.close()
  return labels
}

/** Objects that a program has open on a transactional queue with the messages "a", "b" and "c", and on an empty one. */
const openProgram = async (msmq: Connection, queues: { readonly orders: string; readonly invoices: string }) => {
  const source = await msmq.openSender(queues.orders)
  await source.sendAll([{ label: "a" }, { label: "b" }, { label: "c" }], single)
  return {
    msmq,
    queues,
    orders: await msmq.openReceiver(queues.orders),
    invoices: await msmq.openSender(queues.invoices)
  }
}

type Program = Awaited<ReturnType<typeof openProgram>>

/** Steps of programs that forget the option `transaction`, with the labels that a commit leaves in the two queues. */
const forgetful: ReadonlyArray<
  readonly [name: string, step: (program: Program) => Promise<unknown>, orders: string, invoices: string]
> = [
  ["a receive", ({ orders }) => orders.receive(), "bc", ""],
  ["a receive that waits a while", ({ orders }) => orders.receiveWithin("1 second"), "bc", ""],
  ["a poll", ({ orders }) => orders.poll(), "bc", ""],
  ["a receive by lookup id", ({ orders }) => orders.lookup("receiveLast"), "ab", ""],
  ["a receive by id", async ({ orders }) => orders.byId((await orders.peek()).messageId).receive(), "bc", ""],
  [
    "a receive by a cursor",
    async ({ orders }) => {
      await using cursor = await orders.cursor()
      await cursor.next()
      await cursor.next()
      await cursor.receive()
    },
    "ac",
    ""
  ],
  [
    "a loop over a receiver",
    async ({ orders }) => {
      for await (const { label } of orders) if (label === "b") break
    },
    "c",
    ""
  ],
  [
    "a loop over a queue of the connection",
    async ({ msmq, queues }) => {
      for await (const { label } of msmq.messages(queues.orders)) if (label === "b") break
    },
    "c",
    ""
  ],
  ["a move to a subqueue", async ({ orders }) => orders.move(await orders.peek(), "later"), "bc", ""],
  ["a rejected message", async ({ orders }) => orders.reject(await orders.receive()), "bc", ""],
  ["a send", ({ invoices }) => invoices.send({ label: "x" }), "abc", "x"],
  ["a batch", ({ invoices }) => invoices.sendAll([{ label: "x" }, { label: "y" }]), "abc", "xy"],
  [
    "a batch whose source receives",
    ({ invoices, orders }) =>
      invoices.sendAll(
        (async function* () {
          for await (const _ of [1, 2, 3]) {
            const { label } = await orders.receive()
            // The source goes on in a later turn, as one that reads a file does.
            await new Promise((resolve) => setTimeout(resolve, 1))
            yield { label }
          }
        })()
      ),
    "",
    "abc"
  ],
  [
    "a receive after a timer",
    async ({ invoices, orders }) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      const { label } = await orders.receive()
      await Promise.all([invoices.send({ label }), invoices.send({ label })])
    },
    "bc",
    "aa"
  ],
  [
    "a transaction within",
    ({ invoices, msmq, orders }) =>
      msmq.transaction(async () => {
        await invoices.send(await orders.receive().then(({ label }) => ({ label })))
      }),
    "bc",
    "a"
  ]
]

/** Runs a program in promises on the backend of a contract promise. */
const program = (run: (program: Program) => Promise<void>) =>
  Effect.gen(function* () {
    const backend = yield* Mqrt
    const queues = {
      orders: yield* newQueue({ transactional: true }),
      invoices: yield* newQueue({ transactional: true })
    }
    yield* Effect.promise(async () => {
      const msmq = await connect(Layer.effect(Mqrt, make(backend)))
      try {
        await run(await openProgram(msmq, queues))
      } finally {
        await msmq.close()
      }
    })
  })

const tagOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "fulfilled",
    (error: MsmqError) => error.reason?._tag ?? String(error)
  )

/** Promises about the transactions of programs that do not use Effect. */
export const promiseTransactions: ReadonlyArray<ContractPromise> = [
  ...forgetful.flatMap(([name, step, orders, invoices]) => [
    promise(
      `${name} without the option takes part in the transaction of its function, and is undone with it`,
      program(async (opened) => {
        const { msmq, queues } = opened
        const failed = await msmq
          .transaction(async () => {
            await step(opened)
            throw undo
          })
          .catch((error: unknown) => error)
        assert.equal(failed, undo)
        assert.deepEqual(await labelsIn(msmq, queues.orders), ["a", "b", "c"])
        assert.deepEqual(await labelsIn(msmq, queues.invoices), [])
      })
    ),
    promise(
      `${name} without the option takes part in the transaction of its function, and is committed with it`,
      program(async (opened) => {
        const { msmq, queues } = opened
        await msmq.transaction(() => step(opened))
        assert.equal((await labelsIn(msmq, queues.orders)).join(""), orders)
        assert.equal((await labelsIn(msmq, queues.invoices)).join(""), invoices)
      })
    )
  ]),
  promise(
    'the option transaction "none" leaves the transaction of the function, and another transaction replaces it',
    program(async ({ invoices, msmq, orders, queues }) => {
      await using other = await msmq.beginTransaction()
      await msmq
        .transaction(async () => {
          assert.equal((await orders.receive({ transaction: "none" })).label, "a")
          assert.equal((await orders.receive({ transaction: other })).label, "b")
          assert.equal((await orders.receive()).label, "c")
          await invoices.send({ label: "single" }, single)
          await invoices.send({ label: "other" }, { transaction: other })
          throw undo
        })
        .catch(() => {})
      await other.commit()
      assert.deepEqual(await labelsIn(msmq, queues.orders), ["c"])
      assert.deepEqual(await labelsIn(msmq, queues.invoices), ["single", "other"])
    })
  ),
  promise(
    "calls that outlive the function of a transaction are refused, and take and send nothing",
    program(async ({ invoices, msmq, orders, queues }) => {
      const ended = Promise.withResolvers<void>()
      let late: Promise<ReadonlyArray<string>> | undefined
      await msmq.transaction(async () => {
        late = ended.promise.then(() =>
          Promise.all([
            tagOf(orders.receive()),
            tagOf(invoices.send({ label: "late" })),
            tagOf(msmq.transaction(() => Promise.resolve()))
          ])
        )
      })
      ended.resolve()
      assert.deepEqual(await late, ["Released", "Released", "Released"])
      assert.deepEqual(await labelsIn(msmq, queues.orders), ["a", "b", "c"])
      assert.deepEqual(await labelsIn(msmq, queues.invoices), [])
    })
  ),
  promise(
    "a handler's receives and sends without the option take part in the transaction of its attempt",
    program(async ({ invoices, msmq, orders, queues }) => {
      const stop = new AbortController()
      let attempts = 0
      await orders
        .consume(
          async ({ label }) => {
            await invoices.send({ label: `${label}${++attempts}` })
            await invoices.send((await orders.receive()) && { label: "next" })
            if (attempts === 1) throw undo
            stop.abort()
          },
          { retry: { delay: 1 }, signal: stop.signal }
        )
        .done.catch(() => {})
      assert.deepEqual(await labelsIn(msmq, queues.orders), ["c"])
      assert.deepEqual(await labelsIn(msmq, queues.invoices), ["a2", "next"])
    })
  ),
  promise(
    "transactions that run at once each have their own receives",
    program(async ({ invoices, msmq, orders, queues }) => {
      const all = Promise.withResolvers<void>()
      let received = 0
      const run = () =>
        msmq
          .transaction(async () => {
            const { label } = await orders.receive()
            if (++received === 3) all.resolve()
            await all.promise
            await invoices.send({ label })
            if (label === "b") throw undo
          })
          .catch(() => {})
      await Promise.all([run(), run(), run()])
      assert.deepEqual(await labelsIn(msmq, queues.orders), ["b"])
      assert.deepEqual((await labelsIn(msmq, queues.invoices)).toSorted(), ["a", "c"])
    })
  )
]
