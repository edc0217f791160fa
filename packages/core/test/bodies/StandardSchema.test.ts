/** JSON by schemas of other libraries, which implement Standard Schema. */
import { MessageBody, MessageQueue, MsmqError } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import * as v from "valibot"
import { z } from "zod"

const orders = ".\\private$\\orders"

const utf8 = (text: string) => new TextEncoder().encode(text)
const json = (text: string): MessageBody.EncodedBody => ({ body: utf8(text), bodyType: 0 })

const ruleOf = (result: Result.Result<unknown, string>): string => {
  assert(Result.isFailure(result))
  return result.failure
}

/** The same schema in two libraries: a text for the date becomes a `Date`, and a missing count is 1. */
const libraries = {
  zod: z.object({
    id: z.number().int(),
    due: z.iso.datetime().transform((text) => new Date(text)),
    count: z.number().default(1),
    lines: z.array(z.object({ article: z.string().min(2) }))
  }),
  valibot: v.object({
    id: v.pipe(v.number(), v.integer()),
    due: v.pipe(
      v.string(),
      v.isoTimestamp(),
      v.transform((text) => new Date(text))
    ),
    count: v.optional(v.number(), 1),
    lines: v.array(v.object({ article: v.pipe(v.string(), v.minLength(2)) }))
  })
}

const sent = { id: 7, due: "2026-05-01T08:30:00Z", lines: [{ article: "nut" }] }
const received = { ...sent, due: new Date("2026-05-01T08:30:00Z"), count: 1 }

/** Schema whose validation does as it is told. */
const validating = (validate: (value: unknown) => unknown): StandardSchemaV1<unknown, unknown> => ({
  "~standard": { version: 1, vendor: "test", validate: validate as StandardSchemaV1["~standard"]["validate"] }
})

describe.each(["zod", "valibot"] as const)("a schema of %s", (library) => {
  const schema: StandardSchemaV1<
    { readonly id: number; readonly due: string; readonly lines: Array<{ article: string }> },
    { readonly id: number; readonly due: Date; readonly count: number }
  > = libraries[library]
  const body = MessageBody.json(schema)

  it("sends its input as JSON, and receives its output", () => {
    const encoded = Result.getOrThrow(body.encode(sent))
    assert.strictEqual(new TextDecoder().decode(encoded.body), JSON.stringify(sent))
    assert.strictEqual(encoded.bodyType, 0)
    assert.deepStrictEqual<unknown>(body.decode(encoded), Result.succeed(received))
  })

  it.effect("serves a sender and a receiver in Effect", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders, { body })
      const receiver = yield* MessageQueue.openReceiver(orders, { body })
      yield* sender.send({ body: sent })
      const message = yield* receiver.receive
      assert.deepStrictEqual<unknown>(message.body, received)
      assert.strictEqual(message.body.due.getTime(), received.due.getTime())
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it("serves a sender and a receiver in promises", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders, { body })
    await using receiver = await msmq.openReceiver(orders, { body })
    await sender.send({ body: sent })
    const message = await receiver.receive()
    assert.deepStrictEqual<unknown>(message.body, received)
  })

  it("names what does not fit by its place, and of much only the beginning", () => {
    const rule = ruleOf(
      body.decode(json('{"id":7,"due":"2026-05-01T08:30:00Z","lines":[{"article":"nut"},{"article":7}]}'))
    )
    assert.match(rule, /^must fit its schema: lines\[1\]\.article: Invalid/)
    const many = ruleOf(body.decode(json('{"id":"x","due":1,"lines":[{"article":1},{"article":2}]}')))
    assert.match(many, /^must fit its schema: id: .*; due: .*; lines\[0\]\.article: .* \(and 1 more\)$/)
    assert.match(ruleOf(body.decode(json("{"))), /^must be JSON: /)
  })

  it.effect("refuses a value before it is sent, and an undecodable body with the message", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders, { body })
      const raw = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders, { body })
      const refused = yield* Effect.flip(sender.sendAll([{ body: sent }, { body: { ...sent, id: 0.5 } }]))
      assert(refused.reason._tag === "IllegalMessage", refused.message)
      assert.deepStrictEqual([refused.reason.index, refused.reason.field, refused.progress?.accepted], [1, "body", 1])
      assert.match(refused.reason.rule, /^as JSON must fit its schema when it is read from JSON: id: /)
      yield* receiver.receive
      yield* raw.send({ body: utf8('{"id":7}') })
      const error = yield* Effect.flip(receiver.receive)
      assert(error.reason._tag === "UndecodableBody", error.message)
      assert.match(error.reason.rule, /^must fit its schema: due: /)
      assert.deepStrictEqual(Uint8Array.from(error.reason.message.body), utf8('{"id":7}'))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the types of a schema of another library", () => {
  it("are its input for sending and its output for receiving", () => {
    const bodies = { zod: MessageBody.json(libraries.zod), valibot: MessageBody.json(libraries.valibot) }
    const { valibot, zod } = bodies
    Result.getOrThrow(zod.encode(sent))
    // @ts-expect-error the input has a text
    assert.isTrue(Result.isFailure(zod.encode({ ...sent, due: 7 })))
    // @ts-expect-error a key is missing
    assert.isTrue(Result.isFailure(valibot.encode({ id: 7 })))
    const due: Date = Result.getOrThrow(zod.decode(json(JSON.stringify(sent)))).due
    // @ts-expect-error the output has a Date
    const text: string = Result.getOrThrow(valibot.decode(json(JSON.stringify(sent)))).due
    assert.deepStrictEqual<unknown>(text, due)
  })

  it("are those of Effect's schema where it is both", () => {
    const both = Schema.toStandardSchemaV1(Schema.Struct({ due: Schema.Date }))
    const body = MessageBody.json(both)
    const encoded = Result.getOrThrow(body.encode({ due: new Date(0) }))
    assert.deepStrictEqual(body.decode(encoded), Result.succeed({ due: new Date(0) }))
  })
})

describe("a value that JSON does not carry", () => {
  it("is refused before it is sent, as the receiver would refuse it", () => {
    const dates = MessageBody.json(z.object({ due: z.date() }))
    assert.match(
      ruleOf(dates.encode({ due: new Date(0) })),
      /^must fit its schema when it is read from JSON: due: .*date/
    )
    const anything = MessageBody.json(z.unknown())
    const circular: Record<string, unknown> = {}
    circular["self"] = circular
    for (const value of [undefined, () => 7, Symbol("x"), 1n, circular]) {
      assert.match(ruleOf(anything.encode(value)), /^must be a value that JSON has/)
    }
    assert.match(
      ruleOf(MessageBody.json(z.number()).encode(Number.NaN)),
      /^must fit its schema when it is read from JSON/
    )
  })
})

describe("a schema of another library that misbehaves", () => {
  it("whose validation is asynchronous is refused with what to do, and its rejection ends no process", async () => {
    const rejections: Array<unknown> = []
    const note = (reason: unknown) => void rejections.push(reason)
    process.on("unhandledRejection", note)
    try {
      const schemas = [
        v.pipeAsync(
          v.string(),
          v.checkAsync(async () => true)
        ),
        z.string().refine(async () => true),
        validating(() => Promise.reject(new Error("no connection")))
      ]
      for (const schema of schemas) {
        const body: MessageBody.MessageBody<never, unknown> = MessageBody.json<never, unknown>(
          schema as StandardSchemaV1<never, unknown>
        )
        for (const result of [body.decode(json('"x"')), body.encode("x" as never)]) {
          assert.match(
            ruleOf(result),
            /^must be validated by its schema at once and without a defect \(it returned a promise/
          )
        }
      }
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepStrictEqual(rejections, [])
    } finally {
      process.off("unhandledRejection", note)
    }
  })

  it("throws, or returns no result: the rule says so", () => {
    const cases = [
      [() => JSON.parse("{"), "SyntaxError"],
      [() => undefined, "it returned undefined"],
      [() => "valid", 'it returned "valid"']
    ] as const
    for (const [validate, said] of cases) {
      const body = MessageBody.json(validating(validate))
      assert.include(ruleOf(body.decode(json("7"))), said)
      assert.include(ruleOf(body.encode(7)), said)
    }
  })

  it("is distinguished from a value that is not a schema", () => {
    for (const given of [
      undefined,
      null,
      {},
      "zod",
      { "~standard": 1 },
      { "~standard": { version: 2, validate() {} } }
    ]) {
      const call = () => MessageBody.json(given as StandardSchemaV1)
      try {
        call()
        assert.fail("it was not refused")
      } catch (error) {
        assert(error instanceof MsmqError.MsmqError)
        assert.include(error.message, "MessageBody.json: schema is")
        assert.include(error.message, "zod, valibot or arktype")
      }
    }
    // A schema of arktype is a function.
    const callable = Object.assign(
      () => {},
      validating((value) => ({ value }))
    )
    assert.deepStrictEqual(MessageBody.json(callable).decode(json("7")), Result.succeed(7))
  })

  it("has no form in XML, and the error says so", () => {
    try {
      MessageBody.xml(z.object({}) as never)
      assert.fail("it was not refused")
    } catch (error) {
      assert(error instanceof MsmqError.MsmqError)
      assert.include(error.message, "which a Standard Schema does not show")
    }
  })
})
