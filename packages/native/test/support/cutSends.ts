/** Batches that are cut short at random moments, while their sends are on and off the main thread. */
import { MsmqError } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import { NativeMqrt } from "@effect-msmq/native"
import koffi from "koffi"
import * as assert from "node:assert/strict"
import { setImmediate as round } from "node:timers/promises"

const plain = ".\\private$\\cut"
const transactional = ".\\private$\\cut-transactional"

/** Numbers from 0 to below 1, the same for the same seed. */
const randomOf = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const cuts = ["signal", "sender", "dispose", "abort", "commit", "failure", "connection", "nothing"] as const

/** Milliseconds of a send. */
const delays = [0, 0, 0.02, 0.3, 1, 2]

type Sender = Awaited<ReturnType<Connection["openSender"]>>
type Options = NonNullable<Parameters<Sender["sendAll"]>[1]>

/** Sends a batch, and tells how many of its messages were accepted, however it ended. */
const acceptedOf = async (sender: Sender, labels: ReadonlyArray<string>, options: Options): Promise<number> => {
  let accepted = 0
  const onProgress = (report: { readonly accepted: number }) => {
    accepted = report.accepted
  }
  const messages = labels.map((label) => ({ label, body: new Uint8Array(label.length * 50) }))
  try {
    const report = await sender.sendAll(messages, { ...options, onProgress })
    assert.equal(report.accepted, labels.length)
    return report.accepted
  } catch (error) {
    if (error instanceof MsmqError.MsmqError) assert.equal(error.progress?.accepted ?? 0, accepted)
    else assert.equal(error instanceof Error ? error.name : error, "AbortError")
    return accepted
  }
}

/** Cuts so many batches short, each on a connection of its own, and looks that what they told has arrived. */
export const cutSends = async (library: string, seed: number, count: number): Promise<void> => {
  const layer = NativeMqrt.layerWith({ library })
  const double = koffi.load(library)
  const setDelay = double.func("int Double_SetDelay(const char *function, double milliseconds)")
  const failNext = double.func("int Double_FailNext(const char *function, uint32_t nth, uint32_t result)")
  await using keeper = await connect(layer)
  await keeper.createQueue(plain)
  await keeper.createQueue(transactional, { transactional: true })
  const receivers = [await keeper.openReceiver(plain), await keeper.openReceiver(transactional)]

  const cutOne = async (seed: number): Promise<void> => {
    const random = randomOf(seed)
    const below = (limit: number): number => Math.floor(random() * limit)
    const cut = cuts[below(cuts.length)] ?? "nothing"
    const inTransaction = cut === "abort" || cut === "commit"
    const msmq = await connect(layer)
    const sender = await msmq.openSender(inTransaction ? transactional : plain)
    const securityContext = msmq.securityContext()
    const transaction = inTransaction ? await msmq.beginTransaction() : undefined
    const controller = new AbortController()
    const options: Options = {
      ...(cut === "dispose" || below(2) === 0 ? { securityContext } : {}),
      ...(transaction === undefined ? {} : { transaction }),
      signal: controller.signal
    }
    setDelay("MQSendMessage", delays[below(delays.length)])
    if (cut === "failure") failNext("MQSendMessage", 1 + below(40), 0xc00e_0027)
    const batches = ["a", "b", "c"].map((name) => Array.from({ length: below(300) }, (_, index) => `${name}${index}`))
    const sending = batches.map((labels) => acceptedOf(sender, labels, options))
    for (let left = below(8); left > 0; left--) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await round()
    }
    // After a while what runs gets on quickly.
    setTimeout(() => setDelay("MQSendMessage", 0), 8)
    let isCommitted = true
    const makeCut = {
      signal: () => controller.abort(),
      sender: () => sender.close(),
      dispose: () => securityContext[Symbol.dispose](),
      abort: () => transaction?.abort(),
      commit: () => transaction?.commit(),
      failure: () => {},
      connection: () => msmq.close(),
      nothing: () => {}
    }[cut]
    await makeCut()
    if (cut === "abort") isCommitted = false
    const accepted = await Promise.all(sending)
    await msmq.close()
    failNext("MQSendMessage", 0, 0)
    const [receiver] = inTransaction ? receivers.slice(1) : receivers
    const arrived: Array<string> = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    for (let next = await receiver?.poll(); next !== undefined; next = await receiver?.poll()) arrived.push(next.label)
    for (const [index, labels] of batches.entries()) {
      const expected: ReadonlyArray<string> = isCommitted ? labels.slice(0, accepted[index]) : []
      const found = arrived.filter((label) => label.startsWith("abc"[index] ?? ""))
      assert.deepEqual(found, expected, `seed ${seed}: ${cut}`)
    }
  }

  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  for (let index = 0; index < count; index++) await cutOne(seed + index)
}
