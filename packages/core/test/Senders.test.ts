import { MessageBody, MessageQueue, Senders, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Schema, Scope } from "effect"
import { elapse, start } from "./support/settled.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))
const cached = (options?: Senders.Options) => Senders.layer(options).pipe(Layer.provideMerge(backend))

const send = (label: string, queue = orders) => MessageQueue.send(queue, { label })

const openedAndClosed = Effect.map(HandleLedger.counts, ({ queue: { acquired, freed } }) => ({ acquired, freed }))

const labelsIn = (queue: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const receiver = yield* MessageQueue.openReceiver(queue)
      const labels: Array<string> = []
      while (true) {
        const message = yield* receiver.poll
        if (message._tag === "None") return labels
        labels.push(message.value.label)
      }
    })
  )

describe("a message that is sent without a sender of its own", () => {
  it.effect("opens its queue once for all sends, which closes after the idle time", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => `${index}`),
        (label) => send(label),
        {
          concurrency: 20
        }
      )
      yield* elapse("59 seconds")
      yield* send("20")
      assert.deepStrictEqual(yield* openedAndClosed, { acquired: 1, freed: 0 })
      yield* elapse("60 seconds")
      assert.deepStrictEqual(yield* openedAndClosed, { acquired: 1, freed: 1 })
      yield* send("21")
      assert.deepStrictEqual(yield* openedAndClosed, { acquired: 2, freed: 1 })
      assert.strictEqual((yield* labelsIn(orders)).length, 22)
    }).pipe(Effect.provide(cached()))
  )

  it.effect("takes part in the transaction that runs, and a queue of another kind refuses it", () =>
    Effect.gen(function* () {
      const plain = ".\\private$\\plain"
      yield* MessageQueue.create(orders, { transactional: true })
      yield* MessageQueue.create(plain)
      yield* Transaction.run(send("kept"))
      yield* Transaction.run(Effect.andThen(send("lost"), Effect.fail("rolled back"))).pipe(Effect.ignore)
      yield* MessageQueue.send(orders, { label: "alone" }, { transaction: "singleMessage" })
      assert.deepStrictEqual(yield* labelsIn(orders), ["kept", "alone"])
      const error = yield* Effect.flip(send("plain"))
      assert.deepStrictEqual([error.operation, error.reason._tag], ["MessageQueue.send", "TransactionMismatch"])
      yield* Transaction.run(Effect.flip(send("plain", plain)))
    }).pipe(Effect.provide(cached()))
  )

  it.effect("has its body encoded by the codec that is given, whichever codecs the queue is used with", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const json = MessageBody.json(Schema.Struct({ id: Schema.Finite }))
      yield* MessageQueue.send(orders, { body: { id: 1 } }, { body: json })
      yield* MessageQueue.send(orders, { body: "text" }, { body: MessageBody.text })
      yield* MessageQueue.send(orders, { body: Uint8Array.of(1) })
      const receiver = yield* MessageQueue.openReceiver(orders, { body: json })
      assert.deepStrictEqual((yield* receiver.receive).body, { id: 1 })
      assert.deepStrictEqual(yield* openedAndClosed, { acquired: 2, freed: 0 })
    }).pipe(Effect.scoped, Effect.provide(cached()))
  )

  it.effect("fails where its queue cannot be opened, and the next one tries again", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(send("1"))
      assert.deepStrictEqual(
        [error.operation, error.queue, error.reason._tag],
        ["MessageQueue.send", orders, "QueueNotFound"]
      )
      yield* MessageQueue.create(orders)
      yield* send("2")
      assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
    }).pipe(Effect.provide(cached()))
  )

  it.effect("reaches a queue that was deleted and created again", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* send("1")
      yield* MessageQueue.delete(orders)
      yield* MessageQueue.create(orders)
      yield* send("2")
      assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
      yield* send("3")
      yield* MessageQueue.delete(orders)
      assert.strictEqual((yield* Effect.flip(send("4"))).reason._tag, "QueueNotFound")
    }).pipe(Effect.provide(cached()))
  )

  it.effect("answers in the way of the queue that has the name now, which may be of another kind", () =>
    Effect.gen(function* () {
      const question = { messageId: "{00112233-4455-6677-8899-aabbccddeeff}\\1", responseQueue: orders }
      for (const transactional of [false, true, false]) {
        yield* MessageQueue.create(orders, { transactional })
        yield* MessageQueue.reply(question, { label: `${transactional}` })
        assert.deepStrictEqual(yield* labelsIn(orders), [`${transactional}`])
        yield* MessageQueue.delete(orders)
      }
    }).pipe(Effect.provide(cached()))
  )

  it.effect(
    "of more queues than the capacity closes the one that was unused for the longest time, and none in use",
    () =>
      Effect.gen(function* () {
        const queues = [1, 2, 3].map((number) => `${orders}${number}`)
        for (const queue of queues) yield* MessageQueue.create(queue)
        const senders = yield* Senders.Senders
        const held = yield* senders.get(queues[0]!)
        for (const queue of queues) yield* send("1", queue)
        // The first is in use; of the others one is kept.
        assert.deepStrictEqual(yield* openedAndClosed, { acquired: 3, freed: 1 })
        yield* send("2", queues[2])
        assert.deepStrictEqual(yield* openedAndClosed, { acquired: 3, freed: 1 })
        yield* held.send({ label: "2" })
        yield* send("2", queues[1])
        assert.deepStrictEqual(yield* openedAndClosed, { acquired: 4, freed: 2 })
      }).pipe(Effect.scoped, Effect.provide(cached({ capacity: 1 })))
  )

  it.effect("holds its sender over the idle time, and a closing of the cache waits for it and closes each once", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(cached({ idleTimeToLive: 0 }), scope)
      yield* Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        yield* MessageQueue.create(`${orders}2`)
        const faults = yield* FaultInjection.FaultInjection
        yield* faults.inject({ function: "MQSendMessage", call: 1, stall: "1 second" })
        const sending = yield* start(send("slow"))
        yield* elapse("500 millis")
        assert.deepStrictEqual(yield* openedAndClosed, { acquired: 1, freed: 0 })
        const closing = yield* start(Scope.close(scope, Exit.void))
        yield* elapse("500 millis")
        assert.match(yield* Fiber.join(sending), /^\{/)
        yield* Fiber.join(closing)
        assert.deepStrictEqual(yield* openedAndClosed, { acquired: 1, freed: 1 })
        const late = yield* Effect.flip(send("late"))
        assert.deepStrictEqual([late.operation, late.reason._tag], ["MessageQueue.send", "Released"])
        const unopened = yield* Effect.flip(Effect.scoped(Context.get(services, Senders.Senders).get(`${orders}2`)))
        assert.strictEqual(unopened.reason._tag, "Released")
      }).pipe(Effect.provideContext(services))
    })
  )

  it("works so in promises: the connection has the cache, which an abort does not disturb, and closes it", async () => {
    const msmq = await connect(InMemoryMqrt.layer, { senders: { idleTimeToLive: "1 second", capacity: 10 } })
    await msmq.createQueue(orders, { transactional: true })
    await msmq.transaction(async () => {
      await msmq.send(orders, { label: "1" })
    })
    await assertRejects(
      msmq.transaction(async () => {
        await msmq.send(orders, { label: "lost" })
        throw new Error("rolled back")
      })
    )
    const aborted = AbortSignal.abort(new Error("too late"))
    await assertRejects(msmq.send(orders, { label: "aborted" }, { transaction: "singleMessage", signal: aborted }))
    await msmq.send(orders, { label: "2" }, { transaction: "singleMessage" })
    const receiver = await msmq.openReceiver(orders)
    const labels = [(await receiver.receive()).label, (await receiver.receive()).label]
    assert.deepStrictEqual(labels, ["1", "2"])
    await msmq.close()
    const error = await msmq.send(orders, { label: "3" }).then(
      () => undefined,
      (cause: unknown) => cause
    )
    assert.include(String(error), "closed")
  })
})

const assertRejects = async (promise: Promise<unknown>): Promise<void> => {
  const outcome = await promise.then(
    () => "fulfilled",
    () => "rejected"
  )
  assert.strictEqual(outcome, "rejected")
}
