import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

const suffix = process.platform === "win32" ? ".exe" : ""

/** Tells whether a command is on the path. */
export const isOnPath = (command: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((directory) => existsSync(join(directory, `${command}${suffix}`)))

/**
 * Installs the packages of Debian that bring commands, where these are not there. Returns the reason why it cannot, or
 * `null`.
 */
export const installCommands = (packages: Readonly<Record<string, ReadonlyArray<string>>>): string | null => {
  const missing = Object.entries(packages).flatMap(([command, names]) => (isOnPath(command) ? [] : names))
  if (missing.length === 0) return null
  if (process.getuid?.() !== 0) return `install ${missing.join(" ")}, or run this as root`
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  const commands = [["update"], ["install", "--yes", "--no-install-recommends", ...missing]]
  for (const args of commands) {
    const { error, status, stderr } = spawnSync("apt-get", args, { encoding: "utf8", env })
    if (error !== undefined) return `apt-get: ${error.message}`
    if (status !== 0) return `apt-get ${args.join(" ")} ended with ${status}\n${stderr}`
  }
  return null
}
