import { spawnSync } from "node:child_process"
import { globSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"

/** A program in C#. */
export interface CSharpProgram {
  /** Pattern of its sources. */
  readonly sources: string
  /** File to compile it to. */
  readonly output: string
  /** Folder of the assemblies of the .NET that it is compiled for. */
  readonly assemblies: string
}

/**
 * Compiles a program with `mcs`, where it is older than its sources. Returns the reason why it does not compile, or `null`.
 */
export const compileCSharp = ({ assemblies, output, sources }: CSharpProgram): string | null => {
  const files = globSync(sources).toSorted()
  const newest = Math.max(...files.map((path) => statSync(path).mtimeMs))
  if ((statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest) return null
  const references = readdirSync(assemblies)
    .filter((name) => /^(?:System.*|mscorlib|netstandard)\.dll$/.test(name))
    .map((name) => `-reference:${join(assemblies, name)}`)
  // The assemblies refer to each other by names that this compiler takes for several.
  const flags = ["-nostdlib", "-noconfig", "-langversion:7", "-nowarn:1702", "-optimize", "-target:exe"]
  const { error, status, stderr, stdout } = spawnSync("mcs", [...flags, `-out:${output}`, ...references, ...files], {
    encoding: "utf8"
  })
  if (error !== undefined) return `mcs: ${error.message}`
  return status === 0 ? null : `${sources} does not compile\n${stdout}${stderr}`
}
