import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import { code, codeOf, direct, ends, fork, labelled, message, receiving, settled, text, waiting } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const control = MsmqControl.MsmqControl

describe("receiving", () => {
  it.effect("an empty queue: timeout 0 fails at once, 1000 after a second and no sooner, null never (E-04, G-08)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receiver, wait } = yield* ends()
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      const second = yield* waiting(code(mqrt.receiveMessage(receiver, receiving({ timeout: 1000 }))))
      const forEver = yield* waiting(wait)
      yield* elapse("999 millis")
      yield* settled
      assert.isUndefined(second.pollUnsafe())
      yield* elapse("1 millis")
      assert.strictEqual(yield* Fiber.join(second), errors.MQ_ERROR_IO_TIMEOUT)
      yield* elapse("365 days")
      yield* settled
      assert.isUndefined(forEver.pollUnsafe())
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive that timed out takes no later message (E-04)", () =>
    Effect.gen(function* () {
      const { label, mqrt, receiver, send } = yield* ends()
      const timedOut = yield* waiting(code(mqrt.receiveMessage(receiver, receiving({ timeout: 10 }))))
      yield* elapse("10 millis")
      yield* Fiber.join(timedOut)
      yield* send(labelled("late"))
      assert.strictEqual(yield* label, "late")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a waiting receive completes with the message that arrives, and its timeout no longer matters (E-09)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receiver, send } = yield* ends()
      const fiber = yield* waiting(mqrt.receiveMessage(receiver, receiving({ timeout: 1000 })))
      yield* elapse("500 millis")
      yield* send(labelled("a", "b"))
      assert.strictEqual((yield* Fiber.join(fiber)).label, "a")
      yield* elapse("1 hour")
      assert.strictEqual((yield* poll).label, "b")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receiver does not run inside the send that serves it (E-09)", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const events: Array<string> = []
      const fiber = yield* waiting(Effect.tap(wait, () => Effect.sync(() => events.push("received"))))
      yield* Effect.tap(send(labelled("a")), () => Effect.sync(() => events.push("sent")))
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(events, ["sent", "received"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive that got its message or was interrupted leaves no timer", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send } = yield* ends()
      const clock = yield* Clock.Clock
      let running = 0
      const counting: Clock.Clock = {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
        currentTimeMillis: clock.currentTimeMillis,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        sleep: () =>
          Effect.suspend(() => {
            running++
            return Effect.onInterrupt(Effect.never, () => Effect.sync(() => running--))
          })
      }
      const timed = mqrt
        .receiveMessage(receiver, receiving({ timeout: 1000 }))
        .pipe(Effect.provideService(Clock.Clock, counting))
      const served = yield* waiting(timed)
      const interrupted = yield* waiting(timed)
      assert.strictEqual(running, 2)
      yield* send([message()])
      yield* Fiber.join(served)
      assert.strictEqual(running, 1)
      yield* Fiber.interrupt(interrupted)
      assert.strictEqual(running, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "waiting receives are served in the order in which they began, and each message goes to one of them (E-10, E-11, G-18)",
    () =>
      Effect.gen(function* () {
        const { mqrt, receiver, send } = yield* ends()
        const other = yield* mqrt.openQueue(direct, "receive", "denyNone")
        const fibers = yield* Effect.forEach([receiver, other, receiver, other], (handle) =>
          waiting(mqrt.receiveMessage(handle, receiving({ timeout: null })))
        )
        yield* send(labelled("a", "b", "c", "d"))
        const received = yield* Effect.forEach(fibers, Fiber.join)
        assert.deepStrictEqual(
          received.map((one) => one.label),
          ["a", "b", "c", "d"]
        )
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an interrupted receive takes no message, and those behind it move forward", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const first = yield* waiting(wait)
      const second = yield* waiting(wait)
      yield* Fiber.interrupt(first)
      yield* send(labelled("a"))
      assert.strictEqual((yield* Fiber.join(second)).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a receive that is interrupted after its message has come, but before it returned, leaves it first in the queue",
    () =>
      Effect.gen(function* () {
        const { label, send, wait } = yield* ends()
        const fibers = [yield* waiting(wait), yield* waiting(wait)]
        yield* send(labelled("a", "b", "c"))
        for (const fiber of fibers) fiber.interruptUnsafe()
        const exits = yield* Effect.forEach(fibers, Fiber.await)
        assert.isTrue(exits.every(Exit.hasInterrupts))
        assert.deepStrictEqual([yield* label, yield* label, yield* label], ["a", "b", "c"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message that is put back so goes to the next waiting receive", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const first = yield* waiting(wait)
      const second = yield* waiting(wait)
      yield* send(labelled("a"))
      first.interruptUnsafe()
      assert.strictEqual((yield* Fiber.join(second)).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect.prop(
    "with interruptions at any time, every message is received once, in order, or is still in the queue",
    { steps: Schema.Array(Schema.Literals(["wait", "send", "interrupt", "yield"])) },
    ({ steps }) =>
      Effect.gen(function* () {
        const { poll, send, wait } = yield* ends()
        const fibers: Array<Fiber.Fiber<ReceivedProperties, Mqrt.MqrtFailure>> = []
        const handedOut: Array<number> = []
        let sent = 0
        for (const step of steps) {
          if (step === "wait") {
            const handing = Effect.map(wait, (one) => {
              handedOut.push(one.appSpecific)
              return one
            })
            fibers.push(yield* fork(handing))
          } else if (step === "send") {
            yield* send([message({ appSpecific: sent++ })])
          } else if (step === "interrupt") {
            fibers.find((fiber) => fiber.pollUnsafe() === undefined)?.interruptUnsafe()
          } else {
            yield* Effect.yieldNow
          }
        }
        yield* settled
        for (const fiber of fibers) yield* Fiber.interrupt(fiber)
        const left: Array<number> = []
        while (handedOut.length + left.length < sent) left.push((yield* poll).appSpecific)
        assert.deepStrictEqual(
          [...handedOut, ...left].toSorted((a, b) => a - b),
          Array.from({ length: sent }, (_, index) => index)
        )
        assert.deepStrictEqual(
          left,
          left.toSorted((a, b) => a - b)
        )
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  // A fiber yields after this number of steps: the numbers include one between each step of a receive and the next.
  const stepsBeforeYield = Array.from({ length: 20 }, (_, index) => index + 3)

  it.effect(
    "of two receives that find the same last message one gets it, and the other waits for the next (E-11)",
    () =>
      Effect.forEach(stepsBeforeYield, (steps) =>
        Effect.gen(function* () {
          const { send, wait } = yield* ends()
          const stepwise = Effect.provideService(wait, References.MaxOpsBeforeYield, steps)
          yield* send(labelled("a"))
          const fibers = [yield* fork(stepwise), yield* fork(stepwise)]
          yield* settled
          yield* send(labelled("b"))
          const received = yield* Effect.forEach(fibers, Fiber.join)
          assert.deepStrictEqual(received.map((one) => one.label).toSorted(), ["a", "b"])
        }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      )
  )

  it.effect("after an interruption at any step, a message is received or still in the queue, and never both", () =>
    Effect.gen(function* () {
      const outcomes = yield* Effect.forEach(stepsBeforeYield, (steps) =>
        Effect.gen(function* () {
          const { poll, send, wait } = yield* ends()
          let handedOut = false
          const stepwise = Effect.map(wait, () => {
            handedOut = true
          }).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps))
          yield* send(labelled("a"))
          yield* Fiber.interrupt(yield* fork(stepwise))
          const left = yield* Effect.match(poll, { onFailure: () => false, onSuccess: () => true })
          assert.notStrictEqual(handedOut, left)
          return handedOut
        }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      )
      assert.sameMembers([...new Set(outcomes)], [true, false])
    })
  )

  it.effect("closing a handle cancels its waiting receives and no others (C-40, E-51, G-11)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send, wait } = yield* ends()
      const other = yield* mqrt.openQueue(direct, "receive", "denyNone")
      const cancelled = yield* waiting(code(wait))
      const kept = yield* waiting(mqrt.receiveMessage(other, receiving({ timeout: null })))
      yield* mqrt.closeQueue(receiver)
      assert.strictEqual(yield* Fiber.join(cancelled), errors.MQ_ERROR_OPERATION_CANCELLED)
      yield* send(labelled("a"))
      assert.strictEqual((yield* Fiber.join(kept)).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive that loses a race with a close fails as cancelled or by an invalid handle (E-52, G-22)", () =>
    Effect.gen(function* () {
      const codes = yield* Effect.forEach(stepsBeforeYield, (steps) =>
        Effect.gen(function* () {
          const { mqrt, receiver, wait } = yield* ends()
          const stepwise = Effect.provideService(code(wait), References.MaxOpsBeforeYield, steps)
          const receives = yield* fork(stepwise)
          yield* mqrt.closeQueue(receiver)
          return yield* Fiber.join(receives)
        }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      )
      assert.sameMembers([...new Set(codes)], [errors.MQ_ERROR_OPERATION_CANCELLED, errors.MQ_ERROR_INVALID_HANDLE])
    })
  )

  it.effect("a message that comes between the look and the wait is not missed", () =>
    Effect.forEach(stepsBeforeYield, (steps) =>
      Effect.gen(function* () {
        const { send, wait } = yield* ends()
        const receives = yield* fork(Effect.provideService(wait, References.MaxOpsBeforeYield, steps))
        yield* send(labelled("a"))
        assert.strictEqual((yield* Fiber.join(receives)).label, "a")
      }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
    )
  )

  it.effect("a receive that waits ends with the fiber that called it, and takes nothing (E-54, G-24)", () =>
    Effect.gen(function* () {
      const { label, send, wait } = yield* ends()
      const started: Array<Fiber.Fiber<unknown, unknown>> = []
      // The children of a fiber end with it.
      const parent = yield* waiting(Effect.map(waiting(wait), (fiber) => started.push(fiber)))
      yield* Fiber.join(parent)
      const [child] = started
      assert.isDefined(child)
      yield* send(labelled("a"))
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(child)))
      assert.strictEqual(yield* label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("one handle serves many fibers at once, and who closes it first closes it for all (C-36)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send, sender, wait } = yield* ends()
      const receives = yield* Effect.forEach([0, 1, 2], () => waiting(wait))
      const sends = yield* Effect.forEach(["a", "b", "c"], (label) => waiting(send(labelled(label))))
      yield* Effect.forEach(sends, Fiber.join)
      const labels = (yield* Effect.forEach(receives, Fiber.join)).map((received) => received.label)
      assert.sameMembers(labels, ["a", "b", "c"])
      const invalid = errors.MQ_ERROR_INVALID_HANDLE
      for (const handle of [sender, receiver]) {
        const closes = yield* Effect.forEach([0, 1], () => waiting(mqrt.closeQueue(handle)))
        const exits = yield* Effect.forEach(closes, Fiber.await)
        assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false])
        assert.strictEqual(yield* code(mqrt.closeQueue(handle)), invalid)
      }
      assert.strictEqual(codeOf(yield* send([message()])), invalid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("rare properties that were not requested are lost with the message (E-07)", () =>
    Effect.gen(function* () {
      const { poll, receive, send } = yield* ends()
      const connector = {
        type: "0f5a7c1e-1111-4222-8333-444455556666",
        class: 0,
        authenticated: false,
        signature: text("signature"),
        symmetricKey: null
      }
      yield* send([message({ connector })])
      const asked = yield* receive({ action: "peekCurrent", read: { ...usualRead, rare: true } })
      assert.deepStrictEqual(asked.rare?.signature, text("signature"))
      assert.isNull((yield* receive({ action: "peekCurrent" })).rare)
      assert.isNull((yield* receive({ read: usualRead })).rare)
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a mistake fails at once, whatever the timeout (G-04)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receive, receiver, sender } = yield* ends()
      const forEver = { timeout: null }
      const closed = yield* mqrt.openQueue(direct, "receive", "denyNone")
      const cursor = yield* mqrt.createCursor(closed)
      yield* mqrt.closeQueue(closed)
      const transaction = yield* mqrt.beginTransaction
      const wrong: Record<string, readonly [Effect.Effect<unknown, Mqrt.MqrtFailure>, number]> = {
        "a closed handle": [mqrt.receiveMessage(closed, receiving(forEver)), errors.MQ_ERROR_INVALID_HANDLE],
        "a handle to send": [mqrt.receiveMessage(sender, receiving(forEver)), errors.MQ_ERROR_ACCESS_DENIED],
        "another handle's cursor": [receive({ ...forEver, cursor }), errors.MQ_ERROR_INVALID_HANDLE],
        "the next without a cursor": [
          receive({ ...forEver, action: "peekNext" }),
          errors.MQ_ERROR_ILLEGAL_CURSOR_ACTION
        ],
        "a transaction in a plain queue": [receive({ ...forEver, transaction }), errors.MQ_ERROR_TRANSACTION_USAGE]
      }
      const seen: Record<string, number | undefined> = {}
      for (const [name, [call]] of Object.entries(wrong)) {
        const fiber = yield* waiting(Effect.map(code(call), (code) => (seen[name] = code)))
        // No time passes, and no other fiber runs.
        assert.isDefined(fiber.pollUnsafe(), name)
      }
      assert.deepStrictEqual(
        seen,
        Object.fromEntries(Object.entries(wrong).map(([name, [, expected]]) => [name, expected]))
      )
      yield* mqrt.deleteQueue(formatName)
      const deleted = yield* waiting(code(mqrt.receiveMessage(receiver, receiving(forEver))))
      assert.isDefined(deleted.pollUnsafe())
      assert.strictEqual(yield* Fiber.join(deleted), errors.MQ_ERROR_QUEUE_DELETED)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("deleting the queue ends every receive that waits on it (C-43)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, wait } = yield* ends()
      const fibers = [yield* waiting(code(wait)), yield* waiting(code(wait))]
      yield* mqrt.deleteQueue(formatName)
      const deleted = errors.MQ_ERROR_QUEUE_DELETED
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [deleted, deleted])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("ten thousand receives wait at once; one that is interrupted leaves the others waiting", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const fibers = yield* Effect.all(Array.from({ length: 10_000 }, () => waiting(wait)))
      const interrupted = fibers[5000]
      assert.isDefined(interrupted)
      yield* Fiber.interrupt(interrupted)
      yield* send(Array.from({ length: 9_999 }, (_, index) => message({ appSpecific: index })))
      const received = yield* Effect.forEach(
        fibers.filter((fiber) => fiber !== interrupted),
        Fiber.join
      )
      assert.isTrue(received.every((one, index) => one.appSpecific === index))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.live("a million messages pass a receiver that keeps up, in order", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const batch = Array.from({ length: 250 }, () => message({ body: new Uint8Array(16) }))
      let inOrder = true
      const receiver = yield* waiting(
        Effect.gen(function* () {
          for (let expected = 1; expected <= 1_000_000; expected++) {
            const received = yield* wait
            inOrder &&= Number(received.lookupId & 0xffffffffffffffn) === expected
          }
        })
      )
      for (let sent = 0; sent < 1_000_000; sent += batch.length) {
        yield* send(batch)
        yield* Effect.yieldNow
      }
      yield* Fiber.join(receiver)
      assert.isTrue(inOrder)
      const [queue] = yield* control.use((msmq) => msmq.queues)
      assert.strictEqual(queue?.messages, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
