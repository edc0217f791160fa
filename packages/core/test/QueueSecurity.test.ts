import { MessageQueue, Mqrt, QueueSecurity } from "@effect-msmq/core"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as CallLog from "./support/CallLog.ts"

const orders = ".\\private$\\orders"
const alice = "S-1-5-21-1-2-3-1001"
const bob = "S-1-5-21-1-2-3-1002"
const backend = CallLog.layer(InMemoryMqrt.layerWith({ user: { sid: alice } }))

const become = (sid: string, administrator: boolean) =>
  MsmqControl.MsmqControl.use((msmq) => msmq.setUser({ sid, administrator }))

const refusal = <A, R>(effect: Effect.Effect<A, { readonly reason: { readonly _tag: string } }, R>) =>
  Effect.map(Effect.flip(Effect.asVoid(effect)), ({ reason }) => reason._tag)

describe("get", () => {
  it.effect("by default the creator owns the queue and may do everything, and everyone may send (C-15)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const { queueGenericAll, queueGenericWrite } = QueueSecurity.rights
      const list = `(A;;0x${queueGenericAll.toString(16)};;;${alice})(A;;0x${queueGenericWrite.toString(16)};;;WD)`
      assert.strictEqual(yield* QueueSecurity.get(orders), `O:${alice}G:${alice}D:${list}`)
    }).pipe(Effect.provide(backend))
  )

  it.effect("gives the parts that are asked for, in the order of the text", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { securityDescriptor: "O:BAG:SYD:(A;;GA;;;BA)S:(AU;FA;0x3;;;WD)" })
      assert.strictEqual(yield* QueueSecurity.get(orders, []), "")
      assert.strictEqual(yield* QueueSecurity.get(orders, ["group", "owner"]), "O:BAG:SY")
      assert.strictEqual(yield* QueueSecurity.get(orders, ["dacl", "sacl"]), "D:(A;;GA;;;BA)S:(AU;FA;0x3;;;WD)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("who may not read the permissions, or the security log's part of them, learns why", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { securityDescriptor: "D:(A;;0x24;;;WD)" })
      assert.strictEqual(yield* QueueSecurity.get(orders, ["dacl"]), "D:(A;;0x24;;;WD)")
      yield* become(bob, false)
      assert.strictEqual(yield* refusal(QueueSecurity.get(orders)), "AccessDenied")
      const error = yield* Effect.flip(QueueSecurity.get(orders, ["sacl"]))
      assert.strictEqual(error.reason._tag, "PrivilegeNotHeld")
      assert.include(error.message, "administrators")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an entry of which there is no text is told, with the queue", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* MessageQueue.create(orders)
      const conditional = [9, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0, 0]
      const bytes = [1, 0, 4, 0x80, ...Array(12).fill(0), 20, 0, 0, 0, 2, 0, 20, 0, 1, 0, 0, 0, ...conditional]
      const dacl = { owner: false, group: false, dacl: true, sacl: false }
      yield* mqrt.setQueueSecurity(formatName, dacl, Uint8Array.from(bytes))
      const error = yield* Effect.flip(QueueSecurity.get(orders))
      assert(error.reason._tag === "UnreadableSecurityDescriptor")
      assert.deepStrictEqual([error.operation, error.queue], ["QueueSecurity.get", orders])
      assert.include(error.message, "type 0x09")
    }).pipe(Effect.provide(backend))
  )
})

describe("set", () => {
  const letters = Schema.Literals(["GA", "GR", "RC", "WDWO", "0x3", "0x20024", "0xf003f"])
  const entry = Schema.Struct({
    kind: Schema.Literals(["A", "D"]),
    flags: Schema.Literals(["", "OICI", "IO", "ID"]),
    rights: letters,
    sid: Schema.Literals(["WD", "AN", "AU", "BA", alice, bob])
  })

  it.effect.prop(
    "what is set is what is got from then on, and the rest stays as it was",
    { entries: Schema.Array(entry), flags: Schema.Literals(["", "P", "AI", "PAI"]), owner: Schema.Boolean },
    ({ entries, flags, owner }) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const before = yield* QueueSecurity.get(orders, ["owner", "group"])
        const list = entries.map(({ flags, kind, rights, sid }) => `(${kind};${flags};${rights};;;${sid})`).join("")
        const dacl = `D:${flags}${list}`
        yield* QueueSecurity.set(orders, owner ? `O:${alice}${dacl}` : dacl)
        assert.strictEqual(yield* QueueSecurity.get(orders), before + dacl)
      }).pipe(Effect.provide(backend, { local: true })),
    { arbitrary: { runs: 50 } }
  )

  it.effect("it decides who may do what: a right that is taken is missed, one that is given is used (C-31, C-45)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const { receiveMessage, writeMessage } = QueueSecurity.rights
      yield* become(bob, false)
      const receive = Effect.scoped(MessageQueue.openReceiver(orders))
      assert.strictEqual(yield* refusal(receive), "AccessDenied")
      assert.strictEqual(yield* refusal(QueueSecurity.set(orders, "D:(A;;GA;;;WD)")), "AccessDenied")
      yield* become(alice, false)
      const mask = (receiveMessage | writeMessage).toString(16)
      yield* QueueSecurity.set(orders, `D:(A;;0x${mask};;;${bob})`)
      yield* become(bob, false)
      yield* receive
      assert.strictEqual(yield* refusal(QueueSecurity.get(orders)), "AccessDenied")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an administrator takes a queue over, and then changes what it allows (C-45)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* become(bob, true)
      assert.strictEqual(yield* refusal(MessageQueue.delete(orders)), "AccessDenied")
      yield* QueueSecurity.set(orders, `O:${bob}`)
      yield* QueueSecurity.set(orders, "D:(A;;GA;;;BA)")
      assert.strictEqual(yield* QueueSecurity.get(orders, ["owner", "dacl"]), `O:${bob}D:(A;;GA;;;BA)`)
      yield* MessageQueue.delete(orders)
    }).pipe(Effect.provide(backend))
  )

  it.effect("by no list everybody may do everything, by an empty one nobody anything", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* QueueSecurity.set(orders, "D:NO_ACCESS_CONTROL")
      yield* become(bob, false)
      yield* QueueSecurity.set(orders, "D:")
      assert.strictEqual(yield* refusal(QueueSecurity.get(orders)), "AccessDenied")
      yield* become(alice, false)
      assert.strictEqual(yield* QueueSecurity.get(orders, ["dacl"]), "D:")
    }).pipe(Effect.provide(backend))
  )

  it.effect("only the parts that are named are set", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { securityDescriptor: "O:SYG:SYD:(A;;GA;;;WD)" })
      yield* QueueSecurity.set(orders, "O:BAG:BAD:", ["group"])
      assert.strictEqual(yield* QueueSecurity.get(orders), "O:SYG:BAD:(A;;GA;;;WD)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("a text that is none, or says nothing of what is to be set, is refused before any call", () =>
    Effect.gen(function* () {
      for (const [sddl, parts, position, said] of [
        ["D:(A;;GA;;;joe)", undefined, 11, "S-1-5-32-544"],
        ["D:(A;;everything;;;WD)", undefined, 6, "two letters"],
        ["", undefined, 0, "O:, G:, D: or S:"],
        ["O:BA", ["owner", "dacl"], 4, "D: is to be set"]
      ] as const) {
        const error = yield* Effect.flip(QueueSecurity.set(orders, sddl, parts))
        assert(error.reason._tag === "IllegalSddl")
        assert.deepStrictEqual(
          [error.operation, error.queue, error.reason.input, error.reason.position],
          ["QueueSecurity.set", orders, sddl, position]
        )
        assert.include(error.message, said)
      }
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("another machine's private queue cannot be secured from here (C-46)", () =>
    Effect.gen(function* () {
      const elsewhere = "elsewhere\\private$\\orders"
      assert.strictEqual(yield* refusal(QueueSecurity.get(elsewhere)), "UnsupportedFormatnameOperation")
      assert.strictEqual(yield* refusal(QueueSecurity.set(elsewhere, "D:")), "UnsupportedFormatnameOperation")
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue may be named by its format name", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders)
      for (const name of [orders, formatName, "DIRECT=OS:.\\private$\\orders"]) {
        yield* QueueSecurity.set(name, "D:P(A;;GA;;;AU)")
        assert.strictEqual(yield* QueueSecurity.get(name, ["dacl"]), "D:P(A;;GA;;;AU)")
      }
    }).pipe(Effect.provide(backend))
  )
})
