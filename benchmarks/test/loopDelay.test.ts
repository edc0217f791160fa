import { assert, describe, it } from "@effect/vitest"
import { setTimeout as sleep } from "node:timers/promises"
import { clocks } from "../harness/clocks.ts"
import { loopDelayOf } from "../harness/loopDelay.ts"

/** Works for so many milliseconds of processor time. */
const work = (milliseconds: number): void => {
  const until = clocks.thread() + milliseconds
  while (clocks.thread() < until);
}

describe("loopDelayOf", () => {
  it("finds the longest time that the thread works between two rounds of the loop", async () => {
    const { busy, gap } = await loopDelayOf(async () => {
      for (const milliseconds of [5, 60, 5]) {
        work(milliseconds)
        // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
        await sleep(5)
      }
    })
    assert.isAtLeast(busy, 60)
    assert.isAtLeast(gap, 60)
  })

  it("does not count time in which the thread waits for its timers", async () => {
    const { busy } = await loopDelayOf(() => sleep(200))
    assert.isBelow(busy, 100)
  })

  it("counts the time that calls have kept the thread waiting, as they tell it", async () => {
    let waited = 0
    const { busy } = await loopDelayOf(
      async () => {
        waited += 1000
        await sleep(5)
      },
      () => waited
    )
    assert.isAtLeast(busy, 1000)
  })
})
