/** Draws the diagrams of the pages while the site is built, so that no program has to be loaded to show them. */
import { renderMermaidSVG } from "beautiful-mermaid"
import type { MarkdownOptions } from "vitepress"

type MarkdownIt = Parameters<NonNullable<MarkdownOptions["config"]>>[0]

/** Colours of the site, in light and in dark. */
const colours = {
  bg: "var(--vp-c-bg)",
  fg: "var(--vp-c-text-1)",
  line: "var(--vp-c-text-3)",
  muted: "var(--vp-c-text-2)",
  surface: "var(--vp-c-bg-soft)",
  border: "var(--vp-c-border)"
}

/** Returns a diagram as an image in HTML; each has marks of its own, as they share a page. */
const draw = (text: string, number: number): string =>
  renderMermaidSVG(text, { ...colours, font: "inherit", transparent: true })
    // The style sheet of the site has its styles: those here would load a font of another site.
    .replace(/<style>.*?<\/style>/s, "")
    .replaceAll(/\barrowhead(?=[\w-]*["')])/g, `diagram-${number}-arrowhead`)

/** Shows blocks of Mermaid as diagrams. */
export const diagrams = (markdown: MarkdownIt): void => {
  const fence = markdown.renderer.rules.fence
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]
    if (token?.info.trim() === "mermaid") return `<div class="diagram" v-pre>${draw(token.content, index)}</div>\n`
    return fence === undefined ? "" : fence(tokens, index, options, env, self)
  }
}
