/** Comparison of the pages in Markdown with the files that they name, and of `docs/architecture.md` with the sources. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, globSync, readFileSync } from "node:fs"
import { basename, dirname, join, resolve, sep } from "node:path"
import { Names } from "../structure/docstringNames.ts"
import { importGraphOf } from "../structure/importGraph.ts"
import { read } from "../structure/SourceFile.ts"

const pages = globSync([
  "*.md",
  "docs/*.md",
  "docs/guides/*.md",
  "examples/*.md",
  "benchmarks/*.md",
  "packages/*/README.md",
  ".github/*.md"
]).map((path) => ({
  path,
  text: readFileSync(path, "utf8")
}))

const fence = /^```.*?^```$/gms

/** Folders that the name of a file in a page may be relative to. */
const roots = [
  ".",
  "docs",
  "benchmarks",
  ...globSync(["packages/*/{src,test}", "packages/*/src/internal", "packages/*/test/double", ".github"])
]

const fileName =
  /`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|md|c|ps1|json|yml)|(?:packages|docs|scripts|benchmarks|examples)\/[\w./-]+)`/g

/** Name of a file that a page tells its reader to make. */
const savedName = /\b(?:Save|and) [\w\s]+\sas `([\w.-]+)`/g

const namesIn = (text: string, name: RegExp): ReadonlyArray<string> =>
  Array.from(text.replaceAll(fence, "").matchAll(name), ([, name = ""]) => name)

/** Names of files in a page that are in none of the folders, and that its reader does not make. */
const missingFiles = (text: string): ReadonlyArray<string> => {
  const saved = new Set(namesIn(text, savedName))
  return namesIn(text, fileName).filter(
    (name) => !saved.has(name) && !roots.some((root) => existsSync(join(root, name)))
  )
}

/** Returns the anchor that GitHub gives to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")

const anchorsOf = (path: string): ReadonlyArray<string> =>
  Array.from(
    readFileSync(path, "utf8")
      .replaceAll(fence, "")
      .matchAll(/^#+ (.+)$/gm),
    ([, heading = ""]) => anchorOf(heading)
  )

/** Links of a page that lead to no file, or to no heading of it. */
const brokenLinks = ({ path, text }: (typeof pages)[number]): ReadonlyArray<string> =>
  Array.from(text.matchAll(/\]\((?!\w+:)([^)#]*)(?:#([^)]+))?\)/g), ([, file = "", anchor]) => ({ file, anchor }))
    .filter(({ anchor, file }) => {
      const target = file === "" ? path : join(dirname(path), file)
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor))
    })
    .map(({ anchor, file }) => (anchor === undefined ? file : `${file}#${anchor}`))

describe("the pages", () => {
  it("name only files that exist", () => {
    assert.deepStrictEqual(
      pages.flatMap(({ path, text }) => missingFiles(text).map((name) => `${path}: ${name}`)),
      []
    )
    assert.deepStrictEqual(missingFiles("`lost.ts` and `docs/bodies.md`"), ["lost.ts"])
    assert.deepStrictEqual(missingFiles("Save the program as `first.ts`, and the test as `first.test.ts`."), [])
  })

  it("name only functions that exist", () => {
    // Those tables have members of other libraries beside those of the SDK, whose names a check of its own compiles.
    const own = pages.filter(({ path }) => !path.endsWith("members.md"))
    assert.deepStrictEqual(
      own.flatMap(({ path, text }) => unknownNames(text).map((name) => `${path}: ${name}`)),
      []
    )
    assert.deepStrictEqual(unknownNames("`MessageQueue.create`, `MessageQueue.invent()`, `Console.log`"), [
      "MessageQueue.invent"
    ])
  })

  it("name only members that exist, in the guides", () => {
    // Guides for who comes from another library have its members, too.
    const own = pages.filter(({ path }) => /guides[/\\](?!migrating)/.test(path))
    assert.isAbove(own.length, 10)
    assert.deepStrictEqual(
      own.flatMap(({ path, text }) => unknownMembers(text).map((name) => `${path}: ${name}`)),
      []
    )
    assert.deepStrictEqual(
      unknownMembers("`receiver.consume(handler)`, `receiver.commit()`, `poison: 1`, `poisonous`, `msmq.openSender`"),
      ["receiver.commit", "poisonous"]
    )
  })

  it("link only to pages and headings that exist", () => {
    assert.deepStrictEqual(
      pages.flatMap((page) => brokenLinks(page).map((link) => `${page.path}: ${link}`)),
      []
    )
    const text = "[one](lost.md) [two](docs/bodies.md#lost) [three](docs/bodies.md#activex)"
    assert.deepStrictEqual(brokenLinks({ path: "README.md", text }), ["lost.md", "docs/bodies.md#lost"])
  })
})

const architecture = readFileSync("docs/architecture.md", "utf8")
const [tree = "", calls = ""] = Array.from(architecture.matchAll(/^```\n(.*?)^```$/gms), ([, block = ""]) => block)

/** Folders and modules of each source folder, as the page lists them; a folder ends in `/`. */
const listed = Array.from(tree.matchAll(/^(packages\/.+)\n((?: .*\n)+)/gm), ([, folder = "", lines = ""]) => ({
  folder,
  // Two spaces on each side tell a name from the words that explain its line.
  names: lines
    .split("\n")
    .flatMap((line) => (/^(?: {2}[A-Za-z/]+(?= {2}))*/.exec(line)?.[0] ?? "").match(/[^ ]+/g) ?? [])
}))

/** Returns the folders with files and the public modules of a source folder. */
const presentIn = (folder: string): ReadonlyArray<string> => {
  const paths = globSync("**/*.ts", { cwd: folder }).map((path) => path.replaceAll(sep, "/"))
  const names = paths
    .filter((path) => path !== "index.ts")
    .map((path) => (path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : path.replace(/\.ts$/, "")))
  return [...new Set(names)]
}

/** Files that arrows join, chain by chain. */
const chains = Array.from(calls.matchAll(/^ {2}(\w+) +(.+)$/gm), ([, name = "", files = ""]) =>
  files.split(" → ").map((file) => `packages/${name}/src/${file}`)
)

const sources = globSync("packages/*/src/**/*.ts").map((path) => read(resolve(path)))
const graph = importGraphOf(sources)

/** Names of the code, for those that pages have in backticks. */
const names = new Names(sources, [])
const modules = new Set(
  sources.filter(({ path }) => !/[/\\]internal[/\\]/.test(path)).map(({ path }) => basename(path, ".ts"))
)

/** Names of functions and members in backticks, such as `MessageQueue.create`, that no module has. */
const unknownNames = (text: string): ReadonlyArray<string> =>
  Array.from(
    text.replaceAll(fence, "").matchAll(/`([A-Z]\w+)[.#](?!ts\b|test\b)(\w+)/g),
    ([, module = "", member = ""]) => ({
      module,
      name: `${module}.${member}`
    })
  )
    .filter(({ module, name }) => modules.has(module) && !names.has(name))
    .map(({ name }) => name)

/** Classes of the values that the guides name, where they are not called after them. */
const classOf: Readonly<Record<string, string>> = {
  connection: "Connection",
  control: "MsmqControl",
  faults: "FaultInjection",
  ledger: "HandleLedger",
  msmq: "Connection"
}

/** Words in backticks that are no members of the SDK: of Node, TypeScript, Windows, pnpm, test runners and OpenTelemetry. */
const otherWords = new Set([
  "es2022",
  "finally",
  "afterEach",
  "allowBuilds",
  "sc.exe",
  "messaging.process.duration",
  "msmq.open_handles"
])

/** Members and options in backticks, such as `receiver.consume` and `poison`, that no code has. */
const unknownMembers = (text: string): ReadonlyArray<string> => {
  const others = new Set([...otherWords, ...namesIn(text, savedName)])
  return Array.from(
    text.replaceAll(fence, "").matchAll(/`(?:await )?([a-z]\w*(?:\.\w+)*)[`(:]/g),
    ([, name = ""]) => name
  ).filter((name) => {
    const [member = "", owner = ""] = name.split(".").toReversed()
    const owning = classOf[owner] ?? owner.charAt(0).toUpperCase() + owner.slice(1)
    return !others.has(name) && !names.has(modules.has(owning) ? `${owning}.${member}` : member)
  })
}

describe("the page about the architecture", () => {
  it("lists every folder and every public module of each package, and no other", () => {
    assert.deepStrictEqual(
      listed.map(({ folder }) => folder),
      [
        "packages/core/src/",
        "packages/native/src/",
        "packages/testing/src/",
        "packages/remote/src/",
        "packages/cli/src/"
      ]
    )
    for (const { folder, names } of listed) {
      assert.deepStrictEqual(names.toSorted(), presentIn(folder).toSorted(), folder)
    }
  })

  it("draws an arrow only from a file to one that it imports", () => {
    assert.isAbove(chains.length, 10)
    const wrong = chains.flatMap((chain) =>
      chain.slice(1).flatMap((imported, index) => {
        const importer = chain[index] ?? ""
        return graph.hasEdge(resolve(importer), resolve(imported)) ? [] : [`${importer} → ${imported}`]
      })
    )
    assert.deepStrictEqual(wrong, [])
  })
})
