/**
 * Turns every example in a docstring or Markdown page that is fenced as `ts import.meta.vitest` into a test, under
 * `.doctest/`, where it is type-checked and run: `expression // => value` asserts; the value may stand on the next line. (The published doctest plugins need
 * TypeScript's old JavaScript API, which TypeScript 7 does not have.)
 *
 * The names in the tables of `docs/members.md` become programs there, which are type-checked.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as members from "./members.ts"

const out = ".doctest"
const sources = globSync([
  "packages/*/src/**/*.ts",
  "*.md",
  "docs/*.md",
  "docs/guides/*.md",
  "packages/*/README.md"
]).toSorted()

const example = /^([ \t]*\*?[ \t]*)```ts import\.meta\.vitest\n([\s\S]*?)^[ \t]*\*?[ \t]*```$/gm
const namedImport = /^import (type )?\{ (.*) \} from "(.*)"$/
const namespaceImport = /^import \* as \w+ from ".*"$/

/** Imports of the tests in a file: names by module, and whole lines of namespaces. */
interface Imports {
  readonly names: Map<string, Set<string>>
  readonly namespaces: Set<string>
}

const testOf = (source: string, code: string, line: number, { names: imports, namespaces }: Imports): string => {
  const body: Array<string> = []
  const lines = code.replaceAll(/\n[ \t]*\/\/ => /g, " // => ").split("\n")
  for (const text of lines) {
    const [, isType, names, from] = namedImport.exec(text) ?? []
    const [, expression, value] = /^(\S.*?) \/\/ => (.*)$/.exec(text) ?? []
    if (names !== undefined && from !== undefined) {
      const known = imports.get(from) ?? new Set()
      for (const name of names.split(", ")) known.add(isType === undefined ? name : `type ${name}`)
      imports.set(from, known)
    } else if (namespaceImport.test(text)) namespaces.add(text)
    else if (expression === undefined) body.push(`  ${text}`)
    else body.push(`  assert.deepStrictEqual(${expression}, ${value})`)
  }
  // What asserts nothing must not look as if it did.
  if (body.some((text) => text.includes("// =>"))) throw new Error(`${source}:${line}: a result without its expression`)
  return `it("${source}:${line}", async () => {\n${body.join("\n")}\n})\n`
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out)
let count = 0
for (const source of sources) {
  const text = readFileSync(source, "utf8")
  const imports: Imports = { names: new Map([["@effect/vitest", new Set(["assert", "it"])]]), namespaces: new Set() }
  const tests = [...text.matchAll(example)].map(({ 1: margin = "", 2: code = "", index }) =>
    testOf(
      source.replaceAll("\\", "/"),
      code.replaceAll(new RegExp(`^${margin.trimEnd().replace("*", "\\*")} ?`, "gm"), ""),
      text.slice(0, index).split("\n").length,
      imports
    )
  )
  if (tests.length === 0) continue
  count += tests.length
  const header = [
    ...Array.from(imports.names, ([from, names]) => `import { ${[...names].toSorted().join(", ")} } from "${from}"`),
    ...imports.namespaces
  ]
  writeFileSync(`${out}/${source.replaceAll(/[/\\]/g, "-")}.test.ts`, `${header.join("\n")}\n\n${tests.join("\n")}`)
}

const programs = members.programsOf(readFileSync(members.document, "utf8"))
for (const [face, program] of Object.entries(programs)) writeFileSync(`${out}/docs-members.md.${face}.ts`, program)
console.log(`${count} examples`)
