import { type MessageBody, type MsmqError } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Layer, Result, Tracer } from "effect"
import { connectObserved } from "../support/connection.ts"

const orders = ".\\private$\\orders"
const invoices = ".\\private$\\invoices"

/** A connection with two transactional queues. */
const connectToOrders = async () => {
  const connection = await connectObserved()
  await connection.msmq.createQueue(orders, { transactional: true })
  await connection.msmq.createQueue(invoices, { transactional: true })
  return connection
}

const labelsOf = async (messages: AsyncIterable<{ readonly label: string }>) => {
  const labels: Array<string> = []
  for await (const { label } of messages) labels.push(label)
  return labels
}

const labelsIn = async (msmq: Connection, queue: string) => {
  await using receiver = await msmq.openReceiver(queue)
  return await labelsOf(receiver.browse())
}

const single = { transaction: "singleMessage" } as const

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it was not rejected"),
    (error: MsmqError.MsmqError) => error
  )

describe("a transaction", () => {
  it("commits when its function is fulfilled, and aborts when it is rejected, with the same error", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const receiver = await msmq.openReceiver(orders)
    const sender = await msmq.openSender(invoices)
    const source = await msmq.openSender(orders)
    await source.send({ label: "order" }, single)
    const mistake = new Error("too late")
    const answer = (error: Error | undefined) =>
      msmq.transaction(async (transaction) => {
        const order = await receiver.receive({ transaction })
        await sender.send({ label: `invoice for ${order.label}` }, { transaction })
        if (error !== undefined) throw error
        return order.label
      })
    assert.strictEqual(await rejection(answer(mistake)), mistake as unknown as MsmqError.MsmqError)
    assert.deepStrictEqual([await labelsIn(msmq, orders), await labelsIn(msmq, invoices)], [["order"], []])
    assert.strictEqual(await answer(undefined), "order")
    assert.deepStrictEqual([await labelsIn(msmq, orders), await labelsIn(msmq, invoices)], [[], ["invoice for order"]])
    await msmq.close()
    await expectNoLeaks()
  })

  it("aborts if its function returns no promise, with an error", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    const errors = [undefined, null, 1, "done", {}, []].map((given) =>
      rejection(
        msmq.transaction((transaction) => {
          // What a program forgets to return is part of what is rolled back.
          void sender.send({ label: "forgotten" }, { transaction }).catch(() => {})
          return given as never
        })
      )
    )
    for (const error of await Promise.all(errors)) {
      assert.strictEqual(error.reason._tag, "IllegalOption")
      assert.include(error.message, "Transaction.run: body is a function that returned ")
      assert.include(error.message, "it must be a function that returns a promise, as an async function does")
    }
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
    await expectNoLeaks()
  })

  it("is not begun by a consume whose policy names both a subqueue and a queue for poison", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const receiver = await msmq.openReceiver(orders)
    const poison = { queue: invoices, subqueue: "poison" } as never
    const error = await rejection(receiver.consume(() => Promise.resolve(), { poison }).done)
    assert.include(error.message, 'it must be "fail", "reject", { subqueue } or { queue }')
    await msmq.close()
    await expectNoLeaks()
  })

  it("is not begun for a class, which cannot be called", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const error = await rejection(msmq.transaction(Map as never))
    assert.include(error.message, "body is a class, but it must be a function that returns a promise")
    await msmq.close()
    await expectNoLeaks()
  })

  it("aborts with its signal, and later calls of its function are refused", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const late = Promise.withResolvers<MsmqError.MsmqError>()
    const run = msmq.transaction(
      async (transaction, signal) => {
        await sender.send({ label: "never" }, { transaction })
        controller.abort(new Error("stop"))
        assert.isTrue(signal.aborted)
        await new Promise((resolve) => setTimeout(resolve, 10))
        late.resolve(await rejection(sender.send({ label: "never either" }, { transaction })))
      },
      { signal: controller.signal }
    )
    assert.strictEqual((await rejection(run)).message, "stop")
    assert.strictEqual((await late.promise).code, "Released")
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
    await expectNoLeaks()
  })

  it("begun by hand is aborted by its block unless it was committed", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    {
      await using transaction = await msmq.beginTransaction()
      await sender.send({ label: "lost" }, { transaction })
      assert.isTrue(transaction.isOpen)
    }
    {
      await using transaction = await msmq.beginTransaction()
      await sender.send({ label: "kept" }, { transaction })
      await transaction.commit()
      assert.isFalse(transaction.isOpen)
    }
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["kept"])
    await msmq.close()
    await expectNoLeaks()
  })
})

describe("a cursor", () => {
  it("goes through the messages, receives the current one, and is closed with its block", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    await sender.sendAll([{ label: "a" }, { label: "b" }, { label: "c" }], single)
    const receiver = await msmq.openReceiver(orders)
    {
      await using cursor = await receiver.cursor()
      assert.strictEqual(await cursor.current(), undefined)
      assert.strictEqual((await cursor.next())?.label, "a")
      assert.strictEqual((await cursor.next())?.label, "b")
      assert.strictEqual((await cursor.receive())?.label, "b")
      assert.strictEqual(await cursor.receive(), undefined)
      assert.deepStrictEqual(await labelsOf(cursor), ["c"])
      assert.strictEqual(await cursor.nextWithin(1), undefined)
    }
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["a", "c"])
    await msmq.close()
    await expectNoLeaks()
  })
})

describe("a receiver", () => {
  it("peeks, looks up, moves and rejects", async () => {
    const { msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    await sender.sendAll([{ label: "a" }, { label: "b" }], single)
    const receiver = await msmq.openReceiver(orders)
    const first = await receiver.peek()
    assert.deepStrictEqual([first.label, (await receiver.pollPeek())?.label], ["a", "a"])
    assert.strictEqual((await receiver.peekWithin(1))?.label, "a")
    assert.strictEqual((await receiver.lookup("peekNext", first.lookupId))?.label, "b")
    assert.strictEqual(await receiver.lookup("peekPrevious", first.lookupId), undefined)
    await receiver.move(first, "retry")
    assert.deepStrictEqual(await labelsIn(msmq, `${orders};retry`), ["a"])
    await msmq.transaction(async (transaction) => {
      const message = await receiver.receive({ transaction })
      await receiver.reject(message, { transaction })
    })
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    assert.strictEqual((await rejection(receiver.reject(first))).code, "MQ_ERROR_MESSAGE_NOT_FOUND")
    await msmq.close()
  })

  it("opened by a loop over the messages of a queue is closed when the loop is left", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    await sender.sendAll([{ label: "a" }, { label: "b" }, { label: "c" }], single)
    const seen: Array<string> = []
    for await (const { label } of msmq.messages(orders)) {
      seen.push(label)
      if (seen.length === 2) break
    }
    assert.deepStrictEqual([seen, await labelsIn(msmq, orders)], [["a", "b"], ["c"]])
    await sender.close()
    await expectNoLeaks()
    await msmq.close()
  })
})

describe("consuming", () => {
  it("passes each message to the handler in a transaction, retries, and stops when the signal aborts", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const controller = new AbortController()
    const receiver = await msmq.openReceiver(orders)
    const sender = await msmq.openSender(invoices)
    const source = await msmq.openSender(orders)
    await source.sendAll([{ label: "1" }, { label: "poison" }, { label: "2" }], single)
    const events: Array<string> = []
    const consuming = receiver.consume(
      async ({ label }, { transaction }) => {
        await sender.send({ label: `invoice ${label}` }, { transaction: transaction ?? "none" })
        if (label === "poison") throw new Error("cannot")
        if (label === "2") controller.abort(new Error("enough"))
      },
      {
        retry: { times: 1, delay: 1 },
        poison: { subqueue: "poison" },
        signal: controller.signal,
        onEvent: ({ _tag }) => void events.push(_tag)
      }
    )
    assert.strictEqual((await rejection(consuming.done)).message, "enough")
    assert.deepStrictEqual(events, ["Received", "Handled", "Received", "Retrying", "Poisoned", "Received", "Handled"])
    assert.deepStrictEqual(await labelsIn(msmq, invoices), ["invoice 1", "invoice 2"])
    assert.deepStrictEqual(await labelsIn(msmq, `${orders};poison`), ["poison"])
    await msmq.close()
    await expectNoLeaks()
  })

  it("rejects with the failure of the handler by default", async () => {
    const { msmq } = await connectToOrders()
    const receiver = await msmq.openReceiver(orders)
    await using source = await msmq.openSender(orders)
    await source.send({ label: "1" }, single)
    const consuming = receiver.consume(() => Promise.reject(new Error("cannot")), { retry: { times: 0, delay: 0 } })
    assert.strictEqual((await rejection(consuming.done)).code, "PoisonMessage")
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["1"])
    await msmq.close()
  })
})

describe("an error", () => {
  it("is an Error with a code, a name and a reason", async () => {
    const { msmq } = await connectToOrders()
    const error = await rejection(msmq.openReceiver(".\\private$\\nowhere"))
    assert.instanceOf(error, Error)
    assert.deepStrictEqual(
      [error.code, error.name, error.reason._tag],
      ["MQ_ERROR_QUEUE_NOT_FOUND", "MsmqError", "QueueNotFound"]
    )
    const sender = await msmq.openSender(orders)
    await sender.close()
    assert.strictEqual((await rejection(sender.send({}, single))).code, "Released")
    await msmq.close()
  })
})

describe("a connection", () => {
  it("runs all calls with the services of its layer, such as a tracer", async () => {
    const names: Array<string> = []
    const tracer = Tracer.make({
      span: (options) => {
        names.push(options.name)
        return new Tracer.NativeSpan(options)
      }
    })
    const layer = Layer.merge(InMemoryMqrt.layer, Layer.succeed(Tracer.Tracer)(tracer))
    await using msmq = await connect(layer)
    await msmq.createQueue(orders, { transactional: true })
    await using sender = await msmq.openSender(orders)
    await msmq.transaction((transaction) => sender.send({ label: "a" }, { transaction }))
    for await (const { label } of msmq.messages(orders)) {
      assert.strictEqual(label, "a")
      break
    }
    for (const name of ["MessageQueue.create", `send ${orders}`, "commit", `receive ${orders}`]) {
      assert.include(names, name)
    }
  })
})

/** Sizes as one byte each, to see what types let through. */
const size: MessageBody.MessageBody<number> = {
  name: "a size",
  encode: (value) =>
    value >= 0 && value < 256
      ? Result.succeed({ body: Uint8Array.of(value), bodyType: 17 })
      : Result.fail("must be 0 to 255"),
  decode: ({ body }) => (body.length === 1 ? Result.succeed(body[0] ?? 0) : Result.fail("must be one byte"))
}

describe("a codec", () => {
  it("encodes and decodes bodies, or fails with the index of the message", async () => {
    const { msmq } = await connectToOrders()
    await using sender = await msmq.openSender(orders, { body: size })
    await using receiver = await msmq.openReceiver(orders, { body: size })
    await sender.send({ body: 7 }, single)
    assert.strictEqual((await receiver.receive()).body, 7)
    const unencodable = await rejection(sender.sendAll([{ body: 1 }, { body: 256 }], single))
    assert(unencodable.reason._tag === "IllegalMessage")
    assert.deepStrictEqual([unencodable.reason.index, unencodable.reason.rule], [1, "as a size must be 0 to 255"])
    assert.strictEqual((await receiver.receive()).body, 1)
    await using raw = await msmq.openSender(orders)
    await raw.send({ body: new Uint8Array(2), label: "two" }, single)
    const undecodable = await rejection(receiver.receive())
    assert(undecodable.reason._tag === "UndecodableBody")
    assert.deepStrictEqual([undecodable.reason.message.label, undecodable.reason.message.body.length], ["two", 2])
    await msmq.close()
  })
})

describe("types", () => {
  it("refuse wrong use", () => {
    const wrong = async (msmq: Connection) => {
      const sender = await msmq.openSender(orders, { body: size, transactional: false })
      // @ts-expect-error -- a sender has no receive
      await sender.receive()
      // @ts-expect-error -- a body of the wrong type
      await sender.send({ body: "seven" })
      // @ts-expect-error -- a plain queue takes part in no transaction
      await sender.send({ body: 7 }, single)
      const receiver = await msmq.openReceiver(orders, { body: size })
      // @ts-expect-error -- a receiver sends nothing
      await receiver.send({ body: 7 })
      const message = await receiver.receive()
      // @ts-expect-error -- its bodies are numbers
      assert.isUndefined(message.body.length)
      // @ts-expect-error -- what waits for ever can only be left by a signal
      await receiver.receive({ timeout: 5 })
    }
    assert.isFunction(wrong)
  })
})
