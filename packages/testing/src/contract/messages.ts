import type { Message, ReceivedMessage } from "@effect-msmq/core/Message"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import type { Sender } from "@effect-msmq/core/Sender"
import * as Transaction from "@effect-msmq/core/Transaction"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import type { ReadGroup, ReadProperties, ReceiveAction } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MessageProperty } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { leastRead, messageProperties, usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scheduler from "effect/Scheduler"
import * as assert from "node:assert/strict"
import { inspect } from "node:util"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import {
  failsBecause,
  newChannel,
  newQueue,
  openHandle,
  patternedBytes,
  queuePrefix,
  receiveFrom,
  sameBytes
} from "./givens.ts"

const all = { positiveArrival: true, positiveReceive: true, negativeArrival: true, negativeReceive: true }
const none = { positiveArrival: false, positiveReceive: false, negativeArrival: false, negativeReceive: false }
const elsewhere = "DIRECT=OS:elsewhere\\private$\\answers"

/** Bytes that report a wrong length and a wrong offset. */
class Lying extends Uint8Array {
  override get length(): number {
    return 5000
  }
  override get byteLength(): number {
    return 5000
  }
  override get byteOffset(): number {
    return 500
  }
}

/** Values to send in each field; the last of each are sent together too. */
const fields = {
  body: [Uint8Array.of(0), patternedBytes(300)],
  bodyType: [8, 17, 0x1011, 0xffff],
  label: ["Bestellung ü 𝄞"],
  priority: [0, 1, 2, 3, 4, 5, 6, 7],
  delivery: ["express", "recoverable"],
  correlationId: [new Uint8Array(20).fill(0xff), patternedBytes(20)],
  appSpecific: [1, 0x7fffffff, 0x80000000, 0xffffffff],
  extension: [Uint8Array.of(0), patternedBytes(5000)],
  responseQueue: [elsewhere, `${elsewhere},DIRECT=OS:farther\\private$\\answers`],
  acknowledge: [{ ...none, positiveArrival: true }, { ...none, negativeReceive: true }, all],
  // A queue of this machine that does not exist, so that no acknowledgment is left over.
  adminQueue: [`DIRECT=TCP:127.0.0.1\\private$\\${queuePrefix}acknowledgments`],
  journaling: [
    { deadLetter: false, journal: true },
    { deadLetter: true, journal: true },
    { deadLetter: true, journal: false }
  ],
  timeToReachQueue: [Duration.seconds(100_000_000), "90 seconds"],
  timeToBeReceived: [Duration.seconds(100_000_000), "2 hours"],
  trace: [true]
} as const satisfies { readonly [Name in keyof Message]: ReadonlyArray<Message[Name]> }

type Field = keyof typeof fields

const fieldNames = Object.keys(fields) as ReadonlyArray<Field>

/** Asserts that at most a minute of a time limit is over, as a receiver sees it; both are in whole seconds. */
const sameTime = (actual: unknown, sent: Duration.Input, field: string): void => {
  assert.ok(typeof actual === "number", `${field} is ${String(actual)}`)
  const gone = Duration.toMillis(sent) - actual
  assert.ok(gone >= 0 && gone <= 60_000, `${field}: ${actual} ms left of ${Duration.toMillis(sent)} ms`)
}

const same = (actual: ReceivedMessage, sent: Message): void => {
  for (const field of fieldNames) {
    const [is, was] = [actual[field], sent[field]]
    if (was === undefined) continue
    if (was instanceof Uint8Array) {
      assert.ok(is instanceof Uint8Array, `${field} did not arrive`)
      sameBytes(is, was, field)
    } else if (field === "timeToReachQueue" || field === "timeToBeReceived") {
      sameTime(is, sent[field] ?? 0, field)
    } else {
      assert.deepEqual(is, was, field)
    }
  }
}

const absent = { correlationId: undefined, extension: undefined, responseQueue: undefined, adminQueue: undefined }

const sendEach = (sender: Sender, messages: ReadonlyArray<Message>) =>
  Effect.map(sender.sendAll(messages), (report) => assert.equal(report.accepted, messages.length, "accepted"))

const labels = {
  empty: "",
  ASCII: "order 1",
  "the whole plane": "\u00fc\u03b1\u0416\u05d0\u3042\u4e2d\ufffd\uffff",
  "astral planes": "\u{1d11e}\u{1f600}\u{10ffff}",
  "lone surrogates": "\ud800 \udc00\ud83d",
  "249 units": "\u{1f600}".repeat(124) + "x"
}

export const messages: ReadonlyArray<ContractPromise> = [
  ...fieldNames.map((field) =>
    promise(
      `${field} arrives as it was sent`,
      Effect.gen(function* () {
        const { receiver, sender } = yield* newChannel()
        for (const value of fields[field]) {
          const message: Message = { [field]: value }
          yield* sender.send(message)
          same(yield* receiver.receive, message)
        }
      }),
      field === "journaling" ? ["journal of the machine"] : []
    )
  ),
  promise(
    "time limits arrive as they were sent, up to the largest",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      for (const field of ["timeToReachQueue", "timeToBeReceived"] as const) {
        for (const seconds of [100_000_001, 4_000_000_000, 4_294_967_293]) {
          const message: Message = { [field]: Duration.seconds(seconds) }
          yield* sender.send(message)
          same(yield* receiver.receive, message)
        }
      }
    }),
    ["time limits of 32 bits"]
  ),
  promise(
    "all fields arrive together",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const whole: Message = Object.fromEntries(fieldNames.map((field) => [field, fields[field].at(-1)]))
      yield* sendEach(sender, [whole, {}, whole])
      same(yield* receiver.receive, whole)
      same(yield* receiver.receive, whole)
      const { correlationId, extension, responseQueue, adminQueue } = yield* receiver.receive
      assert.deepEqual({ correlationId, extension, responseQueue, adminQueue }, absent, "what was not sent")
    })
  ),
  promise(
    "an extension of no bytes arrives as none",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      yield* sender.send({ extension: new Uint8Array(0) })
      assert.equal((yield* receiver.receive).extension, undefined, "the extension")
    })
  ),
  promise(
    "a message of which nothing is said has the documented defaults (D-03, D-20)",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const before = Math.floor(Date.now() / 1000)
      yield* sender.send({})
      const message = yield* receiver.receive
      const { label, bodyType, priority, delivery, appSpecific, trace, acknowledge, journaling } = message
      assert.deepEqual(
        { label, bodyType, priority, delivery, appSpecific, trace, acknowledge, journaling },
        {
          label: "",
          bodyType: 0,
          priority: 3,
          delivery: "express",
          appSpecific: 0,
          trace: false,
          acknowledge: undefined,
          journaling: undefined
        }
      )
      assert.equal(message.body.length, 0, "the length of the body")
      assert.equal(message.class, 0)
      assert.equal(message.authenticated, false)
      assert.equal(message.timeToBeReceived, undefined)
      assert.ok(Math.abs(message.sentTime.getTime() / 1000 - before) <= 60, `sent at ${message.sentTime.toISOString()}`)
      assert.ok(message.arrivedTime >= message.sentTime, "it arrived before it was sent")
    })
  ),
  promise(
    "an application's own dead-letter queue is carried",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const deadLetterQueue = yield* newQueue({ transactional: true })
      yield* sender.send({ deadLetterQueue, journaling: { deadLetter: true } })
      const carried = (yield* receiver.receive).deadLetterQueue ?? "nothing"
      assert.ok(carried.toLowerCase().endsWith(deadLetterQueue.slice(1)), `${carried} instead of ${deadLetterQueue}`)
    })
  ),
  ...Object.entries(labels).map(([name, label]) =>
    promise(
      `a label arrives unit by unit: ${name}`,
      Effect.gen(function* () {
        const { receiver, sender } = yield* newChannel()
        yield* sender.send({ label })
        const units = (text: string) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
        assert.deepEqual(units((yield* receiver.receive).label), units(label))
      })
    )
  ),
  ...[0, 1, 4095, 4096, 4097, 65_537, 1_048_576, 4_190_000].map((length) =>
    promise(
      `a body of ${length} bytes arrives byte by byte (D-19)`,
      Effect.gen(function* () {
        const { receiver, sender } = yield* newChannel()
        const body = patternedBytes(length)
        yield* sender.send({ body, label: "whole" })
        const message = yield* receiver.receive
        assert.equal(message.label, "whole")
        sameBytes(message.body, body, "the body")
      })
    )
  ),
  promise(
    "a body is as long as its memory, whatever it says of itself, and nothing else is sent",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      // A backend may use the memory of an earlier message again.
      yield* sendEach(sender, [{ body: new Uint8Array(8000).fill(0xee), label: "others" }])
      yield* receiver.receive
      const bodies = [
        Lying.of(1, 2, 3),
        Object.defineProperty(Uint8Array.of(1, 2, 3), "length", { value: 5000 }),
        Object.defineProperty(Uint8Array.of(1, 2, 3), "byteLength", { value: 5000 }),
        new Uint8Array(Uint8Array.of(9, 9, 1, 2, 3, 9).buffer, 2, 3),
        new Uint8Array(new SharedArrayBuffer(3)),
        new Uint8Array(new ArrayBuffer(3, { maxByteLength: 9 }))
      ]
      for (const body of bodies) {
        const expected = Uint8Array.from({ length: 3 }, (_, index) => body[index] ?? 0)
        yield* sender.send({ body, extension: body })
        const message = yield* receiver.receive
        sameBytes(message.body, expected, "the body")
        sameBytes(message.extension ?? new Uint8Array(0), expected, "the extension")
      }
      const id = Object.setPrototypeOf(patternedBytes(20), Lying.prototype) as Uint8Array
      yield* sender.send({ correlationId: id })
      sameBytes((yield* receiver.receive).correlationId ?? new Uint8Array(0), patternedBytes(20), "the correlation id")
    })
  ),
  promise(
    "a body whose buffer was transferred is refused, with what was before it sent",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const buffer = new ArrayBuffer(100)
      const gone = new Uint8Array(buffer)
      structuredClone(buffer, { transfer: [buffer] })
      const error = yield* Effect.flip(sender.sendAll([{ label: "first" }, { body: gone }, { label: "third" }]))
      assert.equal(error.reason._tag, "IllegalMessage")
      assert.match(error.message, /message 1: body is a Uint8Array whose buffer is detached.*transferred/)
      assert.equal(error.progress?.accepted, 1)
      assert.equal((yield* receiver.receive).label, "first")
      assert.equal(Option.isNone(yield* receiver.poll), true, "nothing else is there")
    })
  ),
  promise(
    "a body whose buffer is transferred before its turn comes is refused, and none arrives without its bytes",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const sends: Array<Fiber.Fiber<string, MsmqError>> = []
      for (let index = 0; index < 200; index++) {
        const buffer = new ArrayBuffer(100)
        sends.push(yield* Effect.forkChild(sender.send({ body: new Uint8Array(buffer) }), { startImmediately: true }))
        structuredClone(buffer, { transfer: [buffer] })
      }
      let accepted = 0
      for (const exit of yield* Effect.forEach(sends, (send) => Fiber.await(send))) {
        if (Exit.isSuccess(exit)) accepted++
        else assert.match(String(Cause.squash(exit.cause)), /message 0: body is a Uint8Array whose buffer is detached/)
      }
      for (let index = 0; index < accepted; index++) assert.equal((yield* receiver.receive).body.length, 100)
      assert.equal(Option.isNone(yield* receiver.poll), true, "nothing else is there")
    })
  ),
  promise(
    "a body whose buffer is transferred between any two steps of a send is refused or arrives whole",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      for (const steps of [3, 4, 5, 7, 11]) {
        for (let cut = 0; cut < 60; cut++) {
          const buffer = new ArrayBuffer(100)
          const messages = [{ label: "first" }, { body: new Uint8Array(buffer) }]
          const send = Effect.provideService(sender.sendAll(messages), Scheduler.MaxOpsBeforeYield, steps)
          const sending = yield* Effect.forkChild(send, { startImmediately: true })
          for (let turn = 0; turn < cut; turn++) yield* Effect.yieldNow
          structuredClone(buffer, { transfer: [buffer] })
          const exit = yield* Fiber.await(sending)
          const error = Exit.isSuccess(exit) ? undefined : Cause.squash(exit.cause)
          if (error !== undefined)
            assert.match(String(error), /message 1: body is a Uint8Array whose buffer is detached/)
          assert.equal((yield* receiver.receive).label, "first")
          if (error === undefined) assert.equal((yield* receiver.receive).body.length, 100)
          assert.equal(Option.isNone(yield* receiver.poll), true, "nothing else is there")
        }
      }
    })
  ),
  promise(
    "a body whose buffer a later message transfers is refused, with what was before it sent",
    Effect.gen(function* () {
      for (const field of ["body", "extension", "correlationId"] as const) {
        const { receiver, sender } = yield* newChannel()
        const buffer = new ArrayBuffer(20)
        const taking = {
          get label(): string {
            structuredClone(buffer, { transfer: [buffer] })
            return "third"
          }
        }
        const messages = [{ label: "first" }, { [field]: new Uint8Array(buffer) }, taking]
        const error = yield* Effect.flip(sender.sendAll(messages))
        assert.equal(error.reason._tag, "IllegalMessage")
        assert.match(error.message, new RegExp(`message 1: ${field} is a Uint8Array whose buffer is detached`))
        assert.equal(error.progress?.accepted, 1)
        assert.equal((yield* receiver.receive).label, "first")
        assert.equal(Option.isNone(yield* receiver.poll), true, "nothing else is there")
      }
    })
  ),
  promise(
    "time limits that are none are refused before anything is sent, and an infinite one is no limit",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      for (const limit of [Number.NaN, -0.4, "-500 millis", { seconds: -1 }, Duration.seconds(-1)] as const) {
        for (const field of ["timeToBeReceived", "timeToReachQueue"] as const) {
          const error = yield* Effect.flip(sender.send({ [field]: limit }))
          assert.match(error.message, new RegExp(`${field} is .*but it must be a duration of 0 or more`))
        }
        yield* failsBecause(Transaction.begin({ timeToBeReceived: limit }), "IllegalMessage")
      }
      yield* sender.send({ timeToBeReceived: Duration.infinity, timeToReachQueue: "Infinity" })
      assert.equal((yield* receiver.receive).timeToBeReceived, undefined)
      yield* sender.send({ timeToBeReceived: 0.4 })
      const left = (yield* receiver.receive).timeToBeReceived
      assert.ok(left !== undefined && left <= 1000, `${String(left)} ms left`)
    }).pipe(Effect.scoped)
  ),
  promise(
    "the queues that a message names are legal names, and the error says which is not (B-25 to B-27)",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      for (const field of ["responseQueue", "adminQueue"] as const) {
        for (const name of ["", "answers", "DIRECT=server\\q", "DIRECT=OS:s\\a+b"]) {
          const error = yield* Effect.flip(sender.send({ [field]: name }))
          assert.equal(error.reason._tag, "IllegalMessage")
          const shown = JSON.stringify(name).replaceAll(/[\\$+.]/g, "\\$&")
          assert.match(error.message, new RegExp(`${field} is ${shown}, but it must be a path name or format name`))
        }
      }
      const error = yield* Effect.flip(sender.send({ deadLetterQueue: "dead" }))
      assert.match(error.message, /deadLetterQueue is "dead", but it must be a path name or format name/)
      yield* sender.send({ responseQueue: `${elsewhere} of tomorrow` })
      assert.equal((yield* receiver.receive).responseQueue, `${elsewhere} of tomorrow`)
    })
  ),
  promise(
    "a message is shown on a console, and in JSON, whatever its sender put into it, and is sent on as it is",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const messages: ReadonlyArray<Message> = [
        { label: "\u001b[2J\u202e\r\n\u2028", body: patternedBytes(200_000) },
        { headers: { "\u001b": "\u202e", __proto__: "x", a: "b" } },
        { extension: new TextEncoder().encode("<ArrayOfHeaderInfo><HeaderInfo><Key>") },
        { extension: patternedBytes(1000), correlationId: patternedBytes(20), timeToBeReceived: "1 hour", priority: 7 }
      ]
      for (const message of messages) {
        yield* sender.send(message)
        const first = yield* receiver.receive
        const shown = inspect({ messages: [first] }, { depth: 9 })
        assert.ok(shown.length < 5000, `${shown.length} characters on a console`)
        assert.doesNotMatch(shown, /[^\P{Cc}\n\t]|[\u2028\u202e]/u)
        assert.equal((JSON.parse(JSON.stringify(first)) as { lookupId: unknown }).lookupId, String(first.lookupId))
        yield* sender.send({ ...first })
        const second = yield* receiver.receive
        assert.equal(second.label, first.label)
        sameBytes(second.body, first.body, "the body")
        assert.deepEqual({ ...second.headers }, { ...first.headers })
        sameBytes(second.extension ?? new Uint8Array(0), first.extension ?? new Uint8Array(0), "the extension")
      }
    })
  ),
  promise(
    "a body is the receiver's own: the next message does not change it",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      yield* sendEach(sender, [
        { body: new Uint8Array(100).fill(1), extension: new Uint8Array(10).fill(1) },
        { body: new Uint8Array(100).fill(2), extension: new Uint8Array(10).fill(2) }
      ])
      const first = yield* receiver.receive
      yield* receiver.receive
      sameBytes(first.body, new Uint8Array(100).fill(1), "the first body")
      sameBytes(first.extension ?? new Uint8Array(0), new Uint8Array(10).fill(1), "the first extension")
    })
  ),
  promise(
    "a message larger than any before it is not lost",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const large: Message = {
        label: "x".repeat(249),
        body: patternedBytes(300_000),
        extension: patternedBytes(70_000),
        responseQueue: Array.from(
          { length: 8 },
          (_, index) => `DIRECT=OS:m${index}\\private$\\${"q".repeat(90)}`
        ).join()
      }
      yield* sendEach(sender, [{ label: "small" }, large, { label: "small" }, large])
      assert.equal((yield* receiver.receive).label, "small")
      same(yield* receiver.receive, large)
      assert.equal((yield* receiver.receive).label, "small")
      same(yield* receiver.receive, large)
      assert.equal((yield* receiver.poll)._tag, "None")
    })
  ),
  promise(
    "the highest priority comes first, and then what arrived first",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const priorities = [3, 0, 7, 3, 7, 1, 0, 5]
      yield* sendEach(
        sender,
        priorities.map((priority, index) => ({ priority, appSpecific: index }))
      )
      const order: Array<readonly [number, number]> = []
      for (const _ of priorities) {
        const { appSpecific, priority } = yield* receiver.receive
        order.push([priority, appSpecific])
      }
      const expected = priorities.map((priority, index) => [priority, index] as const)
      expected.sort(([p, i], [q, j]) => q - p || i - j)
      assert.deepEqual(order, expected)
    })
  ),
  promise(
    "every message has an id of its own, which its sender is told",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const count = 300
      const report = yield* sender.sendAll(
        Array.from({ length: count }, (_, index) => ({ appSpecific: index })),
        { messageIds: true }
      )
      const ids = report.messageIds ?? []
      assert.equal(new Set(ids).size, count, "different ids")
      for (const [index, id] of ids.entries()) {
        assert.match(id, /^\{[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\}\\\d+$/i)
        const message = yield* receiver.receive
        assert.deepEqual([message.appSpecific, message.messageId], [index, id])
      }
    })
  ),
  promise(
    "a batch of 5,000 messages arrives whole and in order",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const body = patternedBytes(1024)
      const report = yield* sender.sendAll(Array.from({ length: 5000 }, (_, index) => ({ body, appSpecific: index })))
      assert.deepEqual([report.accepted, report.bytes], [5000, 5000 * 1024])
      for (let index = 0; index < 5000; index++) {
        const message = yield* receiver.receive
        assert.equal(message.appSpecific, index)
        sameBytes(message.body, body, `body ${index}`)
      }
      assert.equal((yield* receiver.poll)._tag, "None")
    })
  ),
  promise(
    "what few ask for is given when it is asked for",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      yield* sender.send({ label: "rare", body: patternedBytes(100) })
      const mqrt = yield* Mqrt
      const handle = yield* Effect.acquireRelease(
        mqrt.openQueue(receiver.formatName, "receive", "denyNone"),
        (handle) => Effect.ignore(mqrt.closeQueue(handle))
      )
      const options = { timeout: 0, cursor: null, transaction: "none" } as const
      const peeked = yield* mqrt.receiveMessage(handle, { ...options, action: "peekCurrent", read: usualRead })
      assert.equal(peeked.rare, null)
      const message = yield* mqrt.receiveMessage(handle, {
        ...options,
        action: "receive",
        read: { ...usualRead, rare: true }
      })
      assert.ok(message.rare !== null, "nothing rare")
      assert.equal(message.label, "rare")
      assert.ok(message.rare.version > 0, `version ${message.rare.version}`)
    })
  ),
  promise(
    "a peek and a receive return the groups of properties that are asked for, and no others",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* newChannel()
      const handle = yield* openHandle(queue, "receive")
      const properties = Object.values<MessageProperty>(messageProperties)
      const fieldsOf = (group: ReadGroup): ReadonlyArray<string> =>
        properties.flatMap((property) =>
          property.group === group ? [group === "rare" ? "rare" : (property.received ?? "")] : []
        )
      const full = { label: "all", body: patternedBytes(20_000), extension: patternedBytes(300) }
      for (const group of ["body", "extension", "queues", "security", "rare"] as const) {
        yield* sender.send({ ...full, responseQueue: receiver.formatName })
        const receive = (action: ReceiveAction, read: ReadProperties) => receiveFrom(handle, { action, read })
        const { rare, ...all } = yield* receive("peekCurrent", { ...usualRead, rare: true })
        const without = { ...usualRead, rare: true, [group]: false }
        const left = fieldsOf(group)
        assert.ok(left.length > 0, `no property is in the group ${group}`)
        for (const action of ["peekCurrent", "receive"] as const) {
          const some = yield* receive(action, without)
          for (const [field, value] of Object.entries<unknown>({ ...all, rare })) {
            const given: unknown = some[field as keyof typeof some]
            assert.deepEqual(given, left.includes(field) ? null : value, `${field} without ${group}, ${action}`)
          }
        }
      }
    })
  ),
  promise(
    "a peek without the body has the size of a body of any size, and all that is always read",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* newChannel()
      const handle = yield* openHandle(queue, "receive")
      const sizes = [0, 1, 5000, 3_000_000]
      for (const [index, size] of sizes.entries()) {
        yield* sender.send({ label: `order ${index}`, body: patternedBytes(size), appSpecific: index })
      }
      let lookupId = BigInt(0)
      for (const [index, size] of sizes.entries()) {
        const action = index === 0 ? "peekFirst" : "peekNext"
        const options = { transaction: "none", read: leastRead } as const
        const peeked = yield* Mqrt.use((mqrt) => mqrt.receiveMessageByLookupId(handle, lookupId, action, options))
        assert.deepEqual(
          [peeked.body, peeked.bodySize, peeked.label, peeked.appSpecific],
          [null, size, `order ${index}`, index]
        )
        lookupId = peeked.lookupId
      }
      for (const size of sizes) sameBytes((yield* receiver.receive).body, patternedBytes(size), `body of ${size}`)
    })
  ),
  promise(
    "a receive without the body removes the message, and the next one has a body again",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* newChannel()
      const handle = yield* openHandle(queue, "receive")
      yield* sender.send({ label: "one", body: patternedBytes(100_000) })
      yield* sender.send({ label: "two", body: patternedBytes(200) })
      const one = yield* receiveFrom(handle, { read: leastRead })
      assert.deepEqual([one.label, one.body, one.bodySize], ["one", null, 100_000])
      const two = yield* receiveFrom(handle, { read: usualRead })
      assert.equal(two.label, "two")
      sameBytes(two.body, patternedBytes(200), "the body of two")
      assert.equal((yield* receiver.poll)._tag, "None")
    })
  )
]
