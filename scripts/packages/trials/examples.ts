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

/** Returns `true` for a program that has the option `--native`. The others are in memory only. */
const takesNative = ({ args: [program = ""] }: Transcript): boolean =>
  /^[\w-]+\.m?[jt]s$/.test(program) && readFileSync(join("examples", program), "utf8").includes("[--native]")

/** Environment of a reader, without what the scripts of this repository set. */
const { CI: _ci, FORCE_COLOR: _color, NODE_OPTIONS: _options, ...env } = process.env

const trial = (folder: string, tarballs: ReadonlyArray<Tarball>, mqrt: string | undefined): Trial => ({
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
    const reader = { ...env, NO_COLOR: "1" }
    for await (const run of runs) await follow(run, { cwd: folder, env: reader })
    const overDouble = mqrt === undefined ? [] : transcripts.filter(takesNative)
    for await (const { args, lines } of overDouble) {
      const run = { command: process.execPath, args: [...args, "--native"], lines }
      await follow(run, { cwd: folder, env: { ...reader, MQRT_LIBRARY: mqrt } })
    }
    return `${runs.length} runs, from ${lowestNode.name} on, and ${overDouble.length} over a double of mqrt.dll`
  }
})

/** Returns the trial, for a folder that it makes. `mqrt`: the double of `mqrt.dll`, if there is one. */
export const exampleTrials = (
  folder: string,
  tarballs: ReadonlyArray<Tarball>,
  mqrt: string | undefined
): ReadonlyArray<Trial | Skipped> =>
  process.platform === "win32"
    ? [{ name: "the examples", reason: "their README is a terminal of Linux or macOS" }]
    : [trial(join(folder, "examples"), tarballs, mqrt)]
