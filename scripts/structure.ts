/**
 * Fails where the cycles of imports, the imports against the floors of a package, or the docstrings against the rules of
 * CONTRIBUTING.md are more than `structure/limits.json` says, or fewer. `--lower` writes the numbers that have fallen.
 */
import { readFileSync, writeFileSync } from "node:fs"
import type { Limits } from "./structure/Limits.ts"
import { complaintsOf, lowered } from "./structure/Limits.ts"
import { docstrings, structure } from "./structure/measures.ts"

const written = "scripts/structure/limits.json"

const limits = JSON.parse(readFileSync(written, "utf8")) as Limits
const [ofStructure, ofDocstrings] = [structure(), docstrings()]
const measures = [...ofStructure, ...ofDocstrings]

if (process.argv.includes("--lower")) {
  writeFileSync(written, `${JSON.stringify(lowered(measures, limits), null, 2)}\n`)
} else {
  for (const { findings, name } of measures) if (findings.length > 0) console.log(`${name}: ${findings.length}`)
  for (const { findings, name } of ofStructure) {
    if (name.endsWith(": cycles of imports")) for (const cycle of findings) console.log(`\n${name}: ${cycle}`)
  }
  const complaints = complaintsOf(measures, limits)
  for (const { findings, name } of ofStructure) {
    const isWrong = complaints.some((complaint) => complaint.startsWith(`${name}: `))
    if (isWrong) console.log(`\n${name}:\n${findings.join("\n")}`)
  }
  if (complaints.length > 0) {
    console.error(
      `\n${complaints.join("\n")}\n\n\`npx --yes pnpm@12 run docstrings\` lists the docstrings. \`npx --yes pnpm@12 run ` +
        `structure --lower\` writes the numbers that have fallen into ${written}.`
    )
    process.exitCode = 1
  }
}
