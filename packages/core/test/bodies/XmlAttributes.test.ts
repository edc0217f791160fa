import { MessageBody, XmlValue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"

const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const xsd = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'

const encoded = (text: string): MessageBody.EncodedBody => ({ body: new TextEncoder().encode(text), bodyType: 0 })

const isWritten = <A>(codec: MessageBody.MessageBody<A>, value: A, ...lines: ReadonlyArray<string>) => {
  const written = Result.getOrThrow(codec.encode(value))
  assert.strictEqual(new TextDecoder().decode(written.body), ['<?xml version="1.0"?>', ...lines].join("\r\n"))
  assert.deepStrictEqual(codec.decode(written), Result.succeed(value))
}

const ruleOf = (result: Result.Result<unknown, string>): string => {
  assert(Result.isFailure(result))
  return result.failure
}

describe("a member that is null", () => {
  const Line = Schema.Struct({ Price: XmlValue.Decimal })
  const Order = Schema.Struct({
    Note: Schema.NullOr(Schema.String),
    Blob: Schema.NullOr(Schema.Uint8Array),
    First: Schema.NullOr(Line),
    Tags: Schema.NullOr(Schema.Array(Schema.NullOr(Schema.String))),
    Due: Schema.NullOr(Schema.Date),
    Count: Schema.NullOr(Schema.Int)
  })
  const nothing = { Note: null, Blob: null, First: null, Tags: null, Due: null, Count: null }

  it("is left out where it is a reference in .NET, which would make an empty one of nil, and nil where it is a value", () => {
    isWritten(
      MessageBody.xml(Order, { root: "Order" }),
      nothing,
      `<Order ${xsi} ${xsd}>`,
      '  <Due xsi:nil="true" />',
      '  <Count xsi:nil="true" />',
      "</Order>"
    )
  })

  it("is nil where .NET has IsNullable = true", () => {
    isWritten(
      MessageBody.xml(Order, { root: "Order", nillable: ["Note", "First"] }),
      nothing,
      `<Order ${xsi} ${xsd}>`,
      '  <Note xsi:nil="true" />',
      '  <First xsi:nil="true" />',
      '  <Due xsi:nil="true" />',
      '  <Count xsi:nil="true" />',
      "</Order>"
    )
  })

  it("is read from nil and from its absence", () => {
    const codec = MessageBody.xml(Order, { root: "Order" })
    const names = Object.keys(nothing)
    const nil = `<Order ${xsi}>${names.map((name) => `<${name} xsi:nil="true" />`).join("")}</Order>`
    for (const text of ["<Order />", nil]) assert.deepStrictEqual(codec.decode(encoded(text)), Result.succeed(nothing))
  })

  it("within an array is nil, and refused where the items stand in the class itself", () => {
    const Lists = Schema.Struct({
      A: Schema.Array(Schema.NullOr(Schema.String)),
      N: Schema.Array(Schema.NullOr(Schema.Int))
    })
    isWritten(
      MessageBody.xml(Lists, { root: "Lists", repeated: ["N"] }),
      { A: [null], N: [null, 1] },
      `<Lists ${xsi} ${xsd}>`,
      "  <A>",
      '    <string xsi:nil="true" />',
      "  </A>",
      '  <N xsi:nil="true" />',
      "  <N>1</N>",
      "</Lists>"
    )
    const repeated = MessageBody.xml(Lists, { root: "Lists", repeated: ["A"] })
    assert.strictEqual(
      ruleOf(repeated.encode({ A: ["a", null], N: [] })),
      "must have no null in Lists/A[2]: a repeated element has no form for it that .NET reads, unless it has " +
        'IsNullable = true (then give { nillable: ["A"] })'
    )
    const nillable = MessageBody.xml(Lists, { root: "Lists", repeated: ["A"], nillable: ["A"] })
    assert.isTrue(Result.isSuccess(nillable.encode({ A: ["a", null], N: [] })))
  })
})

describe("[Flags]", () => {
  const Access = { None: 0, Read: 1, Write: 2, Both: 3, Admin: 4 }
  const codec = MessageBody.xml(Schema.Struct({ Access: XmlValue.Flags(Access) }), { root: "File" })
  const text = (names: string) => encoded(`<File><Access>${names}</Access></File>`)

  it("are the name of one member, or those that .NET finds", () => {
    const cases = [
      [0, "None"],
      [1, "Read"],
      [3, "Both"],
      [5, "Read Admin"],
      [7, "Read Write Both Admin"]
    ] as const
    for (const [Access, names] of cases) {
      const written = new TextDecoder().decode(Result.getOrThrow(codec.encode({ Access })).body)
      assert.include(written, `<Access>${names}</Access>`)
      assert.deepStrictEqual(codec.decode(text(names)), Result.succeed({ Access }))
    }
    assert.deepStrictEqual(codec.decode(text(" Admin\r\n\u0085Both ")), Result.succeed({ Access: 7 }))
    assert.deepStrictEqual(codec.decode(text("")), Result.succeed({ Access: 0 }))
  })

  it("of other names or bits are refused", () => {
    assert.include(
      ruleOf(codec.decode(text("Read Delete"))),
      "the bits of None, Read, Write, Both, Admin in File/Access"
    )
    assert.include(ruleOf(codec.encode({ Access: 8 })), "the bits of None, Read, Write, Both, Admin")
  })
})

describe("[XmlText]", () => {
  const Amount = Schema.Struct({ Currency: Schema.String, Value: XmlValue.Decimal }).annotate({ identifier: "Amount" })

  it("is the text of a class beside its attributes", () => {
    isWritten(
      MessageBody.xml(Schema.Struct({ Total: Amount }), { root: "Bill", attributes: ["Currency"], text: ["Value"] }),
      { Total: { Currency: "EUR", Value: "7.00" } },
      `<Bill ${xsi} ${xsd}>`,
      '  <Total Currency="EUR">7.00</Total>',
      "</Bill>"
    )
  })

  it("that is null or absent is no text", () => {
    const Text = Schema.Struct({ A: Schema.NullOr(Schema.String) })
    isWritten(MessageBody.xml(Text, { root: "T", text: ["A"] }), { A: null }, `<T ${xsi} ${xsd} />`)
    const Maybe = Schema.Struct({ A: Schema.optionalKey(Schema.String) })
    isWritten(MessageBody.xml(Maybe, { root: "T", text: ["A"] }), {}, `<T ${xsi} ${xsd} />`)
  })

  it("of a class with elements, or one that is no single value, is refused when the codec is made", () => {
    const Lists = Schema.Struct({ A: Schema.Array(Schema.Int) })
    assert.throws(() => MessageBody.xml(Lists, { root: "L", text: ["A"] }), "A can be no text of its class")
    const Two = Schema.Struct({ A: Schema.String, B: Schema.String })
    assert.throws(() => MessageBody.xml(Two, { root: "L", text: ["A"] }), "has a text and elements")
    assert.throws(() => MessageBody.xml(Two, { root: "L", text: ["A", "B"] }), "has several texts")
    assert.throws(() => MessageBody.xml(Two, { root: "L", text: ["A"], attributes: ["A", "B"] }), "A has several forms")
  })
})

describe("members in another namespace", () => {
  const Line = Schema.Struct({ Price: XmlValue.Decimal }).annotate({ identifier: "Line" })

  it("declare it, and so does what is in them", () => {
    isWritten(
      MessageBody.xml(Schema.Struct({ Own: Schema.String, Other: Line, None: Schema.String, Kind: Schema.String }), {
        root: "Order",
        namespace: "urn:orders",
        namespaces: { Other: "urn:other", None: "", Kind: "urn:other" },
        attributes: ["Kind"]
      }),
      { Own: "a", Other: { Price: "1" }, None: "b", Kind: "c" },
      `<Order ${xsi} ${xsd} d1p1:Kind="c" xmlns:d1p1="urn:other" xmlns="urn:orders">`,
      "  <Own>a</Own>",
      '  <Other xmlns="urn:other">',
      "    <Price>1</Price>",
      "  </Other>",
      '  <None xmlns="">b</None>',
      "</Order>"
    )
  })

  it("are those of a class with a namespace of its own", () => {
    isWritten(
      MessageBody.xml(Schema.Struct({ Lines: Schema.Array(Line) }), { root: "Order", types: { Line: "urn:lines" } }),
      { Lines: [{ Price: "1" }] },
      `<Order ${xsi} ${xsd}>`,
      "  <Lines>",
      "    <Line>",
      '      <Price xmlns="urn:lines">1</Price>',
      "    </Line>",
      "  </Lines>",
      "</Order>"
    )
  })
})

describe("days, times of day, and dates with their offset", () => {
  const isText = (codec: MessageBody.MessageBody<string>, name: string, text: string) =>
    isWritten(codec, text, `<${name}>${text}</${name}>`)
  const isRefused = (codec: MessageBody.MessageBody<string>, name: string, text: string) => {
    assert.match(ruleOf(codec.decode(encoded(`<${name}>${text}</${name}>`))), /^must have a/, text)
    assert.match(ruleOf(codec.encode(text)), /^must /, text)
  }

  it("are text as it stands there", () => {
    const [date, time, offset] = [XmlValue.Date, XmlValue.Time, XmlValue.DateTimeOffset].map((schema) =>
      MessageBody.xml(schema)
    )
    for (const text of ["2026-05-01", "2026-05-01Z", "2026-05-01+02:00"]) isText(date!, "date", text)
    for (const text of ["2026-02-30", "2026-05-01T00:00:00", "0000-01-01", ""]) isRefused(date!, "date", text)
    for (const text of ["08:30:00", "08:30:00.1234567", "08:30:00Z", "08:30:00.5-03:30"]) isText(time!, "time", text)
    for (const text of ["24:00:00", "08:30", "08:30:00.12345678", ""]) isRefused(time!, "time", text)
    for (const text of ["2026-05-01T08:30:00.1234567+02:00", "2026-05-01T08:30:00Z"])
      isText(offset!, "dateTimeOffset", text)
    for (const text of ["2026-05-01T08:30:00", "0001-01-01T00:00:00+14:00", "2026-05-01T08:30:00.12345678Z", ""]) {
      isRefused(offset!, "dateTimeOffset", text)
    }
  })

  it("a DateTimeOffset of .NET Framework, which is empty, says where its value went", () => {
    const codec = MessageBody.xml(Schema.Struct({ At: XmlValue.DateTimeOffset }), { root: "Order" })
    assert.include(ruleOf(codec.decode(encoded("<Order><At /></Order>"))), "which lose the value")
  })

  it("an instant that is beyond the calendar in UTC is not read, as it could not be written", () => {
    for (const schema of [Schema.Date, Schema.DateTimeUtc]) {
      const codec = MessageBody.xml<unknown>(schema)
      for (const text of ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]) {
        assert.include(ruleOf(codec.decode(encoded(`<dateTime>${text}</dateTime>`))), "from the year 1 to 9999 in UTC")
      }
    }
  })
})

describe("what the two generations of .NET write for one value", () => {
  it("is read alike: declarations, numbers, ends of lines, tabs", () => {
    const codec = MessageBody.xml(Schema.Struct({ D: Schema.Finite, S: Schema.String, A: Schema.String }), {
      root: "Order",
      attributes: ["A"]
    })
    const framework = `<?xml version="1.0"?>\r\n<Order ${xsi} ${xsd} A="a\tb"><D>0.33333333333333331</D><S>a\tb</S></Order>`
    const net10 = `<?xml version="1.0" encoding="utf-8"?>\n<Order ${xsi} ${xsd} A="a&#x9;b"><D>0.3333333333333333</D><S>a\tb</S></Order>`
    for (const text of [framework, net10]) {
      assert.deepStrictEqual(codec.decode(encoded(text)), Result.succeed({ D: 1 / 3, S: "a\tb", A: "a\tb" }))
    }
    const attribute = codec.decode(encoded('<Order A="a\r\n\tb"><D>1E+21</D><S>&#x01;&#x1;&#1;</S></Order>'))
    assert.deepStrictEqual(attribute, Result.succeed({ D: 1e21, S: "\u0001\u0001\u0001", A: "a\r\n\tb" }))
  })
})
