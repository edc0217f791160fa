import { MessageQueue } from "@effect-msmq/core"
import type { MsmqError } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { node } from "./support/runtimes.ts"
import { waitingPromises } from "./support/waitingPromises.ts"
import { control, files, missing } from "./theDouble.ts"
import { start } from "../../core/test/support/settled.ts"

waitingPromises(node)

describe.skipIf(missing !== null)("a hundred receivers of one queue, each with a handle of its own,", () => {
  it.live("take two hundred messages by a thousand calls at most", () =>
    Effect.gen(function* () {
      control.reset()
      const orders = ".\\private$\\orders"
      const labels = Array.from({ length: 200 }, (_, index) => `message ${index}`)
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const fibers: Array<Fiber.Fiber<ReadonlyArray<string>, unknown>> = []
      for (let index = 0; index < 100; index++) {
        const receiver = yield* MessageQueue.openReceiver(orders)
        const twice = Effect.all([receiver.receive, receiver.receive])
        const both = Effect.map(twice, (messages) => messages.map(({ label }) => label))
        fibers.push(yield* start(both))
      }
      yield* sender.sendAll(labels.map((label) => ({ label })))
      const got = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(got.flat().toSorted(), labels.toSorted())
      // Each receiver looks once before it waits, and a notice that comes late has one look in vain. If each looked for each
      // message, there would be 20,000 calls.
      assert.isAtMost(control.callCount("MQReceiveMessage"), 1000)
      assert.deepStrictEqual(control.ledger().violations, [])
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )
})

const orders = ".\\private$\\orders"

const peeksAndReceives = (): number => control.callCount("MQReceiveMessage")

/** Waits until no call has been made for a while. */
const quiet: Effect.Effect<void> = Effect.suspend(() => {
  const before = peeksAndReceives()
  return Effect.flatMap(Effect.sleep(50), () => (peeksAndReceives() === before ? Effect.void : quiet))
})

/** A layer of its own, and what closes it. */
const openLayer = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const services = yield* Layer.buildWithScope(NativeMqrt.layerWith(files), scope)
  return { scope, services, close: Scope.close(scope, Exit.void) }
})

/** The ways to name one queue, once the process has heard of them. */
const namesOf = (formatName: string): ReadonlyArray<string> => [
  formatName,
  formatName.toUpperCase(),
  "DIRECT=OS:.\\private$\\orders",
  "direct=os:.\\PRIVATE$\\Orders",
  "DIRECT=OS:DOUBLE\\private$\\orders",
  "DIRECT=OS:double\\private$\\ORDERS",
  "DIRECT=OS:localhost\\private$\\orders",
  "DIRECT=TCP:127.0.0.1\\private$\\orders"
]

describe.skipIf(missing !== null)("all waits for one queue in a process", () => {
  beforeEach(() => control.reset())

  it.live(
    "share one peek through several layers, handles and names, and another handle takes over when its layer closes",
    () =>
      Effect.gen(function* () {
        const formatName = yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        const layers = [yield* openLayer, yield* openLayer, yield* openLayer]
        const waiting: Array<Fiber.Fiber<string, MsmqError.MsmqError>> = []
        for (const { scope, services } of layers) {
          for (const name of namesOf(formatName)) {
            const receiver = yield* Effect.provide(Scope.provide(MessageQueue.openReceiver(name), scope), services)
            const before = peeksAndReceives()
            const label = Effect.map(receiver.receive, ({ label }) => label)
            waiting.push(yield* Effect.forkDetach(label, { startImmediately: true }))
            yield* quiet
            // A poll, a look at the beginning of the wait, and the one peek.
            assert.isAtMost(peeksAndReceives() - before, waiting.length === 1 ? 3 : 2)
          }
        }
        const perLayer = namesOf(formatName).length
        for (const { close } of layers.slice(0, 2)) {
          const before = peeksAndReceives()
          yield* close
          yield* quiet
          assert.isAtMost(peeksAndReceives() - before, 1)
          for (const fiber of waiting.splice(0, perLayer)) {
            assert.strictEqual((yield* Effect.flip(Fiber.join(fiber))).reason._tag, "Released")
          }
        }
        const labels = waiting.map((_, index) => `message ${index}`)
        const before = peeksAndReceives()
        yield* sender.sendAll(labels.map((label) => ({ label })))
        assert.deepStrictEqual(yield* Effect.forEach(waiting, Fiber.join), labels, "first come, first served")
        assert.isAtMost(peeksAndReceives() - before, 2 * labels.length + 2)
        yield* layers[2]?.close ?? Effect.void
        assert.deepStrictEqual(control.ledger().violations, [])
      }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )

  it.live("for its journal or a subqueue, or for another queue, are separate", () =>
    Effect.gen(function* () {
      const direct = `DIRECT=OS:${orders}`
      const names = [direct, `${direct};journal`, `${direct};retry`, `${direct}2`]
      yield* MessageQueue.create(orders)
      yield* MessageQueue.create(".\\private$\\orders2")
      for (const name of names) {
        const receiver = yield* MessageQueue.openReceiver(name)
        yield* Effect.forkScoped(receiver.receive, { startImmediately: true })
      }
      yield* quiet
      assert.strictEqual(peeksAndReceives(), 3 * names.length)
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )
})

describe.skipIf(missing !== null)("cursors that wait at the end of a queue with messages", () => {
  beforeEach(() => control.reset())

  const openCursors = (count: number) =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.sendAll([{ label: "first" }, { label: "second" }])
      const fibers: Array<Fiber.Fiber<string | undefined, MsmqError.MsmqError>> = []
      for (let index = 0; index < count; index++) {
        const cursor = yield* receiver.cursor
        while (Option.isSome(yield* cursor.next)) continue
        const next = Effect.map(cursor.nextWithin("1 hour"), (found) => Option.getOrUndefined(found)?.label)
        fibers.push(yield* start(next))
      }
      yield* quiet
      return { fibers, receiver, sender }
    })

  it.live("make no calls, even a thousand of them, and each sees a message that arrives", () =>
    Effect.gen(function* () {
      const { fibers, sender } = yield* openCursors(1000)
      const before = peeksAndReceives()
      yield* Effect.sleep(500)
      assert.strictEqual(peeksAndReceives(), before)
      yield* sender.send({ label: "late" })
      assert.deepStrictEqual(new Set(yield* Effect.forEach(fibers, Fiber.join)), new Set(["late"]))
      assert.isAtMost(peeksAndReceives() - before, 1010)
      assert.deepStrictEqual(control.ledger().violations, [])
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )

  it.live("see a message of higher priority, which comes before the others", () =>
    Effect.gen(function* () {
      const { fibers, sender } = yield* openCursors(3)
      yield* sender.send({ label: "urgent", priority: 7 })
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), ["urgent", "urgent", "urgent"])
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )

  it.live(
    "go on when the handle of the shared cursor is closed, and see messages that arrive after the queue was emptied",
    () =>
      Effect.gen(function* () {
        const { fibers, receiver, sender } = yield* openCursors(1)
        const scope = yield* Scope.make()
        const other = yield* Scope.provide(MessageQueue.openReceiver(orders), scope)
        const cursor = yield* Scope.provide(other.cursor, scope)
        while (Option.isSome(yield* cursor.next)) continue
        yield* start(Effect.exit(cursor.nextWithin("1 hour")))
        yield* quiet
        yield* Scope.close(scope, Exit.void)
        yield* receiver.receive
        yield* receiver.receive
        yield* quiet
        yield* sender.send({ label: "late" })
        assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), ["late"])
        assert.deepStrictEqual(control.ledger().violations, [])
      }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )

  it.live("look from time to time if the shared cursor cannot be created", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.send({ label: "first" })
      const cursor = yield* receiver.cursor
      yield* cursor.next
      control.failNext("MQCreateCursor", 0xc00e0027)
      const fiber = yield* start(cursor.nextWithin("1 hour"))
      yield* Effect.sleep(10)
      yield* sender.send({ label: "late" })
      assert.strictEqual(Option.getOrUndefined(yield* Fiber.join(fiber))?.label, "late")
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )
})

describe.skipIf(missing !== null)("queues whose handles no completion port accepts", () => {
  beforeEach(() => control.reset())

  it.live("are waited for together with the others, by one thread", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 20 }, (_, index) => `.\\private$\\orders${index}`)
      const fibers: Array<Fiber.Fiber<string, MsmqError.MsmqError>> = []
      for (const [index, name] of names.entries()) {
        yield* MessageQueue.create(name)
        const receiver = yield* MessageQueue.openReceiver(name)
        control.refusePorts(index % 2 === 1)
        const label = Effect.map(receiver.receive, (message) => message.label)
        fibers.push(yield* start(label))
        yield* Effect.sleep(1)
      }
      for (const name of names.toReversed()) {
        yield* Effect.scoped(Effect.flatMap(MessageQueue.openSender(name), (sender) => sender.send({ label: name })))
      }
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), names)
      assert.deepStrictEqual(control.ledger().violations, [])
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )
})
