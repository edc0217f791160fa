import { displayWidth } from "effect/cli/CliOutput"

/** Cuts a text into lines that are no wider than the terminal, between words where it can. */
export const wrap = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`
    if (displayWidth(longer) <= columns) line = longer
    else {
      if (line !== "") lines.push(line)
      line = word
      while (displayWidth(line) > columns) {
        lines.push(line.slice(0, columns))
        line = line.slice(columns)
      }
    }
  }
  return [...lines, line]
}
