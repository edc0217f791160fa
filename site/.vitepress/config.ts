import { defineConfig } from "vitepress"
import { diagrams } from "../diagrams.ts"
import { nav, sidebar } from "../navigation.ts"
import { built, github, pages } from "../paths.ts"

/** Returns the anchor that GitHub gives to a heading: the pages link to these. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")

export default defineConfig({
  title: "effect-msmq",
  description: "Message Queuing (MSMQ) for TypeScript, with Effect or with promises",
  lang: "en",
  srcDir: pages,
  outDir: built,
  cleanUrls: false,
  lastUpdated: false,
  markdown: {
    anchor: { slugify: anchorOf },
    config: diagrams,
    theme: { light: "github-light", dark: "github-dark" }
  },
  themeConfig: {
    nav,
    sidebar,
    outline: { level: [2, 3], label: "On this page" },
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: github }],
    docFooter: { prev: false, next: false }
  }
})
