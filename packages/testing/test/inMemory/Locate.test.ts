import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { LocateRestriction } from "@effect-msmq/core/mqrt/QueueProperties"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { code, create } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"
import { MQ_ERROR_QUEUE_NOT_FOUND, atWarehouse, createPublic, domain, propertiesOf } from "../support/threeMachines.ts"

describe("searching", () => {
  const locate = (restrictions: ReadonlyArray<LocateRestriction>) =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const handle = yield* mqrt.locateBegin(restrictions)
      const found = yield* mqrt.locateNext(handle, 100)
      yield* mqrt.locateEnd(handle)
      return found.map(({ pathName }) => pathName)
    })

  it.effect("finds public queues of all machines, a few at a time, and no private ones (C-49)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const type = "11111111-2222-3333-4444-555555555555"
      yield* createPublic(".\\one", { label: "first", type, transactional: true })
      yield* elapse("1 minute")
      yield* atWarehouse(createPublic(".\\two"))
      yield* createPublic("warehouse\\three")
      const handle = yield* mqrt.locateBegin([])
      const [one, two, ...none] = yield* mqrt.locateNext(handle, 2)
      assert.deepStrictEqual(one, {
        instance: "00000001-0000-4000-8000-000000000001",
        pathName: "OFFICE\\one",
        label: "first",
        type,
        createTime: 0,
        modifyTime: 0,
        transactional: true
      })
      assert.deepStrictEqual([two?.pathName, two?.createTime, none], ["WAREHOUSE\\two", 60, []])
      assert.strictEqual(yield* code(mqrt.locateNext(handle, 0)), errors.MQ_ERROR_RESULT_BUFFER_TOO_SMALL)
      assert.deepStrictEqual(
        (yield* mqrt.locateNext(handle, 2)).map(({ pathName }) => pathName),
        ["WAREHOUSE\\three"]
      )
      assert.deepStrictEqual(yield* mqrt.locateNext(handle, 2), [])
      yield* mqrt.locateEnd(handle)
      for (const call of [mqrt.locateNext(handle, 1), mqrt.locateEnd(handle)]) {
        assert.strictEqual(yield* code<unknown, never>(call), errors.MQ_ERROR_INVALID_HANDLE)
      }
    }).pipe(Effect.provide(domain))
  )

  it.effect("needs all conditions to hold, and each condition to have a value of its type (C-49)", () =>
    Effect.gen(function* () {
      for (const [name, label] of [
        ["a", "north"],
        ["b", "south"],
        ["c", "north"]
      ] as const) {
        yield* createPublic(`.\\${name}`, { label })
        yield* elapse("10 seconds")
      }
      const north = { property: "label", relation: "equal", value: "NORTH" } as const
      assert.deepStrictEqual(yield* locate([north]), ["OFFICE\\a", "OFFICE\\c"])
      assert.deepStrictEqual(yield* locate([north, { property: "createTime", relation: "greater", value: 0 }]), [
        "OFFICE\\c"
      ])
      for (const [property, value] of [
        ["label", 1],
        ["type", "no GUID"],
        ["createTime", "yesterday"]
      ] as const) {
        const wrong = locate([{ property, relation: "equal", value }])
        assert.strictEqual(yield* code(wrong), errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE)
      }
    }).pipe(Effect.provide(domain))
  )

  it.effect.prop(
    "finds each queue either by a relation or by its opposite, for any values (C-49)",
    {
      queues: Schema.Array(
        Schema.Struct({ label: Schema.Literals(["", "a", "B", "b", "ab"]), after: Schema.Literals([0, 1, 5]) })
      ),
      value: Schema.Struct({ label: Schema.Literals(["", "A", "b", "aa"]), createTime: Schema.Literals([0, 1, 5, 7]) })
    },
    ({ queues, value }) =>
      Effect.gen(function* () {
        for (const [index, { after, label }] of queues.entries()) {
          yield* elapse(`${after} seconds`)
          yield* createPublic(`.\\q${index}`, { label })
        }
        const all = queues.map((_, index) => `OFFICE\\q${index}`).toSorted()
        for (const property of ["label", "createTime"] as const) {
          for (const [relation, opposite] of [
            ["less", "greaterOrEqual"],
            ["greater", "lessOrEqual"],
            ["equal", "notEqual"]
          ] as const) {
            const those = yield* locate([{ property, relation, value: value[property] }])
            const others = yield* locate([{ property, relation: opposite, value: value[property] }])
            assert.deepStrictEqual([...those, ...others].toSorted(), all)
          }
        }
      }).pipe(Effect.provide(domain))
  )

  it.effect("a path in the directory has the format name of its queue", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* createPublic("warehouse\\a=b")
      const adsPath = (yield* propertiesOf(formatName)).adsPath ?? ""
      assert.strictEqual(yield* mqrt.adsPathToFormatName(adsPath.toLowerCase()), formatName)
      const { MQ_ERROR_ILLEGAL_QUEUE_PATHNAME } = errors
      assert.strictEqual(yield* code(mqrt.adsPathToFormatName("LDAP://CN=orders")), MQ_ERROR_QUEUE_NOT_FOUND)
      assert.strictEqual(yield* code(mqrt.adsPathToFormatName("warehouse\\orders")), MQ_ERROR_ILLEGAL_QUEUE_PATHNAME)
    }).pipe(Effect.provide(domain))
  )
})
