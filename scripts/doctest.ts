/**
 * Turns every example in a docstring or Markdown page that is fenced as `ts import.meta.vitest` into a test, under
 * `.doctest/`, where it is type-checked and run: `expression // => value` asserts, also in `console.log(expression) // => value`; the
 * value may stand on the next line. (The published doctest plugins need TypeScript's old JavaScript API, which TypeScript 7 does not have.)
 *
 * Files that a page shows, fenced as `ts file=NAME`, are in a folder for that page. Their tests run under Vitest, those of `node:test`
 * too.
 *
 * The names in the tables of `docs/members.md` become programs there, which are type-checked.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as members from "./members.ts"
import { filesIn, linesOf, programsIn, resultIn } from "./pageCode.ts"

const out = ".doctest"
const sources = globSync(["packages/*/src/**/*.ts", "*.md", "docs/*.md", "docs/guides/*.md", "packages/*/README.md"], {
  exclude: ["**/internal/**"]
}).toSorted()

const namedImport = /^import (type )?\{ (.*) \} from "(.*)"$/
const namespaceImport = /^import \* as \w+ from ".*"$/

/** Imports of the tests in a file: names by module, and whole lines of namespaces. */
interface Imports {
  readonly names: Map<string, Set<string>>
  readonly namespaces: Set<string>
}

const testOf = (source: string, code: string, line: number, { names: imports, namespaces }: Imports): string => {
  const body: Array<string> = []
  for (const text of linesOf(code)) {
    const [, isType, names, from] = namedImport.exec(text) ?? []
    const result = resultIn(text)
    if (names !== undefined && from !== undefined) {
      const known = imports.get(from) ?? new Set()
      for (const name of names.split(", ")) known.add(isType === undefined ? name : `type ${name}`)
      imports.set(from, known)
    } else if (namespaceImport.test(text)) namespaces.add(text)
    else if (result === undefined) body.push(`  ${text}`)
    else body.push(`  assert.deepStrictEqual(${result.expression}, ${result.value})`)
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
  const place = `${out}/${source.replaceAll(/[/\\]/g, "-")}`
  for (const { code, name } of filesIn(text)) {
    mkdirSync(place, { recursive: true })
    writeFileSync(`${place}/${name}`, code.replace('from "node:test"', 'from "vitest"'))
  }
  const imports: Imports = { names: new Map([["@effect/vitest", new Set(["assert", "it"])]]), namespaces: new Set() }
  const tests = programsIn(text).map(({ code, line }) => testOf(source.replaceAll("\\", "/"), code, line, imports))
  if (tests.length === 0) continue
  count += tests.length
  const header = [
    ...Array.from(imports.names, ([from, names]) => `import { ${[...names].toSorted().join(", ")} } from "${from}"`),
    ...imports.namespaces
  ]
  writeFileSync(`${place}.test.ts`, `${header.join("\n")}\n\n${tests.join("\n")}`)
}

const programs = members.programsOf(readFileSync(members.document, "utf8"))
for (const [face, program] of Object.entries(programs)) writeFileSync(`${out}/docs-members.md.${face}.ts`, program)
console.log(`${count} examples`)
