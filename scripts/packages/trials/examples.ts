/** Trial of the examples, as a reader copies their folder, installs what it needs, and runs what its README says. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { follow, transcriptsIn, type Transcript } from "../../transcripts.ts"
import type { Tarball } from "../packCopy.ts"
import { lowestNode, type Node, nodes } from "../tools.ts"
import type { Skipped, Trial } from "../Trial.ts"
import { withRegistry } from "../withRegistry.ts"

/** Parts of the folder that a reader does not copy. */
const notCopied: ReadonlySet<string> = new Set(["node_modules", "test"])

/** Copies the examples, with a manifest that has the tarballs for the packages of this repository. */
const copy = (folder: string, tarballs: ReadonlyArray<Tarball>): void => {
  mkdirSync(folder)
  cpSync("examples", folder, { recursive: true, filter: (source) => !notCopied.has(basename(source)) })
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly dependencies: Record<string, string>
  }
  for (const { file, name } of tarballs) {
    if (name in manifest.dependencies) manifest.dependencies[name] = `file:${file}`
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
}

/** Returns `true` if a Node runs a program: only one in plain JavaScript without `using` is for all of them. */
const isFor = (node: Node, { args: [program = ""] }: Transcript): boolean =>
  !node.name.startsWith("Node 22.") || program === "plain-javascript.mjs"

/** Environment of a reader, without what the scripts of this repository set. */
const { CI: _ci, FORCE_COLOR: _color, NODE_OPTIONS: _options, ...env } = process.env

const trial = (folder: string, tarballs: ReadonlyArray<Tarball>): Trial => ({
  name: "the examples print what their README says, on each Node that they are for",
  run: async () => {
    copy(folder, tarballs)
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
    await withRegistry("npm", ["install", ...flags], { cwd: folder })
    const transcripts = transcriptsIn(readFileSync(join(folder, "README.md"), "utf8"))
    const runs = nodes.flatMap((node) =>
      transcripts
        .filter((transcript) => isFor(node, transcript))
        .map(({ args, command, lines }) => ({ args, command: command === "node" ? node.file : command, lines }))
    )
    const options = { cwd: folder, env: { ...env, NO_COLOR: "1" } }
    for await (const run of runs) await follow(run, options)
    return `${runs.length} runs, from ${lowestNode.name} on`
  }
})

/** Returns the trial, for a folder that it makes. */
export const exampleTrials = (folder: string, tarballs: ReadonlyArray<Tarball>): ReadonlyArray<Trial | Skipped> =>
  process.platform === "win32"
    ? [{ name: "the examples", reason: "their README is a terminal of Linux or macOS" }]
    : [trial(join(folder, "examples"), tarballs)]
