import { cpSync, globSync, mkdirSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { succeeding } from "./expecting.ts"

/** Everything that a clone does not have. */
const notCloned: ReadonlySet<string> = new Set([".git", "node_modules", "dist", ".doctest", "coverage", ".vitest-attachments"])

/** Command that runs pnpm: the pnpm that runs this script, or the one that the README names. */
export const pnpm = (...args: ReadonlyArray<string>): readonly [string, ReadonlyArray<string>] => {
  const running = process.env["npm_execpath"]
  return running !== undefined && basename(running).startsWith("pnpm")
    ? [running, args]
    : ["npx", ["--yes", "pnpm@12", ...args]]
}

/**
 * Packs the packages from a copy of the repository that has what a fresh clone has, and a leftover of an older build, in a
 * folder. Returns the files.
 */
export const packCopy = async (folder: string): Promise<ReadonlyArray<string>> => {
  const copy = join(folder, "copy")
  const tarballs = join(folder, "tarballs")
  mkdirSync(tarballs)
  cpSync(".", copy, { recursive: true, filter: (source) => !notCloned.has(basename(source)) })
  const leftover = join(copy, "packages/core/dist")
  mkdirSync(leftover)
  writeFileSync(join(leftover, "Leftover.js"), "")
  const pack = ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", tarballs]
  await succeeding(...pnpm(...pack), { cwd: copy })
  return globSync("*.tgz", { cwd: tarballs }).map((name) => join(tarballs, name))
}
