/** Trials of the programs in the guides, as a reader copies them into an empty folder. */
import { transformSync } from "esbuild"
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { filesIn, linesOf, programsIn, resultIn } from "../../pageCode.ts"
import { bun } from "../../../packages/native/test/support/runtimes.ts"
import type { Consumer } from "../Consumer.ts"
import { succeeding } from "../expecting.ts"
import { type Node, nodes } from "../tools.ts"
import type { Skipped, Trial } from "../Trial.ts"

const guides = globSync("docs/guides/*.md").map((path) => ({
  name: basename(path, ".md"),
  text: readFileSync(path, "utf8")
}))

/** Returns `true` if a Node can read a program as it is printed. */
const reads = (node: Node, code: string): boolean => !node.name.startsWith("Node 22.") || !/\busing \w+ =/.test(code)

/** Writes a file as it is printed, or as a compiler makes it for a Node that cannot read it. */
const write = (node: Node, folder: string, name: string, code: string): void =>
  writeFileSync(
    join(folder, name),
    reads(node, code) ? code : transformSync(code, { loader: "ts", target: "node22" }).code
  )

/** Returns a program that also prints the results that it does not print by itself. */
const printing = (code: string): string =>
  linesOf(code)
    .map((line) => {
      const result = line.startsWith("console.log(") ? undefined : resultIn(line)
      return result === undefined ? line : `console.log(${result.expression})`
    })
    .join("\n")

/** Returns a program that prints the results that another one says it has. */
const resultsOf = (code: string): string =>
  linesOf(code)
    .flatMap((line) => resultIn(line) ?? [])
    .map(({ value }) => `console.log(${value})\n`)
    .join("")

const trial = (consumer: Consumer, node: Node): Trial => ({
  name: `the programs and tests of the guides do what they say, ${node.name}`,
  run: async () => {
    const folder = join(consumer.folder, `guides ${node.name}`)
    mkdirSync(folder)
    const programs = guides.flatMap(({ name, text }) =>
      programsIn(text).map(({ code, line }) => ({ name: `${name}-${line}`, code }))
    )
    for (const { code, name } of programs) {
      write(node, folder, `${name}.ts`, printing(code))
      writeFileSync(join(folder, `${name}.results.mjs`), resultsOf(code))
    }
    const tests = guides.flatMap(({ text }) => filesIn(text))
    for (const { code, name } of tests) write(node, folder, name, code)
    const ofNode = tests.filter(({ code }) => code.includes('from "node:test"')).map(({ name }) => name)

    const options = { cwd: folder }
    await succeeding(node.file, ["../comparePrints.mjs", ...programs.map(({ name }) => name)], options)
    if (ofNode.length > 0) await succeeding(node.file, ["--test", ...ofNode], options)
    return `${programs.length} programs, ${ofNode.length} tests`
  }
})

/** Bun has the same `test`, under another name. */
const trialInBun = (consumer: Consumer): Trial | Skipped => {
  const { command, missing } = bun()
  const name = "the tests of the guides pass in Bun"
  if (missing !== null) return { name, reason: missing }
  return {
    name,
    run: async () => {
      const folder = join(consumer.folder, "guides Bun")
      mkdirSync(folder)
      for (const { code, name } of guides.flatMap(({ text }) => filesIn(text))) {
        if (!/from "(?:vitest|@effect\/vitest)"/.test(code)) {
          writeFileSync(join(folder, name), code.replace('from "node:test"', 'from "bun:test"'))
        }
      }
      await succeeding(command[0], ["test"], { cwd: folder })
    }
  }
}

export const guideTrials = (consumer: Consumer): ReadonlyArray<Trial | Skipped> => [
  ...nodes.map((node) => trial(consumer, node)),
  trialInBun(consumer)
]
