import { Message, MessageQueue, type MsmqError, QueueManager, SecurityContext, Transaction } from "@effect-msmq/core"
import { FaultInjection, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { alice, certificates } from "./support/certificates.ts"
import { elapse } from "./support/settled.ts"

const orders = ".\\private$\\orders"
const there = "WAREHOUSE\\private$\\orders"
const office = { machineName: "OFFICE", certificates }
const machines = [office, { machineName: "WAREHOUSE" }] as const
const backend = FaultInjection.layer(InMemoryMqrt.layerWith({ machines }))
const workgroup = InMemoryMqrt.layerWith({ machines, workgroup: true })

const send = (queue: string, ...labels: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(MessageQueue.openSender(queue), (sender) => sender.sendAll(labels.map((label) => ({ label }))))
  )

const refusal = <A, R>(effect: Effect.Effect<A, MsmqError.MsmqError, R>) =>
  Effect.map(Effect.flip(Effect.asVoid(effect)), ({ reason }) => reason._tag)

describe("a queue manager", () => {
  it.effect("is asked on no computer whose name cannot be one, which is shown only if it is no key", () =>
    Effect.gen(function* () {
      for (const computer of ["\\\\WAREHOUSE", "WARE HOUSE", "-----BEGIN PRIVATE KEY-----\nsecret"]) {
        const error = yield* Effect.flip(QueueManager.info(computer))
        assert.strictEqual(error.reason._tag, "IllegalOption")
        assert.include(error.message, "computer is ")
        assert.notInclude(error.message, "secret")
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("is found by its GUID, such as that of the machine that sent a message, in the directory", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* MsmqControl.on(send("OFFICE\\private$\\orders", "1"), "WAREHOUSE")
      const receiver = yield* MessageQueue.openReceiver(orders)
      const { sourceMachineId } = yield* receiver.receive
      const machine = yield* QueueManager.machineProperties(sourceMachineId)
      assert.deepStrictEqual([machine.pathName, machine.machineId], ["WAREHOUSE", sourceMachineId])
      const inBraces = yield* QueueManager.machineProperties(`{${sourceMachineId.toUpperCase()}}`)
      assert.deepStrictEqual(inBraces, machine)
      const unknown = "00000000-0000-4000-8000-000000000000"
      assert.strictEqual(yield* refusal(QueueManager.machineProperties(unknown)), "MachineNotFound")
    }).pipe(Effect.provide(backend))
  )

  it.effect("is not found by its GUID in a workgroup", () =>
    Effect.gen(function* () {
      const { machineId } = yield* QueueManager.machineProperties()
      assert.strictEqual(yield* refusal(QueueManager.machineProperties(machineId)), "NoDs")
    }).pipe(Effect.provide(workgroup))
  )

  it.effect("tells its private and its active queues, here and on another machine (C-50)", () =>
    Effect.gen(function* () {
      yield* MsmqControl.on(MessageQueue.create(orders), "WAREHOUSE")
      const formatName = yield* MessageQueue.create(orders)
      yield* MessageQueue.create("OFFICE\\public")
      assert.deepStrictEqual(yield* QueueManager.privateQueues(), ["OFFICE\\private$\\orders"])
      assert.deepStrictEqual(yield* QueueManager.privateQueues("WAREHOUSE"), ["WAREHOUSE\\private$\\orders"])
      assert.deepStrictEqual(yield* QueueManager.activeQueues(), [])
      yield* send(orders, "1")
      yield* MessageQueue.openSender(there)
      assert.deepStrictEqual(yield* QueueManager.activeQueues(), [formatName, `DIRECT=OS:${there}`])
      const { bytesInAllQueues, connected, directoryServer, type } = yield* QueueManager.info()
      assert.strictEqual(bytesInAllQueues, BigInt((yield* QueueManager.queueInfo(orders)).bytesInQueue))
      assert.deepStrictEqual([connected, directoryServer], [true, "\\\\dc.domain.test"])
      assert.match(type, /^MSMQ 6\./)
    }).pipe(Effect.provide(backend))
  )

  it.effect("in a workgroup there is no directory, and what it would tell is not there", () =>
    Effect.gen(function* () {
      assert.isUndefined((yield* QueueManager.info()).directoryServer)
      const { encryptionKey, pathName, siteId } = yield* QueueManager.machineProperties()
      assert.deepStrictEqual([pathName, siteId, encryptionKey], ["OFFICE", undefined, undefined])
      assert.isFalse((yield* QueueManager.privateComputerInformation()).directoryEnabled)
      assert.strictEqual(yield* refusal(QueueManager.machineProperties("WAREHOUSE")), "NoDs")
    }).pipe(Effect.provide(workgroup))
  )

  it.effect("the directory knows the others, with their keys", () =>
    Effect.gen(function* () {
      const machine = yield* QueueManager.machineProperties("WAREHOUSE")
      assert.deepStrictEqual([machine.pathName, machine.pathNameDns], ["WAREHOUSE", "warehouse.domain.test"])
      assert.strictEqual(machine.encryptionKeyEnhanced?.length, 128)
      const error = yield* Effect.flip(QueueManager.machineProperties("NOWHERE"))
      assert.deepStrictEqual([error.reason._tag, error.computer], ["MachineNotFound", "NOWHERE"])
      assert.include(error.message, "QueueManager.machineProperties at NOWHERE: ")
    }).pipe(Effect.provide(backend))
  )

  it.effect.each([
    [1, 4, 0],
    [3, 5, 1],
    [6, 6, 3]
  ] as const)("of MSMQ %i says which version it is", ([version]) =>
    Effect.gen(function* () {
      const info = yield* QueueManager.privateComputerInformation()
      const { type } = yield* QueueManager.info()
      assert.strictEqual(`MSMQ ${info.version.major}.${info.version.minor}.${info.version.build}`, type)
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ version })))
  )

  it.effect("goes offline and online again; what waits meanwhile goes then", () =>
    Effect.gen(function* () {
      yield* MsmqControl.on(MessageQueue.create(orders), "WAREHOUSE")
      yield* QueueManager.disconnect()
      assert.isFalse((yield* QueueManager.info()).connected)
      yield* send(there, "1")
      assert.strictEqual((yield* QueueManager.queueInfo(there)).state, "DISCONNECTED")
      assert.strictEqual(yield* MsmqControl.on(QueueManager.messageCount(orders), "WAREHOUSE"), 0)
      yield* QueueManager.connect()
      assert.strictEqual(yield* QueueManager.messageCount(orders, "WAREHOUSE"), 1)
      yield* QueueManager.tidy()
      yield* QueueManager.disconnect("WAREHOUSE")
      assert.isFalse((yield* MsmqControl.on(QueueManager.info(), "WAREHOUSE")).connected)
    }).pipe(Effect.provide(backend))
  )

  it.effect("that cannot be reached, or is stopped, says so, with the computer's name", () =>
    Effect.gen(function* () {
      const msmq = yield* MsmqControl.MsmqControl
      yield* msmq.cutLink("WAREHOUSE")
      for (const use of [QueueManager.info, QueueManager.privateQueues, QueueManager.connect, QueueManager.tidy]) {
        const error = yield* Effect.flip(Effect.asVoid(use("WAREHOUSE")))
        assert.deepStrictEqual([error.reason._tag, error.computer], ["RemoteMachineNotAvailable", "WAREHOUSE"])
        assert.match(error.operation, /^QueueManager\./)
      }
      yield* msmq.stopService
      for (const use of [QueueManager.info(), QueueManager.disconnect(), QueueManager.messageCount("DIRECT=OS:x\\y")]) {
        const error = yield* Effect.flip(Effect.asVoid(use))
        assert.deepStrictEqual([error.reason._tag, error.isRetryable], ["ServiceNotAvailable", true])
      }
    }).pipe(Effect.provide(backend))
  )
})

describe("queueInfo", () => {
  it.effect("counts messages, bytes, copies and subqueues without one of them being read (C-53)", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders, { journal: true })
      yield* send(orders, "1", "2", "3")
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* receiver.receive
      yield* receiver.move(yield* receiver.peek, "retry")
      const { bytesInJournal, bytesInQueue, ...info } = yield* QueueManager.queueInfo(orders)
      assert.isAbove(bytesInQueue, Message.packetSize({ label: "1" }))
      assert.strictEqual(bytesInJournal, bytesInQueue)
      assert.deepStrictEqual(info, {
        pathName: "OFFICE\\private$\\orders",
        formatName,
        type: "PRIVATE",
        isLocal: true,
        transactional: false,
        foreign: false,
        messageCount: 1,
        journalMessageCount: 1,
        state: "LOCAL CONNECTION",
        nextHops: [],
        subqueues: ["retry"],
        sources: [],
        endOfData: undefined
      })
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect(
    "tells the sources of the exactly-once streams to a queue, with their last message and those refused (C-53)",
    () =>
      Effect.gen(function* () {
        const msmq = yield* MsmqControl.MsmqControl
        yield* MsmqControl.on(MessageQueue.create(orders, { transactional: true }), "WAREHOUSE")
        const info = MsmqControl.on(QueueManager.queueInfo(orders), "WAREHOUSE")
        const { machineId } = yield* QueueManager.machineProperties()
        yield* TestClock.setTime(Date.UTC(2026, 0, 1))
        const sender = yield* MessageQueue.openSender(there)
        yield* sender.sendAll([{ label: "1" }, { label: "2" }], { transaction: "singleMessage" })
        const [first, ...others] = (yield* info).sources
        assert.deepStrictEqual(others, [])
        assert.strictEqual(typeof first?.sequenceId, "bigint")
        assert.deepStrictEqual(first, {
          formatName: sender.formatName,
          senderId: machineId,
          sequenceId: first?.sequenceId ?? 0n,
          sequenceNumber: 2,
          lastAccessTime: new Date("2026-01-01T00:00:00Z"),
          rejectCount: 0
        })
        // The acknowledgment does not come back, so that the message is sent again and refused.
        yield* msmq.cutLink("WAREHOUSE", "onlyBack")
        yield* sender.send({ label: "3" }, { transaction: "singleMessage" })
        yield* elapse("31 seconds")
        const [source] = (yield* info).sources
        assert.deepStrictEqual([source?.sequenceNumber, source?.rejectCount], [3, 1])
        assert.strictEqual(yield* MsmqControl.on(QueueManager.messageCount(orders), "WAREHOUSE"), 3)
        assert.deepStrictEqual((yield* QueueManager.queueInfo(there)).sources, [])
      }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("of an outgoing queue tells how far it got, and when it is tried again (C-53)", () =>
    Effect.gen(function* () {
      const msmq = yield* MsmqControl.MsmqControl
      yield* MsmqControl.on(MessageQueue.create(orders, { transactional: true }), "WAREHOUSE")
      yield* msmq.cutLink("WAREHOUSE", "onlyBack")
      yield* Transaction.singleMessage(send(there, "1", "2"))
      const { endOfData, isLocal, messageCount, pathName, state } = yield* QueueManager.queueInfo(there)
      assert.deepStrictEqual([isLocal, messageCount, pathName], [false, 2, undefined])
      assert.include(["CONNECTED", "WAITING"], state)
      assert(endOfData !== undefined)
      assert.strictEqual(endOfData.resendCount, 1)
      assert.strictEqual(endOfData.resendInterval, 30_000)
      assert.deepStrictEqual(endOfData.resendTime, new Date(30_000))
      assert.isUndefined(endOfData.lastAcknowledgedTime)
      assert.strictEqual(Number(endOfData.unreadCount) + Number(endOfData.unacknowledgedCount), 2)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue that is not active has nothing to tell: the error says what that means", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const error = yield* Effect.flip(QueueManager.queueInfo(orders))
      assert.deepStrictEqual([error.reason._tag, error.queue], ["Unspecific", orders])
      assert.include(error.message, "not active")
    }).pipe(Effect.provide(backend))
  )

  it.effect("a path name with a dot means the computer that is asked", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* send(orders, "here")
      yield* MsmqControl.on(Effect.andThen(MessageQueue.create(orders), send(orders, "1", "2")), "WAREHOUSE")
      assert.strictEqual((yield* QueueManager.queueInfo(orders, "WAREHOUSE")).messageCount, 2)
      assert.strictEqual((yield* QueueManager.queueInfo(there, "WAREHOUSE")).messageCount, 2)
      assert.strictEqual((yield* QueueManager.queueInfo(orders)).messageCount, 1)
    }).pipe(Effect.provide(backend))
  )

  it.effect("of another machine tells what waits there for a third one, or for this", () =>
    Effect.gen(function* () {
      const here = "OFFICE\\private$\\orders"
      const waiting = Effect.gen(function* () {
        yield* MessageQueue.openSender(here)
        yield* QueueManager.pause(here)
        yield* send(here, "1", "2")
      })
      yield* MsmqControl.on(Effect.scoped(waiting), "WAREHOUSE")
      const { isLocal, messageCount } = yield* QueueManager.queueInfo(here, "WAREHOUSE")
      assert.deepStrictEqual([isLocal, messageCount], [false, 2])
    }).pipe(Effect.provide(backend))
  )

  it.effect("an illegal name is refused, and calls nothing", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refusal(QueueManager.queueInfo("orders")), "IllegalName")
      assert.strictEqual(yield* refusal(QueueManager.messageCount("DIRECT=NOWHERE:x\\y")), "IllegalName")
      assert.strictEqual(yield* refusal(QueueManager.pause("PUBLIC=x")), "IllegalName")
      assert.deepStrictEqual(yield* FaultInjection.calls, {})
    }).pipe(Effect.provide(backend))
  )
})

describe("messageCount", () => {
  it.effect("is that of queueInfo, and 0 for a queue that is not active", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      assert.strictEqual(yield* QueueManager.messageCount(orders), 0)
      yield* send(orders, "1", "2")
      assert.strictEqual(yield* QueueManager.messageCount(orders), 2)
      yield* MessageQueue.purge(orders)
      assert.strictEqual(yield* QueueManager.messageCount(orders), 0)
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "on another machine is 0 for a private queue that is there and not active, and fails for one that is not",
    () =>
      Effect.gen(function* () {
        yield* MsmqControl.on(MessageQueue.create(orders), "WAREHOUSE")
        assert.strictEqual(yield* QueueManager.messageCount(orders, "WAREHOUSE"), 0)
        assert.strictEqual(yield* QueueManager.messageCount(there, "WAREHOUSE"), 0)
        assert.strictEqual(yield* refusal(QueueManager.messageCount(".\\private$\\x", "WAREHOUSE")), "QueueNotFound")
      }).pipe(Effect.provide(backend))
  )

  it.effect("of what waits for another machine is 0 where nothing does", () =>
    Effect.gen(function* () {
      const msmq = yield* MsmqControl.MsmqControl
      yield* msmq.cutLink("WAREHOUSE")
      assert.strictEqual(yield* QueueManager.messageCount(there), 0)
      yield* send(there, "1")
      assert.strictEqual(yield* QueueManager.messageCount(there), 1)
    }).pipe(Effect.provide(backend))
  )

  it.effect("of a queue that is not there fails, and so where it cannot be known", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refusal(QueueManager.messageCount(orders)), "QueueNotFound")
      const formatName = yield* MessageQueue.create(orders)
      yield* MessageQueue.delete(orders)
      assert.strictEqual(yield* refusal(QueueManager.messageCount(formatName)), "QueueNotFound")
      assert.strictEqual(
        yield* refusal(QueueManager.messageCount(".\\private$\\x", "NOWHERE")),
        "RemoteMachineNotAvailable"
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("of a queue whose properties may not be read fails, unless it is active", () =>
    Effect.gen(function* () {
      const msmq = yield* MsmqControl.MsmqControl
      yield* MessageQueue.create(orders)
      yield* msmq.deny({ queue: orders, rights: ["getQueueProperties"] })
      assert.strictEqual(yield* refusal(QueueManager.messageCount(orders)), "Unspecific")
      yield* send(orders, "1")
      assert.strictEqual(yield* QueueManager.messageCount(orders), 1)
    }).pipe(Effect.provide(backend))
  )
})

describe("an outgoing queue", () => {
  it.effect("is paused and goes on when it is resumed", () =>
    Effect.gen(function* () {
      yield* MsmqControl.on(MessageQueue.create(orders), "WAREHOUSE")
      yield* MessageQueue.openSender(there)
      yield* QueueManager.pause(there)
      yield* send(there, "1", "2")
      assert.strictEqual((yield* QueueManager.queueInfo(there)).state, "ONHOLD")
      assert.strictEqual(yield* QueueManager.messageCount(orders, "WAREHOUSE"), 0)
      yield* QueueManager.resume(there)
      assert.strictEqual(yield* QueueManager.messageCount(orders, "WAREHOUSE"), 2)
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("is resent at once, instead of when its pause is over", () =>
    Effect.gen(function* () {
      const msmq = yield* MsmqControl.MsmqControl
      yield* MsmqControl.on(MessageQueue.create(orders, { transactional: true }), "WAREHOUSE")
      yield* msmq.cutLink("WAREHOUSE", "onlyBack")
      yield* Transaction.singleMessage(send(there, "1"))
      const next = Effect.map(QueueManager.queueInfo(there), ({ endOfData }) => endOfData?.resendTime)
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* next, new Date(30_000))
      yield* QueueManager.resend(there)
      assert.deepStrictEqual(yield* next, new Date(40_000))
    }).pipe(Effect.provide(backend))
  )

  it.effect("is the only kind of queue that there is something to do with: another says what to name", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      for (const act of [QueueManager.pause, QueueManager.resume, QueueManager.resend]) {
        const error = yield* Effect.flip(act(orders))
        assert.strictEqual(error.reason._tag, "IllegalOperation")
        assert.include(error.message, "only an outgoing queue can be paused")
        assert.strictEqual(error.queue, orders)
      }
    }).pipe(Effect.provide(backend))
  )
})

describe("registerCertificate", () => {
  it.effect("makes an internal one, and leaves one that is there as it is where that is wanted (A-74, A-75)", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* QueueManager.registerCertificate({ ifNotExists: true }), "registered")
      assert.strictEqual(yield* QueueManager.registerCertificate({ ifNotExists: true }), "existed")
      assert.strictEqual(yield* QueueManager.registerCertificate(), "registered")
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ internalCertificate: "absent" })))
  )

  it.effect("an external one is registered under this user: what it signs is then verified (A-58, A-74)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const sender = yield* MessageQueue.openSender(orders)
      const securityContext = yield* SecurityContext.acquire({ certificate: alice })
      yield* sender.send({ label: "before" }, { securityContext, senderIdType: "sid" })
      assert.strictEqual(yield* QueueManager.registerCertificate({ certificate: alice }), "registered")
      yield* sender.send({ label: "after" }, { securityContext, senderIdType: "sid" })
      const receiver = yield* MessageQueue.openReceiver(orders)
      const { authenticated, label } = yield* receiver.receive
      assert.deepStrictEqual([label, authenticated], ["after", true])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("without a directory nothing can be registered (A-77)", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(QueueManager.registerCertificate({ certificate: alice }))
      assert.deepStrictEqual(
        [error.operation, error.reason._tag],
        ["QueueManager.registerCertificate", "UnsupportedOperation"]
      )
    }).pipe(Effect.provide(workgroup))
  )

  it("an external one cannot be left as it is: that does not compile", () => {
    // @ts-expect-error
    const register = () => QueueManager.registerCertificate({ certificate: alice, ifNotExists: true })
    assert.isFunction(register)
  })
})
