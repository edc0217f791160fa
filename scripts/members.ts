/**
 * Reads `docs/members.md`, which compares the members of other libraries with this SDK, and the programs in
 * `examples/common-tasks`. Run as a program, it writes the counts and the programs into the page; tests keep the page right.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export const document = "docs/members.md"

const verdicts = ["yes", "partly", "no", "on purpose"] as const

type Verdict = (typeof verdicts)[number]

export interface Row {
  /** Number of its line in the page. */
  readonly line: number
  /** Library that the members belong to. */
  readonly library: string
  /** Class of the members, or their cmdlet. */
  readonly class: string
  /** Members that the row is about. The class itself, as an empty name, where the row names none. */
  readonly members: ReadonlyArray<string>
  /** Expressions of this SDK with Effect. */
  readonly effect: ReadonlyArray<string>
  /** Expressions of this SDK in promises. */
  readonly promises: ReadonlyArray<string>
  readonly verdict: Verdict
  readonly note: string
}

const tableRow = /^\| `([^`]+)` \|(.*)\|(.*)\|(.*)\| (yes|partly|no|on purpose) \|(.*)\|$/

const codeIn = (cell: string): ReadonlyArray<string> => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = ""]) => code)

/** Returns the rows of the tables, each below the heading of its library. */
export const rowsOf = (text: string): ReadonlyArray<Row> => {
  let library = ""
  return text.split("\n").flatMap((line, index): ReadonlyArray<Row> => {
    library = /^## (.+)$/.exec(line)?.[1] ?? library
    const cells = tableRow.exec(line)
    if (cells === null) return []
    const [, name = "", members = "", effect = "", promises = "", verdict = "", note = ""] = cells
    const named = codeIn(members)
    return [
      {
        line: index + 1,
        library,
        class: name,
        members: named.length === 0 ? [""] : named,
        effect: codeIn(effect),
        promises: promises.trim() === "same" ? codeIn(effect) : codeIn(promises),
        verdict: verdict as Verdict,
        note: note.trim()
      }
    ]
  })
}

/** Returns the numbers of members by library and verdict, as a table. */
export const countsOf = (rows: ReadonlyArray<Row>): string => {
  const count = (library: string | undefined, verdict: Verdict | undefined): number =>
    rows
      .filter((row) => library === undefined || row.library === library)
      .filter((row) => verdict === undefined || row.verdict === verdict)
      .reduce((sum, { members }) => sum + members.length, 0)
  const counts = (name: string, library?: string): string =>
    `| ${[name, ...verdicts.map((verdict) => count(library, verdict)), count(library, undefined)].join(" | ")} |`
  return [
    `| library | ${verdicts.join(" | ")} | all |`,
    `| --- |${" ---: |".repeat(verdicts.length + 1)}`,
    ...[...new Set(rows.map(({ library }) => library))].map((library) => counts(library, library)),
    counts("all")
  ].join("\n")
}

const declarations = /^```ts\n(import .*\n[^`]*^declare const [^`]*)^```$/gm
const reference = /^[A-Za-z]+(?:\.\w+)+(?:\(.*\))?$/

/**
 * Returns two programs of the expressions of all rows, one with Effect and one with promises, which compile only if each name
 * exists. The first two fences of the page that declare constants say what the expressions refer to.
 */
export const programsOf = (text: string): { readonly effect: string; readonly promises: string } => {
  const rows = rowsOf(text)
  const [effect = "", promises = ""] = Array.from(text.matchAll(declarations), ([, code = ""]) => code)
  const program = (code: string, expressionsOf: (row: Row) => ReadonlyArray<string>): string => {
    const lines = rows.flatMap((row) =>
      expressionsOf(row).map((expression) => `  () => ${expression}, // ${document}:${row.line}`)
    )
    return `${code}\nexport const expressions = [\n${lines.join("\n")}\n]\n`
  }
  return {
    effect: program(effect, (row) => [...row.effect, ...codeIn(row.note).filter((code) => reference.test(code))]),
    promises: program(promises, (row) => row.promises)
  }
}

/** Files of the common tasks, with the languages of their fences: with System.Messaging, with Effect and in promises. */
export const taskFiles = { "SystemMessaging.cs": "csharp", "effect.ts": "ts", "promises.ts": "ts" } as const

export interface Task {
  readonly title: string
  /** Code of the task in each file of {@link taskFiles}, without margin. */
  readonly code: { readonly [File in keyof typeof taskFiles]: string }
}

const sectionsOf = (file: string): ReadonlyArray<readonly [title: string, code: string]> =>
  readFileSync(join("examples/common-tasks", file), "utf8")
    // The last brace is that of the class.
    .replace(/^}\n$(?![\s\S])/m, file.endsWith(".cs") ? "" : "}\n")
    .split(/^ *\/\/ (?=\d+\. )/m)
    .slice(1)
    .map((section) => {
      const [title = "", ...lines] = section.trimEnd().split("\n")
      const margin = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0
      return [title, lines.map((line) => line.slice(margin)).join("\n")]
    })

/** Returns the common tasks in the order of the files, in which they have the same titles. */
export const commonTasks = (): ReadonlyArray<Task> => {
  const [dotNet, ...faces] = [sectionsOf("SystemMessaging.cs"), sectionsOf("effect.ts"), sectionsOf("promises.ts")]
  const [effect, promises] = faces.map((sections) => new Map(sections))
  return dotNet.map(([title, code]) => ({
    title,
    code: {
      "SystemMessaging.cs": code,
      "effect.ts": effect?.get(title) ?? "",
      "promises.ts": promises?.get(title) ?? ""
    }
  }))
}

/** Returns the number of lines of code. */
export const linesOf = (code: string): number => code.split("\n").filter((line) => !/^\s*(?:\/\/|$)/.test(line)).length

const tasksSection = (tasks: ReadonlyArray<Task>): string => {
  const files = Object.keys(taskFiles) as ReadonlyArray<keyof typeof taskFiles>
  const counts = tasks.map(
    ({ code, title }) => `| ${title.replace(/^\d+\. /, "")} | ${files.map((file) => linesOf(code[file])).join(" | ")} |`
  )
  const programs = tasks.map(
    ({ code, title }) =>
      `### ${title}\n\n${files.map((file) => `\`\`\`${taskFiles[file]}\n${code[file]}\n\`\`\`\n`).join("\n")}`
  )
  return [
    `| lines of code | System.Messaging | with Effect | in promises |\n| --- | ---: | ---: | ---: |\n${counts.join("\n")}\n`,
    ...programs
  ].join("\n")
}

const countsTable = /^\| library \| yes .*\n(?:\|.*\n)*/m
const tasksPart = /^\| lines of code \|[\s\S]*?(?=^## )/m

/** Returns the page with the counts of its rows, and with the common tasks. */
export const updated = (text: string): string =>
  text
    .replace(countsTable, () => `${countsOf(rowsOf(text))}\n`)
    .replace(tasksPart, () => `${tasksSection(commonTasks())}\n`)

if (import.meta.main) writeFileSync(document, updated(readFileSync(document, "utf8")))
