// Runs programs in the working folder, one after the other, and compares what each prints, but for its log, with what its results print.
import { deepStrictEqual } from "node:assert"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { format } from "node:util"

const { log } = console

const isLogged = (line) => /^\[\d\d:\d\d:\d\d\.\d{3}\] (?:INFO|WARN|ERROR) /.test(line)

const printedBy = async (file) => {
  const lines = []
  console.log = (...values) => lines.push(format(...values))
  await import(pathToFileURL(resolve(file)).href)
  return lines.filter((line) => !isLogged(line))
}

// One after the other, since all print on one console.
for await (const name of process.argv.slice(2)) {
  const printed = await printedBy(`${name}.ts`)
  deepStrictEqual(printed, await printedBy(`${name}.results.mjs`), `${name} prints ${printed.join("\n")}`)
}
console.log = log
