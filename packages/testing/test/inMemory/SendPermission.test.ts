import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { code, create, direct, drained, ends, labelled, message, plain, rejectedClasses } from "./seam.ts"
import {
  administrators,
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
  kept,
  listPart,
  open,
  secure,
  sent
} from "../support/queueRights.ts"

const control = MsmqControl.MsmqControl

describe("sending", () => {
  it.effect("a send without the right to write succeeds, and its message is lost on arrival (A-64, H-10)", () =>
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

  it.effect("in a transaction the right is checked at the commit (A-64)", () =>
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

  it.effect("with a security context its user must have the right (A-64)", () =>
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
    it.effect(`a queue that ${what} takes ${whose} (A-63, A-61, X-20)`, () =>
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

  it.effect("an acknowledgment names no sender: a queue that takes nothing from anonymous gets none (A-63)", () =>
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

  it.effect("by default no acknowledgment reports a missing right to write (A-64, A-70, D-46b, X-09)", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("0x8004, with insecure ones permitted: the sender may not write (A-70, D-46, D-46b)", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told, [0x8004])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ permitInsecureNacks: true })))
  )

  for (const [name, transactional, letters] of [
    ["a plain message whose sender may not write is lost (D-64, X-05)", false, []],
    ["a transactional message whose sender may not write is a dead letter (A-71, D-64, X-05)", true, [0x8004]]
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

  it.effect("a message with another mistake is rejected for that mistake: rights are checked last", () =>
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

  it.effect(
    "a sender without the right to write opens and sends, and the message is lost on arrival (C-32, H-10)",
    () =>
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

  it.effect("a transactional message is a dead letter on the sender's machine (A-71, C-32, X-05)", () =>
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

  it.effect("the list and the administrators of the other machine decide who may read (C-31)", () =>
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
