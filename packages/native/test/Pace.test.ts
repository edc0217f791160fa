import { assert, describe, it } from "@effect/vitest"
import { Pace } from "../src/internal/Pace.ts"

const here = (pace: Pace, milliseconds: number, calls = 1): Pace => {
  for (let call = 0; call < calls; call++) pace.recordHere(milliseconds)
  return pace
}

const elsewhere = (pace: Pace, milliseconds: number, calls: number, working = 0): Pace => {
  for (let call = 0; call < calls; call++) pace.recordElsewhere(milliseconds, working)
  return pace
}

describe("the calls on an open queue", () => {
  it("stay on the main thread as long as they are quick, and where one has a pause of the thread in it", () => {
    const pace = here(new Pace(false), 0.05, 1000)
    assert.isFalse(pace.isSlow)
    assert.isFalse(here(pace, 1).isSlow)
    assert.isFalse(here(pace, 0.05, 1000).isSlow)
  })

  it("go off it after one that takes long, or several that take half a millisecond", () => {
    assert.isTrue(here(new Pace(false), 5).isSlow)
    assert.isFalse(here(new Pace(false), 0.5, 2).isSlow)
    assert.isTrue(here(new Pace(false), 0.5, 8).isSlow)
  })

  it("begin off it where nobody knows how long they take", () => {
    assert.isTrue(new Pace(true).isSlow)
  })

  it("come back by one try, after sixteen that were quick on the way", () => {
    const pace = elsewhere(new Pace(true), 0.3, 15)
    assert.isTrue(pace.isSlow)
    assert.isFalse(elsewhere(pace, 0.3, 1).isSlow)
    // The try shows that they are slow still.
    assert.isTrue(here(pace, 0.3).isSlow)
    assert.isFalse(elsewhere(pace, 0.3, 16).isSlow)
    assert.isFalse(here(pace, 0.01).isSlow)
  })

  it("are never tried on it while they take long enough to be felt", () => {
    const pace = elsewhere(new Pace(true), 5, 1000)
    assert.isTrue(pace.isSlow)
    // One in sixteen is enough.
    for (let round = 0; round < 100; round++) assert.isTrue(elsewhere(elsewhere(pace, 5, 1), 0.3, 15).isSlow)
  })

  it("come back as well when the event loop always has other work, so that each is long on the way", () => {
    assert.isFalse(elsewhere(new Pace(true), 6, 16, 5.5).isSlow)
    assert.isTrue(elsewhere(new Pace(true), 300, 16, 299.5).isSlow)
  })

  it("are measured with the work of the event loop taken out", async () => {
    const pace = new Pace(true)
    for (let call = 0; call < 16; call++) {
      const end = pace.recordBegin()
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await new Promise((resolve) => setTimeout(resolve, 4))
      end()
    }
    assert.isTrue(pace.isSlow)
  })
})
