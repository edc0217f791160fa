import { Message, MessageBody, MessageQueue, MsmqError } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Latch, Layer, Logger, Option, Result, Schema, Stream } from "effect"
import { connectObserved } from "../support/connection.ts"
import { start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))

const broken = new Error("the source broke")

const labelled = (count: number, from = 0): Array<Message.Message> =>
  Array.from({ length: count }, (_, index) => ({ label: `${from + index}` }))

const labelsIn = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(orders)
  return (yield* Stream.runCollect(receiver.browse)).map(({ label }) => label)
})

/** The failure of a batch, after its progress was compared with what is in the queue. */
const failureOf = <A, R>(batch: Effect.Effect<A, MsmqError.MsmqError, R>) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(batch)
    assert.strictEqual(error._tag, "MsmqError")
    const labels = yield* labelsIn
    assert.deepStrictEqual(
      labels,
      labelled(labels.length).map(({ label }) => label)
    )
    assert.strictEqual(error.progress?.accepted, labels.length)
    return error
  })

const sourceFailed = (error: MsmqError.MsmqError) => {
  assert(error.reason._tag === "SourceFailed", error.message)
  return error.reason
}

const open = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  return yield* MessageQueue.openSender(orders)
})

const generator = function* (count: number) {
  yield* labelled(count)
  throw broken
}

/** An array whose item `at` cannot be read. */
const trap = (length: number, at: number): Array<Message.Message> =>
  new Proxy(labelled(length), {
    get: (target, key, self) => {
      if (key === String(at)) throw broken
      return Reflect.get(target, key, self)
    }
  })

const unreadable = (field: string) =>
  Object.defineProperty({ label: "unreadable" }, field, {
    enumerable: true,
    get: () => {
      throw broken
    }
  }) as Message.Message

describe("a source that throws", () => {
  for (const count of [0, 1, 255, 256, 257, 700]) {
    it.effect(`after ${count} messages has those sent, and the error has their count and the thrown value`, () =>
      Effect.gen(function* () {
        const sender = yield* open
        const error = yield* failureOf(sender.sendAll(generator(count)))
        assert.deepStrictEqual(sourceFailed(error), {
          _tag: "SourceFailed",
          part: "messages",
          index: count,
          cause: broken
        })
        assert.strictEqual(error.progress?.accepted, count)
        assert.strictEqual(error.cause, broken)
        assert.deepStrictEqual([error.operation, error.queue, error.code], ["Sender.sendAll", orders, "SourceFailed"])
        assert.include(error.message, broken.message)
        assert.include(error.message, `message ${count}`)
      }).pipe(Effect.provide(backend))
    )
  }

  const sources: Readonly<Record<string, Iterable<Message.Message> | Stream.Stream<Message.Message>>> = {
    "an array, where an item is read": trap(300, 280),
    "an array, where its length is read": new Proxy([{}], {
      get: (target, key, self) => {
        if (key === "length") throw broken
        return Reflect.get(target, key, self)
      }
    }),
    "an iterable that gives no iterator": {
      [Symbol.iterator]: () => {
        throw broken
      }
    },
    "a stream that dies": Stream.concat(Stream.fromArray(labelled(3)), Stream.die(broken)),
    "a stream that dies where it is opened": Stream.unwrap(Effect.die(broken)),
    "a stream whose function throws": Stream.map(Stream.fromArray(labelled(3)), (message) => {
      if (message.label === "2") throw broken
      return message
    })
  }
  for (const [name, source] of Object.entries(sources)) {
    it.effect(`has a reason of its own: ${name}`, () =>
      Effect.gen(function* () {
        const sender = yield* open
        const batch = Stream.isStream(source) ? sender.sendAll(source) : sender.sendAll(source)
        const reason = sourceFailed(yield* failureOf(batch))
        assert.deepStrictEqual([reason.part, reason.cause], ["messages", broken])
        assert.strictEqual(reason.index, (yield* labelsIn).length)
      }).pipe(Effect.provide(backend))
    )
  }

  it.effect("has it in a sink too, and a failure of the stream stays unchanged", () =>
    Effect.gen(function* () {
      const sender = yield* open
      const dying = Stream.concat(Stream.fromArray(labelled(3)), Stream.die(broken))
      const error = yield* failureOf(Stream.run(dying, sender.sink()))
      assert.deepStrictEqual([sourceFailed(error).cause, error.operation], [broken, "Sender.sink"])
      const failing = Stream.concat(Stream.fromArray(labelled(2, 3)), Stream.fail("torn" as const))
      const seen: Array<number> = []
      const onProgress = ({ accepted }: { readonly accepted: number }) => void seen.push(accepted)
      assert.strictEqual(yield* Effect.flip(Stream.run(failing, sender.sink({ onProgress }))), "torn")
      assert.deepStrictEqual(seen, [2, 2])
      assert.lengthOf(yield* labelsIn, 5)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a failure of the stream comes after a last onProgress with the number of accepted messages", () =>
    Effect.gen(function* () {
      const sender = yield* open
      for (const count of [0, 300]) {
        const seen: Array<number> = []
        const failing = Stream.concat(Stream.fromArray(labelled(count)), Stream.fail("torn" as const))
        const onProgress = ({ accepted }: { readonly accepted: number }) => void seen.push(accepted)
        assert.strictEqual(yield* Effect.flip(sender.sendAll(failing, { onProgress })), "torn")
        assert.strictEqual(seen.at(-1), count)
      }
    }).pipe(Effect.provide(backend))
  )
})

describe("a message that cannot be read", () => {
  for (const field of ["body", "label", "headers", "acknowledge", "timeToBeReceived", "priority", "soap"]) {
    it.effect(`because its ${field} throws stops the batch at its place`, () =>
      Effect.gen(function* () {
        const sender = yield* open
        const error = yield* failureOf(sender.sendAll([...labelled(5), unreadable(field), ...labelled(1)]))
        assert.deepStrictEqual(sourceFailed(error), { _tag: "SourceFailed", part: "message", index: 5, cause: broken })
        assert.include(error.message, "message 5")
        const single = yield* Effect.flip(sender.send(unreadable(field)))
        assert.deepStrictEqual(sourceFailed(single), { _tag: "SourceFailed", part: "message", index: 0, cause: broken })
        assert.deepStrictEqual(single.progress, { accepted: 0 })
      }).pipe(Effect.provide(backend))
    )
  }

  it.effect("nor encoded, since the codec throws, does too", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const codec: MessageBody.MessageBody<number> = {
        name: "a number",
        encode: (value) => {
          if (value === 2) throw broken
          return Result.succeed({ body: Uint8Array.of(value), bodyType: 0 })
        },
        decode: ({ body }) => Result.succeed(body[0] ?? 0)
      }
      const sender = yield* MessageQueue.openSender(orders, { body: codec })
      const numbers = [0, 1, 2, 3].map((body) => ({ label: `${body}`, body }))
      const error = yield* failureOf(sender.sendAll(numbers))
      assert.deepStrictEqual(sourceFailed(error), { _tag: "SourceFailed", part: "codec", index: 2, cause: broken })
      assert.strictEqual(sourceFailed(yield* Effect.flip(sender.send({ body: 2 }))).part, "codec")
    }).pipe(Effect.provide(backend))
  )

  it.effect("nor is a body whose codec returns something else than a Result, and the error says what", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      for (const given of [undefined, null, Uint8Array.of(1), Promise.resolve(), "text"]) {
        const body: MessageBody.MessageBody<number> = {
          name: "a number",
          encode: () => given as never,
          decode: () => Result.fail("is never read")
        }
        const sender = yield* MessageQueue.openSender(orders, { body })
        const error = yield* failureOf(sender.sendAll([{ body: 1 }]))
        assert.strictEqual(sourceFailed(error).part, "codec")
        assert.include(
          error.message,
          "encode must return a Result, such as Result.succeed({ body, bodyType }), and not"
        )
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("a codec whose schema has to wait refuses the message", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const later = Schema.String.pipe(
        Schema.decodeTo(Schema.String, {
          decode: { run: (value: Option.Option<string>) => Effect.as(Effect.sleep(1), value) } as never,
          encode: { run: (value: Option.Option<string>) => Effect.as(Effect.sleep(1), value) } as never
        })
      )
      const sender = yield* MessageQueue.openSender(orders, { body: MessageBody.json(later) })
      const error = yield* failureOf(sender.sendAll([{ body: "a" }]))
      assert.strictEqual(error.reason._tag, "IllegalMessage")
    }).pipe(Effect.provide(backend))
  )
})

describe("onProgress that throws", () => {
  it.effect("ends the batch after its slice", () =>
    Effect.gen(function* () {
      const sender = yield* open
      const onProgress = ({ accepted }: { readonly accepted: number }) => {
        if (accepted > 256) throw broken
      }
      const error = yield* failureOf(sender.sendAll(labelled(1000), { onProgress }))
      assert.deepStrictEqual(sourceFailed(error), {
        _tag: "SourceFailed",
        part: "onProgress",
        index: 512,
        cause: broken
      })
    }).pipe(Effect.provide(backend))
  )

  it.effect("does not hide the refusal of a message", () =>
    Effect.gen(function* () {
      const sender = yield* open
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 3, code: "MQ_ERROR_ACCESS_DENIED" })
      const onProgress = () => {
        throw broken
      }
      const error = yield* failureOf(sender.sendAll(labelled(5), { onProgress }))
      assert.strictEqual(error.reason._tag, "AccessDenied")
    }).pipe(Effect.provide(backend))
  )
})

describe("the end of an iteration", () => {
  it.effect("that throws is logged, and hides neither reason nor progress", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => void logged.push(message))
      const endless = function* (): Generator<Message.Message> {
        try {
          for (let index = 0; ; index++) yield { label: `${index}` }
        } finally {
          // oxlint-disable-next-line no-unsafe-finally
          yield* generator(0)
        }
      }
      const sender = yield* open
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 300, code: "MQ_ERROR_ACCESS_DENIED" })
      const error = yield* failureOf(Effect.provide(sender.sendAll(endless()), Logger.layer([logger])))
      assert.strictEqual(error.reason._tag, "AccessDenied")
      assert.include(JSON.stringify(logged), "could not be ended")
    }).pipe(Effect.provide(backend))
  )
})

describe("an interruption", () => {
  it.effect("comes after a last onProgress with the number of accepted messages", () =>
    Effect.gen(function* () {
      const sender = yield* open
      const latch = yield* Latch.make()
      const seen: Array<number> = []
      const waiting = Stream.concat(Stream.fromArray(labelled(300)), Stream.fromEffect(Effect.as(latch.await, {})))
      const sending = yield* start(sender.sendAll(waiting, { onProgress: ({ accepted }) => void seen.push(accepted) }))
      for (let turn = 0; turn < 100; turn++) yield* Effect.yieldNow
      yield* Fiber.interrupt(sending)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(sending)))
      assert.deepStrictEqual(seen, [256, 300, 300])
      assert.lengthOf(yield* labelsIn, 300)
    }).pipe(Effect.provide(backend))
  )

  it.effect("stays an interruption if the last onProgress throws", () =>
    Effect.gen(function* () {
      const sender = yield* open
      const sending = yield* start(
        sender.sendAll(Stream.never, {
          onProgress: () => {
            throw broken
          }
        })
      )
      yield* Effect.yieldNow
      yield* Fiber.interrupt(sending)
      const exit = yield* Fiber.await(sending)
      assert(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
    }).pipe(Effect.provide(Layer.merge(backend, Logger.layer([]))))
  )
})

describe("in promises", () => {
  const openBoth = async () => {
    const { msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    const labels = async () => {
      const all: Array<string> = []
      for await (const { label } of receiver.browse()) all.push(label)
      return all
    }
    return { msmq, sender, labels }
  }
  const rejection = (promise: Promise<unknown>) =>
    promise.then(
      () => assert.fail("it was not rejected"),
      (error: MsmqError.MsmqError) => error
    )

  const asynchronous = async function* (count: number) {
    yield* labelled(count)
    throw broken
  }
  const sources: Readonly<Record<string, () => Iterable<Message.Message> | AsyncIterable<Message.Message>>> = {
    "a generator": () => generator(5),
    "an async generator": () => asynchronous(5),
    "an async iterable that gives no iterator": () => ({
      [Symbol.asyncIterator]: () => {
        throw broken
      }
    }),
    "an async iterable whose next throws": () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw broken
        }
      })
    }),
    "an async iterable whose next rejects with nothing": () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(undefined) })
    }),
    "a message that cannot be read": () => [{}, unreadable("body")]
  }
  for (const [name, source] of Object.entries(sources)) {
    it(`a source that throws rejects with the reason and the count: ${name}`, async () => {
      const { labels, msmq, sender } = await openBoth()
      const error = await rejection(sender.sendAll(source()))
      assert.instanceOf(error, MsmqError.MsmqError)
      assert.strictEqual(error.code, "SourceFailed")
      assert.strictEqual(error.cause, name.includes("nothing") ? undefined : broken)
      assert.strictEqual(error.progress?.accepted, (await labels()).length)
      await msmq.close()
    })
  }

  for (const never of [true, false]) {
    it(`an abort rejects with the signal's reason after a last onProgress, ${never ? "while the source is waited for" : "between two slices"}`, async () => {
      const { labels, msmq, sender } = await openBoth()
      const controller = new AbortController()
      const reason = new Error("stop")
      const seen: Array<number> = []
      let ended = 0
      const source = async function* () {
        try {
          for (const message of labelled(3)) yield message
          if (!never) controller.abort(reason)
          for (const message of labelled(3, 3)) yield message
          setTimeout(() => controller.abort(reason), 1)
          if (never) await new Promise(() => {})
        } finally {
          ended++
        }
      }
      const error = await rejection(
        sender.sendAll(source(), {
          signal: controller.signal,
          onProgress: ({ accepted }) => void seen.push(accepted)
        })
      )
      assert.strictEqual(error, reason as unknown as MsmqError.MsmqError)
      assert.strictEqual(seen.at(-1), (await labels()).length)
      assert.strictEqual(ended, never ? 0 : 1)
      await msmq.close()
    })
  }

  it("an iteration whose end rejects hides neither reason nor progress", async () => {
    const { msmq, sender } = await openBoth()
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false as const, value: { priority: 9 } }),
        return: () => Promise.reject(broken)
      })
    }
    const log = console.log
    console.log = () => {}
    try {
      assert.strictEqual((await rejection(sender.sendAll(source))).code, "IllegalMessage")
    } finally {
      console.log = log
    }
    await msmq.close()
  })
})
