/**
 * Lists the docstrings against the rules of CONTRIBUTING.md, and the public names without one, with file and line. Arguments are
 * beginnings of paths, such as `packages/core/src/Message`; without one it lists all.
 */
import { docstrings } from "./structure/measures.ts"

const beginnings = process.argv.slice(2)

for (const { findings, name } of docstrings()) {
  const asked = findings.filter(
    (finding) => beginnings.length === 0 || beginnings.some((beginning) => finding.startsWith(beginning))
  )
  if (asked.length > 0) console.log(`${name}: ${asked.length}\n${asked.map((finding) => `  ${finding}`).join("\n")}\n`)
}
