import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runProcess } from "./runProcess.ts"

/** The file that names what a folder has. It is written last: a fetching that was cut short is begun anew. */
const stampOf = (folder: string): string => join(folder, "fetched")

const flags = [
  "--no-save",
  "--no-package-lock",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--prefer-offline",
  "--loglevel=error"
]

/** Returns the line in which npm says why it failed, from what it printed as errors. */
export const reasonOf = (stderr: string): string => {
  const lines = stderr.split("\n").map((line) => line.replace(/^npm (error|ERR!) ?/, ""))
  const isReason = (line: string) => line !== "" && !/^(code|syscall|errno|type) /.test(line)
  return lines.find(isReason) ?? "it does not say why"
}

/**
 * Fetches npm packages, such as `typescript@7.0.2`, into a folder that keeps them, under its `node_modules`. They are not in
 * the workspace, where each of them would be installed everywhere. Fetches nothing when the folder has them already.
 *
 * Fails with one sentence where they cannot be fetched.
 */
export const fetchPackages = async (
  folder: string,
  packages: ReadonlyArray<string>,
  ...more: ReadonlyArray<string>
): Promise<void> => {
  const stamp = stampOf(folder)
  const wanted = packages.join()
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n')
  const { code, stderr } = await runProcess("npm", ["install", "--prefix", folder, ...flags, ...more, ...packages])
  if (code !== 0) throw new Error(`npm could not fetch ${packages.join(", ")} from its registry: ${reasonOf(stderr)}`)
  writeFileSync(stamp, wanted)
}
