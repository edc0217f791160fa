/**
 * Reads `docs/fidelity.md` and the ids in the names of tests. Run as a program, it writes into each row the names of
 * the tests that carry the row's id; a test keeps the two in step.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"

export const document = "docs/fidelity.md"

/** Place that a statement is kept at: `"core only"` and `"native only"` are tested, but not done by the in-memory MSMQ. */
type Place = "in memory" | "core only" | "native only" | "not simulated"

export interface Row {
  readonly id: string
  readonly statement: string
  readonly place: Place
  /** The names of the tests that the row claims. */
  readonly tests: ReadonlyArray<string>
  /** Part that the tests leave open, or the reason that the statement is not simulated. */
  readonly note: string
}

export interface Test {
  readonly name: string
  readonly inNative: boolean
  /** The ids that the name spells out, alone or in a short range. */
  readonly ids: ReadonlySet<string>
  /** The ids in long ranges: such a test touches many statements, and stands for one only where no other does. */
  readonly inPassing: ReadonlySet<string>
}

const tableRow = /^\| ([A-H]-\w+) \| (.+?) \| (.*) \|$/gm
const proof = /^(?:(core only|native only): ?)?((?:`[^`]+`(?:; )?)*) ?(?:\((.+)\))?$/
const notSimulated = "not simulated: "

export const rowsOf = (text: string): ReadonlyArray<Row> =>
  Array.from(text.matchAll(tableRow), ([line, id = "", statement = "", cell = ""]): Row => {
    if (cell.startsWith(notSimulated)) {
      return { id, statement, place: "not simulated", tests: [], note: cell.slice(notSimulated.length) }
    }
    const parts = proof.exec(cell)
    if (parts === null) throw new Error(`This row is neither a proof nor a reason: ${line}`)
    const [, place = "in memory", names = "", note = ""] = parts
    const tests = Array.from(names.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
    return { id, statement, place: place as Place, tests, note }
  })

const lineOf = ({ id, note, place, statement, tests }: Row): string => {
  const names = tests.map((name) => `\`${name}\``).join("; ")
  const prefix = place === "in memory" ? "" : `${place}: `
  const cell = place === "not simulated" ? `${prefix}${note}` : `${prefix}${names}${note === "" ? "" : ` (${note})`}`
  return `| ${id} | ${statement} | ${cell} |`
}

const idOrRange = /\b([A-H])-(\d{2}b?)\b(?: to \1-(\d{2})\b)?/g
const shortRange = 4

const testOf = (name: string, inNative: boolean): Test => {
  const ids = new Set<string>()
  const inPassing = new Set<string>()
  for (const [, section = "", first = "", last] of name.matchAll(idOrRange)) {
    if (last === undefined) ids.add(`${section}-${first}`)
    else {
      const into = Number(last) - Number(first) < shortRange ? ids : inPassing
      for (let number = Number(first); number <= Number(last); number++) {
        into.add(`${section}-${String(number).padStart(2, "0")}`)
      }
    }
  }
  return { name, inNative, ids, inPassing }
}

/** Comments, which are skipped, and strings and templates: a name may be anywhere, in a table of cases for instance. */
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//
const literal = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\[\s\S])*)`/
const token = new RegExp(`${comment.source}|${literal.source}`, "g")

const nameOf = (source: string): string => source.replaceAll(/\$\{[^}]*\}/g, "…").replaceAll(/\\(.)/g, "$1")

/** Every test, or part of a test's name, that carries an id. */
export const allTests = (): ReadonlyArray<Test> =>
  globSync(["packages/*/test/**/*.test.ts", "packages/testing/src/contract/*.ts"])
    .toSorted()
    .flatMap((path) =>
      Array.from(readFileSync(path, "utf8").matchAll(token), ([, text, template]) =>
        testOf(nameOf(text ?? template ?? ""), path.startsWith("packages/native/"))
      )
    )
    .filter(({ ids, inPassing }) => ids.size + inPassing.size > 0)

/** The tests that can prove a row: those of the native backend say nothing of the in-memory MSMQ. */
const candidates = (row: Row, tests: ReadonlyArray<Test>): ReadonlyArray<string> => {
  const own = tests.filter(({ inNative }) => inNative === (row.place === "native only"))
  const direct = own.filter(({ ids }) => ids.has(row.id))
  const chosen = direct.length > 0 ? direct : own.filter(({ inPassing }) => inPassing.has(row.id))
  return [...new Set(chosen.map(({ name }) => name))]
}

if (import.meta.main) {
  const text = readFileSync(document, "utf8")
  const tests = allTests()
  const lines = new Map(
    rowsOf(text).map((row) => [
      row.id,
      lineOf(row.place === "not simulated" ? row : { ...row, tests: candidates(row, tests) })
    ])
  )
  writeFileSync(
    document,
    text.replaceAll(tableRow, (line, id: string) => lines.get(id) ?? line)
  )
}
