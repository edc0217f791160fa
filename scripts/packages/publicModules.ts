import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"

type Exports = Readonly<Record<string, string | null>>

interface Manifest {
  readonly exports: Exports
  /** Fields that replace those above when the package is published. */
  readonly publishConfig?: { readonly exports?: Exports; readonly bin?: Readonly<Record<string, string>> }
  readonly bin?: Readonly<Record<string, string>>
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

/** Returns the modules of a package in a folder that are the programs of its commands. */
export const programs = (folder: string): ReadonlyArray<string> => {
  const { bin, publishConfig } = manifestIn(folder)
  return Object.values(publishConfig?.bin ?? bin ?? {}).map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, "$1"))
}

/**
 * Returns the modules of a package in a folder that its published exports let others import, as paths without a suffix, such as
 * `mqrt/Handle`. Its `index` is not among them.
 */
export const publicModules = (folder: string): ReadonlyArray<string> => {
  const manifest = manifestIn(folder)
  const names = Object.entries(manifest.publishConfig?.exports ?? manifest.exports)
  const named = new Set(names.map(([, file]) => file))
  const closed = names.flatMap(([name, file]) => (file === null ? [name.replace(/\*$/, "")] : []))
  return globSync("**/*.ts", { cwd: join(folder, "src") })
    .map((path) => path.replaceAll("\\", "/").slice(0, -".ts".length))
    .filter((module) => module !== "index")
    .filter((module) => named.has(`./dist/${module}.js`) || !closed.some((name) => `./${module}`.startsWith(name)))
    .toSorted()
}
