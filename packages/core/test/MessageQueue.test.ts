import {
  ErrorCode,
  FormatName,
  MessageQueue,
  Mqrt,
  PathName,
  QueueManager,
  QueueSecurity,
  Transaction
} from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import * as MqrtFailure from "@effect-msmq/core/mqrt/MqrtFailure"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as CallLog from "./support/CallLog.ts"
import { elapse } from "./support/settled.ts"

const orders = ".\\private$\\orders"

const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

describe("create, exists, delete", () => {
  it.effect("a queue exists from its creation to its deletion", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* MessageQueue.exists(orders))
      yield* MessageQueue.create(orders, { label: "Orders" })
      assert.isTrue(yield* MessageQueue.exists(orders))
      yield* MessageQueue.delete(orders)
      assert.isFalse(yield* MessageQueue.exists(orders))
    }).pipe(Effect.provide(backend))
  )

  it.effect("an existing queue is not created again: the error names it and the code (C-04)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const error = yield* Effect.flip(MessageQueue.create(orders))
      assert.strictEqual(error.reason._tag, "QueueExists")
      assert.include(error.message, orders)
      assert.include(error.message, "MQ_ERROR_QUEUE_EXISTS (0xC00E0005)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("deleting what is not there says so, with the likely causes (C-44)", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageQueue.delete(orders))
      assert.strictEqual(error.reason._tag, "QueueNotFound")
      assert.include(error.message, "check its spelling")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an illegal name is refused with the place of the mistake, without a call", () =>
    Effect.gen(function* () {
      for (const attempt of [
        MessageQueue.create("private$\\orders\\more"),
        MessageQueue.openSender("DIRECT=NOWHERE:x\\y"),
        MessageQueue.exists("orders"),
        MessageQueue.delete("PUBLIC=not-a-guid")
      ]) {
        const error = yield* Effect.flip(Effect.scoped(attempt))
        assert(error.reason._tag === "IllegalName")
        assert.isAtMost(error.reason.position, error.reason.input.length)
        assert.match(error.operation, /^MessageQueue\./)
      }
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("another machine's private queue cannot be tested for existence (C-51)", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageQueue.exists("elsewhere\\private$\\orders"))
      assert.strictEqual(error.reason._tag, "UnsupportedFormatnameOperation")
    }).pipe(Effect.provide(backend))
  )
})

describe("opening", () => {
  it.effect("takes a path name, a format name, and either as a record", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders)
      const names = [
        orders,
        formatName,
        "DIRECT=OS:.\\private$\\orders",
        Result.getOrThrow(PathName.parse(orders)),
        Result.getOrThrow(FormatName.parse(formatName))
      ]
      for (const name of names) {
        const sender = yield* MessageQueue.openSender(name)
        yield* sender.send({ label: sender.queue })
      }
      const receiver = yield* MessageQueue.openReceiver(orders)
      for (const name of names) {
        const { label } = yield* receiver.receive
        if (typeof name === "string") assert.strictEqual(label, name)
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("another machine's private queue opens by a direct name, whether it exists or not (C-28)", () =>
    Effect.gen(function* () {
      const sender = yield* MessageQueue.openSender("elsewhere\\private$\\orders")
      assert.strictEqual(sender.formatName, "DIRECT=OS:elsewhere\\private$\\orders")
      assert.strictEqual(sender.queue, "elsewhere\\private$\\orders")
      assert.isUndefined(sender.transactional)
    }).pipe(Effect.provide(backend))
  )

  it.effect("denyReceive keeps every other receiver out until it is closed (C-24)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* MessageQueue.openReceiver(orders, { shareMode: "denyReceive" })
          const error = yield* Effect.flip(MessageQueue.openReceiver(orders))
          assert.strictEqual(error.reason._tag, "SharingViolation")
          assert.isTrue(error.isRetryable)
        })
      )
      yield* MessageQueue.openReceiver(orders)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue that fails to close counts as closed, and the program has its own outcome", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* FaultInjection.inject({ function: "MQCloseQueue", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
      const result = yield* Effect.scoped(Effect.as(MessageQueue.openSender(orders), "done"))
      assert.strictEqual(result, "done")
    }).pipe(Effect.provide(backend))
  )

  it.effect("handles of one scope are closed in reverse order", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* MessageQueue.create(".\\private$\\answers")
      const order: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const first = yield* MessageQueue.openReceiver(orders)
          yield* Effect.addFinalizer(() => Effect.map(Effect.exit(first.poll), ({ _tag }) => order.push(_tag)))
          const second = yield* MessageQueue.openReceiver(".\\private$\\answers")
          yield* Effect.addFinalizer(() => Effect.map(Effect.exit(second.poll), ({ _tag }) => order.push(_tag)))
        })
      )
      assert.deepStrictEqual(order, ["Success", "Success"])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )
})

describe("properties and setProperties", () => {
  it.effect("a queue has what it was created with, and times as dates", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_999)
      yield* MessageQueue.create(orders, { label: "Orders", quota: 10, transactional: true })
      assert.deepStrictEqual(yield* MessageQueue.properties(orders), {
        pathName: "MACHINE\\private$\\orders",
        label: "Orders",
        type: undefined,
        authenticate: false,
        transactional: true,
        journal: false,
        quota: 10,
        journalQuota: undefined,
        privacyLevel: "optional",
        basePriority: 0,
        multicastAddress: undefined,
        instance: undefined,
        pathNameDns: undefined,
        adsPath: undefined,
        createTime: new Date(1_700_000_000_000),
        modifyTime: new Date(1_700_000_000_000)
      })
    }).pipe(Effect.provide(backend))
  )

  it.effect("a public queue has its GUID and its names in the directory", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create("MACHINE\\orders")
      const { adsPath, instance, pathNameDns } = yield* MessageQueue.properties("MACHINE\\orders")
      assert.strictEqual(formatName, `PUBLIC=${instance}`)
      assert.strictEqual(pathNameDns, "machine.domain.test\\orders")
      assert.strictEqual(yield* MessageQueue.formatNameOfAdsPath(adsPath ?? ""), formatName)
    }).pipe(Effect.provide(backend))
  )

  const guid = "01234567-89ab-cdef-0123-456789abcdef"
  const changes = {
    label: Schema.Literals(["", "Orders"]),
    type: Schema.Literals([guid, "none"]),
    authenticate: Schema.Boolean,
    journal: Schema.Boolean,
    quota: Schema.Literals([0, 1024, "unlimited"]),
    journalQuota: Schema.Literals([0, 1024, "unlimited"]),
    basePriority: Schema.Literals([-5, 0, 5]),
    privacyLevel: Schema.Literals(["none", "optional", "body"]),
    multicastAddress: Schema.Literals(["234.1.1.1:8001", "none"])
  }
  const absent = new Set<unknown>(["none", "unlimited"])

  it.effect.prop(
    "changed properties have their new values, and the others their old ones",
    { changes: Schema.Struct(changes), given: Schema.Array(Schema.Literals(Object.keys(changes))) },
    ({ changes, given }) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { label: "Before", type: guid, quota: 7, multicastAddress: "234.2.2.2:80" })
        const before = yield* MessageQueue.properties(orders)
        yield* elapse("5 seconds")
        const some = Object.fromEntries(Object.entries(changes).filter(([name]) => given.includes(name)))
        yield* MessageQueue.setProperties(orders, some)
        const { modifyTime, ...after } = yield* MessageQueue.properties(orders)
        const expected = Object.entries(some).map(([name, value]) => [
          name,
          absent.has(value) && name !== "privacyLevel" ? undefined : value
        ])
        const { modifyTime: _, ...rest } = { ...before, ...Object.fromEntries(expected) }
        assert.deepStrictEqual(after, rest)
        assert.strictEqual(modifyTime.getTime() - before.modifyTime.getTime(), 5000)
      }).pipe(Effect.provide(backend, { local: true }))
  )

  it.effect("an error names the refused property, the reason and the queue", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const mqrt = yield* Mqrt.Mqrt
      const refusing = Mqrt.Mqrt.of({
        ...mqrt,
        setQueueProperties: () =>
          Effect.fail(
            new MqrtFailure.MqrtFailure({
              function: "MQSetQueueProperties",
              code: ErrorCode.errors.MQ_ERROR_PROPERTY,
              properties: [{ property: "PROPID_Q_LABEL", status: ErrorCode.errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE }]
            })
          )
      })
      const set = MessageQueue.setProperties(orders, { label: "Orders" })
      const error = yield* Effect.flip(Effect.provideService(set, Mqrt.Mqrt, refusing))
      assert(error.reason._tag === "Property")
      assert.deepStrictEqual(error.reason.properties, [
        { property: "PROPID_Q_LABEL", status: "MQ_ERROR_ILLEGAL_PROPERTY_VALUE" }
      ])
      assert.strictEqual(error.queue, orders)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a property that cannot be read or set fails with the reason (C-51, C-52)", () =>
    Effect.gen(function* () {
      const elsewhere = "elsewhere\\private$\\orders"
      for (const use of [MessageQueue.properties(elsewhere), MessageQueue.setProperties(elsewhere, { label: "" })]) {
        const error = yield* Effect.flip(Effect.asVoid(use))
        assert.strictEqual(error.reason._tag, "UnsupportedFormatnameOperation")
      }
      yield* MessageQueue.create(orders)
      const msmq = yield* MsmqControl.MsmqControl
      yield* msmq.deny({ queue: orders, rights: ["getQueueProperties", "setQueueProperties"] })
      for (const use of [MessageQueue.properties(orders), MessageQueue.setProperties(orders, { label: "" })]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(use))).reason._tag, "AccessDenied")
      }
    }).pipe(Effect.provide(backend))
  )
})

describe("create with a security descriptor", () => {
  it.effect("the queue has it", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { securityDescriptor: "O:SYD:P(A;;GA;;;BA)" })
      assert.strictEqual(yield* QueueSecurity.get(orders, ["owner", "dacl"]), "O:SYD:P(A;;GA;;;BA)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an illegal text is refused with the place of the mistake, without a call", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageQueue.create(orders, { securityDescriptor: "D:(A;;GA;;;bob)" }))
      assert(error.reason._tag === "IllegalSddl")
      assert.deepStrictEqual([error.operation, error.reason.position], ["MessageQueue.create", 13])
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )
})

describe("formatName", () => {
  it.effect("a path name has a format name, and a format name is its own (B-06, B-07)", () =>
    Effect.gen(function* () {
      const created = yield* MessageQueue.create(orders)
      assert.strictEqual(yield* MessageQueue.formatName(orders), created)
      assert.strictEqual(yield* MessageQueue.formatName(created), created)
      assert.strictEqual(
        yield* MessageQueue.formatName("elsewhere\\private$\\orders"),
        "DIRECT=OS:elsewhere\\private$\\orders"
      )
      const error = yield* Effect.flip(MessageQueue.formatName(".\\private$\\nowhere"))
      assert.strictEqual(error.reason._tag, "QueueNotFound")
    }).pipe(Effect.provide(backend))
  )
})

describe("purge", () => {
  const send = (queue: string, ...labels: ReadonlyArray<string>) =>
    Effect.scoped(
      Effect.flatMap(MessageQueue.openSender(queue), (sender) => sender.sendAll(labels.map((label) => ({ label }))))
    )
  const labelsIn = (queue: string) =>
    MessageQueue.openReceiver(queue).pipe(
      Effect.flatMap((receiver) => Stream.runCollect(receiver.browse)),
      Effect.map((messages) => messages.map(({ label }) => label)),
      Effect.scoped
    )

  it.effect("removes the messages, and leaves no handle open (E-55)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { journal: true })
      yield* send(orders, "1", "2")
      yield* MessageQueue.purge(orders)
      assert.deepStrictEqual(yield* labelsIn(orders), [])
      assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\orders;JOURNAL"), [])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )

  it.effect("removes the messages of a transaction when that aborts (E-55)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      yield* Transaction.singleMessage(send(orders, "1", "2"))
      yield* Effect.gen(function* () {
        const receiver = yield* MessageQueue.openReceiver(orders)
        yield* receiver.receive
        yield* MessageQueue.purge(orders)
        return yield* Effect.fail("no")
      }).pipe(Effect.scoped, Transaction.run(), Effect.ignore)
      assert.deepStrictEqual(yield* labelsIn(orders), [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("reaches a subqueue by its own name alone (E-58)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* send(orders, "1", "2")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const receiver = yield* MessageQueue.openReceiver(orders)
          yield* receiver.move(yield* receiver.peek, "retry")
        })
      )
      yield* MessageQueue.purge(orders)
      assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(`${orders};retry`)], [[], ["1"]])
      yield* MessageQueue.purge(`${orders};retry`)
      assert.deepStrictEqual(yield* labelsIn(`${orders};retry`), [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("removes the messages for another machine as an administrator, and is refused as another user (E-57)", () =>
    Effect.gen(function* () {
      const msmq = yield* MsmqControl.MsmqControl
      yield* msmq.cutLink("WAREHOUSE")
      const there = "WAREHOUSE\\private$\\orders"
      yield* send(there, "1", "2")
      yield* msmq.setUser({ sid: "S-1-5-21-1-2-3-1002", administrator: false })
      const refused = yield* Effect.flip(MessageQueue.purge(there, { outgoing: true }))
      assert.deepStrictEqual([refused.reason._tag, refused.queue], ["AccessDenied", there])
      yield* msmq.setUser({ sid: "S-1-5-21-1-2-3-1002" })
      yield* MessageQueue.purge(there, { outgoing: true })
      assert.deepStrictEqual(yield* msmq.messagesIn("DIRECT=OS:WAREHOUSE\\private$\\orders"), [])
      yield* HandleLedger.expectNoLeaks
    }).pipe(
      Effect.provide(HandleLedger.layer(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })))
    )
  )

  it.effect("an administrator reads the messages that wait for another machine, each where it was sent to (C-21)", () =>
    Effect.gen(function* () {
      const msmq = yield* MsmqControl.MsmqControl
      yield* msmq.cutLink("WAREHOUSE")
      const there = "WAREHOUSE\\private$\\orders"
      const asAdmin = (access: "receiveAndAdmin" | "peekAndAdmin") => MessageQueue.openReceiver(there, { access })
      assert.strictEqual((yield* Effect.flip(asAdmin("peekAndAdmin"))).reason._tag, "QueueNotFound")
      yield* send(there, "1", "2", "3")
      const peeker = yield* asAdmin("peekAndAdmin")
      assert.deepStrictEqual(
        [peeker.access, peeker.transactional, (yield* peeker.peek).label],
        ["peekAndAdmin", undefined, "1"]
      )
      assert.strictEqual((yield* Effect.flip(peeker.receive)).reason._tag, "AccessDenied")
      const receiver = yield* asAdmin("receiveAndAdmin")
      assert.strictEqual((yield* receiver.receive).label, "1")
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.map(receiver.browse, ({ label }) => label)), ["2", "3"])
      yield* msmq.setUser({ sid: "S-1-5-21-1-2-3-1002", administrator: false })
      assert.strictEqual((yield* Effect.flip(asAdmin("receiveAndAdmin"))).reason._tag, "AccessDenied")
      yield* msmq.setUser({ sid: "S-1-5-21-1-2-3-1002" })

      yield* MsmqControl.on(MessageQueue.create(".\\private$\\orders"), "WAREHOUSE")
      yield* msmq.joinLink("WAREHOUSE")
      const { messageCount } = yield* MsmqControl.on(QueueManager.queueInfo(".\\private$\\orders"), "WAREHOUSE")
      assert.strictEqual(messageCount, 2)
      const mqrt = yield* Mqrt.Mqrt
      const connection = yield* Effect.promise(() => connect(Layer.effect(Mqrt.Mqrt, Mqrt.make(mqrt))))
      const inPromises = yield* Effect.promise(() => connection.openReceiver(there, { access: "peekAndAdmin" }))
      assert.strictEqual(inPromises.access, "peekAndAdmin")
      yield* Effect.promise(() => connection.close())
    }).pipe(
      Effect.scoped,
      Effect.andThen(HandleLedger.expectNoLeaks),
      Effect.provide(HandleLedger.layer(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })))
    )
  )

  it.effect("closes the queue if it fails, and the error has its name", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* FaultInjection.inject({ function: "MQPurgeQueue", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
      const error = yield* Effect.flip(MessageQueue.purge(orders))
      assert.deepStrictEqual(
        [error.operation, error.reason._tag, error.queue],
        ["MessageQueue.purge", "StaleHandle", orders]
      )
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )
})
