/** Packs the packages and tries them as a user who installs them does, in folders outside of this repository. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { printing, succeeding } from "./packages/expecting.ts"
import { packCopy } from "./packages/packCopy.ts"
import { type Trial, tryAll } from "./packages/Trial.ts"

const folder = mkdtempSync(join(tmpdir(), "effect-msmq-packages-"))
const tarballs = await packCopy(folder)
const consumer = join(folder, "npm")
mkdirSync(consumer)
cpSync("scripts/packages/programs", consumer, { recursive: true })
writeFileSync(join(consumer, "package.json"), '{ "private": true, "type": "module" }\n')
await succeeding("npm", ["install", "--prefer-offline", ...tarballs, "effect@4.1.0"], { cwd: consumer })
const trials: ReadonlyArray<Trial> = [
  {
    name: "imports",
    run: () => printing(['["order 1"]'], process.execPath, ["inMemory.mjs"], { cwd: consumer })
  },
  {
    name: "requires",
    run: () => printing(['["order 1"]'], process.execPath, ["inMemory.cjs"], { cwd: consumer })
  }
]
const { failed } = await tryAll(trials)
process.exitCode = failed > 0 ? 1 : 0
rmSync(folder, { recursive: true, force: true })
