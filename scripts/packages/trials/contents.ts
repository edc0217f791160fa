/** Trials of the files of the packages, of their names, and of the one core that they share. */
import { globSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import type { Consumer } from "../Consumer.ts"
import { succeeding } from "../expecting.ts"
import { leftover, type Tarball } from "../packCopy.ts"
import { programs, publicModules } from "../publicModules.ts"
import { attw, publint } from "../tools.ts"
import type { Trial } from "../Trial.ts"

interface Manifest {
  readonly repository: { readonly url: string }
  readonly bugs: { readonly url: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifestIn = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

const belongs = /^(package\.json|README\.md|LICENSE|src\/.*\.ts|dist\/.*\.(js|d\.ts)(\.map)?)$/

/** Files of merged modules. */
const merged = /^dist\/internal\/[0-9A-Z]{8}\.js(\.map)?$/

/** Fails and says what should not be, if there is anything. */
const none = (what: string, found: ReadonlyArray<string>): void => {
  if (found.length > 0) throw new Error(`${what}: ${found.join(", ")}`)
}

const contents = (consumer: Consumer, { name }: Tarball): Trial => ({
  name: `${name} brings its build, its sources and nothing else`,
  run: async () => {
    const folder = join(consumer.folder, "node_modules", name)
    const paths = globSync("**/*", { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll("\\", "/")
      )
    const files = new Set(paths)
    none(
      "it should not have",
      paths.filter((path) => !belongs.test(path) || path.endsWith(leftover))
    )
    none(
      "it lacks",
      ["README.md", "LICENSE", "dist/index.js"].filter((path) => !files.has(path))
    )
    const modules = paths
      .filter((path) => path.startsWith("src/"))
      .map((path) => path.slice("src/".length, -".ts".length))
    const built = [
      ...modules.flatMap((module) => [`dist/${module}.d.ts`, `dist/${module}.d.ts.map`]),
      ...["index", ...publicModules(folder), ...programs(folder)].flatMap((module) => [
        `dist/${module}.js`,
        `dist/${module}.js.map`
      ])
    ]
    none(
      "it lacks what is built of its sources",
      built.filter((path) => !files.has(path))
    )
    const expected = new Set(built)
    none(
      "it has no sources of",
      paths.filter((path) => path.startsWith("dist/") && !expected.has(path) && !merged.test(path))
    )
    const manifest = readFileSync(join(folder, "package.json"), "utf8")
    none("its package.json names", manifest.match(/workspace:[^"]*|\.\/src[^"]*/g) ?? [])
    const [ours, root] = [manifestIn(folder), manifestIn(".")]
    none(
      "its package.json differs from the repository's in",
      (["repository", "bugs"] as const).filter((field) => ours[field].url !== root[field].url)
    )
    const shared = ["effect", "@effect-msmq/core"].filter((dependency) => dependency !== name)
    none(
      "its package.json has no range as a peer for",
      shared.filter(
        (dependency) => !/^[~^]/.test(ours.peerDependencies?.[dependency] ?? "") || ours.dependencies?.[dependency]
      )
    )
    return `${paths.length} files`
  }
})

const subpathsOf = (consumer: Consumer, name: string): ReadonlyArray<string> =>
  publicModules(join(consumer.folder, "node_modules", name)).map((module) => module.replace(/\/index$/, ""))

const published = (consumer: Consumer, { file, name }: Tarball): ReadonlyArray<Trial> => [
  {
    name: `publint finds nothing in ${name}`,
    run: async () => void (await succeeding(process.execPath, [publint, "run", file, "--strict"]))
  },
  {
    name: `the types of ${name} are found, under each of its names`,
    run: async () => {
      const subpaths = subpathsOf(consumer, name)
      const options = ["--profile", "esm-only", "--no-color", "--no-emoji", "--include-entrypoints", ...subpaths]
      await succeeding(process.execPath, [attw, file, ...options])
      return `${subpaths.length + 1} names`
    }
  }
]

/** Two cores would have two services by one name. */
const oneCore = ({ folder, name }: Consumer): Trial => ({
  name: `there is one core and one Effect, installed with ${name}`,
  run: async () => {
    const program = createRequire(join(folder, "package.json"))
    for (const shared of ["@effect-msmq/core", "effect"]) {
      const places = ["core", "native", "testing", "remote", "cli"].map((name) =>
        createRequire(program.resolve(`@effect-msmq/${name}/package.json`)).resolve(shared)
      )
      const distinct = new Set([program.resolve(shared), ...places])
      if (distinct.size > 1) throw new Error(`${shared} is at ${[...distinct].join(" and ")}`)
    }
  }
})

const oneCoreForNpm = ({ folder }: Consumer): Trial => ({
  name: "npm ls finds one core and no missing peer",
  run: async () => {
    const tree = await succeeding("npm", ["ls", "--all", "--parseable"], { cwd: folder })
    const cores = tree.split("\n").filter((line) => /[/\\]core$/.test(line))
    if (cores.length !== 1) throw new Error(`cores: ${cores.join(", ")}`)
  }
})

/** Largest number of files that the trial below allows: a tenth more than there were when this was written. */
const mostFiles = 72

/** Modules of Node that take no time to load. Others, such as `node:crypto`, are loaded when they are needed. */
const quick: ReadonlySet<string> = new Set(["node:os", "node:util/types"])

const countFiles = `
import { registerHooks } from "node:module"
let files = 0
const ofNode = []
registerHooks({
  load: (url, context, next) => {
    if (url.includes("/@effect-msmq/")) files++
    if (url.startsWith("node:")) ofNode.push(url)
    return next(url, context)
  }
})
await import("@effect-msmq/core")
await import("@effect-msmq/testing")
console.log(JSON.stringify({ files, ofNode }))
`

interface Loaded {
  readonly files: number
  readonly ofNode: ReadonlyArray<string>
}

const evaluated = ({ folder }: Consumer, program: string): Promise<string> =>
  succeeding(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder })

/** The number of files decides how long an import takes, and is the same on every machine. */
const fewFiles = (consumer: Consumer): Trial => ({
  name: "an import of core and testing loads few files, and nothing slow of Node's",
  run: async () => {
    const { files, ofNode }: Loaded = JSON.parse(await evaluated(consumer, countFiles))
    if (!(files <= mostFiles)) throw new Error(`${files} files; it may load ${mostFiles}`)
    none(
      "it should not load",
      ofNode.filter((name) => !quick.has(name))
    )
    return `${files} files, at most ${mostFiles}`
  }
})

const classNames = (specifiers: ReadonlyArray<string>): string => `
const classes = []
for (const specifier of ${JSON.stringify(specifiers)}) {
  for (const [name, value] of Object.entries(await import(specifier))) {
    if (typeof value === "function" && /^class\\b/.test(value)) classes.push([name, value.name])
  }
}
console.log(JSON.stringify(classes))
`

const namedClasses = (consumer: Consumer, { name }: Tarball): Trial => ({
  name: `the classes of ${name} have the names that they are imported by`,
  run: async () => {
    const specifiers = subpathsOf(consumer, name).map((subpath) => `${name}/${subpath}`)
    const classes: ReadonlyArray<[string, string]> = JSON.parse(await evaluated(consumer, classNames(specifiers)))
    none(
      "other names have",
      classes.flatMap(([imported, own]) => (imported === own ? [] : [`${imported}, which is ${own}`]))
    )
    return `${classes.length} classes`
  }
})

export const contentTrials = (
  npm: Consumer,
  pnpm: Consumer,
  tarballs: ReadonlyArray<Tarball>
): ReadonlyArray<Trial> => [
  ...tarballs.map((tarball) => contents(npm, tarball)),
  ...tarballs.map((tarball) => namedClasses(npm, tarball)),
  ...tarballs.flatMap((tarball) => published(npm, tarball)),
  fewFiles(npm),
  oneCore(npm),
  oneCore(pnpm),
  oneCoreForNpm(npm)
]
