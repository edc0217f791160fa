import { MessageQueue, type Mqrt, type MsmqError, type Receiver, Transaction } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import { elsewhere, endCalls, layer, orders, setDelay, takeAll, whileCalling } from "./support/heldReceives.ts"
import { control, missing } from "./theDouble.ts"

/** Yields once, before the step with a number, and interrupts the fiber there. It does not look at the count of operations. */
class CutBefore extends Scheduler.MixedScheduler {
  readonly #step: number
  #first: Fiber.Fiber<unknown, unknown> | undefined
  steps = 0

  constructor(step: number) {
    super()
    this.#step = step
  }

  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const first = (this.#first ??= fiber)
    if (this.steps++ !== this.#step) return false
    queueMicrotask(() => first.interruptUnsafe())
    return true
  }
}

/** Format name by which the double knows the queue. */
const privateName = `DIRECT=OS:${orders}`

type Labelled = { readonly label: string }

type HandOut = (message: Labelled) => void

type Take<R = never> = (receiver: Receiver.Receiver, handOut: HandOut) => Effect.Effect<unknown, MsmqError.MsmqError, R>

const found =
  (find: (receiver: Receiver.Receiver) => Effect.Effect<Option.Option<Labelled>, MsmqError.MsmqError>): Take =>
  (receiver, handOut) =>
    Effect.map(find(receiver), Option.map(handOut))

const Anything = Context.Reference("anything", { defaultValue: () => 0 })

/** Ways to take one message. */
const takes: Readonly<Record<string, Take>> = {
  receive: (receiver, handOut) => Effect.map(receiver.receive, handOut),
  receiveWithin: found((receiver) => receiver.receiveWithin("1 day")),
  poll: found((receiver) => receiver.poll),
  lookup: found((receiver) => receiver.lookup("receiveFirst")),
  messages: (receiver, handOut) =>
    Stream.runForEach(Stream.take(receiver.messages, 1), (message) => Effect.sync(() => handOut(message))),
  "a cursor": (receiver, handOut) =>
    Effect.scoped(
      Effect.flatMap(receiver.cursor, (cursor) =>
        Effect.andThen(cursor.nextWithin("1 day"), Effect.map(cursor.receive, Option.map(handOut)))
      )
    ),
  "a loop of polls": (receiver, handOut) =>
    Effect.forever(
      Effect.tap(receiver.poll, (message) =>
        Option.isSome(message)
          ? Effect.andThen(
              Effect.sync(() => handOut(message.value)),
              Effect.interrupt
            )
          : Effect.void
      )
    ),
  "poll, with a service": found((receiver) => Effect.provideService(receiver.poll, Anything, 1)),
  "poll, in a scope": found((receiver) => Effect.scoped(receiver.poll)),
  "poll, in a generator with a span": found((receiver) =>
    Effect.withSpan(
      Effect.gen(function* () {
        return yield* receiver.poll
      }),
      "poll"
    )
  )
}

/** Names of those that wait for a message. */
const waits: ReadonlyArray<keyof typeof takes> = ["receive", "receiveWithin", "messages", "a cursor"]

interface Case {
  readonly backend: Layer.Layer<Mqrt.Mqrt, MsmqError.MsmqError>
  readonly name: string
  /** Milliseconds that a call takes. */
  readonly delay: number
}

interface Run {
  readonly transactional: boolean
  /** `true` for a message that comes while the receive waits. */
  readonly isLate: boolean
}

/** Interrupts a receive before each of its steps, in a run of its own, and looks for the message of the run. */
const losses = ({ backend, delay, name }: Case, { isLate, transactional }: Run, take: Take<Mqrt.Mqrt>) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, { transactional })
    const sender = yield* MessageQueue.openSender(orders)
    const receiver = yield* MessageQueue.openReceiver(name)
    setDelay(delay)
    const fork = Effect.runForkWith(yield* Effect.context<Mqrt.Mqrt>())
    const lost: Array<string> = []
    let steps = Infinity
    for (let step = 0; step <= steps; step++) {
      const send = sender.send({ label: `${step}` }, transactional ? { transaction: "singleMessage" } : {})
      const handedOut: Array<string> = []
      const scheduler = new CutBefore(step)
      if (!isLate) yield* send
      const fiber = fork(
        take(receiver, ({ label }) => void handedOut.push(label)),
        { scheduler }
      )
      if (isLate) yield* send
      yield* Fiber.await(fiber)
      if (scheduler.steps <= step) {
        steps = step
        assert.deepStrictEqual(handedOut, [`${step}`])
      }
      const left = yield* takeAll(receiver)
      // An abort brings a message back that was handed out.
      const all = transactional && left.length > 0 ? left : [...handedOut, ...left]
      if (all.join() !== `${step}`) lost.push(`before step ${step}: handed out [${handedOut}], left [${left}]`)
    }
    setDelay(0)
    return lost
  }).pipe(Effect.scoped, Effect.provide(backend))

const cases = {
  "in memory": { backend: InMemoryMqrt.layer, name: orders, delay: 0 },
  "on the main thread": { backend: layer, name: orders, delay: 0 },
  "off the main thread": { backend: layer, name: elsewhere, delay: 3 }
} satisfies Record<string, Case>

describe.skipIf(missing !== null)("a receive that is interrupted at any place where a scheduler can yield", () => {
  beforeEach(() => control.reset())
  afterEach(() => assert.deepStrictEqual(control.ledger().violations, []))

  describe.each(Object.entries(cases))("%s", (_, where) => {
    const assertNothingLost = (run: Run, take: Take<Mqrt.Mqrt>) =>
      Effect.map(losses(where, run, take), (lost) => assert.deepStrictEqual(lost, []))

    it.live.each(Object.entries(takes))("%s hands the message out or leaves it in the queue", ([, take]) =>
      assertNothingLost({ transactional: false, isLate: false }, take)
    )

    it.live.each(waits.map((name) => [name, takes[name]!] as const))(
      "%s hands a message that comes meanwhile out or leaves it in the queue",
      ([, take]) => assertNothingLost({ transactional: false, isLate: true }, take)
    )

    if (where.name !== orders) return
    it.live.each(Object.entries(takes))(
      "%s, in a transaction, hands the message out or leaves it in the queue",
      ([, take]) =>
        assertNothingLost({ transactional: true, isLate: false }, (receiver, handOut) =>
          Transaction.run(take(receiver, handOut))
        )
    )
  })

  it.live.each(Object.entries(takes))(
    "%s keeps the message whose call ends in the turn in which it is interrupted",
    ([, take]) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(elsewhere)
        yield* sender.send({ label: "only" })
        const handedOut: Array<string> = []
        const run = take(receiver, ({ label }) => void handedOut.push(label))
        const fiber = yield* whileCalling(run)
        assert.strictEqual(control.queueCount(privateName), 1)
        endCalls()
        // The call takes the message on its thread. This one learns of it in its next turn.
        // The first call of a cursor peeks.
        if (take !== takes["a cursor"]) while (control.queueCount(privateName) > 0);
        fiber.interruptUnsafe()
        yield* Fiber.await(fiber)
        assert.deepStrictEqual([...handedOut, ...(yield* takeAll(receiver))], ["only"])
      }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live.each(Object.entries(takes))(
    "%s, interrupted at any place, loses no message whose call the receive before it has left",
    ([, take]) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        const fork = Effect.runForkWith(yield* Effect.context<Mqrt.Mqrt>())
        /** Returns the messages that are found, and the number of steps. */
        const interruptBefore = (step: number) =>
          Effect.gen(function* () {
            // A queue that is opened anew expects slow calls.
            const receiver = yield* MessageQueue.openReceiver(elsewhere)
            yield* sender.send({ label: `${step}` })
            yield* Fiber.interrupt(yield* whileCalling(receiver.poll))
            const handedOut: Array<string> = []
            const scheduler = new CutBefore(step)
            const fiber = fork(
              take(receiver, ({ label }) => void handedOut.push(label)),
              { scheduler }
            )
            endCalls()
            yield* Fiber.await(fiber)
            return { steps: scheduler.steps, found: [...handedOut, ...(yield* takeAll(receiver))] }
          }).pipe(Effect.scoped)
        let steps = Infinity
        for (let step = 0; step <= steps; step++) {
          const run = yield* interruptBefore(step)
          assert.deepStrictEqual(run.found, [`${step}`])
          if (run.steps <= step) steps = step
        }
      }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
