/** A line on a terminal while the libraries are loaded, which takes a second on a slow machine. */
import { redraws } from "./terminal.ts"

const line = "authenticated-batch: loading …"

/** Shows the line on standard error, when that is a terminal. */
export const show = (): void => {
  if (process.stderr.isTTY) process.stderr.write(redraws(process.stderr) ? line : `${line}\n`)
}

/** Removes the line where the terminal can. */
export const remove = (): void => {
  if (redraws(process.stderr)) process.stderr.write("\r\u001B[K")
}
