/**
 * Merges the built modules of the package in the working folder, since to find, read and link a file takes Node longer than to
 * run it. Public modules keep their names. All else goes into files in `dist/internal`, one for the modules that the same public
 * modules need.
 *
 *   node mergeModules.ts [MODULE ...]
 *
 * Each MODULE is loaded with every public module, so that all that it needs goes into one file.
 */
import { build, type Plugin } from "esbuild"
import { globSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { publicModules } from "./publicModules.ts"

const always = process.argv.slice(2)
const modules = publicModules(".")

/** Entry of each public module, which nothing else imports. */
const entries: Plugin = {
  name: "entries",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^entry:/ }, ({ path }) => ({ path: path.slice("entry:".length), namespace: "entry" }))
    onLoad({ filter: /^/, namespace: "entry" }, ({ path }) => ({
      contents: [...always.map((module) => `import "./${module}.js"`), `export * from "./${path}.js"`].join("\n"),
      resolveDir: resolve("dist")
    }))
  }
}

const { outputFiles } = await build({
  entryPoints: modules.map((module) => ({ in: `entry:${module}`, out: module })),
  bundle: true,
  // Code that finds its package from its own file expects a file in a folder of `dist`.
  chunkNames: "internal/[hash]",
  format: "esm",
  // The imports of `always` count, though they name nothing.
  ignoreAnnotations: true,
  logLevel: "warning",
  outdir: "dist",
  packages: "external",
  platform: "node",
  plugins: [entries],
  sourcemap: true,
  sourcesContent: false,
  splitting: true,
  target: "es2024",
  write: false
})

/** Drops imports that name nothing: since no module has side effects, they would load a file for nothing. */
const withoutBareImports = (code: string): string => code.replaceAll(/^import "\.[^"]*";$/gm, "")

/** Gives classes that esbuild renames, such as to `_Sender`, their names back, which the console and assertions show. */
const withClassNames = (code: string): string =>
  code.replaceAll(
    /^(?:var (\w+?)\d+ = class|var \w+ = class _(\w+)).* \{$/gm,
    (line, numbered, underlined) => `${line} static get name() { return "${underlined ?? numbered}" }`
  )

// The index stays as it is: bundlers leave out what a program does not use of `export * as`, but not of an object instead.
for (const file of globSync(["**/*.js", "**/*.js.map"], { cwd: "dist", exclude: ["index.js", "index.js.map"] })) {
  rmSync(join("dist", file))
}
for (const { contents, path, text } of outputFiles) {
  // Both keep the lines where they are, for the source maps.
  writeFileSync(path, path.endsWith(".js") ? withClassNames(withoutBareImports(text)) : contents)
}
