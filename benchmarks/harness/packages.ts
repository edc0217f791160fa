/** Packages of the SDK as programs import them: from source, as in this repository, and built, as they are published. */
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "../..")

/** Folder from which the packages are found as they are in this repository. */
export const sources = join(root, "benchmarks")

const names = ["core", "testing"] as const

/** Packages of others that those import. */
const dependencies = ["effect", "saxes"]

interface Manifest {
  readonly publishConfig: { readonly exports: object }
  readonly scripts: { readonly merge: string }
}

/** Merges the built modules of a package in a folder, as its script does. */
const merge = (folder: string, { scripts }: Manifest): void => {
  const [, script = "", ...options] = scripts.merge.split(" ")
  execFileSync(process.execPath, [join(root, "packages/core", script), ...options], { cwd: folder })
}

const layOut = (): string => {
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-b", ...names.map((name) => join(root, "packages", name))])
  const folder = join(root, "node_modules/.cache/built-packages")
  rmSync(folder, { recursive: true, force: true })
  const modules = join(folder, "node_modules")
  for (const name of names) {
    const [from, to] = [join(root, "packages", name), join(modules, "@effect-msmq", name)]
    const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Manifest
    for (const part of ["src", "dist"]) cpSync(join(from, part), join(to, part), { recursive: true })
    writeFileSync(join(to, "package.json"), JSON.stringify({ ...manifest, ...manifest.publishConfig }))
    merge(to, manifest)
  }
  for (const name of dependencies) {
    const link = join(modules, name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(root, "packages/core/node_modules", name)), link)
  }
  return folder
}

/** Builds the packages into a folder of their own, with the entries that they are published with, and returns the folder. */
export const layOutBuilt = Effect.sync(layOut)
