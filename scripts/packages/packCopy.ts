import { cpSync, globSync, mkdirSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { withRegistry } from "./withRegistry.ts"

/** A packed package. */
export interface Tarball {
  readonly name: string
  readonly file: string
}

/** Everything that a clone does not have. */
const notCloned: ReadonlySet<string> = new Set([
  ".git",
  "node_modules",
  "dist",
  ".pages",
  ".doctest",
  "coverage",
  ".vitest-attachments"
])

/** Returns the command that runs pnpm: the pnpm that runs this script, or the one that the README names. */
export const pnpm = (...args: ReadonlyArray<string>): readonly [string, ReadonlyArray<string>] => {
  const running = process.env["npm_execpath"]
  return running !== undefined && basename(running).startsWith("pnpm")
    ? [running, args]
    : ["npx", ["--yes", "pnpm@12", ...args]]
}

/** Name of a file that an older build left behind, and that must not be packed. */
export const leftover = "Leftover.js"

/**
 * Packs the packages from a copy of the repository that has what a fresh clone has, and a leftover of an older build, in a
 * folder.
 */
export const packCopy = async (folder: string): Promise<ReadonlyArray<Tarball>> => {
  const copy = join(folder, "copy")
  const tarballs = join(folder, "tarballs")
  mkdirSync(tarballs)
  cpSync(".", copy, { recursive: true, filter: (source) => !notCloned.has(basename(source)) })
  const built = join(copy, "packages/core/dist")
  mkdirSync(built)
  writeFileSync(join(built, leftover), "")
  const pack = ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", tarballs]
  await withRegistry(...pnpm(...pack), { cwd: copy })
  return globSync("*.tgz", { cwd: tarballs })
    .toSorted()
    .map((file) => ({
      name: file.replace(/^effect-msmq-([a-z]+)-.*$/, "@effect-msmq/$1"),
      file: join(tarballs, file)
    }))
}
