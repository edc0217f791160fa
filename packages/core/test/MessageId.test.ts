import { MessageId, MessageQueue, MsmqError } from "@effect-msmq/core"
import * as promises from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { guid, number } from "./support/names.ts"

const text = String.raw`{01234567-89ab-cdef-0123-456789abcdef}\4711`

/** The bytes of `OBJECTID`: a GUID with three little-endian fields, and a little-endian number. */
const bytes = Uint8Array.from(Buffer.from("67452301ab89efcd0123456789abcdef67120000", "hex"))

const refusal = (result: Result.Result<unknown, MsmqError.MsmqError>): MsmqError.IllegalOption => {
  assert(Result.isFailure(result))
  const { reason } = result.failure
  assert(reason._tag === "IllegalOption")
  return reason
}

describe("the id of a message", () => {
  it("is read as text and as the 20 bytes of OBJECTID, both ways (D-23)", () => {
    assert.deepStrictEqual(MessageId.toBytes(text), Result.succeed(bytes))
    assert.deepStrictEqual(MessageId.fromBytes(bytes), Result.succeed(text))
    assert.strictEqual(promises.MessageId.fromBytes(bytes), text)
    assert.deepStrictEqual(promises.MessageId.toBytes(text), bytes)
  })

  it("is returned as bytes that share no memory with those that were given, also of a Buffer", () => {
    const given = Buffer.from(bytes)
    const copy = Result.getOrThrow(MessageId.toBytes(given))
    copy[0] = 0
    assert.deepStrictEqual(given, Buffer.from(bytes))
  })

  it.each([
    [String.raw`{01234567-89AB-CDEF-0123-456789ABCDEF}\4711`, text],
    [String.raw`01234567-89ab-cdef-0123-456789abcdef\4711`, text],
    [String.raw`01234567-89ab-cdef-0123-456789abcdef\0`, String.raw`{01234567-89ab-cdef-0123-456789abcdef}\0`],
    [
      String.raw`{01234567-89ab-cdef-0123-456789abcdef}\4294967295`,
      String.raw`{01234567-89ab-cdef-0123-456789abcdef}\4294967295`
    ],
    [String.raw`01234567-89ab-cdef-0123-456789abcdef\-1`, String.raw`{01234567-89ab-cdef-0123-456789abcdef}\4294967295`]
  ])("as %s is read as %s", (given, right) => {
    assert.deepStrictEqual(MessageId.parse(given), Result.succeed(right))
    assert.strictEqual(promises.MessageId.parse(given), right)
  })

  it.each([
    "",
    "4711",
    String.raw`{01234567-89ab-cdef-0123-456789abcdef}`,
    String.raw`{01234567-89ab-cdef-0123-456789abcdef}\ `,
    String.raw`{01234567-89ab-cdef-0123-456789abcdef}\4294967296`,
    String.raw`{01234567-89ab-cdef-0123-456789abcdef}\-2147483649`,
    String.raw`{01234567-89ab-cdef-0123-456789abcdef}\1e3`,
    String.raw`{01234567-89ab-cdef-0123-456789abcdef}\007`,
    String.raw`{01234567-89ab-cdef-0123-456789abcdef\4711`,
    String.raw`(01234567-89ab-cdef-0123-456789abcdef)\4711`,
    "{01234567-89ab-cdef-0123-456789abcdef}/4711",
    String.raw`{0123456-789ab-cdef-0123-456789abcdef}\4711`,
    `${text}\n`
  ])("that is %s is refused with the form of an id", (given) => {
    assert.include(refusal(MessageId.parse(given)).rule, String.raw`"{guid}\number"`)
    assert.throws(() => promises.MessageId.parse(given), MsmqError.MsmqError, "MessageId.parse")
    assert.isFalse(MessageId.equals(given, given))
  })

  it("in bytes of another length, or of another sort, is refused with the rule", () => {
    for (const given of [
      new Uint8Array(16),
      new Uint8Array(21),
      new Uint8Array(0),
      text,
      undefined,
      null,
      [...bytes]
    ]) {
      assert.include(refusal(MessageId.fromBytes(given as Uint8Array)).rule, "exactly 20 bytes")
    }
    for (const given of [new Uint8Array(19), 5, undefined, null, {}]) {
      const { rule } = refusal(MessageId.toBytes(given as Uint8Array))
      assert.include(rule, String.raw`"{guid}\number"`)
      assert.include(rule, "20 bytes")
    }
  })

  it("in bytes that lie within others is read", () => {
    const within = Uint8Array.of(9, 9, 9, ...bytes, 9).subarray(3, 23)
    assert.deepStrictEqual(MessageId.fromBytes(within), Result.succeed(text))
    assert.deepStrictEqual(MessageId.fromBytes(Buffer.from(bytes)), Result.succeed(text))
  })

  it("is the same as another one in any form of both", () => {
    const forms = [text, text.toUpperCase(), text.replaceAll(/[{}]/g, ""), bytes, Buffer.from(bytes)]
    const other = String.raw`{01234567-89ab-cdef-0123-456789abcdef}\4712`
    for (const one of forms) {
      for (const same of forms) {
        assert.isTrue(MessageId.equals(one, same))
        assert.isTrue(MessageId.equals(same)(one))
        assert.isTrue(promises.MessageId.equals(one, same))
      }
      assert.isFalse(MessageId.equals(one, other))
      assert.isFalse(MessageId.equals(one, undefined))
    }
  })

  it.prop("is the same text after the way to bytes and back", [guid, number(0, 0xffffffff)], ([machine, count]) => {
    const id = `{${machine.toLowerCase()}}\\${count}`
    assert.deepStrictEqual(Result.flatMap(MessageId.toBytes(id), MessageId.fromBytes), Result.succeed(id))
  })
})

describe("a correlation id", () => {
  const orders = ".\\private$\\orders"

  it.effect("is sent as text or as bytes, and both are received as the same bytes", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      const id = yield* sender.send({ label: "request" })
      const forms = [id, id.replaceAll(/[{}]/g, "").toUpperCase(), Result.getOrThrow(MessageId.toBytes(id))]
      const report = yield* sender.sendAll(forms.map((correlationId) => ({ correlationId })))
      assert.strictEqual(report.accepted, 3)
      const request = yield* receiver.receive
      for (let index = 0; index < 3; index++) {
        const response = yield* receiver.receive
        assert(response.correlationId !== undefined)
        assert.deepStrictEqual(MessageId.fromBytes(response.correlationId), Result.succeed(request.messageId))
        assert.isTrue(MessageId.equals(response.correlationId, request.messageId))
      }
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it("is sent as text by promises, and a text that is no id is refused before anything is sent", async () => {
    await using msmq = await promises.connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    const id = await sender.send({ label: "request" })
    await sender.send({ label: "response", correlationId: id })
    const error: unknown = await sender.send({ correlationId: "request" }).catch((failure: unknown) => failure)
    assert(error instanceof MsmqError.MsmqError && error.reason._tag === "IllegalMessage")
    assert.strictEqual(error.reason.field, "correlationId")
    assert.strictEqual((await receiver.receive()).label, "request")
    assert.isTrue(promises.MessageId.equals((await receiver.receive()).correlationId, id))
    assert.isUndefined(await receiver.poll())
  })
})
