import { Message } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import { namesIn } from "../src/internal/names/knownNames.ts"
import { propertiesOf, Refusal, violation } from "../src/internal/sending/outgoing.ts"

const propertiesOrRefusal = (message: Message.Message, index = 7) =>
  propertiesOf(message, index, message.body, 0, message.extension)

const refusal = (message: object) => {
  const properties = propertiesOrRefusal(message as Message.Message)
  return properties instanceof Refusal ? properties.reason : violation(properties, 7)
}

const propertiesFor = (message: Message.Message) => {
  const properties = propertiesOrRefusal(message)
  assert(!(properties instanceof Refusal))
  return properties
}

/** Just the body that makes a message of so many bytes. */
const bodyFor = (size: number): Uint8Array => new Uint8Array(size - Message.packetSize({}))

describe("limits", () => {
  const allowed = [
    { label: "x".repeat(249) },
    { label: "𝄞".repeat(124) },
    { priority: 0 },
    { priority: 7 },
    { bodyType: 65_535 },
    { appSpecific: 4_294_967_295 },
    { correlationId: new Uint8Array(20) },
    { delivery: "recoverable" },
    { responseQueue: "DIRECT=OS:.\\private$\\answers" },
    { timeToBeReceived: 0 },
    { timeToReachQueue: "4294967293 seconds" },
    { acknowledge: { positiveArrival: true }, adminQueue: "DIRECT=OS:.\\private$\\acks" },
    { soap: { header: "<a/>", body: null } },
    {
      connector: {
        type: "6d736d71-0000-4000-8000-000000000001",
        class: 2,
        authenticated: false,
        signature: null,
        symmetricKey: null
      }
    },
    { body: bodyFor(Message.maximumPacketSize) }
  ]
  it.each(allowed)("%o is allowed", (message) => {
    assert.isUndefined(refusal(message))
  })

  const refused = [
    ["body", { body: new ArrayBuffer(3) }, "an ArrayBuffer"],
    ["connector.signature", { connector: { type: "", class: 0, signature: "x", symmetricKey: null } }, '"x"'],
    ["label", { label: "x".repeat(250) }, "250 units"],
    ["label", { label: "𝄞".repeat(125) }, "250 units"],
    ["label", { label: "a\0b" }, "position 1"],
    ["label", { label: 5 }, "5"],
    ["priority", { priority: 8 }, "8"],
    ["priority", { priority: -1 }, "-1"],
    ["priority", { priority: 1.5 }, "1.5"],
    ["priority", { priority: Number.NaN }, "NaN"],
    ["priority", { priority: "3" }, "3"],
    ["bodyType", { bodyType: 65_536 }, "65536"],
    ["appSpecific", { appSpecific: 4_294_967_296 }, "4294967296"],
    ["appSpecific", { appSpecific: 3n }, "3n"],
    ["correlationId", { correlationId: new Uint8Array(19) }, "19 bytes"],
    ["correlationId", { correlationId: "x".repeat(20) }, "xxx"],
    ["delivery", { delivery: "fast" }, "fast"],
    ["responseQueue", { responseQueue: "DIRECT=OS:.\\q\0" }, "\\u0000"],
    ["responseQueue", { responseQueue: 5 }, "5"],
    ["timeToReachQueue", { timeToReachQueue: "4294967294 seconds" }, "4294967294"],
    ["timeToBeReceived", { timeToBeReceived: "soon" }, "soon"],
    ["adminQueue", { adminQueue: "a\0" }, "a\\u0000"],
    ["adminQueue", { adminQueue: "DIRECT=OS:.\\private$\\acks;JOURNAL" }, "JOURNAL"],
    ["adminQueue", { adminQueue: "MULTICAST=234.1.1.1:8001" }, "MULTICAST"],
    ["responseQueue", { responseQueue: ".\\private$\\answers;late" }, "late"],
    ["responseQueue", { responseQueue: "DIRECT=OS:.\\private$\\answers;late" }, "late"],
    ["responseQueue", { responseQueue: ".\\system$;DEADLETTER" }, "DEADLETTER"],
    ["responseQueue", { responseQueue: { _tag: "QueuePath", queue: "answers" } }, "_tag"],
    ["deadLetterQueue", { deadLetterQueue: "DIRECT=HTTP://server/MSMQ\\dead" }, "HTTP"],
    ["deadLetterQueue", { deadLetterQueue: ".\\private$\\dead;JOURNAL" }, "JOURNAL"],
    ["responseQueue", { responseQueue: "" }, '""'],
    ["responseQueue", { responseQueue: "answers" }, "answers"],
    ["deadLetterQueue", { deadLetterQueue: "dead" }, "dead"],
    ["deadLetterQueue", { deadLetterQueue: 1 }, "1"],
    ["connector", { connector: { type: "{}", class: 0 } }, 'whose type is "{}"'],
    ["soap", { soap: { header: "\0", body: null } }, 'whose header is "\\u0000"'],
    ["body", { body: "text" }, "text"],
    ["body", { body: { length: 3 } }, "{ length: 3 }"],
    ["extension", { extension: [1, 2] }, "an array of 2"],
    ["body", { body: bodyFor(Message.maximumPacketSize + 1) }, "4194308 bytes"],
    ["body", { extension: bodyFor(Message.maximumPacketSize), body: new Uint8Array(1) }, "4194308 bytes"]
  ] as const
  it.each(refused)("an illegal %s is refused: %o", (field, message, actual) => {
    const reason = refusal(message)
    assert.isDefined(reason)
    assert.deepStrictEqual({ field: reason?.field, index: reason?.index }, { field, index: 7 })
    assert.include(reason?.actual, actual)
    assert.isNotEmpty(reason?.rule)
  })

  it("a correlation id that is a text but no id is told the forms of an id", () => {
    const rule = refusal({ correlationId: "{id}\\1" })?.rule
    assert.include(rule, "a Uint8Array of exactly 20 bytes")
    assert.include(rule, '"{guid}\\number"')
  })
})

describe("a message", () => {
  it("has its times in whole seconds, rounded up (D-32, D-33)", () => {
    const properties = propertiesFor({ timeToReachQueue: "1500 millis", timeToBeReceived: "1 minute" })
    assert.deepStrictEqual([properties.timeToReachQueue, properties.timeToBeReceived], [2, 60])
    const times = [
      [0, 0],
      [0.4, 1],
      [{ seconds: 1, nanoseconds: 1 }, 2],
      [BigInt(1), 1],
      [[3, 0], 3],
      [{ minutes: 5 }, 300],
      [{ minutes: 1, seconds: -1 }, 59],
      [Duration.weeks(1), 604_800],
      ["4294967293 seconds", 4_294_967_293]
    ] as const
    for (const [given, seconds] of times) {
      assert.strictEqual(propertiesFor({ timeToReachQueue: given }).timeToReachQueue, seconds)
      assert.strictEqual(propertiesFor({ timeToBeReceived: given }).timeToBeReceived, seconds)
    }
  })

  it("has no time limit where an infinite one is given (D-32, D-33)", () => {
    for (const given of [Duration.infinity, "Infinity", Infinity] as const) {
      const properties = propertiesFor({ timeToReachQueue: given, timeToBeReceived: given })
      assert.deepStrictEqual([properties.timeToReachQueue, properties.timeToBeReceived], [null, null])
    }
  })

  it("with a time limit that is no duration is refused, with what was given and how to write one", () => {
    const refused = [
      [Number.NaN, "NaN"],
      [-0.4, "-0.4"],
      [-Infinity, "-Infinity"],
      ["-500 millis", '"-500 millis"'],
      ["-Infinity", '"-Infinity"'],
      ["5 secs", '"5 secs"'],
      ["5", '"5"'],
      ["", '""'],
      [-1n, "-1n"],
      [true, "true"],
      [null, "null"],
      [{}, "{}"],
      [{ secs: 5 }, "{ secs: 5 }"],
      [{ seconds: -1 }, "{ seconds: -1 }"],
      [{ seconds: "5" }, "{ seconds: a string }"],
      [{ seconds: 5, hrs: 1 }, "{ seconds: 5, hrs: 1 }"],
      [{ months: 1, days: 1 }, "{ months: 1, days: 1 }"],
      [[1], "an array of 1"],
      [[1, Number.NaN], "an array of 2"],
      [new Date(), "a Date"],
      [Duration.seconds(-1), "a Duration of -1000 millis"],
      ["4294967294 seconds", '"4294967294 seconds"']
    ] as const
    for (const field of ["timeToReachQueue", "timeToBeReceived"] as const) {
      for (const [given, actual] of refused) {
        const reason = refusal({ [field]: given })
        assert.deepStrictEqual([reason?.field, reason?.actual, reason?.index], [field, actual, 7])
        assert.include(reason?.rule, 'such as "5 seconds"')
      }
    }
  })

  it("asks for just the acknowledgments and copies that are named (D-44, D-56)", () => {
    const properties = propertiesFor({ acknowledge: { negativeReceive: true }, journaling: { deadLetter: true } })
    assert.deepStrictEqual(properties.acknowledge, {
      positiveArrival: false,
      positiveReceive: false,
      negativeArrival: false,
      negativeReceive: true
    })
    assert.deepStrictEqual(properties.journaling, { deadLetter: true, journal: false })
  })

  it("without any field is what Message Queuing takes by default (D-20)", () => {
    assert.deepStrictEqual(propertiesFor({}), {
      body: new Uint8Array(0),
      bodyType: 0,
      label: "",
      priority: 3,
      delivery: "express",
      correlationId: null,
      appSpecific: 0,
      extension: null,
      responseQueue: null,
      acknowledge: null,
      adminQueue: null,
      journaling: null,
      deadLetterQueue: null,
      timeToReachQueue: null,
      timeToBeReceived: null,
      trace: false,
      connector: null,
      soap: null
    })
    assert.isUndefined(refusal({}))
  })

  const whole = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

  it.prop(
    "that keeps to the limits passes unchanged",
    {
      bytes: Schema.Array(whole(255)),
      bodyType: whole(65_535),
      label: Schema.String.check(Schema.isMaxLength(249)),
      priority: whole(7),
      delivery: Schema.Literals(["express", "recoverable"]),
      appSpecific: whole(4_294_967_295)
    },
    ({ bytes, label, ...rest }) => {
      const message = { ...rest, label: label.replaceAll("\0", ""), body: Uint8Array.from(bytes) }
      const properties = propertiesFor(message)
      assert.deepStrictEqual({ ...properties, ...message }, properties)
      assert.isUndefined(violation(properties, 0))
    }
  )

  it.prop(
    "of whatever is put into its fields is allowed or refused with a reason, and never throws",
    {
      fields: Schema.Record(
        Schema.Literals([
          "label",
          "priority",
          "appSpecific",
          "delivery",
          "body",
          "bodyType",
          "extension",
          "correlationId",
          "responseQueue",
          "adminQueue",
          "deadLetterQueue",
          "timeToReachQueue",
          "timeToBeReceived",
          "connector",
          "soap"
        ]),
        Schema.Unknown
      )
    },
    ({ fields }) => {
      const reason = refusal(fields)
      if (reason !== undefined) assert.property(fields, reason.field.split(".")[0]!)
    }
  )

  it("has each of its fields read once, so that what was checked is what is sent", () => {
    const read: Array<PropertyKey> = []
    const message = new Proxy<Message.Message>(
      {},
      {
        get: (_, field) => {
          read.push(field)
          return undefined
        }
      }
    )
    propertiesFor(message)
    assert.deepStrictEqual(read, [...new Set(read)])
    assert.include(read, "timeToBeReceived")
  })

  it("with a response queue that Message Queuing handed out is sent on, whatever our grammar says of the name", () => {
    const name = "DIRECT=OS:a=b\\orders"
    assert.strictEqual(refusal({ responseQueue: name })?.field, "responseQueue")
    namesIn.responseQueue.remember(name)
    assert.isUndefined(refusal({ responseQueue: name }))
    assert.strictEqual(refusal({ deadLetterQueue: name })?.field, "deadLetterQueue")
    for (let other = 0; other < 1000; other++) namesIn.responseQueue.remember(`DIRECT=OS:a=${other}\\orders`)
    assert.strictEqual(refusal({ responseQueue: name })?.field, "responseQueue")
  })
})
