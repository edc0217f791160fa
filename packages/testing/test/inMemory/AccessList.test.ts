import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { code, create, direct, rejectedClasses } from "./seam.ts"
import { descriptor, type Entry, listOf, ownerOf } from "../support/securityDescriptor.ts"
import {
  administrators,
  alice,
  authenticated,
  become,
  bob,
  createWith,
  deniedCode,
  everyone,
  getProperties,
  kept,
  listPart,
  nothing,
  open,
  outcome,
  ownerPart,
  remove,
  secure,
  securityOf,
  sent,
  setProperties
} from "../support/queueRights.ts"

describe("the access list of a queue", () => {
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
    "each right that a call needs is decided by the first entry of the list that has it (C-31, C-45, C-52)",
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

  it.effect(
    "a right that one entry allows is not denied by a later entry, even if opening needs two entries (C-31)",
    () =>
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

  it.effect("by default the creator may do everything, and everyone else may send and read the properties (C-15)", () =>
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

  it.effect("a descriptor without owner or list gets the creator as owner and the default list (C-15)", () =>
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

  it.effect("the generic rights of Windows stand for others: read, write, all", () =>
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
    "a damaged list is read or refused, and the machine goes on",
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

  it.effect("only administrators, who have the privilege, read and set the system list", () =>
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
