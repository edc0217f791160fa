import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { runProcess } from "../runProcess.ts"
import { cyclesOf } from "../structure/cycles.ts"
import type { Floors } from "../structure/floors.ts"
import { floorViolationsOf } from "../structure/floors.ts"
import { importGraphOf } from "../structure/importGraph.ts"
import { complaintsOf, lowered } from "../structure/Limits.ts"
import { parse } from "../structure/SourceFile.ts"

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "structure-")))
})
afterEach(() => rmSync(folder, { recursive: true }))

type Texts = Readonly<Record<string, string>>

/** Writes files of these texts, by their paths in the folder. */
const write = (texts: Texts) => {
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const graphOf = (texts: Texts) => {
  write(texts)
  return importGraphOf(Object.entries(texts).map(([name, text]) => parse(join(folder, name), text)))
}

const cycles = (texts: Texts) => cyclesOf(graphOf(texts)).map((cycle) => cycle.map((path) => relative(folder, path)))

describe("cycles of imports", () => {
  it.each([
    ["an import of a value", 'import { a } from "./a.ts"\nexport const b = a'],
    ["an import of a type", 'import type { a } from "./a.ts"\nexport type b = typeof a'],
    ["an import of a type among values", 'import { type a } from "./a.ts"\nexport type b = typeof a'],
    ["an import of a namespace", 'import type * as A from "./a.ts"\nexport type b = typeof A.a'],
    ["an import of nothing", 'import "./a.ts"'],
    ["an export of a name", 'export { a } from "./a.ts"'],
    ["an export of a type", 'export type { a } from "./a.ts"'],
    ["an export of everything", 'export * from "./a.ts"'],
    ["an export of a namespace", 'export * as A from "./a.ts"'],
    ["an import at run time", 'export const b = () => import("./a.ts")'],
    ["an import inside a type", 'export type b = typeof import("./a.ts")']
  ])("are found through %s", (_, b) => {
    assert.deepStrictEqual(cycles({ "a.ts": 'import type * as B from "./b.ts"\nexport const a = 1', "b.ts": b }), [
      ["a.ts", "b.ts"]
    ])
  })

  it("are found in a file that imports itself", () => {
    assert.deepStrictEqual(cycles({ "a.ts": 'import type * as A from "./a.ts"\nexport const a = 1' }), [["a.ts"]])
  })

  it("are one where they share a file, and each has the names of its files", () => {
    const found = cycles({
      "a.ts": 'import type * as B from "./b.ts"\nimport type * as C from "./c.ts"',
      "b.ts": 'import type * as A from "./a.ts"',
      "c.ts": 'import type * as A from "./a.ts"',
      "d.ts": 'import type * as E from "./deep/e.ts"',
      "deep/e.ts": 'import type * as D from "../d.ts"',
      "f.ts": 'import type * as A from "./a.ts"'
    })
    assert.deepStrictEqual(found, [
      ["a.ts", "b.ts", "c.ts"],
      ["d.ts", join("deep", "e.ts")]
    ])
  })

  it("are none where imports lead one way, and modules of others do not count", () => {
    assert.deepStrictEqual(
      cycles({ "a.ts": 'import * as fs from "node:fs"\nimport "./b.ts"', "b.ts": 'import "effect"\nimport "./c.css"' }),
      []
    )
  })
})

describe("floors", () => {
  const plan: Floors = { floors: [["ground", "cellar"], ["first"]], apart: ["shed"] }

  const rulesOf = (importer: string, imported: string) =>
    floorViolationsOf(
      graphOf({ [`${importer}.ts`]: `import type * as X from "${folder}/${imported}.ts"`, [`${imported}.ts`]: "" }),
      folder,
      plan
    ).map(({ rule }) => rule)

  it("allow an import from a floor below, from the own folder, and from a file in none of the folders", () => {
    assert.deepStrictEqual(rulesOf("first/a", "ground/b"), [])
    assert.deepStrictEqual(rulesOf("first/a", "first/deep/b"), [])
    assert.deepStrictEqual(rulesOf("first/a", "b"), [])
    assert.deepStrictEqual(rulesOf("a", "first/b"), [])
  })

  it.each([
    ["from a floor above", "ground/a", "first/b", "first is not on a floor below ground"],
    ["from the same floor", "ground/a", "cellar/b", "cellar is not on a floor below ground"],
    ["to a folder that stands apart", "first/a", "shed/b", "shed stands apart from all other folders"],
    ["from a folder that stands apart", "shed/a", "ground/b", "shed stands apart from all other folders"],
    ["to a folder without a floor", "first/a", "tent/deep/b", "tent stands on no floor"],
    ["from a folder without a floor", "tent/a", "ground/b", "tent stands on no floor"]
  ])("forbid an import %s, of types too", (_, importer, imported, rule) => {
    assert.deepStrictEqual(rulesOf(importer, imported), [rule])
  })
})

describe("the written numbers", () => {
  const measures = [
    { name: "cycles", findings: ["a b", "c d"] },
    { name: "docstrings", findings: [] }
  ]

  it("pass where they are what is measured", () => {
    assert.deepStrictEqual(complaintsOf(measures, { cycles: 2 }), [])
  })

  it.each([
    ["rises", { cycles: 1 }, "cycles: 2, and no more than 1 are allowed"],
    ["rises from nothing", {}, "cycles: 2, and no more than 0 are allowed"],
    ["falls", { cycles: 3 }, "cycles: 2, and 3 are written down: lower the number"],
    ["falls to nothing", { cycles: 2, docstrings: 1 }, "docstrings: 0, and 1 are written down: lower the number"],
    ["is of no measure", { cycles: 2, moats: 1 }, "moats: nothing measures this: remove its number"]
  ])("fail where a number %s", (_, limits, complaint) => {
    assert.deepStrictEqual(complaintsOf(measures, limits), [complaint])
  })

  it("are lowered to what is measured, and never raised", () => {
    assert.deepStrictEqual(lowered(measures, { cycles: 3, docstrings: 1, moats: 4 }), { cycles: 2 })
    assert.deepStrictEqual(lowered(measures, { cycles: 1 }), { cycles: 1 })
  })
})

const module = (name: string, file: string) => join("node_modules", name, file)

describe("the linter", () => {
  const lint = (texts: Texts) => {
    write(texts)
    return runProcess(process.execPath, [
      module("oxlint", "bin/oxlint"),
      "--config",
      ".oxlintrc.json",
      "--deny-warnings",
      folder
    ])
  }

  it("fails where modules import each other's values", async () => {
    const { code, stdout } = await lint({
      "a.ts": 'import { b } from "./b.ts"\nexport const a = () => b',
      "b.ts": 'import { a } from "./a.ts"\nexport const b = () => a'
    })
    assert.strictEqual(code, 1, stdout)
    assert.include(stdout, "no-cycle")
  })

  it("passes where a module imports a type from one that imports its value", async () => {
    const { code, stdout } = await lint({
      "a.ts": 'import { b } from "./b.ts"\nexport const a = () => b',
      "b.ts": 'import type { a } from "./a.ts"\nexport const b = (of: typeof a) => of'
    })
    assert.strictEqual(code, 0, stdout)
  })
})

describe("the search for what nothing uses", () => {
  const project: Texts = {
    "package.json": JSON.stringify({ name: "x", type: "module", exports: { ".": "./src/index.ts" } }),
    "src/index.ts": 'export { used } from "./used.ts"',
    "src/used.ts": "export const used = 1"
  }

  /** Runs the commands of `pnpm run unused` in the folder. */
  const search = async (texts: Texts) => {
    write({ ...project, ...texts })
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: { unused: string } }
    const ends = await Promise.all(
      scripts.unused.split(" && ").map((command) => {
        const [name, ...flags] = command.split(" ")
        assert.strictEqual(name, "knip")
        return runProcess(process.execPath, [module("knip", "bin/knip.js"), "--directory", folder, ...flags])
      })
    )
    return {
      passes: ends.every(({ code }) => code === 0),
      output: ends.map(({ stderr, stdout }) => stdout + stderr).join("")
    }
  }

  it("passes where everything is used", async () => {
    assert.deepStrictEqual(await search({}), { passes: true, output: "" })
  })

  it("fails where nothing uses an export, a type, a file or a dependency", async () => {
    const { output, passes } = await search({
      "package.json": project["package.json"]!.replace("}}", '},"dependencies":{"lost-dependency":"1.0.0"}}'),
      "src/used.ts": "export const used = 1\nexport const lostExport = 2\nexport type LostType = 2",
      "src/lostFile.ts": ""
    })
    assert.isFalse(passes, output)
    for (const name of ["lostExport", "LostType", "lostFile.ts", "lost-dependency"]) assert.include(output, name)
  })

  it("fails where only tests use an export, unless it says so", async () => {
    const tested = (docstring: string) => ({
      "package.json": project["package.json"]!.replace("}}", '},"devDependencies":{"vitest":"5.0.0"}}'),
      "test/a.test.ts": 'import { tested } from "../src/used.ts"\nimport { it } from "vitest"\nit("is", () => tested)',
      "src/used.ts": `export const used = 1\n${docstring}\nexport const tested = 2`
    })
    const silent = await search(tested(""))
    assert.isFalse(silent.passes, silent.output)
    assert.include(silent.output, "tested")
    const said = await search(tested("/**\n * Two.\n *\n * @testonly\n */"))
    assert.isTrue(said.passes, said.output)
  })
})
