/** The runtimes of JavaScript that the native backend runs in. */
import { existsSync } from "node:fs"
import { join } from "node:path"

/** A runtime, and the command that runs a program in it. */
export interface Runtime {
  readonly name: "Node" | "Bun" | "Deno"
  readonly command: readonly [file: string, ...args: ReadonlyArray<string>]
  /** Argument that gives a program a collector of garbage that it can call. */
  readonly exposeGc: string
  /** Reason why it cannot be run here, or `null`. */
  readonly missing: string | null
}

/** The Node of this process. */
export const node: Runtime = { name: "Node", command: [process.execPath], exposeGc: "--expose-gc", missing: null }

/** Folder that holds the runtimes beside Node, once `scripts/fetchRuntimes.ts` has run. */
export const folder = join(import.meta.dirname, "../../../../node_modules/.cache/runtimes")

const versions = { Bun: "1.4.5", Deno: "2.9.6" }

interface Packages {
  readonly Bun: string
  readonly Deno: string
}

/** Packages that bring the runtimes, by system and processor. */
const systems: Readonly<Record<string, Packages>> = {
  "linux-x64": { Bun: "@oven/bun-linux-x64", Deno: "@deno/linux-x64-glibc" },
  "linux-arm64": { Bun: "@oven/bun-linux-aarch64", Deno: "@deno/linux-arm64-glibc" },
  "darwin-x64": { Bun: "@oven/bun-darwin-x64", Deno: "@deno/darwin-x64" },
  "darwin-arm64": { Bun: "@oven/bun-darwin-aarch64", Deno: "@deno/darwin-arm64" }
}

const system = `${process.platform}-${process.arch}`
const names = systems[system]

/** Reason why there are no runtimes beside Node on this system, or `null`. */
export const noPackages = names === undefined ? `no packages with Bun and Deno are known for ${system}` : null

/** Packages to fetch into {@link folder}, with their versions. */
export const packages: ReadonlyArray<string> =
  names === undefined ? [] : [`${names.Bun}@${versions.Bun}`, `${names.Deno}@${versions.Deno}`]

/** Finds the runtime whose file a package has. */
const fetched = (name: keyof Packages, file: string, exposeGc: string, ...args: ReadonlyArray<string>): Runtime => {
  const path = join(folder, "node_modules", names?.[name] ?? "", file)
  const missing = existsSync(path) ? null : (noPackages ?? `${name} is not there: run the script test:runtimes`)
  return { name, command: [path, ...args], exposeGc, missing }
}

/** Finds Bun. */
export const bun = (): Runtime => fetched("Bun", "bin/bun", "--expose-gc")

/** Finds Deno. */
export const deno = (): Runtime => fetched("Deno", "deno", "--v8-flags=--expose-gc", "run", "--allow-all")
