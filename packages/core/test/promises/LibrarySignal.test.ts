/** Signals of a library, such as that of a DOM in JavaScript, which are no `AbortSignal` of Node. */
import { MsmqError } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"

const orders = ".\\private$\\orders"
const stop = new Error("stop")

/** Signal with what every version of a library has: `reason` and `any` are newer. */
class LibrarySignal extends EventTarget {
  aborted = false
  onabort = null
  reason: unknown = undefined
  readonly #reason: unknown = stop

  abort(): void {
    this.aborted = true
    this.dispatchEvent(new Event("abort"))
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.#reason
  }
}

const open = async () => {
  const msmq = await connect(InMemoryMqrt.layer)
  await msmq.createQueue(orders, { transactional: true })
  const receiver = await msmq.openReceiver(orders)
  const sender = await msmq.openSender(orders)
  return { msmq, receiver, sender, [Symbol.asyncDispose]: () => msmq.close() }
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it was not rejected"),
    (error: unknown) => error
  )

describe("a signal of a library", () => {
  it("ends a receive that waits, which rejects with what its throwIfAborted throws", async () => {
    await using queue = await open()
    const signal = new LibrarySignal()
    const received = queue.receiver.receive({ signal })
    signal.abort()
    assert.strictEqual(await rejection(received), stop)
  })

  it("that has aborted refuses a call in the same way", async () => {
    await using queue = await open()
    const signal = new LibrarySignal()
    signal.abort()
    assert.strictEqual(await rejection(queue.receiver.poll({ signal })), stop)
  })

  it("leaves the outcome of a call that ends before it aborts", async () => {
    await using queue = await open()
    const signal = new LibrarySignal()
    assert.isUndefined(await queue.receiver.poll({ signal }))
    const received = queue.receiver.receive({ signal })
    await queue.sender.send({ label: "order" }, { transaction: "singleMessage", signal })
    assert.strictEqual((await received).label, "order")
  })

  it("rolls a transaction back, and reaches its function", async () => {
    await using queue = await open()
    const signal = new LibrarySignal()
    const ran = queue.msmq.transaction(
      async (transaction, inner) => {
        await queue.sender.send({ label: "order" }, { transaction })
        assert.isFalse(inner.aborted)
        signal.abort()
        assert.isTrue(inner.aborted)
      },
      { signal }
    )
    assert.strictEqual(await rejection(ran), stop)
    assert.isUndefined(await queue.receiver.poll())
  })

  it("reaches each of the calls that it was given to, also those after the abort", async () => {
    await using queue = await open()
    const signal = new LibrarySignal()
    const received = [queue.receiver.receive({ signal }), queue.receiver.peek({ signal })]
    signal.abort()
    assert.deepStrictEqual(await Promise.all(received.map(rejection)), [stop, stop])
    assert.strictEqual(await rejection(queue.receiver.poll({ signal })), stop)
  })
})

describe("a signal that cannot be read", () => {
  it("is refused before anything is received", async () => {
    await using queue = await open()
    await queue.sender.send({ label: "order" }, { transaction: "singleMessage" })
    const signal: AbortSignal = Object.create(AbortSignal.prototype)
    const error = await rejection(queue.receiver.receive({ signal }))
    assert.instanceOf(error, MsmqError.MsmqError)
    assert.propertyVal(error.reason, "_tag", "IllegalOption")
    assert.strictEqual((await queue.receiver.poll())?.label, "order")
  })
})
