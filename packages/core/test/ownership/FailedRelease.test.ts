import { MessageQueue, Mqrt, SecurityContext, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import type { ErrorCode, MsmqError } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Logger, Metric, References, Scope, Stream } from "effect"

const orders = ".\\private$\\orders"
const payments = ".\\private$\\payments"

interface Entry {
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
  readonly cause: Cause.Cause<unknown>
}

/** A logger that keeps what is logged, at whatever level. */
const recording = () => {
  const logged: Array<Entry> = []
  const logger = Logger.make<unknown, void>(({ cause, fiber, logLevel, message }) => {
    const annotations = { ...fiber.getRef(References.CurrentLogAnnotations) }
    const [text, ...others] = Array.isArray(message) ? message : [message]
    const given = others.find(Cause.isCause) ?? cause
    logged.push({ level: logLevel, message: String(text), annotations, cause: given })
  })
  const layer = Layer.mergeAll(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "All"))
  return { logged, layer }
}

/** Metrics of this test alone. */
const counting = () => {
  const registry = new Map()
  return {
    layer: Layer.succeed(Metric.MetricRegistry, registry),
    counts: Effect.map(Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry), (snapshots) =>
      snapshots
        .filter(({ id }) => id === "msmq.failed_releases")
        .map(({ attributes, state }) => [
          attributes?.["msmq.handle.kind"],
          attributes?.["error.type"],
          "count" in state ? state.count : undefined
        ])
    )
  }
}

const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))

const failing = (name: FaultInjection.FunctionName, code: ErrorCode.ErrorCodeName) =>
  FaultInjection.inject({ function: name as "MQCloseQueue", call: 1, code })

type Used = Effect.Effect<unknown, MsmqError.MsmqError, Mqrt.Mqrt | Scope.Scope>

/** Each function that releases something, what it releases, and a program in which it does. */
const releases: ReadonlyArray<readonly [FaultInjection.FunctionName, kind: string, queue: string | undefined, Used]> = [
  ["MQCloseQueue", "sender", orders, MessageQueue.openSender(orders)],
  ["MQCloseQueue", "receiver", orders, MessageQueue.openReceiver(orders)],
  [
    "MQCloseCursor",
    "cursor",
    orders,
    Effect.flatMap(MessageQueue.openReceiver(orders), ({ browse }) => Stream.runDrain(browse))
  ],
  [
    "MQCloseQueue",
    "subqueue",
    "DIRECT=OS:MACHINE\\private$\\orders;aside",
    Effect.gen(function* () {
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* receiver.move(yield* receiver.peek, "aside")
    })
  ],
  ["MQLocateEnd", "locate", undefined, Stream.runDrain(MessageQueue.locate())],
  ["ITransaction::Abort", "transaction", undefined, Transaction.begin()],
  ["ITransaction::Abort", "transaction", undefined, Effect.ignore(Transaction.run(Effect.fail("no")))]
]

const prepare = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  yield* MessageQueue.create(payments, { transactional: true })
  const sender = yield* MessageQueue.openSender(orders)
  yield* sender.send({ label: "order" })
}).pipe(Effect.scoped)

describe("a release that fails", () => {
  for (const [name, kind, queue, used] of releases) {
    it.effect(`of a ${kind}, by ${name}, is logged once, with what and where, and counted`, () => {
      const { layer, logged } = recording()
      const { counts, layer: metrics } = counting()
      return Effect.gen(function* () {
        yield* prepare
        yield* failing(name, "MQ_ERROR_INSUFFICIENT_RESOURCES")
        yield* Effect.scoped(used)
        const [entry, ...others] = logged.filter(({ level }) => level !== "Debug")
        assert.deepStrictEqual(others, [])
        assert.isDefined(entry)
        assert.strictEqual(entry.level, "Error")
        assert.match(entry.message, new RegExp(`^the ${kind}.* could not be released`))
        assert.deepStrictEqual(entry.annotations, {
          "messaging.system": "msmq",
          "msmq.handle.kind": kind,
          ...(queue === undefined ? {} : { "messaging.destination.name": queue }),
          "code.function.name": name,
          "error.type": "MQ_ERROR_INSUFFICIENT_RESOURCES"
        })
        assert.include(Cause.pretty(entry.cause), `${name} returned MQ_ERROR_INSUFFICIENT_RESOURCES`)
        assert.deepStrictEqual(yield* counts, [[kind, "MQ_ERROR_INSUFFICIENT_RESOURCES", 1]])
      }).pipe(Effect.provide(Layer.fresh(Layer.mergeAll(backend, layer, metrics))))
    })
  }

  it.effect("is in the ledger, with its failure and both stacks, and the handle is still open there", () =>
    Effect.gen(function* () {
      const openSender = Effect.fn("openSender")(function* () {
        return yield* MessageQueue.openSender(orders)
      })
      yield* prepare
      yield* failing("MQCloseQueue", "MQ_ERROR_INSUFFICIENT_RESOURCES")
      yield* Effect.scoped(openSender())
      const [failed, ...others] = yield* HandleLedger.failedReleases
      assert.deepStrictEqual(others, [])
      assert.isDefined(failed)
      assert.deepStrictEqual(
        [failed.kind, failed.function, failed.failure],
        ["queue", "MQCloseQueue", "MQ_ERROR_INSUFFICIENT_RESOURCES"]
      )
      assert.match(failed.openedAt ?? "", /at openSender .*FailedRelease\.test\.ts/)
      const leaked = yield* Effect.flip(HandleLedger.expectNoLeaks)
      assert.strictEqual(leaked.open.length, 1)
      assert.include(leaked.message, "could not be released: MQCloseQueue failed with MQ_ERROR_INSUFFICIENT_RESOURCES")
    }).pipe(Effect.provide(Layer.merge(backend, recording().layer)))
  )

  it.effect("of a transaction is in the ledger, and is no leak: its release aborted it (F-37)", () =>
    Effect.gen(function* () {
      yield* prepare
      yield* failing("ITransaction::Abort", "MQ_ERROR_INSUFFICIENT_RESOURCES")
      yield* Effect.scoped(Transaction.begin())
      assert.deepStrictEqual(
        (yield* HandleLedger.failedReleases).map((failed) => [failed.kind, failed.function, failed.failure]),
        [["transaction", "ITransaction::Abort", "MQ_ERROR_INSUFFICIENT_RESOURCES"]]
      )
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(Layer.merge(backend, recording().layer)))
  )

  const dying = (functions: Partial<Mqrt.MqrtFunctions>) =>
    HandleLedger.layer(
      Layer.effect(
        Mqrt.Mqrt,
        Mqrt.Mqrt.use((mqrt) => Mqrt.make({ ...mqrt, ...functions }))
      ).pipe(Layer.provide(InMemoryMqrt.layer))
    )
  const bug = Effect.die(new Error("access violation"))
  const defects: ReadonlyArray<{
    readonly kind: string
    readonly functions: Partial<Mqrt.MqrtFunctions>
    readonly used: Used
  }> = [
    {
      kind: "security context",
      functions: { freeSecurityContext: () => bug },
      used: SecurityContext.acquire()
    },
    { kind: "transaction", functions: { releaseTransaction: () => bug }, used: Transaction.begin() },
    {
      kind: "transaction",
      functions: { releaseTransaction: () => bug },
      used: Transaction.run(Effect.void)
    }
  ]
  it.effect.each(defects)("by a defect is logged in the same way: a $kind", ({ functions, kind, used }) => {
    const { layer, logged } = recording()
    const { counts, layer: metrics } = counting()
    return Effect.gen(function* () {
      yield* Effect.scoped(used)
      assert.deepStrictEqual(
        logged.map(({ level, message }) => [level, message.startsWith(`the ${kind}`)]),
        [["Error", true]]
      )
      assert.include(Cause.pretty(logged[0]?.cause ?? Cause.empty), "access violation")
      assert.deepStrictEqual(yield* counts, [[kind, "_OTHER", 1]])
      const [failed] = yield* HandleLedger.failedReleases
      assert.include(failed?.failure, "access violation")
      assert.strictEqual((yield* HandleLedger.open).length, 1)
    }).pipe(Effect.provide(Layer.fresh(Layer.mergeAll(dying(functions), layer, metrics))))
  })

  it.effect("after a restart of the service counts as a success, since the handle is gone (C-37, E-35, F-37)", () => {
    const { layer, logged } = recording()
    const { counts, layer: metrics } = counting()
    return Effect.gen(function* () {
      yield* prepare
      const control = yield* MsmqControl.MsmqControl
      yield* Effect.gen(function* () {
        yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        yield* receiver.cursor
        yield* Transaction.begin()
        yield* control.stopService
        yield* control.startService
        yield* failing("MQCloseCursor", "MQ_ERROR_INVALID_HANDLE")
        yield* FaultInjection.inject({ function: "MQCloseQueue", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
        yield* FaultInjection.inject({ function: "MQCloseQueue", call: 2, code: "MQ_ERROR_INVALID_HANDLE" })
      }).pipe(Effect.scoped)
      assert.deepStrictEqual([...new Set(logged.map(({ level }) => level))], ["Debug"])
      assert.deepStrictEqual(yield* counts, [])
      assert.deepStrictEqual(yield* HandleLedger.failedReleases, [])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(Layer.fresh(Layer.mergeAll(backend, layer, metrics))))
  })

  it.effect("does not prevent the release of others, and the program goes on", () =>
    Effect.gen(function* () {
      yield* prepare
      yield* failing("MQCloseQueue", "MQ_ERROR_INSUFFICIENT_RESOURCES")
      const exit = yield* Effect.exit(
        Effect.scoped(Effect.all([MessageQueue.openSender(orders), MessageQueue.openReceiver(orders)]))
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.strictEqual((yield* HandleLedger.counts).queue.open, 1)
    }).pipe(Effect.provide(Layer.merge(backend, recording().layer)))
  )

  it.effect("of a commit fails the commit, and is not logged", () => {
    const { layer, logged } = recording()
    return Effect.gen(function* () {
      yield* prepare
      yield* failing("ITransaction::Commit", "MQ_ERROR_INSUFFICIENT_RESOURCES")
      const error = yield* Effect.flip(Transaction.run(Effect.void))
      assert.strictEqual(error.code, "MQ_ERROR_INSUFFICIENT_RESOURCES")
      assert.deepStrictEqual(logged, [])
    }).pipe(Effect.provide(Layer.fresh(Layer.mergeAll(backend, layer))))
  })
})

describe("in the promise face a release that fails", () => {
  it("is logged by the loggers of the connection, even that of a context, which is freed at once", async () => {
    const { layer, logged } = recording()
    const dying = Layer.effect(
      Mqrt.Mqrt,
      Mqrt.Mqrt.use((mqrt) =>
        Mqrt.make({
          ...mqrt,
          freeSecurityContext: () => Effect.die(new Error("access violation")),
          closeQueue: () => Effect.die(new Error("access violation"))
        })
      )
    ).pipe(Layer.provide(InMemoryMqrt.layer))
    await using msmq = await connect(Layer.merge(dying, layer))
    await msmq.createQueue(orders)
    msmq.securityContext().close()
    const sender = await msmq.openSender(orders)
    await sender.close()
    const iterator = msmq.locateQueues()[Symbol.asyncIterator]()
    await iterator.next()
    assert.deepStrictEqual(
      logged.map(({ message }) => message.replace(/ could not.*/, "")),
      ["the security context for the internal certificate", `the sender of ${orders}`]
    )
  })

  it("does not prevent another closing, and nothing is logged without a failure", async () => {
    const { layer, logged } = recording()
    const msmq = await connect(Layer.merge(InMemoryMqrt.layer, layer))
    await msmq.createQueue(orders)
    const receiver = await msmq.openReceiver(orders)
    await receiver.cursor()
    await msmq.beginTransaction()
    await msmq.close()
    assert.deepStrictEqual(logged, [])
  })
})
