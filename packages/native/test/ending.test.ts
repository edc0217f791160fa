import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { QueueHandle } from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { noChanges, plainMessage, plainQueue, plainSend } from "../../testing/src/contract/plainRecords.ts"
import { bundle } from "../../core/test/support/bundle.ts"
import { slow } from "../../core/test/support/slow.ts"
import { runIn } from "./support/runIn.ts"
import { node } from "./support/runtimes.ts"
import { control, files, missing } from "./theDouble.ts"
import { start } from "../../core/test/support/settled.ts"

const program = fileURLToPath(new URL("programs/ending.ts", import.meta.url))

const run = async (how: string, env: Readonly<Record<string, string>> = {}) => {
  const { code, lines, stderr } = await runIn(node, await bundle(program), [files.library, how], env)
  return { code, lines, stderr }
}

describe.skipIf(missing !== null)("a program that ends in the middle of calls", { concurrent: true }, () => {
  it("a creation that lost a race ends before its connection has closed", async () => {
    assert.deepStrictEqual(await run("race"), { code: 0, lines: ["leaving", "created", "closed"], stderr: "" })
  })

  it("so it does where there is one thread for all calls", async () => {
    const ended = await run("race", { UV_THREADPOOL_SIZE: "1" })
    assert.deepStrictEqual(ended, { code: 0, lines: ["leaving", "created", "closed"], stderr: "" })
  })

  it("creations that have begun are made, and those that wait for their turn are refused", async () => {
    const lines = ["a created, b created, c Released, d Released"]
    assert.deepStrictEqual(await run("line"), { code: 0, lines, stderr: "" })
  })

  it("a layer that closes does not end the calls of another", async () => {
    assert.deepStrictEqual(await run("twoLayers"), {
      code: 0,
      lines: ["second closed", "created", "first closed"],
      stderr: ""
    })
  })

  const takesLong = slow("It builds five thousand layers, one after the other.")

  it("two thousand layers that were built and closed leave no memory behind", takesLong, async () => {
    assert.deepStrictEqual(await run("manyLayers"), { code: 0, lines: ["flat"], stderr: "" })
  })

  it.each(["limitOfOne", "limitOfTwo"])("calls wait for each other where koffi allows few at once: %s", async (how) => {
    assert.deepStrictEqual(await run(how), { code: 0, lines: ["20 created"], stderr: "" })
  })

  it("the layer says so where koffi allows no call off the main thread", async () => {
    const { code, lines } = await run("limitOfNone")
    assert.strictEqual(code, 0)
    assert.include(lines.join(), "max_async_calls")
  })

  it("calls wait while somebody else makes all the calls that koffi allows", async () => {
    const { code, lines } = await run("noRoomForAWhile")
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(lines, ["other call ended", "other call ended", "20 created"])
  })
})

/** A backend on the double, and what closes it. */
const openLayer = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const services = yield* Layer.buildWithScope(NativeMqrt.layerWith(files), scope)
  const mqrt = yield* Effect.provide(Mqrt.Mqrt, services)
  return { mqrt, close: Scope.close(scope, Exit.void) }
})

/** Waits until the double has been called; the test's own time limit ends it. */
const called = (name: string, times = 1): Effect.Effect<void> =>
  Effect.suspend(() =>
    control.callCount(name) >= times ? Effect.void : Effect.andThen(Effect.sleep(1), called(name, times))
  )

const plainPeek = { action: "peekCurrent", cursor: null, read: usualRead, timeout: 0, transaction: "none" } as const

type Service = Mqrt.Mqrt["Service"]

const parts = { owner: true, group: true, dacl: true, sacl: false }
const open = (mqrt: Service) => Effect.flatMap(name(mqrt), (name) => mqrt.openQueue(name, "receive", "denyNone"))
const name = (mqrt: Service) => mqrt.createQueue(plainQueue, null)

/** For each function of Message Queuing: what is made ready for a call of it, and the call. */
const functions: Readonly<
  Record<string, (mqrt: Service) => Effect.Effect<Effect.Effect<unknown, Mqrt.MqrtFailure>, Mqrt.MqrtFailure>>
> = {
  MQCreateQueue: (mqrt) => Effect.succeed(name(mqrt)),
  MQDeleteQueue: (mqrt) => Effect.map(name(mqrt), mqrt.deleteQueue),
  MQGetQueueProperties: (mqrt) => Effect.map(name(mqrt), mqrt.getQueueProperties),
  MQSetQueueProperties: (mqrt) =>
    Effect.map(name(mqrt), (name) => mqrt.setQueueProperties(name, { ...noChanges, label: "x" })),
  MQGetQueueSecurity: (mqrt) => Effect.map(name(mqrt), (name) => mqrt.getQueueSecurity(name, parts)),
  MQSetQueueSecurity: (mqrt) =>
    Effect.flatMap(name(mqrt), (name) =>
      Effect.map(mqrt.getQueueSecurity(name, parts), (descriptor) => mqrt.setQueueSecurity(name, parts, descriptor))
    ),
  MQOpenQueue: (mqrt) => Effect.map(name(mqrt), (name) => mqrt.openQueue(name, "receive", "denyNone")),
  MQCloseQueue: (mqrt) => Effect.map(open(mqrt), mqrt.closeQueue),
  MQPurgeQueue: (mqrt) => Effect.map(open(mqrt), mqrt.purgeQueue),
  MQCreateCursor: (mqrt) => Effect.map(open(mqrt), mqrt.createCursor),
  MQCloseCursor: (mqrt) => Effect.map(Effect.flatMap(open(mqrt), mqrt.createCursor), mqrt.closeCursor),
  MQLocateBegin: (mqrt) => Effect.succeed(mqrt.locateBegin([])),
  MQLocateNext: (mqrt) => Effect.map(mqrt.locateBegin([]), (handle) => mqrt.locateNext(handle, 10)),
  MQLocateEnd: (mqrt) => Effect.map(mqrt.locateBegin([]), mqrt.locateEnd),
  MQPathNameToFormatName: (mqrt) => Effect.as(name(mqrt), mqrt.pathNameToFormatName(plainQueue.pathName)),
  MQADsPathToFormatName: (mqrt) => Effect.succeed(mqrt.adsPathToFormatName("LDAP://CN=one")),
  MQMoveMessage: (mqrt) => Effect.map(open(mqrt), (queue) => mqrt.moveMessage(queue, queue, 1n, "none")),
  MQMarkMessageRejected: (mqrt) => Effect.map(open(mqrt), (queue) => mqrt.markMessageRejected(queue, 1n)),
  MQRegisterCertificate: (mqrt) => Effect.succeed(mqrt.registerCertificate(null, false)),
  MQBeginTransaction: (mqrt) => Effect.succeed(mqrt.beginTransaction),
  TransactionCommit: (mqrt) => Effect.map(mqrt.beginTransaction, mqrt.commitTransaction),
  TransactionAbort: (mqrt) => Effect.map(mqrt.beginTransaction, mqrt.abortTransaction),
  TransactionRelease: (mqrt) => Effect.map(mqrt.beginTransaction, mqrt.releaseTransaction),
  MQGetMachineProperties: (mqrt) => Effect.succeed(mqrt.getMachineProperties(null)),
  MQGetPrivateComputerInformation: (mqrt) => Effect.succeed(mqrt.getPrivateComputerInformation(null)),
  MQMgmtGetInfo: (mqrt) => Effect.map(open(mqrt), () => mqrt.getQueueManagerInfo(null)),
  MQMgmtAction: (mqrt) => Effect.succeed(mqrt.machineAction(null, "TIDY"))
}

describe.skipIf(missing !== null)("a layer that closes", () => {
  beforeEach(() => {
    control.reset()
    control.addPublicQueue("DOUBLE\\one", "one")
  })

  it.live.each(Object.keys(functions))("waits for a running %s, which tells its outcome, and stays closed", (name) =>
    Effect.gen(function* () {
      const { close, mqrt } = yield* openLayer
      const call = yield* (functions[name] ?? (() => Effect.die("no such function")))(mqrt)
      const before = control.callCount(name)
      control.hold(name)
      const calling = yield* start(Effect.exit(call))
      yield* called(name, before + 1)
      const closing = yield* start(close)
      yield* Effect.sleep(5)
      assert.isUndefined(closing.pollUnsafe())
      control.letGo(name)
      yield* Fiber.join(closing)
      assert.isFalse(Exit.hasDies(yield* Fiber.join(calling)))
      const calls = control.callCount(name)
      const later = yield* Effect.exit(call)
      assert.isTrue(Exit.hasDies(later))
      assert.match(Exit.isFailure(later) ? String(Cause.squash(later.cause)) : "", /the connection is closed/)
      assert.strictEqual(control.callCount(name), calls)
      assert.deepStrictEqual(control.ledger().violations, [])
    })
  )

  it.live("leaves nothing that a service which outlives it could call", () =>
    Effect.gen(function* () {
      const { close, mqrt } = yield* openLayer
      const queue = yield* open(mqrt)
      const context = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
      yield* mqrt.closeQueue(queue)
      yield* mqrt.freeSecurityContext(context)
      yield* close
      const { calls } = control.ledger()
      for (const call of [
        mqrt.sendMessages(queue, [plainMessage], plainSend),
        mqrt.receiveMessage(queue, plainPeek),
        mqrt.receiveMessageByLookupId(queue, 0n, "peekFirst", { read: usualRead, transaction: "none" }),
        mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null),
        mqrt.freeSecurityContext(context),
        mqrt.closeQueue(queue)
      ]) {
        const exit = yield* Effect.exit(call as Effect.Effect<unknown, Mqrt.MqrtFailure>)
        assert.match(Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : "", /is closed/)
      }
      assert.deepStrictEqual(control.ledger().calls, calls)
    })
  )

  it.live("does not begin the calls that wait for their turn", () =>
    Effect.gen(function* () {
      const { close, mqrt } = yield* openLayer
      control.hold("MQCreateQueue")
      const creations = yield* Effect.forEach([1, 2, 3, 4, 5], (index) =>
        start(Effect.exit(mqrt.createQueue({ ...plainQueue, pathName: `.\\private$\\q${index}` }, null)))
      )
      yield* called("MQCreateQueue", 2)
      const closing = yield* start(close)
      control.letGo("MQCreateQueue")
      yield* Fiber.join(closing)
      const exits = yield* Effect.forEach(creations, Fiber.join)
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, true, false, false, false])
      assert.isTrue(exits.slice(2).every(Exit.hasDies))
      assert.strictEqual(control.callCount("MQCreateQueue"), 2)
    })
  )
})

describe.skipIf(missing !== null)("calls that may take long", () => {
  beforeEach(() => control.reset())

  it.live("do not hold up those that end what is open, of any layer, nor files", () =>
    Effect.gen(function* () {
      const { close, mqrt } = yield* openLayer
      const other = yield* openLayer
      const formatName = yield* mqrt.createQueue(plainQueue, null)
      const queue = yield* mqrt.openQueue(formatName, "receive", "denyNone")
      const cursor = yield* mqrt.createCursor(queue)
      control.addPublicQueue("DOUBLE\\one", "one")
      const search = yield* mqrt.locateBegin([])
      const transaction = yield* mqrt.beginTransaction
      const aborted = yield* other.mqrt.beginTransaction
      const events: Array<string> = []
      const opened: Array<QueueHandle> = []
      control.hold("MQOpenQueue")
      const opening = yield* Effect.forEach([mqrt, other.mqrt, mqrt, other.mqrt, other.mqrt], (service) =>
        start(
          Effect.map(service.openQueue(formatName, "receive", "denyNone"), (handle) => {
            events.push("opened")
            opened.push(handle)
          })
        )
      )
      yield* called("MQOpenQueue", 3)
      yield* mqrt.commitTransaction(transaction)
      yield* mqrt.releaseTransaction(transaction)
      yield* other.mqrt.abortTransaction(aborted)
      yield* other.mqrt.releaseTransaction(aborted)
      yield* mqrt.closeCursor(cursor)
      yield* mqrt.closeQueue(queue)
      yield* mqrt.locateEnd(search)
      yield* Effect.promise(() => readFile(program))
      events.push("ended")
      assert.deepStrictEqual(events, ["ended"])
      control.letGo("MQOpenQueue")
      yield* Effect.forEach(opening, Fiber.join)
      yield* Effect.forEach(opened, mqrt.closeQueue)
      yield* close
      yield* other.close
      assert.deepStrictEqual(control.ledger().violations, [])
    })
  )
})
