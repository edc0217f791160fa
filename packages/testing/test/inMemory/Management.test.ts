import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { FaultInjection, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { code, create, direct, ends, labelled, machineId, message, plain, receiving } from "./seam.ts"
import { noChanges } from "../../src/contract/plainRecords.ts"

const remote = "DIRECT=OS:other\\private$\\q"

describe("management", () => {
  it.effect("a machine in a workgroup tells its own id and name, and has no directory", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      for (const name of [null, ".", "warehouse"]) {
        const { machineId: id, pathName, siteId } = yield* mqrt.getMachineProperties(name)
        assert.deepStrictEqual([id, pathName, siteId], [machineId, "WAREHOUSE", null])
      }
      assert.strictEqual(yield* code(mqrt.getMachineProperties("other")), errors.MQ_ERROR_NO_DS)
      const { directoryEnabled, version } = yield* mqrt.getPrivateComputerInformation(null)
      assert.isFalse(directoryEnabled)
      assert.deepStrictEqual([version >>> 24, (version >>> 16) & 0xff], [6, 3])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ machineName: "WAREHOUSE", workgroup: true })))
  )

  it.effect("nothing is known of another computer (C-29)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      for (const ask of [
        mqrt.getPrivateComputerInformation("other"),
        mqrt.getQueueManagerInfo("other"),
        mqrt.getQueueInfo("other", direct),
        mqrt.machineAction("other", "TIDY"),
        mqrt.queueAction("other", direct, "PAUSE")
      ]) {
        assert.strictEqual(yield* code(ask), errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the machine's journal and its dead-letter queues tell how many messages they have (C-53)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends()
      yield* send([message({ journaling: { deadLetter: false, journal: true } })])
      const told = yield* Effect.forEach(["JOURNAL", "DEADLETTER", "DEADXACT"], (name) =>
        mqrt.getQueueInfo(null, `MACHINE=${machineId};${name}`)
      )
      assert.deepStrictEqual(
        told.map(({ isLocal, messageCount, transactional, type }) => [type, isLocal, transactional, messageCount]),
        [
          ["MACHINE", true, false, 1],
          ["MACHINE", true, false, 0],
          ["MACHINE", true, true, 0]
        ]
      )
      assert.strictEqual((yield* mqrt.getQueueInfo(null, "DIRECT=OS:.\\SYSTEM$;JOURNAL")).messageCount, 1)
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* code(mqrt.getQueueInfo(null, `${direct};JOURNAL`)), unsupported)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "the queue manager lists its private queues and the active ones, and tells the bytes in all queues (C-50)",
    () =>
      Effect.gen(function* () {
        const { formatName, mqrt, receiver, send, sender } = yield* ends()
        yield* create({ pathName: ".\\private$\\idle" })
        const outgoing = yield* mqrt.openQueue(remote, "send", "denyNone")
        const info = mqrt.getQueueManagerInfo(null)
        const empty = yield* info
        assert.deepStrictEqual(empty.privateQueues, ["MACHINE\\private$\\orders", "MACHINE\\private$\\idle"])
        assert.deepStrictEqual(empty.activeQueues, [formatName, remote])
        assert.deepStrictEqual(
          [empty.bytesInAllQueues, empty.connected, empty.directoryServer],
          [0n, true, "\\\\dc.domain.test"]
        )
        yield* send([message({ body: new Uint8Array(1000) })])
        yield* mqrt.sendMessages(outgoing, [message({ body: new Uint8Array(1000) })], plain)
        const filled = yield* info
        assert.isTrue(filled.bytesInAllQueues > 2000n && filled.bytesInAllQueues < 3000n)
        yield* mqrt.receiveMessage(receiver, receiving())
        for (const handle of [sender, receiver, outgoing]) yield* mqrt.closeQueue(handle)
        assert.deepStrictEqual((yield* info).activeQueues, [remote])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a queue tells the messages and bytes in it and in its subqueues (C-53)", () =>
    Effect.gen(function* () {
      const { formatName, lookup, mqrt, receive, receiver, send } = yield* ends({ transactional: true })
      const single = { transaction: "singleMessage" } as const
      yield* send([...labelled("a", "b"), message({ body: new Uint8Array(1000) })], single)
      const into = yield* mqrt.openQueue(`${direct};retry`, "move", "denyNone")
      const { lookupId } = yield* lookup("peekFirst", 0n)
      yield* mqrt.moveMessage(receiver, into, lookupId, "none")
      const transaction = yield* mqrt.beginTransaction
      yield* receive({ transaction })
      const { bytesInQueue, ...info } = yield* mqrt.getQueueInfo(null, direct)
      assert.isTrue(bytesInQueue > 1000 && bytesInQueue < 2000)
      const { endOfData, ...rest } = info
      assert.deepStrictEqual(rest, {
        pathName: "MACHINE\\private$\\orders",
        formatName,
        type: "PRIVATE",
        isLocal: true,
        transactional: true,
        foreign: false,
        messageCount: 2,
        journalMessageCount: 0,
        bytesInJournal: 0,
        state: "LOCAL CONNECTION",
        nextHops: [],
        subqueues: ["retry"],
        sources: []
      })
      assert.isTrue(Object.values(endOfData).every((value) => value === null))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a queue that is empty and not open has no information, and fails with another code than one that does not exist",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        assert.strictEqual(yield* code(mqrt.getQueueInfo(null, direct)), errors.MQ_ERROR_QUEUE_NOT_FOUND)
        yield* create()
        assert.strictEqual(yield* code(mqrt.getQueueInfo(null, direct)), errors.MQ_ERROR)
        assert.strictEqual(yield* code(mqrt.getQueueInfo(null, remote)), errors.MQ_ERROR)
        const handle = yield* mqrt.openQueue(direct, "send", "denyNone")
        assert.strictEqual((yield* mqrt.getQueueInfo(null, direct)).messageCount, 0)
        yield* mqrt.closeQueue(handle)
        assert.strictEqual(yield* code(mqrt.getQueueInfo(null, direct)), errors.MQ_ERROR)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an outgoing queue waits, and is on hold between its pause and its resumption (C-53)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const handle = yield* mqrt.openQueue(remote, "send", "denyNone")
      yield* mqrt.sendMessages(handle, [message()], plain)
      const state = Effect.map(mqrt.getQueueInfo(null, remote), (info) => info.state)
      assert.strictEqual(yield* state, "WAITING")
      yield* mqrt.queueAction(null, remote, "PAUSE")
      assert.strictEqual(yield* state, "ONHOLD")
      yield* mqrt.queueAction(null, remote, "EOD_RESEND")
      yield* mqrt.queueAction(null, remote, "RESUME")
      assert.strictEqual(yield* state, "WAITING")
      yield* create()
      assert.strictEqual(yield* code(mqrt.queueAction(null, direct, "PAUSE")), errors.MQ_ERROR_ILLEGAL_OPERATION)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the machine can be disconnected and connected again", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const connected = Effect.map(mqrt.getQueueManagerInfo(null), (info) => info.connected)
      yield* mqrt.machineAction(null, "DISCONNECT")
      assert.isFalse(yield* connected)
      yield* mqrt.machineAction(null, "CONNECT")
      yield* mqrt.machineAction(null, "TIDY")
      assert.isTrue(yield* connected)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("every function of the seam can be made to fail, by its own name", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends({ transactional: true })
      const cursor = yield* mqrt.createCursor(receiver)
      const transaction = yield* mqrt.beginTransaction
      const parts = { owner: true, group: true, dacl: true, sacl: true }
      const locate = 1n as Mqrt.LocateHandle
      const lookup = { transaction: "none", read: usualRead } as const
      const functions = {
        MQRegisterCertificate: mqrt.registerCertificate(null, true),
        MQSetQueueProperties: mqrt.setQueueProperties(direct, noChanges),
        MQGetQueueSecurity: mqrt.getQueueSecurity(direct, parts),
        MQSetQueueSecurity: mqrt.setQueueSecurity(direct, parts, new Uint8Array(20)),
        MQLocateBegin: mqrt.locateBegin([]),
        MQLocateNext: mqrt.locateNext(locate, 1),
        MQLocateEnd: mqrt.locateEnd(locate),
        MQADsPathToFormatName: mqrt.adsPathToFormatName("LDAP://"),
        MQPurgeQueue: mqrt.purgeQueue(receiver),
        MQCreateCursor: mqrt.createCursor(receiver),
        MQCloseCursor: mqrt.closeCursor(cursor),
        MQReceiveMessageByLookupId: mqrt.receiveMessageByLookupId(receiver, 0n, "peekFirst", lookup),
        MQMoveMessage: mqrt.moveMessage(receiver, sender, 0n, "none"),
        MQMarkMessageRejected: mqrt.markMessageRejected(receiver, 0n),
        MQBeginTransaction: mqrt.beginTransaction,
        "ITransaction::Commit": mqrt.commitTransaction(transaction),
        "ITransaction::Abort": mqrt.abortTransaction(transaction),
        MQGetMachineProperties: mqrt.getMachineProperties(null),
        MQGetPrivateComputerInformation: mqrt.getPrivateComputerInformation(null),
        MQMgmtGetInfo: mqrt.getQueueManagerInfo(null),
        MQMgmtAction: mqrt.machineAction(null, "TIDY")
      } as const
      for (const name of Object.keys(functions) as Array<keyof typeof functions>) {
        yield* FaultInjection.inject({ function: name, call: 1, code: "MQ_ERROR_SERVICE_NOT_AVAILABLE" })
        const failure = yield* Effect.flip<unknown, Mqrt.MqrtFailure, never>(functions[name])
        assert.deepStrictEqual([failure.function, failure.code], [name, errors.MQ_ERROR_SERVICE_NOT_AVAILABLE])
      }
      yield* mqrt.releaseTransaction(transaction)
      assert.strictEqual((yield* FaultInjection.calls)["ITransaction::Release"], 1)
    }).pipe(Effect.provide(FaultInjection.layer(InMemoryMqrt.layer)))
  )
})
