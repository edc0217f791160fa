/** A message that cannot be handled is always somewhere, is told of truly, and comes to an end. */
import { type ConsumePolicy, Message, MessageQueue, type MsmqError } from "@effect-msmq/core"
import type { ShareMode } from "@effect-msmq/core/Mqrt"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Option, References, Schedule, type Scope } from "effect"
import * as CallLog from "../support/CallLog.ts"
import {
  backend,
  consuming,
  journal,
  labelsIn,
  never,
  orders,
  poison,
  queues,
  retries,
  send
} from "../support/consuming.ts"
import { elapse } from "../support/settled.ts"

const deadLetters = ["DIRECT=OS:.\\SYSTEM$;DEADLETTER", "DIRECT=OS:.\\SYSTEM$;DEADXACT"]
const acknowledgments = ".\\private$\\effect-msmq-acknowledgments-1"

const control = MsmqControl.MsmqControl

const whole = <A, E>(test: Effect.Effect<A, E, Layer.Success<typeof backend> | Scope.Scope>) =>
  test.pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))

const errorOf = (exit: Exit.Exit<unknown, MsmqError.MsmqError>): MsmqError.MsmqError => {
  assert(Exit.isFailure(exit))
  return Option.getOrThrow(Cause.findErrorOption(exit.cause))
}

/** The labels in a queue, none where it was deleted. */
const labels = (queue: string) =>
  labelsIn(queue).pipe(Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.succeed([])))

/** Where a message is, by its label: each place once for each time that it is there. */
const placesOf = Effect.fnUntraced(function* (label: string, error: MsmqError.MsmqError | undefined) {
  const there = (found: ReadonlyArray<string>, place: string) => found.filter((one) => one === label).map(() => place)
  const dead = (yield* Effect.forEach(deadLetters, labels)).flat()
  const isInError = error?.reason._tag === "PoisonMessage" && error.reason.kept === "nowhere"
  return [
    ...there(yield* labels(orders), "source"),
    ...there(yield* labels(poison), "poison"),
    ...there(dead, "dead letter"),
    ...(isInError ? ["error"] : [])
  ]
})

const sources: Readonly<Record<string, { readonly transactional: boolean; readonly shareMode: ShareMode }>> = {
  "a transactional queue": { transactional: true, shareMode: "denyNone" },
  "a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" },
  "a plain queue that is shared": { transactional: false, shareMode: "denyNone" }
}

const user = "S-1-5-21-1-2-3-1001"

const change = (changes: Parameters<typeof MessageQueue.setProperties>[1]) =>
  MessageQueue.setProperties(poison, changes)

const fill = Effect.fnUntraced(function* (transactional: boolean) {
  const sender = yield* MessageQueue.openSender(poison)
  yield* sender.send(
    { label: "filling", body: new Uint8Array(900) },
    { transaction: transactional ? "singleMessage" : "none" }
  )
  yield* change({ quota: 1 })
}, Effect.scoped)

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
          it.effect(`${obstacle} ${when}, ${kind} one, from ${source}: is in one place, and truly told of`, () =>
            Effect.gen(function* () {
              const receiver = yield* queues({ ...options, poisonTransactional: transactional })
              yield* send(orders, "bad", "good")
              if (when === "from the beginning") yield* make(transactional)
              const { events, onEvent } = journal()
              let made = when === "from the beginning"
              const handler = ({ label }: { readonly label: string }) =>
                Effect.gen(function* () {
                  if (!made) yield* make(transactional)
                  made = true
                  if (label === "bad") return yield* Effect.fail("broken")
                })
              const consumer = yield* consuming<Uint8Array, unknown, Layer.Success<typeof backend>>(receiver, handler, {
                retry: never,
                poison: { queue: poison, transactional },
                onEvent
              })
              yield* elapse("1 hour")
              const ended = consumer.pollUnsafe()
              yield* Fiber.interrupt(consumer)
              const error = ended === undefined ? undefined : errorOf(ended)
              const places = yield* placesOf("bad", error)
              const story = `${places}; ${events}; ${error?.message}`
              assert.strictEqual(places.length, 1, story)
              assert.isFalse(events.includes("Poisoned bad") && !places.includes("poison"), story)
              // The operator sees it, or it is told where it went.
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
      whole(
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

describe("a copy", () => {
  it.effect("that is full of a transaction asks to be a dead letter, and its original leaves with it", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad")
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison }
        })
        const copy = yield* (yield* MessageQueue.openReceiver(poison)).receive
        assert.isTrue(copy.journaling?.deadLetter)
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("that a full queue refuses after the commit is a dead letter, and consuming fails with that", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad", "2")
        yield* fill(true)
        // Nobody may look at the queue: what it lacks is only known by the acknowledgment.
        yield* FaultInjection.inject({ function: "MQMgmtGetInfo", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
        const { events, onEvent } = journal()
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison },
          onEvent
        })
        const error = errorOf(yield* Fiber.await(consumer))
        assert(error.reason._tag === "PoisonMessage")
        assert.strictEqual(error.reason.kept, "deadLetterQueue")
        assert.include(error.message, "after 1 attempt: broken; and then: ")
        assert.include(error.message, "the queue is full: empty it, or raise its quota (class 0x8003)")
        assert.deepStrictEqual(events, ["Received bad"])
        assert.deepStrictEqual(yield* placesOf("bad", error), ["dead letter"])
      })
    )
  )

  it.effect("that a full queue refuses stays out of the dead letters where its original is kept", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues({ transactional: false, shareMode: "denyReceive", poisonTransactional: false })
        yield* send(orders, "bad")
        yield* fill(false)
        yield* FaultInjection.inject({ function: "MQMgmtGetInfo", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison }
        })
        const error = errorOf(yield* Fiber.await(consumer))
        assert(error.reason._tag === "PoisonMessage")
        assert.strictEqual(error.reason.kept, "queue")
        assert.deepStrictEqual(yield* placesOf("bad", error), ["source"])
      })
    )
  )

  it.effect("needs a private queue for its acknowledgment, which is gone afterwards", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues({ transactional: false })
        const consumer = yield* consuming(receiver, () => Effect.void, { poison: { queue: poison } })
        assert.isTrue(yield* MessageQueue.exists(acknowledgments))
        yield* Fiber.interrupt(consumer)
        assert.isFalse(yield* MessageQueue.exists(acknowledgments))
      })
    )
  )

  it.effect("is acknowledged to each of two consumers by itself", () =>
    whole(
      Effect.gen(function* () {
        const receivers = [yield* queues({ transactional: false }), yield* MessageQueue.openReceiver(orders)]
        const sent = Array.from({ length: 20 }, (_, index) => `${index}`)
        const all = yield* Deferred.make<void>()
        let poisoned = 0
        const onEvent = ({ _tag }: ConsumePolicy.ConsumeEvent) =>
          _tag === "Poisoned" && ++poisoned === sent.length ? Deferred.succeed(all, undefined) : Effect.void
        const policy = { retry: never, poison: { queue: poison }, concurrency: 3, onEvent }
        const consumers = yield* Effect.forEach(receivers, (receiver) =>
          consuming(receiver, () => Effect.fail("broken"), policy)
        )
        yield* send(orders, ...sent)
        yield* Deferred.await(all)
        assert.deepStrictEqual((yield* labelsIn(poison)).toSorted(), sent.toSorted())
        yield* Effect.forEach(consumers, Fiber.interrupt)
      })
    )
  )

  it.effect("whose acknowledgment nobody may receive is refused with what to do, where one is needed", () =>
    whole(
      Effect.gen(function* () {
        const plain = yield* queues({ transactional: false })
        yield* MessageQueue.create(".\\private$\\transactional", { transactional: true })
        const locked = yield* MessageQueue.openReceiver(".\\private$\\transactional")
        yield* send(".\\private$\\transactional", "bad")
        yield* control.use((msmq) => msmq.setQueueCreators("nobody"))
        const policy = { retry: never, poison: { queue: poison } }
        const error = yield* Effect.flip(plain.consume(() => Effect.void, policy))
        assert.strictEqual(error.reason._tag, "IllegalPolicy")
        assert.include(error.message, "Let this account create private queues")
        assert.include(error.message, acknowledgments)
        // In a transaction nothing can be lost: only that it has arrived is not known.
        const { events, onEvent } = journal()
        const consumer = yield* consuming(locked, () => Effect.fail("broken"), { ...policy, onEvent })
        assert.deepStrictEqual(events, ["Received bad", "PoisonSent bad"])
        assert.deepStrictEqual(yield* labelsIn(poison), ["bad"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("whose acknowledgment comes to a queue that an administrator made is as good", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues({ transactional: false })
        yield* MessageQueue.create(acknowledgments)
        yield* send(acknowledgments, "left behind")
        yield* control.use((msmq) => msmq.setQueueCreators("nobody"))
        yield* send(orders, "bad")
        const { events, onEvent } = journal()
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison },
          onEvent
        })
        assert.deepStrictEqual(events, ["Received bad", "Poisoned bad"])
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(acknowledgments), [])
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
        const { events, onEvent } = journal()
        const start = consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: remote, transactional },
          onEvent
        })
        return { events, start, there: MsmqControl.on(labelsIn(poison), "WAREHOUSE") }
      })

      it.effect(`${kind} one, from ${source}: is told of when it has arrived`, () =>
        Effect.gen(function* () {
          const { events, start, there } = yield* started()
          const consumer = yield* start
          yield* elapse("1 second")
          assert.deepStrictEqual([events, yield* there], [["Received bad", "Poisoned bad"], ["bad"]])
          yield* Fiber.interrupt(consumer)
        }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(machines))
      )

      it.effect(`${kind} one, from ${source}: that is away is not lost, nor there twice when it is back`, () =>
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
    it.effect(`that no name tells of ends with the first copy that comes back, from ${source}`, () =>
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
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad")
        let broken = true
        const { events, onEvent } = journal()
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

describe("a copy by a function of the policy", () => {
  const broken = new Error("cannot copy")
  const useless: ReadonlyArray<readonly [string, NonNullable<ConsumePolicy.PoisonQueue["copy"]>, string]> = [
    [
      "throws",
      () => {
        throw broken
      },
      "the function copy of the policy for poison messages threw, so that there is no copy: Error: cannot copy"
    ],
    [
      "has a getter that throws",
      () => ({
        get label(): string {
          throw broken
        }
      }),
      "Error: cannot copy"
    ],
    ["is null", () => null as never, "{ copy } that returns null, but copy must return the message to send"],
    ["is a list", () => [{ label: "bad" }] as never, "but copy must return the message to send"],
    ["is a promise", (copy) => Promise.resolve(copy) as never, "and not as a promise"]
  ]
  for (const [source, options] of Object.entries(sources)) {
    for (const [what, copy, advice] of useless) {
      it.effect(`that ${what} ends consuming, and nothing is lost, from ${source}`, () =>
        whole(
          Effect.gen(function* () {
            const receiver = yield* queues(options)
            yield* send(orders, "bad")
            const { events, onEvent } = journal()
            const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
              retry: never,
              poison: { queue: poison, copy },
              onEvent
            })
            yield* elapse("1 hour")
            const error = errorOf(yield* Fiber.await(consumer))
            assert(error.reason._tag === "PoisonMessage")
            assert.strictEqual(
              error.reason.kept,
              options.transactional || options.shareMode === "denyReceive" ? "queue" : "nowhere"
            )
            assert.include(error.message, "after 1 attempt: broken; and then: ")
            assert.include(error.message, advice)
            assert.deepStrictEqual(events, ["Received bad"])
            assert.deepStrictEqual(yield* labelsIn(poison), [])
          })
        )
      )
    }
  }

  it.effect("is what the policy's copy returns, also where its fields are those of a class", () =>
    whole(
      Effect.gen(function* () {
        class Renamed {
          get label() {
            return "renamed"
          }
        }
        const receiver = yield* queues()
        yield* send(orders, "bad")
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { queue: poison, copy: () => new Renamed() }
        })
        yield* elapse("1 hour")
        assert.deepStrictEqual(yield* labelsIn(poison), ["renamed"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("poison that is almost as large as a message can be", () => {
  const largest = (extra: Message.Message): Message.Message => {
    const room = Message.maximumPacketSize - Message.packetSize(extra)
    return { ...extra, body: new Uint8Array(room - (room % 4) - 400) }
  }

  for (const [source, options] of Object.entries(sources)) {
    it.effect(`goes on as it is where what happened has no room in it, from ${source}`, () =>
      whole(
        Effect.gen(function* () {
          const receiver = yield* queues(options)
          const sender = yield* MessageQueue.openSender(orders)
          const transaction = options.transactional ? "singleMessage" : "none"
          yield* sender.send(largest({ label: "large" }), { transaction })
          const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
            retry: never,
            poison: { queue: poison }
          })
          yield* elapse("1 hour")
          assert.deepStrictEqual(yield* placesOf("large", undefined), ["poison"])
          yield* Fiber.interrupt(consumer)
        })
      )
    )

    it.effect(`comes to an end where no copy of it can be sent, from ${source}`, () =>
      whole(
        Effect.gen(function* () {
          const receiver = yield* queues(options)
          const sender = yield* MessageQueue.openSender(orders)
          const transaction = options.transactional ? "singleMessage" : "none"
          yield* sender.send(largest({ label: "large" }), { transaction })
          const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
            retry: never,
            poison: { queue: poison, copy: (copy) => ({ ...copy, label: "larger", extension: new Uint8Array(1000) }) }
          })
          yield* elapse("1 hour")
          const error = errorOf(yield* Fiber.await(consumer))
          assert(error.reason._tag === "PoisonMessage")
          assert.strictEqual(
            error.reason.kept,
            options.transactional || options.shareMode === "denyReceive" ? "queue" : "nowhere"
          )
          assert.strictEqual((yield* placesOf("large", error)).length, 1)
        })
      )
    )
  }

  it.effect("headers that would grow by being written again go on as their bytes, with what happened behind them", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(orders)
        const text = "&".repeat(1_000_000)
        const extension = new TextEncoder().encode(
          `<?xml version="1.0"?><ArrayOfHeaderInfo><HeaderInfo><Key>a</Key><Value><![CDATA[${text}]]></Value></HeaderInfo>` +
            "</ArrayOfHeaderInfo>"
        )
        yield* sender.send({ label: "cdata", extension }, { transaction: "singleMessage" })
        const consumer = yield* consuming(receiver, () => Effect.fail("bröken 😀"), {
          retry: never,
          poison: { queue: poison }
        })
        const copy = yield* (yield* MessageQueue.openReceiver(poison)).receive
        assert.isBelow(copy.extension!.length, extension.length + 1000)
        assert.strictEqual(copy.headers["a"], text)
        assert.include(copy.headers["failure.error"], "bröken 😀")
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("what happened at last takes the place of what happened before", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(orders)
        yield* sender.send({ label: "1", headers: { tenant: "a<b" } }, { transaction: "singleMessage" })
        const fails = (error: string, to: string) => ({
          handler: () => Effect.fail(error),
          policy: { retry: never, poison: { queue: to } }
        })
        const first = fails("first", poison)
        const consumer = yield* consuming(receiver, first.handler, first.policy)
        const invoices = ".\\private$\\invoices"
        const second = fails("second", invoices)
        const other = yield* consuming(yield* MessageQueue.openReceiver(poison), second.handler, second.policy)
        const { headers } = yield* (yield* MessageQueue.openReceiver(invoices)).receive
        assert.deepStrictEqual(
          [headers["tenant"], headers["failure.queue"], headers["failure.attempts"]],
          ["a<b", poison, "1"]
        )
        assert.include(headers["failure.error"], "second")
        yield* Fiber.interrupt(consumer)
        yield* Fiber.interrupt(other)
      })
    )
  )
})

describe("what fails each time comes to an end that can be seen", () => {
  const failing = (name: FaultInjection.Fault["function"], code: string, times = 2000) =>
    Effect.forEach(
      Array.from({ length: times }, (_, index) => index + 1),
      (call) => FaultInjection.inject({ function: name, call, code } as FaultInjection.Fault),
      { discard: true }
    )

  for (const code of [
    "MQ_ERROR_INSUFFICIENT_RESOURCES",
    "MQ_ERROR_TRANSACTION_ENLIST",
    "MQ_ERROR_SERVICE_NOT_AVAILABLE",
    "MQ_ERROR_STALE_HANDLE",
    "MQ_ERROR_TRANSACTION_SEQUENCE",
    "MQ_ERROR_ACCESS_DENIED"
  ]) {
    it.effect(`a commit, with ${code}`, () =>
      whole(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          yield* failing("ITransaction::Commit", code)
          const { events, onEvent } = journal()
          let tries = 0
          const consumer = yield* consuming(receiver, () => Effect.sync(() => tries++), { retry: retries(2), onEvent })
          yield* elapse("1 day")
          const error = errorOf(yield* Fiber.await(consumer))
          assert.include(["PoisonMessage", "AccessDenied"], error.reason._tag)
          assert.include(error.message, code)
          assert.isBelow(tries, 20)
          assert.isFalse(events.includes("Handled 1"))
          assert.isTrue(code === "MQ_ERROR_ACCESS_DENIED" || events.includes("Retrying 1"))
          assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
        })
      )
    )
  }

  it.effect("an abort", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        yield* failing("ITransaction::Abort", "MQ_ERROR_SERVICE_NOT_AVAILABLE")
        let tries = 0
        const handler = ({ label }: { readonly label: string }) =>
          label === "1" ? Effect.suspend(() => Effect.fail(++tries)) : Effect.void
        const consumer = yield* consuming(receiver, handler, { retry: retries(1), poison: { subqueue: "poison" } })
        yield* elapse("1 day")
        assert.isBelow(tries, 30)
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(`${orders};poison`)], [[], ["1"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  for (const [source, options] of Object.entries(sources)) {
    for (const transactional of [true, false]) {
      it.effect(`sending a copy to a ${transactional ? "" : "not "}transactional queue, from ${source}`, () =>
        whole(
          Effect.gen(function* () {
            const receiver = yield* queues({ ...options, poisonTransactional: transactional })
            yield* send(orders, "1")
            yield* failing("MQSendMessage", "MQ_ERROR_INSUFFICIENT_RESOURCES")
            const { events, onEvent } = journal()
            const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
              retry: never,
              poison: { queue: poison },
              onEvent
            })
            yield* elapse("1 day")
            const error = errorOf(yield* Fiber.await(consumer))
            assert(error.reason._tag === "PoisonMessage")
            assert.include(error.message, "MQ_ERROR_INSUFFICIENT_RESOURCES")
            assert.include(events, "Troubled")
            assert.strictEqual((yield* placesOf("1", error)).length, 1)
          })
        )
      )
    }
  }

  it.effect("a handler whose sends always fail as if the service were away", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const sender = yield* MessageQueue.openSender(".\\private$\\invoices")
        yield* failing("MQSendMessage", "MQ_ERROR_SERVICE_NOT_AVAILABLE")
        let tries = 0
        const handler = () => Effect.suspend(() => (tries++, sender.send({ label: "invoice" })))
        const consumer = yield* consuming(receiver, handler, { retry: retries(2) })
        yield* elapse("1 day")
        assert.strictEqual(errorOf(yield* Fiber.await(consumer)).reason._tag, "PoisonMessage")
        assert.isBelow(tries, 20)
      })
    )
  )

  it.effect("moving to a subqueue", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        yield* failing("MQMoveMessage", "MQ_ERROR_INSUFFICIENT_RESOURCES")
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { subqueue: "poison" }
        })
        yield* elapse("1 day")
        const error = errorOf(yield* Fiber.await(consumer))
        assert(error.reason._tag === "PoisonMessage")
        assert.deepStrictEqual([error.reason.kept, yield* labelsIn(orders)], ["queue", ["1"]])
      })
    )
  )

  it.live("a message that is tried again without a delay leaves the event loop its turn, and can be stopped", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        let tries = 0
        const handler = () => Effect.suspend(() => Effect.fail(++tries))
        const consumer = yield* consuming(receiver, handler, { retry: Schedule.forever })
        yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        const before = tries
        yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        assert.isAtMost(tries - before, 3)
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )
})
