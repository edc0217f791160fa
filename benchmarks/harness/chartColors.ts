/** Colors of the chart, on light and on dark paper. */

/** Colors by the color on light paper; each is written into the picture as it is here. */
const onDark: Readonly<Record<string, string>> = {
  "#fefefe": "#0d1117",
  "#1f2328": "#e6edf3",
  "#59636e": "#9198a1",
  "#d1d9e0": "#3d444d",
  "#1a7f37": "#3fb950",
  "#0969da": "#58a6ff",
  "#cf222e": "#f85149",
  "#8250df": "#bc8cff",
  "#9a6700": "#d29922",
  "#bf3989": "#f778ba",
  "#0550ae": "#79c0ff"
}

/** Colors by what they stand for. */
export const colors = {
  paper: "#fefefe",
  text: "#1f2328",
  muted: "#59636e",
  rule: "#d1d9e0",
  goal: "#1a7f37",
  limit: "#0969da",
  missed: "#cf222e",
  /** Colors of lines that have names. */
  lines: ["#8250df", "#9a6700", "#bf3989", "#0550ae"]
} as const

const rules = Object.entries(onDark).map(
  ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`
)

const style = `<style>@media (prefers-color-scheme: dark){${rules.join("")}}</style>`

/** Makes a picture take the colors of dark paper where the reader prefers those, and the width that there is. */
export const inBothSchemes = (svg: string): string =>
  svg.replace(
    /^<svg ([^>]*)>/,
    `<svg role="img" aria-label="Figures of effect-msmq" style="max-width:100%;height:auto" $1>\n${style}`
  )
