/** Queues of the promise face: ensuring them, and redriving their messages. */
import type { Message, MessageQueue } from "@effect-msmq/core"
import type { Connection } from "@effect-msmq/core/promises"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"

const orders = ".\\private$\\orders"
const target = ".\\private$\\target"

const labelsIn = async (msmq: Connection, queue: string) => {
  await using receiver = await msmq.openReceiver(queue, { access: "peek" })
  const labels: Array<string> = []
  for await (const { label } of receiver.browse()) labels.push(label)
  return labels
}

const filled = async (count: number) => {
  const msmq = await connect(InMemoryMqrt.layer)
  await Promise.all([orders, target].map((queue) => msmq.ensureQueue(queue, { transactional: true })))
  await using sender = await msmq.openSender(orders)
  const messages = Array.from({ length: count }, (_, index) => ({ label: `${index}` }))
  await sender.sendAll(messages, { transaction: "singleMessage" })
  return msmq
}

describe("queues in promises", () => {
  it("of twenty calls at once one creates the queue, and each tells its format name", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    const all = await Promise.all(Array.from({ length: 20 }, () => msmq.ensureQueue(orders, { label: "Orders" })))
    assert.strictEqual(all.filter(({ created }) => created).length, 1)
    assert.strictEqual(new Set(all.map(({ formatName }) => formatName)).size, 1)
    const error: unknown = await msmq.ensureQueue(orders, { transactional: true }).catch((cause: unknown) => cause)
    assert.propertyVal(error, "code", "QueueDiffers")
  })

  it("messages are redriven, and the report and its progress tell how many", async () => {
    await using msmq = await filled(3)
    const told: Array<number> = []
    const where = ({ label }: Message.ReceivedMessage) => label !== "1"
    const onProgress = ({ redriven }: MessageQueue.RedriveReport) => void told.push(redriven)
    const report = await msmq.redriveMessages(orders, target, { where, onProgress })
    assert.deepStrictEqual(report, { examined: 3, redriven: 2, skipped: 1 })
    assert.deepStrictEqual(told, [1, 1, 2])
    assert.deepStrictEqual([await labelsIn(msmq, orders), await labelsIn(msmq, target)], [["1"], ["0", "2"]])
  })

  it("an abort rejects with its reason between two messages, and progress has counted those that are redriven", async () => {
    await using msmq = await filled(200)
    const controller = new AbortController()
    let redriven = 0
    const onProgress = (report: MessageQueue.RedriveReport) => {
      redriven = report.redriven
      if (redriven === 7) controller.abort(new Error("enough"))
    }
    const { signal } = controller
    const error: unknown = await msmq.redriveMessages(orders, target, { onProgress, signal }).then(
      () => undefined,
      (cause: unknown) => cause
    )
    assert.propertyVal(error, "message", "enough")
    assert(redriven >= 7 && redriven < 200)
    assert.strictEqual((await labelsIn(msmq, target)).length, redriven)
    assert.strictEqual((await labelsIn(msmq, orders)).length, 200 - redriven)
    const aborted: unknown = await msmq.redriveMessages(orders, target, { signal }).catch((cause: unknown) => cause)
    assert.strictEqual(aborted, signal.reason)
    assert.strictEqual((await labelsIn(msmq, orders)).length, 200 - redriven)
  })

  it("in a transaction the messages are redriven with its commit, or none", async () => {
    await using msmq = await filled(2)
    const failed = msmq.transaction(async () => {
      await msmq.redriveMessages(orders, target)
      throw new Error("too late")
    })
    assert.propertyVal(await failed.catch((cause: unknown) => cause), "message", "too late")
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["0", "1"])
    const report = await msmq.transaction(() => msmq.redriveMessages(orders, target))
    assert.strictEqual(report.redriven, 2)
    assert.deepStrictEqual(await labelsIn(msmq, target), ["0", "1"])
  })

  it("a function that rejects instead of answering stops it, and its rejection does not end the process", async () => {
    await using msmq = await filled(1)
    const untyped = msmq.redriveMessages.bind(msmq) as (...given: ReadonlyArray<unknown>) => Promise<unknown>
    const where = () => Promise.reject(new Error("asked elsewhere"))
    const error: unknown = await untyped(orders, target, { where }).catch((cause: unknown) => cause)
    assert.propertyVal(error, "code", "IllegalOption")
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["0"])
  })
})
