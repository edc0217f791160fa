import { linearRegression, quantileSorted } from "simple-statistics"
import type { Point } from "./Figure.ts"

/** Median and spread of values. */
export interface Spread {
  readonly median: number
  readonly p10: number
  readonly p90: number
}

/** Returns the value below which such a part of the values lies: 0.5 for the median. */
export const quantile = (values: ReadonlyArray<number>, part: number): number =>
  quantileSorted(
    values.toSorted((a, b) => a - b),
    part
  )

/** Returns the median, the tenth and the ninetieth percentile of values. */
export const spreadOf = (values: ReadonlyArray<number>): Spread => ({
  median: quantile(values, 0.5),
  p10: quantile(values, 0.1),
  p90: quantile(values, 0.9)
})

/** Returns the exponent of growth: 1 where y is in proportion to x, 2 where it is to the square, 0 where it does not grow. */
export const exponentOf = (points: ReadonlyArray<Point>): number =>
  linearRegression(points.map(({ x, y }) => [Math.log(x), Math.log(y)])).m
