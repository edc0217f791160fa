/** Promises of opening, closing, dropping and waiting on any backend, kept by programs in processes of their own. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import type { Ended } from "./program.ts"
import { bundle } from "./bundle.ts"
import { runCommand } from "./program.ts"
import { slow } from "./slow.ts"
import { ways } from "./waysOfWaiting.ts"

/** Bytes that one opening and closing may leave behind. */
const limit = 64

/**
 * Number of openings in a round. What is kept of each is more than `limit` bytes of the round, however many there are: a larger
 * number takes longer and shows no more.
 */
const openings = 100

/** V8 compiles nothing again and forgets nothing that it compiled: that would move memory as a leak does. */
const steadyCode = ["--no-opt", "--no-maglev", "--no-flush-bytecode"]

/** Number of each kind that a program drops. */
const count = 20

interface Backend {
  /** A file that exports `layer`; left out: in memory. */
  readonly file?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Returns the path of a program of the folder `programs`. */
const source = (name: string): string => fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url))

/** Runs a program in a process of its own, with a garbage collector that it can call, and flags of V8. */
const run = (
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  flags: ReadonlyArray<string> = []
): Promise<Ended> => runCommand(process.execPath, ["--no-warnings", "--expose-gc", ...flags, program, ...args], env)

const rowsOf = (ended: Ended): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
  return ended.lines.map((line) => JSON.parse(line))
}

export const ownershipPromises = ({ env = {}, file }: Backend = {}): void => {
  const backend = file === undefined ? [] : [file]
  // A collection of garbage takes half the time where memory has no more than the program needs.
  const small = (name: string) => bundle(source(name), file)

  describe("what was closed is forgotten", slow("It measures memory around thousands of openings."), () => {
    it("memory is as before after any number of openings and closings of each kind", async () => {
      const rows = rowsOf(await run(await small("growing"), [String(openings), ...backend], env, steadyCode))
      console.log(rows.map(({ external, heap, name }) => `${name}: ${heap} + ${external} bytes`).join("\n"))
      assert.isAbove(rows.length, 30)
      assert.deepStrictEqual(
        rows.filter(({ external, heap }) => Number(heap) + Number(external) > limit),
        []
      )
    })
  })

  describe("what is dropped is reported", slow("It collects garbage for each kind of handle."), () => {
    let rows: ReturnType<typeof rowsOf> = []
    const of = (wanted: string) => rows.filter(({ fate }) => fate === wanted)

    beforeAll(async () => {
      rows = rowsOf(await run(source("dropping"), backend, env))
    }, 600_000)

    it("each handle of every kind, with the line of the program that opened it", () => {
      const dropped = of("dropped")
      assert.isAbove(dropped.length, 15)
      assert.deepStrictEqual(
        dropped.map(({ name, named, reports }) => ({ name, reports, named })),
        dropped.map(({ name }) => ({ name, reports: count, named: count }))
      )
    })

    it("and nothing that was closed before", () => {
      const closed = of("closed")
      assert.isAbove(closed.length, 15)
      assert.deepStrictEqual(
        closed.filter(({ reports }) => reports !== 0),
        []
      )
    })
  })

  describe("what is used or closed is not reported", slow("It collects garbage for each kind of call."), () => {
    it("while the call is under way, whatever the program mentions; then it is dropped", async () => {
      const rows = rowsOf(await run(await small("using"), backend, env))
      assert.isAbove(rows.length, 40)
      assert.deepStrictEqual(
        rows.map(({ ended, reported, underWay }) => ({ ended, underWay, reported })),
        rows.map(({ dropped, ended, underWay }) => ({ ended, underWay, reported: dropped }))
      )
    })
  })

  describe("a process", () => {
    it("lives as long as it waits for a message, and ends by itself with everything open", async () => {
      const { code, lines, signal, stderr } = await run(await small("waiting"), backend, env)
      assert.deepStrictEqual(
        { code, signal, lines, stderr },
        { code: 0, signal: null, lines: [...ways, "end"], stderr: "" }
      )
    })
  })
}
