/** A poison message is always in one place, and events and errors say where. */
import { MessageQueue } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, References } from "effect"
import * as CallLog from "../support/CallLog.ts"
import {
  backend,
  consuming,
  errorOf,
  eventLog,
  labelsIn,
  leakFree,
  never,
  orders,
  poison,
  queues,
  send
} from "../support/consuming.ts"
import { change, deadLetters, fill, labels, placesOf, sources } from "../support/poisonPlaces.ts"
import { elapse } from "../support/settled.ts"

const control = MsmqControl.MsmqControl

const user = "S-1-5-21-1-2-3-1001"

type Obstacle = (transactional: boolean) => Effect.Effect<unknown, unknown, Layer.Success<typeof backend>>

const obstacles: Readonly<Record<string, Obstacle>> = {
  "is full": fill,
  "may hold nothing": () => change({ quota: 0 }),
  "wants signatures": () => change({ authenticate: true }),
  "wants encryption": () => change({ privacyLevel: "body" }),
  "denies everybody": () => control.use((msmq) => msmq.deny({ queue: poison, rights: ["writeMessage"] })),
  "denies this user": () => control.use((msmq) => msmq.deny({ queue: poison, rights: ["writeMessage"], sid: user })),
  "is deleted": () => MessageQueue.delete(poison),
  "is made anew, of the other kind": (transactional) =>
    Effect.andThen(MessageQueue.delete(poison), MessageQueue.create(poison, { transactional: !transactional }))
}

describe("poison for a queue that", () => {
  for (const [obstacle, make] of Object.entries(obstacles)) {
    for (const [source, options] of Object.entries(sources)) {
      for (const transactional of [true, false]) {
        for (const when of ["from the beginning", "in the meantime"] as const) {
          const kind = transactional ? "a transactional" : "a plain"
          it.effect(
            `${obstacle} ${when}, ${kind} one, from ${source}: is in one place, which events and errors name`,
            () =>
              Effect.gen(function* () {
                const receiver = yield* queues({ ...options, poisonTransactional: transactional })
                yield* send(orders, "bad", "good")
                if (when === "from the beginning") yield* make(transactional)
                const { events, onEvent } = eventLog()
                let made = when === "from the beginning"
                const handler = ({ label }: { readonly label: string }) =>
                  Effect.gen(function* () {
                    if (!made) yield* make(transactional)
                    made = true
                    if (label === "bad") return yield* Effect.fail("broken")
                  })
                const consumer = yield* consuming<Uint8Array, unknown, Layer.Success<typeof backend>>(
                  receiver,
                  handler,
                  {
                    retry: never,
                    poison: { queue: poison, transactional },
                    onEvent
                  }
                )
                yield* elapse("1 hour")
                const ended = consumer.pollUnsafe()
                yield* Fiber.interrupt(consumer)
                const error = ended === undefined ? undefined : errorOf(ended)
                const places = yield* placesOf("bad", error)
                const story = `${places}; ${events}; ${error?.message}`
                assert.strictEqual(places.length, 1, story)
                assert.isFalse(events.includes("Poisoned bad") && !places.includes("poison"), story)
                // An error or an event says it.
                assert.isTrue(error !== undefined || events.includes("PoisonSent bad"), story)
                if (events.length === 0) assert.deepStrictEqual(yield* labels(orders), ["bad", "good"])
                assert.notInclude(
                  yield* Effect.map(
                    control.use((msmq) => msmq.queues),
                    String
                  ),
                  "acknowledgments"
                )
              }).pipe(
                Effect.scoped,
                Effect.andThen(HandleLedger.expectNoLeaks),
                Effect.provide(
                  Layer.mergeAll(
                    HandleLedger.layer(
                      FaultInjection.layer(CallLog.layer(InMemoryMqrt.layerWith({ user: { sid: user } })))
                    ),
                    Layer.succeed(References.MinimumLogLevel, "None")
                  )
                )
              )
          )
        }
      }
    }
  }

  const known: ReadonlyArray<readonly [string, string]> = [
    ["may hold nothing", "the queue is full"],
    ["wants signatures", "turn its authenticate off"],
    ["wants encryption", "set its privacyLevel to optional"],
    ["denies everybody", "grant the right to write messages"]
  ]
  it.effect.each(known)(
    "%s is refused before a message is taken, and the error says what to do",
    ([obstacle, advice]) =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          yield* obstacles[obstacle]!(true)
          const error = yield* Effect.flip(receiver.consume(() => Effect.void, { poison: { queue: poison } }))
          assert.strictEqual(error.reason._tag, "IllegalPolicy")
          assert.include(error.message, advice)
          assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
        })
      )
  )
})

describe("poison for a queue of another machine", () => {
  const machines = Layer.merge(
    HandleLedger.layer(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })),
    Layer.succeed(References.MinimumLogLevel, "None")
  )
  const remote = "DIRECT=OS:WAREHOUSE\\private$\\poison"

  for (const [source, options] of Object.entries(sources)) {
    for (const transactional of [true, false]) {
      const kind = transactional ? "a transactional" : "a plain"
      const started = Effect.fnUntraced(function* () {
        yield* MsmqControl.on(MessageQueue.create(poison, { transactional }), "WAREHOUSE")
        yield* MessageQueue.create(orders, { transactional: options.transactional })
        const receiver = yield* MessageQueue.openReceiver(orders, { shareMode: options.shareMode })
        yield* send(orders, "bad")
        const { events, onEvent } = eventLog()
        const start = consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: remote, transactional },
          onEvent
        })
        return { events, start, there: MsmqControl.on(labelsIn(poison), "WAREHOUSE") }
      })

      it.effect(`${kind} one, from ${source}: is reported as poisoned when its copy has arrived`, () =>
        Effect.gen(function* () {
          const { events, start, there } = yield* started()
          const consumer = yield* start
          yield* elapse("1 second")
          assert.deepStrictEqual([events, yield* there], [["Received bad", "Poisoned bad"], ["bad"]])
          yield* Fiber.interrupt(consumer)
        }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(machines))
      )

      it.effect(`${kind} one, from ${source}: is neither lost nor sent twice while that machine is away`, () =>
        Effect.gen(function* () {
          const { events, start, there } = yield* started()
          yield* control.use((msmq) => msmq.cutLink("WAREHOUSE"))
          const consumer = yield* start
          yield* elapse("10 seconds")
          assert.notInclude(events, "Poisoned bad")
          yield* elapse("1 minute")
          const ended = consumer.pollUnsafe()
          yield* Fiber.interrupt(consumer)
          yield* control.use((msmq) => msmq.joinLink("WAREHOUSE"))
          yield* elapse("7 hours")
          const error = ended === undefined ? undefined : errorOf(ended)
          const places = [
            ...(yield* labelsIn(orders)).map(() => "source"),
            ...(yield* there).map(() => "poison"),
            ...(yield* Effect.forEach(deadLetters, labels)).flat().map(() => "dead letter"),
            ...(error?.reason._tag === "PoisonMessage" && error.reason.kept === "nowhere" ? ["error"] : [])
          ]
          const expected = !options.transactional
            ? options.shareMode === "denyReceive"
              ? "source"
              : transactional
                ? "poison"
                : "dead letter"
            : transactional
              ? "poison"
              : "source"
          assert.deepStrictEqual(places, [expected], `${events}; ${error?.message}`)
          assert.deepStrictEqual(events.includes("PoisonSent bad"), expected === "poison")
        }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(machines))
      )
    }
  }
})

describe("poison for the consumed queue under another name", () => {
  const network = InMemoryMqrt.layerWith({ machineName: "OFFICE", address: "10.1.2.3" })
  const layer = Layer.merge(HandleLedger.layer(network), Layer.succeed(References.MinimumLogLevel, "None"))
  const list = "DL=11111111-2222-3333-4444-555555555555"

  const aliases = [
    "OFFICE\\private$\\orders",
    "office\\PRIVATE$\\Orders",
    "localhost\\private$\\orders",
    "DIRECT=OS:.\\private$\\orders",
    "DIRECT=OS:OFFICE\\private$\\ORDERS",
    "DIRECT=OS:localhost\\private$\\orders",
    "DIRECT=TCP:10.1.2.3\\private$\\orders",
    "DIRECT=TCP:127.0.0.1\\private$\\orders",
    "DIRECT=HTTP://OFFICE/MSMQ\\private$\\orders",
    "DIRECT=HTTPS://10.1.2.3:443/MSMQ\\private$\\orders",
    "DIRECT=OS:.\\private$\\poison,DIRECT=OS:OFFICE\\private$\\orders"
  ]
  const consumedAs = [orders, "DIRECT=OS:localhost\\private$\\orders", "DIRECT=TCP:10.1.2.3\\private$\\orders"]
  for (const consumed of consumedAs) {
    it.effect.each(aliases)(`is refused before a message is taken: %s, consumed as ${consumed}`, (alias) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        yield* MessageQueue.create(poison)
        yield* send(orders, "1")
        const receiver = yield* MessageQueue.openReceiver(consumed)
        const error = yield* Effect.flip(receiver.consume(() => Effect.void, { poison: { queue: alias } }))
        assert.strictEqual(error.reason._tag, "IllegalPolicy")
        assert.include(error.message, "another queue than the one that is consumed")
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(layer))
    )
  }

  it.effect("is refused by the name that Message Queuing gave it, and by that of its multicast address", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders, { multicastAddress: "234.1.1.1:8001" })
      const receiver = yield* MessageQueue.openReceiver(orders)
      for (const queue of [formatName, "MULTICAST=234.1.1.1:8001"]) {
        const error = yield* Effect.flip(receiver.consume(() => Effect.void, { poison: { queue } }))
        assert.include(error.message, "another queue than the one that is consumed", queue)
      }
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(layer))
  )

  it.effect("a subqueue's poison may go to the queue that it is a part of", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const whole = yield* MessageQueue.openReceiver(orders)
      yield* send(orders, "bad")
      yield* whole.move(yield* whole.peek, "retry")
      const receiver = yield* MessageQueue.openReceiver(`${orders};retry`)
      const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
        retry: never,
        poison: { queue: orders, transactional: true }
      })
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* labelsIn(orders), ["bad"])
      yield* Fiber.interrupt(consumer)
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(layer))
  )

  for (const [source, options] of Object.entries(sources)) {
    it.effect(`that no name gives away ends consuming with the first copy that comes back, from ${source}`, () =>
      Effect.gen(function* () {
        const formatName = yield* MessageQueue.create(orders, { transactional: options.transactional })
        yield* control.use((msmq) => msmq.setDistributionList(list.slice(3), [formatName]))
        const receiver = yield* MessageQueue.openReceiver(orders, { shareMode: options.shareMode })
        yield* send(orders, "bad")
        let tries = 0
        const handler = () => Effect.suspend(() => Effect.fail(++tries))
        const consumer = yield* consuming(receiver, handler, {
          retry: never,
          poison: { queue: list, transactional: options.transactional }
        })
        yield* elapse("1 minute")
        const error = errorOf(yield* Fiber.await(consumer))
        assert.strictEqual(error.reason._tag, "IllegalPolicy")
        assert.include(error.message, "another queue than the one that is consumed")
        assert.strictEqual(tries, 1)
        assert.deepStrictEqual(yield* labelsIn(orders), ["bad"])
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(layer))
    )
  }

  it.effect("a copy that somebody sends back is handled as any message", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad")
        let broken = true
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, () => (broken ? Effect.fail("broken") : Effect.void), {
          retry: never,
          poison: { queue: poison },
          onEvent
        })
        const copy = yield* (yield* MessageQueue.openReceiver(poison)).receive
        broken = false
        const { headers: _, ...again } = copy
        yield* (yield* MessageQueue.openSender(orders)).send(again, { transaction: "singleMessage" })
        yield* elapse("1 second")
        assert.deepStrictEqual(events, ["Received bad", "Poisoned bad", "Received bad", "Handled bad"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})
