import { MessageQueue } from "@effect-msmq/core"
import { errors } from "@effect-msmq/core/ErrorCode"
import type { SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import {
  code,
  create,
  direct,
  drained,
  ends,
  labelled,
  message,
  path,
  plain,
  queueProperties,
  receiving,
  rejectedClasses
} from "./seam.ts"
import { noChanges } from "../../src/contract/plainRecords.ts"
import { descriptor, type Entry, listOf, ownerOf, type Parts } from "../support/securityDescriptor.ts"

const alice = "S-1-5-21-1000000000-2000000000-3000000000-1001"
const bob = "S-1-5-21-1000000000-2000000000-3000000000-1002"
const everyone = "S-1-1-0"
const anonymous = "S-1-5-7"
const authenticated = "S-1-5-11"
const administrators = "S-1-5-32-544"

const deniedCode = errors.MQ_ERROR_ACCESS_DENIED

const control = MsmqControl.MsmqControl
const become = (sid: string | null, administrator = true) => control.use((msmq) => msmq.setUser({ sid, administrator }))
const deny = (rights: ReadonlyArray<MsmqControl.QueueRight>, sid?: string) =>
  control.use((msmq) => msmq.deny({ queue: path, rights, sid }))
const allow = (rights: ReadonlyArray<MsmqControl.QueueRight>, sid?: string) =>
  control.use((msmq) => msmq.allow({ queue: path, rights, sid }))

const mqrt = Mqrt.Mqrt
const open = (access: Mqrt.Access, formatName = direct) =>
  mqrt.use((mqrt) => mqrt.openQueue(formatName, access, "denyNone"))

/** Returns the outcome of a call: that it succeeds, or the name of its error code. */
const outcome = <A, R>(call: Effect.Effect<A, Mqrt.MqrtFailure, R>) =>
  Effect.match(call, { onFailure: (failure) => failure.code, onSuccess: () => "done" as const })

const nothing: Mqrt.SecurityParts = { owner: false, group: false, dacl: false, sacl: false }
const ownerPart = { ...nothing, owner: true }
const listPart = { ...nothing, dacl: true }

const createWith = (parts: Parts, fields: Partial<typeof queueProperties> = {}) =>
  mqrt.use((mqrt) => mqrt.createQueue({ ...queueProperties, ...fields }, descriptor(parts)))
const securityOf = (parts: Mqrt.SecurityParts) => mqrt.use((mqrt) => mqrt.getQueueSecurity(direct, parts))
const secure = (about: Mqrt.SecurityParts, parts: Parts) =>
  mqrt.use((mqrt) => mqrt.setQueueSecurity(direct, about, descriptor(parts)))

const getProperties = mqrt.use((mqrt) => mqrt.getQueueProperties(direct))
const setProperties = mqrt.use((mqrt) => mqrt.setQueueProperties(direct, { ...noChanges, label: "new" }))
const remove = mqrt.use((mqrt) =>
  Effect.flatMap(mqrt.pathNameToFormatName(path), (formatName) => mqrt.deleteQueue(formatName))
)

const sent = (options: Partial<SendParameters> = {}) =>
  Effect.gen(function* () {
    const { sendMessages } = yield* Mqrt.Mqrt
    const outcome = yield* sendMessages(yield* open("send"), [message()], { ...plain, ...options })
    assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
  })

/** Removes all messages of the queue, and returns their number. */
const kept = Effect.map(drained(direct), (received) => received.length)

describe("what a queue's list allows", () => {
  const bits = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x1_0000, 0x2_0000, 0x4_0000, 0x8_0000]
  const sids = { alice, bob, everyone, administrators, authenticated }

  const ListEntry = Schema.Struct({
    type: Schema.Literals([0, 0, 1, 1, 2]),
    flags: Schema.Literals([0, 0, 0, 8, 16]),
    // Sets of rights that several calls need together come up most.
    bits: Schema.Array(Schema.Literals([...bits, 0x01, 0x02, 0x08, 0x01, 0x02, 0x08])).check(Schema.isMaxLength(4)),
    sid: Schema.Literals(["alice", "bob", "everyone", "administrators", "authenticated"] as const)
  })

  it.effect.prop(
    "C-31, C-45, C-52 what each call needs is decided bit by bit, by the first entry that speaks of it",
    {
      owner: Schema.Literals(["alice", "bob"] as const),
      administrator: Schema.Boolean,
      list: Schema.NullOr(Schema.Array(ListEntry).check(Schema.isMaxLength(6)))
    },
    ({ administrator, list, owner }) => {
      const entries = list?.map(({ bits, flags, sid, type }): Entry => ({
        type,
        flags,
        mask: bits.reduce((a, b) => a | b, 0),
        sid: sids[sid]
      }))
      const own = new Set([alice, everyone, authenticated, ...(administrator ? [administrators] : [])])
      const has = (bit: number): boolean => {
        if (entries === undefined || (owner === "alice" && (bit === 0x2_0000 || bit === 0x4_0000))) return true
        const speaks = ({ flags, mask, sid, type }: Entry) =>
          type < 2 && flags !== 8 && own.has(sid) && (mask & bit) !== 0
        return entries.find(speaks)?.type === 0
      }
      return Effect.gen(function* () {
        const given = { owner: sids[owner], list: entries ?? null }
        yield* createWith(given)
        yield* become(alice, administrator)
        const calls: ReadonlyArray<readonly [boolean, Effect.Effect<unknown, Mqrt.MqrtFailure, Mqrt.Mqrt>]> = [
          [has(0x02), open("peek")],
          [has(0x02) && has(0x01), open("receive")],
          [has(0x02), open("peek", `${direct};JOURNAL`)],
          [has(0x02) && has(0x08), open("receive", `${direct};JOURNAL`)],
          [has(0x02), open("move", `${direct};later`)],
          [has(0x02) && has(0x01), open("receive", `${direct};later`)],
          [true, open("send")],
          [has(0x20), getProperties],
          [has(0x10), setProperties],
          [has(0x2_0000), securityOf(listPart)],
          [has(0x4_0000), secure(listPart, given)],
          [has(0x8_0000) || administrator, secure(ownerPart, given)]
        ]
        for (const [allowed, call] of calls) {
          assert.strictEqual(yield* outcome(call), allowed ? "done" : deniedCode)
        }
        yield* sent()
        assert.deepStrictEqual(yield* rejectedClasses, has(0x04) ? [] : [0x8004])
        assert.strictEqual(yield* outcome(remove), has(0x1_0000) ? "done" : deniedCode)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    }
  )

  it.effect("C-31 what one entry has allowed no later one denies, also where it takes two of them to open", () =>
    Effect.gen(function* () {
      const entry = (type: number, mask: number): Entry => ({ type, flags: 0, mask, sid: alice })
      yield* createWith({ owner: bob, list: [entry(0, 0x01), entry(1, 0x01), entry(0, 0x02), entry(1, 0x02)] })
      yield* open("receive")
      yield* become(bob)
      yield* secure(listPart, { list: [entry(0, 0x01), entry(1, 0x03), entry(0, 0x02)] })
      yield* become(alice)
      assert.strictEqual(yield* code(open("receive")), deniedCode)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-15 by default its creator may do everything, and everyone else send, and read what it is like", () =>
    Effect.gen(function* () {
      yield* create()
      for (const administrator of [true, false]) {
        yield* become(bob, administrator)
        yield* sent()
        yield* getProperties
        yield* securityOf(listPart)
        for (const call of [open("peek"), open("receive"), setProperties, secure(listPart, { list: null }), remove]) {
          assert.strictEqual(yield* outcome<unknown, Mqrt.Mqrt>(call), deniedCode)
        }
      }
      yield* become(alice, false)
      assert.strictEqual(yield* kept, 2)
      yield* setProperties
      yield* secure(listPart, { list: null })
      yield* remove
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-15 what a queue is created with is completed: its creator owns it, and the list is the usual one", () =>
    Effect.gen(function* () {
      yield* create()
      const usual = yield* securityOf({ ...nothing, owner: true, dacl: true })
      yield* remove
      yield* createWith({})
      assert.deepStrictEqual(yield* securityOf({ ...nothing, owner: true, dacl: true }), usual)
      assert.deepStrictEqual(ownerOf(usual), alice)
      yield* remove
      yield* createWith({ owner: bob })
      assert.deepStrictEqual(
        listOf(yield* securityOf(listPart)).map(({ sid }) => sid),
        [bob, everyone]
      )
      yield* become(bob)
      yield* open("receive")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the rights of Windows that stand for others do so: to read, to write, everything", () =>
    Effect.gen(function* () {
      const calls = [
        open("peek"),
        open("receive", `${direct};JOURNAL`),
        getProperties,
        setProperties,
        securityOf(listPart)
      ]
      for (const [mask, allowed, rejected] of [
        [0x8000_0000, [true, true, true, false, true], [0x8004]],
        [0x4000_0000, [false, false, true, false, true], []],
        [0x2000_0000, [false, false, false, false, false], [0x8004]],
        [0x1000_0000, [true, true, true, true, true], []]
      ] as const) {
        yield* Effect.gen(function* () {
          yield* createWith({ owner: bob, list: [{ type: 0, flags: 0, mask, sid: alice }] })
          const outcomes = yield* Effect.forEach(calls, (call) => outcome<unknown, Mqrt.Mqrt>(call))
          assert.deepStrictEqual(
            outcomes,
            allowed.map((is) => (is ? "done" : deniedCode))
          )
          yield* sent()
          assert.deepStrictEqual(yield* rejectedClasses, [...rejected])
        }).pipe(Effect.provide(InMemoryMqrt.layer))
      }
    })
  )

  it.effect.prop(
    "a list that is damaged is taken for what it says or refused, and never breaks anything",
    {
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 })),
      byte: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
    },
    ({ at, byte }) =>
      Effect.gen(function* () {
        const list = [alice, bob].map((sid) => ({ type: 0, flags: 0, mask: 0x3f, sid }))
        const bytes = descriptor({ owner: alice, list })
        bytes[at % bytes.length] = byte
        yield* create()
        const { setQueueSecurity } = yield* Mqrt.Mqrt
        const result = yield* outcome(setQueueSecurity(direct, { ...listPart, owner: true }, bytes))
        assert.include(["done", errors.MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR], result)
        for (const call of [open("receive"), getProperties]) {
          assert.include(["done", deniedCode], yield* outcome<unknown, Mqrt.Mqrt>(call))
        }
        yield* sent()
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [what, at, bytes] of [
    ["counts more entries than it has", 52, [3]],
    ["has an entry that goes beyond its end", 58, [200]],
    ["has an entry of no size", 58, [0]],
    ["has an entry that is too small for a SID", 58, [12]],
    ["has a SID that goes beyond its entry", 65, [15]]
  ] as const) {
    it.effect(`a list that ${what} is illegal`, () =>
      Effect.gen(function* () {
        const list = [alice, bob].map((sid) => ({ type: 0, flags: 0, mask: 0x3f, sid }))
        const given = descriptor({ owner: alice, list })
        yield* create()
        const { setQueueSecurity } = yield* Mqrt.Mqrt
        yield* setQueueSecurity(direct, listPart, given)
        given.set(bytes, at)
        const illegal = errors.MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR
        assert.strictEqual(yield* code(setQueueSecurity(direct, listPart, given)), illegal)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("the system list is read and set by administrators alone, who have the privilege", () =>
    Effect.gen(function* () {
      yield* create()
      const parts = { ...nothing, sacl: true }
      yield* securityOf(parts)
      yield* secure(parts, {})
      yield* become(alice, false)
      assert.strictEqual(yield* code(securityOf(parts)), errors.MQ_ERROR_PRIVILEGE_NOT_HELD)
      assert.strictEqual(yield* code(secure(parts, {})), errors.MQ_ERROR_PRIVILEGE_NOT_HELD)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("creating", () => {
  for (const [creators, users] of [
    ["everyone", ["administrator", "user", "anonymous"]],
    ["administrators", ["administrator"]],
    ["nobody", []]
  ] as const) {
    it.effect(`C-12 where ${creators} may, queues are created by ${users.join(", ") || "no user at all"}`, () =>
      Effect.gen(function* () {
        yield* control.use((msmq) => msmq.setQueueCreators(creators))
        for (const [user, sid, administrator] of [
          ["administrator", alice, true],
          ["user", bob, false],
          ["anonymous", null, true]
        ] as const) {
          yield* become(sid, administrator)
          const expected = users.some((one) => one === user) ? "done" : deniedCode
          assert.strictEqual(yield* outcome(create({ pathName: `.\\private$\\${user}` })), expected)
        }
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("C-12 whether a machine's first user is an administrator is one of its options", () =>
    Effect.gen(function* () {
      yield* control.use((msmq) => msmq.setQueueCreators("administrators"))
      assert.strictEqual(yield* code(create()), deniedCode)
      assert.deepStrictEqual(yield* control.use((msmq) => msmq.queues), [])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ user: { sid: alice, administrator: false } })))
  )
})

describe("opening", () => {
  it.effect("C-31 who may not receive learns it when opening; a handle that is open goes on receiving", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receiver, send } = yield* ends()
      yield* send(labelled("a", "b"))
      yield* deny(["receiveMessage"])
      assert.strictEqual(yield* code(open("receive")), deniedCode)
      assert.strictEqual(yield* code(open("peek")), deniedCode)
      assert.strictEqual((yield* poll).label, "a")
      yield* allow(["peekMessage"])
      const peeker = yield* open("peek")
      assert.strictEqual((yield* mqrt.receiveMessage(peeker, receiving({ action: "peekCurrent" }))).label, "b")
      assert.strictEqual(yield* code(open("receive")), deniedCode)
      yield* mqrt.closeQueue(receiver)
      yield* allow(["receiveMessage"])
      assert.strictEqual(yield* kept, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("who may not open leaves nothing behind: no subqueue, and nobody in others' way", () =>
    Effect.gen(function* () {
      const { getQueueInfo, openQueue } = yield* Mqrt.Mqrt
      yield* create()
      yield* deny(["peekMessage"])
      for (const access of ["receive", "peek", "move"] as const) {
        assert.strictEqual(yield* code(open(access, `${direct};later`)), deniedCode)
      }
      assert.strictEqual(yield* code(openQueue(direct, "receive", "denyReceive")), deniedCode)
      yield* allow(["peekMessage"])
      yield* openQueue(direct, "receive", "denyReceive")
      assert.deepStrictEqual((yield* getQueueInfo(null, direct)).subqueues, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "C-30, H-06, H-07 what is not there and what is not allowed are told apart, each with the other in mind",
    () =>
      Effect.gen(function* () {
        const missing = yield* Effect.flip(Effect.scoped(MessageQueue.openReceiver(path)))
        assert.strictEqual(missing.reason._tag, "QueueNotFound")
        assert.include(missing.message, "check its permissions")
        yield* MessageQueue.create(path)
        yield* become(bob)
        const refused = yield* Effect.flip(Effect.scoped(MessageQueue.openReceiver(path)))
        assert.strictEqual(refused.reason._tag, "AccessDenied")
        assert.include(refused.message, path)
        assert.include(refused.message, "created by another account")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const name of ["JOURNAL", "DEADLETTER", "DEADXACT"]) {
    it.effect(`D-66 the machine's ${name} is read by administrators alone`, () =>
      Effect.gen(function* () {
        const formatName = `DIRECT=OS:.\\SYSTEM$;${name}`
        for (const access of ["receive", "peek"] as const) {
          yield* become(bob, false)
          assert.strictEqual(yield* code(open(access, formatName)), deniedCode)
          yield* become(bob)
          yield* open(access, formatName)
          yield* become(null)
          assert.strictEqual(yield* code(open(access, formatName)), deniedCode)
        }
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("C-21, E-57 outgoing queues are read and purged by administrators alone, and filled by everyone", () =>
    Effect.gen(function* () {
      const { purgeQueue, sendMessages } = yield* Mqrt.Mqrt
      const elsewhere = "DIRECT=OS:elsewhere\\private$\\orders"
      yield* become(bob, false)
      yield* sendMessages(yield* open("send", elsewhere), labelled("a"), plain)
      for (const access of ["receiveAdmin", "peekAdmin"] as const) {
        assert.strictEqual(yield* code(open(access, elsewhere)), deniedCode)
      }
      yield* become(bob)
      yield* open("peekAdmin", elsewhere)
      yield* purgeQueue(yield* open("receiveAdmin", elsewhere))
      assert.deepStrictEqual(
        (yield* control.use((msmq) => msmq.queues)).map(({ messages }) => messages),
        [0]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("properties", () => {
  it.effect("C-52, H-08 who may not read them cannot even learn whether the queue is there", () =>
    Effect.gen(function* () {
      yield* create({ transactional: true })
      yield* deny(["getQueueProperties"])
      assert.strictEqual(yield* code(getProperties), deniedCode)
      const error = yield* Effect.flip(MessageQueue.exists(path))
      assert.strictEqual(error.reason._tag, "AccessDenied")
      // Changing them takes another right.
      yield* setProperties
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-52, H-08, H-09 a sender opens without them, and then what is of the wrong kind vanishes", () =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* create({ transactional: true })
        yield* deny(["getQueueProperties"])
        const sender = yield* MessageQueue.openSender(path)
        yield* sender.send({ label: "plain" })
        assert.deepStrictEqual(yield* rejectedClasses, [0x800a])
        yield* sender.send({ label: "transactional" }, { transaction: "singleMessage" })
        assert.strictEqual(yield* kept, 1)
      })
    ).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("deleting", () => {
  it.effect("C-45, H-07 what one has created another cannot delete, an administrator not before taking it over", () =>
    Effect.gen(function* () {
      yield* create()
      yield* become(bob, false)
      assert.strictEqual(yield* code(remove), deniedCode)
      assert.strictEqual(yield* code(secure(ownerPart, { owner: bob })), deniedCode)
      yield* become(bob)
      assert.strictEqual(yield* code(remove), deniedCode)
      yield* secure(ownerPart, { owner: bob })
      assert.strictEqual(ownerOf(yield* securityOf(ownerPart)), bob)
      assert.strictEqual(yield* code(remove), deniedCode)
      yield* secure(listPart, { list: [{ type: 0, flags: 0, mask: 0x000f_003f, sid: bob }] })
      yield* remove
      assert.deepStrictEqual(yield* control.use((msmq) => msmq.queues), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-45 what cannot be deleted by that name says so before it says who may", () =>
    Effect.gen(function* () {
      const { deleteQueue } = yield* Mqrt.Mqrt
      yield* create()
      yield* become(bob)
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* code(deleteQueue(direct)), unsupported)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("sending", () => {
  it.effect("A-64, H-10 who may not write is not told by the send, and what is sent is gone on arrival", () =>
    Effect.gen(function* () {
      yield* create()
      yield* deny(["writeMessage"], bob)
      yield* become(bob)
      yield* sent()
      yield* become(alice)
      yield* sent()
      assert.deepStrictEqual(yield* rejectedClasses, [0x8004])
      assert.strictEqual(yield* kept, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-64 in a transaction it is judged when that commits", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends({ transactional: true })
      const transaction = yield* mqrt.beginTransaction
      yield* send(labelled("a", "b"), { transaction })
      yield* deny(["writeMessage"])
      assert.deepStrictEqual(yield* rejectedClasses, [])
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8004, 0x8004])
      assert.strictEqual(yield* kept, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-64 with a security context it is the context's user who must have the right", () =>
    Effect.gen(function* () {
      yield* create()
      yield* deny(["writeMessage"], bob)
      const { getSecurityContext } = yield* Mqrt.Mqrt
      const as = { user: "bob", domain: null, password: Redacted.make("right") }
      const securityContext = yield* getSecurityContext(null, "MQGetSecurityContextEx", as)
      yield* sent({ securityContext })
      assert.deepStrictEqual(yield* rejectedClasses, [0x8004])
      yield* allow(["writeMessage"], bob)
      yield* deny(["writeMessage"], alice)
      yield* sent({ securityContext })
      assert.strictEqual(yield* kept, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ users: [{ user: "bob", password: "right", sid: bob }] })))
  )

  for (const [what, list, taken] of [
    ["denies everyone", [{ type: 1, sid: everyone }], []],
    ["allows the user alone", [{ type: 0, sid: alice }], ["sid"]],
    ["allows authenticated users", [{ type: 0, sid: authenticated }], ["sid"]],
    ["allows administrators", [{ type: 0, sid: administrators }], ["sid"]],
    ["allows anonymous", [{ type: 0, sid: anonymous }], ["none"]],
    ["allows everyone", [{ type: 0, sid: everyone }], ["sid", "queueManager", "none"]],
    [
      "allows everyone but anonymous",
      [
        { type: 1, sid: anonymous },
        { type: 0, sid: everyone }
      ],
      ["sid", "queueManager"]
    ]
  ] as const) {
    const whose = taken.length === 0 ? "nothing" : `what names as its sender: ${taken.join(", ")}`
    it.effect(`A-63, A-61, X-20 a queue that ${what} takes ${whose}`, () =>
      Effect.gen(function* () {
        yield* createWith({ list: list.map(({ sid, type }) => ({ type, flags: 0, mask: 0x04, sid })) })
        for (const senderIdType of ["sid", "queueManager", "none"] as const) yield* sent({ senderIdType })
        yield* secure(listPart, { list: null })
        assert.deepStrictEqual(
          (yield* drained(direct)).map(({ senderIdType }) => senderIdType),
          [...taken]
        )
        assert.deepStrictEqual(yield* rejectedClasses, Array<number>(3 - taken.length).fill(0x8004))
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("A-63 an acknowledgment names no sender: a queue that takes nothing from anonymous gets none", () =>
    Effect.gen(function* () {
      yield* create()
      const acks = ".\\private$\\acks"
      const adminQueue = `DIRECT=OS:${acks}`
      yield* create({ pathName: acks })
      yield* control.use((msmq) => msmq.deny({ queue: acks, rights: ["writeMessage"], sid: anonymous }))
      const acknowledge = {
        positiveArrival: true,
        positiveReceive: false,
        negativeArrival: false,
        negativeReceive: false
      }
      const { sendMessages } = yield* Mqrt.Mqrt
      const sender = yield* open("send")
      yield* sendMessages(sender, [message({ acknowledge, adminQueue })], plain)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8004])
      yield* control.use((msmq) => msmq.allow({ queue: acks, rights: ["writeMessage"], sid: anonymous }))
      yield* sendMessages(sender, [message({ acknowledge, adminQueue })], plain)
      assert.strictEqual((yield* drained(adminQueue)).length, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  const told = Effect.gen(function* () {
    const { sendMessages } = yield* Mqrt.Mqrt
    const pathName = ".\\private$\\acks"
    yield* create()
    yield* create({ pathName })
    yield* deny(["writeMessage"])
    const acknowledge = { positiveArrival: true, positiveReceive: true, negativeArrival: true, negativeReceive: true }
    const adminQueue = `DIRECT=OS:${pathName}`
    yield* sendMessages(yield* open("send"), [message({ acknowledge, adminQueue })], plain)
    return (yield* drained(adminQueue)).map((acknowledgment) => acknowledgment.class)
  })

  it.effect("A-64, A-70, D-46b, X-09 by default nobody is told that they may not write", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-70, D-46, D-46b 0x8004, with insecure ones permitted: the sender may not write", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told, [0x8004])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ permitInsecureNacks: true })))
  )

  for (const [name, transactional, letters] of [
    ["D-64, X-05 a plain message whose sender may not write is gone", false, []],
    ["A-71, D-64, X-05 a transactional message whose sender may not write is a dead letter", true, [0x8004]]
  ] as const) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { sendMessages } = yield* Mqrt.Mqrt
        yield* create({ transactional })
        yield* deny(["writeMessage"])
        const letter = message({ journaling: { deadLetter: true, journal: false } })
        const transaction = transactional ? "singleMessage" : "none"
        yield* sendMessages(yield* open("send"), [letter], { ...plain, transaction })
        assert.deepStrictEqual(
          (yield* drained("DIRECT=OS:.\\SYSTEM$;DEADXACT")).map((dead) => dead.class),
          [...letters]
        )
        assert.deepStrictEqual(yield* drained("DIRECT=OS:.\\SYSTEM$;DEADLETTER"), [])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("a message that is wrong in another way too is rejected for that: rights are looked at last", () =>
    Effect.gen(function* () {
      yield* create({ transactional: true, authenticate: true })
      yield* deny(["writeMessage"])
      yield* sent()
      yield* sent({ transaction: "singleMessage" })
      yield* sent({ transaction: "singleMessage", authenticationLevel: "always" })
      assert.deepStrictEqual(yield* rejectedClasses, [0x800a, 0x8006, 0x8004])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("on another machine", () => {
  const office = InMemoryMqrt.layerWith({
    machines: [{ machineName: "OFFICE" }, { machineName: "WAREHOUSE", user: { sid: bob } }]
  })
  const there = "DIRECT=OS:WAREHOUSE\\private$\\orders"

  it.effect("C-32, H-10 who may not write there opens and sends all the same; the message ends where it arrives", () =>
    Effect.gen(function* () {
      const { sendMessages } = yield* Mqrt.Mqrt
      yield* MsmqControl.on(Effect.andThen(create(), deny(["writeMessage"], alice)), "WAREHOUSE")
      const outcome = yield* sendMessages(yield* open("send", there), labelled("a"), plain)
      assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
      assert.deepStrictEqual(yield* MsmqControl.on(rejectedClasses, "WAREHOUSE"), [0x8004])
      assert.deepStrictEqual(yield* rejectedClasses, [])
      yield* MsmqControl.on(allow(["writeMessage"], alice), "WAREHOUSE")
      yield* sendMessages(yield* open("send", there), labelled("b"), plain)
      assert.strictEqual(yield* MsmqControl.on(kept, "WAREHOUSE"), 1)
    }).pipe(Effect.provide(office))
  )

  it.effect("A-71, C-32, X-05 a transactional one is a dead letter on the machine that it came from", () =>
    Effect.gen(function* () {
      const { sendMessages } = yield* Mqrt.Mqrt
      yield* MsmqControl.on(Effect.andThen(create({ transactional: true }), deny(["writeMessage"])), "WAREHOUSE")
      const letter = message({ journaling: { deadLetter: true, journal: false } })
      yield* sendMessages(yield* open("send", there), [letter], { ...plain, transaction: "singleMessage" })
      const dead = yield* drained("DIRECT=OS:.\\SYSTEM$;DEADXACT")
      assert.deepStrictEqual(
        dead.map((one) => one.class),
        [0x8004]
      )
    }).pipe(Effect.provide(office))
  )

  it.effect("C-31 it is the other machine's list, and its administrators, that decide who reads there", () =>
    Effect.gen(function* () {
      yield* MsmqControl.on(create(), "WAREHOUSE")
      assert.strictEqual(yield* code(open("receive", there)), deniedCode)
      yield* MsmqControl.on(allow(["receiveMessage"], administrators), "WAREHOUSE")
      assert.strictEqual(yield* code(open("receive", there)), deniedCode)
      yield* MsmqControl.on(allow(["receiveMessage"], alice), "WAREHOUSE")
      yield* open("receive", there)
    }).pipe(Effect.provide(office))
  )
})

describe("the control", () => {
  it.effect(
    "what is denied comes first, then what is allowed, then what was inherited; a SID has one entry of each",
    () =>
      Effect.gen(function* () {
        const inherited = [1, 0].map((type) => ({ type, flags: 0x10, mask: 0x23, sid: alice }))
        yield* createWith({ list: [{ type: 0, flags: 0, mask: 0x20, sid: bob }, ...inherited] })
        yield* allow(["peekMessage"], alice)
        yield* deny(["writeMessage"], bob)
        yield* deny(["receiveMessage"])
        yield* deny(["setQueueProperties", "deleteQueue"], bob)
        yield* allow(["deleteMessage"], alice)
        assert.deepStrictEqual(listOf(yield* securityOf(listPart)), [
          { type: 1, flags: 0, mask: 0x1_0014, sid: bob },
          { type: 1, flags: 0, mask: 0x03, sid: everyone },
          { type: 0, flags: 0, mask: 0x03, sid: alice },
          { type: 0, flags: 0, mask: 0x20, sid: bob },
          ...inherited
        ])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("to allow takes back what was denied to that SID, and nothing that was denied to another", () =>
    Effect.gen(function* () {
      yield* create()
      yield* deny(["receiveMessage"])
      yield* deny(["peekMessage"], alice)
      yield* allow(["receiveMessage"])
      assert.strictEqual(yield* code(open("peek")), deniedCode)
      yield* allow(["receiveMessage"], alice)
      yield* open("receive")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a queue without a list keeps what it allows, but for what is denied; its journal is held to it too", () =>
    Effect.gen(function* () {
      yield* createWith({ owner: bob, list: null })
      yield* allow(["peekMessage"], bob)
      yield* open("receive")
      yield* deny(["deleteJournalMessage"])
      yield* open("receive")
      yield* open("peek", `${direct};JOURNAL`)
      assert.strictEqual(yield* code(open("receive", `${direct};JOURNAL`)), deniedCode)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("anonymous, who has no SID, is everyone and nobody else", () =>
    Effect.gen(function* () {
      yield* createWith({ list: [{ type: 0, flags: 0, mask: 0x000f_003f, sid: authenticated }] })
      yield* become(null)
      assert.strictEqual(yield* code(open("peek")), deniedCode)
      yield* allow(["peekMessage"])
      yield* open("peek")
      yield* deny(["peekMessage"], anonymous)
      assert.strictEqual(yield* code(open("peek")), deniedCode)
      yield* become(alice, false)
      yield* open("receive")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("names a queue that is not there, and a SID that is none, as defects", () =>
    Effect.gen(function* () {
      yield* create()
      const defect = (permission: MsmqControl.Permission) =>
        Effect.map(
          Effect.sandbox(Effect.flip(Effect.sandbox(control.use((msmq) => msmq.deny(permission))))),
          Cause.pretty
        )
      for (const queue of [".\\private$\\other", `${path};later`, "orders", "elsewhere\\private$\\orders"]) {
        assert.include(yield* defect({ queue, rights: ["peekMessage"] }), `"${queue}" is not the path name of a queue`)
      }
      assert.include(
        yield* defect({ queue: path, rights: ["peekMessage"], sid: "bob" }),
        `"bob" is not legal SDDL: a SID is`
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
