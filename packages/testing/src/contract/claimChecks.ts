import * as Message from "@effect-msmq/core/Message"
import * as MessageBody from "@effect-msmq/core/MessageBody"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Transaction from "@effect-msmq/core/Transaction"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { fork, newQueue, patternedBytes, sameBytes } from "./givens.ts"

const large = patternedBytes(5000)
const small = patternedBytes(300)

/** Creates a queue, and opens it with a claim check for bodies of more than `above` bytes, whose store is in memory. */
const withStore = Effect.fnUntraced(function* (transactional: boolean, above: number | undefined = 1000) {
  const bodies = new Map<string, Uint8Array>()
  let isReachable = true
  const body = MessageBody.claimCheck(MessageBody.bytes, {
    above,
    put: (bytes) =>
      Effect.sync(() => {
        const reference = `body ${bodies.size}`
        bodies.set(reference, bytes)
        return reference
      }),
    get: (reference) =>
      Effect.suspend(() => {
        const bytes = isReachable ? bodies.get(reference) : undefined
        return bytes === undefined ? Effect.fail("the store cannot be reached") : Effect.succeed(bytes)
      })
  })
  const queue = yield* newQueue({ transactional })
  const sender = yield* MessageQueue.openSender(queue, { body })
  const receiver = yield* MessageQueue.openReceiver(queue, { body })
  const transaction = transactional ? ("singleMessage" as const) : ("none" as const)
  return {
    queue,
    receiver,
    send: (...bodies: ReadonlyArray<Uint8Array>) =>
      sender.sendAll(
        bodies.map((body) => ({ body, label: `${body.length}` })),
        { transaction }
      ),
    setReachable: (reachable: boolean) => {
      isReachable = reachable
    }
  }
})

/** Promises about bodies that are in a store, because they are too large for a message. */
export const claimChecks: ReadonlyArray<ContractPromise> = [
  promise(
    "a body that no message can hold is sent by a reference to it, and received",
    Effect.gen(function* () {
      const { receiver, send } = yield* withStore(false, 4_000_000)
      const body = patternedBytes(Message.maximumPacketSize + 1)
      yield* send(body)
      sameBytes((yield* receiver.receive).body, body, "the body")
    })
  ),
  ...[false, true].flatMap((transactional) => {
    const kind = transactional ? "a transactional" : "a plain"
    return [
      promise(
        `a body in a store is sent to ${kind} queue and received, by a reference to it`,
        Effect.gen(function* () {
          const { receiver, send } = yield* withStore(transactional)
          const waiting = yield* fork(receiver.receive)
          yield* send(large, small, large)
          sameBytes((yield* Fiber.join(waiting)).body, large, "the body that was waited for")
          sameBytes((yield* receiver.peek).body, small, "the body that was peeked at")
          const browsed = yield* Stream.runCollect(receiver.browse)
          assert.deepEqual(
            browsed.map(({ body, label }) => [label, body.length]),
            [
              [`${small.length}`, small.length],
              [`${large.length}`, large.length]
            ]
          )
          const rest = yield* Stream.runCollect(Stream.take(receiver.messages, 2))
          sameBytes(rest[0]!.body, small, "the small body")
          sameBytes(rest[1]!.body, large, "the last body")
          assert.ok(Option.isNone(yield* receiver.poll))
        })
      ),
      promise(
        `a message of ${kind} queue stays there until its body has come from the store`,
        Effect.gen(function* () {
          const { queue, receiver, send, setReachable } = yield* withStore(transactional)
          yield* send(large)
          setReachable(false)
          const cursor = yield* receiver.cursor
          const receives: ReadonlyArray<Effect.Effect<unknown, MsmqError>> = [
            receiver.receive,
            receiver.poll,
            receiver.lookup("receiveFirst"),
            Effect.andThen(Effect.ignore(cursor.next), cursor.receive)
          ]
          for (const receive of receives) {
            const error = yield* Effect.flip(receive)
            assert.equal(error.reason._tag, "BodyUnavailable")
          }
          const raw = yield* MessageQueue.openReceiver(queue)
          assert.equal((yield* raw.peek).label, `${large.length}`)
          setReachable(true)
          const found = yield* receiver.lookup("receiveLast")
          sameBytes(Option.getOrThrow(found).body, large, "the body")
          assert.ok(Option.isNone(yield* raw.poll))
        })
      )
    ]
  }),
  promise(
    "a message whose body does not come stays in the queue when the transaction commits, and a received one is back after an abort",
    Effect.gen(function* () {
      const { receiver, send, setReachable } = yield* withStore(true)
      yield* send(large)
      setReachable(false)
      const error = yield* Transaction.run(Effect.flip(receiver.receive))
      assert.equal(error.reason._tag, "BodyUnavailable")
      setReachable(true)
      yield* Effect.exit(Transaction.run(Effect.andThen(receiver.receive, Effect.fail("too late"))))
      const { body } = yield* Transaction.run(receiver.receive)
      sameBytes(body, large, "the body")
      assert.ok(Option.isNone(yield* receiver.poll))
    })
  ),
  promise(
    "a consumer tries a message again whose body does not come at first",
    Effect.gen(function* () {
      const { receiver, send, setReachable } = yield* withStore(true)
      yield* send(large)
      setReachable(false)
      const handled = yield* Deferred.make<Uint8Array>()
      const consumer = yield* fork(
        receiver.consume(({ body }) => Deferred.succeed(handled, body), {
          retry: Schedule.recurs(3),
          onEvent: (event) =>
            Effect.sync(() => {
              if (event._tag === "Retrying") setReachable(true)
            })
        })
      )
      sameBytes(yield* Deferred.await(handled), large, "the body")
      yield* Fiber.interrupt(consumer)
      assert.ok(Option.isNone(yield* receiver.poll))
    })
  )
]
