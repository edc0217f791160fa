import { ActiveXBody, BodyType, MessageBody, type XmlValue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Result, Schema, SchemaGetter } from "effect"

const utf8 = (text: string) => new TextEncoder().encode(text)
const ofType = (bodyType: number, body: Uint8Array): MessageBody.EncodedBody => ({ body, bodyType })

const ruleOf = (result: Result.Result<unknown, string>): string => {
  assert(Result.isFailure(result))
  return result.failure
}

const wellFormed = Schema.String.check(Schema.makeFilter((text: string) => text.isWellFormed()))

describe("bytes", () => {
  it.prop("are what they are, of whatever type", [Schema.Uint8Array, Schema.Int], ([body, bodyType]) => {
    assert.deepStrictEqual(MessageBody.bytes.encode(body), Result.succeed({ body, bodyType: 0 }))
    assert.deepStrictEqual(MessageBody.bytes.decode({ body, bodyType }), Result.succeed(body))
  })
})

describe("text", () => {
  it.prop("is UTF-8, and read back as it was", [wellFormed], ([text]) => {
    const encoded = Result.getOrThrow(MessageBody.text.encode(text))
    assert.deepStrictEqual(encoded, { body: utf8(text), bodyType: 0 })
    // A mark at the beginning is no text.
    assert.deepStrictEqual(MessageBody.text.decode(encoded), Result.succeed(text.replace(/^\ufeff/, "")))
  })

  it.prop("is read from every sender of text", [wellFormed], ([text]) => {
    const expected = Result.succeed(text.replace(/^\ufeff/, ""))
    for (const codec of [ActiveXBody.bstr, ActiveXBody.lpwstr]) {
      assert.deepStrictEqual(MessageBody.text.decode(Result.getOrThrow(codec.encode(text))), expected)
    }
  })

  it("is read by its byte order mark where its type does not say what it is", () => {
    const utf16 = Buffer.from("\ufeffÅb", "utf16le")
    for (const body of [utf8("\ufeffÅb"), utf16, Buffer.from(utf16).swap16(), utf8("Åb")]) {
      for (const bodyType of [0, 4113, 8209]) {
        assert.deepStrictEqual(MessageBody.text.decode({ body, bodyType }), Result.succeed("Åb"))
      }
    }
    assert.deepStrictEqual(MessageBody.text.decode(ofType(30, utf8("abc"))), Result.succeed("abc"))
  })

  it("that is none is refused with what is wrong", () => {
    assert.strictEqual(
      ruleOf(MessageBody.text.decode(ofType(0, Uint8Array.of(0x61, 0xff)))),
      "must be well-formed UTF-8"
    )
    assert.include(ruleOf(MessageBody.text.decode(ofType(3, utf8("1234")))), "must have a body type of text")
    assert.include(ruleOf(MessageBody.text.decode(ofType(768, utf8("1234")))), "not 768 (VT_BINARY_OBJECT)")
    assert.include(ruleOf(MessageBody.text.encode("\udc00")), "must be well-formed Unicode")
    assert.strictEqual(ruleOf(MessageBody.text.encode(7 as unknown as string)), "must be a string")
  })
})

describe("JSON", () => {
  const Order = Schema.Struct({
    id: Schema.Int,
    amount: Schema.BigInt,
    due: Schema.Date,
    lines: Schema.Array(Schema.Struct({ article: wellFormed, blob: Schema.Uint8Array })),
    note: Schema.optionalKey(Schema.NullOr(wellFormed))
  })
  const json = MessageBody.json(Order)

  it.prop("of any value of a schema is read back as it was, by whatever type text has", [Order], ([value]) => {
    // JSON has no negative zero.
    const order = { ...value, id: value.id + 0 }
    const encoded = Result.getOrThrow(json.encode(order))
    assert.strictEqual(encoded.bodyType, 0)
    assert.deepStrictEqual(json.decode(encoded), Result.succeed(order))
    const asText = Result.getOrThrow(MessageBody.text.decode(encoded))
    const fromCom = Result.getOrThrow(ActiveXBody.bstr.encode(asText))
    assert.deepStrictEqual(json.decode(fromCom), Result.succeed(order))
  })

  it.prop("random bytes are a value or a rule, never a crash", [Schema.Uint8Array, Schema.String], ([body, text]) => {
    for (const encoded of [
      ofType(0, body),
      ofType(31, body),
      ofType(0, utf8(text)),
      ofType(0, utf8(`{"id":${text}}`))
    ]) {
      const result = json.decode(encoded)
      if (Result.isFailure(result)) assert.match(result.failure, /^must /)
    }
  })

  it("what does not fit is named by its place, and of much only the beginning", () => {
    const rule = ruleOf(json.decode(ofType(0, utf8('{"id":1,"amount":"2","due":"x","lines":[{"article":1}]}'))))
    assert.match(rule, /^must fit its schema: due: Expected .*; lines\[0\]\.article: Expected string/)
    assert.include(
      ruleOf(json.decode(ofType(0, utf8("{}")))),
      "id: Missing key; amount: Missing key; due: Missing key (and 1 more)"
    )
    assert.match(ruleOf(json.decode(ofType(0, utf8('{"id":')))), /^must be JSON: /)
    const wrong = { id: 0.5, amount: 1n, due: new Date(0), lines: [] }
    assert.strictEqual(ruleOf(json.encode(wrong)), "must fit its schema: id: Expected an integer")
  })

  it("a plain object in the place of a class's instance is told how to be one", () => {
    class Line extends Schema.Class<Line>("Line")({ Price: Schema.Int }) {}
    class Order extends Schema.Class<Order>("Order")({ Id: Schema.Int, Lines: Schema.Array(Line) }) {}
    const plain = { Id: 7, Lines: [] } as const
    for (const codec of [MessageBody.json(Order), MessageBody.xml(Order)]) {
      const rule = "must fit its schema: Expected Order, an instance of its class: make one with new Order({ ... })"
      // A class is a type to TypeScript that a plain object fits, too.
      assert.strictEqual(ruleOf(codec.encode(plain)), rule)
      const order = new Order(plain)
      const within = Object.assign(Object.create(Order.prototype) as Order, { Id: 7, Lines: [{ Price: 1 }] })
      assert.strictEqual(
        ruleOf(codec.encode(within)),
        "must fit its schema: Lines[0]: Expected Line, an instance of its class: make one with new Line({ ... })"
      )
      assert.deepStrictEqual(Result.flatMap(codec.encode(order), codec.decode), Result.succeed(order))
    }
  })

  const sender = { utf8, utf16: (text: string) => new Uint8Array(Buffer.from(text, "utf16le")) }

  it("a single NUL behind JSON, as C sends with strlen + 1, is ignored; XML ends at a NUL, whatever is behind it", () => {
    const json = MessageBody.json(Schema.Struct({ a: Schema.Int }))
    const xml = MessageBody.xml(Schema.Int)
    const bodies = [
      [json, 0, sender.utf8, '{"a":1}', { a: 1 }],
      [json, 4113, sender.utf8, '{"a":1}', { a: 1 }],
      [json, 30, sender.utf8, '{"a":1}', { a: 1 }],
      [json, 8, sender.utf16, '{"a":1}', { a: 1 }],
      [json, 31, sender.utf16, '{"a":1}', { a: 1 }],
      [json, 0, sender.utf16, '\ufeff{"a":1}', { a: 1 }],
      [xml, 0, sender.utf8, "<int>7</int>", 7],
      [xml, 0, sender.utf8, "\ufeff<int>7</int>\r\n", 7],
      [xml, 0, sender.utf16, "<int>7</int>", 7],
      [xml, 0, sender.utf16, '\ufeff<?xml version="1.0" encoding="utf-16"?><int>7</int>', 7]
    ] as const
    for (const [codec, bodyType, bytes, text, value] of bodies) {
      const read = (text: string): Result.Result<unknown, string> => codec.decode({ body: bytes(text), bodyType })
      assert.deepStrictEqual(read(text), Result.succeed(value))
      assert.deepStrictEqual(read(`${text}\0`), Result.succeed(value))
      const further = [`${text}\0\0`, `${text}\0 `, `${text}\0x`]
      if (codec === xml) for (const ended of further) assert.deepStrictEqual(read(ended), Result.succeed(value))
      for (const wrong of [...(codec === json ? further : []), `\0${text}`, "\0"]) {
        assert.isTrue(Result.isFailure(read(wrong)), JSON.stringify(wrong))
      }
    }
    // A NUL of one byte is no unit of UTF-16.
    const half = { body: Uint8Array.of(...sender.utf16('{"a":1}'), 0), bodyType: 31 }
    assert.include(ruleOf(json.decode(half)), "even number of bytes")
    assert.deepStrictEqual(MessageBody.text.decode({ body: utf8("a\0"), bodyType: 0 }), Result.succeed("a\0"))
  })

  it("a schema that does not end at once, or dies, is a rule, not a crash", () => {
    const transforms = [
      Effect.delay(Effect.succeed("x"), "1 second"),
      Effect.die("the disk is full"),
      Effect.promise(() => Promise.resolve("x"))
    ]
    for (const effect of transforms) {
      const getter = SchemaGetter.transformEffect<string, string>(() => effect)
      const codec = MessageBody.json(
        Schema.String.pipe(Schema.decodeTo(Schema.String, { decode: getter, encode: getter }))
      )
      assert.match(ruleOf(codec.decode(ofType(0, utf8('"x"')))), /^must be converted by its schema at once/)
      assert.match(ruleOf(codec.encode("x")), /^must be converted by its schema at once/)
    }
  })
})

describe("what BinaryMessageFormatter wrote", () => {
  const stream = Uint8Array.of(0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0)

  it("is handed out as bytes with its type, and goes on as it came", () => {
    const encoded = ofType(768, stream)
    assert.deepStrictEqual(MessageBody.binaryFormatter.decode(encoded), Result.succeed(stream))
    assert.deepStrictEqual(MessageBody.binaryFormatter.encode(stream), Result.succeed(encoded))
  })

  it("is told by its type", () => {
    assert.strictEqual(
      ruleOf(MessageBody.binaryFormatter.decode(ofType(0, stream))),
      "must have body type 768 (VT_BINARY_OBJECT), not 0 (VT_EMPTY)"
    )
  })
})

describe("whatever comes", () => {
  it.prop(
    "is decoded if it is what its type says, is bytes if not, and goes on as it came",
    [Schema.Uint8Array, Schema.Literals([...Object.values(BodyType.numbers), 12, 65_535])],
    ([body, bodyType]) => {
      const value = Result.getOrThrow(MessageBody.any.decode({ body, bodyType }))
      const known = MessageBody.activeX.decode({ body, bodyType })
      assert.deepStrictEqual<unknown>(
        value,
        Result.isSuccess(known) ? known.success : { _tag: "bytes", body, bodyType }
      )
      const again = Result.getOrThrow(MessageBody.any.encode(value))
      assert.strictEqual(again.bodyType, bodyType)
      assert.deepStrictEqual(MessageBody.any.decode(again), Result.succeed(value))
    }
  )

  it("an object that saves itself is bytes", () => {
    for (const bodyType of [0, 68, 69, 768]) {
      const encoded = ofType(bodyType, utf8("CLSID"))
      assert.deepStrictEqual(MessageBody.any.decode(encoded), Result.succeed({ _tag: "bytes", ...encoded }))
    }
  })
})

describe("types", () => {
  it("a codec takes and gives what its schema does, and nothing else", () => {
    const json = MessageBody.json(Schema.Struct({ id: Schema.Int, due: Schema.Date }))
    const order: Parameters<typeof json.encode>[0] = { id: 1, due: new Date(0) }
    // @ts-expect-error a key is missing
    assert.isTrue(Result.isFailure(json.encode({ id: 1 })))
    // @ts-expect-error JSON's own form is not the value's
    assert.isTrue(Result.isFailure(json.encode({ id: 1, due: "1970-01-01" })))
    // @ts-expect-error text is no number
    assert.isTrue(Result.isFailure(ActiveXBody.i4.encode("1")))
    // @ts-expect-error 64 bits are a bigint
    assert.isTrue(Result.isFailure(ActiveXBody.i8.encode(1)))
    // @ts-expect-error the value is of another type than its tag
    assert.isTrue(Result.isFailure(MessageBody.activeX.encode({ _tag: "VT_I8", value: 1 })))
    // @ts-expect-error a long is a bigint
    const long: typeof XmlValue.Long.Type = 1
    assert.deepStrictEqual([typeof long, order.id], ["number", 1])
  })

  it("a schema that needs services is refused", () => {
    class Prices extends Context.Service<Prices, { readonly of: (article: string) => number }>()("Prices") {}
    const getter = SchemaGetter.transformEffect<string, string, Prices>((text) => Effect.as(Prices, text))
    const Priced = Schema.String.pipe(
      Schema.decodeTo(Schema.String, { decode: getter, encode: SchemaGetter.passthrough() })
    )
    // @ts-expect-error nobody provides Prices where a body is decoded
    const json = MessageBody.json(Priced)
    // @ts-expect-error nor for XML
    const xml = MessageBody.xml(Priced)
    assert.match(ruleOf(json.decode(ofType(0, utf8('"x"')))), /^must be converted by its schema/)
    assert.match(ruleOf(xml.decode(ofType(0, utf8("<string>x</string>")))), /^must be converted by its schema/)
  })
})
