import { MessageQueue, Mqrt, MsmqError } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CallLog from "../support/CallLog.ts"

const orders = ".\\private$\\orders"

const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

const differencesOf = ({ reason }: MsmqError.MsmqError) => {
  assert(reason._tag === "QueueDiffers")
  return reason.differences
}

describe("ensure", () => {
  it.effect("creates a queue that is missing, and leaves one that exists as it is", () =>
    Effect.gen(function* () {
      const first = yield* MessageQueue.ensure(orders, { label: "Orders", transactional: true, quota: 2048 })
      assert.isTrue(first.created)
      yield* MessageQueue.setProperties(orders, { journal: true })
      const before = yield* MessageQueue.properties(orders)
      const second = yield* MessageQueue.ensure(orders, { transactional: true })
      assert.deepStrictEqual(second, { formatName: first.formatName, created: false })
      assert.deepStrictEqual(yield* MessageQueue.properties(orders), before)
      assert.deepStrictEqual([before.label, before.transactional, before.quota], ["Orders", true, 2048])
    }).pipe(Effect.provide(backend))
  )

  it.effect("every option given twice is the same queue, in any spelling", () =>
    Effect.gen(function* () {
      const options = {
        label: "Orders",
        authenticate: true,
        journal: true,
        quota: 0,
        journalQuota: 512,
        privacyLevel: "body",
        basePriority: 5,
        multicastAddress: "234.1.1.1:8001",
        type: "01234567-89AB-cdef-0123-456789abcdef",
        securityDescriptor: "D:(A;;GA;;;BA)"
      } as const
      for (const queue of [orders, "MACHINE\\orders"]) {
        assert.isTrue((yield* MessageQueue.ensure(queue, options)).created)
        assert.isFalse((yield* MessageQueue.ensure(queue, options)).created)
        const respelt = { type: options.type.toLowerCase(), multicastAddress: "234.001.01.1:08001" }
        assert.isFalse((yield* MessageQueue.ensure(queue, respelt)).created)
      }
      assert.isFalse((yield* MessageQueue.ensure("machine\\PRIVATE$\\ORDERS")).created)
      const none = { type: "00000000-0000-0000-0000-000000000000" }
      assert.isTrue((yield* MessageQueue.ensure(`${orders}2`, none)).created)
      assert.isFalse((yield* MessageQueue.ensure(`${orders}2`, none)).created)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue of the other kind is refused with both kinds, and stays (C-16)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const error = yield* Effect.flip(MessageQueue.ensure(orders, { transactional: true }))
      assert.deepStrictEqual(differencesOf(error), [{ property: "transactional", given: true, found: false }])
      assert.strictEqual(
        error.message,
        "MessageQueue.ensure on .\\private$\\orders: the queue exists, and is not as it was asked for: transactional was given " +
          "as true, and is false. A queue cannot become transactional or cease to be so: give its kind as it is, use another " +
          "name, or delete the queue and create it anew"
      )
      assert.isFalse((yield* MessageQueue.properties(orders)).transactional)
      assert.isFalse((yield* MessageQueue.ensure(orders, { transactional: false })).created)
    }).pipe(Effect.provide(backend))
  )

  it.effect("each property that differs is listed, with the value that was given and the one that was found", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { label: "Before", journalQuota: 7 })
      const error = yield* Effect.flip(
        MessageQueue.ensure(orders, {
          label: "After",
          journal: false,
          quota: 10,
          journalQuota: 8,
          multicastAddress: "234.1.1.1:8001"
        })
      )
      assert.deepStrictEqual(differencesOf(error), [
        { property: "label", given: "After", found: "Before" },
        { property: "quota", given: 10, found: undefined },
        { property: "journalQuota", given: 8, found: 7 },
        { property: "multicastAddress", given: "234.1.1.1:8001", found: undefined }
      ])
      assert.include(
        error.message,
        'label was given as "After", and is "Before"; quota was given as 10, and is not set;'
      )
      assert.include(error.message, "setProperties")
    }).pipe(Effect.provide(backend))
  )

  it.effect("of twenty fibers at once one creates the queue, and all get its name", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      // All of them look before one of them creates.
      const slow = Mqrt.Mqrt.of({
        ...mqrt,
        pathNameToFormatName: (name) =>
          Effect.tap(Effect.exit(mqrt.pathNameToFormatName(name)), () => Effect.yieldNow).pipe(Effect.flatten)
      })
      const all = yield* Effect.all(
        Array.from({ length: 20 }, () => MessageQueue.ensure(orders, { transactional: true })),
        { concurrency: "unbounded" }
      ).pipe(Effect.provideService(Mqrt.Mqrt, slow))
      assert.strictEqual(all.filter(({ created }) => created).length, 1)
      assert.strictEqual(new Set(all.map(({ formatName }) => formatName)).size, 1)
      assert.strictEqual((yield* CallLog.calls).filter((call) => call === "createQueue").length, 20)
    }).pipe(Effect.provide(backend))
  )

  /** Backend in which another program acts before a call of this one. */
  const disturbed = (act: {
    readonly [Name in "createQueue" | "getQueueProperties"]?: Effect.Effect<unknown, unknown, Mqrt.Mqrt>
  }) =>
    Effect.map(Mqrt.Mqrt, (mqrt) => {
      const before = (name: keyof typeof act) =>
        Effect.ignore(Effect.provideService(act[name] ?? Effect.void, Mqrt.Mqrt, mqrt))
      return Mqrt.Mqrt.of({
        ...mqrt,
        createQueue: (...given) => Effect.andThen(before("createQueue"), mqrt.createQueue(...given)),
        getQueueProperties: (...given) =>
          Effect.andThen(before("getQueueProperties"), mqrt.getQueueProperties(...given))
      })
    })

  it.effect("a queue that another program creates meanwhile is found, and compared", () =>
    Effect.gen(function* () {
      const mqrt = yield* disturbed({ createQueue: MessageQueue.create(orders, { label: "Theirs" }) })
      const ensured = yield* Effect.provideService(MessageQueue.ensure(orders), Mqrt.Mqrt, mqrt)
      assert.isFalse(ensured.created)
      yield* MessageQueue.delete(orders)
      const error = yield* MessageQueue.ensure(orders, { label: "Ours" }).pipe(
        Effect.provideService(Mqrt.Mqrt, mqrt),
        Effect.flip
      )
      assert.deepStrictEqual(differencesOf(error), [{ property: "label", given: "Ours", found: "Theirs" }])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue that another program deletes meanwhile is created again", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      let left = 1
      const deleteOnce = Effect.suspend(() => (left-- > 0 ? MessageQueue.delete(orders) : Effect.void))
      const mqrt = yield* disturbed({ getQueueProperties: deleteOnce })
      const ensured = yield* Effect.provideService(MessageQueue.ensure(orders), Mqrt.Mqrt, mqrt)
      assert.isTrue(ensured.created)
      assert.isTrue(yield* MessageQueue.exists(orders))
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue that is created and deleted again and again is given up after ten attempts", () =>
    Effect.gen(function* () {
      const mqrt = yield* disturbed({
        createQueue: MessageQueue.create(orders),
        getQueueProperties: MessageQueue.delete(orders)
      })
      const error = yield* Effect.flip(Effect.provideService(MessageQueue.ensure(orders), Mqrt.Mqrt, mqrt))
      assert.strictEqual(error.reason._tag, "QueueExists")
      assert.strictEqual(error.operation, "MessageQueue.ensure")
      assert.include(error.message, "this user may not see it")
      const creations = (yield* CallLog.calls).filter((call) => call === "createQueue")
      assert.strictEqual(creations.length, 20)
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "a user who may not create queues ensures one that exists, and one whose properties are hidden (C-12, C-52)",
    () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        const msmq = yield* MsmqControl.MsmqControl
        yield* msmq.setQueueCreators("nobody")
        yield* msmq.setUser({ sid: "S-1-5-21-1-2-3-1001" })
        assert.isFalse((yield* MessageQueue.ensure(orders, { transactional: true })).created)
        assert.strictEqual((yield* Effect.flip(MessageQueue.ensure(`${orders}2`))).reason._tag, "AccessDenied")
        yield* msmq.deny({ queue: orders, rights: ["getQueueProperties"] })
        assert.isFalse((yield* MessageQueue.ensure(orders)).created)
        const error = yield* Effect.flip(MessageQueue.ensure(orders, { transactional: true }))
        assert.strictEqual(error.reason._tag, "AccessDenied")
      }).pipe(Effect.provide(backend))
  )

  it.effect("a queue of another machine: a public one is created, a private one is not (C-10)", () =>
    Effect.gen(function* () {
      assert.isTrue((yield* MessageQueue.ensure("WAREHOUSE\\orders")).created)
      assert.isFalse((yield* MessageQueue.ensure("WAREHOUSE\\orders")).created)
      const error = yield* Effect.flip(MessageQueue.ensure("WAREHOUSE\\private$\\orders"))
      assert.strictEqual(error.operation, "MessageQueue.ensure")
      assert.notStrictEqual(error.reason._tag, "QueueExists")
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })))
  )

  it.effect("a public queue cannot be ensured in a workgroup (C-11)", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageQueue.ensure("MACHINE\\orders"))
      assert.strictEqual(error.reason._tag, "UnsupportedOperation")
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ workgroup: true })))
  )

  it.effect("a wrong name or option is refused without a call", () =>
    Effect.gen(function* () {
      for (const attempt of [
        MessageQueue.ensure("DIRECT=OS:.\\private$\\orders"),
        MessageQueue.ensure("orders"),
        MessageQueue.ensure(orders, { quota: -1 }),
        MessageQueue.ensure(orders, { securityDescriptor: "nonsense" })
      ]) {
        const error = yield* Effect.flip(attempt)
        assert.include(["IllegalName", "IllegalOption", "IllegalSddl"], error.reason._tag)
      }
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )
})
