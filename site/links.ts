/** Checks the built site: its links lead to pages and headings that are there, and nothing is loaded from another site. */
import { globSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { built } from "./paths.ts"

const read = (path: string): string => readFileSync(join(built, path), "utf8")

const filesOfSite = (): ReadonlyArray<string> =>
  globSync("**/*.{html,css,js,woff2,svg}", { cwd: built }).map((path) => path.replaceAll("\\", "/"))

const idsOf = (path: string): ReadonlySet<string> =>
  new Set(Array.from(read(path).matchAll(/\sid="([^"]*)"/g), ([, id = ""]) => id))

const decoded = (link: string): string => decodeURIComponent(link.replaceAll("&amp;", "&"))

/** Returns the file that a link of a page leads to, by an address in the site. */
const fileOf = (page: string, link: string): string => {
  const path = link === "" ? page : posix.join(link.startsWith("/") ? "" : posix.dirname(page), link)
  return (path.endsWith("/") || path === "." ? posix.join(path, "index.html") : path).replace(/^\//, "")
}

const loadsElsewhere =
  /<(?:script|img|link rel="(?:stylesheet|preload|modulepreload|icon)")[^>]*\s(?:src|href)="(?:https?:)?\/\/[^"]*"/g
const styleElsewhere = /@import\s[^;]*|url\(["']?(?:https?:)?\/\/[^)]*\)/g

/** Returns a sentence for each link that leads nowhere, and for each file that would be loaded from another site. */
export const complaints = (): ReadonlyArray<string> => {
  const files = filesOfSite()
  const present = new Set(files)
  const pages = files.filter((path) => path.endsWith(".html"))
  const ids = new Map(pages.map((page) => [page, idsOf(page)]))
  const dead = pages.flatMap((page) =>
    Array.from(read(page).matchAll(/<a\s[^>]*href="([^"]*)"/g), ([, href = ""]) => href)
      .filter((href) => !/^(?:\w+:|\/\/)/.test(href))
      .flatMap((href) => {
        const [path = "", anchor = ""] = decoded(href).split("#", 2)
        const file = fileOf(page, path)
        if (!present.has(file)) return [`${page}: ${href} leads to no page`]
        return anchor === "" || ids.get(file)?.has(anchor) === true ? [] : [`${page}: ${href} leads to no heading`]
      })
  )
  const elsewhere = files
    .filter((path) => /\.(?:html|css)$/.test(path))
    .flatMap((path) => {
      const text = read(path)
      const found = [...(path.endsWith(".html") ? text.matchAll(loadsElsewhere) : []), ...text.matchAll(styleElsewhere)]
      return found.map(([load]) => `${path}: loads from another site: ${load}`)
    })
  return [...new Set([...dead, ...elsewhere])].toSorted()
}
