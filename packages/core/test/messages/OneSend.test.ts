/** Sends of one message: at once, where a fiber has nothing to wait for, and step by step, under a scheduler that yields. */
import { MessageQueue, Mqrt } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Result, Scheduler, Scope } from "effect"
import { numbers, Yielding } from "../support/schedulers.ts"
import { settled } from "../support/settled.ts"

const orders = ".\\private$\\orders"

type SendMessages = Mqrt.MqrtFunctions["sendMessages"]

/** Backend in memory whose sends go through a function. */
const sendingBy = (through: (send: SendMessages) => SendMessages) =>
  HandleLedger.layer(
    FaultInjection.layer(
      Layer.effect(
        Mqrt.Mqrt,
        Effect.flatMap(Mqrt.Mqrt, (backend) => Mqrt.make({ ...backend, sendMessages: through(backend.sendMessages) }))
      ).pipe(Layer.provide(InMemoryMqrt.layer))
    )
  )

const backend = sendingBy((send) => send)

const opened = Effect.andThen(MessageQueue.create(orders), MessageQueue.openSender(orders))

const labels = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(orders)
  const found: Array<string> = []
  for (;;) {
    const message = yield* receiver.poll
    if (message._tag === "None") return found
    found.push(message.value.label)
  }
}).pipe(Effect.scoped)

/** Message whose label is read by a function. */
const read = (label: () => string) => ({
  get label() {
    return label()
  }
})

/** Schedulers by name, and the turns within which one of them sends a part of many messages. */
const schedulers: ReadonlyArray<readonly [string, (seed: number) => Scheduler.Scheduler, turns: number]> = [
  ["the usual scheduler", () => new Scheduler.MixedScheduler("async"), 5],
  ["a scheduler that yields at random", (seed) => new Yielding(seed), 400]
]

describe.each(schedulers)("one send, under %s", (_, make, turns) => {
  const under =
    (seed: number) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.provideService(effect, Scheduler.Scheduler, make(seed))

  it.effect("returns an id for each message that is in the queue, in order", () =>
    Effect.gen(function* () {
      const sender = yield* opened
      const ids = yield* Effect.forEach(["a", "b", "c"], (label) => sender.send({ label })).pipe(under(1))
      assert.strictEqual(new Set(ids).size, 3)
      assert.deepStrictEqual(yield* labels, ["a", "b", "c"])
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("is not made once the message itself has interrupted its fiber", () =>
    Effect.gen(function* () {
      const sender = yield* opened
      const interrupted = Effect.withFiber<string, unknown>((fiber) =>
        sender.send(
          read(() => {
            fiber.interruptUnsafe()
            return "x"
          })
        )
      )
      const exit = yield* Fiber.await(yield* Effect.forkChild(under(2)(interrupted), { startImmediately: true }))
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.deepStrictEqual(yield* labels, [])
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("of a message that closes the sender while it is read is sent or refused, and the closing ends", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const scope = yield* Scope.make()
      const sender = yield* Scope.provide(MessageQueue.openSender(orders), scope)
      const context = yield* Effect.context<never>()
      const closing = yield* Deferred.make<Fiber.Fiber<void>>()
      const close = read(() => {
        const fiber = Effect.runForkWith(context)(Scope.close(scope, Exit.void))
        Deferred.doneUnsafe(closing, Exit.succeed(fiber))
        return "x"
      })
      const outcome = yield* Effect.result(under(3)(sender.send(close)))
      yield* Fiber.join(yield* Deferred.await(closing))
      if (Result.isFailure(outcome)) assert.strictEqual(outcome.failure.reason._tag, "Released")
      assert.deepStrictEqual(yield* labels, Result.isSuccess(outcome) ? ["x"] : [])
    }).pipe(Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("of a backend that dies or throws leaves the sender free to close", () =>
    Effect.gen(function* () {
      const failures = [() => Effect.die("lost"), () => assert.fail("lost")]
      for (const fail of failures) {
        const exit = yield* Effect.flatMap(opened, (sender) => sender.send({ label: "x" })).pipe(
          Effect.scoped,
          under(4),
          Effect.exit,
          Effect.provide(sendingBy(() => fail))
        )
        assert.isTrue(Exit.hasDies(exit))
      }
    })
  )

  it.effect("that waits in the backend is interrupted only where the backend lets it, and a closing waits for it", () =>
    Effect.gen(function* () {
      const began = yield* Deferred.make<void>()
      const goesOn = yield* Deferred.make<void>()
      const waiting = sendingBy(
        (send) =>
          (...args) =>
            Effect.andThen(Deferred.succeed(began, undefined), Effect.andThen(Deferred.await(goesOn), send(...args)))
      )
      yield* Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sending = Effect.scoped(
          Effect.flatMap(MessageQueue.openSender(orders), (sender) => sender.send({ label: "x" }))
        )
        const fiber = yield* Effect.forkChild(under(5)(sending), { startImmediately: true })
        yield* Deferred.await(began)
        const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
        yield* settled
        assert.isUndefined(interruption.pollUnsafe())
        yield* Deferred.succeed(goesOn, undefined)
        yield* Fiber.join(interruption)
        assert.deepStrictEqual(yield* labels, ["x"])
      }).pipe(Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(waiting))
    })
  )

  it.effect("of a handle that the service has lost reopens the queue and sends the message once", () =>
    Effect.gen(function* () {
      const sender = yield* opened
      yield* sender.send({ label: "a" })
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
      assert.match(yield* under(6)(sender.send({ label: "b" })), /^\{.*\}\\\d+$/)
      yield* under(7)(sender.send({ label: "c" }))
      assert.deepStrictEqual(yield* labels, ["a", "b", "c"])
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("that was interrupted at any moment is in the queue once at most, and each one with an id is", () =>
    Effect.gen(function* () {
      const random = numbers(8)
      let cut = 0
      for (let round = 0; round < 20; round++) {
        yield* Effect.gen(function* () {
          yield* MessageQueue.create(orders)
          const told: Array<string> = []
          const sendMany = Effect.gen(function* () {
            const sender = yield* MessageQueue.openSender(orders)
            for (let number = 0; number < 1000; number++) {
              const label = `${number}`
              yield* Effect.uninterruptibleMask((restore) =>
                Effect.map(restore(sender.send({ label })), () => void told.push(label))
              )
            }
          }).pipe(Effect.scoped, under(round))
          const fiber = yield* Effect.forkChild(sendMany, { startImmediately: true })
          for (let turn = Math.floor(random() * turns); turn > 0; turn--) yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
          if (told.length > 0 && told.length < 1000) cut++
          const left = yield* labels
          assert.deepStrictEqual(left.slice(0, told.length), told)
          assert.isAtMost(left.length - told.length, 1)
        }).pipe(Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend, { local: true }))
      }
      assert.isAbove(cut, 0)
    })
  )
})
