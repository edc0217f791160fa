/** Every property of queues and machines in `mq.h`, on its way through the seam. */
import { Mqrt } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { control, missing } from "./theDouble.ts"
import { noChanges, plainMessage as plain, plainSend as plainOptions } from "../../testing/src/contract/plainRecords.ts"
import { assertNothingIsOpen, everyQueue, onDouble, withQueue } from "./support/onDouble.ts"
import { bytes, connectorType, internalCertificate } from "./support/messageCases.ts"

describe.skipIf(missing !== null)("every property", () => {
  beforeEach(() => control.reset())

  const allOfQueue: NewQueueProperties = {
    pathName: ".\\private$\\full",
    label: `${"🐢".repeat(61)}\ud83dx`,
    type: connectorType,
    authenticate: true,
    journal: true,
    quota: 0,
    journalQuota: 0xffff_fffe,
    basePriority: -1,
    privacyLevel: "body",
    multicastAddress: "234.1.1.1:8001",
    transactional: false
  }

  it.live("a queue: every property at once, created, read, set, read", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue(allOfQueue, null)
      const created = yield* mqrt.getQueueProperties(formatName)
      const { createTime, modifyTime, pathName, pathNameDns } = created
      const kept = { createTime, modifyTime, pathName, pathNameDns, instance: null, adsPath: null }
      assert.match(pathName.toLowerCase(), /\\private\$\\full$/)
      assert.isAtMost(Math.abs(createTime - Date.now() / 1000), 60)
      assert.isAtLeast(modifyTime, createTime)
      assert.deepStrictEqual(created, { ...allOfQueue, ...kept })
      const changes = {
        label: "",
        type: "55ee8f32-cce9-11cf-b108-0020afd61ce9",
        authenticate: false,
        journal: false,
        quota: "unlimited",
        journalQuota: "unlimited",
        basePriority: 7,
        privacyLevel: "none",
        multicastAddress: ""
      } as const satisfies QueueChanges
      yield* mqrt.setQueueProperties(formatName, changes)
      const changed = yield* mqrt.getQueueProperties(formatName)
      assert.deepStrictEqual(changed, {
        ...allOfQueue,
        ...kept,
        ...changes,
        modifyTime: changed.modifyTime,
        quota: null,
        journalQuota: null,
        multicastAddress: null
      })
      yield* mqrt.setQueueProperties(formatName, noChanges)
      const left = yield* mqrt.getQueueProperties(formatName)
      assert.deepStrictEqual(left, { ...changed, modifyTime: left.modifyTime })
      yield* mqrt.deleteQueue(formatName)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("a queue created with an empty multicast address has none", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue({ ...everyQueue, multicastAddress: "" }, null)
      assert.isNull((yield* mqrt.getQueueProperties(formatName)).multicastAddress)
      yield* mqrt.deleteQueue(formatName)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("a transactional queue says so", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue({ ...everyQueue, transactional: true }, null)
      assert.isTrue((yield* mqrt.getQueueProperties(formatName)).transactional)
      yield* mqrt.deleteQueue(formatName)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("a public queue has an instance and a DNS name", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      control.addPublicQueue("DOUBLE\\listed", "in the directory")
      const formatName = yield* mqrt.pathNameToFormatName("DOUBLE\\listed")
      const { instance, label, pathName, pathNameDns } = yield* mqrt.getQueueProperties(formatName)
      assert.deepStrictEqual([label, pathName.toLowerCase()], ["in the directory", "double\\listed"])
      assert.strictEqual(formatName.toLowerCase(), `public=${instance}`)
      assert.match(String(pathNameDns).toLowerCase(), /\\listed$/)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("every property of the machine", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const { machineId, pathName, pathNameDns, ...rest } = yield* mqrt.getMachineProperties(null)
      assert.match(machineId, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      assert.isNotEmpty(pathName)
      assert.strictEqual(pathNameDns, pathName)
      assert.deepStrictEqual(rest, {
        siteId: null,
        connections: [],
        encryptionKey: internalCertificate,
        encryptionKeyBase: internalCertificate,
        encryptionKeyEnhanced: internalCertificate,
        encryptionKeyAes: internalCertificate
      })
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("both properties of the private computer information", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      assert.deepStrictEqual(yield* mqrt.getPrivateComputerInformation(null), {
        version: 0x0603_4563,
        directoryEnabled: false
      })
      control.addPublicQueue("DOUBLE\\listed", "")
      assert.isTrue((yield* mqrt.getPrivateComputerInformation(null)).directoryEnabled)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("every property of the management of the machine", () =>
    withQueue(({ formatName, mqrt, receive, send }) =>
      Effect.gen(function* () {
        const { activeQueues, bytesInAllQueues, privateQueues, ...rest } = yield* mqrt.getQueueManagerInfo(null)
        assert.deepStrictEqual(rest, { directoryServer: null, connected: true, type: "" })
        assert.include(activeQueues, formatName)
        assert.deepStrictEqual(
          privateQueues.map((path) => path.toLowerCase().replace(/^.*\\private/, "private")),
          ["private$\\every"]
        )
        yield* send({ body: bytes(1000) }, {})
        const fuller = yield* mqrt.getQueueManagerInfo(null)
        assert.isTrue(fuller.bytesInAllQueues >= bytesInAllQueues + 1000n)
        yield* receive
      })
    )
  )

  const noEndOfData = {
    lastAcknowledged: null,
    lastAcknowledgedTime: null,
    lastAcknowledgedCount: null,
    firstUnacknowledged: null,
    lastUnacknowledged: null,
    next: null,
    unreadCount: null,
    unacknowledgedCount: null,
    resendTime: null,
    resendInterval: null,
    resendCount: null
  }

  it.live("every property of the management of a queue", () =>
    withQueue(({ formatName, mqrt, receive, send }) =>
      Effect.gen(function* () {
        yield* mqrt.setQueueProperties(formatName, { ...noChanges, journal: true })
        yield* send({ body: bytes(1000) }, {})
        yield* send({ body: bytes(1000) }, {})
        yield* receive
        const main = yield* mqrt.openQueue(formatName, "receive", "denyNone")
        const sub = yield* mqrt.openQueue(`${formatName};later`, "move", "denyNone")
        const info = yield* mqrt.getQueueInfo(null, formatName)
        assert.match(String(info.pathName).toLowerCase(), /private\$\\every$/)
        assert.isAtLeast(info.bytesInQueue, 1000)
        assert.isAtLeast(info.bytesInJournal, 1000)
        const { bytesInJournal, bytesInQueue, pathName } = info
        assert.deepStrictEqual(info, {
          pathName,
          formatName,
          type: "PRIVATE",
          isLocal: true,
          transactional: false,
          foreign: false,
          messageCount: 1,
          bytesInQueue,
          journalMessageCount: 1,
          bytesInJournal,
          state: "LOCAL CONNECTION",
          nextHops: [],
          subqueues: ["later"],
          sources: [],
          endOfData: noEndOfData
        })
        yield* mqrt.closeQueue(sub)
        yield* mqrt.closeQueue(main)
      })
    )
  )

  it.live("the sources of the streams to a queue", () =>
    withQueue(({ formatName, mqrt }) =>
      Effect.gen(function* () {
        const queue = yield* mqrt.openQueue(formatName, "receive", "denyNone")
        control.addSource(formatName, 2n ** 63n, 7, 0)
        control.addSource(formatName, 5n, 0xffff_ffff, 2)
        const { sources } = yield* mqrt.getQueueInfo(null, formatName)
        const [one, two] = sources
        assert.deepStrictEqual(
          [one?.sequenceId, one?.sequenceNumber, one?.rejectCount, one?.formatName, one?.lastAccessTime],
          [2n ** 63n, 7, 0, formatName, 1_700_000_000]
        )
        assert.deepStrictEqual([two?.sequenceId, two?.sequenceNumber, two?.rejectCount], [5n, 0xffff_ffff, 2])
        assert.strictEqual(one?.senderId, (yield* mqrt.getMachineProperties(null)).machineId)
        yield* mqrt.closeQueue(queue)
      })
    )
  )

  it.live("every property of the management of an outgoing queue", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = "DIRECT=OS:elsewhere\\private$\\far"
      const queue = yield* mqrt.openQueue(formatName, "send", "denyNone")
      yield* mqrt.sendMessages(queue, [{ ...plain, body: bytes(10) }], plainOptions)
      const info = yield* mqrt.getQueueInfo(null, formatName)
      assert.deepStrictEqual(
        [info.formatName, info.isLocal, info.state, info.messageCount, info.journalMessageCount],
        [formatName, false, "WAITING", 1, 0]
      )
      assert.deepStrictEqual(info.endOfData, noEndOfData)
      for (const action of ["PAUSE", "RESUME", "EOD_RESEND"] as const) {
        yield* mqrt.queueAction(null, formatName, action)
      }
      yield* mqrt.closeQueue(queue)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )
})
