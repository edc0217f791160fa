/** Tests of `docs/members.md`: its rows, its counts, and the common tasks. `check` compiles the names in the rows. */
import { assert, describe, it } from "@effect/vitest"
import { ErrorCode, MsmqError } from "@effect-msmq/core"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { commonTasks, countsOf, document, linesOf, programsOf, rowsOf, taskFiles, updated } from "../members.ts"

const text = readFileSync(document, "utf8")
const rows = rowsOf(text)
const membersOf = (verdict: string): number =>
  rows.filter((row) => row.verdict === verdict).reduce((sum, { members }) => sum + members.length, 0)

describe("the page about members of other libraries", () => {
  it("has the counts of its rows and the programs of the examples: node scripts/members.ts writes them", () => {
    assert.strictEqual(updated(text), text)
  })

  it("answers each member of the other libraries, once", () => {
    const counts = Map.groupBy(
      rows.flatMap((row) => row.members.map((member) => [row.library, row.class, member].join(" "))),
      (name) => name
    )
    const twice = [...counts].flatMap(([name, { length }]) => (length === 1 ? [] : [name]))
    assert.deepStrictEqual(twice, [])
    const ofLibraries = Map.groupBy(rows, ({ library }) => library)
    const sums = [...ofLibraries].map(([library, of]) => [
      library,
      of.reduce((sum, row) => sum + row.members.length, 0)
    ])
    assert.deepStrictEqual(sums, [
      ["System.Messaging", 581],
      ["Windows PowerShell", 66],
      ["Dodkin", 109],
      ["COM", 187],
      ["WCF", 43],
      ["NServiceBus.Transport.Msmq", 35],
      ["Rebus.Msmq", 15],
      ["node-msmq", 11]
    ])
  })

  it("answers no to fewer than 20 members, and partly to fewer than 40", () => {
    assert.isBelow(membersOf("no"), 20)
    assert.isBelow(membersOf("partly"), 40)
  })

  it("says why for each member that is missing in part or as a whole, and names what there is for all others", () => {
    const silent = rows.filter(({ effect, note, promises, verdict }) =>
      verdict === "yes" ? effect.length === 0 || promises.length === 0 : verdict !== "on purpose" && note === ""
    )
    assert.deepStrictEqual(
      silent.map(({ line, members }) => `${document}:${line}: ${members.join(", ")}`),
      []
    )
  })

  it("has every table row in the form that is read", () => {
    const cells = text.split("\n").flatMap((line, index) => (/^\| `.*\| .*\| .*\|/.test(line) ? [index + 1] : []))
    assert.deepStrictEqual(
      cells,
      rows.map(({ line }) => line)
    )
  })

  it("has the names of reasons as .NET has those of codes, where it says that they are the same word", () => {
    const codes = Object.values(ErrorCode.errors)
    const tags = new Set<string>(codes.map((code) => MsmqError.reasonOf({ function: "", code, properties: [] })._tag))
    const same = rows.find((row) => row.class === "MessageQueueErrorCode" && row.members.length > 1)
    assert.isAbove(same?.members.length ?? 0, 70)
    assert.deepStrictEqual(
      same?.members.filter((name) => !tags.has(name)),
      []
    )
  })

  it("gives the compiler every name of its rows, also those in notes", () => {
    const page = [
      '```ts\nimport { a } from "a"\ndeclare const queue: string\n```\n```ts\nimport { b } from "b"\ndeclare const queue: string\n```',
      "## Other",
      "| `Queue` | `Send`, `Receive` | `a.send`, `a.receive` | same | yes | See `a.note(1)` and `plain`. |",
      "| `Queue` | `Purge` | – | `b.purge` | no | |"
    ].join("\n")
    const { effect, promises } = programsOf(page)
    const expressions = (program: string) => Array.from(program.matchAll(/\(\) => (.*), \/\//g), ([, code]) => code)
    assert.deepStrictEqual(expressions(effect), ["a.send", "a.receive", "a.note(1)"])
    assert.deepStrictEqual(expressions(promises), ["a.send", "a.receive", "b.purge"])
    assert.isTrue(promises.startsWith("import { b }"))
    assert.include(countsOf(rowsOf(page)), "| Other | 2 | 0 | 1 | 0 | 3 |")
  })
})

describe("the ten common tasks", () => {
  const tasks = commonTasks()

  it("are ten, each in all three files", () => {
    assert.deepStrictEqual(
      tasks.map(({ title }) => Number.parseInt(title, 10)),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    )
    for (const { code, title } of tasks) assert.notInclude(Object.values(code), "", title)
  })

  it.each(tasks.map(({ code, title }) => [title, code] as const))(
    "take no more lines of code than with System.Messaging: %s",
    (_, code) => {
      const most = linesOf(code["SystemMessaging.cs"])
      assert.isAtMost(linesOf(code["effect.ts"]), most, "with Effect")
      assert.isAtMost(linesOf(code["promises.ts"]), most, "in promises")
    }
  )

  it("count lines that are as long in C# as the formatter makes them in TypeScript", () => {
    for (const file of Object.keys(taskFiles)) {
      const lines = readFileSync(join("examples/common-tasks", file), "utf8").split("\n")
      assert.isAtMost(Math.max(...lines.map((line) => line.length)), 120, file)
      assert.isFalse(
        lines.some((line) => /;.*;/.test(line)),
        `${file} has one statement in a line`
      )
    }
    assert.strictEqual(linesOf("\n// comment\ncode {\n  more // comment\n}\n"), 3)
  })
})
