/**
 * Merges the built modules of the package in the working folder, so that Node loads fewer files: finding, reading and linking a
 * file costs more than running it. Public modules keep their files. The others go into files in `dist/internal`, one for all
 * modules that are needed by the same public modules.
 */
import { build } from "esbuild"
import { globSync, rmSync } from "node:fs"
import { publicModules } from "./publicModules.ts"

const built = globSync(["dist/**/*.js", "dist/**/*.js.map"]).map((path) => path.replaceAll("\\", "/"))
const entryPoints = publicModules(".").map((module) => `dist/${module}.js`)

await build({
  entryPoints,
  allowOverwrite: true,
  bundle: true,
  // Modules find their package by their own place, and lie in a folder of `dist` before and after.
  chunkNames: "internal/[hash]",
  format: "esm",
  logLevel: "warning",
  outbase: "dist",
  outdir: "dist",
  packages: "external",
  platform: "node",
  sourcemap: true,
  sourcesContent: false,
  splitting: true,
  target: "es2024"
})

// Left as it is: bundlers leave out what a program does not use of `export * as`, but not of an object with the same exports.
const kept = new Set(["dist/index.js", ...entryPoints].flatMap((file) => [file, `${file}.map`]))
for (const file of built) if (!kept.has(file)) rmSync(file)
