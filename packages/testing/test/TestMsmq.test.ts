import { MessageQueue, Mqrt, Transaction } from "@effect-msmq/core"
import { MsmqError } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, MsmqControl, TestMsmq } from "@effect-msmq/testing"
import * as promises from "@effect-msmq/testing/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { test } from "vitest"

const orders = ".\\private$\\orders"

const openForgotten = Effect.gen(function* () {
  const scope = yield* Scope.make()
  yield* Scope.provide(MessageQueue.openSender(orders), scope)
})

describe("a test with Effect", () => {
  it.effect("has MSMQ, its control, faults and a ledger in one layer", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const control = yield* MsmqControl.MsmqControl
      assert.strictEqual((yield* control.queues).length, 1)
      yield* FaultInjection.inject({ function: "MQOpenQueue", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(MessageQueue.openSender(orders)))))
      assert.deepStrictEqual(yield* HandleLedger.open, [])
    }).pipe(Effect.provide(TestMsmq.layer))
  )

  it.effect("has machines with its options, and is refused with others", () =>
    Effect.gen(function* () {
      const machines = [{}, { machineName: "WAREHOUSE" }] as const
      const create = MsmqControl.on(MessageQueue.create(orders), "WAREHOUSE")
      assert.match(yield* TestMsmq.run(create, { machines }), /^PRIVATE=/)
      const illegal = { machin: "WAREHOUSE" }
      const error = yield* Effect.flip(TestMsmq.run(create, illegal as never))
      assert.strictEqual(error._tag, "MsmqError")
      assert.include(error.message, "machin")
    })
  )

  it.effect("fails if it leaves something open, and tells where it was opened", () =>
    Effect.gen(function* () {
      const leaking = Effect.andThen(MessageQueue.create(orders), openForgotten)
      const error = yield* Effect.flip(TestMsmq.run(leaking))
      assert(error._tag === "HandlesLeaked", error._tag)
      assert.deepStrictEqual(
        error.open.map(({ kind }) => kind),
        ["queue"]
      )
      assert.include(error.message, "TestMsmq.test.ts")
    })
  )

  it.effect("fails if it uses a handle wrongly", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* MessageQueue.create(orders)
      const handle = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\orders", "send", "denyNone")
      yield* mqrt.closeQueue(handle)
      yield* Effect.ignore(mqrt.closeQueue(handle))
    }).pipe(
      (test) => Effect.flip(TestMsmq.run(test)),
      Effect.map((error) => {
        assert(error._tag === "HandlesLeaked", error._tag)
        assert.deepStrictEqual(
          error.violations.map(({ rule }) => rule),
          ["freed twice"]
        )
      })
    )
  )

  it.effect("fails with its own failure, even if it leaves something open", () =>
    Effect.gen(function* () {
      const failing = MessageQueue.create(orders).pipe(
        Effect.andThen(openForgotten),
        Effect.andThen(Effect.fail("mine"))
      )
      assert.strictEqual(yield* Effect.flip(TestMsmq.run(failing)), "mine")
    })
  )

  it.effect("has queues that no other test has, also in the same fiber", () =>
    Effect.gen(function* () {
      const create = MessageQueue.create(orders)
      assert.deepStrictEqual([yield* TestMsmq.run(create), yield* TestMsmq.run(create)].length, 2)
    })
  )

  it.effect("in a shared layer fails for its own handles only", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const first = yield* Effect.exit(HandleLedger.leakFree(openForgotten))
      const second = yield* Effect.exit(HandleLedger.leakFree(MessageQueue.openSender(orders)))
      assert.deepStrictEqual([Exit.isFailure(first), Exit.isSuccess(second)], [true, true])
    }).pipe(Effect.provide(TestMsmq.layer))
  )

  it.effect("has two connections to one MSMQ, each of which closes by itself", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const shop = yield* Layer.build(TestMsmq.connection)
      const sender = yield* Effect.provide(MessageQueue.openSender(orders), shop)
      const scope = yield* Scope.make()
      const warehouse = yield* Scope.provide(Layer.build(TestMsmq.connection), scope)
      const receiver = yield* Effect.provide(MessageQueue.openReceiver(orders), warehouse)
      yield* sender.send({ label: "order 1" })
      assert.strictEqual((yield* receiver.receive).label, "order 1")
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual([sender.isOpen, receiver.isOpen], [true, false])
      assert.strictEqual((yield* Effect.flip(receiver.receive)).reason._tag, "Released")
      const { reason } = yield* Transaction.begin().pipe(
        Effect.provide(shop),
        Effect.flatMap((transaction) =>
          Effect.flip(Transaction.run(Transaction.within(Transaction.run(Effect.void), transaction)))
        )
      )
      assert.strictEqual(reason._tag, "IllegalOption")
    }).pipe((test) => TestMsmq.run(test))
  )
})

describe("a test in promises", () => {
  it("has a connection, the control, faults and a ledger", async () => {
    await using msmq = await promises.TestMsmq.start({ machineName: "OFFICE" })
    const { connection, control, faults, ledger } = msmq
    await connection.createQueue(orders)
    assert.deepStrictEqual(
      (await control.queues()).map(({ pathName }) => pathName),
      ["OFFICE\\private$\\orders"]
    )
    await faults.inject({ function: "MQOpenQueue", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
    const refused: unknown = await connection.openSender(orders).catch((error: unknown) => error)
    assert(refused instanceof MsmqError && refused.code === "MQ_ERROR_STALE_HANDLE", String(refused))
    assert.strictEqual((await faults.calls()).MQOpenQueue, 1)
    const sender = await connection.openSender(orders)
    assert.strictEqual((await ledger.open()).length, 1)
    await sender.close()
    await ledger.expectNoLeaks()
    assert.strictEqual((await ledger.counts()).queue.freed, 1)
    const wrong: unknown = await control.setStorageFailed("yes" as never).catch((error: unknown) => error)
    assert(wrong instanceof MsmqError && wrong.reason._tag === "IllegalOption", String(wrong))
  })

  it("is refused with options that do not exist, and has closed everything when it ends", async () => {
    const refused: unknown = await promises.TestMsmq.start({ machin: "OFFICE" } as never).catch(
      (error: unknown) => error
    )
    assert(refused instanceof MsmqError && refused.reason._tag === "IllegalOption", String(refused))
    const msmq = await promises.TestMsmq.start()
    const other = await msmq.connect()
    await msmq.close()
    await msmq.close()
    for (const connection of [msmq.connection, other]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const late: unknown = await connection.createQueue(orders).catch((error: unknown) => error)
      assert(late instanceof MsmqError && late.reason._tag === "Released", String(late))
    }
  })

  it("rejects if it leaves something open, as it rejects itself, and with its result otherwise", async () => {
    const leak: unknown = await promises.TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders)
      await connection.openSender(orders)
    }).catch((error: unknown) => error)
    assert(leak instanceof HandleLedger.HandlesLeaked, String(leak))
    assert.include(leak.message, "TestMsmq.test.ts")
    const mine = new Error("mine")
    const own: unknown = await promises.TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders)
      await connection.openSender(orders)
      throw mine
    }).catch((error: unknown) => error)
    assert.strictEqual(own, mine)
    assert.strictEqual(await promises.TestMsmq.run(async () => 7), 7)
    const none: unknown = await promises.TestMsmq.run(undefined as never).catch((error: unknown) => error)
    assert(none instanceof MsmqError && none.operation === "TestMsmq.run", String(none))
  })

  it("has two connections to one MSMQ, as two programs have", async () => {
    await promises.TestMsmq.run(async (msmq) => {
      await msmq.connection.createQueue(orders)
      await using shop = await msmq.connect()
      await using warehouse = await msmq.connect()
      await using sender = await shop.openSender(orders)
      await using receiver = await warehouse.openReceiver(orders)
      const received = receiver.receive()
      await sender.send({ label: "order 1" })
      assert.strictEqual((await received).label, "order 1")
      await shop.close()
      assert.deepStrictEqual([sender.isOpen, receiver.isOpen], [false, true])
    })
  })

  it("has the other machines of its network", async () => {
    await promises.TestMsmq.run(
      async (msmq) => {
        const warehouse = await msmq.machine("WAREHOUSE")
        await warehouse.connection.createQueue(orders)
        await using sender = await msmq.connection.openSender("WAREHOUSE\\private$\\orders")
        await msmq.control.cutLink("WAREHOUSE")
        await sender.send({ label: "order 1" })
        assert.deepStrictEqual(
          (await warehouse.control.queues()).map(({ messages }) => messages),
          [0]
        )
        await msmq.control.joinLink("WAREHOUSE")
        assert.deepStrictEqual(
          (await warehouse.control.queues()).map(({ messages }) => messages),
          [1]
        )
        await using other = await warehouse.connect()
        await using receiver = await other.openReceiver(orders)
        assert.strictEqual((await receiver.receive()).label, "order 1")
        const nowhere: unknown = await msmq.machine("NOWHERE").catch((error: unknown) => error)
        assert.instanceOf(nowhere, RangeError)
      },
      { machines: [{ machineName: "OFFICE" }, { machineName: "WAREHOUSE" }] }
    )
  })

  it("lets time pass on a clock of its own: limits of messages, waits and retries", async () => {
    await promises.TestMsmq.run(
      async (msmq) => {
        const { connection } = msmq
        await connection.createQueue(orders, { transactional: true })
        await using sender = await connection.openSender(orders)
        await using receiver = await connection.openReceiver(orders)
        await sender.send({ timeToBeReceived: "1 hour" }, { transaction: "singleMessage" })
        await msmq.advance("61 minutes")
        assert.strictEqual(await connection.queueManager.messageCount(orders), 0)

        const waiting = receiver.receiveWithin("5 minutes")
        await msmq.advance(5 * 60_000)
        assert.isUndefined(await waiting)

        await sender.send({ label: "order 1" }, { transaction: "singleMessage" })
        const stop = new AbortController()
        const attempts: Array<number> = []
        const end = receiver
          .consume(
            async (message) => {
              attempts.push(message.abortCount)
              if (message.abortCount === 0) throw new Error("once more")
            },
            {
              retry: { times: 3, delay: "1 day" },
              onEvent: ({ _tag }) => {
                if (_tag === "Handled") stop.abort(stop)
              },
              signal: stop.signal
            }
          )
          .done.catch((error: unknown) => error)
        await msmq.advance("23 hours")
        assert.deepStrictEqual(attempts, [0])
        await msmq.advance("1 hour")
        assert.strictEqual(await end, stop)
        assert.deepStrictEqual(attempts, [0, 1])
      },
      { clock: "manual" }
    )
  })

  it("cannot move the clock of the system", async () => {
    await using msmq = await promises.TestMsmq.start({ clock: "system" })
    const refused: unknown = await msmq.advance("1 hour").catch((error: unknown) => error)
    assert(refused instanceof MsmqError && refused.reason._tag === "IllegalOption", String(refused))
    assert.include(refused.message, 'clock is "system", but it must be "manual"')
    const unknown: unknown = await promises.TestMsmq.start({ clock: "sundial" as never }).catch(
      (error: unknown) => error
    )
    assert(unknown instanceof MsmqError && unknown.reason._tag === "IllegalOption", String(unknown))
  })

  it("of node:test fails if it leaves something open, and says where that was opened", () => {
    const program = fileURLToPath(new URL("programs/leaking.ts", import.meta.url))
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
    const { status, stdout } = spawnSync(process.execPath, ["--test-reporter=tap", program], { encoding: "utf8", env })
    assert.strictEqual(status, 1)
    assert.match(stdout, /^ok 1 - closes its sender$/m)
    assert.match(stdout, /^not ok 2 - forgets its sender$/m)
    assert.match(stdout, /1 handle is open and 0 rules were broken/)
    assert.match(stdout, /leaking\.ts:17/)
  })
})

const it2 = test.extend<{ msmq: promises.TestMsmq }>({ msmq: promises.TestMsmq.fixture({ machineName: "OFFICE" }) })

describe("a test of Vitest with the fixture", () => {
  it2("has an MSMQ of its own", async ({ msmq }) => {
    assert.match(await msmq.connection.createQueue(orders), /^PRIVATE=/)
    await using sender = await msmq.connection.openSender(orders)
    await sender.send({ label: "order 1" })
  })

  it2("has another one than the test before", async ({ msmq }) => {
    assert.isFalse(await msmq.connection.queueExists(orders))
  })

  it("fails if it leaves something open, unless it fails by itself", async () => {
    const fixture = promises.TestMsmq.fixture()
    const leaking = async ({ connection }: promises.TestMsmq) => {
      await connection.createQueue(orders)
      await connection.openReceiver(orders)
    }
    const leak: unknown = await fixture({ task: {} }, leaking).catch((error: unknown) => error)
    assert.instanceOf(leak, HandleLedger.HandlesLeaked)
    await fixture({ task: { result: { state: "fail" } } }, leaking)
  })
})
