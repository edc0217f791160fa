/** Builds the site from the pages and the docstrings, and checks it. */
import { rmSync } from "node:fs"
import { build } from "vitepress"
import { complaints } from "./links.ts"
import { copyPages } from "./pages.ts"
import { built, pages } from "./paths.ts"
import { writeReference } from "./reference.ts"

for (const folder of [pages, built]) rmSync(folder, { recursive: true, force: true })
copyPages()
if (!(await writeReference())) process.exitCode = 1
else {
  await build(import.meta.dirname)
  const found = complaints()
  for (const complaint of found) console.error(complaint)
  if (found.length > 0) process.exitCode = 1
  else console.log(`The site is in ${built}.`)
}
