/** Sends that take long leave the main thread, and with it the event loop. */
import { MessageQueue, Mqrt, SecurityContext, Transaction } from "@effect-msmq/core"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
import { start } from "../../core/test/support/settled.ts"
import { bundle } from "../../core/test/support/bundle.ts"
import { slow } from "../../core/test/support/slow.ts"
import { cutSends } from "./support/cutSends.ts"
import { plainMessage, plainQueue, plainSend } from "../../testing/src/contract/plainRecords.ts"
import { runIn } from "./support/runIn.ts"
import { node } from "./support/runtimes.ts"
import { control, files, missing } from "./theDouble.ts"
import { called, hold, labels, letGo, named, namesOf, onDouble, orders, slowSender } from "./support/slowSender.ts"

const program = fileURLToPath(new URL("programs/slowSends.ts", import.meta.url))

interface Measured {
  readonly way: string
  readonly longest: number
  readonly total: number
}

const measured = async (milliseconds: number, count: number): Promise<ReadonlyArray<Measured>> => {
  const { code, lines, stderr } = await runIn(node, await bundle(program), [
    files.library,
    String(milliseconds),
    String(count)
  ])
  assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
  return lines.map((line) => JSON.parse(line))
}

/** Thread of the last send. */
const threadOfSend = () => control.threadOfLastCall("MQSendMessage")

/** Learns which thread is the main one, by a function that always runs there. */
const mainThread = Effect.gen(function* () {
  yield* Effect.scoped(SecurityContext.acquire())
  return control.threadOfLastCall("MQFreeSecurityContext")
})

/** Runs an effect with a scheduler that lets nothing else happen meanwhile. */
const runNow = <A, E>(effect: Effect.Effect<A, E>): A => Effect.runSync(effect)

/** Number of batches. Each run cuts them at other moments. */
const batches = 300

const takesLong = slow("Each of its batches takes some milliseconds until it is cut.")

describe.skipIf(missing !== null)(
  "the event loop",
  { concurrent: true, ...slow("Each of its sends takes as long as it says.") },
  () => {
    it.each([
      [0.05, 1000],
      [0.5, 400],
      [5, 100]
    ])("is kept 10 ms at most by sends of %d ms, in every way of sending", async (milliseconds, count) => {
      const ways = await measured(milliseconds, count)
      assert.strictEqual(ways.length, 12)
      for (const { longest, total, way } of ways) {
        assert.isAtMost(longest, 10, way)
        // One of so many is made on the main thread, to see whether they have become quick.
        if (milliseconds >= 0.5) assert.isAtMost(total, (count * milliseconds) / 4, way)
      }
    })
  }
)

describe.skipIf(missing !== null)("a send", () => {
  beforeEach(() => {
    control.reset()
    control.addPublicQueue("DOUBLE\\one", "one")
  })

  it.live("runs on the main thread while sends on its queue are quick, and off it from the first slow one on", () =>
    onDouble(
      Effect.gen(function* () {
        const main = yield* mainThread
        // Each send takes as long as the clock moves between two looks, whatever the machine does meanwhile.
        let step = 0
        let now = performance.now()
        yield* Effect.acquireRelease(
          Effect.sync(() => vi.spyOn(performance, "now").mockImplementation(() => (now += step))),
          (clock) => Effect.sync(() => clock.mockRestore())
        )
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        yield* sender.send({ label: "quick" })
        assert.strictEqual(threadOfSend(), main)
        step = 5
        yield* sender.send({ label: "first slow one" })
        assert.strictEqual(threadOfSend(), main)
        yield* sender.send({ label: "second slow one" })
        assert.notStrictEqual(threadOfSend(), main)
        // That is known of all handles of the queue, and of no other queue.
        const another = yield* MessageQueue.openSender(orders)
        yield* another.send({ label: "another" })
        assert.notStrictEqual(threadOfSend(), main)
        yield* MessageQueue.create(".\\private$\\other")
        const other = yield* MessageQueue.openSender(".\\private$\\other")
        yield* other.send({ label: "other" })
        assert.strictEqual(threadOfSend(), main)
      })
    )
  )

  it.live("of a program that opens its queue for each send is slow on the main thread once", () =>
    onDouble(
      Effect.gen(function* () {
        const main = yield* mainThread
        yield* MessageQueue.create(orders)
        control.setDelay("MQSendMessage", 5)
        const threads: Array<number> = []
        for (const message of named(20)) {
          yield* Effect.scoped(Effect.flatMap(MessageQueue.openSender(orders), (sender) => sender.send(message)))
          threads.push(threadOfSend())
        }
        assert.deepStrictEqual(
          threads.map((thread) => thread === main),
          [true, ...Array.from({ length: 19 }, () => false)]
        )
      })
    )
  )

  it.live("comes back to the main thread when sends on its queue have become quick", () =>
    onDouble(
      Effect.gen(function* () {
        const main = yield* mainThread
        const sender = yield* slowSender
        letGo()
        yield* sender.sendAll(named(16))
        assert.notStrictEqual(threadOfSend(), main)
        for (let count = 0; threadOfSend() !== main; count++) {
          assert.isBelow(count, 10_000)
          yield* sender.send({ label: "quick again" })
        }
      })
    )
  )

  it.live("that has to fetch keys begins on another thread, and no other send does", () =>
    onDouble(
      Effect.gen(function* () {
        const main = yield* mainThread
        const mqrt = yield* Mqrt.Mqrt
        const securityContext = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
        const kinds = [
          [{}, true],
          [{ privacyLevel: "bodyAes" }, false],
          [{ authenticationLevel: "always" }, false],
          [{ authenticationLevel: "always", securityContext }, true],
          [{ authenticationLevel: "always", securityContext, privacyLevel: "bodyEnhanced" }, false],
          [{ transaction: "singleMessage" }, true]
        ] as const
        for (const [index, [options, onMain]] of kinds.entries()) {
          // How long the sends of one kind take would tell something of the next one, on the same queue.
          const formatName = yield* mqrt.createQueue({ ...plainQueue, pathName: `.\\private$\\kind${index}` }, null)
          const queue = yield* mqrt.openQueue(formatName, "send", "denyNone")
          yield* mqrt.sendMessages(queue, [plainMessage], { ...plainSend, ...options })
          assert.strictEqual(threadOfSend() === main, onMain, Object.keys(options).join())
          yield* mqrt.closeQueue(queue)
        }
        yield* mqrt.freeSecurityContext(securityContext)
      })
    )
  )

  it.live("of a fiber that cannot wait runs on the main thread, quick or slow", () =>
    onDouble(
      Effect.gen(function* () {
        const main = yield* mainThread
        const sender = yield* slowSender
        assert.match(runNow(sender.send({ label: "slow" })), /\\/)
        assert.strictEqual(threadOfSend(), main)
        assert.strictEqual(runNow(sender.sendAll(named(3))).accepted, 3)
      })
    )
  )

  it.live("of a fiber that cannot wait is sent at once, also while a slice on its handle is under way", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        hold()
        const held = yield* start(sender.sendAll(named(3)))
        yield* called("MQSendMessage", 2)
        control.setDelay("MQSendMessage", 5)
        assert.match(runNow(sender.send({ label: "now" })), /\\/)
        assert.strictEqual(runNow(sender.sendAll(named(3, "now "))).accepted, 3)
        assert.isUndefined(held.pollUnsafe())
        letGo()
        yield* Fiber.join(held)
        assert.deepStrictEqual(
          (yield* labels).filter((label) => label.startsWith("now")),
          ["now", "now 0", "now 1", "now 2"]
        )
      })
    )
  )

  it.live("on one handle waits behind those that began before, so that all arrive in that order", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        control.setDelay("MQSendMessage", 1)
        const sends = [named(30, "a"), named(20, "b"), ...named(10, "c").map((message) => [message]), named(5, "d")]
        const fibers = yield* Effect.forEach(sends, (messages) => start(sender.sendAll(messages)))
        letGo()
        const reports = yield* Effect.forEach(fibers, Fiber.join)
        assert.deepStrictEqual(
          reports.map(({ accepted }) => accepted),
          sends.map(({ length }) => length)
        )
        assert.deepStrictEqual(yield* labels, ["slow", ...namesOf(sends.flat())])
      })
    )
  )

  it.live("on one handle waits for none on another, beyond the two that run at once", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        const other = yield* MessageQueue.openSender(orders)
        hold()
        const held = yield* start(sender.sendAll(named(3)))
        yield* called("MQSendMessage", 2)
        const before = control.callCount("MQSendMessage")
        const waits = yield* start(sender.send({ label: "behind" }))
        yield* Effect.sleep(5)
        assert.strictEqual(control.callCount("MQSendMessage"), before)
        yield* MessageQueue.create(".\\private$\\other")
        assert.isUndefined(held.pollUnsafe())
        assert.isUndefined(waits.pollUnsafe())
        letGo()
        yield* other.send({ label: "other" })
        yield* Fiber.join(held)
        yield* Fiber.join(waits)
        const found = (yield* labels).filter((label) => label !== "other")
        assert.deepStrictEqual(found, ["slow", "0", "1", "2", "behind"])
      })
    )
  )

  it.live("that takes long holds up neither the end of a transaction nor the closing of another queue", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        const other = yield* MessageQueue.openSender(orders)
        yield* other.send({ label: "slow, too" })
        const transaction = yield* Transaction.begin()
        const aborted = yield* Transaction.begin()
        const receiver = yield* Scope.make()
        yield* Scope.provide(MessageQueue.openReceiver(orders), receiver)
        hold()
        const held = yield* Effect.forEach([sender, other], (sender) => start(sender.send({ label: "held" })))
        yield* called("MQSendMessage", 4)
        yield* transaction.commit()
        yield* aborted.abort()
        yield* Scope.close(receiver, Exit.void)
        assert.isTrue(held.every((fiber) => fiber.pollUnsafe() === undefined))
        letGo()
        yield* Effect.forEach(held, Fiber.join)
      })
    )
  )

  it.live("reports exactly what was accepted when one in the middle fails", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        for (const [index, failing] of [1, 2, 7, 20].entries()) {
          control.setDelay("MQSendMessage", 1)
          control.failNext("MQSendMessage", 0xc00e_0027, failing)
          const error = yield* Effect.flip(sender.sendAll(named(20, `${index}-`)))
          assert.deepStrictEqual(
            [error.code, error.progress?.accepted],
            ["MQ_ERROR_INSUFFICIENT_RESOURCES", failing - 1]
          )
        }
        const expected = [1, 2, 7, 20].flatMap((failing, index) => namesOf(named(failing - 1, `${index}-`)))
        assert.deepStrictEqual(yield* labels, ["slow", ...expected])
      })
    )
  )

  it.live("gives each message its own id", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        control.setDelay("MQSendMessage", 1)
        const { messageIds = [] } = yield* sender.sendAll(named(20), { messageIds: true })
        const receiver = yield* MessageQueue.openReceiver(orders)
        const found = yield* Stream.runCollect(receiver.browse)
        assert.deepStrictEqual(
          found.slice(1).map(({ messageId }) => messageId),
          [...messageIds]
        )
      })
    )
  )

  it.live("sends the bytes of its beginning, even if their buffers change", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        control.setDelay("MQSendMessage", 1)
        const body = () => new Uint8Array(1000).fill(7)
        const behind = body()
        const messages = Array.from({ length: 20 }, () => ({
          body: body(),
          extension: body(),
          correlationId: body().slice(0, 20)
        }))
        const first = yield* start(sender.sendAll(messages))
        const second = yield* start(sender.send({ body: behind }))
        yield* called("MQSendMessage", 3)
        for (const [index, message] of messages.entries()) {
          for (const bytes of Object.values(message)) {
            if (index % 2 === 0) bytes.fill(9)
            else structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
          }
        }
        structuredClone(behind.buffer, { transfer: [behind.buffer] })
        const { bytes } = yield* Fiber.join(first)
        assert.strictEqual(bytes, 20_000)
        yield* Fiber.join(second)
        const receiver = yield* MessageQueue.openReceiver(orders)
        const found = (yield* Stream.runCollect(receiver.browse)).slice(1)
        assert.strictEqual(found.length, 21)
        for (const [index, message] of found.entries()) {
          assert.deepStrictEqual(new Uint8Array(message.body), body())
          if (index < 20) assert.deepStrictEqual(new Uint8Array(message.extension ?? []), body())
          if (index < 20) assert.deepStrictEqual(new Uint8Array(message.correlationId ?? []), body().slice(0, 20))
        }
      })
    )
  )
})

describe.skipIf(missing !== null)("batches that are cut short at any moment", takesLong, () => {
  it("tell exactly what has arrived, and leave nothing open", async () => {
    control.reset()
    const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Date.now() / 1000) & 0x7fff_ffff)
    await cutSends(files.library, seed, batches)
    const { counts, violations } = control.ledger()
    assert.deepStrictEqual(violations, [])
    assert.deepStrictEqual(
      Object.entries(counts).filter(([, { open }]) => open !== 0),
      []
    )
  })
})
