/** A copy of a poison message is acknowledged, says what happened, and fits into a message. */
import { Consumer, Message, MessageQueue } from "@effect-msmq/core"
import { FaultInjection, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import {
  consuming,
  errorOf,
  eventLog,
  labelsIn,
  leakFree,
  never,
  orders,
  poison,
  queues,
  send
} from "../support/consuming.ts"
import { acknowledgments, fill, placesOf, sources } from "../support/poisonPlaces.ts"
import { elapse } from "../support/settled.ts"

const control = MsmqControl.MsmqControl

describe("a copy", () => {
  it.effect("sent in a transaction asks to be a dead letter, and its original leaves with it", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad")
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison }
        })
        const copy = yield* (yield* MessageQueue.openReceiver(poison)).receive
        assert.isTrue(copy.journaling?.deadLetter)
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("that a full queue refuses after the commit is a dead letter, and consuming fails with that", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad", "2")
        yield* fill(true)
        // The queue cannot be inspected, so only the acknowledgment says that it is full.
        yield* FaultInjection.inject({ function: "MQMgmtGetInfo", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison },
          onEvent
        })
        const error = errorOf(yield* Fiber.await(consumer))
        assert(error.reason._tag === "PoisonMessage")
        assert.strictEqual(error.reason.kept, "deadLetterQueue")
        assert.include(error.message, "after 1 attempt: broken; and then: ")
        assert.include(error.message, "the queue is full: empty it, or raise its quota (class 0x8003)")
        assert.deepStrictEqual(events, ["Received bad"])
        assert.deepStrictEqual(yield* placesOf("bad", error), ["dead letter"])
      })
    )
  )

  it.effect("that a full queue refuses stays out of the dead letters where its original is kept", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues({ transactional: false, shareMode: "denyReceive", poisonTransactional: false })
        yield* send(orders, "bad")
        yield* fill(false)
        yield* FaultInjection.inject({ function: "MQMgmtGetInfo", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison }
        })
        const error = errorOf(yield* Fiber.await(consumer))
        assert(error.reason._tag === "PoisonMessage")
        assert.strictEqual(error.reason.kept, "queue")
        assert.deepStrictEqual(yield* placesOf("bad", error), ["source"])
      })
    )
  )

  it.effect("needs a private queue for its acknowledgment, which is gone afterwards", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues({ transactional: false })
        const consumer = yield* consuming(receiver, () => Effect.void, { poison: { queue: poison } })
        assert.isTrue(yield* MessageQueue.exists(acknowledgments))
        yield* Fiber.interrupt(consumer)
        assert.isFalse(yield* MessageQueue.exists(acknowledgments))
      })
    )
  )

  it.effect("is acknowledged to each of two consumers by itself", () =>
    leakFree(
      Effect.gen(function* () {
        const receivers = [yield* queues({ transactional: false }), yield* MessageQueue.openReceiver(orders)]
        const sent = Array.from({ length: 20 }, (_, index) => `${index}`)
        const all = yield* Deferred.make<void>()
        let poisoned = 0
        const onEvent = ({ _tag }: Consumer.ConsumeEvent) =>
          _tag === "Poisoned" && ++poisoned === sent.length ? Deferred.succeed(all, undefined) : Effect.void
        const policy = { retry: never, poison: { queue: poison }, concurrency: 3, onEvent }
        const consumers = yield* Effect.forEach(receivers, (receiver) =>
          consuming(receiver, () => Effect.fail("broken"), policy)
        )
        yield* send(orders, ...sent)
        yield* Deferred.await(all)
        assert.deepStrictEqual((yield* labelsIn(poison)).toSorted(), sent.toSorted())
        yield* Effect.forEach(consumers, Fiber.interrupt)
      })
    )
  )

  it.effect("whose acknowledgment this account may not receive is refused with what to do, where one is needed", () =>
    leakFree(
      Effect.gen(function* () {
        const plain = yield* queues({ transactional: false })
        yield* MessageQueue.create(".\\private$\\transactional", { transactional: true })
        const locked = yield* MessageQueue.openReceiver(".\\private$\\transactional")
        yield* send(".\\private$\\transactional", "bad")
        yield* control.use((msmq) => msmq.setQueueCreators("nobody"))
        const policy = { retry: never, poison: { queue: poison } }
        const error = yield* Effect.flip(plain.consume(() => Effect.void, policy))
        assert.strictEqual(error.reason._tag, "IllegalPolicy")
        assert.include(error.message, "Let this account create private queues")
        assert.include(error.message, acknowledgments)
        // In a transaction no message can be lost: only its arrival is not known.
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(locked, () => Effect.fail("broken"), { ...policy, onEvent })
        assert.deepStrictEqual(events, ["Received bad", "PoisonSent bad"])
        assert.deepStrictEqual(yield* labelsIn(poison), ["bad"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("may be acknowledged to a queue that an administrator made", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues({ transactional: false })
        yield* MessageQueue.create(acknowledgments)
        yield* send(acknowledgments, "left behind")
        yield* control.use((msmq) => msmq.setQueueCreators("nobody"))
        yield* send(orders, "bad")
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison },
          onEvent
        })
        assert.deepStrictEqual(events, ["Received bad", "Poisoned bad"])
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(acknowledgments), [])
      })
    )
  )
})

describe("a copy by a function of the policy", () => {
  const broken = new Error("cannot copy")
  const useless: ReadonlyArray<readonly [string, NonNullable<Consumer.PoisonQueue["copy"]>, string]> = [
    [
      "throws",
      () => {
        throw broken
      },
      "the function copy of the policy for poison messages threw, so that there is no copy: Error: cannot copy"
    ],
    [
      "has a getter that throws",
      () => ({
        get label(): string {
          throw broken
        }
      }),
      "Error: cannot copy"
    ],
    ["is null", () => null as never, "{ copy } that returns null, but copy must return the message to send"],
    ["is a list", () => [{ label: "bad" }] as never, "but copy must return the message to send"],
    ["is a promise", (copy) => Promise.resolve(copy) as never, "and not as a promise"]
  ]
  for (const [source, options] of Object.entries(sources)) {
    for (const [what, copy, advice] of useless) {
      it.effect(`that ${what} ends consuming, and nothing is lost, from ${source}`, () =>
        leakFree(
          Effect.gen(function* () {
            const receiver = yield* queues(options)
            yield* send(orders, "bad")
            const { events, onEvent } = eventLog()
            const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
              retry: never,
              poison: { queue: poison, copy },
              onEvent
            })
            yield* elapse("1 hour")
            const error = errorOf(yield* Fiber.await(consumer))
            assert(error.reason._tag === "PoisonMessage")
            assert.strictEqual(
              error.reason.kept,
              options.transactional || options.shareMode === "denyReceive" ? "queue" : "nowhere"
            )
            assert.include(error.message, "after 1 attempt: broken; and then: ")
            assert.include(error.message, advice)
            assert.deepStrictEqual(events, ["Received bad"])
            assert.deepStrictEqual(yield* labelsIn(poison), [])
          })
        )
      )
    }
  }

  it.effect("is what the policy's copy returns, also where its fields are those of a class", () =>
    leakFree(
      Effect.gen(function* () {
        class Renamed {
          get label() {
            return "renamed"
          }
        }
        const receiver = yield* queues()
        yield* send(orders, "bad")
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison, copy: () => new Renamed() }
        })
        yield* elapse("1 hour")
        assert.deepStrictEqual(yield* labelsIn(poison), ["renamed"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("poison that is almost as large as a message can be", () => {
  const largest = (extra: Message.Message): Message.Message => {
    const room = Message.maximumPacketSize - Message.packetSize(extra)
    return { ...extra, body: new Uint8Array(room - (room % 4) - 400) }
  }

  for (const [source, options] of Object.entries(sources)) {
    it.effect(`is copied without headers where they have no room, from ${source}`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(options)
          const sender = yield* MessageQueue.openSender(orders)
          const transaction = options.transactional ? "singleMessage" : "none"
          yield* sender.send(largest({ label: "large" }), { transaction })
          const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
            retry: never,
            poison: { queue: poison }
          })
          yield* elapse("1 hour")
          assert.deepStrictEqual(yield* placesOf("large", undefined), ["poison"])
          yield* Fiber.interrupt(consumer)
        })
      )
    )

    it.effect(`ends consuming where no copy of it can be sent, from ${source}`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(options)
          const sender = yield* MessageQueue.openSender(orders)
          const transaction = options.transactional ? "singleMessage" : "none"
          yield* sender.send(largest({ label: "large" }), { transaction })
          const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
            retry: never,
            poison: { queue: poison, copy: (copy) => ({ ...copy, label: "larger", extension: new Uint8Array(1000) }) }
          })
          yield* elapse("1 hour")
          const error = errorOf(yield* Fiber.await(consumer))
          assert(error.reason._tag === "PoisonMessage")
          assert.strictEqual(
            error.reason.kept,
            options.transactional || options.shareMode === "denyReceive" ? "queue" : "nowhere"
          )
          assert.strictEqual((yield* placesOf("large", error)).length, 1)
        })
      )
    )
  }

  it.effect(
    "headers that would grow if they were encoded again are copied as their bytes, with those of the failure behind them",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          const sender = yield* MessageQueue.openSender(orders)
          const text = "&".repeat(1_000_000)
          const extension = new TextEncoder().encode(
            `<?xml version="1.0"?><ArrayOfHeaderInfo><HeaderInfo><Key>a</Key><Value><![CDATA[${text}]]></Value></HeaderInfo>` +
              "</ArrayOfHeaderInfo>"
          )
          yield* sender.send({ label: "cdata", extension }, { transaction: "singleMessage" })
          const consumer = yield* consuming(receiver, () => Effect.fail("bröken 😀"), {
            retry: never,
            poison: { queue: poison }
          })
          const copy = yield* (yield* MessageQueue.openReceiver(poison)).receive
          assert.isBelow(copy.extension!.length, extension.length + 1000)
          assert.strictEqual(copy.headers["a"], text)
          assert.include(copy.headers["failure.error"], "bröken 😀")
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("the headers of the last failure replace those of the one before", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(orders)
        yield* sender.send({ label: "1", headers: { tenant: "a<b" } }, { transaction: "singleMessage" })
        const fails = (error: string, to: string) => ({
          handler: () => Effect.fail(error),
          policy: { retry: never, poison: { queue: to } }
        })
        const first = fails("first", poison)
        const consumer = yield* consuming(receiver, first.handler, first.policy)
        const invoices = ".\\private$\\invoices"
        const second = fails("second", invoices)
        const other = yield* consuming(yield* MessageQueue.openReceiver(poison), second.handler, second.policy)
        const { headers } = yield* (yield* MessageQueue.openReceiver(invoices)).receive
        assert.deepStrictEqual(
          [headers["tenant"], headers["failure.queue"], headers["failure.attempts"]],
          ["a<b", poison, "1"]
        )
        assert.include(headers["failure.error"], "second")
        yield* Fiber.interrupt(consumer)
        yield* Fiber.interrupt(other)
      })
    )
  )
})
