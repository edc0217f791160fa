/** Code in the fences of Markdown pages and docstrings. */

/** Code of a fence. */
interface Code {
  /** Number of the line of its fence, from 1 on. */
  readonly line: number
  readonly code: string
}

/** File that a page shows, such as a test of a runner. */
interface NamedFile extends Code {
  readonly name: string
}

const program = /^([ \t]*\*?[ \t]*)```ts import\.meta\.vitest\n([\s\S]*?)^[ \t]*\*?[ \t]*```$/gm
const namedFile = /^```[jt]s file=([\w.-]+)\n([\s\S]*?)^```$/gm
const printedResult = /^(?:console\.log\((.*)\)|(.*?)) \/\/ => (.*)$/

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length

/** Returns the programs of a text, which are fenced as `ts import.meta.vitest`; in a docstring without its margin. */
export const programsIn = (text: string): ReadonlyArray<Code> =>
  Array.from(text.matchAll(program), ({ 1: margin = "", 2: code = "", index }) => ({
    line: lineAt(text, index),
    code: code.replaceAll(new RegExp(`^${margin.trimEnd().replace("*", "\\*")} ?`, "gm"), "")
  }))

/** Returns the files of a page, which are fenced as `ts file=NAME`. */
export const filesIn = (text: string): ReadonlyArray<NamedFile> =>
  Array.from(text.matchAll(namedFile), ({ 1: name = "", 2: code = "", index }) => ({
    line: lineAt(text, index),
    name,
    code
  }))

/** Returns the lines of a program; a result that stands on a line of its own is behind its expression. */
export const linesOf = (code: string): ReadonlyArray<string> =>
  code.replaceAll(/\n[ \t]*\/\/ => /g, " // => ").split("\n")

/** Returns the expression of a line and its result, such as those of `count // => 1` and of `console.log(count) // => 1`. */
export const resultIn = (line: string): { readonly expression: string; readonly value: string } | undefined => {
  const [, printed, plain = "", value = ""] = printedResult.exec(line) ?? []
  const expression = printed ?? plain
  return /^\S/.test(expression) ? { expression, value } : undefined
}
