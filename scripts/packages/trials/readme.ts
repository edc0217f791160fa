/** Trials of the examples in the packed READMEs, as a user copies them into a program. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Consumer } from "../Consumer.ts"
import { printing, succeeding } from "../expecting.ts"
import type { Tarball } from "../packCopy.ts"
import { lowestNode, newestCompiler } from "../tools.ts"
import type { Trial } from "../Trial.ts"

const example = /^```ts(?: import\.meta\.vitest)?\n([\s\S]*?)^```$/m
const result = /^(\S.*?) \/\/ => (.*)$/m

/** Tries the example of a package. `mqrt`: the double of `mqrt.dll`, if there is one. */
export const readmeTrial = ({ folder }: Consumer, { name }: Tarball, mqrt: string | undefined): Trial => ({
  name: `the example in the README of ${name} compiles and gives what it says`,
  run: async () => {
    const [, code] = example.exec(readFileSync(join(folder, "node_modules", name, "README.md"), "utf8")) ?? []
    const [, , value] = result.exec(code ?? "") ?? []
    if (code === undefined || value === undefined) throw new Error("it has no example with a result")
    const file = `readme-${name.split("/").at(-1)}`
    writeFileSync(join(folder, `${file}.mts`), code.replace(result, "console.log(JSON.stringify($1))"))
    const options = ["--module", "nodenext", "--target", "es2022", "--strict", "--types", "node", "--skipLibCheck"]
    await succeeding(process.execPath, [newestCompiler.file, `${file}.mts`, ...options], { cwd: folder })
    const env = { MQRT_LIBRARY: mqrt ?? "" }
    if (mqrt === undefined && name === "@effect-msmq/native")
      return "it is not run: there is no double of mqrt.dll here"
    await printing([JSON.stringify(JSON.parse(value))], lowestNode.file, [`${file}.mjs`], { cwd: folder, env })
    return lowestNode.name
  }
})
