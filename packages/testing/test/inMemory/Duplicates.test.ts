import { assert, describe, it } from "@effect/vitest"
import * as Envelope from "../../src/internal/arrival/Envelope.ts"
import { Duplicates } from "../../src/internal/network/Duplicates.ts"
import { contentOf, Packet } from "../../src/internal/queue/Packet.ts"
import { machineId, message } from "./seam.ts"

const minute = 60_000

/** Brings messages by their numbers, and returns those that are new. */
const bringer = () => {
  const duplicates = new Duplicates()
  const envelope = Envelope.ofAcknowledgment(machineId, "orders", 0)
  const content = contentOf(message(), false, message())
  return (numbers: ReadonlyArray<number>, now: number) =>
    numbers.filter((number) =>
      duplicates.isNew(new Packet(content, number, envelope, 1), { queue: "orders", sequence: number }, now)
    )
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

describe("messages that come over a link twice", () => {
  it("are known while they are among the latest 10,000 (D-69)", () => {
    const bring = bringer()
    bring(numbers(0, 10_000), 0)
    assert.deepStrictEqual(bring([0, 5000, 9999], 0), [])
    assert.deepStrictEqual(bring([10_000, 10_001], 0), [10_000, 10_001])
    assert.deepStrictEqual(bring([2, 0], 0), [0])
    assert.deepStrictEqual(bring(numbers(20_000, 60_000), 0), numbers(20_000, 60_000))
    assert.deepStrictEqual(bring([50_000, 49_999], 0), [49_999])
  })

  it("are new again after half an hour, and then known for as long (D-69)", () => {
    const bring = bringer()
    bring(numbers(0, 10_000), 0)
    assert.deepStrictEqual(bring([3], 29 * minute), [])
    assert.deepStrictEqual(bring([3, 4], 30 * minute), [3, 4])
    // The two are the latest now, so that the others are forgotten before them.
    bring(numbers(10_000, 19_998), 31 * minute)
    assert.deepStrictEqual(bring([3, 4, 19_997], 31 * minute), [])
    bring([20_000], 31 * minute)
    assert.deepStrictEqual(bring([3], 31 * minute), [3])
  })
})
