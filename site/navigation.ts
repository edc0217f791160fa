/** Menus of the site, made from the pages that are there. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { basename, dirname, join, posix } from "node:path"
import type { DefaultTheme } from "vitepress"
import { allModules } from "./modules.ts"
import { pages, reference } from "./paths.ts"

type Item = DefaultTheme.SidebarItem

const textOf = (path: string): string => readFileSync(join(pages, path), "utf8")

const titleOf = (path: string): string =>
  /^# (.+)$/m.exec(textOf(path))?.[1]?.replaceAll("`", "") ?? basename(path, ".md")

/** Pages in the order in which the home page, and then the list of the guides, link to them last; the others follow, by name. */
const ordered = (paths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lists = ["index.md", "guides/index.md"].filter((path) => existsSync(join(pages, path)))
  const linked = lists.flatMap((list) =>
    Array.from(textOf(list).matchAll(/\]\(([^)#\s]+\.md)(?:#[^)]*)?\)/g), ([, link = ""]) =>
      posix.join(posix.dirname(list), link)
    )
  )
  const place = (path: string) => (linked.includes(path) ? linked.lastIndexOf(path) : linked.length)
  return paths.toSorted((one, other) => place(one) - place(other) || (one < other ? -1 : 1))
}

const pagesIn = (pattern: string): ReadonlyArray<string> =>
  globSync(pattern, { cwd: pages }).map((path) => path.replaceAll("\\", "/"))

const itemOf = (path: string, text: string): Item => ({ text, link: `/${path.replace(/(?:index)?\.md$/, "")}` })

const titled = (path: string): Item => itemOf(path, titleOf(path))

const group = (text: string, items: ReadonlyArray<Item>): ReadonlyArray<Item> =>
  items.length === 0 ? [] : [{ text, items: [...items], collapsed: false }]

const guides = pagesIn("guides/*.md").filter((path) => path !== "guides/index.md")
const topics = pagesIn("*.md").filter((path) => path !== "index.md" && path !== "changelog.md")

const ofPages: ReadonlyArray<Item> = [
  ...group("Guides", ordered(guides).map(titled)),
  ...group("Topics", ordered(topics).map(titled)),
  ...group("Packages", [
    ...pagesIn("packages/*.md").toSorted().map(titled),
    ...pagesIn("changelog.md").map((path) => itemOf(path, "Changelog"))
  ])
]

/** Returns the entry of a module of the reference, below it its classes and namespaces if it has pages of them. */
const moduleItem = (name: string, text: string): Item => {
  const folder = `${reference}/${name.replace(/^@[^/]*\//, "")}`
  const below = pagesIn(`${folder}/{classes/*,namespaces/*/index}.md`).toSorted()
  const items = below.map((path) =>
    itemOf(path, path.endsWith("/index.md") ? basename(dirname(path)) : basename(path, ".md"))
  )
  return { text, link: `/${folder}/`, ...(items.length > 0 ? { items, collapsed: true } : {}) }
}

const byPackage = Map.groupBy(allModules(), ({ name }) => name.split("/").slice(0, 2).join("/"))

const ofReference: ReadonlyArray<Item> = Array.from(byPackage, ([packageName, modules]) => {
  const names = modules.map(({ name }) => name.slice(packageName.length + 1))
  const inFolder = names.filter((name) => name.includes("/"))
  const folders = Map.groupBy(inFolder, (name) => dirname(name))
  return {
    text: packageName,
    collapsed: false,
    items: [
      ...names.filter((name) => !name.includes("/")).map((name) => moduleItem(`${packageName}/${name}`, name)),
      ...Array.from(folders, ([folder, within]) => ({
        text: folder,
        collapsed: true,
        items: within.map((name) => moduleItem(`${packageName}/${name}`, basename(name)))
      }))
    ]
  }
})

export const sidebar: DefaultTheme.SidebarMulti = {
  [`/${reference}/`]: [...ofReference],
  "/": [...ofPages]
}

export const nav: Array<DefaultTheme.NavItem> = [
  ...(guides.length > 0 ? [{ text: "Guides", link: "/guides/", activeMatch: "^/guides/" }] : []),
  {
    text: "Topics",
    link: `/${(ordered(topics)[0] ?? "").replace(/\.md$/, "")}`,
    activeMatch: "^/(?!guides/|reference/)."
  },
  { text: "Reference", link: `/${reference}/`, activeMatch: `^/${reference}/` }
]
