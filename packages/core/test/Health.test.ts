import { Health, MessageQueue, Mqrt, QueueManager } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as CallLog from "./support/CallLog.ts"
import { stopService } from "./support/consuming.ts"
import { start } from "./support/settled.ts"

const orders = ".\\private$\\orders"

const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))
const network = InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })

const send = (queue: string, count: number, message: object = {}) =>
  Effect.scoped(
    Effect.flatMap(MessageQueue.openSender(queue), (sender) =>
      sender.sendAll(
        Array.from({ length: count }, () => message),
        { transaction: sender.transactional === true ? "singleMessage" : "none" }
      )
    )
  )

/** Results in short: subject, queue and health. */
const short = ({ checks }: Health.Report) =>
  checks.map(({ healthy, name, queue }) => [name, ...(queue === undefined ? [] : [queue]), healthy].join(" "))

const failedOf = ({ checks }: Health.Report) => checks.filter(({ healthy }) => !healthy)

describe("check", () => {
  it.effect("a machine is healthy where the service runs and its queues are as they must be", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      yield* send(orders, 3)
      const report = yield* Health.check({
        queues: [orders, { queue: orders, transactional: true, maximumDepth: 3 }],
        maximumDepth: 10,
        maximumAge: "1 minute",
        maximumDeadLetters: 0
      })
      assert.isTrue(report.healthy)
      assert.deepStrictEqual(short(report), [
        "service true",
        `queue ${orders} true`,
        `depth ${orders} true`,
        `age ${orders} true`,
        `queue ${orders} true`,
        `depth ${orders} true`,
        `age ${orders} true`,
        "deadLetters .\\system$;deadletter true",
        "deadLetters .\\system$;deadxact true"
      ])
      const [service, queue, depth] = report.checks
      assert.deepStrictEqual(service, {
        name: "service",
        queue: undefined,
        healthy: true,
        message: "Message Queuing runs",
        value: undefined,
        limit: undefined,
        error: undefined
      })
      assert.strictEqual(queue?.message, "the queue exists, and is transactional")
      assert.deepStrictEqual([depth?.value, depth?.limit], [3, 10])
      assert.deepStrictEqual(short(yield* Health.check()), ["service true"])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )

  it.effect("a service that is stopped fails every check and no program", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* stopService
      const report = yield* Health.check({
        queues: [orders],
        maximumDepth: 0,
        maximumAge: 0,
        maximumDeadLetters: 0
      })
      assert.isFalse(report.healthy)
      assert.strictEqual(failedOf(report).length, report.checks.length)
      for (const { error, message } of report.checks) {
        assert.strictEqual(error?.reason._tag, "ServiceNotAvailable", message)
        assert.strictEqual(error?.operation, "Health.check")
        assert.strictEqual(error?.message, message)
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("a machine that is offline is not healthy", () =>
    Effect.gen(function* () {
      yield* QueueManager.disconnect()
      const [service] = failedOf(yield* Health.check())
      assert.include(service?.message, "offline")
      yield* QueueManager.connect()
      assert.isTrue((yield* Health.check()).healthy)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a missing queue, one of the other kind, and a long one each say what to do", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* send(orders, 5)
      const report = yield* Health.check({
        queues: [".\\private$\\missing", { queue: orders, transactional: true, maximumDepth: 4 }]
      })
      const [missing, kind, depth, ...others] = failedOf(report)
      assert.deepStrictEqual(others, [])
      assert.strictEqual(missing?.error?.reason._tag, "QueueNotFound")
      assert.include(missing?.message, "check its spelling")
      assert.include(kind?.message, "the queue is not transactional, and must be transactional")
      assert.deepStrictEqual([depth?.value, depth?.limit], [5, 4])
      assert.include(depth?.message, "the queue has 5 messages, more than 4: see that its consumers run")
    }).pipe(Effect.provide(backend))
  )

  it.effect("the age is that of the first message since its arrival, and an empty queue has none", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_000)
      yield* MessageQueue.create(orders)
      const check = Effect.map(Health.check({ queues: [orders], maximumAge: "5 minutes" }), ({ checks }) => checks[2])
      assert.deepInclude(yield* check, { healthy: true, value: 0, message: "the queue is empty" })
      yield* send(orders, 1)
      yield* TestClock.adjust("5 minutes")
      yield* send(orders, 1)
      assert.deepInclude(yield* check, { healthy: true, value: 300_000, limit: 300_000 })
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* check, {
        healthy: false,
        value: 301_000,
        message: "the first message arrived 5m 1s ago, more than 5m: see that its consumers run and keep up"
      })
      const { receive } = yield* MessageQueue.openReceiver(orders)
      yield* receive
      assert.deepInclude(yield* check, { healthy: true, value: 1000 })
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("dead letters of both kinds are counted", () =>
    Effect.gen(function* () {
      const journaling = { deadLetter: true }
      yield* MessageQueue.create(orders, { quota: 0 })
      yield* MessageQueue.create(`${orders}2`, { quota: 0, transactional: true })
      yield* send(orders, 1, { journaling })
      yield* send(`${orders}2`, 5, { journaling })
      const { checks } = yield* Health.check({ maximumDeadLetters: 1 })
      assert.deepStrictEqual(
        checks.slice(1).map(({ healthy, value }) => [healthy, value]),
        [
          [true, 1],
          [false, 2]
        ]
      )
      assert.include(
        checks[2]?.message,
        "there are more than 1 dead letter of transactional messages: their class says why"
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("a check that has no answer in time fails, and the others do not wait for it", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* FaultInjection.inject({ function: "MQGetQueueProperties", call: 1, stall: "1 hour" })
      const fiber = yield* start(Health.check({ queues: [orders], maximumDepth: 0, timeout: "2 seconds" }))
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const report = yield* Fiber.join(fiber)
      assert.deepStrictEqual(short(report), ["service true", `queue ${orders} false`, `depth ${orders} true`])
      assert.strictEqual(failedOf(report)[0]?.message, "no answer came within 2s")
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )

  it.effect("an interruption does not wait for a check that has no answer, and leaves nothing open", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* FaultInjection.inject({ function: "MQOpenQueue", call: 1, stall: "1 hour" })
      const fiber = yield* start(Health.check({ queues: [orders], maximumAge: 0 }))
      yield* Fiber.interrupt(fiber)
      // The call goes on by itself.
      assert.strictEqual((yield* HandleLedger.counts).queue.acquired, 0)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual((yield* HandleLedger.counts).queue, { acquired: 1, freed: 1, open: 0 })
    }).pipe(Effect.provide(backend))
  )

  it.effect("a user without rights: what is unknown fails only where it was asked for (C-52)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const msmq = yield* MsmqControl.MsmqControl
      yield* msmq.deny({ queue: orders, rights: ["getQueueProperties", "peekMessage"] })
      assert.isTrue((yield* Health.check({ queues: [orders] })).healthy)
      const failed = failedOf(yield* Health.check({ queues: [{ queue: orders, transactional: false }], maximumAge: 0 }))
      assert.deepStrictEqual(
        failed.map(({ error, name }) => [name, error?.reason._tag]),
        [
          ["queue", "AccessDenied"],
          ["age", "AccessDenied"]
        ]
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("of another machine's queue the messages that wait for it here are counted", () =>
    Effect.gen(function* () {
      const parts = "WAREHOUSE\\private$\\parts"
      const msmq = yield* MsmqControl.MsmqControl
      assert.isTrue((yield* Health.check({ queues: [parts], maximumDepth: 0 })).healthy)
      yield* msmq.cutLink("WAREHOUSE", "both")
      yield* send(parts, 4)
      const [depth, ...others] = failedOf(yield* Health.check({ queues: [parts], maximumDepth: 3 }))
      assert.deepStrictEqual([depth?.name, depth?.value, others], ["depth", 4, []])
      yield* msmq.joinLink("WAREHOUSE", "both")
    }).pipe(Effect.provide(network))
  )

  it.effect(
    "of a subqueue, a journal and a dead-letter queue the queue is checked, and the messages are counted (B-31, B-34)",
    () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { journal: true })
        yield* send(orders, 3)
        const poison = `${orders};poison`
        const receiver = yield* MessageQueue.openReceiver(orders)
        for (let count = 0; count < 2; count++) yield* receiver.receive
        yield* Effect.flatMap(receiver.peek, (message) => receiver.move(message, "poison"))
        const journal = "DIRECT=OS:.\\private$\\orders;JOURNAL"
        const queues = [
          poison,
          journal,
          ".\\system$;deadxact",
          ".\\private$\\missing;poison",
          "MULTICAST=234.1.1.1:8001"
        ]
        const report = yield* Health.check({ queues, maximumDepth: 1 })
        assert.deepStrictEqual(
          report.checks.slice(1, 9).map(({ healthy, message, value }) => [healthy, message.split(":")[0], value]),
          [
            [true, "its queue exists, and is not transactional", undefined],
            [true, "the queue has 1 message, and may have 1", 1],
            [true, "its queue exists, and is not transactional", undefined],
            [false, "the queue has more than 1 message", 2],
            [true, "the queue exists, and is transactional", undefined],
            [true, "the queue has 0 messages, and may have 1", 0],
            [false, "Health.check on .\\private$\\missing;poison", undefined],
            [false, "Health.check on .\\private$\\missing;poison", undefined]
          ]
        )
        assert.match(`${report.checks[9]?.message}`, /^messages can only be sent by this name/)
      }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("wrong options fail, before any call", () =>
    Effect.gen(function* () {
      const untyped = Health.check as (...given: ReadonlyArray<unknown>) => ReturnType<typeof Health.check>
      for (const options of [
        { queues: orders },
        { queues: ["nonsense"] },
        { queues: [{ queue: orders, depth: 5 }] },
        { queues: [{ transactional: true }] },
        { maximumDepth: -1 },
        { timeout: "soon" },
        { maximumAge: "Infinity" }
      ]) {
        const error = yield* Effect.flip(untyped(options))
        assert.include(["IllegalOption", "IllegalName"], error.reason._tag)
        assert.strictEqual(error.operation, "Health.check")
      }
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a backend that dies fails its checks and no program", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const broken = Mqrt.Mqrt.of({ ...mqrt, getPrivateComputerInformation: () => Effect.die(new Error("broken")) })
      const report = yield* Effect.provideService(Health.check(), Mqrt.Mqrt, broken)
      assert.deepStrictEqual(
        report.checks.map(({ healthy, message }) => [healthy, message.includes("broken")]),
        [[false, true]]
      )
    }).pipe(Effect.provide(backend))
  )

  it("in promises the report is a plain object, for a web server to send as JSON", async () => {
    await using msmq = await connect(Layer.fresh(InMemoryMqrt.layer))
    const report = await msmq.checkHealth({ queues: [orders] })
    const json = JSON.parse(JSON.stringify(report)) as Health.Report
    assert.isFalse(json.healthy)
    assert.deepStrictEqual(short(json), ["service true", `queue ${orders} false`])
    assert.propertyVal(json.checks[1]?.error, "code", "MQ_ERROR_QUEUE_NOT_FOUND")
  })
})
