import { MessageQueue } from "@effect-msmq/core"
import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { code, create, direct, ends, labelled, path, plain, receiving, rejectedClasses } from "./seam.ts"
import { listOf, ownerOf } from "../support/securityDescriptor.ts"
import {
  alice,
  allow,
  anonymous,
  authenticated,
  become,
  bob,
  createWith,
  deniedCode,
  deny,
  everyone,
  getProperties,
  kept,
  listPart,
  open,
  outcome,
  ownerPart,
  remove,
  secure,
  securityOf,
  setProperties
} from "../support/queueRights.ts"

const control = MsmqControl.MsmqControl

describe("creating", () => {
  for (const [creators, users] of [
    ["everyone", ["administrator", "user", "anonymous"]],
    ["administrators", ["administrator"]],
    ["nobody", []]
  ] as const) {
    it.effect(`if ${creators} may, queues can be created by ${users.join(", ") || "no user"} (C-12)`, () =>
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

  it.effect("an option of a machine makes its first user an administrator (C-12)", () =>
    Effect.gen(function* () {
      yield* control.use((msmq) => msmq.setQueueCreators("administrators"))
      assert.strictEqual(yield* code(create()), deniedCode)
      assert.deepStrictEqual(yield* control.use((msmq) => msmq.queues), [])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ user: { sid: alice, administrator: false } })))
  )
})

describe("opening", () => {
  it.effect("a user without the right to receive cannot open; an open handle goes on receiving (C-31)", () =>
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

  it.effect("a refused opening creates no subqueue and does not keep others out", () =>
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
    "a missing queue and a missing right have errors of their own, which mention each other (C-30, H-06, H-07)",
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
    it.effect(`the machine's ${name} is read by administrators alone (D-66)`, () =>
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

  it.effect("outgoing queues are read and purged by administrators alone, and filled by everyone (C-21, E-57)", () =>
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
  it.effect("a user without the right to read them cannot find out whether the queue exists (C-52, H-08)", () =>
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

  it.effect(
    "a sender opens a queue without that right, and messages of the wrong kind are lost (C-52, H-08, H-09)",
    () =>
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
  it.effect("only the creator can delete a queue, and an administrator who has taken it over (C-45, H-07)", () =>
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

  it.effect("a name that cannot be used to delete fails with its own error, before any right is checked (C-45)", () =>
    Effect.gen(function* () {
      const { deleteQueue } = yield* Mqrt.Mqrt
      yield* create()
      yield* become(bob)
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* code(deleteQueue(direct)), unsupported)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the control", () => {
  it.effect("denied entries come first, then allowed, then inherited ones; a SID has one entry of each", () =>
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

  it.effect("allowing takes back denied rights of that SID, and of no other", () =>
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

  it.effect("a queue without a list allows everything but the denied rights, and so does its journal", () =>
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

  it.effect("a user without a SID is anonymous and in everyone, and nobody else", () =>
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

  it.effect("dies with a defect for a missing queue and an illegal SID", () =>
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
