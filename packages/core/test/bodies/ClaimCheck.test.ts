/** Bodies that are too large for a message, and travel as a reference. */
import type { Mqrt, MsmqError, Receiver, Sender } from "@effect-msmq/core"
import { MessageBody, MessageQueue, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { AsyncLocalStorage } from "node:async_hooks"
import { Cause, Data, Deferred, Effect, Exit, Fiber, Layer, Option, References, Result, Schedule, Stream } from "effect"
import * as CallLog from "../support/CallLog.ts"
import { HeldCalls, layer as heldLayer } from "../support/HeldCalls.ts"
import { eventLog } from "../support/consuming.ts"
import { interruptAtEveryStep } from "../support/everyStep.ts"
import { fork, settled, start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const poison = ".\\private$\\poison"

const backend = HandleLedger.layer(CallLog.layer(InMemoryMqrt.layer)).pipe(
  Layer.merge(Layer.succeed(References.MinimumLogLevel, "None"))
)

const run = <A, E>(program: Effect.Effect<A, E, Layer.Success<typeof backend> | import("effect").Scope.Scope>) =>
  program.pipe(Effect.scoped, Effect.tap(HandleLedger.expectNoLeaks), Effect.provide(backend))

class StoreError extends Data.TaggedError("StoreError")<{ readonly message: string }> {}

/** Store in memory, whose functions can be replaced. */
const newStore = (above = 10) => {
  const bodies = new Map<string, Uint8Array>()
  const calls: Array<string> = []
  const store = {
    above,
    put: (body: Uint8Array): Effect.Effect<string, unknown> =>
      Effect.sync(() => {
        const reference = `body ${bodies.size + 1}`
        calls.push(`put ${reference}`)
        bodies.set(reference, body.slice())
        return reference
      }),
    get: (reference: string): Effect.Effect<Uint8Array, unknown> =>
      Effect.suspend(() => {
        calls.push(`get ${reference}`)
        const body = bodies.get(reference)
        return body === undefined
          ? Effect.fail(new StoreError({ message: "there is no such body" }))
          : Effect.succeed(body)
      })
  }
  return { bodies, calls, store, body: MessageBody.claimCheck(MessageBody.text, store) }
}

const small = "small"
const large = "a body of more than ten bytes"
const claimCheckOf = (reference: string, size: number) => `effect-msmq/claim-check/1\n${size}\n${reference}`
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const reasonOf = <Tag extends MsmqError.Reason["_tag"]>(error: MsmqError.MsmqError, tag: Tag) => {
  assert(error.reason._tag === tag, error.message)
  return error.reason as Extract<MsmqError.Reason, { readonly _tag: Tag }>
}

/** Returns the bodies in the queue, as text. */
const bodiesIn = Effect.fnUntraced(function* (queue: string) {
  const receiver = yield* MessageQueue.openReceiver(queue, { access: "peek" })
  return yield* Effect.map(Stream.runCollect(receiver.browse), (all) => all.map(({ body }) => textOf(body)))
}, Effect.scoped)

const open = Effect.fnUntraced(function* (body: MessageBody.MessageBody<string>, transactional = false) {
  yield* MessageQueue.create(orders, { transactional })
  const sender = yield* MessageQueue.openSender(orders, { body })
  const receiver = yield* MessageQueue.openReceiver(orders, { body })
  return { receiver, sender }
})

const single = { transaction: "singleMessage" } as const

describe("a sender whose bodies may be in a store", () => {
  it.effect("puts large bodies there before it sends the message, and leaves small ones in it", () =>
    run(
      Effect.gen(function* () {
        const { bodies, body, calls } = newStore()
        const { sender } = yield* open(body)
        yield* sender.send({ body: "0123456789" })
        const report = yield* sender.sendAll([
          { body: small },
          { body: large, bodyType: 4113, label: "large" },
          { body: large },
          { body: small }
        ])
        const check = (index: number) => claimCheckOf(`body ${index}`, large.length)
        assert.deepStrictEqual(yield* bodiesIn(orders), ["0123456789", small, check(1), check(2), small])
        assert.strictEqual(report.accepted, 4)
        assert.strictEqual(report.bytes, 2 * (small.length + check(1).length))
        assert.deepStrictEqual(calls, ["put body 1", "put body 2"])
        assert.deepStrictEqual([...bodies.values()].map(textOf), [large, large])
        const raw = yield* MessageQueue.openReceiver(orders)
        const messages = yield* Stream.runCollect(Stream.take(raw.messages, 4))
        assert.deepStrictEqual(
          messages.map(({ bodyType, label }) => [bodyType, label]),
          [
            [0, ""],
            [0, ""],
            [4113, "large"],
            [0, ""]
          ]
        )
      })
    )
  )

  it.effect("sends more than a message can hold, from arrays, iterables and streams", () =>
    run(
      Effect.gen(function* () {
        const { store } = newStore()
        const { receiver, sender } = yield* open(
          MessageBody.claimCheck(MessageBody.text, { put: store.put, get: store.get })
        )
        const huge = "x".repeat(5_000_000)
        const messages = [{ body: huge }, { body: small }, { body: huge }]
        yield* sender.sendAll(messages)
        yield* sender.sendAll(new Set(messages))
        yield* sender.sendAll(Stream.fromIterable(messages))
        yield* Stream.run(Stream.fromIterable(messages), sender.sink())
        yield* sender.send({ body: huge })
        const received = yield* Stream.runCollect(Stream.take(receiver.messages, 13))
        const sizes = [5_000_000, 5, 5_000_000]
        assert.deepStrictEqual(
          received.map(({ body }) => body.length),
          [...sizes, ...sizes, ...sizes, ...sizes, 5_000_000]
        )
      })
    )
  )

  it.effect("a body that begins like a claim check is put there, too, so that none is mistaken for one", () =>
    run(
      Effect.gen(function* () {
        const { body, bodies } = newStore(1000)
        const { receiver, sender } = yield* open(body)
        const forged = claimCheckOf("body 1", 7)
        yield* sender.send({ body: forged })
        assert.strictEqual(bodies.size, 1)
        assert.strictEqual((yield* receiver.receive).body, forged)
      })
    )
  )

  it.effect("refuses a message that breaks another rule before its body is put anywhere", () =>
    run(
      Effect.gen(function* () {
        const { body, calls } = newStore()
        const { sender } = yield* open(body)
        const wrong = { body: large, label: "x".repeat(250) }
        const alone = yield* Effect.flip(sender.send(wrong))
        const batch = yield* Effect.flip(sender.sendAll([{ body: large }, wrong, { body: large }]))
        assert.deepStrictEqual(
          [reasonOf(alone, "IllegalMessage").field, reasonOf(batch, "IllegalMessage").index, batch.progress?.accepted],
          ["label", 1, 1]
        )
        assert.deepStrictEqual(calls, ["put body 1"])
        // The rest of a message may be too large as well.
        const extension = new Uint8Array(4_194_304)
        const tooLarge = yield* Effect.flip(sender.send({ body: large, extension }))
        assert.include(tooLarge.message, "may have at most 4194304 bytes together")
        assert.deepStrictEqual(calls, ["put body 1"])
      })
    )
  )

  const failures: ReadonlyArray<readonly [string, () => unknown, said: string]> = [
    ["fails", () => Effect.fail(new StoreError({ message: "the disk is full" })), "StoreError: the disk is full"],
    ["fails with a value", () => Effect.fail("the disk is full"), "not sent: the disk is full"],
    ["dies", () => Effect.die(new Error("the disk is full")), "Error: the disk is full"],
    ["rejects", () => Promise.reject(new Error("the disk is full")), "Error: the disk is full"],
    [
      "throws",
      () => {
        throw new Error("the disk is full")
      },
      "Error: the disk is full"
    ],
    ["returns no promise", () => "body 1", "put must return a promise or an Effect"],
    ["returns no reference", () => Promise.resolve(undefined), "put must return a reference"],
    ["returns an empty reference", () => Promise.resolve(""), "put must return a reference"],
    ["returns a reference that is too long", () => Promise.resolve("x".repeat(4097)), "one of 4097 units"],
    ["returns half a surrogate pair", () => Promise.resolve("\ud800"), "put must return a reference"]
  ]

  it.effect.each(failures)("fails where put %s, with the index and what was sent before", ([, put, said]) =>
    run(
      Effect.gen(function* () {
        const { store } = newStore()
        const body = MessageBody.claimCheck(MessageBody.text, { ...store, put: put as () => Promise<string> })
        const { sender } = yield* open(body)
        const alone = yield* Effect.flip(sender.send({ body: large }))
        assert.include(alone.message, "message 0: its body could not be put into the store, so it is not sent")
        const error = yield* Effect.flip(
          sender.sendAll([{ body: small }, { body: small }, { body: large }, { body: small }])
        )
        const { index, part } = reasonOf(error, "SourceFailed")
        assert.deepStrictEqual([index, part, error.progress?.accepted], [2, "put", 2])
        assert.include(error.message, said)
        assert.deepStrictEqual(yield* bodiesIn(orders), [small, small])
      })
    )
  )

  it.effect("is interrupted during put: the signal aborts, and the message is not sent", () =>
    run(
      Effect.gen(function* () {
        const { store } = newStore()
        const signals: Array<AbortSignal> = []
        const body = MessageBody.claimCheck(MessageBody.text, {
          ...store,
          put: (_, signal) => {
            signals.push(signal)
            return new Promise<string>(() => {})
          }
        })
        const { sender } = yield* open(body)
        const sends: ReadonlyArray<Effect.Effect<unknown, MsmqError.MsmqError>> = [
          sender.send({ body: large }),
          sender.sendAll([{ body: small }, { body: large }])
        ]
        for (const send of sends) {
          const fiber = yield* start(send)
          yield* Fiber.interrupt(fiber)
          assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
        }
        assert.deepStrictEqual(
          signals.map(({ aborted }) => aborted),
          [true, true]
        )
        assert.deepStrictEqual(yield* bodiesIn(orders), [small])
      })
    )
  )

  it.effect(
    "a closing does not wait for put, whatever the source: the send fails with Released and what was sent",
    () =>
      run(
        Effect.gen(function* () {
          const { store } = newStore()
          const body = MessageBody.claimCheck(MessageBody.text, { ...store, put: () => Effect.never })
          yield* MessageQueue.create(orders)
          const messages = [{ body: small }, { body: large }, { body: small }]
          const sources = [messages, new Set(messages), Stream.fromIterable(messages)]
          for (const source of sources) {
            const opened = yield* Deferred.make<Fiber.Fiber<unknown, MsmqError.MsmqError>>()
            yield* Effect.scoped(
              Effect.gen(function* () {
                const sender = yield* MessageQueue.openSender(orders, { body })
                yield* Deferred.succeed(
                  opened,
                  yield* start(Stream.isStream(source) ? sender.sendAll(source) : sender.sendAll(source))
                )
              })
            )
            const error = yield* Effect.flip(Fiber.join(yield* Deferred.await(opened)))
            reasonOf(error, "Released")
            assert.strictEqual(error.progress?.accepted, 1)
          }
          assert.deepStrictEqual(yield* bodiesIn(orders), [small, small, small])
        })
      )
  )

  it.effect("in a transaction that aborts, the message is gone, and its body stays in the store", () =>
    run(
      Effect.gen(function* () {
        const { bodies, body } = newStore()
        const { receiver, sender } = yield* open(body, true)
        yield* Effect.exit(Transaction.run(Effect.andThen(sender.send({ body: large }), Effect.fail("no"))))
        assert.deepStrictEqual([yield* bodiesIn(orders), bodies.size], [[], 1])
        yield* Transaction.run(sender.send({ body: large }))
        assert.strictEqual((yield* receiver.receive).body, large)
      })
    )
  )
})

describe("a batch with bodies for a store", () => {
  it.each(["an array", "a stream"])(
    "interrupted after any step, has sent what it reports, in order and once: %s",
    (source) => {
      const messages = [{ body: small }, { body: large }, { body: small }, { body: large }]
      const counts = new Set<number>()
      const wrong: Array<unknown> = []
      interruptAtEveryStep(() =>
        Effect.gen(function* () {
          const { bodies, body, store } = newStore()
          const put = (bytes: Uint8Array) =>
            Effect.andThen(Effect.replicateEffect(Effect.yieldNow, 3), store.put(bytes))
          const { sender } = yield* open(MessageBody.claimCheck(body, { ...store, put }))
          let accepted = 0
          const onProgress = (report: Sender.SendReport) => void (accepted = report.accepted)
          const send: Effect.Effect<unknown, MsmqError.MsmqError> =
            source === "an array"
              ? sender.sendAll(messages, { onProgress })
              : sender.sendAll(Stream.fromIterable(messages), { onProgress })
          yield* Effect.onExit(send, () =>
            Effect.gen(function* () {
              const there = yield* bodiesIn(orders)
              const check = (index: number) => claimCheckOf(`body ${index}`, large.length)
              const expected = [small, check(1), small, check(2)].slice(0, accepted)
              const isWrong =
                there.join() !== expected.join() || bodies.size < there.filter((one) => one !== small).length
              // An assertion that fails here would be hidden by the interruption.
              if (isWrong) wrong.push({ there, expected })
              counts.add(there.length)
            })
          )
        }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer, { local: true }))
      )
      assert.deepStrictEqual(wrong, [])
      assert.isTrue(counts.has(0) && counts.has(4), [...counts].join())
    }
  )
})

type TextReceiver = Receiver.Receiver<string>

/** Ways to receive the first message. */
const ways: Readonly<Record<string, (receiver: TextReceiver) => Effect.Effect<string, unknown>>> = {
  receive: (receiver) => Effect.map(receiver.receive, ({ body }) => body),
  receiveWithin: (receiver) => Effect.map(receiver.receiveWithin("1 minute"), (found) => Option.getOrThrow(found).body),
  poll: (receiver) => Effect.map(receiver.poll, (found) => Option.getOrThrow(found).body),
  messages: (receiver) => Effect.map(Stream.runHead(receiver.messages), (found) => Option.getOrThrow(found).body),
  byId: (receiver) =>
    Effect.flatMap(
      Effect.map(receiver.peek, ({ messageId }) => receiver.byId(messageId)),
      (selection) => Effect.map(selection.receive, ({ body }) => body)
    ),
  receiveFirst: (receiver) => Effect.map(receiver.lookup("receiveFirst"), (found) => Option.getOrThrow(found).body),
  receiveLast: (receiver) => Effect.map(receiver.lookup("receiveLast"), (found) => Option.getOrThrow(found).body),
  receiveCurrent: (receiver) =>
    Effect.flatMap(receiver.pollPeek, (peeked) =>
      Effect.map(
        receiver.lookup("receiveCurrent", Option.getOrThrow(peeked).lookupId),
        (found) => Option.getOrThrow(found).body
      )
    ),
  cursor: (receiver) =>
    Effect.scoped(
      Effect.flatMap(receiver.cursor, (cursor) =>
        Effect.andThen(
          cursor.next,
          Effect.map(cursor.receive, (found) => Option.getOrThrow(found).body)
        )
      )
    )
}

describe.each(Object.entries(ways))("a message whose body is in a store, by %s", (_, receive) => {
  it.effect("is received with the body, outside of a transaction and in one", () =>
    run(
      Effect.gen(function* () {
        const { body } = newStore()
        const { receiver, sender } = yield* open(body, true)
        yield* sender.send({ body: large }, single)
        assert.strictEqual(yield* receive(receiver), large)
        yield* sender.send({ body: large }, single)
        const aborted = yield* Effect.exit(Transaction.run(Effect.flatMap(receive(receiver), Effect.fail)))
        assert(Exit.isFailure(aborted))
        assert.strictEqual(Cause.squash(aborted.cause), large)
        assert.strictEqual((yield* bodiesIn(orders)).length, 1)
        assert.strictEqual(yield* Transaction.run(receive(receiver)), large)
        assert.deepStrictEqual(yield* bodiesIn(orders), [])
      })
    )
  )

  it.effect("is still in the queue where the body does not come, in a transaction that commits, too", () =>
    run(
      Effect.gen(function* () {
        const { bodies, body } = newStore()
        const { receiver, sender } = yield* open(body, true)
        yield* sender.send({ body: large, label: "order 1" }, single)
        bodies.clear()
        for (const attempt of [receive(receiver), Transaction.run(Effect.flip(receive(receiver)))]) {
          const error = yield* Effect.map(Effect.exit(attempt), (exit) =>
            Exit.isSuccess(exit) ? exit.value : Cause.squash(exit.cause)
          )
          const { codec, message, reference } = reasonOf(error as MsmqError.MsmqError, "BodyUnavailable")
          assert.deepStrictEqual([codec, reference, message.label], ["text", "body 1", "order 1"])
          assert.isTrue((error as MsmqError.MsmqError).isRetryable)
          assert.include(String(error), "StoreError: there is no such body")
          assert.deepStrictEqual(yield* bodiesIn(orders), [claimCheckOf("body 1", large.length)])
        }
        bodies.set("body 1", new TextEncoder().encode(large))
        assert.strictEqual(yield* Transaction.run(receive(receiver)), large)
      })
    )
  )
})

describe("a receive of a message whose body is in a store", () => {
  const cases = [
    ["receive", "without a transaction", {}],
    ["receive", "in a transaction", single],
    ["messages", "without a transaction", {}],
    ["cursor", "without a transaction", {}],
    ["receiveFirst", "without a transaction", {}]
  ] as const

  it.each(cases)(
    "interrupted after any step, leaves the message in the queue or has returned it: %s %s",
    (name, _, options) => {
      const transactional = "transaction" in options
      const counts = { received: 0, left: 0 }
      const lost: Array<unknown> = []
      interruptAtEveryStep(() =>
        Effect.gen(function* () {
          const { body, store } = newStore()
          const get = (reference: string) =>
            Effect.andThen(Effect.replicateEffect(Effect.yieldNow, 10), store.get(reference))
          const { receiver, sender } = yield* open(MessageBody.claimCheck(body, { ...store, get }), transactional)
          yield* sender.send({ body: large }, options)
          let isTaken = false
          const take = Effect.tap(ways[name]!(receiver), () => Effect.sync(() => (isTaken = true)))
          yield* Effect.onExit(transactional ? Transaction.run(take) : take, (exit) =>
            Effect.gen(function* () {
              const left = (yield* bodiesIn(orders)).length
              // The commit takes the message in a transaction, and otherwise the receive.
              const isGone = transactional ? Exit.isSuccess(exit) : isTaken
              // An assertion that fails here would be hidden by the interruption.
              if (left !== (isGone ? 0 : 1)) lost.push(exit)
              counts[left === 0 ? "received" : "left"]++
            })
          )
        }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer, { local: true }))
      )
      assert.deepStrictEqual(lost, [])
      assert.isAbove(counts.received, 0)
      assert.isAbove(counts.left, 0)
    }
  )
})

describe("a receiver whose bodies may be in a store", () => {
  it.effect("peeks and browses with the body, and stays on the message whose body does not come", () =>
    run(
      Effect.gen(function* () {
        const { bodies, body } = newStore()
        const { receiver, sender } = yield* open(body)
        yield* sender.sendAll([{ body: large }, { body: small }, { body: `${large}!` }])
        assert.strictEqual((yield* receiver.peek).body, large)
        const all = yield* Stream.runCollect(receiver.browse)
        assert.deepStrictEqual(
          all.map(({ body }) => body),
          [large, small, `${large}!`]
        )
        const kept = bodies.get("body 1")
        bodies.delete("body 1")
        const cursor = yield* receiver.cursor
        reasonOf(yield* Effect.flip(cursor.next), "BodyUnavailable")
        bodies.set("body 1", kept!)
        assert.strictEqual(Option.getOrThrow(yield* cursor.current).body, large)
        assert.strictEqual(Option.getOrThrow(yield* cursor.next).body, small)
        assert.strictEqual(Option.getOrThrow(yield* cursor.receive).body, small)
        assert.strictEqual(Option.getOrThrow(yield* cursor.next).body, `${large}!`)
      })
    )
  )

  it.effect(
    "a claim check that is none, and a body that cannot be decoded, are errors with the message, which is taken",
    () =>
      run(
        Effect.gen(function* () {
          const { bodies, body } = newStore()
          const { receiver } = yield* open(body)
          const raw = yield* MessageQueue.openSender(orders)
          bodies.set("no text", Uint8Array.of(0xff, 0xff))
          const wrong: ReadonlyArray<readonly [string, string]> = [
            ["effect-msmq/claim-check/1\n", "must have the size of a stored body"],
            ["effect-msmq/claim-check/1\nx\ny", "must have the size of a stored body"],
            ["effect-msmq/claim-check/1\n7\n", "must have the size of a stored body"],
            [claimCheckOf("no text", 2), "must be well-formed UTF-8"]
          ]
          for (const [text, rule] of wrong) {
            yield* raw.send({ body: new TextEncoder().encode(text), label: text })
            const { message, rule: said } = reasonOf(yield* Effect.flip(receiver.receive), "UndecodableBody")
            assert.include(said, rule)
            assert.deepStrictEqual([message.label, textOf(message.body)], [text, text])
            assert.deepStrictEqual(yield* bodiesIn(orders), [])
          }
        })
      )
  )

  it.effect("a store that returns something else than was put there does not have the body", () =>
    run(
      Effect.gen(function* () {
        const { body, store } = newStore()
        const { sender } = yield* open(body)
        yield* sender.send({ body: large })
        const wrong: ReadonlyArray<readonly [() => unknown, string]> = [
          [() => Promise.resolve(new Uint8Array(3)), "get returned 3 bytes, and the sender stored 29"],
          [() => Promise.resolve("text"), "get must return the bytes of the body: it must be a Uint8Array"],
          [() => new Uint8Array(29), "get must return a promise or an Effect"],
          [() => Promise.reject(new Error("no connection")), "Error: no connection"],
          [() => Effect.die("no connection"), "no connection"]
        ]
        for (const [get, said] of wrong) {
          const receiver = yield* MessageQueue.openReceiver(orders, {
            body: MessageBody.claimCheck(MessageBody.text, { ...store, get: get as () => Promise<Uint8Array> })
          })
          const error = yield* Effect.flip(receiver.poll)
          reasonOf(error, "BodyUnavailable")
          assert.include(error.message, said)
          assert.include(error.message, "The message is still in its queue")
        }
        assert.strictEqual((yield* bodiesIn(orders)).length, 1)
      })
    )
  )

  it.effect("waits for a message as others do, and a closing ends the wait for the message and for its body", () =>
    run(
      Effect.gen(function* () {
        const { body, store } = newStore()
        const { receiver, sender } = yield* open(body)
        const waiting = yield* start(receiver.receive)
        yield* sender.send({ body: large })
        assert.strictEqual((yield* Fiber.join(waiting)).body, large)
        assert.isTrue(Option.isNone(yield* receiver.poll))

        const never = MessageBody.claimCheck(MessageBody.text, { ...store, get: () => Effect.never })
        for (const ways of [(receiver: TextReceiver) => receiver.receive, (receiver: TextReceiver) => receiver.peek]) {
          for (const isThere of [false, true]) {
            if (isThere) yield* sender.send({ body: large })
            const begun = yield* Deferred.make<Fiber.Fiber<unknown, MsmqError.MsmqError>>()
            yield* Effect.scoped(
              Effect.gen(function* () {
                const receiver = yield* MessageQueue.openReceiver(orders, { body: never })
                yield* Deferred.succeed(begun, yield* start(ways(receiver)))
              })
            )
            reasonOf(yield* Effect.flip(Fiber.join(yield* Deferred.await(begun))), "Released")
            if (isThere) assert.strictEqual((yield* receiver.receive).body, large)
          }
        }
      })
    )
  )

  it.effect("two receivers of one queue get each message once, in whatever order they get the bodies", () =>
    run(
      Effect.gen(function* () {
        const { body, store } = newStore()
        const { sender } = yield* open(body)
        const sent = Array.from({ length: 40 }, (_, index) => `${large} ${index}`)
        yield* sender.sendAll(sent.map((body) => ({ body })))
        const taken: Array<string> = []
        const receivers = Array.from({ length: 3 }, (_, index) =>
          Effect.gen(function* () {
            const get = (reference: string) =>
              Effect.andThen(
                Effect.replicateEffect(Effect.yieldNow, (Number(reference.slice(5)) * (index + 3)) % 7),
                store.get(reference)
              )
            const slow = MessageBody.claimCheck(MessageBody.text, { ...store, get })
            const receiver = yield* MessageQueue.openReceiver(orders, { body: slow })
            while (true) {
              const found = yield* receiver.poll
              if (Option.isNone(found)) return
              taken.push(found.value.body)
            }
          })
        )
        yield* Effect.all(receivers, { concurrency: "unbounded" })
        assert.deepStrictEqual(taken.toSorted(), sent.toSorted())
      })
    )
  )

  it.effect("passes over a message that another holds in a transaction while others may peek at it", () =>
    run(
      Effect.gen(function* () {
        const { body } = newStore()
        const { receiver, sender } = yield* open(body, true)
        yield* sender.sendAll([{ body: large }, { body: `${large}!` }], single)
        const first = Option.getOrThrow(yield* receiver.lookup("peekFirst"))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const transaction = yield* Transaction.begin()
            yield* Effect.provideService(
              receiver.lookup("receiveAllowPeek", first.lookupId),
              Transaction.Current,
              transaction
            )
            assert.strictEqual((yield* receiver.receive).body, `${large}!`)
            assert.isTrue(Option.isNone(yield* receiver.lookup("receiveFirst")))
            assert.isTrue(Option.isNone(yield* receiver.poll))
          })
        )
        assert.strictEqual((yield* receiver.receive).body, large)
      })
    )
  )

  it.effect("a message that is sent on by a sender without a codec keeps its claim check", () =>
    run(
      Effect.gen(function* () {
        const { body, calls } = newStore()
        const { receiver, sender } = yield* open(body)
        yield* sender.send({ body: large })
        const raw = yield* MessageQueue.openReceiver(orders)
        const plain = yield* MessageQueue.openSender(orders)
        yield* plain.send(yield* raw.receive)
        const message = yield* receiver.receive
        assert.strictEqual(message.body, large)
        // One that is sent on with its body is stored anew.
        yield* sender.send(message)
        assert.strictEqual((yield* receiver.receive).body, large)
        assert.deepStrictEqual(calls, ["put body 1", "get body 1", "put body 2", "get body 2"])
      })
    )
  )
})

describe("a consumer whose bodies may be in a store", () => {
  const queues = Effect.fnUntraced(function* (body: MessageBody.MessageBody<string>, transactional: boolean) {
    yield* MessageQueue.create(orders, { transactional })
    yield* MessageQueue.create(poison, { transactional: true })
    const sender = yield* MessageQueue.openSender(orders, { body })
    yield* sender.sendAll(
      [
        { body: large, label: "order 1" },
        { body: small, label: "order 2" }
      ],
      {
        transaction: transactional ? "singleMessage" : "none"
      }
    )
    return yield* MessageQueue.openReceiver(orders, { body, shareMode: "denyReceive" })
  })

  it.effect.each([true, false])(
    "gets the body at each attempt, and tries again where it does not come (%s)",
    (transactional) =>
      run(
        Effect.gen(function* () {
          const { body, calls, store } = newStore()
          let failures = 2
          const get = (reference: string) =>
            Effect.suspend(() =>
              failures-- > 0 ? Effect.fail(new StoreError({ message: "no connection" })) : store.get(reference)
            )
          const receiver = yield* queues(MessageBody.claimCheck(body, { ...store, get }), transactional)
          const { events, onEvent } = eventLog()
          const done = yield* Deferred.make<void>()
          const bodies: Array<string> = []
          const handle = ({ body }: { readonly body: string }) =>
            Effect.suspend(() => {
              bodies.push(body)
              return bodies.length === 2 ? Deferred.succeed(done, undefined) : Effect.void
            })
          const consumer = yield* fork(receiver.consume(handle, { retry: Schedule.recurs(4), onEvent }))
          yield* Deferred.await(done)
          yield* settled
          yield* Fiber.interrupt(consumer)
          assert.deepStrictEqual(bodies, [large, small])
          assert.deepStrictEqual(calls, ["put body 1", "get body 1"])
          assert.deepStrictEqual(events, [
            "Received order 1",
            "Retrying order 1",
            "Retrying order 1",
            "Handled order 1",
            "Received order 2",
            "Handled order 2"
          ])
        })
      )
  )

  it.effect.each([true, false])(
    "moves a message whose body never comes as poison, with its claim check (%s)",
    (transactional) =>
      run(
        Effect.gen(function* () {
          const { bodies, body } = newStore()
          const receiver = yield* queues(body, transactional)
          bodies.clear()
          const poisoned = yield* Deferred.make<unknown>()
          const inputs: Array<string> = []
          const handled: Array<string> = []
          const consumer = yield* fork(
            receiver.consume(({ body }) => Effect.sync(() => handled.push(body)), {
              retry: Schedule.recurs(2).pipe(
                Schedule.setInputType<Error>(),
                Schedule.tap(({ input }) => Effect.sync(() => inputs.push(input.message)))
              ),
              poison: { queue: poison },
              onEvent: (event) =>
                event._tag === "Poisoned" ? Effect.asVoid(Deferred.succeed(poisoned, event)) : Effect.void
            })
          )
          const event = (yield* Deferred.await(poisoned)) as {
            readonly attempts: number
            readonly cause: Cause.Cause<unknown>
          }
          yield* settled
          yield* Fiber.interrupt(consumer)
          assert.strictEqual(event.attempts, 3)
          reasonOf(Cause.squash(event.cause) as MsmqError.MsmqError, "BodyUnavailable")
          assert.match(inputs[0] ?? "", /^the handler was not called: .*no such body/)
          assert.deepStrictEqual(handled, [small])
          assert.deepStrictEqual([yield* bodiesIn(orders), yield* bodiesIn(poison)], [[], [claimCheckOf("body 1", 29)]])
        })
      )
  )

  it.effect("shuts down during get: the message is back in the queue", () =>
    run(
      Effect.gen(function* () {
        const { body, store } = newStore()
        const receiver = yield* queues(MessageBody.claimCheck(body, { ...store, get: () => Effect.never }), true)
        const { events, onEvent } = eventLog()
        const consumer = yield* start(receiver.consume(() => Effect.void, { shutdownTimeout: 0, onEvent }))
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(events, ["Received order 1", "Returned order 1"])
        assert.strictEqual((yield* bodiesIn(orders)).length, 2)
      })
    )
  )
})

describe("promises", () => {
  it("send and receive bodies of a store whose functions are asynchronous, and abort both", async () => {
    const bodies = new Map<string, Uint8Array>()
    let hangs = false
    let asked = () => {}
    const signals: Array<AbortSignal> = []
    const pass = <A>(value: A, signal: AbortSignal): Promise<A> => {
      signals.push(signal)
      asked()
      return hangs ? new Promise(() => {}) : Promise.resolve(value)
    }
    const body = MessageBody.claimCheck(MessageBody.text, {
      above: 10,
      put: (bytes, signal) => {
        bodies.set("only", bytes)
        return pass("only", signal)
      },
      get: (reference, signal) => pass(bodies.get(reference) ?? new Uint8Array(0), signal)
    })
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders, { transactional: true })
    await using sender = await msmq.openSender(orders, { body })
    await using receiver = await msmq.openReceiver(orders, { body })
    await msmq.transaction(async () => {
      await sender.send({ body: large })
    })
    assert.strictEqual((await receiver.peek()).body, large)
    assert.strictEqual((await msmq.transaction(() => receiver.receive())).body, large)

    const aborted = async (start: (signal: AbortSignal) => Promise<unknown>) => {
      hangs = true
      const controller = new AbortController()
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve
      })
      const promise = start(controller.signal)
      await isAsked
      controller.abort()
      const error = await promise.then(
        () => assert.fail("it was not aborted"),
        (error: Error) => error
      )
      hangs = false
      assert.strictEqual(error.name, "AbortError")
      assert.isTrue(signals.at(-1)?.aborted)
    }
    await aborted((signal) => sender.send({ body: large }, { transaction: "singleMessage", signal }))
    await aborted((signal) => sender.sendAll([{ body: large }], { transaction: "singleMessage", signal }))
    assert.isUndefined(await receiver.poll())
    await sender.send({ body: large }, { transaction: "singleMessage" })
    await aborted((signal) => receiver.receive({ signal }))
    await aborted((signal) => msmq.transaction(() => receiver.receive({ signal })))
    // An abort that the program survives takes nothing either, in a transaction that commits.
    await msmq.transaction(async () => {
      await aborted((signal) => receiver.receive({ signal }))
    })
    assert.strictEqual((await receiver.receive()).body, large)
  })
})

describe("the functions of a store in promises", () => {
  it("run in the asynchronous context of the call that they serve, whichever call goes on first", async () => {
    const caller = new AsyncLocalStorage<string>()
    const bodies = new Map<string, Uint8Array>()
    const seen: Array<string> = []
    const note = (name: string) => seen.push(`${name} for ${String(caller.getStore())}`)
    const body = MessageBody.claimCheck(MessageBody.text, {
      above: 10,
      put: async (bytes) => {
        note("put")
        const reference = String(bodies.size)
        bodies.set(reference, bytes)
        return reference
      },
      get: async (reference) => {
        note("get")
        return bodies.get(reference) ?? new Uint8Array(0)
      }
    })
    const held = new HeldCalls()
    await using msmq = await connect(heldLayer(held, InMemoryMqrt.layer))
    await msmq.createQueue(orders, { transactional: true })
    await using sender = await msmq.openSender(orders, { body })
    await using receiver = await msmq.openReceiver(orders, { body })
    /** Makes a call, which goes on after a call of the backend when another one lets it. */
    const check = async (expected: string, name: keyof Mqrt.MqrtFunctions, make: () => Promise<unknown>) => {
      const { done, release } = held.hold(name)
      const made = caller.run("a", make)
      await done
      caller.run("z", release)
      await made
      assert.deepStrictEqual([...new Set(seen.splice(0))], [expected])
    }
    const send = () => sender.send({ body: large }, single)
    await send()
    await send()
    await send()
    seen.length = 0
    await check("get for a", "receiveMessage", () => receiver.peek())
    await check("get for a", "receiveMessageByLookupId", () => receiver.lookup("peekFirst"))
    await check("get for a", "createCursor", () => receiver.receive())
    await check("get for a", "receiveMessage", () => receiver.receiveWithin(60_000))
    await check("get for a", "createCursor", () => receiver.poll())
    await send()
    await send()
    await send()
    await send()
    seen.length = 0
    await check("get for a", "createCursor", async () => (await receiver.cursor()).next())
    await check("get for a", "receiveMessage", () => receiver.browse()[Symbol.asyncIterator]().next())
    await check("get for a", "receiveMessage", () => receiver[Symbol.asyncIterator]().next())
    await check("get for a", "receiveMessage", () => msmq.messages(orders, { body })[Symbol.asyncIterator]().next())
    const { messageId } = await receiver.peek()
    seen.length = 0
    await check("get for a", "receiveMessage", () => receiver.byId(messageId).receive())
    const end = new AbortController()
    await check("get for a", "receiveMessage", () =>
      receiver.consume(async () => end.abort(), { signal: end.signal }).done.catch(() => {})
    )
    await check("put for a", "closeQueue", async () => {
      // The queue is closed in the middle of the call.
      await using other = await msmq.openSender(orders, { body })
      await other.send({ body: large }, single)
    })
  })
})

describe("a store that is an instance of a class", () => {
  class Bodies {
    readonly #bodies = new Map<string, Uint8Array>()
    readonly above = 10
    readonly client = "of its own"

    async put(body: Uint8Array): Promise<string> {
      this.#bodies.set("only", body)
      return "only"
    }

    async get(reference: string): Promise<Uint8Array> {
      return this.#bodies.get(reference) ?? new Uint8Array(0)
    }
  }

  class Reversed {
    readonly name = "reversed text"
    readonly language = "of its own"
    readonly #separator = ""

    encode(text: string): Uint8Array {
      return new TextEncoder().encode(text.split(this.#separator).toReversed().join(this.#separator))
    }

    decode({ body }: MessageBody.EncodedMessage): string {
      return textOf(body).split(this.#separator).toReversed().join(this.#separator)
    }
  }

  it("is called as one, and so is a codec", async () => {
    const body = MessageBody.claimCheck(MessageBody.make<string>(new Reversed()), new Bodies())
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders, { body })
    await using receiver = await msmq.openReceiver(orders, { body })
    await sender.send({ body: large })
    assert.strictEqual((await receiver.receive()).body, large)
    await using raw = await msmq.openReceiver(orders)
    await sender.send({ body: "abc" })
    assert.strictEqual(textOf((await raw.receive()).body), "cba")
  })
})

describe("a claim check by calls without types", () => {
  it("is refused without a codec or the functions of a store", () => {
    const { store } = newStore()
    const claimCheck = MessageBody.claimCheck as (codec: unknown, store: unknown) => unknown
    const wrong: ReadonlyArray<readonly [unknown, unknown, option: string]> = [
      [undefined, store, "codec"],
      ["text", store, "codec"],
      [MessageBody.text, undefined, "store"],
      [MessageBody.text, { put: store.put }, "get"],
      [MessageBody.text, { ...store, put: "x" }, "put"],
      [MessageBody.text, { ...store, above: -1 }, "above"],
      [MessageBody.text, { ...store, above: 4_194_305 }, "above"],
      [MessageBody.text, { ...store, over: 7 }, "over"],
      [MessageBody.text, new Map(), "put"],
      [MessageBody.text, new Proxy(store, { getPrototypeOf: () => assert.fail("it throws") }), "store"],
      [MessageBody.text, [], "store"],
      [MessageBody.text, "folder", "store"]
    ]
    for (const [codec, given, option] of wrong) {
      const result = Result.try({ try: () => claimCheck(codec, given), catch: (error) => error as MsmqError.MsmqError })
      assert(Result.isFailure(result))
      assert.strictEqual(reasonOf(result.failure, "IllegalOption").option, option)
    }
  })
})
