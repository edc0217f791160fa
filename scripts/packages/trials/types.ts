/** Trials of a program in TypeScript, with each compiler and each way to find modules. Declarations of libraries are checked too. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Consumer } from "../Consumer.ts"
import { succeeding } from "../expecting.ts"
import { type Compiler, compilers, newestCompiler } from "../tools.ts"
import type { Trial } from "../Trial.ts"

const ways = {
  nodenext: { module: "nodenext", files: ["types.ts", "required.cts"] },
  bundler: { module: "esnext", moduleResolution: "bundler", files: ["types.ts"] }
}

const options = {
  target: "es2022",
  // Effect's declarations name what `dom` or a late `@types/node` declares, such as `CryptoKey`.
  lib: ["es2022", "esnext.disposable", "dom"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false
}

const trial = (consumer: Consumer, { file, name }: Compiler, way: keyof typeof ways): Trial => ({
  name: `a program compiles and its mistakes do not, ${name}, ${way}, installed with ${consumer.name}`,
  run: async () => {
    const { files, ...compilerOptions } = ways[way]
    const project = join(consumer.folder, `tsconfig.${way}.json`)
    writeFileSync(project, JSON.stringify({ files, compilerOptions: { ...options, ...compilerOptions } }))
    await succeeding(process.execPath, [file, "--project", project])
  }
})

export const typeTrials = (npm: Consumer, pnpm: Consumer): ReadonlyArray<Trial> => [
  ...compilers.flatMap((compiler) => [trial(npm, compiler, "nodenext"), trial(npm, compiler, "bundler")]),
  trial(pnpm, newestCompiler, "nodenext")
]
