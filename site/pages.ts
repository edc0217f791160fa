/** Copies the pages of the repository into the site, with links that lead from page to page there. */
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { github, pages, repository } from "./paths.ts"

/** Page of the site. */
interface Page {
  /** Markdown file in the repository. */
  readonly source: string
  /** Markdown file in the site. */
  readonly path: string
}

/** Files that become pages, by patterns, and their places in the site. */
const places: ReadonlyArray<readonly [pattern: string, place: (source: string) => string]> = [
  ["README.md", () => "index.md"],
  ["docs/**/*.md", (source) => source.replace(/^docs\//, "").replace(/README\.md$/, "index.md")],
  ["packages/*/README.md", (source) => `${dirname(source)}.md`],
  ["packages/core/CHANGELOG.md", () => "changelog.md"]
]

const listed = (): ReadonlyArray<Page> =>
  places.flatMap(([pattern, place]) =>
    globSync(pattern, { cwd: repository })
      .map((source) => source.replaceAll("\\", "/"))
      .toSorted()
      .map((source) => ({ source, path: place(source) }))
  )

/** Returns the file of the repository that a link leads to, and its anchor with `#`; `undefined` for a link that leads elsewhere. */
const targetOf = (source: string, link: string): { readonly path: string; readonly anchor: string } | undefined => {
  const hash = link.indexOf("#")
  const [file, anchor] = hash < 0 ? [link, ""] : [link.slice(0, hash), link.slice(hash)]
  if (file === github && anchor === "#readme") return { path: "README.md", anchor: "" }
  const onGitHub = /^\/(?:blob|tree)\/main\/(.+)$/.exec(file.startsWith(github) ? file.slice(github.length) : "")
  if (onGitHub !== null) return { path: onGitHub[1] ?? "", anchor: anchor === "#readme" ? "" : anchor }
  if (/^\w+:/.test(file)) return undefined
  return { path: file === "" ? source : posix.join(posix.dirname(source), file), anchor }
}

/** Returns a link of a page as it has to be in the site; throws where it leads to no file. */
const linkOf = (page: Page, link: string, all: ReadonlyArray<Page>): string => {
  const target = targetOf(page.source, link)
  if (target === undefined) return link
  const path = target.path.replace(/\/$/, "")
  const file = join(repository, path)
  if (!existsSync(file)) throw new Error(`${page.source}: the link ${link} leads to no file`)
  const other = all.find(({ source }) => source === path || source === `${path}/README.md`)
  if (other === undefined) {
    return `${github}/${statSync(file).isDirectory() ? "tree" : "blob"}/main/${path}${target.anchor}`
  }
  if (other === page && target.anchor !== "") return target.anchor
  const relative = posix.relative(posix.dirname(page.path), other.path)
  return `${relative.startsWith(".") ? relative : `./${relative}`}${target.anchor}`
}

/** Parts of a page that have no links: its blocks and spans of code. */
const code = /^ *```.*?^ *```$|`[^`\n]+`/gms

/** Returns a text with each part outside of its code changed. */
const outsideCode = (text: string, change: (part: string) => string): string => {
  let end = 0
  const parts: Array<string> = []
  for (const { 0: span, index } of text.matchAll(code)) {
    parts.push(change(text.slice(end, index)), span)
    end = index + span.length
  }
  return [...parts, change(text.slice(end))].join("")
}

const linked = (page: Page, text: string, all: ReadonlyArray<Page>): string =>
  // The text of a link may hold code, so that its end alone is looked for.
  outsideCode(text, (part) => part.replaceAll(/\]\(([^)\s]+)\)/g, (_, link: string) => `](${linkOf(page, link, all)})`))

/** Returns the home page: the front of the site, and the README without its title below. */
const homeOf = (text: string, all: ReadonlyArray<Page>): string => {
  const front = readFileSync(join(import.meta.dirname, "home.yml"), "utf8")
  const start = all.some(({ path }) => path === "guides/index.md") ? "/guides/" : "/promises"
  return `---\n${front.replaceAll("START", start)}---\n\n${text.replace(/^# .*\n/, "")}`
}

/** Copies all pages. */
export const copyPages = (): void => {
  const all = listed()
  for (const page of all) {
    const text = readFileSync(join(repository, page.source), "utf8").replaceAll("```ts import.meta.vitest", "```ts")
    const markdown = linked(page, text, all)
    const path = join(pages, page.path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, page.source === "README.md" ? homeOf(markdown, all) : markdown)
  }
}
