/**
 * Codecs between values and the bytes of a message body, each with the `PROPID_M_BODY_TYPE` that goes with them. Give one to
 * `MessageQueue.openSender` and `openReceiver`, and messages have typed bodies.
 *
 * A value that a codec cannot write is refused with `IllegalMessage` before anything is sent. A body that it cannot read fails with
 * `UndecodableBody`, which holds the message as it came.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ActiveXValue } from "./ActiveXBody.ts"
import * as ActiveXBody from "./ActiveXBody.ts"
import * as BodyType from "./BodyType.ts"
import { bytesOf, textOf, withoutTerminator } from "./internal/bodies/encodedText.ts"
import { ofType } from "./internal/bodies/fixedSize.ts"
import type { Conversion } from "./internal/bodies/schemaConversion.ts"
import { conversionOf, conversionWith } from "./internal/bodies/schemaConversion.ts"
import { conversionOfStandard, isStandardSchema } from "./internal/bodies/standardSchema.ts"
import { xmlCodec } from "./internal/bodies/xml/xmlCodec.ts"
import { failureText } from "./internal/errors/thrownText.ts"
import { argument, argumentOrThrow, optionsOrThrow } from "./internal/options/illegalOption.ts"
import { codec as codecRule, makeOptions, ofInstance, storeOptions } from "./internal/options/codecs.ts"
import { isPlain, tableOf } from "./internal/options/OptionTable.ts"
import { guarded, listOf, text as textRule } from "./internal/options/Rule.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import { bodyStore } from "./internal/bodies/claimCheck.ts"
import type { BodyStore } from "./internal/bodies/claimCheck.ts"
import type { EncodedBody, EncodedMessage, MessageBody } from "./internal/bodies/Codec.ts"
import type { Message } from "./Message.ts"
import type { MsmqError } from "./MsmqError.ts"
import type { Tagged } from "./internal/Tagged.ts"

export type { EncodedBody, EncodedMessage, MessageBody } from "./internal/bodies/Codec.ts"
export type { BodyStore } from "./internal/bodies/claimCheck.ts"

/**
 * Codec that leaves bodies as they are: bytes of any type. Senders and receivers without a codec use it.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * MessageBody.bytes.encode(Uint8Array.of(1, 2)) // => Result.succeed({ body: Uint8Array.of(1, 2), bodyType: 0 })
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const bytes: MessageBody<Uint8Array> = {
  name: "bytes",
  encode: (body) => Result.succeed({ body, bodyType: BodyType.numbers.VT_EMPTY }),
  decode: ({ body }) => Result.succeed(body)
}

/**
 * Codec for text. It writes UTF-8 with body type 0. It reads `VT_BSTR` and `VT_LPWSTR` as UTF-16, `VT_LPSTR` as ASCII, and
 * type 0 and bytes by their byte order mark, or as UTF-8 where there is none. It refuses to write or read text that is not
 * well-formed. `ActiveXBody` has codecs that write the other types.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * MessageBody.text.encode("Åb") // => Result.succeed({ body: Uint8Array.of(0xc3, 0x85, 0x62), bodyType: 0 })
 * MessageBody.text.decode({ body: Uint8Array.of(0xc5, 0, 0x62, 0), bodyType: 8 }) // => Result.succeed("Åb")
 * MessageBody.text.decode({ body: Uint8Array.of(0xc5), bodyType: 0 }) // => Result.fail("must be well-formed UTF-8")
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const text: MessageBody<string> = {
  name: "text",
  encode: (value) => Result.map(bytesOf(value, "utf-8"), (body) => ({ body, bodyType: BodyType.numbers.VT_EMPTY })),
  decode: textOf
}

/**
 * Makes a codec for JSON. It writes UTF-8 with body type 0, as NServiceBus does, and reads every text that {@link text} reads.
 * It writes values that JSON does not have as the schema's JSON codec does: a `Date` as an ISO text, a bigint as its digits.
 * It ignores a single NUL after the text, which programs in C send.
 *
 * The schema is one of Effect's `Schema`, which needs no services and whose transformations are synchronous, or one of a library with
 * [Standard Schema](https://standardschema.dev), such as zod, valibot or arktype. Such a schema reads and does not write: the
 * values to send are its input, as JSON has them, and those that are received its output. They are validated on both
 * sides. Its validation must be synchronous: a value or a body is refused where it returns a promise.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for a value that is not a schema.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result, Schema } from "effect"
 *
 * const Order = Schema.Struct({ id: Schema.Int, due: Schema.Date })
 * const order = { id: 7, due: new Date("2026-05-01T08:30:00Z") }
 *
 * const body = MessageBody.json(Order)
 * const encoded = Result.getOrThrow(body.encode(order))
 * new TextDecoder().decode(encoded.body) // => '{"id":7,"due":"2026-05-01T08:30:00.000Z"}'
 * body.decode(encoded) // => Result.succeed(order)
 *
 * const wrong = { body: new TextEncoder().encode('{"id":7.5}'), bodyType: 0 }
 * body.decode(wrong) // => Result.fail("must fit its schema: id: Expected an integer; due: Missing key")
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const json: {
  <A>(schema: Schema.ConstraintCodec<A, unknown>): MessageBody<A>
  <Input, Output>(schema: StandardSchemaV1<Input, Output>): MessageBody<Input, Output>
} = (schema: Schema.ConstraintCodec<unknown, unknown> | StandardSchemaV1): MessageBody<unknown> => {
  const given = argumentOrThrow({ operation: operations.MessageBody.json }, "schema", jsonSchema, schema)
  return jsonBy(isSchema(given) ? conversionOf(Schema.toCodecJson(given)) : conversionOfStandard(given))
}

/** Makes the codec for JSON of a conversion. */
const jsonBy = <A>({ decode, encode }: Conversion<A>): MessageBody<A> => ({
  name: "JSON",
  encode: (value) => Result.flatMap(Result.map(encode(value), JSON.stringify), text.encode),
  decode: (encoded) =>
    Result.flatMap(Result.flatMap(Result.map(text.decode(encoded), withoutTerminator), parseJson), decode)
})

/**
 * Makes a codec for JSON, as {@link json} does, of a schema whose conversions need services. It has the services of the effect that
 * makes it: a layer can make the codec and open the queue. Conversions must be synchronous: a value or a body is refused where one
 * waits for something.
 *
 * Fails with `IllegalOption` for a value that is not a schema of Effect.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody, MessageQueue, QueueService } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Context, Effect, Layer, Schema, SchemaGetter } from "effect"
 *
 * class Currency extends Context.Service<Currency, { readonly symbol: string }>()("shop/Currency") {}
 *
 * const Price = Schema.String.pipe(
 *   Schema.decodeTo(Schema.Finite, {
 *     decode: SchemaGetter.transform((text: string) => Number(text.slice(1))),
 *     encode: SchemaGetter.transformEffect((price: number) =>
 *       Effect.map(Currency, ({ symbol }) => `${symbol}${price.toFixed(2)}`)
 *     )
 *   })
 * )
 *
 * const queue = ".\\private$\\prices"
 * class Prices extends QueueService.Sender<Prices>()("shop/Prices", { queue, body: MessageBody.json(Schema.Finite) }) {}
 * const prices = Layer.effect(
 *   Prices,
 *   Effect.flatMap(MessageBody.jsonWithServices(Price), (body) => MessageQueue.openSender(queue, { body }))
 * )
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(queue)
 *   yield* Effect.provide(Effect.flatMap(Prices, (sender) => sender.send({ body: 4.5 })), prices)
 *   const receiver = yield* MessageQueue.openReceiver(queue, { body: MessageBody.text })
 *   return (yield* receiver.receive).body
 * }).pipe(Effect.scoped, Effect.provideService(Currency, { symbol: "€" }))
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => '"€4.50"'
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const jsonWithServices = <A, RD, RE>(
  schema: Schema.ConstraintCodec<A, unknown, RD, RE>
): Effect.Effect<MessageBody<A>, MsmqError, RD | RE> =>
  Effect.flatMap(
    argument({ operation: operations.MessageBody.jsonWithServices }, "schema", schemaOfEffect, schema),
    () =>
      Effect.map(Effect.context<RD | RE>(), (context) => jsonBy(conversionWith(Schema.toCodecJson(schema), context)))
  )

const schemaOfEffect = guarded("a Schema of effect", Schema.isSchema)

const isSchema = (value: unknown): value is Schema.ConstraintCodec<unknown, unknown> => Schema.isSchema(value)

const jsonSchema = guarded(
  "a Schema of effect, or one of a library with Standard Schema, such as zod, valibot or arktype",
  (value): value is Schema.ConstraintCodec<unknown, unknown> | StandardSchemaV1 =>
    isSchema(value) || isStandardSchema(value)
)

const parseJson = (text: string): Result.Result<unknown, string> =>
  Result.try({ try: () => JSON.parse(text), catch: (error) => `must be JSON: ${(error as Error).message}` })

/**
 * Settings for the attributes of .NET's classes, which a schema cannot express. A member is named by its element, at any depth.
 *
 * @category options
 * @since 0.1.0
 */
export interface XmlOptions {
  /**
   * Name of the root element (`[XmlRoot("Name")]` in .NET). By default that of the schema's type: its `identifier`, as a
   * `Schema.Class` has one; `int` and the like for simple values; `ArrayOfInt`, `ArrayOfOrder` for arrays. By default each class
   * of a union has a root of its own.
   */
  readonly root?: string | undefined
  /**
   * Names of items, by the name of the element that holds them, such as `{ Lines: "Line" }` (`[XmlArrayItem("Line")]` in .NET).
   * By default they are called after their type, as the root is.
   */
  readonly items?: Readonly<Record<string, string>> | undefined
  /**
   * Members that are arrays, whose items stand in the class itself, under the member's own name (`[XmlElement]` in .NET). None by
   * default.
   */
  readonly repeated?: ReadonlyArray<string> | undefined
  /** Members that are attributes of their class (`[XmlAttribute]` in .NET). None by default. */
  readonly attributes?: ReadonlyArray<string> | undefined
  /** Members that are the text of their class, beside its attributes (`[XmlText]` in .NET). None by default. */
  readonly text?: ReadonlyArray<string> | undefined
  /**
   * Members whose null is written as `xsi:nil` although they are references in .NET (`IsNullable = true`). Other null
   * references are left out, since .NET reads nil as an empty text, class or `byte[]`. None by default.
   */
  readonly nillable?: ReadonlyArray<string> | undefined
  /** Namespace of all elements (`[XmlRoot(Namespace = ...)]` in .NET). None by default. */
  readonly namespace?: string | undefined
  /**
   * Namespaces of single elements and attributes, by their names, such as `{ Line: "urn:lines" }`
   * (`[XmlElement(Namespace = ...)]`, `[XmlAttribute(Namespace = ...)]` in .NET). The elements in an element are in
   * its namespace, too. None by default.
   */
  readonly namespaces?: Readonly<Record<string, string>> | undefined
  /**
   * Namespaces of the members of single classes, by the names of the classes, such as `{ Line: "urn:lines" }`
   * (`[XmlType(Namespace = ...)]` in .NET). By default they are in that of the element that holds them.
   */
  readonly types?: Readonly<Record<string, string>> | undefined
}

const texts = listOf(textRule)

const textsByName = guarded(
  "an object whose values are strings",
  (value): value is Readonly<Record<string, string>> =>
    typeof value === "object" && value !== null && isPlain(value) && Object.values(value).every(Predicate.isString)
)

const xmlOptions = tableOf({
  root: textRule,
  items: textsByName,
  repeated: texts,
  attributes: texts,
  text: texts,
  nillable: texts,
  namespace: textRule,
  namespaces: textsByName,
  types: textsByName
})

const xmlSchema = guarded(
  "a Schema of effect: the names of the elements come from its fields, which a Standard Schema does not show",
  Schema.isSchema
)

/**
 * Makes a codec for XML as .NET's `XmlMessageFormatter` writes and reads it, with body type 0. A struct is a class: its keys are the
 * names of the elements (`Schema.encodeKeys` renames them), in their order. An optional key that is absent has no element. Null
 * has none either where .NET has a reference (a text, class, array or `byte[]`), and is `xsi:nil` where it has a value; null
 * items of an array are `xsi:nil`. `XmlValue` lists the schemas of simple values: 64-bit numbers are bigints, a
 * decimal is text, and a date without a zone is refused where an instant is wanted.
 *
 * A `Schema.Union` of classes is a class with others that derive from it (`[XmlInclude]` in .NET): a value names its type by
 * `xsi:type`, unless it is of the first class of the union. The `identifier` of the union is the name of an abstract class instead.
 * With simple values among them the union is an `object`. A type that the schema does not have is refused, both ways.
 *
 * It reads UTF-8 and UTF-16, members in any order, null both as `xsi:nil` and as its absence, and passes over elements that the
 * schema does not have, as .NET does. A document ends at a NUL, which programs in C send. Unlike .NET, it refuses what would be
 * lost: a member twice, an item under another name. It reads no `<!DOCTYPE`, so there are no entities that grow or name files,
 * and documents nest 128 elements deep at most.
 *
 * A document may have one of several root elements: the union of their classes reads each by its name, as `XmlMessageFormatter`
 * does with several target types.
 *
 * Throws an `MsmqError` with the reason `IllegalSchema` for a schema that has no such form, such as dictionaries, tuples and
 * `Unknown`, and where the root, items or the types of a union have no name; with the reason `IllegalOption` for a value that is
 * not a schema, and for an option that does not exist or is not allowed.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result, Schema } from "effect"
 *
 * const Order = Schema.Struct({ Id: Schema.Int, Due: Schema.NullOr(Schema.Date), Tags: Schema.Array(Schema.String) })
 * const body = MessageBody.xml(Order, { root: "Order" })
 *
 * const encoded = Result.getOrThrow(body.encode({ Id: 7, Due: null, Tags: ["new"] }))
 * const lines = new TextDecoder().decode(encoded.body).split("\r\n")
 * lines[0] // => '<?xml version="1.0"?>'
 * lines[1]?.startsWith('<Order xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd=') // => true
 * lines[2] // => "  <Id>7</Id>"
 * lines[3] // => '  <Due xsi:nil="true" />'
 * lines.slice(4) // => ["  <Tags>", "    <string>new</string>", "  </Tags>", "</Order>"]
 *
 * const wrong = { body: new TextEncoder().encode("<Order><Id>seven</Id><Tags /></Order>"), bodyType: 0 }
 * const rule = 'must have a whole number from -2147483648 to 2147483647 in Order/Id, not "seven"'
 * body.decode(wrong) // => Result.fail(rule)
 * ```
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result, Schema } from "effect"
 *
 * class Payment extends Schema.Class<Payment>("Payment")({ Amount: Schema.Int }) {}
 * class Transfer extends Payment.extend<Transfer>("Transfer")({ Iban: Schema.String }) {}
 *
 * const body = MessageBody.xml(Schema.Struct({ Paid: Schema.Union([Payment, Transfer]) }), { root: "Bill" })
 * const bill = { Paid: new Transfer({ Amount: 5, Iban: "AT61" }) }
 *
 * const encoded = Result.getOrThrow(body.encode(bill))
 * new TextDecoder().decode(encoded.body).includes('<Paid xsi:type="Transfer">') // => true
 * body.decode(encoded) // => Result.succeed(bill)
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const xml = <A>(schema: Schema.ConstraintCodec<A, unknown>, options: XmlOptions = {}): MessageBody<A> => {
  argumentOrThrow({ operation: operations.MessageBody.xml }, "schema", xmlSchema, schema)
  const given = optionsOrThrow({ operation: operations.MessageBody.xml }, xmlOptions, options)
  const { attributes = [], nillable = [], repeated = [], root, text = [] } = given
  const { items = {}, namespace = "", namespaces = {}, types = {} } = given
  const all = { attributes, items, namespace, namespaces, nillable, repeated, text, types }
  const codec = xmlCodec(schema.ast, root, all)
  const { decode, encode } = conversionOf(Schema.make<Schema.ConstraintCodec<A, unknown>>(codec.ast))
  return {
    name: `XML ${codec.name}`,
    encode: (value) => Result.flatMap(encode(value), codec.encode),
    decode: (encoded) => Result.flatMap(codec.decode(encoded), decode)
  }
}

/**
 * Functions of a codec that {@link make} makes.
 *
 * @category options
 * @since 0.1.0
 */
export interface MakeOptions<Sent, Received = Sent> {
  /** Name of the format, for errors, such as `"orders"`. */
  readonly name: string
  /**
   * Encodes a value: its bytes, or the bytes with what the message has beside them. It gets the message to send, too, where there is
   * one. Throws for a value that it refuses.
   */
  readonly encode: (value: Sent, message?: Message<unknown>) => Uint8Array | PartiallyEncoded
  /** Decodes the body of a message. Throws for a body that it refuses. */
  readonly decode: (message: EncodedMessage) => Received
  /** Groups of properties that `decode` needs beside the body: see `reads` of {@link MessageBody}. None by default. */
  readonly reads?: MessageBody<Sent, Received>["reads"]
}

/**
 * Body as it is in a message, whose type is 0 where it is left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface PartiallyEncoded extends Omit<EncodedBody, "bodyType"> {
  /** Type of the body: a `VT_` number. 0 by default. */
  readonly bodyType?: number | undefined
}

/**
 * Makes a codec of two functions, which throw for what they refuse. What they throw becomes the rule of `IllegalMessage` and
 * `UndecodableBody`. They must return at once: a promise is refused.
 *
 * `encode` may set the label, headers or the extension of a message, and `decode` sees all of the message. A message that has
 * a label, an extension, or a header of that name of its own, with another value, is refused.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for values that are not functions, and for an option that does not exist.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { gunzipSync, gzipSync } from "node:zlib"
 *
 * const body = MessageBody.make<string>({
 *   name: "compressed text",
 *   encode: (text) => ({ body: gzipSync(text), headers: { encoding: "gzip" } }),
 *   decode: ({ body, headers }) => {
 *     if (headers?.["encoding"] !== "gzip") throw new Error("the header encoding must be gzip")
 *     return gunzipSync(body).toString()
 *   },
 *   reads: ["extension"]
 * })
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders")
 * await using sender = await msmq.openSender(".\\private$\\orders", { body })
 * await using receiver = await msmq.openReceiver(".\\private$\\orders", { body })
 * await sender.send({ body: "order 1", headers: { tenant: "north" } })
 * const message = await receiver.receive()
 * message.body // => "order 1"
 * { ...message.headers } // => { tenant: "north", encoding: "gzip" }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Sent, Received = Sent>(options: MakeOptions<Sent, Received>): MessageBody<Sent, Received> => {
  const call = { operation: operations.MessageBody.make }
  const { decode, encode, name, reads } = optionsOrThrow(call, makeOptions, ofInstance(makeOptions, options), "options")
  return {
    name,
    encode: (value, message) =>
      Result.map(
        attempt("encode", "take the value", () => encode.call(options, value, message)),
        encodedOf
      ),
    decode: (message) => attempt("decode", "read the body", () => decode.call(options, message)),
    ...(reads === undefined ? {} : { reads })
  }
}

const encodedOf = (encoded: Uint8Array | PartiallyEncoded): EncodedBody => {
  if (encoded instanceof Uint8Array) return { body: encoded, bodyType: 0 }
  // The send refuses a value that is not an object with a body.
  return typeof encoded === "object" && encoded !== null ? { ...encoded, bodyType: encoded.bodyType ?? 0 } : encoded
}

/** Calls a function of a program, which throws for what it refuses. */
const attempt = <A>(name: string, does: string, run: () => A): Result.Result<A, string> => {
  try {
    const given = run()
    if (!Predicate.isPromiseLike(given)) return Result.succeed(given)
    // An unhandled rejection would end the process.
    given.then(constVoid, constVoid)
    return Result.fail(`must be something that ${name} can ${does} at once, and it returned a promise`)
  } catch (thrown) {
    return Result.fail(`must be something that ${name} can ${does}, and it threw: ${failureText(thrown)}`)
  }
}

/**
 * Makes a codec for bodies that may be too large for a message, which has 4 MiB at most: a claim check. A body of more than `above`
 * bytes goes to a store of the program, such as a folder, a database or a blob container, and the message carries the reference to it.
 * Smaller bodies are in the message, as `codec` alone writes them. The functions of the store return promises or effects.
 *
 * **Sending** puts the body into the store first, and then sends the message. If `put` fails, the message is not sent: the error has
 * the reason `SourceFailed` with the part `"put"`, its `cause` and `progress`. If the send fails or is interrupted after `put`, or its
 * transaction aborts, the body stays in the store without a message. The body of a message that was received stays there, too, since a
 * journal or a dead-letter queue may have a copy of the message. Remove bodies that are older than the longest time that a
 * message may wait.
 *
 * **Receiving** peeks at the message, gets the body from the store, and only then takes the message out of the queue, within a
 * transaction or without one. If `get` fails or is interrupted, the message is still in the queue: the error has the reason
 * `BodyUnavailable`, with the reference, the message and its `cause`. In a transaction the queue must be local, as for
 * `lookup`. `consume` gets the body at each attempt, and a failure counts as one of the handler: the message is retried, and in the
 * end moved as poison, with its claim check.
 *
 * A closing of a sender or receiver does not wait for the store, and the time limit of a receive is that of the message alone. The
 * functions of the codec itself, `encode` and `decode`, never call the store. A message that is sent on by a sender without a codec,
 * moved or copied as poison keeps its claim check.
 *
 * A claim check is the text `effect-msmq/claim-check/1`, the number of bytes of the body, and the reference, each in a line of its
 * own, in UTF-8; the message has the body type that the body has.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for values that are not a codec or not a store.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { randomUUID } from "node:crypto"
 *
 * const store = new Map<string, Uint8Array>()
 *
 * const body = MessageBody.claimCheck(MessageBody.text, {
 *   put: async (bytes) => {
 *     const reference = randomUUID()
 *     store.set(reference, bytes)
 *     return reference
 *   },
 *   get: async (reference) => {
 *     const bytes = store.get(reference)
 *     if (bytes === undefined) throw new Error("there is no such body")
 *     return bytes
 *   }
 * })
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders")
 * await using sender = await msmq.openSender(".\\private$\\orders", { body })
 * await using receiver = await msmq.openReceiver(".\\private$\\orders", { body })
 * await sender.send({ body: "small" })
 * await sender.send({ body: "x".repeat(10_000_000) })
 * const small = await receiver.receive()
 * const large = await receiver.receive()
 * [small.body, large.body.length, store.size] // => ["small", 10_000_000, 1]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const claimCheck = <Sent, Received>(
  codec: MessageBody<Sent, Received>,
  store: BodyStore
): MessageBody<Sent, Received> => {
  const call = { operation: operations.MessageBody.claimCheck }
  argumentOrThrow(call, "codec", codecRule, codec)
  const { get, put, ...options } = optionsOrThrow(call, storeOptions, ofInstance(storeOptions, store), "store")
  return {
    name: codec.name,
    encode: (value, message) => codec.encode(value, message),
    decode: (message) => codec.decode(message),
    ...(codec.reads === undefined ? {} : { reads: codec.reads }),
    [bodyStore]: {
      ...options,
      // A store may be an instance of a class.
      get: (reference, signal) => get.call(store, reference, signal),
      put: (bytes, signal) => put.call(store, bytes, signal)
    }
  }
}

/**
 * Codec for bytes that .NET's `BinaryMessageFormatter` wrote, body type 768. It leaves them as they are: the stream names
 * classes, and decoding it runs their code, so that the sender could run any code (CWE-502). .NET 9 has removed the
 * formatter. The codec serves to forward such messages.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * MessageBody.binaryFormatter.decode({ body: Uint8Array.of(1), bodyType: 768 }) // => Result.succeed(Uint8Array.of(1))
 * Result.isFailure(MessageBody.binaryFormatter.decode({ body: Uint8Array.of(1), bodyType: 0 })) // => true
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const binaryFormatter: MessageBody<Uint8Array> = {
  name: "BinaryMessageFormatter",
  encode: (body) => Result.succeed({ body, bodyType: BodyType.numbers.VT_BINARY_OBJECT }),
  decode: ({ body, bodyType }) => Result.map(ofType(bodyType, BodyType.numbers.VT_BINARY_OBJECT), () => body)
}

const activeXTypes = Object.keys(ActiveXBody.byType) as ReadonlyArray<ActiveXValue["_tag"]>
const tagOf = new Map<number, ActiveXValue["_tag"]>(activeXTypes.map((tag) => [BodyType.numbers[tag], tag]))
const codecOf = (tag: ActiveXValue["_tag"]) => ActiveXBody.byType[tag] as MessageBody<ActiveXValue["value"]>

/**
 * Codec for all values of `ActiveXBody`, each with the name of its type: for a queue with bodies of several types, from
 * senders in COM or with .NET's `ActiveXMessageFormatter`. It refuses objects that save themselves (`VT_STREAMED_OBJECT`,
 * `VT_STORED_OBJECT`) and never makes them: `MessageBody.any` returns their bytes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const encoded = Result.getOrThrow(MessageBody.activeX.encode({ _tag: "VT_I2", value: 513 }))
 * encoded // => { body: Uint8Array.of(1, 2), bodyType: 2 }
 * MessageBody.activeX.decode(encoded) // => Result.succeed({ _tag: "VT_I2", value: 513 })
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const activeX: MessageBody<ActiveXValue> = {
  name: "ActiveX",
  encode: ({ _tag, value }) =>
    Object.hasOwn(ActiveXBody.byType, _tag)
      ? codecOf(_tag).encode(value)
      : Result.fail(`must have a tag of ${activeXTypes.join(", ")}, not ${String(_tag)}`),
  decode: (encoded) => {
    const tag = tagOf.get(encoded.bodyType)
    if (tag === undefined) {
      const types = [...tagOf.keys()].map(BodyType.format)
      return Result.fail(`must have a body type of ${types.join(", ")}, not ${BodyType.format(encoded.bodyType)}`)
    }
    return Result.map(codecOf(tag).decode(encoded), (value) => ({ _tag: tag, value }) as ActiveXValue)
  }
}

/**
 * Body as bytes, with its type.
 *
 * @category models
 * @since 0.1.0
 */
export interface RawBody extends EncodedBody, Tagged<"bytes"> {}

/**
 * Codec for any body. It decodes a body as {@link activeX} does, and returns all others as bytes with their type, also a body
 * that does not fit its type. It never fails to decode, and can encode every value that it decoded.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const body = Uint8Array.of(1)
 * MessageBody.any.decode({ body, bodyType: 17 }) // => Result.succeed({ _tag: "VT_UI1", value: 1 })
 * MessageBody.any.decode({ body, bodyType: 768 }) // => Result.succeed({ _tag: "bytes", body, bodyType: 768 })
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const any: MessageBody<ActiveXValue | RawBody> = {
  name: "any body",
  encode: (value) =>
    value._tag === "bytes" ? Result.succeed({ body: value.body, bodyType: value.bodyType }) : activeX.encode(value),
  decode: ({ body, bodyType }) =>
    Result.orElse(activeX.decode({ body, bodyType }), () => Result.succeed({ _tag: "bytes", body, bodyType }))
}
