/**
 * Merges the built modules of the package in the working folder, since to find, read and link a file takes Node longer than to
 * run it. Public modules keep their names. All else goes into files in `dist/internal`, one for the modules that the same public
 * modules need.
 *
 *   node mergeModules.ts [CENTRE SIGN]
 *
 * Public modules that need the module SIGN, directly or over others, are loaded with the module CENTRE: a program with one of
 * them needs most of it anyway, and then it is one file. The others bring no more than they need.
 */
import { build, type BuildOptions, type Plugin } from "esbuild"
import { globSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { publicModules } from "./publicModules.ts"

const [centre, sign] = process.argv.slice(2)
const modules = publicModules(".")

const settings = {
  bundle: true,
  format: "esm",
  // An import that names nothing counts, too.
  ignoreAnnotations: true,
  logLevel: "warning",
  outbase: "dist",
  outdir: "dist",
  packages: "external",
  platform: "node",
  target: "es2024",
  write: false
} as const satisfies BuildOptions

/** Returns the public modules that need a module. */
const modulesThatNeed = async (needed: string): Promise<ReadonlySet<string>> => {
  const entryPoints = modules.map((module) => `dist/${module}.js`)
  const { outputs } = (await build({ ...settings, entryPoints, metafile: true })).metafile
  return new Set(modules.filter((module) => `dist/${needed}.js` in (outputs[`dist/${module}.js`]?.inputs ?? {})))
}

const central = sign === undefined ? new Set<string>() : await modulesThatNeed(sign)

/** Entry of each public module, which nothing else imports. */
const entries: Plugin = {
  name: "entries",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^entry:/ }, ({ path }) => ({ path: path.slice("entry:".length), namespace: "entry" }))
    onLoad({ filter: /^/, namespace: "entry" }, ({ path }) => ({
      contents: `${central.has(path) ? `import "./${centre}.js"\n` : ""}export * from "./${path}.js"`,
      resolveDir: resolve("dist")
    }))
  }
}

const { outputFiles } = await build({
  ...settings,
  // Code that finds its package from its own file expects a file in a folder of `dist`.
  chunkNames: "internal/[hash]",
  entryPoints: modules.map((module) => ({ in: `entry:${module}`, out: module })),
  plugins: [entries],
  sourcemap: true,
  sourcesContent: false,
  splitting: true
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
