import { errors } from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import {
  code,
  create,
  direct,
  ends,
  labelled,
  machineId,
  message,
  plain,
  queueProperties,
  receiving,
  rejectedClasses,
  text
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
  it.effect("C-01 a queue has what it was created with, and its times", () =>
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
    it.effect(`C-07, C-17 ${property} cannot be ${Object.values(fields).join("")}, neither at first nor later`, () =>
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
    it.effect(
      `C-16 whatever is changed of it, a queue that is ${transactional ? "" : "not "}transactional stays so`,
      () =>
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

  it.effect("C-17 a transactional queue has no multicast address", () =>
    Effect.gen(function* () {
      const fields = { transactional: true, multicastAddress: "234.1.1.1:8001" }
      assert.strictEqual(yield* code(create(fields)), errors.MQ_ERROR_PROPERTIES_CONFLICT)
      yield* create({ transactional: true })
      assert.strictEqual(yield* code(set({ multicastAddress: "234.1.1.1:8001" })), errors.MQ_ERROR_PROPERTIES_CONFLICT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-44, C-46, C-51 only a private queue of this machine can be changed", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      assert.strictEqual(yield* code(set({ label: "x" })), errors.MQ_ERROR_QUEUE_NOT_FOUND)
      const remote = "DIRECT=OS:other\\private$\\orders"
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* code(mqrt.setQueueProperties(remote, noChanges)), unsupported)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-68 a queue that comes to want authentication keeps what it has, and drops what comes unsigned", () =>
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

  it.effect("C-18, C-19, D-54, D-55, X-17 a full queue drops what comes, takes messages again when there is room", () =>
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

  it.effect("C-19 headers and label count as well as the body", () =>
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
    it.effect(`A-83 a queue of privacy level ${privacyLevel} takes bodies of level ${taken.join(" and ")}`, () =>
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

  it.effect("C-15 a security descriptor is given out part by part, and part by part replaced", () =>
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

  it.effect("what is no security descriptor is illegal, and damages nothing", () =>
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

  it.effect("C-20, D-24, D-26, D-58 keeps a copy of what is received, and of nothing else", () =>
    Effect.gen(function* () {
      const { mqrt, peek, poll, receiver, send } = yield* ends()
      yield* send(labelled("before", "a", "peeked", "purged"))
      yield* poll
      yield* set({ journal: true })
      yield* elapse("1 minute")
      const received = yield* poll
      received.body.fill(0)
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

  it.effect("D-58, F-28 a transaction's messages come to it when it commits, those of subqueues too (B-36)", () =>
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

  it.effect("D-59 takes no more than its quota, which hinders no receive", () =>
    Effect.gen(function* () {
      const { label, mqrt, poll, send } = yield* ends({ journal: true, journalQuota: 1 })
      yield* send([message({ body: new Uint8Array(600) }), message({ body: new Uint8Array(600), label: "second" })])
      yield* poll
      assert.strictEqual(yield* label, "second")
      assert.strictEqual((yield* mqrt.getQueueInfo(null, direct)).journalMessageCount, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("B-34, C-48, D-66 is only read, keeps messages beyond their time, and goes with its queue", () =>
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

describe("names", () => {
  it.effect("B-10 a handle knows the name that it was opened by", () =>
    Effect.gen(function* () {
      yield* ends()
      const receiver = yield* MessageQueue.openReceiver(direct)
      assert.strictEqual(receiver.formatName, direct)
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-49 in a workgroup nothing is searched for and no path in a directory has a name", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      assert.strictEqual(yield* code(mqrt.locateBegin([])), errors.MQ_ERROR_NO_DS)
      assert.strictEqual(yield* code(mqrt.adsPathToFormatName("LDAP://CN=orders")), errors.MQ_ERROR_NO_DS)
      const handle = 1n as Mqrt.LocateHandle
      assert.strictEqual(yield* code(mqrt.locateNext(handle, 1)), errors.MQ_ERROR_INVALID_HANDLE)
      assert.strictEqual(yield* code(mqrt.locateEnd(handle)), errors.MQ_ERROR_INVALID_HANDLE)
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ workgroup: true })))
  )
})

describe("what a message carries", () => {
  it.effect("D-21, D-44, D-56 what its sender asked for is read back as it was asked", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const given = {
        acknowledge: { positiveArrival: true, positiveReceive: false, negativeArrival: true, negativeReceive: false },
        journaling: { deadLetter: true, journal: false },
        adminQueue: "DIRECT=OS:.\\private$\\acks",
        deadLetterQueue: ".\\private$\\dead",
        trace: true
      }
      yield* send([message(given), message()])
      const received = yield* poll
      assert.deepStrictEqual({ ...received, ...given }, received)
      assert.deepStrictEqual([received.rare, (yield* poll).acknowledge], [null, null])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-84 what a connector sets, and what is rarely asked for, comes when it is asked for", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receive } = yield* ends()
      const sender = yield* mqrt.openQueue(formatName, "send", "denyNone")
      const connector = {
        type: guid,
        class: 0x4000,
        authenticated: true,
        signature: text("signature"),
        symmetricKey: text("key")
      }
      const provider = { name: "a provider", type: 1 }
      const encrypted = { ...plain, provider, privacyLevel: "bodyAes", encryptionAlgorithm: "aes128" } as const
      yield* mqrt.sendMessages(sender, [message({ connector })], encrypted)
      connector.signature.fill(0)
      const received = yield* receive({ rare: true })
      assert.deepStrictEqual([received.class, received.authenticated], [0x4000, 1])
      assert.deepStrictEqual([received.privacyLevel, received.encryptionAlgorithm], ["bodyAes", "aes128"])
      assert.deepStrictEqual(received.rare, {
        version: 16,
        provider,
        signature: text("signature"),
        symmetricKey: text("key"),
        connectorType: guid,
        destinationFormatName: formatName,
        transactionStatusQueue: null,
        soapEnvelope: null,
        compoundMessage: null
      })
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const field of ["responseQueue", "adminQueue"] as const) {
    it.effect(`B-25, B-27 a broken ${field} stops the send; one that leads nowhere does not`, () =>
      Effect.gen(function* () {
        const { send } = yield* ends()
        const broken = yield* send([message(), message({ [field]: ".\\private$\\answers" })])
        assert.deepStrictEqual([broken.accepted, broken.failure?.code], [1, errors.MQ_ERROR_ILLEGAL_FORMATNAME])
        const nowhere = "DIRECT=OS:nowhere\\private$\\answers,DIRECT=OS:nowhere\\private$\\others"
        assert.strictEqual((yield* send([message({ [field]: nowhere })])).failure, null)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("A-38 then the user is still the one of the context", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      const [captured, named] = [text("captured"), text("named")]
      const securityContext = yield* mqrt.getSecurityContext(captured, "MQGetSecurityContextEx", null)
      yield* send([message()])
      const { senderId } = yield* poll
      yield* MsmqControl.MsmqControl.use((msmq) => msmq.setUser({ sid: "S-1-5-21-1-2-3-1777" }))
      yield* send([message()], { authenticationLevel: "always", securityContext, senderCertificate: named })
      yield* MsmqControl.MsmqControl.use((msmq) =>
        msmq.setUser({ sid: "S-1-5-21-1000000000-2000000000-3000000000-1001" })
      )
      const received = yield* poll
      assert.deepStrictEqual([received.senderId, received.senderCertificate], [senderId, named])
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({
          certificates: ["captured", "named"].map((name) => ({
            certificate: text(name),
            privateKey: true,
            registered: true
          }))
        })
      )
    )
  )

  it.effect("A-38 a certificate that is named signs, whatever the context has; its key is fetched each time", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      const [a, b] = [text("certificate a"), text("certificate b")]
      const authenticationLevel = "always" as const
      const context = yield* mqrt.getSecurityContext(a, "MQGetSecurityContextEx", null)
      yield* send([message()], { authenticationLevel, senderCertificate: b, securityContext: context })
      assert.deepStrictEqual((yield* poll).senderCertificate, b)
      yield* send([message()], { authenticationLevel, senderCertificate: a })
      assert.deepStrictEqual((yield* poll).senderCertificate, a)
      const absent = yield* send([message()], { authenticationLevel, senderCertificate: text("absent") })
      assert.strictEqual(absent.failure?.code, errors.MQ_ERROR_INVALID_CERTIFICATE)
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({
          certificates: ["a", "b"].map((name) => ({
            certificate: text(`certificate ${name}`),
            privateKey: true,
            registered: true
          }))
        })
      )
    )
  )
})

describe("other users", () => {
  const layer = InMemoryMqrt.layerWith({
    users: [
      {
        user: "clerk",
        domain: "SHOP",
        password: "right",
        sid: "S-1-5-21-1-2002",
        certificates: [{ certificate: text("clerk's"), privateKey: true, registered: true }]
      },
      { user: "local", password: "too", sid: "S-1-5-21-1-2003" }
    ]
  })

  const contextOf = (user: string, domain: string | null, password: string, certificate: Uint8Array | null = null) =>
    Mqrt.Mqrt.use((mqrt) =>
      mqrt.getSecurityContext(certificate, "MQGetSecurityContextEx", {
        user,
        domain,
        password: Redacted.make(password)
      })
    )

  it.effect("A-19, A-20 a context got as another user carries that user's SID and certificate", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      for (const [user, domain] of [
        ["clerk", "SHOP"],
        ["Clerk@shop", null]
      ] as const) {
        const securityContext = yield* contextOf(user, domain, "right", text("clerk's"))
        yield* send([message()], { securityContext, authenticationLevel: "always" })
        const received = yield* poll
        assert.deepStrictEqual([...(received.senderId ?? [])].slice(-4), [0xd2, 7, 0, 0])
        assert.deepStrictEqual(received.senderCertificate, text("clerk's"))
      }
      yield* send([message()])
      assert.deepStrictEqual([...((yield* poll).senderId ?? [])].slice(-4), [0xe9, 3, 0, 0])
    }).pipe(Effect.provide(layer))
  )

  it.effect("A-10 a user holds no other user's certificate, and has an internal one of their own", () =>
    Effect.gen(function* () {
      const invalid = errors.MQ_ERROR_INVALID_CERTIFICATE
      assert.strictEqual(yield* code(contextOf("local", null, "too", text("clerk's"))), invalid)
      yield* contextOf("local", null, "too")
    }).pipe(Effect.provide(layer))
  )

  it.effect("a wrong password and an unknown user fail to log on, and no context is made", () =>
    Effect.gen(function* () {
      for (const [user, domain, password] of [
        ["clerk", "SHOP", "wrong"],
        ["clerk", null, "right"],
        ["nobody", null, ""]
      ] as const) {
        const failure = yield* Effect.flip(contextOf(user, domain, password))
        assert.deepStrictEqual([failure.function, failure.code], ["LogonUserW", 0x8007052e])
      }
    }).pipe(Effect.provide(layer))
  )
})

describe("registering certificates", () => {
  const register = (certificate: Uint8Array | null, ifNotExists: boolean) =>
    Mqrt.Mqrt.use((mqrt) => mqrt.registerCertificate(certificate, ifNotExists))
  const context = (certificate: Uint8Array | null) =>
    Mqrt.Mqrt.use((mqrt) => mqrt.getSecurityContext(certificate, "MQGetSecurityContextEx", null))

  it.effect("A-74 to A-76 an internal certificate is made where there is none, and anew when that is wanted", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* code(context(null)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      assert.strictEqual(yield* register(null, true), "registered")
      yield* context(null)
      assert.strictEqual(yield* register(null, true), "existed")
      assert.strictEqual(yield* register(null, false), "registered")
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ internalCertificate: "absent" })))
  )

  it.effect("A-76 a damaged one is replaced", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* register(null, false), "registered")
      yield* context(null)
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ internalCertificate: "corrupted" })))
  )

  it.effect("A-58, A-74 an external one is registered under the user's SID, without condition", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const certificate = text("external")
      const options = { securityContext: yield* context(certificate), authenticationLevel: "always" } as const
      yield* send([message()], options)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
      assert.strictEqual(yield* code(register(certificate, true)), errors.MQ_ERROR_INVALID_PARAMETER)
      assert.strictEqual(yield* code(register(new Uint8Array(0), false)), errors.MQ_ERROR_INVALID_PARAMETER)
      assert.strictEqual(yield* register(certificate, false), "registered")
      yield* send([message()], options)
      assert.strictEqual((yield* poll).authenticated, 5)
    }).pipe(
      Effect.provide(InMemoryMqrt.layerWith({ certificates: [{ certificate: text("external"), privateKey: true }] }))
    )
  )
})

describe("opening", () => {
  it.effect("C-39 a handle to move is where messages are moved to, and good for nothing else", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send } = yield* ends()
      yield* send(labelled("a"))
      const into = yield* mqrt.openQueue(`${direct};retry`, "move", "denyNone")
      const denied = errors.MQ_ERROR_ACCESS_DENIED
      const lookup = { transaction: "none", rare: false } as const
      const calls: Record<string, Effect.Effect<unknown, Mqrt.MqrtFailure>> = {
        receive: mqrt.receiveMessage(into, receiving()),
        peek: mqrt.receiveMessage(into, receiving({ action: "peekCurrent" })),
        lookup: mqrt.receiveMessageByLookupId(into, 0n, "peekFirst", lookup),
        purge: mqrt.purgeQueue(into),
        cursor: mqrt.createCursor(into),
        reject: mqrt.markMessageRejected(into, 1n)
      }
      for (const [name, call] of Object.entries(calls)) assert.strictEqual(yield* code(call), denied, name)
      assert.strictEqual((yield* mqrt.sendMessages(into, [message()], plain)).failure?.code, denied)
      const { lookupId } = yield* mqrt.receiveMessage(receiver, receiving({ action: "peekCurrent" }))
      assert.strictEqual(yield* code(mqrt.moveMessage(into, receiver, lookupId, "none")), denied)
      yield* mqrt.moveMessage(receiver, into, lookupId, "none")
      const retry = yield* mqrt.openQueue(`${direct};retry`, "receive", "denyNone")
      assert.strictEqual((yield* mqrt.receiveMessage(retry, receiving())).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-39 only a queue or a subqueue of this machine can be moved to", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      yield* mqrt.openQueue(direct, "move", "denyNone")
      for (const [name, expected] of [
        [`${direct};JOURNAL`, errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION],
        ["DIRECT=OS:.\\SYSTEM$;DEADLETTER", errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION],
        ["DIRECT=HTTP://other/msmq/private$/orders", errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION],
        ["DIRECT=OS:other\\private$\\orders;retry", errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE]
      ] as const) {
        assert.strictEqual(yield* code(mqrt.openQueue(name, "move", "denyNone")), expected, name)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-23, X-14 who peeks alone keeps others from receiving, not from peeking", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const violation = errors.MQ_ERROR_SHARING_VIOLATION
      const alone = yield* mqrt.openQueue(direct, "peek", "denyReceive")
      assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), violation)
      yield* mqrt.openQueue(direct, "peek", "denyNone")
      yield* mqrt.closeQueue(alone)
      yield* mqrt.openQueue(direct, "receive", "denyNone")
      assert.strictEqual(yield* code(mqrt.openQueue(direct, "peek", "denyReceive")), violation)
      const access = errors.MQ_ERROR_UNSUPPORTED_ACCESS_MODE
      assert.strictEqual(yield* code(mqrt.openQueue(direct, "move", "denyReceive")), access)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-21, E-57 the outgoing queue of a name can be read and purged as an administrator", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const name = `DIRECT=OS:other\\private$\\q`
      const open = (access: Mqrt.Access) => mqrt.openQueue(name, access, "denyNone")
      assert.strictEqual(yield* code(open("receiveAdmin")), errors.MQ_ERROR_QUEUE_NOT_FOUND)
      const sender = yield* open("send")
      yield* mqrt.sendMessages(sender, labelled("a", "b", "c"), plain)
      const peeker = yield* open("peekAdmin")
      assert.strictEqual((yield* mqrt.receiveMessage(peeker, receiving({ action: "peekCurrent" }))).label, "a")
      assert.strictEqual(yield* code(mqrt.receiveMessage(peeker, receiving())), errors.MQ_ERROR_ACCESS_DENIED)
      const admin = yield* open("receiveAdmin")
      assert.strictEqual((yield* mqrt.receiveMessage(admin, receiving())).label, "a")
      yield* mqrt.purgeQueue(admin)
      assert.strictEqual(yield* code(mqrt.receiveMessage(admin, receiving())), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-32, D-34, D-36, X-04 what cannot reach its queue in time is no longer in the outgoing queue", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const name = `DIRECT=OS:other\\private$\\q`
      const sender = yield* mqrt.openQueue(name, "send", "denyNone")
      yield* mqrt.sendMessages(
        sender,
        [message({ timeToReachQueue: 10 }), message({ timeToReachQueue: 99, timeToBeReceived: 5 }), message()],
        plain
      )
      const count = Effect.map(mqrt.getQueueInfo(null, name), (info) => info.messageCount)
      assert.strictEqual(yield* count, 3)
      yield* elapse("5 seconds")
      assert.strictEqual(yield* count, 2)
      yield* elapse("5 seconds")
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("B-07 a handle opened by its number is the same queue", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends()
      yield* send(labelled("a"))
      const handle = yield* mqrt.openQueue(`PRIVATE=${machineId}\\00000001`, "peek", "denyNone")
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving({ action: "peekCurrent" }))).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
