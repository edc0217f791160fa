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
const sources = globSync([
  "packages/*/src/**/*.ts",
  "*.md",
  "docs/*.md",
  "docs/guides/*.md",
  "packages/*/README.md"
]).toSorted()

const namedImport = /^import (type )?\{ (.*) \} from "(.*)"$/
const namespaceImport = /^import \* as \w+ from ".*"$/

/** Test of a program, and what it imports. */
interface Test {
  readonly text: string
  /** Modules by the names that it imports from them; the name of a type is behind `type`. */
  readonly imports: ReadonlyMap<string, string>
  readonly namespaces: ReadonlySet<string>
}

const testOf = (source: string, code: string, line: number): Test => {
  const body: Array<string> = []
  const imports = new Map<string, string>()
  const namespaces = new Set<string>()
  for (const text of linesOf(code)) {
    const [, isType, names, from] = namedImport.exec(text) ?? []
    const result = resultIn(text)
    if (names !== undefined && from !== undefined) {
      for (const name of names.split(", ")) imports.set(isType === undefined ? name : `type ${name}`, from)
    } else if (namespaceImport.test(text)) namespaces.add(text)
    else if (result === undefined) body.push(`  ${text}`)
    else body.push(`  assert.deepStrictEqual(${result.expression}, ${result.value})`)
  }
  // What asserts nothing must not look as if it did.
  if (body.some((text) => text.includes("// =>"))) throw new Error(`${source}:${line}: a result without its expression`)
  return { text: `it("${source}:${line}", async () => {\n${body.join("\n")}\n})\n`, imports, namespaces }
}

/** Tests that share a file. */
class TestFile {
  readonly #tests: Array<string> = []
  readonly #imports = new Map([
    ["assert", "@effect/vitest"],
    ["it", "@effect/vitest"]
  ])
  readonly #namespaces = new Set<string>()

  /** Adds a test, unless it imports a name that another test of the file imports from another module. */
  add({ imports, namespaces, text }: Test): boolean {
    if ([...imports].some(([name, from]) => (this.#imports.get(name) ?? from) !== from)) return false
    for (const [name, from] of imports) this.#imports.set(name, from)
    for (const namespace of namespaces) this.#namespaces.add(namespace)
    this.#tests.push(text)
    return true
  }

  get text(): string {
    const names = Map.groupBy(this.#imports.keys(), (name) => this.#imports.get(name) ?? "")
    const header = [
      ...Array.from(names, ([from, names]) => `import { ${names.toSorted().join(", ")} } from "${from}"`),
      ...this.#namespaces
    ]
    return `${header.join("\n")}\n\n${this.#tests.join("\n")}`
  }
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
  const files: Array<TestFile> = []
  for (const { code, line } of programsIn(text)) {
    const test = testOf(source.replaceAll("\\", "/"), code, line)
    const file = new TestFile()
    if (!files.some((file) => file.add(test)) && file.add(test)) files.push(file)
    count++
  }
  for (const [index, { text }] of files.entries()) {
    writeFileSync(`${place}${index === 0 ? "" : `.${index + 1}`}.test.ts`, text)
  }
}

const programs = members.programsOf(readFileSync(members.document, "utf8"))
for (const [face, program] of Object.entries(programs)) writeFileSync(`${out}/docs-members.md.${face}.ts`, program)
console.log(`${count} examples`)
