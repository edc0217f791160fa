// .NET's numbers may be infinite, and none.
// @effect-diagnostics schemaNumber:off
import { ActiveXBody, BodyType, MessageBody } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { Result, Schema } from "effect"

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"))

/** Decodes the bytes of a type. */
const read = <A>(codec: MessageBody.MessageBody<A>, bodyType: number, hex: string) =>
  codec.decode({ body: bytes(hex), bodyType })

const writes = <A>(codec: MessageBody.MessageBody<A>, value: A, bodyType: number, hex: string) => {
  const encoded = Result.getOrThrow(codec.encode(value))
  assert.deepStrictEqual(encoded, { body: bytes(hex), bodyType })
  assert.deepStrictEqual(codec.decode(encoded), Result.succeed(value))
}

const ruleOf = (result: Result.Result<unknown, string>): string => {
  assert(Result.isFailure(result))
  return result.failure
}

describe("what .NET's ActiveXMessageFormatter writes", () => {
  it("strings: UTF-16 without mark, length or terminator", () => {
    writes(ActiveXBody.lpwstr, "Åb", 31, "C5 00 62 00")
    writes(ActiveXBody.lpwstr, "", 31, "")
    writes(ActiveXBody.lpwstr, "😀", 31, "3D D8 00 DE")
  })

  it("numbers: little-endian, of their own size", () => {
    writes(ActiveXBody.ui1, 200, 17, "C8")
    writes(ActiveXBody.i1, -1, 16, "FF")
    writes(ActiveXBody.i2, -2, 2, "FE FF")
    writes(ActiveXBody.ui2, 65, 18, "41 00")
    writes(ActiveXBody.i4, -2, 3, "FE FF FF FF")
    writes(ActiveXBody.ui4, 4_294_967_295, 19, "FF FF FF FF")
    writes(ActiveXBody.i8, -(2n ** 63n), 20, "00 00 00 00 00 00 00 80")
    writes(ActiveXBody.ui8, 2n ** 64n - 1n, 21, "FF FF FF FF FF FF FF FF")
    writes(ActiveXBody.r4, 1.5, 4, "00 00 C0 3F")
    writes(ActiveXBody.r8, -2.5, 5, "00 00 00 00 00 00 04 C0")
  })

  it("booleans: one byte", () => {
    writes(ActiveXBody.bool, true, 11, "FF")
    writes(ActiveXBody.bool, false, 11, "00")
  })

  it("decimals: ten-thousandths", () => {
    writes(ActiveXBody.currency, "1.25", 6, "D4 30 00 00 00 00 00 00")
    writes(ActiveXBody.currency, "-0.0001", 6, "FF FF FF FF FF FF FF FF")
    writes(ActiveXBody.currency, "922337203685477.5807", 6, "FF FF FF FF FF FF FF 7F")
    writes(ActiveXBody.currency, "-922337203685477.5808", 6, "00 00 00 00 00 00 00 80")
    writes(ActiveXBody.currency, "0", 6, "00 00 00 00 00 00 00 00")
  })

  it("dates: ticks, of no zone", () => {
    writes(ActiveXBody.date, "2000-01-01T00:00:00", 7, "00 40 E4 47 02 22 C1 08")
    writes(ActiveXBody.date, "0001-01-01T00:00:00", 7, "00 00 00 00 00 00 00 00")
    writes(ActiveXBody.date, "0001-01-01T00:00:00.0000001", 7, "01 00 00 00 00 00 00 00")
    writes(ActiveXBody.date, "9999-12-31T23:59:59.9999999", 7, "FF 3F 37 F4 75 28 CA 2B")
  })

  it("byte arrays and nothing; GUIDs as WCF writes them", () => {
    writes(ActiveXBody.byteVector, bytes("01 02"), 4113, "01 02")
    writes(ActiveXBody.nothing, null, 1, "")
    const clsid = "33 22 11 00 55 44 77 66 88 99 AA BB CC DD EE FF"
    writes(ActiveXBody.clsid, "00112233-4455-6677-8899-aabbccddeeff", 72, clsid)
  })
})

describe("what COM sends", () => {
  it("is told from what .NET sends: dates are days since 1899-12-30, time of day ahead of its day", () => {
    const cases = [
      ["00 00 00 00 00 00 02 40", "1900-01-01T06:00:00"],
      ["00 00 00 00 00 00 F4 BF", "1899-12-29T06:00:00"],
      ["00 00 00 00 00 00 D0 3F", "1899-12-30T06:00:00"]
    ] as const
    for (const [hex, dateTime] of cases) {
      assert.deepStrictEqual(read(ActiveXBody.date, 7, hex), Result.succeed(dateTime))
      writes(ActiveXBody.oleDate, dateTime, 7, hex)
    }
    const ticks = "00 40 E4 47 02 22 C1 08"
    assert.deepStrictEqual(read(ActiveXBody.oleDate, 7, ticks), Result.succeed("2000-01-01T00:00:00"))
  })

  it("eight zero bytes are the first day of whom the reader expects", () => {
    const zero = "00 00 00 00 00 00 00 00"
    assert.deepStrictEqual(read(ActiveXBody.date, 7, zero), Result.succeed("0001-01-01T00:00:00"))
    assert.deepStrictEqual(read(ActiveXBody.oleDate, 7, zero), Result.succeed("1899-12-30T00:00:00"))
  })

  it("day zero, and what is less than a millisecond away from it, is read back as COM's", () => {
    const dayZero = { _tag: "VT_DATE", value: { form: "double", dateTime: "1899-12-30T00:00:00" } } as const
    for (const hex of [
      "00 00 00 00 00 00 00 80",
      "00 00 00 00 00 00 00 38",
      "00 00 00 00 00 00 00 B8",
      "48 00 C7 FB 6D 00 80 B0",
      "01 00 00 00 00 00 00 80",
      // A day before it, and a time of day that is rounded up to a whole day.
      "FF FF FF FF FF FF FF BF"
    ]) {
      const decoded = MessageBody.activeX.decode({ body: bytes(hex), bodyType: 7 })
      assert.deepStrictEqual(decoded, Result.succeed(dayZero), hex)
    }
    const again = Result.getOrThrow(MessageBody.activeX.encode(dayZero))
    assert.deepStrictEqual(again, { body: bytes("00 00 00 00 00 00 00 80"), bodyType: 7 })
    assert.deepStrictEqual(ActiveXBody.oleDate.decode(again), Result.succeed("1899-12-30T00:00:00"))
    writes(ActiveXBody.oleDate, "1899-12-30T00:00:00", 7, "00 00 00 00 00 00 00 00")
  })

  it("booleans have two bytes, strings are VT_BSTR, arrays 8209", () => {
    assert.deepStrictEqual(read(ActiveXBody.bool, 11, "FF FF"), Result.succeed(true))
    assert.deepStrictEqual(read(ActiveXBody.bool, 11, "00 00"), Result.succeed(false))
    writes(ActiveXBody.bstr, "hé", 8, "68 00 E9 00")
    assert.deepStrictEqual(read(ActiveXBody.lpwstr, 8, "68 00"), Result.succeed("h"))
    assert.deepStrictEqual(read(ActiveXBody.bstr, 31, "68 00"), Result.succeed("h"))
    writes(ActiveXBody.byteArray, bytes("07"), 8209, "07")
    assert.deepStrictEqual(read(ActiveXBody.byteVector, 8209, "07"), Result.succeed(bytes("07")))
  })

  it("terminators and byte order marks are characters like others", () => {
    assert.deepStrictEqual(read(ActiveXBody.lpwstr, 31, "FF FE 41 00 00 00"), Result.succeed("\ufeffA\0"))
    assert.deepStrictEqual(read(ActiveXBody.lpstr, 30, "41 00"), Result.succeed("A\0"))
  })
})

describe("what is refused, and why", () => {
  it("bodies of another type, by the names of both", () => {
    assert.strictEqual(ruleOf(read(ActiveXBody.i4, 8, "01 00 00 00")), "must have body type 3 (VT_I4), not 8 (VT_BSTR)")
    assert.strictEqual(
      ruleOf(read(ActiveXBody.bstr, 99, "")),
      "must have body type 8 (VT_BSTR) or 31 (VT_LPWSTR), not 99"
    )
  })

  it("bodies that are too short or too long, where .NET would make something up", () => {
    const sized = [
      [ActiveXBody.i4, 3, 4],
      [ActiveXBody.i8, 20, 8],
      [ActiveXBody.currency, 6, 8],
      [ActiveXBody.date, 7, 8],
      [ActiveXBody.clsid, 72, 16],
      [ActiveXBody.ui1, 17, 1]
    ] as const
    for (const [codec, bodyType, size] of sized) {
      for (const length of [0, size - 1, size + 1]) {
        const result = (codec as MessageBody.MessageBody<unknown>).decode({ body: new Uint8Array(length), bodyType })
        assert.strictEqual(ruleOf(result), `must have ${size} byte${size === 1 ? "" : "s"}, not ${length}`)
      }
    }
    assert.strictEqual(ruleOf(read(ActiveXBody.bool, 11, "")), "must have 1 or 2 bytes, not 0")
    assert.strictEqual(
      ruleOf(read(ActiveXBody.lpwstr, 31, "41")),
      "must have an even number of bytes to be UTF-16, not 1"
    )
  })

  it("text that is none", () => {
    assert.strictEqual(ruleOf(read(ActiveXBody.lpwstr, 31, "3D D8")), "must be well-formed UTF-16LE")
    assert.strictEqual(ruleOf(read(ActiveXBody.lpstr, 30, "41 E9")), "must be ASCII: byte 1 is 233, more than 127")
    assert.include(ruleOf(ActiveXBody.lpwstr.encode("\ud83d")), "half of a surrogate pair")
    assert.strictEqual(ruleOf(ActiveXBody.lpstr.encode("né")), "must be ASCII, which has no é")
  })

  it("numbers out of range and of the wrong kind", () => {
    assert.strictEqual(ruleOf(ActiveXBody.ui1.encode(256)), "must be a whole number from 0 to 255")
    for (const value of [2 ** 31, 0.5, Number.NaN]) {
      assert.include(ruleOf(ActiveXBody.i4.encode(value)), "whole number from -2147483648 to 2147483647")
    }
    assert.include(ruleOf(ActiveXBody.ui8.encode(-1n)), "bigint from 0 to 18446744073709551615")
    assert.include(ruleOf(ActiveXBody.r4.encode(1e39)), "3.4028235E+38")
    for (const amount of ["1.00001", "922337203685477.5808", "1e3", "", "one"]) {
      assert.include(ruleOf(ActiveXBody.currency.encode(amount)), "at most 4 digits after the point")
    }
  })

  it("dates that say a zone, that there are not, or that the form has not", () => {
    for (const text of ["2000-01-01T00:00:00Z", "2001-02-29T00:00:00", "2000-01-01", "0000-01-01T00:00:00"]) {
      assert.include(ruleOf(ActiveXBody.date.encode(text)), "without a zone")
    }
    assert.include(ruleOf(ActiveXBody.oleDate.encode("2000-01-01T00:00:00.0001")), "whole milliseconds")
    assert.include(ruleOf(ActiveXBody.oleDate.encode("0099-12-31T00:00:00")), "from the year 100")
    assert.include(ruleOf(read(ActiveXBody.date, 7, "00 00 00 00 00 00 F8 7F")), "must be a date")
    assert.include(ruleOf(read(ActiveXBody.date, 7, "00 00 00 00 00 00 F0 7F")), "must be a date")
  })
})

describe("any value of ActiveX", () => {
  const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
  const ticks = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum: 3_155_378_975_999_999_999n }))
  const int64 = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n }))

  it.prop("numbers are read back as they were", [int(-128, 127), int64, Schema.Number], ([small, large, real]) => {
    const values: ReadonlyArray<ActiveXBody.ActiveXValue> = [
      { _tag: "VT_I1", value: small },
      { _tag: "VT_I2", value: small * 256 },
      { _tag: "VT_I4", value: small * 2 ** 24 },
      { _tag: "VT_I8", value: large },
      { _tag: "VT_UI8", value: BigInt.asUintN(64, large) },
      { _tag: "VT_R4", value: Math.fround(small / 3) },
      { _tag: "VT_R8", value: real },
      { _tag: "VT_DATE", value: { form: "ticks", dateTime: "2026-05-01T08:30:00.1234567" } }
    ]
    for (const value of values) {
      const encoded = Result.getOrThrow(MessageBody.activeX.encode(value))
      assert.strictEqual(encoded.bodyType, BodyType.numbers[value._tag])
      assert.deepStrictEqual(MessageBody.activeX.decode(encoded), Result.succeed(value))
    }
  })

  it.prop("every currency is read back as it was", [int64], ([amount]) => {
    const body = new Uint8Array(8)
    new DataView(body.buffer).setBigInt64(0, amount, true)
    const text = Result.getOrThrow(ActiveXBody.currency.decode({ body, bodyType: 6 }))
    assert.deepStrictEqual(ActiveXBody.currency.encode(text), Result.succeed({ body, bodyType: 6 }))
  })

  it.prop("every tick is a date of its own", [ticks], ([count]) => {
    const body = new Uint8Array(8)
    new DataView(body.buffer).setBigInt64(0, count, true)
    const text = Result.getOrThrow(ActiveXBody.date.decode({ body, bodyType: 7 }))
    assert.deepStrictEqual(ActiveXBody.date.encode(text), Result.succeed({ body, bodyType: 7 }))
  })

  const instants = Arbitrary.schema(
    Schema.Date.check(
      Schema.isBetweenDate({ minimum: new Date("0100-01-01T00:00:00Z"), maximum: new Date("9999-12-31T23:59:59.999Z") })
    )
  )

  it.prop("a date in COM's form is the same to the millisecond, whoever reads it", [instants], ([instant]) => {
    const sent = instant.toISOString().replace(/\.?0*Z$/, "")
    const encoded = Result.getOrThrow(ActiveXBody.oleDate.encode(sent))
    assert.deepStrictEqual(ActiveXBody.oleDate.decode(encoded), Result.succeed(sent))
  })

  it.prop("any eight bytes are a date that is read back, or a rule", [Schema.Number, int64], ([days, bits]) => {
    for (const number of [days, days / 1e300, Math.round(days), days % 1, days % 1e7]) {
      for (const write of [
        (view: DataView) => view.setFloat64(0, number, true),
        (view: DataView) => view.setBigInt64(0, bits, true),
        (view: DataView) => view.setBigInt64(0, bits >> 8n, true)
      ]) {
        const body = new Uint8Array(8)
        write(new DataView(body.buffer))
        const decoded = MessageBody.activeX.decode({ body, bodyType: 7 })
        if (Result.isFailure(decoded)) continue
        const again = Result.getOrThrow(MessageBody.activeX.encode(decoded.success))
        assert.deepStrictEqual(MessageBody.activeX.decode(again), decoded)
      }
    }
  })

  it.prop(
    "random bytes of any type are a value or a rule, and what they are is written as they were read",
    [Schema.Uint8Array, Schema.Literals(Object.values(BodyType.numbers))],
    ([body, bodyType]) => {
      const decoded = MessageBody.activeX.decode({ body, bodyType })
      if (Result.isFailure(decoded)) return assert.match(decoded.failure, /^must /)
      const again = Result.getOrThrow(MessageBody.activeX.encode(decoded.success))
      assert.deepStrictEqual(MessageBody.activeX.decode(again), decoded)
    }
  )

  it("objects that save themselves are never made", () => {
    for (const bodyType of [68, 69, 768]) {
      assert.include(ruleOf(MessageBody.activeX.decode({ body: new Uint8Array(16), bodyType })), `not ${bodyType}`)
    }
  })

  it("a tag that there is not is a rule", () => {
    const value = { _tag: "VT_VARIANT", value: 1 } as unknown as ActiveXBody.ActiveXValue
    assert.include(ruleOf(MessageBody.activeX.encode(value)), "not VT_VARIANT")
  })
})
