/**
 * Builds the site of the pages and the reference in `site/dist`. With `--check` it checks the types of the programs in `site` too.
 * The first time it fetches the tools of the site, which are no part of the workspace, as its lock file says.
 */
import { join } from "node:path"
import { runProcess } from "./runProcess.ts"

const site = join(import.meta.dirname, "../site")

/** Runs a program, and returns its last line; fails with all that it printed where it failed. */
const run = async (command: string, ...args: ReadonlyArray<string>): Promise<string> => {
  const { code, stderr, stdout } = await runProcess(command, args)
  if (code !== 0) throw new Error(`${stdout}${stderr}`)
  return stdout.trim().split("\n").at(-1) ?? ""
}

try {
  await run("npx", "--yes", "pnpm@12", "--dir", site, "install", "--frozen-lockfile", "--prefer-offline")
  if (process.argv.includes("--check")) {
    await run(process.execPath, join(site, "node_modules/typescript/bin/tsc"), "--project", site)
  }
  console.log(await run(process.execPath, join(site, "build.ts")))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
