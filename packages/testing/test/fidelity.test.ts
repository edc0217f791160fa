import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { allTests, document, rowsOf } from "../../../scripts/fidelity.ts"

/** Least number of statements that the in-memory MSMQ keeps. It is only ever raised. */
const simulatedBefore = 363

/** Beginnings of reasons. A program could observe only a statement that is "not yet" simulated. */
const kinds = new Set([
  "not yet",
  "the C API",
  "Windows",
  "COM",
  ".NET",
  "the wire",
  "the directory",
  "another machine's internals",
  "a process of its own",
  "documentation only"
])

const rows = rowsOf(readFileSync(document, "utf8"))
const tests = allTests()

const carries = (id: string) => tests.filter(({ ids, inPassing }) => ids.has(id) || inPassing.has(id))

describe("what the in-memory MSMQ does", () => {
  it("every statement has one row, and either tests or a reason", () => {
    const ids = rows.map(({ id }) => id)
    assert.deepStrictEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      []
    )
    const bare = rows.filter(({ note, place, tests }) => (place === "not simulated" ? note === "" : tests.length === 0))
    assert.deepStrictEqual(
      bare.map(({ id }) => id),
      []
    )
  })

  it("every reason is of a known kind", () => {
    const reasons = rows.filter(({ place }) => place === "not simulated")
    const unknown = reasons.filter(({ note }) => !kinds.has(note.split(":")[0] ?? ""))
    assert.deepStrictEqual(
      unknown.map(({ id, note }) => `${id}: ${note}`),
      []
    )
  })

  it("every line of a table is read", () => {
    const lines = readFileSync(document, "utf8").match(/^\| *[A-Z]-.*$/gm) ?? []
    assert.strictEqual(rows.length, lines.length)
  })

  it("every test that a row claims is there and carries the row's id", () => {
    const missing = rows.flatMap(({ id, place, tests: claimed }) => {
      const names = new Set(
        carries(id)
          .filter(({ inNative }) => inNative === (place === "native only"))
          .map(({ name }) => name)
      )
      return claimed.filter((name) => !names.has(name)).map((name) => `${id}: ${name}`)
    })
    assert.deepStrictEqual(missing, [])
  })

  it("nothing is called not simulated that a test is named after", () => {
    const wrong = rows
      .filter(({ id, place }) => place === "not simulated" && carries(id).length > 0)
      .map(({ id }) => `${id}: ${carries(id)[0]?.name}`)
    assert.deepStrictEqual(wrong, [])
  })

  it("every id that a test carries has a row", () => {
    const known = new Set(rows.map(({ id }) => id))
    const unknown = tests.flatMap(({ ids, inPassing, name }) =>
      [...ids, ...inPassing].filter((id) => !known.has(id)).map((id) => `${id}: ${name}`)
    )
    assert.deepStrictEqual(unknown, [])
  })

  it("no fewer statements are simulated than before", () => {
    const simulated = rows.filter(({ place }) => place === "in memory").length
    assert.isAtLeast(simulated, simulatedBefore)
  })

  it("the page about the architecture has the numbers of this table", () => {
    const simulated = rows.filter(({ place }) => place === "in memory").length
    assert.include(
      readFileSync("docs/architecture.md", "utf8"),
      `simulates ${simulated} of the ${rows.length} known statements`
    )
  })
})
