/** Links from the names of functions in the pages to their places in the reference. */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pages } from "./paths.ts"

/** Places in the site by name, such as `Sender.send`. */
export type Places = ReadonlyMap<string, string>

/** Parts of a page that stay as they are: blocks of code, headings, links, and HTML; then names in backticks. */
const parts = /^ *```.*?^ *```$|^#+ [^\n]*$|!?\[(?:`[^`]*`|[^\]`])*\]\([^)\s]*\)|<[^>\n]+>|`([^`\n]+)`/gms

/** Name at the beginning of a call or alone, such as that of `Sender.send(message)`. */
const named = /^[A-Z]\w*\.\w+(?=$|\()/

const linked = (text: string, places: Places): string =>
  text.replaceAll(parts, (whole, code: string | undefined) => {
    const place = code === undefined ? undefined : places.get(named.exec(code)?.[0] ?? "")
    return place === undefined ? whole : `[${whole}](${place})`
  })

/** Makes links of the names in all pages that have a place in the reference. */
export const linkNames = (places: Places): void => {
  for (const path of globSync("**/*.md", { cwd: pages })) {
    const file = join(pages, path)
    const text = readFileSync(file, "utf8")
    const front = /^---\n.*?^---\n/ms.exec(text)?.[0] ?? ""
    writeFileSync(file, front + linked(text.slice(front.length), places))
  }
}
