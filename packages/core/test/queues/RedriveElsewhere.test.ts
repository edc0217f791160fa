/** Redriving from and to queues of other machines, and of the largest messages. */
import { Message, MessageQueue, type Mqrt, Transaction } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, References } from "effect"
import { labelsIn, send } from "../support/consuming.ts"
import { deadLetters } from "../support/poisonPlaces.ts"
import { elapse, start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const target = ".\\private$\\target"
const elsewhere = "WAREHOUSE\\private$\\orders"

const network = HandleLedger.layer(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })).pipe(
  Layer.merge(Layer.succeed(References.MinimumLogLevel, "None"))
)

const there = <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt>) => MsmqControl.on(effect, "WAREHOUSE")

const link = (change: "cutLink" | "joinLink") =>
  MsmqControl.MsmqControl.use((msmq) => msmq[change]("WAREHOUSE", "both"))

const dead = Effect.map(Effect.forEach(deadLetters, labelsIn), (all) => all.flat())

describe("redrive between machines", () => {
  for (const transactional of [true, false]) {
    const kind = transactional ? "transactional" : "plain"

    it.effect(`to a ${kind} queue of another machine, each message arrives once`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional })
        yield* there(MessageQueue.create(orders, { transactional }))
        yield* send(orders, "1", "2")
        const fiber = yield* start(MessageQueue.redrive(orders, elsewhere, { transactional }))
        yield* elapse("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).redriven, 2)
        assert.deepStrictEqual(yield* there(labelsIn(orders)), ["1", "2"])
        assert.deepStrictEqual([yield* labelsIn(orders), yield* dead], [[], []])
      }).pipe(Effect.provide(network))
    )

    it.effect(`from a ${kind} queue of another machine, each message arrives once`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(target, { transactional })
        yield* there(
          Effect.andThen(MessageQueue.create(orders, { transactional }), Effect.orDie(send(orders, "1", "2")))
        )
        assert.strictEqual((yield* MessageQueue.redrive(elsewhere, target)).redriven, 2)
        assert.deepStrictEqual(yield* labelsIn(target), ["1", "2"])
        assert.deepStrictEqual(yield* there(labelsIn(orders)), [])
        yield* HandleLedger.expectNoLeaks
      }).pipe(Effect.provide(network))
    )
  }

  it.effect("a transactional message waits for a machine that is away, and arrives once", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      yield* there(MessageQueue.create(orders, { transactional: true }))
      yield* send(orders, "1")
      yield* link("cutLink")
      assert.strictEqual((yield* MessageQueue.redrive(orders, elsewhere, { transactional: true })).redriven, 1)
      assert.deepStrictEqual([yield* labelsIn(orders), yield* there(labelsIn(orders))], [[], []])
      yield* link("joinLink")
      yield* elapse("1 hour")
      assert.deepStrictEqual([yield* there(labelsIn(orders)), yield* dead], [["1"], []])
    }).pipe(Effect.provide(network))
  )

  it.effect("a plain message stays where its copy cannot be delivered, and the copy does not come later", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* there(MessageQueue.create(orders))
      yield* send(orders, "1")
      yield* link("cutLink")
      const redriving = MessageQueue.redrive(orders, elsewhere, { transactional: false })
      const fiber = yield* start(Effect.flip(redriving))
      yield* elapse("35 seconds")
      const { reason } = yield* Fiber.join(fiber)
      assert.strictEqual(reason._tag, "CopyNotArrived")
      yield* link("joinLink")
      yield* elapse("1 hour")
      assert.deepStrictEqual([yield* labelsIn(orders), yield* there(labelsIn(orders))], [["1"], []])
    }).pipe(Effect.provide(network))
  )

  it.effect("dead letters of another machine's queue go back there, of the kind that they were", () =>
    Effect.gen(function* () {
      yield* there(MessageQueue.create(orders, { transactional: true, quota: 0 }))
      const sender = yield* MessageQueue.openSender(elsewhere)
      yield* sender.send({ label: "1", journaling: { deadLetter: true } }, { transaction: "singleMessage" })
      yield* elapse("1 minute")
      assert.deepStrictEqual(yield* dead, ["1"])
      yield* there(MessageQueue.setProperties(orders, { quota: "unlimited" }))
      assert.strictEqual((yield* MessageQueue.redrive(".\\system$;DEADXACT", "destinationQueue")).redriven, 1)
      yield* elapse("1 minute")
      assert.deepStrictEqual([yield* there(labelsIn(orders)), yield* dead], [["1"], []])
    }).pipe(Effect.scoped, Effect.provide(network))
  )
})

describe("redrive of the largest messages", () => {
  for (const [from, to] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false]
  ] as const) {
    it.effect(`whose size leaves no room for a further property, ${from} to ${to}`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: from })
        yield* MessageQueue.create(target, { transactional: to })
        const sender = yield* MessageQueue.openSender(orders)
        const largest = (length: number): Effect.Effect<number> =>
          sender.send({ body: new Uint8Array(length) }, { transaction: from ? "singleMessage" : "none" }).pipe(
            Effect.as(length),
            Effect.catch(() => largest(length - 8))
          )
        const length = yield* largest(Message.maximumPacketSize - 100)
        assert.strictEqual((yield* MessageQueue.redrive(orders, target)).redriven, 1)
        const receiver = yield* MessageQueue.openReceiver(target)
        assert.strictEqual((yield* receiver.receive).bodySize, length)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
      }).pipe(Effect.scoped, Effect.provide(network))
    )
  }
})

describe("redrive for each message in a transaction of its own", () => {
  it.effect("works with queues of both kinds", () =>
    Effect.gen(function* () {
      for (const transactional of [true, false]) {
        yield* MessageQueue.create(orders, { transactional })
        yield* MessageQueue.create(target, { transactional })
        yield* send(orders, "1", "2")
        const report = yield* Transaction.singleMessage(MessageQueue.redrive(orders, target))
        assert.strictEqual(report.redriven, 2)
        yield* Effect.forEach([orders, target], (queue) => MessageQueue.delete(queue))
      }
    }).pipe(Effect.provide(network))
  )
})
