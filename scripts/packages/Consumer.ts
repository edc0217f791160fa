import { cpSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pnpm } from "./packCopy.ts"
import type { Tarball } from "./packCopy.ts"
import { withRegistry } from "./withRegistry.ts"

/** A folder outside of the repository, in which a package manager installed the packed packages. */
export interface Consumer {
  readonly name: "npm" | "pnpm"
  readonly folder: string
}

/** Versions that a program installs beside the packages. They have to be those of the lock file. */
const dependencies = { effect: "4.1.0", zod: "4.6.7", "@types/node": "24.19.2" }

const begin = (name: Consumer["name"], folder: string, tarballs: ReadonlyArray<Tarball>): Consumer => {
  const consumer = { name, folder: join(folder, name) }
  mkdirSync(consumer.folder)
  cpSync("scripts/packages/programs", consumer.folder, { recursive: true })
  const packed = tarballs.map(({ file, name }) => [name, `file:${file}`])
  const manifest = { private: true, type: "module", dependencies: { ...Object.fromEntries(packed), ...dependencies } }
  writeFileSync(join(consumer.folder, "package.json"), JSON.stringify(manifest))
  return consumer
}

/** Makes a project that has the tarballs installed by npm. */
export const installWithNpm = async (folder: string, tarballs: ReadonlyArray<Tarball>): Promise<Consumer> => {
  const consumer = begin("npm", folder, tarballs)
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
  await withRegistry("npm", ["install", ...flags], { cwd: consumer.folder })
  return consumer
}

/**
 * Installs with pnpm, which wants to be told that the install script of koffi has nothing to do, and where the packages are that
 * another one of them depends on.
 */
export const installWithPnpm = async (folder: string, tarballs: ReadonlyArray<Tarball>): Promise<Consumer> => {
  const consumer = begin("pnpm", folder, tarballs)
  const overrides = tarballs.map(({ file, name }) => `  "${name}": "file:${file}"\n`).join("")
  const settings = `allowBuilds:\n  koffi: false\noverrides:\n${overrides}`
  writeFileSync(join(consumer.folder, "pnpm-workspace.yaml"), settings)
  await withRegistry(...pnpm("install", "--prefer-offline"), { cwd: consumer.folder })
  return consumer
}
