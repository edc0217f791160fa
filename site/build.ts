/** Builds the site from the pages and the docstrings, and checks it. */
import { rmSync } from "node:fs"
import { build } from "vitepress"
import { complaints } from "./links.ts"
import { linkNames } from "./nameLinks.ts"
import { copyPages } from "./pages.ts"
import { built, pages } from "./paths.ts"
import { writeReference } from "./reference.ts"

for (const folder of [pages, built]) rmSync(folder, { recursive: true, force: true })
try {
  copyPages()
  const places = await writeReference()
  if (places === undefined) process.exitCode = 1
  else {
    linkNames(places)
    await build(import.meta.dirname)
    const found = complaints()
    if (found.length > 0) throw new Error(found.join("\n"))
    console.log(`The site is in ${built}.`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
