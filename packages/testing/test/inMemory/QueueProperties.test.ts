import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  code,
  create,
  direct,
  ends,
  labelled,
  message,
  plain,
  queueProperties,
  receiving,
  rejectedClasses
} from "./seam.ts"
import { noChanges } from "../../src/contract/plainRecords.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const set = (changes: object) =>
  Mqrt.Mqrt.use((mqrt) => mqrt.setQueueProperties(direct, Object.assign({}, noChanges, changes)))

const get = Mqrt.Mqrt.use((mqrt) => mqrt.getQueueProperties(direct))

const guid = "0f5a7c1e-1111-4222-8333-444455556666"

const illegal = [
  ["PROPID_Q_LABEL", { label: "l".repeat(125) }],
  ["PROPID_Q_TYPE", { type: "no guid" }],
  ["PROPID_Q_QUOTA", { quota: -1 }],
  ["PROPID_Q_QUOTA", { quota: 0xffffffff }],
  ["PROPID_Q_JOURNAL_QUOTA", { journalQuota: 1.5 }],
  ["PROPID_Q_BASEPRIORITY", { basePriority: 32_768 }],
  ["PROPID_Q_BASEPRIORITY", { basePriority: -32_769 }],
  ["PROPID_Q_MULTICAST_ADDRESS", { multicastAddress: "10.0.0.1:80" }],
  ["PROPID_Q_MULTICAST_ADDRESS", { multicastAddress: "234.1.1.1" }]
] as const

describe("queue properties", () => {
  it.effect("a queue has the properties of its creation, and its times (C-01)", () =>
    Effect.gen(function* () {
      yield* elapse("100 seconds")
      const given = {
        ...queueProperties,
        label: "orders",
        type: guid,
        quota: 100,
        journalQuota: 0,
        basePriority: -5,
        multicastAddress: "234.1.1.1:8001"
      }
      yield* create(given)
      assert.deepStrictEqual(yield* get, {
        ...given,
        pathName: "MACHINE\\private$\\orders",
        instance: null,
        createTime: 100,
        modifyTime: 100,
        pathNameDns: null,
        adsPath: null
      })
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [property, fields] of illegal) {
    it.effect(`${property} cannot be ${Object.values(fields).join("")}, neither at first nor later (C-07, C-17)`, () =>
      Effect.gen(function* () {
        const status = [{ property, status: errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE }]
        const creating = yield* Effect.flip(create(fields))
        assert.deepStrictEqual(
          [creating.function, creating.code, creating.properties],
          ["MQCreateQueue", errors.MQ_ERROR_PROPERTY, status]
        )
        yield* create()
        const before = yield* get
        const setting = yield* Effect.flip(set({ label: "not this either", ...fields }))
        assert.deepStrictEqual(
          [setting.function, setting.code, setting.properties],
          ["MQSetQueueProperties", errors.MQ_ERROR_PROPERTY, status]
        )
        assert.deepStrictEqual(yield* get, before)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  for (const transactional of [true, false]) {
    it.effect(`a queue that is ${transactional ? "" : "not "}transactional stays so, whatever changes (C-16)`, () =>
      Effect.gen(function* () {
        const { mqrt, poll, send } = yield* ends({ transactional })
        yield* set({ label: "new", quota: 5, journal: true, basePriority: 1, transactional: !transactional })
        const properties = yield* get
        assert.deepStrictEqual([properties.label, properties.transactional], ["new", transactional])
        assert.strictEqual((yield* mqrt.getQueueInfo(null, direct)).transactional, transactional)
        yield* send([message()], { transaction: "none" })
        yield* send([message()], { transaction: "singleMessage" })
        assert.strictEqual((yield* poll).transactionId !== null, transactional)
        assert.deepStrictEqual(yield* rejectedClasses, [transactional ? 0x800a : 0x8009])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  for (const [change, expected] of [
    [{ label: "new" }, { label: "new" }],
    [{ type: guid }, { type: guid }],
    [{ authenticate: true }, { authenticate: true }],
    [{ journal: true }, { journal: true }],
    [{ quota: 5 }, { quota: 5 }],
    [{ quota: "unlimited" }, { quota: null }],
    [{ journalQuota: 5 }, { journalQuota: 5 }],
    [{ journalQuota: "unlimited" }, { journalQuota: null }],
    [{ basePriority: 7 }, { basePriority: 7 }],
    [{ privacyLevel: "body" }, { privacyLevel: "body" }],
    [{ multicastAddress: "235.1.1.1:1" }, { multicastAddress: "235.1.1.1:1" }],
    [{ multicastAddress: "" }, { multicastAddress: null }]
  ] as const) {
    it.effect(`C.2 ${JSON.stringify(change)} changes that and the time of modification, and nothing else`, () =>
      Effect.gen(function* () {
        yield* create({ quota: 1, journalQuota: 1, multicastAddress: "234.1.1.1:8001" })
        const before = yield* get
        yield* elapse("1 minute")
        yield* set(change)
        assert.deepStrictEqual(yield* get, { ...before, ...expected, modifyTime: 60 })
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("a transactional queue has no multicast address (C-17)", () =>
    Effect.gen(function* () {
      const fields = { transactional: true, multicastAddress: "234.1.1.1:8001" }
      assert.strictEqual(yield* code(create(fields)), errors.MQ_ERROR_PROPERTIES_CONFLICT)
      yield* create({ transactional: true })
      assert.strictEqual(yield* code(set({ multicastAddress: "234.1.1.1:8001" })), errors.MQ_ERROR_PROPERTIES_CONFLICT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("only a private queue of this machine can be changed (C-44, C-46, C-51)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      assert.strictEqual(yield* code(set({ label: "x" })), errors.MQ_ERROR_QUEUE_NOT_FOUND)
      const remote = "DIRECT=OS:other\\private$\\orders"
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* code(mqrt.setQueueProperties(remote, noChanges)), unsupported)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a queue that begins to require authentication keeps its messages, and drops new unsigned ones (A-68)",
    () =>
      Effect.gen(function* () {
        const { label, poll, send } = yield* ends()
        yield* send(labelled("before"))
        yield* set({ authenticate: true })
        yield* send(labelled("after"))
        assert.strictEqual(yield* label, "before")
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a full queue drops new messages, and accepts some again when there is room (C-18, C-19, D-54, D-55, X-17)",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const kilobyte = message({ body: new Uint8Array(1024) })
        yield* send([kilobyte])
        yield* set({ quota: 1 })
        const outcome = yield* send([message({ body: new Uint8Array(0) })])
        assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
        assert.deepStrictEqual(yield* rejectedClasses, [0x8003])
        yield* poll
        yield* send([message()])
        assert.deepStrictEqual((yield* poll).body, message().body)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the quota counts headers and label as well as the body (C-19)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends({ quota: 1 })
      yield* send([message({ body: new Uint8Array(1024) })])
      assert.deepStrictEqual(yield* rejectedClasses, [0x8003])
      yield* send([message({ body: new Uint8Array(700) })])
      const { bytesInQueue } = yield* mqrt.getQueueInfo(null, direct)
      assert.isAbove(bytesInQueue, 700)
      const room = 1024 - bytesInQueue
      assert.isBelow(room, 2 * 249)
      yield* send([message({ body: new Uint8Array(0), label: "l".repeat(249) })])
      assert.deepStrictEqual(yield* rejectedClasses, [0x8003, 0x8003])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [privacyLevel, taken] of [
    ["none", ["none"]],
    ["optional", ["none", "bodyEnhanced"]],
    ["body", ["bodyEnhanced"]]
  ] as const) {
    it.effect(`a queue of privacy level ${privacyLevel} takes bodies of level ${taken.join(" and ")} (A-83)`, () =>
      Effect.gen(function* () {
        const { formatName, mqrt, receive } = yield* ends({ privacyLevel })
        const sender = yield* mqrt.openQueue(formatName, "send", "denyNone")
        for (const level of ["none", "bodyEnhanced"] as const) {
          const { accepted } = yield* mqrt.sendMessages(sender, [message()], { ...plain, privacyLevel: level })
          assert.strictEqual(accepted, 1)
        }
        const received = yield* Effect.forEach(taken, () => receive())
        assert.deepStrictEqual(
          received.map((one) => one.privacyLevel),
          [...taken]
        )
        assert.strictEqual((yield* rejectedClasses).length, 2 - taken.length)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("the parts of a security descriptor can be read and replaced one by one (C-15)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const nothing = { owner: false, group: false, dacl: false, sacl: false }
      const most = { ...nothing, owner: true, group: true, dacl: true }
      const standard = yield* mqrt.getQueueSecurity(direct, most)
      const view = new DataView(standard.buffer)
      assert.deepStrictEqual([standard[0], view.getUint16(2, true)], [1, 0x8004])
      // The owner's SID is that of the user, with five sub-authorities.
      const owner = view.getUint32(4, true)
      assert.deepStrictEqual([...standard.subarray(owner, owner + 2)], [1, 5])
      assert.strictEqual((yield* mqrt.getQueueSecurity(direct, nothing)).length, 20)
      // Owner and group as LocalSystem, no lists.
      const sid = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]
      const given = Uint8Array.from([1, 0, 0, 0x80, 20, 0, 0, 0, 32, 0, 0, 0, ...Array(8).fill(0), ...sid, ...sid])
      yield* mqrt.setQueueSecurity(direct, { ...nothing, owner: true, group: true }, given)
      assert.deepStrictEqual(yield* mqrt.getQueueSecurity(direct, { ...nothing, owner: true, group: true }), given)
      const after = yield* mqrt.getQueueSecurity(direct, most)
      const dacl = (bytes: Uint8Array) => {
        const view = new DataView(bytes.buffer)
        const at = view.getUint32(16, true)
        return bytes.subarray(at, at + view.getUint16(at + 2, true))
      }
      assert.deepStrictEqual(dacl(after), dacl(standard))
      yield* mqrt.createQueue({ ...queueProperties, pathName: ".\\private$\\own" }, given)
      const own = "DIRECT=OS:.\\private$\\own"
      assert.deepStrictEqual(yield* mqrt.getQueueSecurity(own, { ...nothing, owner: true, group: true }), given)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("bytes that are not a security descriptor are illegal, and change nothing", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const parts = { owner: true, group: true, dacl: true, sacl: false }
      const standard = yield* mqrt.getQueueSecurity(direct, parts)
      const cut = standard.slice(0, -1)
      const illegal = errors.MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR
      for (const bytes of [new Uint8Array(0), new Uint8Array(20), cut]) {
        assert.strictEqual(yield* code(mqrt.setQueueSecurity(direct, parts, bytes)), illegal)
        const pathName = ".\\private$\\other"
        assert.strictEqual(yield* code(mqrt.createQueue({ ...queueProperties, pathName }, bytes)), illegal)
      }
      assert.deepStrictEqual(yield* mqrt.getQueueSecurity(direct, parts), standard)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the journal of a queue", () => {
  const journalOf = (mqrt: Mqrt.Mqrt["Service"]) => mqrt.openQueue(`${direct};JOURNAL`, "receive", "denyNone")

  it.effect("has a copy of each received message, and of no other (C-20, D-24, D-26, D-58)", () =>
    Effect.gen(function* () {
      const { mqrt, peek, poll, receiver, send } = yield* ends()
      yield* send(labelled("before", "a", "peeked", "purged"))
      yield* poll
      yield* set({ journal: true })
      yield* elapse("1 minute")
      const received = yield* poll
      received.body?.fill(0)
      yield* peek
      yield* mqrt.purgeQueue(receiver)
      yield* send([message({ label: "over", timeToBeReceived: 1 })])
      yield* elapse("1 minute")
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      const { bytesInJournal, journalMessageCount } = yield* mqrt.getQueueInfo(null, direct)
      assert.strictEqual(journalMessageCount, 1)
      assert.isTrue(bytesInJournal > 0)
      const copy = yield* mqrt.receiveMessage(yield* journalOf(mqrt), receiving())
      assert.deepStrictEqual(copy.body, message().body)
      assert.deepStrictEqual([copy.label, copy.messageId, copy.arrivedTime], ["a", received.messageId, 0])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("gets the messages of a transaction when it commits, those of subqueues too (D-58, F-28, B-36)", () =>
    Effect.gen(function* () {
      const { lookup, mqrt, receive, receiver, send } = yield* ends({ transactional: true, journal: true })
      yield* send(labelled("a", "b", "c"), { transaction: "singleMessage" })
      const count = Effect.map(mqrt.getQueueInfo(null, direct), (info) => info.journalMessageCount)
      for (const [end, expected] of [
        ["abortTransaction", 0],
        ["commitTransaction", 1]
      ] as const) {
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        assert.strictEqual(yield* count, 0)
        yield* mqrt[end](transaction)
        assert.strictEqual(yield* count, expected)
      }
      const into = yield* mqrt.openQueue(`${direct};retry`, "move", "denyNone")
      const from = yield* mqrt.openQueue(`${direct};retry`, "receive", "denyNone")
      yield* mqrt.moveMessage(receiver, into, (yield* lookup("peekFirst", 0n)).lookupId, "none")
      assert.strictEqual(yield* count, 1)
      yield* mqrt.receiveMessage(from, receiving())
      assert.strictEqual(yield* count, 2)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("has at most its quota of messages, and a receive succeeds when it is full (D-59)", () =>
    Effect.gen(function* () {
      const { label, mqrt, poll, send } = yield* ends({ journal: true, journalQuota: 1 })
      yield* send([message({ body: new Uint8Array(600) }), message({ body: new Uint8Array(600), label: "second" })])
      yield* poll
      assert.strictEqual(yield* label, "second")
      assert.strictEqual((yield* mqrt.getQueueInfo(null, direct)).journalMessageCount, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "can only be read, keeps messages beyond their time, and is deleted with its queue (B-34, C-48, D-66)",
    () =>
      Effect.gen(function* () {
        const { formatName, mqrt, poll, send } = yield* ends({ journal: true })
        const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
        assert.strictEqual(yield* code(mqrt.openQueue(`${direct};JOURNAL`, "send", "denyNone")), unsupported)
        assert.strictEqual(yield* code(mqrt.getQueueProperties(`${direct};JOURNAL`)), unsupported)
        yield* send([message({ timeToBeReceived: 10 })])
        yield* poll
        yield* elapse("1 minute")
        const journal = yield* journalOf(mqrt)
        const peek = mqrt.receiveMessage(journal, receiving({ action: "peekCurrent" }))
        assert.strictEqual((yield* peek).timeToBeReceived, 0)
        yield* mqrt.deleteQueue(formatName)
        assert.strictEqual(yield* code(peek), errors.MQ_ERROR_QUEUE_DELETED)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
