/** The promise face's iterators, which programs may also use without `for await`. */
import { InMemoryMqrt } from "@effect-msmq/testing"
import { connect } from "@effect-msmq/core/promises"
import { assert, describe, it } from "@effect/vitest"

const orders = ".\\private$\\orders"

/** A connection with a queue, its sender and receiver, and an iterator over its messages. */
const open = async () => {
  const msmq = await connect(InMemoryMqrt.layer)
  await msmq.createQueue(orders)
  const sender = await msmq.openSender(orders)
  const receiver = await msmq.openReceiver(orders)
  const iterator = receiver[Symbol.asyncIterator]()
  const left = async () => {
    const labels: Array<string> = []
    for await (const { label } of receiver.browse()) labels.push(label)
    return labels
  }
  return {
    msmq,
    sender,
    receiver,
    iterator,
    send: (...labels: ReadonlyArray<string>) => sender.sendAll(labels.map((label) => ({ label }))),
    left,
    [Symbol.asyncDispose]: () => msmq.close()
  }
}

type Iterator = AsyncIterator<{ readonly label: string }>

const next = async (iterator: Iterator): Promise<string | undefined> => {
  const { done, value } = await iterator.next()
  return done === true ? undefined : value.label
}

/** Lets everything go on that can go on. */
const settled = () => new Promise<void>((resolve) => void setTimeout(resolve, 20))

const end: IteratorReturnResult<undefined> = { done: true, value: undefined }

describe("an iterator over messages", () => {
  it("returns as many messages as are requested at once, in order", async () => {
    await using queue = await open()
    const { iterator, left, send } = queue
    const waiting = Promise.all([next(iterator), next(iterator), next(iterator)])
    await send("a", "b", "c", "d")
    assert.deepStrictEqual(await waiting, ["a", "b", "c"])
    assert.deepStrictEqual(await left(), ["d"])
  })

  it("receives no more after return, whatever was requested before", async () => {
    await using queue = await open()
    const { iterator, left, send } = queue
    const waiting = Promise.all([next(iterator), next(iterator), next(iterator)])
    await settled()
    assert.deepStrictEqual(await iterator.return!(), end)
    await send("a", "b")
    assert.deepStrictEqual(await waiting, [undefined, undefined, undefined])
    await settled()
    assert.deepStrictEqual(await left(), ["a", "b"])
    assert.strictEqual(await next(iterator), undefined)
  })

  it("receives no more after throw, which rejects with its error", async () => {
    await using queue = await open()
    const { iterator, left, send } = queue
    const waiting = Promise.all([next(iterator), next(iterator)])
    const mistake = new Error("mistake")
    assert.strictEqual(await iterator.throw!(mistake).catch((error: unknown) => error), mistake)
    await send("a")
    assert.deepStrictEqual(await waiting, [undefined, undefined])
    await settled()
    assert.deepStrictEqual(await left(), ["a"])
  })

  it("returns the messages that it received before return was called, and leaves the others", async () => {
    await using queue = await open()
    const { iterator, left, send } = queue
    await send("a", "b", "c")
    const asked = [next(iterator), next(iterator)]
    const returned = iterator.return!()
    const got = (await Promise.all(asked)).filter((label) => label !== undefined)
    await returned
    assert.deepStrictEqual([...got, ...(await left())], ["a", "b", "c"])
  })

  it("returns or leaves each message, at whatever step return is called", async () => {
    await using queue = await open()
    const { left, receiver, send } = queue
    let [sent, handed] = [0, 0]
    const iterate = async (iterator: Iterator): Promise<void> => {
      if ((await next(iterator)) === undefined) return
      handed++
      return iterate(iterator)
    }
    const go = async (rounds: number): Promise<void> => {
      if (rounds === 0) return
      await new Promise<void>((resolve) => void setImmediate(resolve))
      return go(rounds - 1)
    }
    const cutAfter = async (cut: number): Promise<void> => {
      const iterator = receiver[Symbol.asyncIterator]()
      const readers = [iterate(iterator), iterate(iterator)]
      const sending = send("a", "b", "c")
      sent += 3
      await go(cut % 4)
      await iterator.return!()
      await Promise.all([...readers, sending])
      return cut === 0 ? undefined : cutAfter(cut - 1)
    }
    await cutAfter(40)
    assert.strictEqual(handed + (await left()).length, sent)
  })

  it("that is left by break receives no more than it has returned", async () => {
    await using queue = await open()
    const { left, receiver, send } = queue
    await send("a", "b", "c")
    for await (const { label } of receiver) {
      if (label === "b") break
    }
    assert.deepStrictEqual(await left(), ["c"])
  })

  it("that is left by an error passes the error on, and receives no more", async () => {
    await using queue = await open()
    const { left, receiver, send } = queue
    await send("a", "b")
    const mistake = new Error("mistake")
    const loop = async () => {
      for await (const { label } of receiver) if (label === "a") throw mistake
    }
    assert.strictEqual(await loop().catch((error: unknown) => error), mistake)
    assert.deepStrictEqual(await left(), ["b"])
  })

  it("fails once when its receiver is closed, and then is done", async () => {
    await using queue = await open()
    const { iterator, receiver } = queue
    const asked = [next(iterator), next(iterator)]
    await settled()
    await receiver.close()
    const [first, second] = await Promise.allSettled(asked)
    assert.strictEqual(first?.status === "rejected" && first.reason.code, "Released")
    assert.deepStrictEqual(second, { status: "fulfilled", value: undefined })
    assert.deepStrictEqual(await iterator.next(), end)
  })

  it("that browses a queue stays done", async () => {
    await using queue = await open()
    const { receiver, send } = queue
    await send("a", "b")
    const browsing = receiver.browse()[Symbol.asyncIterator]()
    assert.deepStrictEqual(await Promise.all([1, 2, 3, 4].map(() => next(browsing))), ["a", "b", undefined, undefined])
    await send("c")
    assert.strictEqual(await next(browsing), undefined)
  })
})
