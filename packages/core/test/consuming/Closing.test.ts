/** Closing a queue ends every wait on it with an error, and a handler that closes its own queue does not wait for itself. */
import { connect, type Connection, type Receiver } from "@effect-msmq/core/promises"
import { MessageQueue, type MsmqError, Mqrt } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Option, References, Scope } from "effect"
import { connectObserved } from "../support/connection.ts"
import { backend, consuming, eventLog, labelsIn, orders, queues, send } from "../support/consuming.ts"

const single = { transaction: "singleMessage" } as const
const other = ".\\private$\\other"

/** Returns the tag of the reason, and the text, of the error that a promise is rejected with. */
const rejection = (promise: Promise<unknown>): Promise<readonly [string, string]> =>
  promise.then(
    () => ["fulfilled", ""] as const,
    (error: MsmqError.MsmqError) => [error.code ?? error.name, error.message] as const
  )

const labelsOf = async (layer: Layer.Layer<Mqrt.Mqrt>, queue: string): Promise<ReadonlyArray<string>> => {
  const msmq = await connect(layer)
  const labels: Array<string> = []
  for await (const { label } of (await msmq.openReceiver(queue)).browse()) labels.push(label)
  await msmq.close()
  return labels
}

/** Machine that outlives the connections to it. */
const machine = () =>
  Effect.runPromise(
    Effect.flatMap(Scope.make(), (scope) =>
      Effect.map(Layer.buildWithScope(InMemoryMqrt.layer, scope), (services) =>
        Layer.effect(Mqrt.Mqrt, Effect.flatMap(Mqrt.Mqrt, Mqrt.make)).pipe(
          Layer.provide(Layer.succeedContext(services)),
          Layer.merge(Layer.succeed(References.MinimumLogLevel, "None"))
        )
      )
    )
  )

const waits: Record<string, (receiver: Receiver) => Promise<unknown>> = {
  receive: (receiver) => receiver.receive(),
  receiveWithin: (receiver) => receiver.receiveWithin("1 hour"),
  peek: (receiver) => receiver.peek(),
  peekWithin: (receiver) => receiver.peekWithin("1 hour"),
  "for await": async (receiver) => {
    for await (const _ of receiver) assert.fail("there is no message")
  },
  "a cursor's nextWithin": async (receiver) => (await receiver.cursor()).nextWithin("1 hour"),
  consume: (receiver) => receiver.consume(async () => {}).done,
  "consume, of a queue that is held alone": (receiver) => receiver.consume(async () => {}, { concurrency: 2 }).done
}

describe("what waits for a message, in promises", () => {
  for (const [name, wait] of Object.entries(waits)) {
    for (const whole of ["receiver", "connection"] as const) {
      it(`${name}: rejects with Released when its ${whole} is closed, and says where`, async () => {
        const { expectNoLeaks, msmq } = await connectObserved()
        const alone = name.endsWith("alone")
        await msmq.createQueue(orders, { transactional: !alone })
        const receiver = await msmq.openReceiver(orders, { shareMode: alone ? "denyReceive" : "denyNone" })
        const waiting = rejection(wait(receiver))
        await new Promise((resolve) => setTimeout(resolve, 5))
        await (whole === "receiver" ? receiver : msmq).close()
        const [code, message] = await waiting
        assert.strictEqual(code, "Released")
        assert.include(message, "it was released (at ", message)
        await msmq.close()
        await expectNoLeaks()
      })
    }
  }

  it("a loop over the messages of a queue rejects with Released when the connection is closed", async () => {
    const { msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const waiting = rejection(
      (async () => {
        for await (const _ of msmq.messages(orders)) assert.fail("there is no message")
      })()
    )
    await new Promise((resolve) => setTimeout(resolve, 5))
    await msmq.close()
    assert.strictEqual((await waiting)[0], "Released")
  })
})

describe("what waits for a message, in Effect", () => {
  it.effect("consume fails with Released when the layer of its queue is closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(InMemoryMqrt.layer, scope)
      const consumer = yield* Effect.gen(function* () {
        const receiver = yield* queues()
        return yield* consuming(receiver, () => Effect.void)
      }).pipe(Scope.provide(scope), Effect.provideContext(services))
      yield* Scope.close(scope, Exit.void)
      const exit = yield* Fiber.await(consumer)
      assert(Exit.isFailure(exit))
      assert.strictEqual(Option.getOrThrow(Cause.findErrorOption(exit.cause)).reason._tag, "Released")
    })
  )
})

/** Opens a receiver for each of two queues that hold a message. */
const two = (msmq: Connection): Promise<ReadonlyArray<Receiver>> =>
  Promise.all(
    [orders, other].map(async (queue) => {
      await msmq.createQueue(queue, { transactional: true })
      await (await msmq.openSender(queue)).send({ label: queue }, single)
      return await msmq.openReceiver(queue)
    })
  )

describe("a handler in promises does not wait for itself", () => {
  const consumed = async (
    kind: "transactional" | "plain",
    close: (msmq: Connection, receiver: Receiver) => Promise<void>
  ) => {
    const layer = await machine()
    const msmq = await connect(layer)
    await msmq.createQueue(orders, { transactional: kind === "transactional" })
    const receiver = await msmq.openReceiver(orders, { shareMode: kind === "plain" ? "denyReceive" : "denyNone" })
    const sender = await msmq.openSender(orders)
    await sender.sendAll([{ label: "1" }, { label: "2" }], kind === "transactional" ? single : {})
    const events: Array<string> = []
    const consuming = receiver.consume(
      async () => {
        // A handler goes on after a turn of the event loop, in the run that it was called in.
        await new Promise((resolve) => setTimeout(resolve, 1))
        await close(msmq, receiver)
        events.push("closed")
      },
      { shutdownTimeout: "1 hour", onEvent: ({ _tag }) => void events.push(_tag) }
    )
    const [code] = await rejection(consuming.done)
    await msmq.close()
    return { code, events, left: await labelsOf(layer, orders) }
  }

  for (const kind of ["transactional", "plain"] as const) {
    it(`that closes its own receiver, of a ${kind} queue: its message is handled, and consuming ends`, async () => {
      const result = await consumed(kind, (_, receiver) => receiver.close())
      assert.deepStrictEqual(result, { code: "Released", events: ["Received", "closed", "Handled"], left: ["2"] })
    })

    it(`that closes its own connection, of a ${kind} queue: its message is handled, and consuming ends`, async () => {
      const result = await consumed(kind, (msmq) => msmq.close())
      assert.deepStrictEqual(result, { code: "Released", events: ["Received", "closed", "Handled"], left: ["2"] })
    })
  }

  it("that uses what it has closed is refused", async () => {
    const codes: Array<string> = []
    await consumed("plain", async (msmq, receiver) => {
      await receiver.close()
      codes.push((await rejection(receiver.poll()))[0])
      await msmq.close()
      codes.push((await rejection(msmq.openSender(orders)))[0])
    })
    assert.deepStrictEqual(codes, ["Released", "Released"])
  })

  it("that closes the receiver of another consumer whose handler closes its own", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    const receivers = await two(msmq)
    let running = 0
    const both = Promise.withResolvers<void>()
    const ends = receivers.map((receiver, index) =>
      rejection(
        receiver.consume(
          async () => {
            if (++running === 2) both.resolve()
            await both.promise
            await receivers[1 - index]!.close()
          },
          { shutdownTimeout: "1 hour" }
        ).done
      )
    )
    assert.deepStrictEqual(
      (await Promise.all(ends)).map(([code]) => code),
      ["Released", "Released"]
    )
    await msmq.close()
    await expectNoLeaks()
  })

  it("that closes the connection while the handler of another consumer does so, too", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    let running = 0
    const both = Promise.withResolvers<void>()
    const ends = (await two(msmq)).map((receiver) =>
      rejection(
        receiver.consume(
          async () => {
            if (++running === 2) both.resolve()
            await both.promise
            await msmq.close()
          },
          { shutdownTimeout: "1 hour" }
        ).done
      )
    )
    assert.deepStrictEqual(
      (await Promise.all(ends)).map(([code]) => code),
      ["Released", "Released"]
    )
    await msmq.close()
    await expectNoLeaks()
  })

  it("that consumes another queue and closes its receiver waits for that one", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    const [outer, inner] = await two(msmq)
    const log: Array<string> = []
    const consuming = rejection(
      outer!.consume(
        async () => {
          const handled = Promise.withResolvers<void>()
          const nested = rejection(
            inner!.consume(async () => {
              handled.resolve()
              await new Promise((resolve) => setTimeout(resolve, 5))
              log.push("inner handled")
            }).done
          )
          await handled.promise
          await inner!.close()
          log.push("inner closed", (await nested)[0])
          await outer!.close()
          log.push("outer closed")
        },
        { shutdownTimeout: "1 hour" }
      ).done
    )
    assert.strictEqual((await consuming)[0], "Released")
    assert.deepStrictEqual(log, ["inner handled", "inner closed", "Released", "outer closed"])
    await msmq.close()
    await expectNoLeaks()
  })
})

describe("a handler in Effect does not wait for itself", () => {
  for (const transactional of [true, false]) {
    it.effect(`that closes its receiver, of a queue that is ${transactional ? "" : "not "}transactional`, () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const shareMode = transactional ? "denyNone" : "denyReceive"
        const receiver = yield* Scope.provide(queues({ transactional, shareMode }), scope)
        yield* send(orders, "1", "2")
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, () => Scope.close(scope, Exit.void), { onEvent })
        assert.isTrue(Exit.isFailure(yield* Fiber.await(consumer)))
        assert.deepStrictEqual(events, ["Received 1", "Handled 1"])
        assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
      }).pipe(Effect.scoped, Effect.provide(backend))
    )
  }

  it.effect("nor does onEvent that closes the receiver", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const receiver = yield* Scope.provide(queues(), scope)
      yield* send(orders, "1", "2")
      const consumer = yield* consuming(receiver, () => Effect.void, { onEvent: () => Scope.close(scope, Exit.void) })
      assert.isTrue(Exit.isFailure(yield* Fiber.await(consumer)))
      assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("that closes the receiver of another consumer whose handler closes its own", () =>
    Effect.gen(function* () {
      const both = yield* Deferred.make<void>()
      let running = 0
      const scopes = [yield* Scope.make(), yield* Scope.make()]
      const names = [orders, other]
      const consumers = []
      for (const [index, queue] of names.entries()) {
        yield* MessageQueue.create(queue, { transactional: true })
        yield* send(queue, queue)
        const receiver = yield* Scope.provide(MessageQueue.openReceiver(queue), scopes[index]!)
        consumers.push(
          yield* consuming(receiver, () =>
            Effect.gen(function* () {
              if (++running === 2) yield* Deferred.succeed(both, undefined)
              yield* Deferred.await(both)
              yield* Scope.close(scopes[1 - index]!, Exit.void)
            })
          )
        )
      }
      for (const consumer of consumers) assert.isTrue(Exit.isFailure(yield* Fiber.await(consumer)))
      for (const queue of names) assert.deepStrictEqual(yield* labelsIn(queue), [])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )
})
