/**
 * Merges the built modules of the package in the working folder, since to find, read and link a file takes Node longer than to
 * run it. Public modules keep their names. All else goes into files in `dist/internal`, one for the modules that the same public
 * modules need.
 *
 *   node mergeModules.ts [SIGN [PACKAGE ...]]
 *
 * Public modules that need the module SIGN, directly or over others, are loaded together: a program with one of them needs most
 * of it anyway. A module in a folder is loaded with them, and they without it. Those of the others that need none of the PACKAGEs
 * are loaded together, too: they are small, and share most of what they need. The rest bring no more than they need.
 */
import { build, type BuildOptions, type Plugin } from "esbuild"
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { programs, publicModules } from "./publicModules.ts"

const [sign, ...heavy] = process.argv.slice(2)
const modules = [...publicModules("."), ...programs(".")]

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

/** Modules and packages that each public module needs. */
const needs = async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const entryPoints = modules.map((module) => `dist/${module}.js`)
  const { outputs } = (await build({ ...settings, entryPoints, metafile: true })).metafile
  return new Map(
    modules.map((module) => {
      const { imports = [], inputs = {} } = outputs[`dist/${module}.js`] ?? {}
      return [module, new Set([...Object.keys(inputs), ...imports.map(({ path }) => path)])]
    })
  )
}

/** Returns the modules that a public module is loaded with. */
const companions = async (): Promise<(module: string) => ReadonlyArray<string>> => {
  if (sign === undefined) return () => []
  const needed = await needs()
  const isCentral = (module: string) => needed.get(module)?.has(`dist/${sign}.js`) === true
  const isLight = (module: string) => !isCentral(module) && !heavy.some((name) => needed.get(module)?.has(name))
  const light = modules.filter(isLight)
  const central = [...modules.filter((module) => isCentral(module) && !module.includes("/")), ...light]
  return (module) => (isCentral(module) ? central : isLight(module) ? light : [])
}

const companionsOf = await companions()

/** Returns the line by which a system starts a module as a program, if it has one. */
const hashbangOf = (module: string): ReadonlyArray<string> =>
  readFileSync(`dist/${module}.js`, "utf8").match(/^#!.*/)?.slice(0, 1) ?? []

/** Entry of each public module, which nothing else imports. */
const entries: Plugin = {
  name: "entries",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^entry:/ }, ({ path }) => ({ path: path.slice("entry:".length), namespace: "entry" }))
    onLoad({ filter: /^/, namespace: "entry" }, ({ path }) => ({
      contents: [
        ...hashbangOf(path),
        ...companionsOf(path).map((module) => `import "./${module}.js"`),
        `export * from "./${path}.js"`
      ].join("\n"),
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

/**
 * Lets bundlers leave out the objects that stand for `export * as`, with all that they refer to: to esbuild's code for them,
 * which defines their properties in a statement of its own, each of them is used.
 */
const withDroppableNamespaces = (code: string): string =>
  code
    .replaceAll(/^var (\w+) = \{\};\n__export\(\1, \{$/gm, "var $1 =\n/* @__PURE__ */ __export({}, {")
    .replace(/^(var __export = \(target, all\) => \{\n.*\n.*\n)\};$/m, "$1  return target; };")

/** Lets bundlers leave out what a program does not use of the values that calls make: no module has side effects. */
const withDroppableValues = (code: string): string =>
  code.replaceAll(/^var (\w+) = (?=(?:new )?[\w$.]+\()/gm, "var $1 = /* @__PURE__ */ ")

// The index stays as it is: bundlers leave out what a program does not use of `export * as`, but not of an object instead.
for (const file of globSync(["**/*.js", "**/*.js.map"], { cwd: "dist", exclude: ["index.js", "index.js.map"] })) {
  rmSync(join("dist", file))
}
for (const { contents, path, text } of outputFiles) {
  // Both keep the lines where they are, for the source maps.
  writeFileSync(
    path,
    path.endsWith(".js")
      ? withDroppableNamespaces(withDroppableValues(withClassNames(withoutBareImports(text))))
      : contents
  )
}
