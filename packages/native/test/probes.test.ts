import { NativeMqrt } from "@effect-msmq/native"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerTo, probes, rowOf } from "./probes.ts"
import { whatIsMissing } from "./support/capabilities.ts"
import { control, files, missing } from "./theDouble.ts"

const backends = [
  ["in memory", InMemoryMqrt.layer],
  ...(missing === null ? [["on the test double", NativeMqrt.layerWith(files)] as const] : [])
] as const

/** Choices of the simulations, where the documentation leaves a question open. */
const chosen: Readonly<Record<string, string | RegExp>> = {
  "D-64": "purged: none; deleted: none",
  "X-01": "MQ_ERROR_BAD_SECURITY_CONTEXT",
  "X-03": "7, 4, 0, 7",
  "X-04": "to reach the queue 60 min, to be received 1 min",
  "X-06": "MQ_ERROR_IO_TIMEOUT",
  "X-07": "before the move 2 aborts; after it 1 moves, 0 aborts",
  "X-09": "acknowledgment: none; in the queue: nothing",
  "X-11": /^419\d{4} bytes; one more: MQ_ERROR_INSUFFICIENT_RESOURCES$/,
  "X-12": "MQ_ERROR_IO_TIMEOUT, MQ_ERROR_ILLEGAL_CURSOR_ACTION; then on: second",
  "X-13": "receive MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION, peek MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION",
  "X-14": "MQ_OK; then to receive: MQ_ERROR_SHARING_VIOLATION",
  "X-15": "space: created; 契約: created",
  "X-16": "MQ_OK; in the queue: nothing",
  "X-17": "MQ_OK, MQ_OK; in the queue: 1; acknowledgment: class 0x8003",
  "X-18": "in the queue: nothing; acknowledgment: class 0xc001",
  "X-19": "first, last, first, last",
  "X-20": /^(?:D:\(A;.+|it has no list)$/,
  "X-22": "31: MQ_OK, 32: MQ_OK, 33: MQ_ERROR_ILLEGAL_FORMATNAME",
  "X-23": "it arrives",
  "X-24": "sent first, sent second"
}

beforeAll(() => {
  if (missing === null) control.reset()
})

// At the same time: several wait for what does not come.
describe.concurrent.each(backends)("the questions to a machine, %s", (_, layer) => {
  it.live("find that it can do all that the contract needs", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([...(yield* whatIsMissing(false))], [])
    }).pipe(Effect.provide(layer, { local: true }))
  )

  for (const probe of probes) {
    it.live(`get an answer: ${probe.question}`, () =>
      Effect.gen(function* () {
        const answer = yield* answerTo(probe)
        const expected = chosen[probe.id] ?? "a question that this test does not know"
        if (typeof expected === "string") assert.strictEqual(answer, expected)
        else assert.match(answer, expected)
      }).pipe(Effect.provide(layer, { local: true }))
    )
  }
})

describe("the table of answers", () => {
  it("has a row of one line for each answer, of any kind", () => {
    const probe = { id: "X-99", question: "Why?", answer: Effect.succeed("") }
    assert.strictEqual(rowOf(probe, "a | b\r\nc"), "| X-99 | Why? | a \\| b c |")
  })
})
