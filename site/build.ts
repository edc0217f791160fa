/** Builds the site from the pages and the docstrings, and checks it. */
import { rmSync } from "node:fs"
import { build } from "vitepress"
import { complaints } from "./links.ts"
import { linkNames } from "./nameLinks.ts"
import { copyPages } from "./pages.ts"
import { built, pages } from "./paths.ts"
import { writeReference } from "./reference.ts"

for (const folder of [pages, built]) rmSync(folder, { recursive: true, force: true })
copyPages()
const places = await writeReference()
if (places === undefined) process.exitCode = 1
else {
  linkNames(places)
  await build(import.meta.dirname)
  const found = complaints()
  for (const complaint of found) console.error(complaint)
  if (found.length > 0) process.exitCode = 1
  else console.log(`The site is in ${built}.`)
}
