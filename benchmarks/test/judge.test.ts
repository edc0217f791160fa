import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Judge } from "../harness/judge.ts"
import type { Plan } from "../harness/Room.ts"

const plan = (name: string, better: Pick<Plan, "better"> = {}): Plan => ({
  name,
  against: "",
  unit: "ratio",
  clock: "none",
  ...better,
  measure: () => Effect.succeed({ values: [] })
})

const limits = { room: { cost: { limit: 2, goal: 1.5 }, speed: { limit: 20, goal: 35 }, wish: { goal: 3 } } }

const statusOf = (plan: Plan, value: number, slack = 1) =>
  new Judge("room", limits, slack).measured(plan, { values: [value] }).status

describe("Judge", () => {
  it("judges a cost by upper bounds, which it may reach", () => {
    const statuses = [1.5, 1.51, 2, 2.01].map((value) => statusOf(plan("cost"), value))
    assert.deepStrictEqual(statuses, ["goal", "limit", "limit", "missed"])
  })

  it("judges a speed by lower bounds, which it may reach", () => {
    const statuses = [35, 34, 20, 19].map((value) => statusOf(plan("speed", { better: "higher" }), value))
    assert.deepStrictEqual(statuses, ["goal", "limit", "limit", "missed"])
  })

  it("widens limits by the slack in both directions, and leaves goals", () => {
    const costs = [1.6, 3, 3.1].map((value) => statusOf(plan("cost"), value, 1.5))
    const speeds = [34, 10, 9].map((value) => statusOf(plan("speed", { better: "higher" }), value, 2))
    assert.deepStrictEqual(
      [costs, speeds],
      [
        ["limit", "limit", "missed"],
        ["limit", "limit", "missed"]
      ]
    )
  })

  it("reports a figure without a limit, and says where it meets its goal", () => {
    assert.deepStrictEqual([statusOf(plan("wish"), 3), statusOf(plan("wish"), 4)], ["goal", "reported"])
    assert.strictEqual(statusOf(plan("unknown"), 4), "reported")
  })

  it("takes a round that gave no number for no measurement", () => {
    const { reason, status } = new Judge("room", limits, 1).measured(plan("cost"), { values: [1, Number.NaN] })
    assert.deepStrictEqual([status, reason], ["unmeasured", "a round gave NaN"])
  })
})
