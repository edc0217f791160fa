import { assert, describe, it } from "@effect/vitest"
import { exponentOf, spreadOf } from "../harness/statistics.ts"

describe("spreadOf", () => {
  it("gives the median and the tenth and ninetieth percentile, whatever the order of the values", () => {
    const values = Array.from({ length: 41 }, (_, index) => (index * 7) % 41)
    assert.deepStrictEqual(spreadOf(values), { median: 20, p10: 4, p90: 36 })
  })

  it("gives the one value of a single round three times", () => {
    assert.deepStrictEqual(spreadOf([3]), { median: 3, p10: 3, p90: 3 })
  })
})

describe("exponentOf", () => {
  const points = (y: (x: number) => number) => [10, 100, 1000, 10_000].map((x) => ({ x, y: y(x) }))

  it("is 0 for a cost that does not grow, 1 for one in proportion and 2 for its square", () => {
    assert.closeTo(exponentOf(points(() => 5)), 0, 1e-9)
    assert.closeTo(exponentOf(points((x) => 5 * x)), 1, 1e-9)
    assert.closeTo(exponentOf(points((x) => 5 * x ** 2)), 2, 1e-9)
  })
})
