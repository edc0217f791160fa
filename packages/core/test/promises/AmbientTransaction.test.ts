/** Transactions of programs in promises that do not name them: those that the contract does not hold. */
import type { MsmqError } from "@effect-msmq/core"
import { connect, type Connection, type Receiver } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { AsyncLocalStorage } from "node:async_hooks"
import { setImmediate } from "node:timers/promises"

const orders = ".\\private$\\orders"
const plain = ".\\private$\\plain"
const undo = new Error("undo")
const single = { transaction: "singleMessage" } as const

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it was not rejected"),
    (error: MsmqError.MsmqError) => error
  )

const labelsIn = async (msmq: Connection, queue: string) => {
  await using receiver = await msmq.openReceiver(queue)
  const labels: Array<string> = []
  for await (const { label } of receiver.browse()) labels.push(label)
  return labels
}

/** Connects to a transactional queue with messages, and to a plain one. */
const connectTo = async (...labels: ReadonlyArray<string>) => {
  const msmq = await connect(InMemoryMqrt.layer)
  await msmq.createQueue(orders, { transactional: true })
  await msmq.createQueue(plain)
  const sender = await msmq.openSender(orders)
  await sender.sendAll(
    labels.map((label) => ({ label })),
    single
  )
  return { msmq, sender, receiver: await msmq.openReceiver(orders) }
}

/** Runs a function in a transaction that is undone. */
const undone = async (msmq: Connection, body: () => Promise<unknown>) => {
  const failure = await rejection(
    msmq.transaction(async () => {
      await body()
      throw undo
    })
  )
  assert.strictEqual(failure, undo as unknown as MsmqError.MsmqError)
}

/** Takes one message of an iterator. */
const takeOne = async (iterator: AsyncIterator<{ readonly label: string }>) => (await iterator.next()).value?.label

describe("a transaction of a program in promises", () => {
  it("has the messages of an iterator that was made before it, and not those that it takes afterwards", async () => {
    const { msmq, receiver } = await connectTo("a", "b")
    const iterators = [receiver[Symbol.asyncIterator](), msmq.messages(orders)[Symbol.asyncIterator]()]
    for await (const iterator of iterators) {
      await undone(msmq, async () => assert.strictEqual(await takeOne(iterator), "a"))
      assert.deepStrictEqual(await labelsIn(msmq, orders), ["a", "b"])
    }
    assert.strictEqual(await takeOne(iterators[0]!), "a")
    assert.strictEqual(await takeOne(iterators[1]!), "b")
    await msmq.close()
  })

  it("has each message of calls of next that wait for each other", async () => {
    const { msmq, receiver } = await connectTo("a", "b", "c")
    const iterator = receiver[Symbol.asyncIterator]()
    await undone(msmq, async () => {
      const labels = await Promise.all([takeOne(iterator), takeOne(iterator), takeOne(iterator)])
      assert.deepStrictEqual(labels, ["a", "b", "c"])
    })
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["a", "b", "c"])
    await msmq.close()
  })

  it("is not that of a call that was made before it and answers in it", async () => {
    const { msmq, receiver, sender } = await connectTo()
    const waiting = receiver.receive()
    await undone(msmq, async () => {
      await sender.send({ label: "a" }, single)
      assert.strictEqual((await waiting).label, "a")
    })
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
  })

  it("is not that of the source of a batch that began before it, although the transaction wakes the source", async () => {
    const { msmq, receiver, sender } = await connectTo("a", "b")
    const ready = Promise.withResolvers<void>()
    const out = await msmq.openSender(plain)
    const batch = out.sendAll(
      (async function* () {
        await ready.promise
        const { label } = await receiver.receive()
        yield { label }
      })()
    )
    await undone(msmq, async () => {
      ready.resolve()
      await setImmediate()
      await sender.send({ label: "c" })
    })
    await batch
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["b"])
    assert.deepStrictEqual(await labelsIn(msmq, plain), ["a"])
    await msmq.close()
  })

  it("has what a synchronous source and onProgress of its batch send", async () => {
    const { msmq, sender } = await connectTo()
    const more: Array<Promise<string>> = []
    await undone(msmq, async () => {
      await sender.sendAll(
        (function* () {
          for (let index = 0; index < 600; index++) {
            if (index === 599) more.push(sender.send({ label: "from the source" }))
            yield { label: String(index) }
          }
        })(),
        { onProgress: () => void more.push(sender.send({ label: "from onProgress" })) }
      )
      await Promise.all(more)
    })
    assert.isAbove(more.length, 1)
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
  })

  it("gives the source of a batch the asynchronous context of the program", async () => {
    const { msmq } = await connectTo()
    const out = await msmq.openSender(plain)
    const request = new AsyncLocalStorage<string>()
    await request.run("request 7", () =>
      out.sendAll(
        (async function* () {
          await setImmediate()
          yield { label: request.getStore() ?? "none" }
          yield { label: request.getStore() ?? "none" }
        })()
      )
    )
    assert.deepStrictEqual(await labelsIn(msmq, plain), ["request 7", "request 7"])
    await msmq.close()
  })

  it('refuses a queue that is not transactional, and says that "none" leaves the transaction', async () => {
    const { msmq } = await connectTo()
    const sender = await msmq.openSender(plain)
    const receiver = await msmq.openReceiver(plain)
    await sender.send({ label: "a" })
    await msmq.transaction(async () => {
      for await (const call of [() => sender.send({ label: "b" }), () => receiver.receive(), () => receiver.poll()]) {
        const { message, reason } = await rejection(call())
        assert.strictEqual(reason._tag, "TransactionMismatch")
        assert.include(message, '{ transaction: "none" }')
      }
      assert.strictEqual((await receiver.receive({ transaction: "none" })).label, "a")
      await sender.send({ label: "c" }, { transaction: "none" })
    })
    assert.deepStrictEqual(await labelsIn(msmq, plain), ["c"])
    await msmq.close()
  })

  it("that has ended refuses late calls with an error that says what to do", async () => {
    const { msmq, sender } = await connectTo()
    const ended = Promise.withResolvers<void>()
    let late: Promise<MsmqError.MsmqError> | undefined
    await msmq.transaction(async () => {
      late = ended.promise.then(() => rejection(sender.send({ label: "late" })))
    })
    ended.resolve()
    const message = (await late)?.message ?? ""
    assert.include(message, "the transaction is closed")
    assert.include(message, "Wait for each call of a transaction before it ends")
    assert.include(message, '{ transaction: "none" }')
    await msmq.close()
  })

  it("runs inside another one as a part of it, which may undo it", async () => {
    const { msmq, receiver, sender } = await connectTo("a")
    await undone(msmq, () =>
      msmq.transaction(async () => {
        await receiver.receive()
        await sender.send({ label: "b" })
      })
    )
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["a"])
    await msmq.close()
  })

  it("is not that of another connection, whose calls and transactions in it are refused", async () => {
    const [here, there] = [await connectTo("a"), await connectTo("b")]
    await here.msmq.transaction(async () => {
      for await (const call of [
        () => there.receiver.receive(),
        () => there.sender.send({ label: "c" }),
        () => there.msmq.transaction(() => Promise.resolve())
      ]) {
        const { message, reason } = await rejection(call())
        assert.strictEqual(reason._tag, "IllegalOption")
        assert.include(message, '"none", or with Effect Transaction.outside, leaves a transaction that runs')
      }
      assert.strictEqual((await there.receiver.receive({ transaction: "none" })).label, "b")
    })
    await here.msmq.close()
    await there.msmq.close()
  })

  it("is not that of what its function began and that begins transactions of its own", async () => {
    const { msmq, receiver, sender } = await connectTo()
    const stop = new AbortController()
    const handled = Promise.withResolvers<string>()
    let consuming: Promise<unknown> | undefined
    await msmq.transaction(async () => {
      consuming = receiver
        .consume(({ label }) => Promise.resolve(handled.resolve(label)), { signal: stop.signal })
        .done.catch(() => {})
    })
    await sender.send({ label: "a" }, single)
    assert.strictEqual(await handled.promise, "a")
    stop.abort()
    await consuming
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
  })

  it("is refused by a value that is none, in a program without types", async () => {
    const { msmq, receiver, sender } = await connectTo("a")
    const untyped = receiver as Receiver & { readonly receive: (options: object) => Promise<unknown> }
    await msmq.transaction(async () => {
      for await (const transaction of [null, "", "ambient", false, {}]) {
        assert.strictEqual((await rejection(untyped.receive({ transaction }))).reason._tag, "IllegalOption")
        const given = { transaction } as never
        assert.strictEqual((await rejection(sender.send({ label: "b" }, given))).reason._tag, "IllegalOption")
      }
    })
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["a"])
    await msmq.close()
  })

  it("loses no message, wherever its signal aborts", async () => {
    for await (const turns of Array.from({ length: 24 }).keys()) {
      const { msmq, receiver, sender } = await connectTo("a", "b")
      const controller = new AbortController()
      const run = msmq
        .transaction(
          async () => {
            for await (const { label } of receiver) {
              await sender.send({ label: `${label}'` })
              if (label === "b") return
            }
          },
          { signal: controller.signal }
        )
        .then(
          () => "committed",
          () => "aborted"
        )
      for await (const _ of Array.from({ length: turns }).keys()) await Promise.resolve()
      controller.abort(undo)
      const left = (await run) === "committed" ? ["a'", "b'"] : ["a", "b"]
      assert.deepStrictEqual(await labelsIn(msmq, orders), left, `after ${turns} turns`)
      await msmq.close()
    }
  })
})
