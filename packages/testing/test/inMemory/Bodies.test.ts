import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { copyIntoSlab, isInSlab } from "../../src/internal/queue/slab.ts"
import { direct, drained, ends, message } from "./seam.ts"

/** Sizes on both sides of every limit. */
const sizes = [0, 1, 63, 64, 65, 100, 1000, 2047, 2048, 2049, 8191, 8192, 8193, 100_000]

const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, index) => (index + size) % 251)

describe("the body of a message", () => {
  it.effect("shares its memory with no other message when it is handed out", () =>
    Effect.gen(function* () {
      const { lookup, peek, poll, send } = yield* ends({ journal: true })
      yield* send(sizes.map((size) => message({ body: bytesOf(size) })))
      for (const size of sizes) {
        const peeked = yield* peek
        const bodies = [peeked.body, (yield* lookup("peekCurrent", peeked.lookupId)).body, (yield* poll).body]
        for (const body of bodies) {
          assert.deepStrictEqual(body, bytesOf(size))
          assert.strictEqual(body?.buffer.byteLength, size)
          body?.fill(0)
        }
      }
      const copies = yield* drained(`${direct};journal`)
      assert.deepStrictEqual(
        copies.map(({ body }) => [body, body?.buffer.byteLength]),
        sizes.map((size) => [bytesOf(size), size])
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it("keeps at most 8 KiB beside itself from being freed while it stays in a queue", () => {
    for (let size = 0; size < 20_000; size += 171) {
      const copy = copyIntoSlab(bytesOf(size))
      assert.deepStrictEqual(copy, bytesOf(size))
      assert.isAtMost(copy.buffer.byteLength, isInSlab(copy) ? 8192 : size)
    }
  })

  it("is copied into a slab also where it is part of a larger buffer", () => {
    const whole = bytesOf(10_000)
    const copies = sizes
      .filter((size) => size < 5000)
      .map((size) => ({ size, copy: copyIntoSlab(whole.subarray(7, 7 + size)) }))
    const expected = copies.map(({ size }) => whole.slice(7, 7 + size))
    whole.fill(0)
    assert.deepStrictEqual(
      copies.map(({ copy }) => copy),
      expected
    )
  })
})
