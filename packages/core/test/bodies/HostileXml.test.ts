// .NET's numbers may be infinite, and none.
// @effect-diagnostics schemaNumber:off
import { Message, MessageBody, XmlValue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { Result, Schema } from "effect"
import { cpuTime } from "../support/cpuTime.ts"

const body = (text: string): MessageBody.EncodedBody => ({ body: new TextEncoder().encode(text), bodyType: 0 })

const string = MessageBody.xml(Schema.String)
const Order = Schema.Struct({
  Id: Schema.Int,
  Note: Schema.NullOr(Schema.String),
  Lines: Schema.Array(Schema.Struct({ Price: XmlValue.Decimal })),
  At: Schema.optionalKey(Schema.Date)
})
const orders = MessageBody.xml(Order, { root: "Order", items: { Lines: "Line" } })

const refusal = (text: string, codec: Pick<MessageBody.MessageBody<unknown>, "decode"> = string): string => {
  const result = codec.decode(body(text))
  assert(Result.isFailure(result))
  return result.failure
}

describe("hostile XML", () => {
  it("entities cannot be declared, so they cannot grow: any DOCTYPE is refused", () => {
    const declarations = Array.from({ length: 30 }, (_, index) => `<!ENTITY e${index + 1} "&e${index};&e${index};">`)
    const laughs = `<!DOCTYPE string [<!ENTITY e0 "ha">${declarations.join("")}]><string>&e30;</string>`
    const doctypes = [
      laughs,
      "<!DOCTYPE string><string />",
      '<?xml version="1.0"?>\r\n<!DOCTYPE string [<!ENTITY x SYSTEM "file:///etc/passwd">]><string>&x;</string>',
      '<!DOCTYPE string SYSTEM "http://example.com/evil.dtd"><string />',
      '<!DOCTYPE string PUBLIC "-//x" "http://example.com/evil.dtd"><string />',
      '<!DOCTYPE string [<!ENTITY % p SYSTEM "http://example.com/p"> %p;]><string />',
      "<!doctype string><string />"
    ]
    for (const doctype of doctypes) {
      const rule = refusal(doctype)
      assert.isTrue(rule.startsWith("must have no DOCTYPE") || rule.startsWith("must be well-formed XML"), rule)
    }
    assert.match(refusal(laughs), /^must have no DOCTYPE/)
  })

  it("only the five predefined entities are known", () => {
    assert.deepStrictEqual(string.decode(body("<string>&lt;&gt;&amp;&quot;&apos;</string>")), Result.succeed("<>&\"'"))
    for (const entity of [
      "nbsp",
      "x",
      "constructor",
      "__proto__",
      "toString",
      "#",
      "#x",
      "#xD800",
      "#x110000",
      "#-1"
    ]) {
      assert.include(refusal(`<string>&${entity};</string>`), "must be well-formed XML: ", entity)
    }
  })

  it("elements have a greatest depth", () => {
    const deep = 100_000
    assert.include(
      refusal(`${"<a>".repeat(deep)}${"</a>".repeat(deep)}`),
      "must not be nested deeper than 128 elements (line 1)"
    )
    const inside = `<Order><Id>1</Id>${"<x>".repeat(127)}${"</x>".repeat(127)}<Lines /></Order>`
    assert.isTrue(Result.isSuccess(orders.decode(body(inside))))
    assert.include(refusal(inside.replaceAll("<x>", "<x><y>").replaceAll("</x>", "</y></x>"), orders), "128 elements")
  })

  it("a body larger than any message is not read", () => {
    const large = `<string>${"x".repeat(Message.maximumPacketSize)}</string>`
    assert.strictEqual(refusal(large), `must have at most 4194304 bytes, as every message, not ${large.length}`)
  })

  it("the largest message is read in time, be it text, references, comments, elements, namespaces or depth", () => {
    const room = Message.maximumPacketSize - 100
    const texts = [
      `<string>${"x".repeat(room)}</string>`,
      `<string>${"&#65;".repeat(room / 5)}</string>`,
      `<string>${"&#1;".repeat(room / 4)}</string>`,
      `<string>${"<!---->".repeat(room / 7)}</string>`,
      `<Order><Id>1</Id><Lines />${'<a xmlns:p="u" p:a=""/>'.repeat(room / 24)}</Order>`,
      `<Order><Id>1</Id><Lines />${`${"<a>".repeat(126)}${"</a>".repeat(126)}`.repeat(room / 882 - 1)}</Order>`,
      `<Order><Id>1</Id><Lines />${"<a/>".repeat(room / 4)}</Order>`
    ]
    for (const text of texts) {
      const codec: Pick<MessageBody.MessageBody<unknown>, "decode"> = text.startsWith("<string") ? string : orders
      const started = cpuTime()
      assert.isTrue(Result.isSuccess(codec.decode(body(text))))
      assert.isBelow(cpuTime() - started, 10_000)
    }
  })

  it("attributes have a greatest number, and none may appear twice", () => {
    const attributes = (count: number) => Array.from({ length: count }, (_, index) => `a${index}=""`).join(" ")
    const order = (attributes: string) => `<Order ${attributes}><Id>1</Id><Lines /></Order>`
    assert.isTrue(Result.isSuccess(orders.decode(body(order(attributes(256))))))
    assert.include(refusal(order(attributes(300_000)), orders), "must have at most 256 attributes in an element")
    assert.include(refusal(order('a="1" a="2"'), orders), "must be well-formed XML: duplicate attribute: a (line 1")
    const twice = order('xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"')
    assert.include(refusal(twice, orders), "must be well-formed XML: duplicate attribute: {u}a")
    assert.isTrue(Result.isSuccess(orders.decode(body(order('hasOwnProperty="" __proto__="" b=""')))))
  })

  it("members with names of Object.prototype are plain members", () => {
    const names = ["__proto__", "constructor", "toString"] as const
    const text = `<Order>${names.map((name) => `<${name}>x</${name}>`).join("")}<Id>1</Id><Lines /></Order>`
    assert.deepStrictEqual(orders.decode(body(text)), Result.succeed({ Id: 1, Note: null, Lines: [] }))
    const Odd = Schema.Struct({ constructor: Schema.String, toString: Schema.String })
    const odd = MessageBody.xml(Odd, { root: "Odd" })
    assert.include(refusal("<Odd />", odd), "must have an element <constructor> in Odd")
    const read = odd.decode(body("<Odd><toString>b</toString><constructor>a</constructor></Odd>"))
    assert.deepStrictEqual(Object.entries(Result.getOrThrow(read)).toSorted(), [
      ["constructor", "a"],
      ["toString", "b"]
    ])
  })
})

describe("text that is no document", () => {
  it("is refused with the mistake and its place", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["", "document must contain a root element"],
      ["  \r\n", "document must contain a root element"],
      ["hello", "text data outside of root node"],
      ["<string>", "unclosed tag: string"],
      ["<string></int>", "unexpected close tag (line 1, column 14)"],
      ["<string>\r\n\r\n<b</string>", "(line 3,"],
      ["<string /><string />", "documents may contain only one root"],
      ["<string />x", "text data outside of root node"],
      ["<string /><![CDATA[x]]>", "text data outside of root node"],
      ["<string>a\0b</string>", "unclosed tag: string (line 1, column 9); it ends at a NUL, which is byte 9"],
      ["<p:string />", 'unbound namespace prefix: "p" (line 1'],
      ["<string p:a='' />", 'unbound namespace prefix: "p"'],
      ["<a:b:c xmlns:a='x' />", "malformed name: a:b:c"],
      ["<string a=1 />", "unquoted attribute value"],
      ["<string>a & b</string>", "must be well-formed XML"],
      ['{"string":1}', "must be well-formed XML"]
    ]
    for (const [text, rule] of cases) assert.include(refusal(text), rule, JSON.stringify(text))
    const bytes = { body: Uint8Array.of(0x3c, 0x61, 0xff), bodyType: 0 }
    assert.deepStrictEqual(string.decode(bytes), Result.fail("must be well-formed UTF-8"))
  })

  it("is all that .NET takes for none", () => {
    const root = (text: string, attributes = "") => `<string${attributes}>${text}</string>`
    const documents = [
      ...[
        "4<!0>2",
        "a]]>b",
        "a\u0001b",
        "a\uffffb",
        "&#X41;",
        "&#xD800;",
        "&#;",
        "&a b;",

        "<!-- a -- b -->"
      ].map((text) => root(text)),
      ...[
        ' a="<"',
        ' a="1"b="2"',
        " a",
        ' 1="a"',
        ' xml:space="x"',
        ' xmlns:p=""',
        ' xmlns:xml="u"',
        ' xmlns:xmlns="u"'
      ].map((attributes) => root("a", attributes)),
      ...[
        ' version="1.1"',
        ' version="2.0"',
        ' encoding="utf-8"',
        ' version="1.0" standalone="maybe"',
        " version=1.0"
      ].map((declaration) => `<?xml${declaration}?>${root("a")}`),
      ` <?xml version="1.0"?>${root("a")}`,
      `${root("a")}<?xml version="1.0"?>`,
      `<?xml version="1.0"?><?xml version="1.0"?>${root("a")}`,
      "< string>a</string>",
      "<string>a</ string>",
      "<string>a</string",
      root('<?xml version="1.0"?>'),
      root("<![CDATA[a]]"),
      root("<![cdata[a]]>"),
      '<string a="&#x">1</string><string b="&#x1;">2</string>',
      '<string a="&#x1"/><string b=";">2</string>',
      "<string>&#1<string>;</string></string>",
      root("&#x1;&#xg;"),
      root("&#x1;&#x110000;")
    ]
    assert.deepStrictEqual(
      documents.filter((document) => Result.isSuccess(string.decode(body(document)))),
      []
    )
  })

  const pieces = [
    "<Order>",
    "</Order>",
    "<Id>",
    "</Id>",
    "<Lines/>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?",
    "?>",
    "&",
    ";",
    "#x"
  ]

  it.prop("random bytes are a value or a rule, never a crash", [Schema.Uint8Array], ([bytes]) => {
    const texts = [bytes, Buffer.concat([Buffer.from("<Order>"), bytes]), Buffer.concat([Buffer.from("<"), bytes])]
    for (const body of texts) {
      const result = orders.decode({ body, bodyType: 0 })
      if (Result.isFailure(result)) assert.match(result.failure, /^must /)
    }
  })

  it.prop(
    "pieces of XML in any order are a value or a rule, never a crash",
    [Schema.Array(Schema.Literals([...pieces, "1", " ", '"', "=", "xmlns:a", ":", "<!DOCTYPE", "[", "]", ">"]))],
    ([parts]) => {
      const result = orders.decode(body(parts.join("")))
      if (Result.isFailure(result)) assert.match(result.failure, /^must /)
    }
  )
})

describe("written values are read back unchanged", () => {
  const simple = {
    string: Schema.String.check(Schema.makeFilter((text: string) => text.isWellFormed())),
    boolean: Schema.Boolean,
    int: XmlValue.Int,
    double: Schema.Number,
    unsignedByte: XmlValue.UnsignedByte,
    long: XmlValue.Long,
    unsignedLong: XmlValue.UnsignedLong,
    decimal: XmlValue.Decimal,
    dateTime: XmlValue.DateTime,
    guid: Schema.String.check(Schema.isPattern(/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/)).annotate({
      identifier: "x"
    }),
    bytes: Schema.Uint8Array,
    date: Schema.Date.check(
      Schema.isBetweenDate({ minimum: new Date("0001-01-02T00:00:00Z"), maximum: new Date("9999-12-30T00:00:00Z") })
    ),
    choice: Schema.Literals(["a", "b c"])
  } as const

  type Kind = keyof typeof simple

  /** Parts of a schema, as deep as they are written here. */
  type Plan =
    | { readonly kind: Kind }
    | { readonly items: Plan; readonly nullable: boolean }
    | { readonly members: ReadonlyArray<{ readonly plan: Plan; readonly form: "plain" | "optional" | "nullable" }> }

  const kinds = Schema.Struct({ kind: Schema.Literals(Object.keys(simple) as Array<Kind>) })
  const over = (plan: Schema.Codec<Plan>): Schema.Codec<Plan> =>
    Schema.Union([
      kinds,
      Schema.Struct({ items: plan, nullable: Schema.Boolean }),
      Schema.Struct({
        members: Schema.Array(Schema.Struct({ plan, form: Schema.Literals(["plain", "optional", "nullable"]) })).check(
          Schema.isMaxLength(4)
        )
      })
    ])

  const schemaOf = (plan: Plan): Schema.Codec<unknown> => {
    if ("kind" in plan) return simple[plan.kind]
    if ("items" in plan) {
      const item = schemaOf(plan.items)
      return Schema.Array(plan.nullable ? Schema.NullOr(item) : item)
    }
    const forms = {
      plain: (schema: Schema.Codec<unknown>) => schema,
      optional: Schema.optionalKey,
      nullable: Schema.NullOr
    }
    const members = plan.members.map(({ form, plan }, index) => [`M${index}`, forms[form](schemaOf(plan))] as const)
    const struct: unknown = Schema.Struct(Object.fromEntries(members)).annotate({ identifier: "Class" })
    return struct as Schema.Codec<unknown>
  }

  const cases = Arbitrary.schema(over(over(over(kinds)))).pipe(
    Arbitrary.flatMap((plan) => {
      const schema = schemaOf(plan)
      return Arbitrary.schema(schema).pipe(Arbitrary.map((value) => ({ schema, value })))
    })
  )

  it.prop("for values of all kinds of schemas", [cases], ([{ schema, value }]) => {
    const codec = MessageBody.xml(schema, { root: "Root" })
    const written = Result.getOrThrow(codec.encode(value))
    assert.deepStrictEqual(codec.decode(written), Result.succeed(value))
  })

  for (const kind of Object.keys(simple) as ReadonlyArray<Kind>) {
    it.prop(`for ${kind}`, [simple[kind] as Schema.Codec<unknown>], ([value]) => {
      const codec = MessageBody.xml(simple[kind] as Schema.Codec<unknown>)
      assert.deepStrictEqual(codec.decode(Result.getOrThrow(codec.encode(value))), Result.succeed(value))
    })
  }

  it.prop("for singles, unless they are too large to be one", [Schema.Number], ([value]) => {
    const codec = MessageBody.xml(XmlValue.Float)
    const encoded = codec.encode(value)
    const single = Math.fround(value)
    if (Number.isFinite(value) && !Number.isFinite(single)) return assert.isTrue(Result.isFailure(encoded))
    assert.deepStrictEqual(codec.decode(Result.getOrThrow(encoded)), Result.succeed(single))
  })
})
