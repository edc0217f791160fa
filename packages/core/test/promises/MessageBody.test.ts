import { MessageBody as WithEffect, XmlValue } from "@effect-msmq/core"
import { MessageBody, MsmqError } from "@effect-msmq/core/promises"
import { TestMsmq } from "@effect-msmq/testing/promises"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { z } from "zod"

const orders = ".\\private$\\orders"

/** A value that a program without types has. */
const untyped = (value: unknown) => value as never

const thrownBy = (call: () => unknown): MsmqError => {
  try {
    call()
  } catch (thrown) {
    assert(thrown instanceof MsmqError, String(thrown))
    return thrown
  }
  return assert.fail("it did not throw")
}

const order = MessageBody.xml(
  { Id: "int", "Due?": "Date", Tags: ["string"], "Lines?": [{ Article: "string", Price: "decimal" }] },
  { root: "Order", items: { Lines: "Line" } }
)

const schema = Schema.Struct({
  Id: XmlValue.Int,
  Due: Schema.NullOr(Schema.Date),
  Tags: Schema.Array(Schema.String),
  Lines: Schema.NullOr(Schema.Array(Schema.Struct({ Article: Schema.String, Price: XmlValue.Decimal })))
})

describe("a codec of a description, in promises", () => {
  it("writes and reads the XML that the codec of a schema does", () => {
    const same = WithEffect.xml(schema, { root: "Order", items: { Lines: "Line" } })
    const values = [
      { Id: 7, Due: null, Tags: ["new"], Lines: null },
      { Id: -1, Due: new Date("2026-05-01T08:30:00Z"), Tags: [], Lines: [{ Article: "tea", Price: "4.50" }] }
    ]
    for (const value of values) {
      const encoded = MessageBody.encode(order, value)
      assert.deepStrictEqual(encoded, Result.getOrThrow(same.encode(value)))
      assert.deepStrictEqual(MessageBody.decode(order, encoded), value)
    }
  })

  it("has a value of JavaScript for each type of .NET, which comes back as it was", () => {
    const all = MessageBody.xml(
      {
        a: "bool",
        b: "byte",
        c: "sbyte",
        d: "short",
        e: "ushort",
        f: "int",
        g: "uint",
        h: "long",
        i: "ulong",
        j: "float",
        k: "double",
        l: "decimal",
        m: "char",
        n: "string",
        o: "Guid",
        p: "byte[]",
        q: "DateTime",
        r: "Date",
        s: "DateTimeOffset"
      },
      { root: "All" }
    )
    const value = {
      a: true,
      b: 255,
      c: -128,
      d: -32_768,
      e: 65_535,
      f: -2_147_483_648,
      g: 4_294_967_295,
      h: -9_007_199_254_740_993n,
      i: 18_446_744_073_709_551_615n,
      j: 0.5,
      k: 1 / 3,
      l: "7.00",
      m: "Å",
      n: '"a" & b',
      o: "00112233-4455-6677-8899-aabbccddeeff",
      p: Uint8Array.of(1, 2, 255),
      q: "2026-05-01T08:30:00.1234567",
      r: new Date("2026-05-01T08:30:00Z"),
      s: "2026-05-01T08:30:00.1234567+02:00"
    }
    assert.deepStrictEqual(MessageBody.decode(all, MessageBody.encode(all, value)), value)
  })

  it("types the bodies of a sender and a receiver, and refuses others before they are sent", async () => {
    await TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders)
      await using sender = await connection.openSender(orders, { body: order })
      await using receiver = await connection.openReceiver(orders, { body: order })
      await sender.send({ body: { Id: 7, Due: null, Tags: ["new"], Lines: [] } })
      const { body } = await receiver.receive()
      const lines: ReadonlyArray<{ readonly Article: string; readonly Price: string }> | null = body.Lines
      assert.deepStrictEqual([body.Id + 1, body.Tags.join(), lines], [8, "new", []])
      const wrong = { Id: 7.5, Due: null, Tags: [], Lines: null }
      const refused: unknown = await sender.send({ body: wrong }).catch((error: unknown) => error)
      assert(refused instanceof MsmqError && refused.reason._tag === "IllegalMessage", String(refused))
      // @ts-expect-error -- a text for a number
      const sending = sender.send({ body: { Id: "7", Due: null, Tags: [], Lines: null } })
      await sending.catch(() => {})
    })
  })

  it("is refused for an illegal description, with the path to the mistake", () => {
    const endless: Record<string, unknown> = {}
    endless["Self"] = endless
    const unreadable = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("not to be read")
        }
      }
    )
    const cases: ReadonlyArray<readonly [unknown, string, string]> = [
      ["integer", "description", 'description is "integer", but it must be one of bool, byte'],
      [{ Id: "Int" }, "description.Id", 'description.Id is "Int"'],
      [{ Lines: [{ Price: null }] }, "description.Lines[0].Price", "description.Lines[0].Price is null"],
      [{ Lines: [] }, "description.Lines", "an array of one description"],
      [{ Lines: ["int", "int"] }, "description.Lines", "an array of one description"],
      [{ Id: "int", "Id?": "int" }, "description.Id", "there as Id and Id?"],
      [{ Id: "toString" }, "description.Id", 'description.Id is "toString"'],
      [undefined, "description", "description is undefined"],
      [new Map(), "description", "description is"],
      [endless, "description", "an object of members"],
      [{ Id: unreadable }, "description", "an object of members"]
    ]
    for (const [description, option, text] of cases) {
      const { message, operation, reason } = thrownBy(() => MessageBody.xml(untyped(description), { root: "Order" }))
      assert(reason._tag === "IllegalOption" && reason.option === option, message)
      assert.strictEqual(operation, "MessageBody.xml")
      assert.include(message, text)
    }
  })

  it("encodes and decodes a value by itself, and throws for one that it refuses", () => {
    assert.deepStrictEqual(MessageBody.decode(MessageBody.text, MessageBody.encode(MessageBody.text, "Åb")), "Åb")
    const refused = thrownBy(() => MessageBody.encode(MessageBody.text, "\ud800"))
    assert.deepStrictEqual([refused.operation, refused.reason._tag], ["MessageBody.encode", "IllegalOption"])
    const unreadable = thrownBy(() => MessageBody.decode(MessageBody.text, { body: Uint8Array.of(0xc5), bodyType: 0 }))
    assert.include(unreadable.message, "it must be well-formed UTF-8")
    for (const call of [MessageBody.encode, MessageBody.decode]) {
      const { message, reason } = thrownBy(() => call(untyped({}), untyped("a")))
      assert(reason._tag === "IllegalOption" && reason.option === "codec", message)
    }
  })
})

describe("other codecs, in promises", () => {
  it("are made of a schema of another library, of two functions, and with a store of promises", async () => {
    const json = MessageBody.json(z.object({ id: z.number().int() }))
    const shout = MessageBody.make<string>({
      name: "loud text",
      encode: (text) => new TextEncoder().encode(text.toUpperCase()),
      decode: ({ body }) => new TextDecoder().decode(body)
    })
    const store = new Map<string, Uint8Array>()
    const large = MessageBody.claimCheck(shout, {
      put: async (bytes) => {
        store.set("1", bytes)
        return "1"
      },
      get: async (reference) => store.get(reference) ?? new Uint8Array(0),
      above: 3
    })
    await TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders)
      await using ids = await connection.openSender(orders, { body: json })
      await ids.send({ body: { id: 7 } })
      await using read = await connection.openReceiver(orders, { body: json })
      assert.deepStrictEqual((await read.receive()).body, { id: 7 })
      await using texts = await connection.openSender(orders, { body: large })
      await texts.send({ body: "tea for two" })
      await using heard = await connection.openReceiver(orders, { body: large })
      assert.deepStrictEqual([(await heard.receive()).body, store.size], ["TEA FOR TWO", 1])
    })
    const refused = thrownBy(() =>
      MessageBody.decode(json, { body: new TextEncoder().encode('{"id":"7"}'), bodyType: 0 })
    )
    assert.include(refused.message, "id: ")
    assert.include(thrownBy(() => MessageBody.json(untyped({}))).message, "zod, valibot or arktype")
  })
})
