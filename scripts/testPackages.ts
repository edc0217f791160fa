/**
 * Packs the packages as they are published and tries them as a user does who installs them, in folders outside of this
 * repository: with npm and pnpm, on several versions of Node, in Bun and Deno, with several versions of TypeScript, in a
 * bundle. Prints a line for each thing that is tried, and a sum.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildForLinux } from "../packages/native/test/double/buildDouble.ts"
import { installWithNpm, installWithPnpm } from "./packages/Consumer.ts"
import { packCopy } from "./packages/packCopy.ts"
import { fetchTools, oneNode } from "./packages/tools.ts"
import { bundleTrial } from "./packages/trials/bundle.ts"
import { contentTrials } from "./packages/trials/contents.ts"
import { exampleTrials } from "./packages/trials/examples.ts"
import { guideTrials } from "./packages/trials/guides.ts"
import { programTrials } from "./packages/trials/programs.ts"
import { readmeTrial } from "./packages/trials/readme.ts"
import { strangerTrial } from "./packages/trials/stranger.ts"
import { typeTrials } from "./packages/trials/types.ts"
import { tryAll } from "./packages/Trial.ts"

const folder = mkdtempSync(join(tmpdir(), "effect-msmq-packages-"))
try {
  await fetchTools()
  const tarballs = await packCopy(folder)
  const installing = [installWithNpm(folder, tarballs), installWithPnpm(folder, tarballs)] as const
  // When one fails the other still writes into the folder.
  await Promise.allSettled(installing)
  const [npm, pnpm] = await Promise.all(installing)
  const double = buildForLinux()
  const mqrt = "missing" in double ? undefined : double.mqrt
  const sum = await tryAll([
    ...(oneNode === null ? [] : [{ name: "the programs on other versions of Node", reason: oneNode }]),
    // The longest first.
    ...exampleTrials(folder, tarballs, mqrt),
    ...typeTrials(npm, pnpm),
    ...guideTrials(npm),
    ...contentTrials(npm, pnpm, tarballs),
    // The command is tried as a program.
    ...tarballs.filter(({ name }) => !name.endsWith("/cli")).map((tarball) => readmeTrial(npm, tarball, mqrt)),
    strangerTrial(folder, tarballs),
    ...programTrials(npm, pnpm, double),
    bundleTrial(npm)
  ])
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
  process.exitCode = sum.failed > 0 ? 1 : 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
