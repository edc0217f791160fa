/** Draws the figures of a report as one picture in SVG, which a phone shows as well as a page, in light and in dark. */
import { CustomChart, type CustomSeriesOption, LineChart, type LineSeriesOption } from "echarts/charts"
import { GridComponent, type GridComponentOption, TitleComponent, type TitleComponentOption } from "echarts/components"
import { init, use, type ComposeOption } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"
import { colors, inBothSchemes } from "./chartColors.ts"
import type { Figure, Status } from "./Figure.ts"
import type { Report } from "./Report.ts"
import { boundText, valueText } from "./table.ts"

use([CustomChart, LineChart, GridComponent, TitleComponent, SVGRenderer])

type Option = ComposeOption<CustomSeriesOption | LineSeriesOption | GridComponentOption | TitleComponentOption>

/** Pixels. */
const size = { width: 480, margin: 16, row: 34, heading: 46, axis: 34, values: 136, lines: 190, legend: 17 }

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
const text = { fontFamily: font, fontSize: 11 }

/** Part of the picture, with axes of its own. `grid` is the place of what it shows. */
interface Panel {
  readonly title: string
  readonly subtitle: string
  readonly height: number
  readonly grid: { readonly right: number; readonly height: number }
  readonly axes: (index: number) => { readonly x: object; readonly y: object }
  readonly series: (index: number) => ReadonlyArray<CustomSeriesOption | LineSeriesOption>
  /** Lines of text below, each with a color. */
  readonly legend: ReadonlyArray<readonly [text: string, color: string]>
}

const axisStyle = {
  axisLabel: { ...text, color: colors.muted },
  axisLine: { lineStyle: { color: colors.rule } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: colors.rule } },
  minorTick: { show: false },
  nameTextStyle: { ...text, color: colors.muted }
}

const statusColors: Readonly<Record<Status, string>> = {
  goal: colors.goal,
  limit: colors.limit,
  missed: colors.missed,
  reported: colors.muted,
  unmeasured: colors.missed
}

/** Units whose values may be zero or less. */
const isLinear = (unit: Figure["unit"]): boolean => unit === "exponent" || unit === "%" || unit === "count"

/** Returns what stands at the right of a figure. */
const resultOf = (figure: Figure): string => {
  const { median, status } = figure
  if (median === null) return "not measured"
  return `${valueText(figure, median)}${status === "missed" ? ", missed" : ""}`
}

/** Returns the bounds of a figure. */
const boundsOf = (figure: Figure): string =>
  [
    figure.limit === null ? "" : `limit ${boundText(figure, figure.limit)}`,
    figure.goal === null ? "" : `goal ${boundText(figure, figure.goal)}`
  ]
    .filter((part) => part !== "")
    .join(", ")

/** Draws one figure: its name, its spread, its median, and its limit and goal as marks. */
const rowOf =
  (figures: ReadonlyArray<Figure>, least: number): NonNullable<CustomSeriesOption["renderItem"]> =>
  ({ dataIndex }, api) => {
    const figure = figures[dataIndex]
    if (figure === undefined) return null
    const { against, goal, limit, median, name, p10, p90, status } = figure
    const at = (value: number): number => api.coord([Math.max(value, least), dataIndex])[0] ?? 0
    const y = (api.coord([least, dataIndex])[1] ?? 0) + 7
    const color = statusColors[status]
    const mark = (value: number | null, stroke: string) =>
      value === null
        ? []
        : [
            {
              type: "line" as const,
              shape: { x1: at(value), x2: at(value), y1: y - 7, y2: y + 7 },
              style: { stroke, lineWidth: 2 }
            }
          ]
    const words = (content: string, x: number, top: number, fill: string, align: "left" | "right") => ({
      type: "text" as const,
      style: { ...text, text: content, x, y: top, fill, align, verticalAlign: "middle" as const }
    })
    const spread =
      median === null || p10 === null || p90 === null
        ? []
        : [
            {
              type: "line" as const,
              shape: { x1: at(p10), x2: at(p90), y1: y, y2: y },
              style: { stroke: color, lineWidth: 4, opacity: 0.45 }
            },
            { type: "circle" as const, shape: { cx: at(median), cy: y, r: 4 }, style: { fill: color } }
          ]
    const right = size.width - size.margin
    return {
      type: "group",
      children: [
        words(against === "" ? name : `${name}, against ${against}`, size.margin, y - 16, colors.text, "left"),
        ...mark(limit, colors.missed),
        ...mark(goal, colors.goal),
        ...spread,
        words(resultOf(figure), right, y - 4, color, "right"),
        words(boundsOf(figure), right, y + 8, colors.muted, "right")
      ]
    }
  }

/** Returns the panel of figures that belong together and have one unit. */
const panelOfFigures = (title: string, subtitle: string, figures: ReadonlyArray<Figure>): Panel => {
  const unit = figures[0]?.unit ?? "ratio"
  const values = figures.flatMap(({ goal, limit, median, p10, p90 }) =>
    [goal, limit, median, p10, p90].flatMap((value) => value ?? [])
  )
  const positive = values.filter((value) => value > 0)
  const least = isLinear(unit) ? Math.min(0, ...values) : 2 ** Math.floor(Math.log2(Math.min(1, ...positive)))
  const most = Math.max(isLinear(unit) ? 1 : 2, ...values)
  const axis = isLinear(unit)
    ? { type: "value", min: least, max: most * 1.05 }
    : { type: "log", logBase: most / least > 100 ? 10 : 2, min: least, max: most * 1.05 }
  const formatter = (value: number): string =>
    value >= least && value <= most ? `${Number(value.toPrecision(2))}` : ""
  return {
    title,
    subtitle,
    height: size.heading + figures.length * size.row + size.axis,
    grid: { right: size.margin + size.values, height: figures.length * size.row },
    axes: (gridIndex) => ({
      x: { ...axisStyle, ...axis, gridIndex, axisLabel: { ...axisStyle.axisLabel, formatter } },
      y: { type: "category", gridIndex, inverse: true, show: false, data: figures.map((_, index) => index) }
    }),
    series: (index) => [
      {
        type: "custom",
        xAxisIndex: index,
        yAxisIndex: index,
        silent: true,
        clip: false,
        renderItem: rowOf(figures, least),
        data: figures.map((_, index) => [least, index])
      }
    ],
    legend: []
  }
}

/** Number of series of a panel that have colors and names. */
const mostNamed = 4

/** Returns the panel of series over the same sizes, where both axes are logarithmic: the exponent is the slope. */
const panelOfSeries = (x: string, y: string, figures: ReadonlyArray<Figure>): Panel => {
  const steepest = figures.toSorted((one, other) => (other.median ?? 0) - (one.median ?? 0))
  const named = steepest.slice(0, mostNamed)
  const colorOf = (figure: Figure): string => colors.lines[named.indexOf(figure)] ?? colors.rule
  const others = figures.length - named.length
  const legend = named.map((figure) => [`━ ${figure.name}: ${figure.median?.toFixed(2)}`, colorOf(figure)] as const)
  const rest = [`━ ${others} others, whose exponents are lower`, colors.muted] as const
  const lines = others > 0 ? [...legend, rest] : legend
  return {
    title: `growth: ${x}`,
    subtitle: `${y}; both axes are logarithmic, and the slope is the exponent`,
    height: size.heading + size.lines + size.axis + lines.length * size.legend + size.margin,
    grid: { right: 2 * size.margin, height: size.lines },
    axes: (gridIndex) => ({
      x: {
        ...axisStyle,
        type: "log",
        gridIndex,
        min: "dataMin",
        max: "dataMax",
        name: x,
        nameLocation: "middle",
        nameGap: 22
      },
      y: { ...axisStyle, type: "log", gridIndex }
    }),
    // Those with names last, so that they are above.
    series: (index) =>
      steepest.toReversed().map((figure) => ({
        type: "line",
        xAxisIndex: index,
        yAxisIndex: index,
        silent: true,
        symbolSize: 5,
        showSymbol: named.includes(figure),
        lineStyle: { color: colorOf(figure), width: named.includes(figure) ? 2 : 1 },
        itemStyle: { color: colorOf(figure) },
        data: figure.series?.points.map(({ x, y }) => [x, y]) ?? []
      })),
    legend: lines
  }
}

const subtitles: Readonly<Record<Figure["unit"], string>> = {
  ratio: "times what it is measured against",
  exponent: "exponents: 0 does not grow, 1 grows in proportion",
  count: "counts",
  µs: "microseconds",
  ms: "milliseconds",
  MiB: "MiB",
  B: "bytes",
  "%": "percents of a processor"
}

/** Returns the panels of figures, those of a room and a unit together. */
const panelsOf = (figures: ReadonlyArray<Figure>): ReadonlyArray<Panel> => {
  const groups = Map.groupBy(figures, (figure) => `${figure.room}\n${subtitles[figure.unit]}`)
  const series = Map.groupBy(
    figures.filter((figure) => figure.series !== null),
    (figure) => `${figure.series?.x}\n${figure.series?.y}`
  )
  const split = (key: string) => key.split("\n") as [string, string]
  return [
    ...Array.from(groups, ([key, figures]) => panelOfFigures(...split(key), figures)),
    ...Array.from(series, ([key, figures]) => panelOfSeries(...split(key), figures))
  ]
}

const heads = [
  ["How fast is effect-msmq?", { fontSize: 16, fontWeight: 600 }],
  ["A dot is the median, the bar behind it reaches from the tenth to the ninetieth", {}],
  ["percentile of the rounds. Marks: green is the goal, red is the limit.", {}]
] as const

/** Pixels of the head of the picture. */
const headHeight = 78

/** Returns the picture of a report. */
export const chartOf = ({ figures, node, platform }: Report): string => {
  const panels = panelsOf(figures)
  const titles: Array<TitleComponentOption> = []
  const write = (content: string, top: number, style: object): void => {
    titles.push({
      text: content,
      left: size.margin - 5,
      top,
      textStyle: { ...text, fontWeight: 400, color: colors.text, ...style }
    })
  }
  heads.forEach(([line, style], index) => write(line, index === 0 ? 8 : 20 + index * 16, style))
  const option = { grid: [], xAxis: [], yAxis: [], series: [] } as {
    grid: Array<object>
    xAxis: Array<object>
    yAxis: Array<object>
    series: Array<CustomSeriesOption | LineSeriesOption>
  }
  let top = headHeight
  panels.forEach(({ axes, grid, height, legend, series, subtitle, title }, index) => {
    write(title, top, { fontSize: 13, fontWeight: 600 })
    write(subtitle, top + 18, { color: colors.muted })
    option.grid.push({
      left: size.margin + (legend.length > 0 ? 44 : 0),
      right: grid.right,
      top: top + size.heading,
      height: grid.height
    })
    const { x, y } = axes(index)
    option.xAxis.push(x)
    option.yAxis.push(y)
    option.series.push(...series(index))
    const below = top + size.heading + grid.height + size.axis
    legend.forEach(([line, color], at) => write(line, below + at * size.legend, { color }))
    top += height
  })
  write(`Node ${node}, ${platform}`, top, { color: colors.muted })
  const chart = init(null, null, { renderer: "svg", ssr: true, width: size.width, height: top + 30 })
  const whole: Option = { animation: false, backgroundColor: colors.paper, title: titles, ...option }
  chart.setOption(whole)
  const svg = chart.renderToSVGString()
  chart.dispose()
  return inBothSchemes(svg)
}
