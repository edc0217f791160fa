import { assert, describe, it } from "@effect/vitest"
import { layoutOf } from "../src/internal/layout.ts"
import {
  type MessageProperty,
  messageProperties,
  messagePropertyName
} from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { growCodes, usualCapacities } from "../src/internal/bufferCapacities.ts"
import { receivedProperties } from "../src/internal/receivedPropertyNames.ts"

const rows = Object.values<MessageProperty>(messageProperties)

describe("messagePropertyTable", () => {
  it("has the 69 properties of messages, each number and name once", () => {
    assert.strictEqual(rows.length, 69)
    assert.strictEqual(new Set(rows.map(({ id }) => id)).size, 69)
    for (const [name, { id }] of Object.entries(messageProperties)) {
      assert.strictEqual(messagePropertyName(id), `PROPID_M_${name}`)
    }
  })

  it("leaves out the numbers that mq.h leaves out", () => {
    const ids = new Set<number>(rows.map(({ id }) => id))
    const missing = Array.from({ length: 75 }, (_, index) => index + 1).filter((id) => !ids.has(id))
    assert.deepStrictEqual(missing, [56, 57, 71, 72, 73, 74])
  })

  it("returns the number as the name of an unknown property", () => {
    assert.strictEqual(messagePropertyName(999), "PROPID_M_999")
  })

  it("has the numbers and types of mq.h", () => {
    const { AUTH_LEVEL, BODY, CLASS, CONNECTOR_TYPE, LABEL, LAST_MOVE_TIME, LOOKUPID, PRIORITY, SECURITY_CONTEXT } =
      messageProperties
    assert.deepStrictEqual(
      [CLASS, PRIORITY, BODY, LABEL, AUTH_LEVEL, SECURITY_CONTEXT, CONNECTOR_TYPE, LOOKUPID, LAST_MOVE_TIME].map(
        ({ id, vartype }) => [id, vartype]
      ),
      [
        [1, 18],
        [4, 17],
        [9, 0x1011],
        [11, 31],
        [24, 19],
        [37, 19],
        [38, 72],
        [60, 21],
        [75, 19]
      ]
    )
  })

  it("gives each companion to exactly one property, and each is VT_UI4", () => {
    const companions = Object.entries(messageProperties).filter(([name]) => /_(LEN|SIZE)$/.test(name))
    for (const [name, { vartype }] of companions) {
      assert.strictEqual(vartype, 19)
      assert.strictEqual(rows.filter(({ length }) => length === name).length, 1, name)
    }
    assert.strictEqual(companions.length, 17)
  })

  it("receives each property with a buffer together with its companion (E-18)", () => {
    for (const name of receivedProperties) {
      const { length } = messageProperties[name]
      if (length !== null) assert.include(receivedProperties, length)
      assert.strictEqual(length !== null, name in usualCapacities, name)
    }
    assert.isBelow(receivedProperties.length, 128)
  })

  it("has a code for each buffer that was too small", () => {
    const growing = new Set([...growCodes.values()].flat())
    assert.deepStrictEqual([...growing].toSorted(), Object.keys(usualCapacities).toSorted())
  })
})

describe("layout", () => {
  it("is the one of the x64 headers", () => {
    const { BLOB, CALPWSTR, CAUB, GUID, MQPROPS, MQPROPVARIANT, OVERLAPPED, SEQUENCE_INFO } = layoutOf("x64")
    assert.deepStrictEqual(MQPROPS, { size: 32, cProp: 0, aPropID: 8, aPropVar: 16, aStatus: 24 })
    assert.deepStrictEqual(MQPROPVARIANT, { size: 24, vt: 0, value: 8, count: 8, elements: 16 })
    assert.deepStrictEqual(CAUB, { size: 16, cElems: 0, pElems: 8 })
    assert.deepStrictEqual(CALPWSTR, { size: 16, cElems: 0, pElems: 8 })
    assert.deepStrictEqual(BLOB, { size: 16, cbSize: 0, pBlobData: 8 })
    assert.deepStrictEqual(GUID, { size: 16, Data1: 0, Data2: 4, Data3: 6, Data4: 8 })
    assert.deepStrictEqual(OVERLAPPED, {
      size: 32,
      Internal: 0,
      InternalHigh: 8,
      Offset: 16,
      OffsetHigh: 20,
      hEvent: 24
    })
    assert.deepStrictEqual(SEQUENCE_INFO, { size: 16, SeqID: 0, SeqNo: 8, PrevNo: 12 })
  })

  it("is the one of the x86 headers", () => {
    const { BLOB, CALPWSTR, CAUB, GUID, MQPROPS, MQPROPVARIANT, OVERLAPPED, SEQUENCE_INFO } = layoutOf("x86")
    assert.deepStrictEqual(MQPROPS, { size: 16, cProp: 0, aPropID: 4, aPropVar: 8, aStatus: 12 })
    assert.deepStrictEqual(MQPROPVARIANT, { size: 16, vt: 0, value: 8, count: 8, elements: 12 })
    assert.deepStrictEqual(CAUB, { size: 8, cElems: 0, pElems: 4 })
    assert.deepStrictEqual(CALPWSTR, { size: 8, cElems: 0, pElems: 4 })
    assert.deepStrictEqual(BLOB, { size: 8, cbSize: 0, pBlobData: 4 })
    assert.deepStrictEqual(GUID, { size: 16, Data1: 0, Data2: 4, Data3: 6, Data4: 8 })
    assert.deepStrictEqual(OVERLAPPED, {
      size: 20,
      Internal: 0,
      InternalHigh: 4,
      Offset: 8,
      OffsetHigh: 12,
      hEvent: 16
    })
    assert.deepStrictEqual(SEQUENCE_INFO, { size: 16, SeqID: 0, SeqNo: 8, PrevNo: 12 })
  })
})
