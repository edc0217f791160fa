/** The runtimes of JavaScript that the native backend runs in. */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

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

const require = createRequire(import.meta.url)

/** Finds the runtime whose file a package has, one of those that are installed with this repository on some systems only. */
const installed = (
  name: Runtime["name"],
  packageName: string,
  file: string,
  exposeGc: string,
  ...args: ReadonlyArray<string>
): Runtime => {
  try {
    const folder = dirname(require.resolve(`${packageName}/package.json`))
    return { name, command: [join(folder, file), ...args], exposeGc, missing: null }
  } catch {
    return {
      name,
      command: ["", ...args],
      exposeGc,
      missing: `${name} is not installed: there is no package ${packageName}`
    }
  }
}

/** Processors as Bun's packages name them. */
const processors: Readonly<Record<string, string>> = { arm64: "aarch64" }

export const bun = installed(
  "Bun",
  `@oven/bun-${process.platform}-${processors[process.arch] ?? process.arch}`,
  "bin/bun",
  "--expose-gc"
)

export const deno = installed(
  "Deno",
  `@deno/${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`,
  "deno",
  "--v8-flags=--expose-gc",
  "run",
  "--allow-all"
)
