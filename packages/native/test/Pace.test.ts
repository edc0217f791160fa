import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
import { assert, describe, it } from "@effect/vitest"
import { afterEach, beforeEach, vi } from "vitest"
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
  it("stay on the main thread while they are quick, even if the thread pauses during one", () => {
    const pace = here(new Pace(false), 0.05, 1000)
    assert.isFalse(pace.isSlow)
    assert.isFalse(here(pace, 1).isSlow)
    assert.isFalse(here(pace, 0.05, 1000).isSlow)
  })

  it("leave it after one that takes long, or several that take half a millisecond", () => {
    assert.isTrue(here(new Pace(false), 5).isSlow)
    assert.isFalse(here(new Pace(false), 0.5, 2).isSlow)
    assert.isTrue(here(new Pace(false), 0.5, 8).isSlow)
  })

  it("begin off it if their duration is unknown", () => {
    assert.isTrue(new Pace(true).isSlow)
  })

  it("return to it with one call, after sixteen quick ones in a row", () => {
    const pace = elsewhere(new Pace(true), 0.3, 15)
    assert.isTrue(pace.isSlow)
    assert.isFalse(elsewhere(pace, 0.3, 1).isSlow)
    // The try shows that they are slow still.
    assert.isTrue(here(pace, 0.3).isSlow)
    assert.isFalse(elsewhere(pace, 0.3, 16).isSlow)
    assert.isFalse(here(pace, 0.01).isSlow)
  })

  it("do not return to it while one in sixteen takes long", () => {
    const pace = elsewhere(new Pace(true), 5, 1000)
    assert.isTrue(pace.isSlow)
    // One in sixteen is enough.
    for (let round = 0; round < 100; round++) assert.isTrue(elsewhere(elsewhere(pace, 5, 1), 0.3, 15).isSlow)
  })

  it("return to it even if the event loop always has other work, which delays each call", () => {
    assert.isFalse(elsewhere(new Pace(true), 6, 16, 5.5).isSlow)
    assert.isTrue(elsewhere(new Pace(true), 300, 16, 299.5).isSlow)
  })

  it("are measured without the other work of the event loop", async () => {
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

describe("the clock at a call on the main thread", () => {
  let now = 1000

  beforeEach(() => {
    vi.spyOn(performance, "now").mockImplementation(() => now)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** Returns `true` where a call that begins after so many milliseconds is measured. */
  const isMeasured = (pace: Pace, milliseconds: number, asks = true): boolean => {
    now += milliseconds
    if (asks) EventLoopTurn.isOver()
    return pace.beginHere() !== undefined
  }

  it("is read while calls are not known to be very quick", () => {
    for (const pace of [new Pace(false), here(new Pace(false), 0.003, 1000)]) {
      assert.isTrue(isMeasured(pace, 0.001))
      assert.isTrue(isMeasured(pace, 0.001))
    }
  })

  it("is not read where core asks for its turn before each of the very quick calls", () => {
    const pace = here(new Pace(false), 0.001, 1000)
    assert.isTrue(isMeasured(pace, 0.001))
    assert.isFalse(isMeasured(pace, 0.001))
    assert.isFalse(isMeasured(pace, 0.1))
  })

  it("is read again after a call that may have been slow, and where core has not asked since the call before", () => {
    const pace = here(new Pace(false), 0.001, 1000)
    isMeasured(pace, 0.001)
    assert.isTrue(isMeasured(pace, 0.2))
    assert.isFalse(isMeasured(pace, 0.001))
    assert.isTrue(isMeasured(pace, 0.001, false))
  })
})
