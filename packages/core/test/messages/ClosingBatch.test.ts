import {
  type Message,
  MessageQueue,
  type MsmqError,
  SecurityContext,
  type Sender,
  Transaction
} from "@effect-msmq/core"
import type { Connection } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Latch, Queue, Schema, Scope, Stream } from "effect"
import { connectObserved } from "../support/connection.ts"
import { interruptAtEveryStep, runByStep } from "../support/everyStep.ts"
import { elapse, fork, settled, start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const invoices = ".\\private$\\invoices"
const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))

const labelled = (count: number, from = 0): Array<Message.Message> =>
  Array.from({ length: count }, (_, index) => ({ label: `${from + index}` }))

const labelsIn = (queue: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const receiver = yield* MessageQueue.openReceiver(queue)
      return (yield* Stream.runCollect(receiver.browse)).map(({ label }) => label)
    })
  )

/** A sender, and what it is sent by, each in a scope of its own, so that each can be closed by itself. */
const setup = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  yield* MessageQueue.create(invoices, { transactional: true })
  const scoped = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
      return [yield* Scope.provide(effect, scope), Scope.close(scope, Exit.void)] as const
    })
  const [sender, closeSender] = yield* scoped(MessageQueue.openSender(orders))
  const [transactional] = yield* scoped(MessageQueue.openSender(invoices))
  const [securityContext, freeContext] = yield* scoped(SecurityContext.acquire())
  const [transaction, endTransaction] = yield* scoped(Transaction.begin())
  return { sender, closeSender, transactional, securityContext, freeContext, transaction, endTransaction }
})

type Messages = Stream.Stream<Message.Message, never>
type Setup = Effect.Success<typeof setup>

const sendAll = (
  sender: Sender.Sender,
  messages: Messages | Iterable<Message.Message>,
  options?: Sender.SendAllOptions
) => (Stream.isStream(messages) ? sender.sendAll(messages, options) : sender.sendAll(messages, options))

/** Handles that a batch needs open, and the functions that close them. */
const closings: Readonly<
  Record<
    string,
    (given: Setup) => {
      readonly send: (
        messages: Messages | Iterable<Message.Message>
      ) => Effect.Effect<{ readonly accepted: number }, MsmqError.MsmqError>
      readonly close: Effect.Effect<unknown, MsmqError.MsmqError>
      readonly resource: string
      /** Number of messages in the queue, of those that were accepted. */
      readonly left: (accepted: number) => number
      readonly queue: string
    }
  >
> = {
  "its sender": ({ closeSender, sender }) => ({
    send: (messages) => sendAll(sender, messages),
    close: closeSender,
    resource: `sender of ${orders}`,
    left: (accepted) => accepted,
    queue: orders
  }),
  "its sender, of a sink": ({ closeSender, sender }) => ({
    send: (messages) => Stream.run(Stream.isStream(messages) ? messages : Stream.fromIterable(messages), sender.sink()),
    close: closeSender,
    resource: `sender of ${orders}`,
    left: (accepted) => accepted,
    queue: orders
  }),
  "its security context": ({ freeContext, securityContext, sender }) => ({
    send: (messages) => sendAll(sender, messages, { securityContext }),
    close: freeContext,
    resource: "security context for the internal certificate",
    left: (accepted) => accepted,
    queue: orders
  }),
  "its transaction, which aborts": ({ endTransaction, transaction, transactional }) => ({
    send: (messages) => sendAll(transactional, messages, { transaction }),
    close: endTransaction,
    resource: "transaction",
    left: () => 0,
    queue: invoices
  }),
  "its transaction, which commits": ({ transaction, transactional }) => ({
    send: (messages) => sendAll(transactional, messages, { transaction }),
    close: transaction.commit(),
    resource: "transaction",
    left: (accepted) => accepted,
    queue: invoices
  })
}

/** Outcome of a batch: the number of accepted messages, and `true` where a closing ended it. */
const outcomeOf = (exit: Exit.Exit<{ readonly accepted: number }, MsmqError.MsmqError>, resource: string) =>
  Exit.match(exit, {
    onSuccess: ({ accepted }) => ({ accepted, released: false }),
    onFailure: (cause) => {
      const [reason] = cause.reasons
      assert(reason?._tag === "Fail", String(cause))
      const error = reason.error
      assert(error.reason._tag === "Released", error.message)
      assert.strictEqual(error.reason.resource, resource)
      return { accepted: error.progress?.accepted ?? Number.NaN, released: true }
    }
  })

describe("a closing of what a batch uses", () => {
  for (const [name, closing] of Object.entries(closings)) {
    it.effect(`ends a batch that waits for its source, and closes the source: ${name}`, () =>
      Effect.gen(function* () {
        const { close, left, queue, resource, send } = closing(yield* setup)
        const ended = yield* Deferred.make<void>()
        const messages = Stream.concat(Stream.fromArray(labelled(300)), Stream.never).pipe(
          Stream.ensuring(Deferred.succeed(ended, undefined))
        )
        const sending = yield* start(send(messages))
        yield* settled
        yield* close
        const outcome = outcomeOf(yield* Fiber.await(sending), resource)
        assert.deepStrictEqual(outcome, { accepted: 300, released: true })
        yield* Deferred.await(ended)
        assert.lengthOf(yield* labelsIn(queue), left(300))
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
    )

    it.effect(`that begins before the batch refuses it, and does not read the source: ${name}`, () =>
      Effect.gen(function* () {
        const { close, queue, resource, send } = closing(yield* setup)
        let asked = 0
        yield* close
        const sending = send(Stream.fromEffect(Effect.sync(() => ({ label: `${asked++}` }))))
        assert.deepStrictEqual(outcomeOf(yield* Effect.exit(sending), resource), { accepted: 0, released: true })
        assert.strictEqual(asked, 0)
        assert.deepStrictEqual(yield* labelsIn(queue), [])
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
    )

    it.effect(`by the source itself does not wait for itself: ${name}`, () =>
      Effect.gen(function* () {
        const { close, left, queue, resource, send } = closing(yield* setup)
        const messages = Stream.concat(
          Stream.fromArray(labelled(3)),
          Stream.fromEffect(Effect.as(Effect.orDie(close), { label: "late" }))
        )
        assert.deepStrictEqual(outcomeOf(yield* Effect.exit(send(messages)), resource), { accepted: 3, released: true })
        assert.lengthOf(yield* labelsIn(queue), left(3))
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
    )

    it.effect.prop(
      `at any moment: what the batch tells is what is in the queue: ${name}`,
      {
        chunks: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 300 }))),
        after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))
      },
      ({ after, chunks }) =>
        Effect.gen(function* () {
          const { close, left, queue, resource, send } = closing(yield* setup)
          const arriving = yield* Queue.unbounded<ReadonlyArray<Message.Message>>()
          let from = 0
          const feeding = yield* start(
            Effect.forEach(chunks, (count) => {
              const chunk = labelled(count, from)
              from += count
              return Effect.andThen(Queue.offer(arriving, chunk), Effect.yieldNow)
            })
          )
          const sending = yield* start(send(Stream.flattenIterable(Stream.fromQueue(arriving))))
          for (let turn = 0; turn < after; turn++) yield* Effect.yieldNow
          yield* close
          const { accepted } = outcomeOf(yield* Fiber.await(sending), resource)
          yield* Fiber.interrupt(feeding)
          assert.deepStrictEqual(
            yield* labelsIn(queue),
            labelled(left(accepted)).map(({ label }) => label)
          )
        }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend)),
      { arbitrary: { runs: 40 } }
    )
  }

  it.effect("does not hide the refusal of a message in the slice that it waited for", () =>
    Effect.gen(function* () {
      const { closeSender, sender } = yield* setup
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 1, stall: "1 second" })
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 2, code: "MQ_ERROR_ACCESS_DENIED" })
      const sending = yield* start(sender.sendAll(Stream.fromArray(labelled(3))))
      const closing = yield* start(closeSender)
      yield* elapse("1 second")
      yield* Fiber.join(closing)
      const error = yield* Effect.flip(Fiber.join(sending))
      assert.deepStrictEqual([error.reason._tag, error.progress], ["AccessDenied", { accepted: 1 }])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("waits for an array that is sent, however long it is", () =>
    Effect.gen(function* () {
      const { closeSender, sender } = yield* setup
      const array = labelled(20_000)
      const closing = yield* Deferred.make<Fiber.Fiber<void>>()
      const context = yield* Effect.context<never>()
      const onProgress = ({ slices }: { readonly slices: number }) => {
        if (slices === 1) Deferred.doneUnsafe(closing, Exit.succeed(Effect.runForkWith(context)(closeSender)))
        // What is added now is not at hand.
        if (array.length < 30_000) array.push({ label: "late" })
      }
      assert.strictEqual((yield* sender.sendAll(array, { onProgress })).accepted, 20_000)
      yield* Fiber.join(yield* Deferred.await(closing))
      assert.lengthOf(yield* labelsIn(orders), 20_000)
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("reads no more from a generator, which may be endless, and closes it", () =>
    Effect.gen(function* () {
      const { closeSender, sender } = yield* setup
      let asked = 0
      let ended = 0
      const endless = function* () {
        try {
          for (;;) yield { label: `${asked++}` }
        } finally {
          ended++
        }
      }
      const context = yield* Effect.context<never>()
      const closing = yield* Deferred.make<Fiber.Fiber<void>>()
      const onProgress = ({ slices }: { readonly slices: number }) => {
        if (slices === 3) Deferred.doneUnsafe(closing, Exit.succeed(Effect.runForkWith(context)(closeSender)))
      }
      const error = yield* Effect.flip(sender.sendAll(endless(), { onProgress }))
      assert.deepStrictEqual([error.reason._tag, error.progress, ended], ["Released", { accepted: asked }, 1])
      yield* Fiber.join(yield* Deferred.await(closing))
      assert.lengthOf(yield* labelsIn(orders), asked)
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  for (const [name, closing] of Object.entries(closings).filter(([name]) => !name.endsWith("sink"))) {
    it(`at every step of a batch: each message that was read from a generator is sent: ${name}`, () => {
      /** Closes after so many steps of the batch, and returns `true` if that ended it. */
      const endsAfter = (steps: number): boolean =>
        runByStep(
          Effect.gen(function* () {
            const { close, left, queue, resource, send } = closing(yield* setup)
            let asked = 0
            const messages = function* () {
              while (asked < 1200) yield { label: `${asked++}` }
            }
            const sending = yield* fork(send(messages()))
            for (let step = 0; step < steps; step++) yield* Effect.yieldNow
            yield* close
            const { accepted, released } = outcomeOf(yield* Fiber.await(sending), resource)
            assert.strictEqual(accepted, asked, `closed after ${steps} steps`)
            assert.lengthOf(yield* labelsIn(queue), left(asked))
            return released
          }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
        )
      let steps = 0
      while (endsAfter(steps)) steps++
      assert.isAtLeast(steps, 20, "a batch has more steps")
    })
  }

  it.effect("does not fail a batch in its last slice", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const context = yield* Effect.context<never>()
      const generator = function* (count: number) {
        yield* labelled(count)
      }
      for (const [count, source] of [
        [256, labelled(256)],
        [300, labelled(300)],
        [5, generator(5)],
        [300, generator(300)]
      ] as const) {
        const scope = yield* Scope.make()
        const sender = yield* Scope.provide(MessageQueue.openSender(orders), scope)
        const closing = yield* Deferred.make<Fiber.Fiber<void>>()
        const close = () =>
          Deferred.doneUnsafe(closing, Exit.succeed(Effect.runForkWith(context)(Scope.close(scope, Exit.void))))
        const report = yield* sender.sendAll(source, { onProgress: ({ accepted }) => accepted === count && close() })
        assert.strictEqual(report.accepted, count)
        yield* Fiber.join(yield* Deferred.await(closing))
      }
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("does not wait for a source that never ends, nor for its finalizer", () =>
    Effect.gen(function* () {
      const { closeSender, sender } = yield* setup
      const stubborn = Stream.fromEffect(Effect.uninterruptible(Effect.as(Effect.never, {})))
      const lingering = Stream.ensuring(Stream.never, Effect.never)
      for (const source of [stubborn, lingering]) {
        yield* Effect.forkDetach(sender.sendAll(source as Messages), { startImmediately: true })
      }
      yield* settled
      yield* closeSender
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )
})

describe("a scope", () => {
  it.effect("of a batch and its sender closes both, even if the stream closes it", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const scope = yield* Scope.make()
      const close = Scope.close(scope, Exit.void)
      const sender = yield* Scope.provide(MessageQueue.openSender(orders), scope)
      const closing = Stream.concat(
        Stream.fromArray(labelled(3)),
        Stream.fromEffect(Effect.as(close, { label: "late" }))
      )
      const sending = yield* Effect.forkIn(sender.sendAll(closing), scope)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(sending)))
      yield* settled
      assert.lengthOf(yield* labelsIn(orders), 3)
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("of a batch without its sender ends the batch when the stream closes it", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const scope = yield* Scope.make()
      const close = Scope.close(scope, Exit.void)
      const closing = Stream.concat(
        Stream.fromArray(labelled(3)),
        Stream.fromEffect(Effect.as(close, { label: "late" }))
      )
      const sending = yield* Effect.forkIn(sender.sendAll(closing), scope)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(sending)))
      yield* settled
      assert.lengthOf(yield* labelsIn(orders), 3)
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("ends a batch that was forked in it and waits", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const exit = yield* Deferred.make<Exit.Exit<unknown, MsmqError.MsmqError>>()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sender = yield* MessageQueue.openSender(orders)
          const sending = sender.sendAll(Stream.concat(Stream.fromArray(labelled(3)), Stream.never))
          yield* Effect.forkDetach(
            Effect.onExit(sending, (ended) => Deferred.succeed(exit, ended)),
            { startImmediately: true }
          )
          yield* settled
        })
      )
      const error = yield* Effect.flip(yield* Deferred.await(exit))
      assert.deepStrictEqual([error.reason._tag, error.progress], ["Released", { accepted: 3 }])
      assert.lengthOf(yield* labelsIn(orders), 3)
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("an interruption waits for the current slice", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const latch = yield* Latch.make()
      const messages = Stream.concat(Stream.fromArray(labelled(3)), Stream.fromEffect(Effect.as(latch.await, {})))
      const sending = yield* start(sender.sendAll(messages))
      yield* settled
      yield* Fiber.interrupt(sending)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(sending)))
      assert.lengthOf(yield* labelsIn(orders), 3)
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )
})

describe("an interruption after any step", () => {
  for (const of of ["a stream", "a generator"]) {
    it(`leaves the messages of the last onProgress in the queue, and no open handle: ${of}`, () => {
      const counts = new Set<number>()
      const source = function* () {
        yield* labelled(4)
      }
      const program = Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          let told = 0
          const sending = Effect.gen(function* () {
            yield* MessageQueue.create(orders)
            const sender = yield* MessageQueue.openSender(orders)
            const onProgress = ({ accepted }: { readonly accepted: number }) => void (told = accepted)
            yield* of === "a generator"
              ? sender.sendAll(source(), { onProgress })
              : sender.sendAll(Stream.fromArrays(labelled(1), labelled(2, 1), labelled(1, 3)), { onProgress })
          })
          yield* Effect.exit(restore(Effect.scoped(sending)))
          yield* Effect.ignore(MessageQueue.create(orders))
          const labels = yield* labelsIn(orders)
          assert.deepStrictEqual(
            labels,
            labelled(told).map(({ label }) => label)
          )
          counts.add(told)
          yield* HandleLedger.expectNoLeaks
        })
      ).pipe(Effect.provide(backend))
      assert.isAbove(
        interruptAtEveryStep(() => program),
        50
      )
      assert.sameMembers([...counts], of === "a generator" ? [0, 4] : [0, 1, 3, 4])
    })
  }
})

describe("in promises, a closing while a batch that is not awaited waits for its source", () => {
  const connectToOrders = async () => {
    const connection = await connectObserved()
    await connection.msmq.createQueue(orders, { transactional: true })
    return connection
  }
  const waiting = async function* () {
    yield* labelled(3)
    await new Promise(() => {})
  }
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      () => assert.fail("it was not rejected"),
      (error: MsmqError.MsmqError) => [error.code, error.progress?.accepted]
    )
  const count = async (msmq: Connection) => {
    await using receiver = await msmq.openReceiver(orders)
    let messages = 0
    for await (const _ of receiver.browse()) messages++
    return messages
  }
  /** Until the batch has sent what is there. */
  const three = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    return { there: promise, onProgress: ({ accepted }: { readonly accepted: number }) => accepted === 3 && resolve() }
  }

  it("closes: a sender", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    const { onProgress, there } = three()
    const sending = outcome(sender.sendAll(waiting(), { transaction: "singleMessage", onProgress }))
    await there
    await sender.close()
    assert.deepStrictEqual(await sending, ["Released", 3])
    assert.strictEqual(await count(msmq), 3)
    await msmq.close()
    await expectNoLeaks()
  })

  it("closes: a sender, which its own source closes", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    const source = async function* () {
      yield* labelled(3)
      await sender.close()
      yield { label: "late" }
    }
    assert.deepStrictEqual(await outcome(sender.sendAll(source(), { transaction: "singleMessage" })), ["Released", 3])
    assert.strictEqual(await count(msmq), 3)
    await msmq.close()
    await expectNoLeaks()
  })

  it("closes: a connection", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    const { onProgress, there } = three()
    const sending = outcome(sender.sendAll(waiting(), { transaction: "singleMessage", onProgress }))
    await there
    await msmq.close()
    assert.deepStrictEqual(await sending, ["Released", 3])
    await expectNoLeaks()
  })

  it("closes: a security context, at once", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    const securityContext = msmq.securityContext()
    const { onProgress, there } = three()
    const sending = outcome(sender.sendAll(waiting(), { transaction: "singleMessage", onProgress, securityContext }))
    await there
    securityContext.close()
    assert.deepStrictEqual(await sending, ["Released", 3])
    assert.strictEqual(await count(msmq), 3)
    await msmq.close()
    await expectNoLeaks()
  })

  for (const end of ["abort", "commit"] as const) {
    it(`ends: a transaction, by ${end}`, async () => {
      const { expectNoLeaks, msmq } = await connectToOrders()
      const sender = await msmq.openSender(orders)
      const transaction = await msmq.beginTransaction()
      const { onProgress, there } = three()
      const sending = outcome(sender.sendAll(waiting(), { transaction, onProgress }))
      await there
      await transaction[end]()
      assert.deepStrictEqual(await sending, ["Released", 3])
      assert.strictEqual(await count(msmq), end === "abort" ? 0 : 3)
      await msmq.close()
      await expectNoLeaks()
    })
  }

  it("ends: a transaction whose signal aborts, and one whose function returns", async () => {
    const { expectNoLeaks, msmq } = await connectToOrders()
    const sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const reason = new Error("stop")
    const batches: Array<Promise<unknown>> = []
    const aborted = msmq.transaction(
      async (transaction) => {
        const { onProgress, there } = three()
        batches.push(outcome(sender.sendAll(waiting(), { transaction, onProgress })))
        await there
        controller.abort(reason)
        await new Promise(() => {})
      },
      { signal: controller.signal }
    )
    assert.strictEqual(await aborted.catch((error: unknown) => error), reason)
    assert.strictEqual(await count(msmq), 0)
    await msmq.transaction(async (transaction) => {
      const { onProgress, there } = three()
      batches.push(outcome(sender.sendAll(waiting(), { transaction, onProgress })))
      await there
    })
    assert.strictEqual(await count(msmq), 3)
    assert.deepStrictEqual(await Promise.all(batches), [
      ["Released", 3],
      ["Released", 3]
    ])
    await msmq.close()
    await expectNoLeaks()
  })
})
