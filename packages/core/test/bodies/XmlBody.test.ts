// .NET's numbers may be infinite, and none.
// @effect-diagnostics schemaNumber:off
import { MessageBody, MsmqError, XmlValue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, DateTime, Duration, Result, Schema } from "effect"

const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const xsd = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'

const encoded = (text: string): MessageBody.EncodedBody => ({ body: new TextEncoder().encode(text), bodyType: 0 })

/** The document that .NET Framework writes for a root element, given in lines. */
const document = (...lines: ReadonlyArray<string>) => ['<?xml version="1.0"?>', ...lines].join("\r\n")

/** Documents of every .NET for the same value: by its version, and in either order of the namespaces. */
const forms = (text: string): ReadonlyArray<string> => {
  const declared = text.replace('version="1.0"', 'version="1.0" encoding="utf-8"')
  const oneLine = declared.replaceAll(/\r\n */g, "")
  return [text, `\ufeff${oneLine}`, declared].flatMap((form) => [form, form.replace(`${xsi} ${xsd}`, `${xsd} ${xsi}`)])
}

/** A value is written just as .NET Framework does, and read from every form. */
const isWritten = <A>(codec: MessageBody.MessageBody<A>, value: A, ...lines: ReadonlyArray<string>) => {
  const text = document(...lines)
  const written = Result.getOrThrow(codec.encode(value))
  assert.strictEqual(new TextDecoder().decode(written.body), text)
  assert.strictEqual(written.bodyType, 0)
  for (const form of forms(text)) assert.deepStrictEqual(codec.decode(encoded(form)), Result.succeed(value))
}

const isRead = <A>(codec: MessageBody.MessageBody<A>, text: string, value: A) =>
  assert.deepStrictEqual(codec.decode(encoded(text)), Result.succeed(value))

const ruleOf = (result: Result.Result<unknown, string>): string => {
  assert(Result.isFailure(result))
  return result.failure
}

const refusal = <A>(codec: MessageBody.MessageBody<A>, text: string) => ruleOf(codec.decode(encoded(text)))

class Line extends Schema.Class<Line>("Line")({
  Article: Schema.String,
  Quantity: XmlValue.UnsignedByte,
  Price: XmlValue.Decimal
}) {}

class Order extends Schema.Class<Order>("Order")({
  Id: XmlValue.Guid,
  Number: XmlValue.Long,
  Placed: XmlValue.DateTime,
  Due: Schema.NullOr(Schema.Date),
  Note: Schema.optionalKey(Schema.String),
  State: Schema.Literals(["Open", "Shipped"]),
  Paid: Schema.Boolean,
  Lines: Schema.Array(Line),
  Tags: Schema.Array(Schema.String)
}) {}

const order = new Order({
  Id: "00112233-4455-6677-8899-aabbccddeeff",
  Number: 9_007_199_254_740_993n,
  Placed: "2026-05-01T08:30:00.1234567",
  Due: null,
  State: "Open",
  Paid: false,
  Lines: [
    new Line({ Article: "Nut & bolt", Quantity: 2, Price: "7.00" }),
    new Line({ Article: "", Quantity: 255, Price: "-0.5" })
  ],
  Tags: []
})

describe("simple values", () => {
  it("are called as in .NET, and declare no namespaces", () => {
    isWritten(MessageBody.xml(Schema.Int), 42, "<int>42</int>")
    isWritten(MessageBody.xml(Schema.String), 'say "hi" & <go>', '<string>say "hi" &amp; &lt;go&gt;</string>')
    isWritten(MessageBody.xml(Schema.String), "", "<string />")
    isWritten(MessageBody.xml(Schema.Boolean), true, "<boolean>true</boolean>")
    isWritten(MessageBody.xml(XmlValue.Byte), -128, "<byte>-128</byte>")
    isWritten(MessageBody.xml(XmlValue.UnsignedByte), 255, "<unsignedByte>255</unsignedByte>")
    isWritten(MessageBody.xml(XmlValue.Short), -1, "<short>-1</short>")
    isWritten(MessageBody.xml(XmlValue.UnsignedShort), 1, "<unsignedShort>1</unsignedShort>")
    isWritten(MessageBody.xml(XmlValue.UnsignedInt), 4_294_967_295, "<unsignedInt>4294967295</unsignedInt>")
    isWritten(MessageBody.xml(Schema.BigInt), -(2n ** 63n), "<long>-9223372036854775808</long>")
    isWritten(
      MessageBody.xml(XmlValue.UnsignedLong),
      2n ** 64n - 1n,
      "<unsignedLong>18446744073709551615</unsignedLong>"
    )
    isWritten(MessageBody.xml(XmlValue.Char), "A", "<char>65</char>")
    isWritten(
      MessageBody.xml(Schema.String.check(Schema.isGUID())),
      "00112233-4455-6677-8899-aabbccddeeff",
      "<guid>00112233-4455-6677-8899-aabbccddeeff</guid>"
    )
    isWritten(MessageBody.xml(Schema.Uint8Array), Uint8Array.of(1, 2, 255), "<base64Binary>AQL/</base64Binary>")
    isWritten(MessageBody.xml(Schema.Uint8Array), new Uint8Array(0), "<base64Binary />")
  })

  it("numbers have .NET's invariant forms", () => {
    const double = MessageBody.xml(Schema.Number)
    const cases: ReadonlyArray<readonly [number, string]> = [
      [2.5, "2.5"],
      [1e20, "1E+20"],
      [1e-7, "1E-07"],
      [1.5e300, "1.5E+300"],
      [123_456_789_012_345, "123456789012345"],
      [1 / 3, "0.33333333333333331"],
      [5187.900000000001, "5187.9000000000005"],
      [9_007_199_254_740_992, "9007199254740992"],
      [8.45e21, "8.4499999999999995E+21"],
      [0.0001, "0.0001"],
      [Number.POSITIVE_INFINITY, "INF"],
      [Number.NEGATIVE_INFINITY, "-INF"],
      [Number.NaN, "NaN"],
      [-0, "-0"]
    ]
    for (const [value, text] of cases) isWritten(double, value, `<double>${text}</double>`)
    const singles: ReadonlyArray<readonly [number, string]> = [
      [0.1, "0.1"],
      [1 / 3, "0.333333343"],
      [1e7, "1E+07"],
      [16_777_216, "16777216"]
    ]
    for (const [value, text] of singles) {
      isWritten(MessageBody.xml(XmlValue.Float), Math.fround(value), `<float>${text}</float>`)
    }
    isRead(double, "<double> 1.5e3\r\n</double>", 1500)
    isWritten(MessageBody.xml(XmlValue.Decimal), "7.00", "<decimal>7.00</decimal>")
    isWritten(MessageBody.xml(Schema.BigDecimal), BigDecimal.make(-700n, 2), "<decimal>-7.00</decimal>")
    isWritten(MessageBody.xml(Schema.BigDecimal), BigDecimal.make(5n, 3), "<decimal>0.005</decimal>")
    for (const text of ["1e3", "79228162514264337593543950336", "", "1,5"]) {
      assert.include(refusal(MessageBody.xml(XmlValue.Decimal), `<decimal>${text}</decimal>`), "a decimal without")
    }
  })

  it("whole numbers and booleans are read as .NET reads them, and no further", () => {
    isRead(MessageBody.xml(Schema.Int), "<int> +7\t</int>", 7)
    isRead(MessageBody.xml(Schema.Boolean), "<boolean> 1 </boolean>", true)
    const int = MessageBody.xml(Schema.Int)
    isRead(int, "<int>-0</int>", 0)
    for (const text of ["2147483648", "7.0", "0x7", "", "1 2", "1e3", "\u00a07"]) {
      assert.include(
        refusal(int, `<int>${text}</int>`),
        "must have a whole number from -2147483648 to 2147483647 in int"
      )
    }
    for (const text of ["-1", "+1", "-0"]) {
      const rule = refusal(MessageBody.xml(XmlValue.UnsignedInt), `<unsignedInt>${text}</unsignedInt>`)
      assert.include(rule, "from 0 to 4294967295")
    }
    for (const text of ["True", "yes", ""]) {
      assert.include(refusal(MessageBody.xml(Schema.Boolean), `<boolean>${text}</boolean>`), '"true", "false"')
    }
  })

  it("GUIDs are read in all usual forms", () => {
    const canonical = "00112233-4455-6677-8899-aabbccddeeff"
    const usual = [canonical.toUpperCase(), `{${canonical}}`, `(${canonical})`, canonical.replaceAll("-", "")]
    for (const text of usual) isRead(MessageBody.xml(XmlValue.Guid), `<guid>${text}</guid>`, canonical)
    assert.include(refusal(MessageBody.xml(XmlValue.Guid), "<guid>0011</guid>"), "a GUID, such as")
  })

  it("base64 may be broken into lines", () => {
    isRead(MessageBody.xml(Schema.Uint8Array), "<base64Binary>\r\n AQ\r\n L/ </base64Binary>", Uint8Array.of(1, 2, 255))
    for (const text of ["AQL", "A*==", "=AQL"]) {
      assert.include(refusal(MessageBody.xml(Schema.Uint8Array), `<base64Binary>${text}</base64Binary>`), "base64")
    }
  })

  it("enums are written by the names of their members", () => {
    const Color = { Red: 0, Green: 7 } as const
    const codec = MessageBody.xml(Schema.Enum(Color).annotate({ identifier: "Color" }))
    isWritten(codec, 7, "<Color>Green</Color>")
    assert.include(refusal(codec, "<Color>Blue</Color>"), "one of Red, Green")
  })
})

describe("dates", () => {
  const instant = MessageBody.xml(Schema.Date)

  it("that are instants are written in UTC, without zeros at their end", () => {
    isWritten(instant, new Date("2026-05-01T08:30:00Z"), "<dateTime>2026-05-01T08:30:00Z</dateTime>")
    isWritten(instant, new Date("2026-05-01T08:30:00.120Z"), "<dateTime>2026-05-01T08:30:00.12Z</dateTime>")
    isWritten(
      MessageBody.xml(Schema.DateTimeUtc),
      DateTime.makeUnsafe("2026-05-01T08:30:00.005Z"),
      "<dateTime>2026-05-01T08:30:00.005Z</dateTime>"
    )
  })

  it("with an offset are instants, one without is none", () => {
    isRead(instant, "<dateTime>2026-05-01T08:30:00.5+02:00</dateTime>", new Date("2026-05-01T06:30:00.500Z"))
    isRead(instant, "<dateTime>2026-05-01T08:30:00-00:30</dateTime>", new Date("2026-05-01T09:00:00Z"))
    assert.include(
      refusal(instant, "<dateTime>2026-05-01T08:30:00</dateTime>"),
      "must have a date and time that says its zone"
    )
  })

  it("as text are what stands there, to the last digit", () => {
    for (const text of ["2026-05-01T08:30:00.1234567", "2026-05-01T08:30:00Z", "2026-05-01T08:30:00.1+02:00"]) {
      isWritten(MessageBody.xml(XmlValue.DateTime), text, `<dateTime>${text}</dateTime>`)
    }
  })

  it("that there are not are refused", () => {
    for (const text of [
      "2026-02-30T00:00:00Z",
      "2026-05-01T24:00:00Z",
      "2026-05-01",
      "0000-01-01T00:00:00Z",
      "x",
      ""
    ]) {
      assert.include(refusal(instant, `<dateTime>${text}</dateTime>`), "a date and time")
    }
    assert.include(ruleOf(instant.encode(new Date(-1e15))), "a date and time")
  })

  it("durations are TimeSpans; the empty one of .NET Framework is not taken for zero", () => {
    const span = MessageBody.xml(Schema.Duration)
    isWritten(span, Duration.nanos(5_400_000_000_000n), "<TimeSpan>PT1H30M</TimeSpan>")
    isWritten(span, Duration.nanos(0n), "<TimeSpan>PT0S</TimeSpan>")
    isWritten(span, Duration.nanos(-86_401_500_000_100n), "<TimeSpan>-P1DT1.5000001S</TimeSpan>")
    assert.include(refusal(span, "<TimeSpan />"), "EnableTimeSpanSerialization")
    for (const text of ["P1Y", "PT", "P", "P1DT", "1H"]) {
      assert.include(refusal(span, `<TimeSpan>${text}</TimeSpan>`), "a duration of days and less")
    }
    assert.include(ruleOf(span.encode(Duration.infinity)), "a duration of days and less")
    assert.include(ruleOf(span.encode(Duration.nanos(1n))), "a duration of days and less")
  })
})

describe("classes", () => {
  const codec = MessageBody.xml(Order)

  it("are laid out as .NET does, with both namespaces", () => {
    isWritten(
      codec,
      order,
      `<Order ${xsi} ${xsd}>`,
      "  <Id>00112233-4455-6677-8899-aabbccddeeff</Id>",
      "  <Number>9007199254740993</Number>",
      "  <Placed>2026-05-01T08:30:00.1234567</Placed>",
      '  <Due xsi:nil="true" />',
      "  <State>Open</State>",
      "  <Paid>false</Paid>",
      "  <Lines>",
      "    <Line>",
      "      <Article>Nut &amp; bolt</Article>",
      "      <Quantity>2</Quantity>",
      "      <Price>7.00</Price>",
      "    </Line>",
      "    <Line>",
      "      <Article />",
      "      <Quantity>255</Quantity>",
      "      <Price>-0.5</Price>",
      "    </Line>",
      "  </Lines>",
      "  <Tags />",
      "</Order>"
    )
  })

  it("take their members in any order, and pass over what they do not know", () => {
    const Point = Schema.Struct({ X: Schema.Int, Y: Schema.Int })
    const text = '<Point a="1"><Y>2</Y><!-- z --><Z><X>9</X></Z><X>1</X><?pi?></Point>'
    isRead(MessageBody.xml(Point, { root: "Point" }), text, { X: 1, Y: 2 })
  })

  it("leave out what is absent; null is nil, by whatever prefix, and of any age", () => {
    const Maybe = Schema.Struct({
      Left: Schema.optionalKey(Schema.String),
      Undefined: Schema.optional(Schema.Int),
      Null: Schema.NullOr(Schema.Int)
    })
    const maybe = MessageBody.xml(Maybe, { root: "Maybe" })
    isWritten(maybe, { Null: null }, `<Maybe ${xsi} ${xsd}>`, '  <Null xsi:nil="true" />', "</Maybe>")
    const sent = Result.getOrThrow(maybe.encode({ Undefined: undefined, Null: 1 }))
    assert.notInclude(new TextDecoder().decode(sent.body), "Undefined")
    isRead(maybe, "<Maybe />", { Null: null })
    const uris = ["2001", "2000/10", "1999"].map((year) => `http://www.w3.org/${year}/XMLSchema-instance`)
    for (const uri of uris) {
      for (const attribute of ['d1p1:nil="true"', 'd1p1:nil="1"', 'd1p1:null="true"']) {
        isRead(maybe, `<Maybe><Null xmlns:d1p1="${uri}" ${attribute} /></Maybe>`, { Null: null })
      }
    }
    isRead(maybe, `<Maybe ${xsi}><Left xsi:nil="true" /><Null xsi:nil="false">3</Null></Maybe>`, { Null: 3 })
    assert.include(refusal(maybe, '<Maybe><Null nil="true" /></Maybe>'), "whole number")
  })

  it("an element that is nil where no null may be is refused, with its place", () => {
    const text = document(`<Order ${xsi}><Id xsi:nil="true" /></Order>`)
    assert.strictEqual(
      refusal(codec, text),
      "must have a value in Order/Id: it is nil, and the schema takes no null there"
    )
  })

  it("may hold themselves", () => {
    interface Node {
      readonly Name: string
      readonly Next?: Node
      readonly Children: ReadonlyArray<Node>
    }
    const Node: Schema.Codec<Node> = Schema.Struct({
      Name: Schema.String,
      Next: Schema.optionalKey(Schema.suspend(() => Node)),
      Children: Schema.Array(Schema.suspend(() => Node))
    }).annotate({ identifier: "Node" })
    const leaf = { Name: "leaf", Children: [] }
    isWritten(
      MessageBody.xml(Node),
      { Name: "root", Next: leaf, Children: [leaf] },
      `<Node ${xsi} ${xsd}>`,
      "  <Name>root</Name>",
      "  <Next>",
      "    <Name>leaf</Name>",
      "    <Children />",
      "  </Next>",
      "  <Children>",
      "    <Node>",
      "      <Name>leaf</Name>",
      "      <Children />",
      "    </Node>",
      "  </Children>",
      "</Node>"
    )
  })

  it("a value that holds itself is refused, and so is one that is nested too deep to be read", () => {
    interface Chain {
      Next?: Chain
    }
    const Chain: Schema.Codec<Chain> = Schema.Struct({ Next: Schema.optionalKey(Schema.suspend(() => Chain)) })
    const chains = MessageBody.xml(Chain, { root: "Chain" })
    const chain = (depth: number): Chain => (depth === 1 ? {} : { Next: chain(depth - 1) })
    const deepest = Result.getOrThrow(chains.encode(chain(128)))
    assert.deepStrictEqual(chains.decode(deepest), Result.succeed(chain(128)))
    assert.include(ruleOf(chains.encode(chain(129))), "must not be nested deeper than 128 elements")
    const ring: Chain = {}
    ring.Next = ring
    assert.match(ruleOf(chains.encode(ring)), /^must /)
  })

  it("members may be renamed, attributes, items without a holder, and in a namespace", () => {
    const Invoice = Schema.Struct({
      id: Schema.Int,
      currency: Schema.optionalKey(Schema.String),
      lines: Schema.Array(Schema.String)
    }).pipe(Schema.encodeKeys({ id: "Id", currency: "Currency", lines: "Line" }))
    const invoices = MessageBody.xml(Invoice, {
      root: "Invoice",
      namespace: "urn:invoices",
      attributes: ["Id", "Currency"],
      repeated: ["Line"]
    })
    isWritten(
      invoices,
      { id: 1, currency: '"€" & <$>', lines: ["a", "b"] },
      `<Invoice ${xsi} ${xsd} Id="1" Currency="&quot;€&quot; &amp; &lt;$&gt;" xmlns="urn:invoices">`,
      "  <Line>a</Line>",
      "  <Line>b</Line>",
      "</Invoice>"
    )
    const prefixed = '<n:Invoice xmlns:n="urn:invoices" Id="1"><n:Line>a</n:Line><Line>no</Line></n:Invoice>'
    isRead(invoices, prefixed, { id: 1, lines: ["a"] })
    assert.strictEqual(
      refusal(invoices, '<Invoice xmlns="urn:other" Id="1" />'),
      'must have the root element <Invoice> of the namespace "urn:invoices", not <Invoice> of the namespace "urn:other"'
    )
    assert.strictEqual(refusal(invoices, '<Invoice xmlns="urn:invoices" />'), "must have an attribute Id in Invoice")
  })
})

describe("arrays", () => {
  it("are called after their items, which are called after their type", () => {
    isWritten(
      MessageBody.xml(Schema.Array(Schema.Int)),
      [1, 2],
      `<ArrayOfInt ${xsi} ${xsd}>`,
      "  <int>1</int>",
      "  <int>2</int>",
      "</ArrayOfInt>"
    )
    isWritten(MessageBody.xml(Schema.Array(Order)), [], `<ArrayOfOrder ${xsi} ${xsd} />`)
    isWritten(
      MessageBody.xml(Schema.Array(Schema.NullOr(Schema.String))),
      [null, ""],
      `<ArrayOfString ${xsi} ${xsd}>`,
      '  <string xsi:nil="true" />',
      "  <string />",
      "</ArrayOfString>"
    )
    isWritten(
      MessageBody.xml(Schema.Array(Schema.Array(Schema.Int))),
      [[1], []],
      `<ArrayOfArrayOfInt ${xsi} ${xsd}>`,
      "  <ArrayOfInt>",
      "    <int>1</int>",
      "  </ArrayOfInt>",
      "  <ArrayOfInt />",
      "</ArrayOfArrayOfInt>"
    )
    for (const [schema, root] of [
      [Schema.Array(Schema.Uint8Array), "ArrayOfBase64Binary"],
      [Schema.Array(XmlValue.Guid), "ArrayOfGuid"],
      [Schema.Array(XmlValue.Char), "ArrayOfChar"],
      [Schema.NonEmptyArray(Schema.Date), "ArrayOfDateTime"]
    ] as const) {
      assert.strictEqual(MessageBody.xml<ReadonlyArray<unknown>>(schema).name, `XML <${root}>`)
    }
  })

  it("and their items may have other names", () => {
    const Headers = Schema.Array(Schema.Struct({ Key: Schema.String, Value: Schema.optionalKey(Schema.String) }))
    isWritten(
      MessageBody.xml(Headers, { root: "ArrayOfHeaderInfo", items: { ArrayOfHeaderInfo: "HeaderInfo" } }),
      [{ Key: "a", Value: "1" }, { Key: "b" }],
      `<ArrayOfHeaderInfo ${xsi} ${xsd}>`,
      "  <HeaderInfo>",
      "    <Key>a</Key>",
      "    <Value>1</Value>",
      "  </HeaderInfo>",
      "  <HeaderInfo>",
      "    <Key>b</Key>",
      "  </HeaderInfo>",
      "</ArrayOfHeaderInfo>"
    )
  })

  it("an item under another name is refused, not lost", () => {
    const numbers = MessageBody.xml(Schema.Array(Schema.Int))
    assert.strictEqual(
      refusal(numbers, "<ArrayOfInt><int>1</int><long>2</long></ArrayOfInt>"),
      "must have <int> alone in ArrayOfInt, not <long>"
    )
    assert.strictEqual(
      refusal(numbers, '<ArrayOfInt><int xmlns="urn:x">1</int></ArrayOfInt>'),
      'must have <int> alone in ArrayOfInt, not <int> of the namespace "urn:x"'
    )
  })
})

describe("text", () => {
  const codec = MessageBody.xml(Schema.String)

  it("keeps its ends of lines, its blanks, and characters that XML has not", () => {
    isRead(codec, "<string>a\r\nb\rc\nd</string>", "a\r\nb\rc\nd")
    isRead(codec, "<string> a </string>", " a ")
    isRead(codec, "<string>&#x1;&#25;&#x0;&#xFFFE;</string>", "\u0001\u0019\0\ufffe")
    isRead(codec, "<string>a<![CDATA[ <b> &amp; ]]>c<!-- d -->e</string>", "a <b> &amp; ce")
    isWritten(codec, "a\r\tb\u0001\uffff😀", "<string>a&#xD;\tb&#x1;&#xFFFF;😀</string>")
  })

  it("of blanks alone tells .NET to keep them", () => {
    isWritten(codec, " \t", '<string xml:space="preserve"> \t</string>')
  })

  it("with half of a surrogate pair is refused", () => {
    assert.include(ruleOf(codec.encode("\ud83d")), "well-formed Unicode text in string")
  })

  it("may come in ASCII and Latin-1, by all names that .NET has for them", () => {
    const read = (encoding: string, text: string) =>
      codec.decode({
        body: Buffer.from(`<?xml version="1.0" encoding="${encoding}"?><string>${text}</string>`, "latin1"),
        bodyType: 0
      })
    for (const name of ["us-ascii", "ascii", "US-ASCII", "ANSI_X3.4-1968"]) {
      assert.deepStrictEqual(read(name, "a"), Result.succeed("a"))
      assert.include(ruleOf(read(name, "ä")), "must be ASCII")
    }
    for (const name of ["iso-8859-1", "latin1"])
      assert.deepStrictEqual(read(name, "\u0080ä"), Result.succeed("\u0080ä"))
  })

  it("ends with its document at a NUL, whatever is behind that", () => {
    const behind = (...bytes: ReadonlyArray<number>) =>
      Buffer.concat([Buffer.from("<string>a</string>"), Buffer.of(0, ...bytes)])
    for (const body of [behind(), behind(0x78), behind(0xff, 0xfe), behind(0x3c)]) {
      assert.deepStrictEqual(codec.decode({ body, bodyType: 0 }), Result.succeed("a"))
    }
    const wide = Buffer.from("<string>a\u0100</string>\0x", "utf16le")
    assert.deepStrictEqual(codec.decode({ body: wide, bodyType: 0 }), Result.succeed("a\u0100"))
  })

  it("may come in UTF-16, with a mark or without, and in what its declaration names", () => {
    const text = "<string>Åb😀</string>"
    const utf16 = Buffer.from(text, "utf16le")
    const swapped = Buffer.from(utf16).swap16()
    const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?>`
    const bodies = [
      utf16,
      Buffer.concat([Buffer.of(0xff, 0xfe), utf16]),
      swapped,
      Buffer.concat([Buffer.of(0xfe, 0xff), swapped]),
      Buffer.from(`${declared("utf-16")}${text}`),
      Buffer.from(`${declared("utf-16")}${text}`, "utf16le")
    ]
    for (const body of bodies) assert.deepStrictEqual(codec.decode({ body, bodyType: 8 }), Result.succeed("Åb😀"))
    const latin = Buffer.from(`${declared("iso-8859-1")}<string>Åb</string>`, "latin1")
    assert.deepStrictEqual(codec.decode({ body: latin, bodyType: 0 }), Result.succeed("Åb"))
    const unknown = Buffer.from(`${declared("klingon")}<string />`)
    assert.strictEqual(
      ruleOf(codec.decode({ body: unknown, bodyType: 0 })),
      'must be in an encoding that is known, not "klingon"'
    )
  })

  it("is XML whatever the type of the body says: 0 of System.Messaging, 4113 of WCF", () => {
    for (const bodyType of [0, 4113, 8, 31]) {
      assert.deepStrictEqual(codec.decode({ ...encoded("<string>x</string>"), bodyType }), Result.succeed("x"))
    }
  })
})

describe("what is wrong is said with its place", () => {
  const codec = MessageBody.xml(Order)
  const text = new TextDecoder().decode(Result.getOrThrow(codec.encode(order)).body)

  it("in elements, attributes and items", () => {
    const cases = [
      ["<Quantity>255", "<Quantity>256", 'a whole number from 0 to 255 in Order/Lines/Line[2]/Quantity, not "256"'],
      ["<Paid>false</Paid>", "", "must have an element <Paid> in Order"],
      ["<Paid>false</Paid>", '<Paid xmlns="urn:p" />', '<Paid> in Order (there is one in the namespace "urn:p")'],
      ["<Tags />", "<Tags /><Tags />", "must have one element <Tags> in Order, not 2"],
      ["<Paid>false", "<Paid><b />", "must have text alone in Order/Paid, not the element <b>"],
      ["<State>Open", "<State>Lost", "must fit its schema: State: Expected"]
    ] as const
    for (const [from, to, rule] of cases) assert.include(refusal(codec, text.replace(from, to)), rule)
  })

  it("for values that cannot be written, too", () => {
    const Counts = Schema.Struct({ Counts: Schema.Array(XmlValue.Long) })
    assert.strictEqual(
      ruleOf(MessageBody.xml(Counts, { root: "Counts" }).encode({ Counts: [1n, 2n ** 63n] })),
      "must fit its schema: Counts[1]: Expected a whole number from -9223372036854775808 to 9223372036854775807"
    )
    const dates = MessageBody.xml(Schema.Array(Schema.Date))
    assert.include(ruleOf(dates.encode([new Date(0), new Date(-1e15)])), "in ArrayOfDateTime/dateTime[2], not")
  })

  it("the values of bodies are cut short", () => {
    const rule = refusal(MessageBody.xml(Schema.Int), `<int>${"x".repeat(10_000)}</int>`)
    assert.isBelow(rule.length, 200)
  })

  it("another root is refused", () => {
    assert.strictEqual(refusal(codec, "<Invoice />"), "must have the root element <Order>, not <Invoice>")
  })
})

describe("a schema that .NET's XML has no form for is refused at once", () => {
  const paths: Array<ReadonlyArray<string>> = []
  const refusalOf = (schema: Schema.Codec<unknown, unknown>, options?: MessageBody.XmlOptions): string => {
    try {
      MessageBody.xml(schema, options)
    } catch (error) {
      assert(error instanceof MsmqError.MsmqError && error.reason._tag === "IllegalSchema", String(error))
      assert.strictEqual(error.operation, "MessageBody.xml")
      assert.isTrue(error.message.endsWith(error.reason.rule), error.message)
      paths.push(error.reason.path)
      return error.message
    }
    return assert.fail("it was not refused")
  }

  it("with what is wrong, where, and what to do", () => {
    const root = { root: "Root" }
    const cases: ReadonlyArray<readonly [Schema.Codec<unknown, unknown>, string]> = [
      [Schema.Record(Schema.String, Schema.Int), "the schema is a dictionary, which .NET's XML has not"],
      [Schema.Struct({ A: Schema.Struct({ B: Schema.Record(Schema.String, Schema.Int) }) }), "A/B is a dictionary"],
      [Schema.Struct({ A: Schema.Tuple([Schema.Int, Schema.String]) }), "A is a tuple"],
      [Schema.Struct({ A: Schema.Union([Schema.Struct({}), Schema.Int]) }), "A is a choice of types without names"],
      [Schema.Struct({ A: Schema.Union([XmlValue.DateTime, Schema.Date]) }), "several types that are dateTime in .NET"],
      [Schema.Struct({ A: Schema.Unknown }), "A takes anything"],
      [Schema.Struct({ A: Schema.Symbol }), "A is of a type that no text"],
      [Schema.Struct({ A: Schema.Null }), "A is always null"],
      [Schema.Struct({ A: Schema.URL }), "A is URL, which .NET's XML has not"],
      [Schema.Struct({ "a b": Schema.Int }), "has the key a b, which is no name in XML"],
      [Schema.Struct({ A: Schema.Array(Schema.UndefinedOr(Schema.Int)) }), "A has items that may be undefined"],
      [Schema.Struct({ A: Schema.Array(Schema.Struct({})) }), 'give { items: { A: "Name" } }'],
      [Schema.UndefinedOr(Schema.Int), "leave the body out"]
    ]
    for (const [schema, rule] of cases) assert.include(refusalOf(schema, root), rule)
    assert.include(refusalOf(Schema.Struct({ A: Schema.Int })), 'give { root: "Name" }')
    assert.include(
      refusalOf(Schema.Union([Schema.Struct({ A: Schema.Int }), Schema.Struct({ B: Schema.Int })])),
      "or each schema of the union an identifier"
    )
    assert.include(refusalOf(Schema.Int, { root: "a b" }), 'give { root: "Name" }')
    assert.include(refusalOf(Schema.Struct({ A: Schema.Int }), { ...root, repeated: ["A"] }), "A is no array")
    assert.include(refusalOf(Schema.Struct({ A: Schema.Struct({}) }), { ...root, attributes: ["A"] }), "no attribute")
  })

  it("also within classes that hold themselves", () => {
    interface Node {
      readonly Next?: Node
      readonly Any: unknown
    }
    const Node: Schema.Codec<Node> = Schema.Struct({
      Next: Schema.optionalKey(Schema.suspend(() => Node)),
      Any: Schema.Unknown
    })
    assert.include(refusalOf(Node, { root: "Node" }), "Any takes anything")
    assert.deepStrictEqual(paths.at(-1), ["Next", "Any"])
  })
})
