import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { LookupAction } from "@effect-msmq/core/mqrt/MessageProperties"
import type { QueueHandle } from "@effect-msmq/core/Mqrt"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import {
  failsWith,
  fork,
  labelsIn,
  newQueue,
  openHandle,
  patternedBytes,
  receiveFrom,
  sameBytes,
  sendTo
} from "./givens.ts"

/** Creates a queue with three messages, and opens handles on it. */
const three = Effect.gen(function* () {
  const queue = yield* newQueue()
  const receive = yield* openHandle(queue, "receive")
  const send = yield* openHandle(queue, "send")
  yield* sendTo(send, [{ label: "one" }, { label: "two" }, { label: "three" }])
  return { queue, receive, send }
})

const cursorOn = (queue: QueueHandle) =>
  Mqrt.use((mqrt) =>
    Effect.acquireRelease(mqrt.createCursor(queue), (cursor) => Effect.ignore(mqrt.closeCursor(cursor)))
  )

const byLookupId = (queue: QueueHandle, lookupId: bigint, action: LookupAction) =>
  Mqrt.use((mqrt) => mqrt.receiveMessageByLookupId(queue, lookupId, action, { transaction: "none", read: usualRead }))

const label = <E, R>(message: Effect.Effect<{ readonly label: string }, E, R>) =>
  Effect.map(message, (properties) => properties.label)

const zero = BigInt(0)

export const browsing: ReadonlyArray<ContractPromise> = [
  promise(
    "a peek gives the first message and leaves it",
    Effect.gen(function* () {
      const { receive } = yield* three
      const first = yield* receiveFrom(receive, { action: "peekCurrent" })
      const again = yield* receiveFrom(receive, { action: "peekCurrent" })
      assert.deepEqual([first.label, again.label, again.lookupId], ["one", "one", first.lookupId])
      assert.deepEqual(yield* labelsIn(receive), ["one", "two", "three"])
      yield* failsWith(receiveFrom(receive, { action: "peekCurrent" }), "MQ_ERROR_IO_TIMEOUT")
    })
  ),
  promise(
    "a cursor goes from message to message and leaves them",
    Effect.gen(function* () {
      const { receive } = yield* three
      const cursor = yield* cursorOn(receive)
      yield* failsWith(receiveFrom(receive, { action: "peekNext", cursor }), "MQ_ERROR_ILLEGAL_CURSOR_ACTION")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekCurrent", cursor })), "one")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekCurrent", cursor })), "one")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekNext", cursor })), "two")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekNext", cursor })), "three")
      yield* failsWith(receiveFrom(receive, { action: "peekNext", cursor }), "MQ_ERROR_IO_TIMEOUT")
      assert.deepEqual(yield* labelsIn(receive), ["one", "two", "three"])
    })
  ),
  promise(
    "a message is received through a cursor, which then stands before the next",
    Effect.gen(function* () {
      const { receive } = yield* three
      const cursor = yield* cursorOn(receive)
      yield* receiveFrom(receive, { action: "peekCurrent", cursor })
      yield* receiveFrom(receive, { action: "peekNext", cursor })
      assert.equal(yield* label(receiveFrom(receive, { cursor })), "two")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekCurrent", cursor })), "three")
      assert.deepEqual(yield* labelsIn(receive), ["one", "three"])
    })
  ),
  promise(
    "a cursor says that its message was taken by another, and goes on",
    Effect.gen(function* () {
      const { queue, receive } = yield* three
      const other = yield* openHandle(queue, "receive")
      const cursor = yield* cursorOn(receive)
      yield* receiveFrom(receive, { action: "peekCurrent", cursor })
      assert.equal(yield* label(receiveFrom(other)), "one")
      yield* failsWith(receiveFrom(receive, { action: "peekCurrent", cursor }), "MQ_ERROR_MESSAGE_ALREADY_RECEIVED")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekNext", cursor })), "two")
    })
  ),
  promise(
    "two cursors do not know of each other",
    Effect.gen(function* () {
      const { receive } = yield* three
      const [first, second] = [yield* cursorOn(receive), yield* cursorOn(receive)]
      yield* receiveFrom(receive, { action: "peekCurrent", cursor: first })
      assert.equal(yield* label(receiveFrom(receive, { action: "peekNext", cursor: first })), "two")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekCurrent", cursor: second })), "one")
    })
  ),
  promise(
    "a cursor does not pass over a message that is larger than any before it",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const [receive, send] = [yield* openHandle(queue, "receive"), yield* openHandle(queue, "send")]
      const body = patternedBytes(2_000_000)
      yield* sendTo(send, [{ label: "small" }, { label: "large", body }, { label: "last" }])
      const cursor = yield* cursorOn(receive)
      yield* receiveFrom(receive, { action: "peekCurrent", cursor })
      const large = yield* receiveFrom(receive, { action: "peekNext", cursor })
      assert.equal(large.label, "large")
      sameBytes(large.body, body, "the body")
      assert.equal(yield* label(receiveFrom(receive, { action: "peekNext", cursor })), "last")
    })
  ),
  promise(
    "a cursor at the end waits for what arrives",
    Effect.gen(function* () {
      const { receive, send } = yield* three
      const cursor = yield* cursorOn(receive)
      yield* receiveFrom(receive, { action: "peekCurrent", cursor })
      yield* receiveFrom(receive, { action: "peekNext", cursor })
      yield* receiveFrom(receive, { action: "peekNext", cursor })
      const fiber = yield* fork(label(receiveFrom(receive, { action: "peekNext", cursor, timeout: 30_000 })))
      yield* Effect.sleep("30 millis")
      yield* sendTo(send, [{ label: "four" }])
      assert.equal(yield* Fiber.join(fiber), "four")
    })
  ),
  promise(
    "lookup ids grow in the order of the queue and find their messages",
    Effect.gen(function* () {
      const { receive, send } = yield* three
      yield* sendTo(send, [{ label: "first", priority: 7 }])
      const cursor = yield* cursorOn(receive)
      const ids: Array<bigint> = []
      for (const action of ["peekCurrent", "peekNext", "peekNext", "peekNext"] as const) {
        ids.push((yield* receiveFrom(receive, { action, cursor })).lookupId)
      }
      for (const [index, id] of ids.entries()) {
        assert.ok(index === 0 || id > (ids[index - 1] ?? zero), `${id} is not above ${ids[index - 1]}`)
      }
      const one = ids[1] ?? zero
      assert.equal(yield* label(byLookupId(receive, one, "peekCurrent")), "one")
      assert.equal(yield* label(byLookupId(receive, one, "peekNext")), "two")
      assert.equal(yield* label(byLookupId(receive, one, "peekPrevious")), "first")
      assert.equal(yield* label(byLookupId(receive, zero, "peekFirst")), "first")
      assert.equal(yield* label(byLookupId(receive, zero, "peekLast")), "three")
      yield* failsWith(byLookupId(receive, ids[3] ?? zero, "peekNext"), "MQ_ERROR_MESSAGE_NOT_FOUND")
      yield* failsWith(byLookupId(receive, ids[0] ?? zero, "peekPrevious"), "MQ_ERROR_MESSAGE_NOT_FOUND")
    })
  ),
  promise(
    "messages are received by lookup id from anywhere in the queue",
    Effect.gen(function* () {
      const { receive, send } = yield* three
      yield* sendTo(send, [{ label: "four" }, { label: "five", body: patternedBytes(500_000) }])
      const first = yield* byLookupId(receive, zero, "peekFirst")
      const second = yield* byLookupId(receive, first.lookupId, "receiveNext")
      assert.equal(second.label, "two")
      yield* failsWith(byLookupId(receive, second.lookupId, "receiveCurrent"), "MQ_ERROR_MESSAGE_NOT_FOUND")
      const last = yield* byLookupId(receive, zero, "receiveLast")
      assert.equal(last.label, "five")
      sameBytes(last.body, patternedBytes(500_000), "the body")
      assert.equal(yield* label(byLookupId(receive, first.lookupId, "receiveCurrent")), "one")
      const four = yield* byLookupId(receive, zero, "peekLast")
      assert.equal(yield* label(byLookupId(receive, four.lookupId, "receivePrevious")), "three")
      assert.equal(yield* label(byLookupId(receive, zero, "receiveFirst")), "four")
      yield* failsWith(byLookupId(receive, zero, "receiveFirst"), "MQ_ERROR_MESSAGE_NOT_FOUND")
    })
  ),
  promise(
    "a purge empties a queue, which goes on working",
    Effect.gen(function* () {
      const { queue, receive, send } = yield* three
      const mqrt = yield* Mqrt
      yield* failsWith(mqrt.purgeQueue(yield* openHandle(queue, "peek")), "MQ_ERROR_ACCESS_DENIED")
      yield* mqrt.purgeQueue(receive)
      yield* failsWith(receiveFrom(receive), "MQ_ERROR_IO_TIMEOUT")
      yield* sendTo(send, [{ label: "next" }])
      assert.deepEqual(yield* labelsIn(receive), ["next"])
    })
  ),
  promise(
    "a message that is purged from a transactional queue is in its sender's dead-letter queue, whose purge leaves nothing",
    Effect.gen(function* () {
      const [queue, graves] = [yield* newQueue({ transactional: true }), yield* newQueue({ transactional: true })]
      const [receive, dead] = [yield* openHandle(queue, "receive"), yield* openHandle(graves, "receive")]
      const mqrt = yield* Mqrt
      yield* sendTo(
        yield* openHandle(queue, "send"),
        [
          {
            label: "order",
            journaling: { deadLetter: true, journal: false },
            deadLetterQueue: `DIRECT=OS:${graves}`
          }
        ],
        { transaction: "singleMessage" }
      )
      yield* mqrt.purgeQueue(receive)
      const letter = yield* receiveFrom(dead, { action: "peekCurrent", timeout: 10_000 })
      assert.deepEqual([letter.label, letter.class], ["order", 0xc001])
      yield* mqrt.purgeQueue(dead)
      yield* failsWith(receiveFrom(dead, { timeout: 100 }), "MQ_ERROR_IO_TIMEOUT")
    })
  ),
  promise(
    "a message is moved to a subqueue and back",
    Effect.gen(function* () {
      const queue = yield* newQueue({ transactional: true })
      const send = yield* openHandle(queue, "send")
      const [main, sub] = [yield* openHandle(queue, "receive"), yield* openHandle(`${queue};retry`, "receive")]
      const [toMain, toSub] = [yield* openHandle(queue, "move"), yield* openHandle(`${queue};retry`, "move")]
      const mqrt = yield* Mqrt
      yield* sendTo(send, [{ label: "one" }, { label: "two" }], { transaction: "singleMessage" })
      const { lookupId } = yield* receiveFrom(main, { action: "peekCurrent" })
      yield* mqrt.moveMessage(main, toSub, lookupId, "none")
      assert.equal(yield* label(receiveFrom(main, { action: "peekCurrent" })), "two")
      const moved = yield* receiveFrom(sub, { action: "peekCurrent" })
      assert.deepEqual([moved.label, moved.moveCount], ["one", 1])
      assert.ok(moved.lastMoveTime > 0, "it does not say when it was moved")
      yield* failsWith(mqrt.moveMessage(main, toSub, lookupId, "none"), "MQ_ERROR_MESSAGE_NOT_FOUND")
      yield* mqrt.moveMessage(sub, toMain, moved.lookupId, "none")
      yield* failsWith(receiveFrom(sub), "MQ_ERROR_IO_TIMEOUT")
      assert.deepEqual(new Set(yield* labelsIn(main)), new Set(["one", "two"]))
    })
  )
]
