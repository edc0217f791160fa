import { Table } from "console-table-printer"
import { median, ratio } from "./measure.ts"

/** Cost of a way beside a floor: medians in nanoseconds for a message; `target` names the limit of the ratio. */
export interface Figure {
  readonly name: string
  readonly median: number
  readonly floor: number
  readonly ratio: number
  readonly target: string
}

/** From times of rounds of so many messages. */
export const figureOf = (
  messages: number,
  name: string,
  times: ReadonlyArray<number>,
  floor: ReadonlyArray<number>,
  target: string
): Figure => ({
  name,
  median: median(times) / messages,
  floor: median(floor) / messages,
  ratio: ratio(times, floor),
  target
})

export const print = (figures: ReadonlyArray<Figure>): void => {
  const table = new Table({ shouldDisableColors: !process.stdout.isTTY })
  for (const { floor, median, name, ratio, target } of figures) {
    table.addRow({
      figure: name,
      "ns a message": median.toFixed(0),
      "floor, ns": floor.toFixed(0),
      ratio: ratio.toFixed(2),
      target
    })
  }
  table.printTable()
}
