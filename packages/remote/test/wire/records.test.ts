/** Everything that crosses the wire arrives as it was given: payloads, results and failures of all calls. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Redacted, Schema } from "effect"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import { isDeepStrictEqual } from "node:util"
import { rpcs } from "../../src/internal/wire/rpcs.ts"
import * as serialization from "../../src/internal/wire/serialization.ts"
import { text } from "../../src/internal/wire/text.ts"

type AnySchema = Schema.Codec<unknown, unknown>

/** Schemas of a call, by what they are of. */
const schemasOf = (rpc: Rpc.AnyWithProps): ReadonlyArray<readonly [string, AnySchema]> => [
  [`what ${rpc._tag} is given`, rpc.payloadSchema as unknown as AnySchema],
  [`what ${rpc._tag} returns`, rpc.successSchema as unknown as AnySchema]
]

const calls = [...rpcs.requests.values()] as unknown as ReadonlyArray<Rpc.AnyWithProps>

const schemas: ReadonlyArray<readonly [string, AnySchema]> = [
  ...calls.flatMap(schemasOf),
  ["a failure", calls[0]?.errorSchema as unknown as AnySchema]
]

const bytesOf = (...bytes: ReadonlyArray<number>) => Uint8Array.from(bytes)

const half = "\ud83d"
const texts = [
  "",
  "\0",
  " ",
  half,
  `\udca9${half}`,
  "\ud83d\udca9",
  "\uffff",
  "\uffff0041",
  "é",
  "e\u0301",
  "x".repeat(300)
]
const numbers = [0, 1, -1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 53 - 1, -(2 ** 53) + 1, 0.5, 1e21]
const large = [2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 80n]
const bytes = [
  bytesOf(),
  bytesOf(0),
  bytesOf(255, 0, 255),
  // A view of memory that is larger.
  new Uint8Array(Uint8Array.from({ length: 300 }, (_, index) => index).buffer, 7, 5),
  Buffer.from("from the pool of Node"),
  new Uint8Array(300).fill(7)
]
const secrets = [Redacted.make(""), Redacted.make(`p${half}w`)]

/** Values that a careless encoding changes. */
const edges: ReadonlyArray<unknown> = [
  null,
  true,
  false,
  0n,
  1n,
  -1n,
  ...texts,
  ...numbers,
  ...large,
  ...large.map((number) => -number),
  ...bytes,
  ...secrets
]

type Path = ReadonlyArray<string | number>

const isLeaf = (value: unknown): boolean =>
  typeof value !== "object" || value === null || value instanceof Uint8Array || Redacted.isRedacted(value)

/** Places of a value that are not made of others. */
const leaves = (value: unknown, path: Path = []): ReadonlyArray<Path> =>
  isLeaf(value) ? [path] : Object.entries(value as object).flatMap(([name, part]) => leaves(part, [...path, name]))

/** Copy of a value with another one at a place. */
const replaced = (value: unknown, [name, ...rest]: Path, edge: unknown): unknown => {
  if (name === undefined) return edge
  if (Array.isArray(value))
    return value.map((part, index) => (String(index) === name ? replaced(part, rest, edge) : part))
  const record = value as Record<string, unknown>
  return { ...record, [name]: replaced(record[name], rest, edge) }
}

/** Bytes and secrets as what can be compared. */
const comparable = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") }
  if (Redacted.isRedacted(value)) return { secret: Redacted.value(value) }
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, comparable(part)]))
}

/** Makes the function that sends a value across the wire and back. */
const crossing = (schema: AnySchema) =>
  Effect.map(RpcSerialization.RpcSerialization, ({ codecFor }) => {
    const codec = codecFor(schema) as unknown as Schema.Codec<unknown, Uint8Array>
    const [encode, decode] = [Schema.encodeSync(codec), Schema.decodeSync(codec)]
    return (value: unknown): unknown => {
      // A frame is memory that another one takes its place in.
      const written = encode(value)
      const frame = Uint8Array.from(written)
      const read = decode(frame)
      frame.fill(0)
      return read
    }
  }).pipe(Effect.provide(serialization.layer(serialization.usualMaxFrame)))

describe("a value that crosses the wire", () => {
  it.effect.each(schemas)("is as it was: %s, at random", ([, schema]) =>
    Effect.gen(function* () {
      const cross = yield* crossing(schema)
      const result = yield* Arbitrary.checkEffect(
        Arbitrary.schema(schema),
        (value) =>
          Effect.sync(() => {
            assert.deepStrictEqual(comparable(cross(value)), comparable(value))
            return true
          }),
        { runs: 5 }
      )
      assert.isUndefined(Arbitrary.formatCheckFailure(result))
    })
  )

  it.effect("is as it was: every value of every call that a careless encoding would change", () =>
    Effect.gen(function* () {
      const tried = new Map(edges.map((edge) => [edge, 0]))
      for (const [name, schema] of schemas) {
        const cross = yield* crossing(schema)
        const isLegal = Schema.is(schema)
        const samples = yield* Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 2, seed: 18 })
        for (const sample of samples) {
          if (sample === undefined) continue
          for (const path of leaves(sample)) {
            for (const edge of edges) {
              const value = replaced(sample, path, edge)
              if (!isLegal(value)) continue
              const [arrived, given] = [comparable(cross(value)), comparable(value)]
              // To assert that two records are the same takes longer than to encode them.
              if (!isDeepStrictEqual(arrived, given)) {
                assert.deepStrictEqual(arrived, given, `${name}, at ${path.join(".")}`)
                assert.fail(`${name}, at ${path.join(".")}: a difference that is not shown`)
              }
              tried.set(edge, (tried.get(edge) ?? 0) + 1)
            }
          }
        }
      }
      for (const [edge, count] of tried) assert.isAbove(count, 0, `nothing took ${String(edge).slice(0, 20)}`)
    })
  )

  it.effect("is as it was, however long its text and its bytes are", () =>
    Effect.gen(function* () {
      const cross = yield* crossing(Schema.Struct({ label: text, body: Schema.Uint8Array }) as unknown as AnySchema)
      for (const length of [127, 128, 16_383, 16_384, 1 << 16]) {
        const value = { label: `${half}${"x".repeat(length - 1)}`, body: new Uint8Array(length).fill(7) }
        assert.deepStrictEqual(comparable(cross(value)), comparable(value))
      }
    })
  )

  it.effect("keeps nothing of the frame that it came in, nor of the memory that its bytes were a part of", () =>
    Effect.gen(function* () {
      const cross = yield* crossing(Schema.Struct({ body: Schema.Uint8Array }) as unknown as AnySchema)
      const memory = new Uint8Array(1 << 20)
      const { body } = cross({ body: memory.subarray(10, 20) }) as { readonly body: Uint8Array }
      assert.deepStrictEqual([body.byteLength, body.buffer.byteLength], [10, 10])
    })
  )
})
