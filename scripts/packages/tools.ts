/** Tools that only the packages are tried with. They are fetched for that, and kept. */
import { join, resolve } from "node:path"
import { folder as runtimesFolder, noPackages, packages } from "../../packages/native/test/support/runtimes.ts"
import { fetchPackages } from "../fetchPackages.ts"

/** Version of Node that the packages are tried with. */
export interface Node {
  readonly name: string
  readonly file: string
}

/** A compiler of TypeScript. */
export interface Compiler {
  readonly name: string
  readonly file: string
}

const toolsFolder = resolve("node_modules/.cache/packageTools")
const nodesFolder = resolve("node_modules/.cache/nodes")

/** The lowest Node that `engines` of the packages allows, and the newest of each later line. */
const nodeVersions = ["22.19.0", "24.21.0", "26.12.1"]

const compilerVersions = ["5.9.3", "6.0.3", "7.0.2"]

/** Name of the folder that a package is fetched into: several versions of it lie side by side. */
const aliasOf = (name: string, version: string): string => `${name}-${version}`

/** Reason why only the running Node is at hand on this system, or `null`. */
export const oneNode =
  process.platform === "linux" && ["x64", "arm64"].includes(process.arch)
    ? null
    : `no packages with other versions of Node are known for ${process.platform}-${process.arch}`

const running: Node = { name: `Node ${process.versions.node}`, file: process.execPath }
const fetchedNodes = oneNode === null ? nodeVersions.filter((version) => version !== process.versions.node) : []

/** The Node of this process, and where there are packages of them the others. */
export const nodes: ReadonlyArray<Node> = [
  ...fetchedNodes.map((version) => ({
    name: `Node ${version}`,
    file: join(nodesFolder, "node_modules", aliasOf("node", version), "bin/node")
  })),
  running
].toSorted((one, other) => one.name.localeCompare(other.name))

export const lowestNode: Node = nodes[0] ?? running

const compilerOf = (version: string): Compiler => ({
  name: `TypeScript ${version}`,
  file: join(toolsFolder, "node_modules", aliasOf("typescript", version), "bin/tsc")
})

/** The TypeScripts that Effect's declarations compile with. */
export const compilers: ReadonlyArray<Compiler> = compilerVersions.map(compilerOf)

export const newestCompiler: Compiler = compilerOf("7.0.2")

/** The program that looks for mistakes in a package. */
export const publint = join(toolsFolder, "node_modules/publint/src/cli.js")

/** The program that looks whether the types of a package are found. */
export const attw = join(toolsFolder, "node_modules/@arethetypeswrong/cli/dist/index.js")

const aliased = (name: string, packageName: string, versions: ReadonlyArray<string>): ReadonlyArray<string> =>
  versions.map((version) => `${aliasOf(name, version)}@npm:${packageName}@${version}`)

/** Fetches all of them, and Bun and Deno. */
export const fetchTools = async (): Promise<void> => {
  const tools = ["@arethetypeswrong/cli@0.18.5", "publint@0.3.25"]
  await Promise.all([
    fetchPackages(toolsFolder, [...tools, ...aliased("typescript", "typescript", compilerVersions)]),
    ...(fetchedNodes.length === 0
      ? []
      : [fetchPackages(nodesFolder, aliased("node", `node-linux-${process.arch}`, fetchedNodes))]),
    ...(noPackages === null ? [fetchPackages(runtimesFolder, packages)] : [])
  ])
}
