import type { Message } from "@effect-msmq/core"
import { MessageHeaders } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result, Schema } from "effect"
import { Refusal } from "../src/internal/sending/outgoing.ts"
import { extensionOf } from "../src/internal/sending/outgoingHeaders.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const utf16 = (text: string, littleEndian: boolean) => {
  const view = new DataView(new ArrayBuffer(2 * text.length))
  for (let index = 0; index < text.length; index++) view.setUint16(2 * index, text.charCodeAt(index), littleEndian)
  return new Uint8Array(view.buffer)
}

const read = (extension: Uint8Array | string) => {
  const result = MessageHeaders.decode(typeof extension === "string" ? utf8(extension) : extension)
  return Result.isSuccess(result) ? { ...result.success } : result.failure
}
const written = (headers: Record<string, string>) =>
  new TextDecoder().decode(Result.getOrThrow(MessageHeaders.encode(headers)))

const namespaces = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const list = (content: string) => `<?xml version="1.0"?><ArrayOfHeaderInfo ${namespaces}>${content}</ArrayOfHeaderInfo>`
const header = (key: string, value: string) => `<HeaderInfo><Key>${key}</Key><Value>${value}</Value></HeaderInfo>`

describe("encode and decode", () => {
  const hard = [
    "\0",
    "\x19",
    "\r\n",
    "\n",
    "\t",
    " ",
    "&",
    "&#x19;",
    "<",
    "]]>",
    '"',
    "\ue000",
    "\ue100",
    "\ufffe",
    "𝄞"
  ]
  const Text = Schema.Array(Schema.Union([Schema.Literals(hard), Schema.String]))
  const textOf = (parts: ReadonlyArray<string>) => parts.join("").toWellFormed()

  it.effect.prop(
    "whatever texts there are come back as they were",
    { entries: Schema.Array(Schema.Tuple([Text, Text])) },
    ({ entries }) =>
      Effect.sync(() => {
        const headers = new Map(entries.map(([key, value]) => [textOf(key), textOf(value)]))
        const given = Object.create(null) as Record<string, string>
        for (const [key, value] of headers) given[key] = value
        const extension = Result.getOrThrow(MessageHeaders.encode(given))
        const received = Result.getOrThrow(MessageHeaders.decode(extension))
        assert.deepStrictEqual(Object.entries(received), Object.entries(given))
      }),
    { arbitrary: { runs: 300 } }
  )

  it.effect.prop(
    "whatever bytes there are, a decoding ends and is headers or a rule",
    { bytes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))), cut: Schema.Natural },
    ({ bytes, cut }) =>
      Effect.sync(() => {
        const whole = utf8(list(header("a", "b")))
        for (const extension of [Uint8Array.from(bytes), Uint8Array.from([...whole.subarray(0, cut), ...bytes])]) {
          const result = MessageHeaders.decode(extension)
          assert.isTrue(Result.isSuccess(result) || typeof result.failure === "string")
        }
      })
  )

  it("are what .NET's serializer writes and reads, on one line", () => {
    assert.strictEqual(
      written({ "NServiceBus.ConversationId": "4978b9d8", note: 'a <b> & "c"\r\n\x19', empty: "" }),
      '<?xml version="1.0"?><ArrayOfHeaderInfo xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><HeaderInfo><Key>NServiceBus.ConversationId</Key>' +
        "<Value>4978b9d8</Value></HeaderInfo><HeaderInfo><Key>note</Key>" +
        '<Value>a &lt;b&gt; &amp; "c"&#xD;\n&#x19;</Value></HeaderInfo>' +
        "<HeaderInfo><Key>empty</Key><Value /></HeaderInfo></ArrayOfHeaderInfo>"
    )
  })

  it("no headers are no bytes", () => {
    assert.strictEqual(written({}), "")
    assert.deepStrictEqual(read(""), {})
  })

  it.each([
    ["half of a surrogate pair", { a: "\ud834" }],
    ["half of a surrogate pair", { "\udd1e": "a" }],
    ["must have texts", { a: 5 }],
    ["must be an object", null],
    ["must be an object", "a=b"]
  ])("%s: %o is refused", (rule, headers) => {
    const result = MessageHeaders.encode(headers as never)
    assert(Result.isFailure(result))
    assert.include(result.failure, rule)
  })

  it("a header named like a property of every object is just a header", () => {
    const headers = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>
    const received = Result.getOrThrow(MessageHeaders.decode(utf8(written(headers))))
    assert.deepStrictEqual(Object.entries(received), [
      ["__proto__", "a"],
      ["constructor", "b"]
    ])
    assert.isUndefined(received["toString"])
  })
})

describe("what NServiceBus wrote", () => {
  const lines = (newLine: string) =>
    [
      '<?xml version="1.0"?>',
      `<ArrayOfHeaderInfo ${namespaces}>`,
      "  <HeaderInfo>",
      "    <Key>NServiceBus.MessageIntent</Key>",
      "    <Value>Send</Value>",
      "  </HeaderInfo>",
      "  <HeaderInfo>",
      "    <Key>NServiceBus.ExceptionInfo.Message</Key>",
      "    <Value>Can u see this '&#x19;' character.</Value>",
      "  </HeaderInfo>",
      "</ArrayOfHeaderInfo>"
    ].join(newLine)
  const headers = {
    "NServiceBus.MessageIntent": "Send",
    "NServiceBus.ExceptionInfo.Message": "Can u see this '\x19' character."
  }
  const declared = lines("").replace("?>", ' encoding="utf-8"?>')
  const withoutEncoding = lines("\r\n")

  it.each([
    ["by version 1 and 2", utf8(withoutEncoding)],
    ["by version 3.0.0, with a byte order mark", utf8(`\ufeff${declared}`)],
    ["by later ones, without", utf8(declared)],
    ["with NULs behind it", Uint8Array.from([...utf8(withoutEncoding), ...new Uint8Array(20)])],
    ["with other bytes behind it", Uint8Array.from([...utf8(declared), 0x3c, 0xff, 0x26, 0, 0x80, 0x3e])],
    ["in UTF-16 with a byte order mark", utf16(`\ufeff${withoutEncoding}`, true)],
    ["in UTF-16 with a byte order mark, the high byte first", utf16(`\ufeff${withoutEncoding}`, false)],
    ["in UTF-16 without", utf16(withoutEncoding, true)],
    ["in UTF-16 without, the high byte first", utf16(withoutEncoding, false)],
    ["as UTF-8 that says it were UTF-16", utf8(withoutEncoding.replace("?>", ' encoding="utf-16"?>'))]
  ])("%s is read", (_, extension) => {
    assert.deepStrictEqual(read(extension), headers)
  })

  it("in an encoding that it names is read, and in one that nobody knows is not", () => {
    const text = list(header("city", "Münster"))
    const latin = Uint8Array.from(text.replace("?>", ' encoding="iso-8859-1"?>'), (character) =>
      character.charCodeAt(0)
    )
    assert.deepStrictEqual(read(latin), { city: "Münster" })
    assert.include(String(read(text.replace("?>", ' encoding="martian"?>'))), "known encoding")
  })

  it("without a value it is empty, without a key it is none, and what else is there is passed over", () => {
    const content =
      "<!-- a --><HeaderInfo><Key>a</Key></HeaderInfo><HeaderInfo><Value>lost</Value></HeaderInfo>" +
      '<HeaderInfo><Key xsi:nil="true" xmlns="" /><Value>b</Value><More><Key>no</Key></More></HeaderInfo>' +
      "<Other><Key>c</Key><Value>d</Value></Other><HeaderInfo><Value><![CDATA[<e>]]></Value><Key> f </Key></HeaderInfo>"
    assert.deepStrictEqual(read(list(content)), { a: "", "": "b", " f ": "<e>" })
  })

  it("a list of nothing is no headers, with NULs behind it too", () => {
    assert.deepStrictEqual(read(`<?xml version="1.0"?><ArrayOfHeaderInfo ${namespaces} />\0\0`), {})
    assert.deepStrictEqual(read(list("")), {})
  })

  it("CR LF within a value becomes LF, as in .NET, unless it was written by references", () => {
    assert.deepStrictEqual(read(list(header("a", "1\r\n2&#xD;\n3"))), { a: "1\n2\r\n3" })
  })

  it("a value of a megabyte is read as a whole", () => {
    const value = "0123456789abcde&".repeat(65_536)
    assert.deepStrictEqual(read(written({ long: value })), { long: value })
  })

  it("characters that XML forbids are read by references, decimal and hexadecimal, and refused raw, as by .NET", () => {
    assert.deepStrictEqual(read(list(header("a", "&#1;&#x1;&#x01;&#x0;&#65534;&#xE000;&#x41;&amp;#x1;"))), {
      a: "\x01\x01\x01\0\ufffe\ue000A&#x1;"
    })
    for (const raw of ["\x01", "\ufffe"]) assert.include(String(read(list(header("a", raw)))), "well-formed")
  })
})

describe("what is hostile or something else", () => {
  const entities =
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' +
    `<ArrayOfHeaderInfo>${header("a", "&b;")}</ArrayOfHeaderInfo>`
  const external =
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' +
    `<ArrayOfHeaderInfo>${header("a", "&e;")}</ArrayOfHeaderInfo>`
  it.each([
    ["DOCTYPE", entities],
    ["DOCTYPE", external],
    ["no ArrayOfHeaderInfo", "<Other><ArrayOfHeaderInfo /></Other>"],
    ["DOCTYPE", "<!DOCTYPE ArrayOfHeaderInfo><ArrayOfHeaderInfo></ArrayOfHeaderInfo>"],
    ["well-formed", list(header("a", "&e;"))],
    ["well-formed", list(header("a", "&#xD800;"))],
    ["well-formed", list(header("a", "&#1114112;"))],
    ["well-formed", list("<HeaderInfo>")],
    ["well-formed", list(header("a", "b")).replace("</Key>", "</Kay>")],
    ["key twice", list(header("a", "b") + header("a", "b"))],
    ["no ArrayOfHeaderInfo", "<ArrayOfString><string>a</string></ArrayOfString>"],
    ["no XML", "plain text"],
    ["no XML", "\0\0\0\0"],
    ["no XML", "{}"],
    ["no ArrayOfHeaderInfo", "<"]
  ])("is refused: %s", (rule, extension) => {
    assert.include(String(read(extension)), rule)
  })

  it("a rule never shows what was in a header", () => {
    for (const extension of [list(header("a", "secret&e;")), list(header("secret", "b") + header("secret", "c"))]) {
      assert.notInclude(String(read(extension)), "secret")
    }
    const result = MessageHeaders.encode({ secret: "secret\ud834" })
    assert(Result.isFailure(result))
    assert.notInclude(result.failure, "secret")
  })

  it("nesting is read to a depth of 128 elements, and refused beyond, whatever is there", () => {
    const nested = (depth: number) => list("<a>".repeat(depth) + "</a>".repeat(depth) + header("a", "b"))
    assert.deepStrictEqual(read(nested(127)), { a: "b" })
    assert.include(String(read(nested(128))), "nests too deep")
    assert.include(String(read(nested(200_000))), "nests too deep")
  })
})

describe("headers of an outgoing message", () => {
  const traced = { headers: { traceparent: "new" }, extension: Uint8Array.of(1) }

  const extension = (message: Message.Message, trace?: typeof traced) =>
    extensionOf(message.headers, message.extension, 3, trace)

  it("go into its extension, and none go nowhere", () => {
    const carried = extension({ label: "a", headers: { b: "c" } })
    assert(carried !== undefined && !(carried instanceof Refusal))
    assert.deepStrictEqual(read(carried), { b: "c" })
    assert.isUndefined(extension({ label: "a", headers: {} }))
  })

  it("beside an extension, and such as no text are refused with the rule and without what they say", () => {
    for (const message of [{ headers: { a: "secret" }, extension: new Uint8Array(1) }, { headers: { secret: 1 } }]) {
      const refused = extension(message as never)
      assert(refused instanceof Refusal)
      assert.deepStrictEqual([refused.reason.index, refused.reason.field], [3, "headers"])
      assert.notInclude(JSON.stringify(refused), "secret")
    }
  })

  it("that say what the extension beside them says, as those of a received message do, leave it as it is", () => {
    const carried = Result.getOrThrow(MessageHeaders.encode({ b: "c" }))
    assert.strictEqual(extension({ headers: { b: "c" }, extension: carried }, traced), carried)
    const other = Uint8Array.of(1, 2, 3)
    assert.strictEqual(extension({ headers: MessageHeaders.none, extension: other }), other)
    assert.instanceOf(extension({ headers: { b: "d" }, extension: carried }), Refusal)
  })

  it("get a trace context, unless they or the extension are the program's own", () => {
    const headersOf = (message: Message.Message) => {
      const result = extension(message, traced)
      return result instanceof Refusal ? undefined : result
    }
    assert.strictEqual(headersOf({ label: "a" }), traced.extension)
    assert.deepStrictEqual(read(headersOf({ headers: { a: "b" } })!), { traceparent: "new", a: "b" })
    assert.deepStrictEqual(read(headersOf({ headers: { traceparent: "own" } })!), { traceparent: "own" })
    const own = Uint8Array.of(7)
    assert.strictEqual(headersOf({ extension: own }), own)
  })
})

describe("traceContext", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c"
  const spanId = "b7ad6b7169203331"
  const of = (headers: Record<string, string>) => Option.getOrUndefined(MessageHeaders.traceContext({ headers }))

  it.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-03`, true],
    [`cc-${traceId}-${spanId}-01-what-will-be`, true],
    [`cc-${traceId}-${spanId}-01`, true]
  ])("%s is a span, sampled: %s", (traceparent, sampled) => {
    const span = of({ traceparent })
    assert.deepStrictEqual([span?.traceId, span?.spanId, span?.sampled], [traceId, spanId, sampled])
  })

  it.each([
    "",
    "00",
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}-1`,
    ` 00-${traceId}-${spanId}-01`
  ])("%o is none", (traceparent) => {
    assert.isUndefined(of({ traceparent }))
  })

  it("nothing is none", () => {
    assert.isUndefined(of({}))
  })
})
