/** A call in promises begins when the program makes it, so that calls begin in order, awaited or not. */
import type { MsmqError } from "@effect-msmq/core"
import { connect as connectTo, type Connection } from "@effect-msmq/core/promises"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it, vi } from "@effect/vitest"
import { onTestFinished } from "vitest"
import { Layer } from "effect"
import { setImmediate } from "node:timers/promises"
import { schedulers } from "../support/schedulers.ts"

const orders = ".\\private$\\orders"

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it was not rejected"),
    (error: MsmqError.MsmqError) => error
  )

const labelsIn = async (msmq: Connection) => {
  await using receiver = await msmq.openReceiver(orders)
  const labels: Array<string> = []
  for await (const { label } of receiver.browse()) labels.push(label)
  return labels
}

describe.each(schedulers)("under %s", (_, scheduler) => {
  const connect = async (transactional: boolean) => {
    const msmq = await connectTo(Layer.merge(HandleLedger.layer(InMemoryMqrt.layer), scheduler))
    await msmq.createQueue(orders, { transactional })
    return msmq
  }

  for (const by of ["abort()", "await using"] as const) {
    it(`a transaction that is aborted by ${by} without being awaited does not commit`, async () => {
      await using msmq = await connect(true)
      await using sender = await msmq.openSender(orders)
      const error = await rejection(
        msmq.transaction(async (transaction) => {
          await sender.send({ label: "never" }, { transaction })
          void (by === "abort()" ? transaction.abort() : transaction[Symbol.asyncDispose]())
        })
      )
      assert.strictEqual(error.code, "TransactionAborted")
      assert.deepStrictEqual(await labelsIn(msmq), [])
    })
  }

  it.each([
    ["commit", "abort", "committed", ["order"]],
    ["abort", "commit", "aborted", []]
  ] as const)("of a %s and an %s at the same moment the first one counts", async (first, second, outcome, left) => {
    await using msmq = await connect(true)
    await using sender = await msmq.openSender(orders)
    await using transaction = await msmq.beginTransaction()
    await sender.send({ label: "order" }, { transaction })
    await Promise.allSettled([transaction[first](), transaction[second]()])
    assert.strictEqual(await transaction.outcome(), outcome)
    assert.deepStrictEqual(await labelsIn(msmq), [...left])
  })

  it("a closing waits for the sends that were made before it, and refuses those that come after it", async () => {
    await using msmq = await connect(false)
    const sender = await msmq.openSender(orders)
    const sends = ["1", "2", "3"].map((label) => sender.send({ label }))
    const batch = sender.sendAll([{ label: "4" }, { label: "5" }])
    const closing = sender.close()
    const late = rejection(sender.send({ label: "late" }))
    await Promise.all([...sends, batch, closing])
    assert.strictEqual((await late).code, "Released")
    assert.deepStrictEqual(await labelsIn(msmq), ["1", "2", "3", "4", "5"])
  })

  it("a transaction has the sends that were made in it before it ended, without being awaited", async () => {
    await using msmq = await connect(true)
    await using sender = await msmq.openSender(orders)
    await msmq.transaction(async (transaction) => {
      void sender.send({ label: "1" }, { transaction })
      void sender.send({ label: "2" }, { transaction })
    })
    assert.deepStrictEqual(await labelsIn(msmq), ["1", "2"])
  })

  it("an abort by a signal after the call changes nothing", async () => {
    await using msmq = await connect(false)
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    // A call that has to wait for the event loop's next turn has not begun. The clock stands still, so that the turn lasts on a
    // busy machine, too.
    await setImmediate()
    await setImmediate()
    vi.spyOn(performance, "now").mockReturnValue(performance.now())
    onTestFinished(() => void vi.restoreAllMocks())
    const sending = sender.send({ label: "order" }, controller)
    controller.abort(new Error("too late"))
    await sending
    assert.deepStrictEqual(await labelsIn(msmq), ["order"])
  })

  it.each(["receiver", "connection"] as const)("what waits is told the place that closed its %s", async (closes) => {
    await using msmq = await connect(false)
    const receiver = await msmq.openReceiver(orders)
    const waiting = rejection(receiver.receive())
    const closeHere = () => (closes === "receiver" ? receiver : msmq).close()
    await closeHere()
    assert.match((await waiting).message, /it was released \(at closeHere .*CallOrder\.test\.ts/)
  })

  it("a transaction that has ended fails with the place that began it", async () => {
    await using msmq = await connect(true)
    await using sender = await msmq.openSender(orders)
    const runHere = () => msmq.transaction((transaction) => transaction.abort())
    const error = await rejection(runHere())
    assert(error.reason._tag === "TransactionAborted")
    assert.match(error.reason.beganAt, /at runHere .*CallOrder\.test\.ts/)
    await sender.close()
  })
})
