import { assert, describe, it } from "@effect/vitest"
import { chartOf } from "../harness/chart.ts"
import type { Figure } from "../harness/Figure.ts"

const figure = (name: string, given: Partial<Figure> = {}): Figure => ({
  room: "sends",
  name,
  against: "a floor",
  unit: "ratio",
  clock: "thread",
  rounds: 9,
  median: 2,
  p10: 1.5,
  p90: 2.5,
  better: "lower",
  limit: 3,
  goal: 1.5,
  status: "limit",
  reason: null,
  details: {},
  series: null,
  ...given
})

const growing = (name: string, exponent: number): Figure =>
  figure(name, {
    room: "growth",
    unit: "exponent",
    against: "",
    median: exponent,
    series: { x: "queues", y: "µs in all", points: [10, 100, 1000].map((x) => ({ x, y: x ** exponent })) }
  })

const chart = (...figures: ReadonlyArray<Figure>): string =>
  chartOf({ node: "v24.0.0", platform: "linux x64", slack: 1, figures, complaints: [] })

/** Returns what is written in a picture, from above. */
const textsOf = (svg: string): ReadonlyArray<string> =>
  Array.from(svg.matchAll(/<text[^>]*>([^<]*)</g), ([, text]) => text ?? "")

/** Returns the bounds of the places where something is drawn or written. */
const widthOf = (svg: string): number => Number(/ width="(\d+)"/.exec(svg)?.[1])

describe("chartOf", () => {
  it("names each figure with its median, limit and goal, as text", () => {
    const texts = textsOf(chart(figure("sendAll")))
    for (const text of ["sends", "sendAll, against a floor", "2.00", "limit ≤3, goal ≤1.5"]) assert.include(texts, text)
  })

  it("says in words which figures miss their limits or could not be measured", () => {
    const unmeasured = { median: null, p10: null, p90: null, status: "unmeasured" } as const
    const texts = textsOf(chart(figure("slow", { median: 4, status: "missed" }), figure("absent", unmeasured)))
    assert.includeMembers([...texts], ["4.00, missed", "not measured"])
  })

  it("shows lower bounds for a figure that improves upwards", () => {
    assert.include(textsOf(chart(figure("speed", { better: "higher", limit: 20, goal: 35 }))), "limit ≥20, goal ≥35")
  })

  it("draws growth over the sizes, and names the steepest series with their exponents", () => {
    const texts = textsOf(chart(...[0.1, 0.9, 1.2, 0.5, 0.3].map((exponent) => growing(`grows ${exponent}`, exponent))))
    assert.deepStrictEqual(
      texts.filter((text) => text.startsWith("━")),
      [
        "━ grows 1.2: 1.20",
        "━ grows 0.9: 0.90",
        "━ grows 0.5: 0.50",
        "━ grows 0.3: 0.30",
        "━ 1 others, whose exponents are lower"
      ]
    )
  })

  it("is no wider than a phone's screen needs, and has colors for dark paper", () => {
    const svg = chart(figure("sendAll"))
    assert.isAtMost(widthOf(svg), 480)
    assert.include(svg, "@media (prefers-color-scheme: dark)")
  })

  it("draws a value of nothing, also on a logarithmic axis", () => {
    const svg = chart(
      figure("nothing", { median: 0, p10: 0, p90: 0 }),
      figure("less", { unit: "B", median: -3, p10: -5, p90: 0 })
    )
    assert.notInclude(svg, "NaN")
    assert.notInclude(svg, "Infinity")
  })
})
