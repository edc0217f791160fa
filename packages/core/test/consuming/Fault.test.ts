/** No message is lost, handled twice or left over, whichever call fails and wherever consuming is interrupted. */
import { type Consumer, MessageQueue } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, References, Schedule, Schema, type Scope } from "effect"
import { PreventSchedulerYield } from "effect/Scheduler"
import {
  backend,
  consuming,
  invoices,
  labelsIn,
  orders,
  poison,
  queues,
  retries,
  send,
  startService,
  stopService
} from "../support/consuming.ts"
import { interruptAtEveryStep } from "../support/everyStep.ts"
import { elapse, start } from "../support/settled.ts"
import { slow } from "../support/slow.ts"

type Labelled = { readonly label: string }

/** Policies for poison, with the place where its messages are then. */
const ends: Record<string, { readonly policy: Consumer.PoisonPolicy; readonly place: string; readonly twice?: true }> =
  {
    "a subqueue": { policy: { subqueue: "poison" }, place: `${orders};poison` },
    "a transactional queue": { policy: { queue: poison }, place: poison },
    // The copy is sent outside the transaction, so the message may come again after it.
    "a plain queue": { policy: { queue: poison }, place: poison, twice: true },
    "the dead letters": { policy: "reject", place: "DIRECT=OS:.\\SYSTEM$;DEADXACT" }
  }
type End = (typeof ends)[string]

/** Makes a handler that sends the message on in its transaction, which counts how often it was handled. */
const handlerWith = Effect.map(
  MessageQueue.openSender(invoices),
  (sender) => (fails: (label: string) => boolean) => (message: Labelled) =>
    Effect.andThen(
      sender.send({ label: message.label }),
      Effect.suspend(() => (fails(message.label) ? Effect.fail("broken") : Effect.void))
    )
)

const sendTo = Effect.fnUntraced(function* (labels: ReadonlyArray<string>) {
  const sender = yield* MessageQueue.openSender(orders)
  yield* sender.sendAll(
    labels.map((label) => ({ label, journaling: { deadLetter: true } })),
    { transaction: "singleMessage" }
  )
}, Effect.scoped)

const retry = "retry"

/** Returns the labels of the messages in a queue or a subqueue; none where it does not exist. */
const labelsOr = (queue: string) =>
  labelsIn(queue).pipe(Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.succeed([])))

const sorted = (labels: ReadonlyArray<string>) => labels.toSorted()

/** Asserts that every message is in one place: one in none was lost, and one in two was handled and is still there. */
const expectWhole = Effect.fnUntraced(function* (sent: ReadonlyArray<string>, { place, twice }: End) {
  // A message that is parked waits, too.
  const waiting = [...(yield* labelsIn(orders)), ...(yield* labelsOr(`${orders};${retry}`))]
  const handled = yield* labelsIn(invoices)
  const dead = yield* labelsOr(place)
  const found = sorted([...waiting, ...handled, ...dead])
  const where = `waiting ${waiting}; handled ${handled}; poison ${dead}`
  if (twice === undefined) assert.deepStrictEqual(found, sorted(sent), where)
  else {
    assert.deepStrictEqual(sorted([...new Set(found)]), sorted(sent), where)
    assert.deepStrictEqual(sorted(new Set(handled).size === handled.length ? handled : []), sorted(handled), where)
  }
  return { waiting, handled, dead }
})

/** Functions that a consumer calls. */
const functions = [
  "MQBeginTransaction",
  "MQReceiveMessage",
  "MQReceiveMessageByLookupId",
  "MQSendMessage",
  "MQMoveMessage",
  "MQMarkMessageRejected",
  "MQOpenQueue",
  "MQGetQueueProperties",
  "MQGetQueueSecurity",
  "MQMgmtGetInfo",
  "MQCreateQueue",
  "MQPurgeQueue",
  "MQDeleteQueue",
  "ITransaction::Commit",
  "ITransaction::Abort"
] as const

const codes = ["MQ_ERROR_SERVICE_NOT_AVAILABLE", "MQ_ERROR_STALE_HANDLE", "MQ_ERROR_ACCESS_DENIED"] as const

type Strike = { readonly code: (typeof codes)[number] } | { readonly interrupt: true }

/**
 * Runs a program on backends of its own while each call that it makes fails with each code once, and is interrupted once. The
 * program returns `true` if there was such a call: where one strike found none, the others would find none either.
 */
const strikeEachCall = Effect.fnUntraced(function* <E>(
  program: (
    fault: FaultInjection.Fault & Strike
  ) => Effect.Effect<boolean, E, Layer.Success<typeof backend> | Scope.Scope>
) {
  const strikes: ReadonlyArray<Strike> = [...codes.map((code) => ({ code })), { interrupt: true }]
  for (const name of functions) {
    for (let call = 1, struck = true; struck; call++) {
      for (const strike of strikes) {
        struck = yield* program({ function: name, call, ...strike }).pipe(
          Effect.scoped,
          Effect.tap(HandleLedger.expectNoLeaks),
          Effect.provide(backend, { local: true })
        )
        if (!struck) break
      }
    }
  }
})

describe("each call that a consumer makes may fail once, or be interrupted", () => {
  const consumed = Effect.fnUntraced(function* (
    end: End,
    fault: FaultInjection.Fault,
    policy: Consumer.ConsumePolicy | Consumer.BatchPolicy = {}
  ) {
    const receiver = yield* queues({ poisonTransactional: end.twice === undefined })
    yield* sendTo(["1", "bad", "3"])
    const handler = yield* handlerWith
    yield* FaultInjection.inject(fault)
    const handle = handler((label) => label === "bad")
    const whole = { retry: retries(1), poison: end.policy, ...policy }
    const consumer = yield* start(
      "size" in whole
        ? receiver.consumeBatches((messages) => Effect.forEach(messages, handle), whole)
        : receiver.consume(handle, whole)
    )
    yield* elapse("1 minute")
    yield* Fiber.interrupt(consumer)
    const struck = ((yield* FaultInjection.calls)[fault.function] ?? 0) >= fault.call
    yield* FaultInjection.FaultInjection.use((faults) => faults.clear)
    return { exit: yield* Fiber.await(consumer), ...(yield* expectWhole(["1", "bad", "3"], end)), struck }
  })

  const cases: ReadonlyArray<readonly [string, End, Consumer.ConsumePolicy | Consumer.BatchPolicy]> = [
    ...Object.entries(ends).map(([name, end]) => [name, end, {}] as const),
    ["a subqueue, by way of the one that it is parked in", ends["a subqueue"]!, { park: { subqueue: retry } }],
    ["a subqueue, from batches", ends["a subqueue"]!, { size: 3 }]
  ]
  it.effect.each(cases)("and nothing is lost on its way to %s", ([, end, policy]) =>
    Effect.gen(function* () {
      let survived = 0
      yield* strikeEachCall((fault) =>
        Effect.gen(function* () {
          const { exit, struck, waiting } = yield* consumed(end, fault, policy)
          // After a transient failure all messages are handled or moved in the end.
          if ("code" in fault && fault.code !== "MQ_ERROR_ACCESS_DENIED" && Exit.hasInterrupts(exit)) {
            assert.deepStrictEqual(waiting, [], JSON.stringify(fault))
            survived++
          }
          return struck
        })
      )
      assert.isAbove(survived, 20)
    })
  )
})

describe("from a plain queue each call may fail once, or be interrupted", () => {
  const shareModes = { "that is held alone": "denyReceive", "that is shared": "denyNone" } as const

  const consumed = Effect.fnUntraced(function* (
    shareMode: (typeof shareModes)[keyof typeof shareModes],
    poisonTransactional: boolean,
    fault: FaultInjection.Fault
  ) {
    const receiver = yield* queues({ transactional: false, shareMode, poisonTransactional })
    yield* send(orders, "1", "bad", "3")
    const handled: Array<string> = []
    yield* FaultInjection.inject(fault)
    const handler = ({ label }: Labelled) =>
      Effect.suspend(() => {
        if (label === "bad") return Effect.fail("broken")
        handled.push(label)
        return Effect.void
      })
    const consumer = yield* consuming(receiver, handler, { retry: retries(1), poison: { queue: poison } })
    yield* elapse("2 minutes")
    yield* Fiber.interrupt(consumer)
    const struck = ((yield* FaultInjection.calls)[fault.function] ?? 0) >= fault.call
    yield* FaultInjection.FaultInjection.use((faults) => faults.clear)
    const exit = yield* Fiber.await(consumer)
    const inErrors = Exit.isSuccess(exit)
      ? []
      : exit.cause.reasons.flatMap((one) =>
          one._tag === "Fail" && one.error.reason._tag === "PoisonMessage" && one.error.reason.kept === "nowhere"
            ? [one.error.reason.message.label]
            : []
        )
    const places = {
      waiting: yield* labelsIn(orders),
      handled,
      poison: yield* labelsIn(poison),
      dead: yield* labelsIn("DIRECT=OS:.\\SYSTEM$;DEADLETTER"),
      inErrors
    }
    const found = new Set(Object.values(places).flat())
    assert.deepStrictEqual([...found].toSorted(), ["1", "3", "bad"], JSON.stringify({ fault, ...places }))
    return struck
  })

  for (const [how, shareMode] of Object.entries(shareModes)) {
    for (const poisonTransactional of [true, false]) {
      it.effect(
        `and nothing is lost: ${how}, to a queue that is ${poisonTransactional ? "" : "not "}transactional`,
        () => strikeEachCall((fault) => consumed(shareMode, poisonTransactional, fault))
      )
    }
  }
})

describe("interrupted after any step", slow("Each of its programs is run once for each of its steps."), () => {
  const quietly = HandleLedger.layer(InMemoryMqrt.layer).pipe(
    Layer.merge(Layer.succeed(References.MinimumLogLevel, "None"))
  )

  /** Consumes one message until it is handled or poison. Only consuming is interrupted. */
  const consumed = (label: string, retry: number, end: End, counts: Record<string, number>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const done = yield* Deferred.make<void>()
        const receiver = yield* queues({ poisonTransactional: end.twice === undefined })
        yield* sendTo([label])
        const handler = yield* handlerWith
        let tries = 0
        const handle = handler(() => tries++ < 1)
        const policy: Consumer.ConsumePolicy = {
          retry: Schedule.recurs(retry),
          poison: end.policy,
          onEvent: (_, { handled, poisoned }) =>
            handled + poisoned === 1 ? Effect.asVoid(Deferred.succeed(done, undefined)) : Effect.void
        }
        const consuming = Effect.raceFirst(receiver.consume(handle, policy), Deferred.await(done))
        yield* Effect.exit(restore(Effect.provideService(consuming, PreventSchedulerYield, false)))
      }).pipe(
        Effect.scoped,
        Effect.andThen(HandleLedger.expectNoLeaks),
        Effect.andThen(expectWhole([label], end)),
        Effect.tap((found) =>
          Effect.sync(() => {
            for (const [place, labels] of Object.entries(found)) counts[place] = (counts[place] ?? 0) + labels.length
          })
        )
      )
    ).pipe(Effect.orDie, Effect.provide(quietly), Effect.provideService(PreventSchedulerYield, true))

  it("a message that is tried twice is in the queue or handled", () => {
    const counts = { waiting: 0, handled: 0, dead: 0 }
    const steps = interruptAtEveryStep(() => consumed("1", 1, ends["a subqueue"]!, counts))
    assert.isAbove(steps, 200)
    assert.isAbove(counts.waiting, 100)
    assert.isAbove(counts.handled, 20)
    assert.strictEqual(counts.dead, 0)
  })

  it.each(Object.entries(ends))("a message that cannot be handled is in the queue or in %s", (_, end) => {
    const counts = { waiting: 0, handled: 0, dead: 0 }
    const steps = interruptAtEveryStep(() => consumed("bad", 0, end, counts))
    assert.isAbove(steps, 200)
    assert.isAbove(counts.waiting, 100)
    assert.isAbove(counts.dead, 20)
    assert.strictEqual(counts.handled, 0)
  })
})

describe("whatever happens", () => {
  const between = (minimum: number, maximum: number) =>
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

  const Happening = Schema.TaggedUnion({
    TimePasses: { seconds: between(0, 20) },
    MessageIsSent: {},
    ServiceStops: {},
    ServiceStarts: {},
    ConsumerIsReplaced: {},
    CallFails: {
      name: Schema.Literals(functions),
      call: between(1, 4),
      code: Schema.Literals([...codes, "MQ_ERROR_INSUFFICIENT_RESOURCES"])
    }
  })

  /** Key of a message: whether its number is even. */
  const keyOf = ({ label }: Labelled) => String(Number(label) % 2)

  const expectKeyOrder = (handled: ReadonlyArray<string>) => {
    for (const key of ["0", "1"]) {
      const ofKey = handled.filter((label) => keyOf({ label }) === key)
      assert.deepStrictEqual(ofKey, sorted(ofKey))
    }
  }

  it.effect.prop(
    "every message ends once, as handled, poison or still in the queue, in order where handlers run one by one",
    {
      end: Schema.Literals(Object.keys(ends)),
      concurrency: Schema.Literals([1, 1, 3]),
      parks: Schema.Boolean,
      hasKeys: Schema.Boolean,
      // Number of failures for each message, of which there are three attempts.
      failures: Schema.Array(Schema.Literals([0, 0, 1, 2, 9])).pipe(
        Schema.check(Schema.isMinLength(1), Schema.isMaxLength(5))
      ),
      happenings: Schema.Array(Happening).pipe(Schema.check(Schema.isMaxLength(12)))
    },
    ({ concurrency, end: name, failures, happenings, hasKeys, parks }) =>
      Effect.gen(function* () {
        const end = ends[name]!
        const receiver = yield* queues({ poisonTransactional: end.twice === undefined })
        const invoice = yield* handlerWith
        const sent: Array<string> = []
        const left = new Map<string, number>()
        const sendNext = Effect.gen(function* () {
          const label = String(sent.length + 1).padStart(3, "0")
          yield* sendTo([label])
          sent.push(label)
          left.set(label, failures[sent.length % failures.length]!)
        })
        const handle = (message: Labelled) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            invoice((label) => {
              const failing = left.get(label)! > 0
              left.set(label, left.get(label)! - 1)
              return failing
            })(message)
          )
        const policy: Consumer.ConsumePolicy & Consumer.KeyPolicy = {
          concurrency,
          retry: retries(2),
          poison: end.policy,
          shutdownTimeout: "2 seconds",
          ...(parks ? { park: { subqueue: retry } } : {}),
          ...(hasKeys ? { keys: keyOf } : {})
        }
        const begin = consuming(receiver, handle, policy)
        let consumer = yield* begin
        const stop = Effect.gen(function* () {
          const stopped = yield* start(Fiber.interrupt(consumer))
          yield* elapse("5 seconds")
          yield* Fiber.join(stopped)
        })
        for (const _ of failures) yield* sendNext
        const happens = Happening.match({
          TimePasses: ({ seconds }) => elapse(`${seconds} seconds`),
          MessageIsSent: () => Effect.ignore(sendNext),
          ServiceStops: () => stopService,
          ServiceStarts: () => startService,
          ConsumerIsReplaced: () =>
            Effect.gen(function* () {
              yield* stop
              consumer = yield* begin
            }),
          CallFails: ({ call, code, name }) => FaultInjection.inject({ function: name, call, code })
        })
        for (const happening of happenings) yield* happens(happening)
        yield* elapse("10 seconds")
        yield* FaultInjection.FaultInjection.use((faults) => faults.clear)
        yield* startService
        yield* stop
        const before = yield* expectWhole(sent, end)
        if (concurrency === 1 && !parks) assert.deepStrictEqual(before.handled, sorted(before.handled))
        if (hasKeys) expectKeyOrder(before.handled)
        // Another consumer handles the rest.
        consumer = yield* begin
        yield* elapse("5 minutes")
        yield* stop
        const after = yield* expectWhole(sent, end)
        assert.deepStrictEqual(after.waiting, [])
        if (hasKeys) expectKeyOrder(after.handled)
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend)),
    { arbitrary: { runs: 200 } }
  )
})
