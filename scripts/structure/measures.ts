/** Measures of this repository. */
import type { Comment } from "oxc-parser"
import { globSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve, sep } from "node:path"
import { Docstrings, textOf } from "./Docstrings.ts"
import type { Measure } from "./Limits.ts"
import type { SourceFile } from "./SourceFile.ts"
import { cyclesOf } from "./cycles.ts"
import { floorViolationsOf, testingFloors } from "./floors.ts"
import type { UnknownName } from "./docstringNames.ts"
import { deadLinksIn, Names, unknownNamesIn } from "./docstringNames.ts"
import { importGraphOf, resolveImport } from "./importGraph.ts"
import { publicExportsIn, withoutExample } from "./publicExports.ts"
import { publicDocstringsIn, undocumentedIn } from "./publicMembers.ts"
import { lineOf, read } from "./SourceFile.ts"
import { beginsWithQuestionWord, namesStatement, onlyRepeats } from "./wording.ts"

const shown = (path: string): string => relative(".", path).replaceAll(sep, "/")

const filesOf = (folder: string): ReadonlyArray<SourceFile> =>
  globSync(`${folder}/**/*.{ts,cts,mts,js,cjs,mjs}`, { exclude: ["**/node_modules", "**/dist"] })
    .toSorted()
    .map((path) => read(resolve(path)))

const packages = globSync("packages/*/package.json")
  .toSorted()
  .map((manifest) => {
    const folder = resolve(dirname(manifest))
    const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly name: string }
    return { folder, name, short: relative(resolve("packages"), folder), files: filesOf(join(folder, "src")) }
  })

type Package = (typeof packages)[number]

/** Returns `true` for a module that the exports of its package let others import, by its name or by that of its folder. */
const isPublic = ({ folder, name }: Package, path: string): boolean => {
  const module = `${name}/${relative(join(folder, "src"), path).replaceAll(sep, "/")}`.replace(/\.ts$/, "")
  return [module, module.replace(/\/index$/, "")].some(
    (specifier) => resolveImport(join(folder, "package.json"), specifier) === path
  )
}

const allFiles = packages.flatMap(({ files }) => files)

/** Measures the cycles of imports and the floors. */
export const structure = (): ReadonlyArray<Measure> => {
  const graph = importGraphOf(allFiles)
  const cycles = cyclesOf(graph)
  const testing = packages.find(({ short }) => short === "testing")
  const violations =
    testing === undefined ? [] : floorViolationsOf(graph, join(testing.folder, "src/internal"), testingFloors)
  return [
    ...packages.flatMap(({ folder, short }) => {
      const own = cycles.filter(([first = ""]) => first.startsWith(folder + sep))
      return [
        {
          name: `${short}: cycles of imports`,
          findings: own.map((cycle) => [`${cycle.length} files`, ...cycle.map(shown)].join("\n    "))
        },
        { name: `${short}: files in cycles of imports`, findings: own.flat().map(shown) }
      ]
    }),
    {
      name: "testing: imports against the floors",
      findings: violations.map(
        ({ imported, importer, rule }) => `${shown(importer)} imports ${shown(imported)}: ${rule}`
      )
    }
  ]
}

const findingOf = (file: SourceFile, { start }: Comment, ...words: ReadonlyArray<string>): string =>
  `${shown(file.path)}:${lineOf(file, start)} ${words.join(": ")}`

const unknownName = ({ docstring, file, name }: UnknownName) => ({
  path: file.path,
  line: lineOf(file, docstring.start),
  name
})

const firstLine = (text: string): string => text.split("\n", 1).join("")

/** Measures the docstrings of the packages and their tests, the benchmarks, the examples, the scripts and the site. */
export const docstrings = (): ReadonlyArray<Measure> => {
  const owners = new Map(
    allFiles.map(({ path }) => [path, packages.find(({ files }) => files.some((file) => file.path === path))])
  )
  const isPublicPath = (path: string): boolean => {
    const owner = owners.get(path)
    return owner !== undefined && isPublic(owner, path)
  }
  const undocumented = undocumentedIn(allFiles, isPublicPath)
  const statementIds = publicDocstringsIn(allFiles, isPublicPath).flatMap(({ docstring, file }) =>
    docstring.value
      .split("\n")
      .map((text, index) => ({ file, text: text.trim(), line: lineOf(file, docstring.start) + index }))
      .filter(({ text }) => namesStatement(text))
  )
  const exported = publicExportsIn(allFiles, isPublicPath)
  const outside = JSON.parse(readFileSync("scripts/structure/outsideNames.json", "utf8")) as ReadonlyArray<string>
  const names = new Names(allFiles, outside)
  const withoutTag = (tag: string) => exported.filter(({ docstring }) => !docstring.includes(`\n@${tag} `))
  /** Measures of the packages alone: each with what it finds in all of them. */
  const ofPackages = [
    ["public names without a category", withoutTag("category")],
    ["public names without the version that they are from", withoutTag("since")],
    ["public classes and functions without an example", withoutExample(exported)],
    ["links in docstrings that lead nowhere", deadLinksIn(allFiles, names).map(unknownName)],
    ["names in docstrings that no code has", unknownNamesIn(allFiles, names).map(unknownName)]
  ] as const
  const folders = [
    ...packages,
    ...["benchmarks", "examples", "scripts", "site", ...packages.map(({ short }) => `packages/${short}/test`)].map(
      (folder) => ({
        short: folder,
        folder: resolve(folder),
        files: filesOf(folder)
      })
    )
  ]
  const ofFolders = folders.flatMap(({ files, folder, short }) => {
    const read = files.map((file) => ({ file, docstrings: new Docstrings(file) }))
    return [
      {
        name: `${short}: docstrings that begin with a question word`,
        findings: read.flatMap(({ docstrings, file }) =>
          docstrings.all
            .map((comment) => ({ comment, text: textOf(comment) }))
            .filter(({ text }) => beginsWithQuestionWord(text))
            .map(({ comment, text }) => findingOf(file, comment, firstLine(text)))
        )
      },
      {
        name: `${short}: docstrings that only repeat a name`,
        findings: read.flatMap(({ docstrings, file }) =>
          docstrings
            .named()
            .map(({ docstring, name }) => ({ docstring, name, text: textOf(docstring) }))
            .filter(({ name, text }) => onlyRepeats(name, text))
            .map(({ docstring, name, text }) => findingOf(file, docstring, name, firstLine(text)))
        )
      },
      {
        name: `${short}: public names without a docstring`,
        findings: undocumented
          .filter(({ path }) => path.startsWith(folder + sep))
          .map(({ line, name, path }) => `${shown(path)}:${line} ${name}`)
      },
      {
        name: `${short}: ids of statements in docstrings of public names`,
        findings: statementIds
          .filter(({ file }) => file.path.startsWith(folder + sep))
          .map(({ file, line, text }) => `${shown(file.path)}:${line} ${text}`)
      }
    ]
  })
  const ofNames = packages.flatMap(({ folder, short }) =>
    ofPackages.map(([name, found]) => ({
      name: `${short}: ${name}`,
      findings: found
        .filter(({ path }) => path.startsWith(folder + sep))
        .map(({ line, name, path }) => `${shown(path)}:${line} ${name}`)
    }))
  )
  return [...ofFolders, ...ofNames]
}
