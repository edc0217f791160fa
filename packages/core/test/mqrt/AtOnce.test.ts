import { MessageQueue } from "@effect-msmq/core"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import * as AtOnce from "@effect-msmq/core/mqrt/AtOnce"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option } from "effect"

const orders = ".\\private$\\orders"

/** Returns a backend in memory whose receives get other attempts, or none. */
const backendWith = (
  attempt: (made: AtOnce.Attempt<never, never> | undefined) => AtOnce.Attempt<never, never> | undefined
) =>
  Layer.effect(
    Mqrt,
    Effect.map(Mqrt, (mqrt) => ({
      ...mqrt,
      receiveMessage: (...given: Parameters<typeof mqrt.receiveMessage>) => {
        const effect = mqrt.receiveMessage(...given)
        const made = attempt(AtOnce.attemptOf(effect) as AtOnce.Attempt<never, never> | undefined)
        const plain = Effect.suspend(() => effect)
        return made === undefined ? plain : AtOnce.make(plain, made)
      }
    }))
  ).pipe(Layer.provide(InMemoryMqrt.layer))

const receiverOf = (labels: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders)
    const sender = yield* MessageQueue.openSender(orders)
    for (const label of labels) yield* sender.send({ label })
    return yield* MessageQueue.openReceiver(orders)
  })

const labelsOf = Effect.gen(function* () {
  const receiver = yield* receiverOf(["first", "second"])
  const messages = [
    yield* receiver.receive,
    Option.getOrUndefined(yield* receiver.poll),
    Option.getOrUndefined(yield* receiver.poll)
  ]
  return messages.map((message) => message?.label)
})

describe("a receive whose backend can make it at once", () => {
  it.effect("is made by the attempt alone", () => {
    let attempts = 0
    const counted = backendWith((attempt) => (fiber) => {
      attempts++
      return attempt?.(fiber)
    })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* labelsOf, ["first", "second", undefined])
      assert.strictEqual(attempts, 3)
    }).pipe(Effect.scoped, Effect.provide(counted))
  })

  it.effect("is run as an effect where the attempt does nothing, and where there is none", () =>
    Effect.gen(function* () {
      for (const attempt of [undefined, () => undefined]) {
        const labels = yield* labelsOf.pipe(
          Effect.scoped,
          Effect.provide(
            backendWith(() => attempt),
            { local: true }
          )
        )
        assert.deepStrictEqual(labels, ["first", "second", undefined])
      }
    })
  )

  it.effect("leaves nothing to wait for at the closing when its attempt throws", () => {
    const throwing = backendWith(() => () => {
      throw new Error("a fault of the backend")
    })
    return Effect.gen(function* () {
      const receiver = yield* receiverOf(["first"])
      assert.isTrue(Exit.hasDies(yield* Effect.exit(receiver.poll)))
    }).pipe(Effect.scoped, Effect.provide(throwing))
  })
})

type AnyAttempt = AtOnce.Attempt<never, never> | undefined

/** Returns a backend in memory whose sends get other attempts, or none. */
const sendingWith = (attempt: (made: AnyAttempt) => AnyAttempt) =>
  Layer.effect(
    Mqrt,
    Effect.map(Mqrt, (mqrt) => ({
      ...mqrt,
      sendMessages: (...given: Parameters<typeof mqrt.sendMessages>) => {
        const effect = mqrt.sendMessages(...given)
        const made = attempt(AtOnce.attemptOf(effect) as AnyAttempt)
        const plain = Effect.suspend(() => effect)
        return made === undefined ? plain : AtOnce.make(plain, made)
      }
    }))
  ).pipe(Layer.provide(InMemoryMqrt.layer))

describe("a send whose backend can make it at once", () => {
  it.effect("is made by the attempt alone", () => {
    let attempts = 0
    const counted = sendingWith((attempt) => (fiber) => {
      attempts++
      return attempt?.(fiber)
    })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* labelsOf, ["first", "second", undefined])
      assert.strictEqual(attempts, 2)
    }).pipe(Effect.scoped, Effect.provide(counted))
  })

  it.effect("is run as an effect where the attempt does nothing, and where there is none", () =>
    Effect.gen(function* () {
      for (const attempt of [undefined, () => undefined]) {
        const layer = sendingWith(() => attempt)
        const labels = yield* labelsOf.pipe(Effect.scoped, Effect.provide(layer, { local: true }))
        assert.deepStrictEqual(labels, ["first", "second", undefined])
      }
    })
  )

  it.effect("leaves nothing to wait for at the closing when its attempt throws", () => {
    const throwing = sendingWith(() => () => {
      throw new Error("a fault of the backend")
    })
    return Effect.gen(function* () {
      assert.isTrue(Exit.hasDies(yield* Effect.exit(receiverOf(["first"]))))
    }).pipe(Effect.scoped, Effect.provide(throwing))
  })
})
