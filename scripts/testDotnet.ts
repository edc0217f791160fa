/**
 * Tests message bodies with real .NET: what the SDK writes has to be what .NET reads, and the reverse, for random values and
 * damaged documents. Fetches .NET Core 2.0 from npm, and takes the newest .NET of the command `dotnet` too, where there is
 * one. Compiles one program for both, `packages/core/test/dotnet/judge`, with `mcs` of the Debian package `mono-mcs`.
 *
 * - `--values 2000`: values of each kind
 * - `--seed text`: any text, from which other values are generated. By default a run repeats the one before it
 * - `--write-docs`: writes the tables of `docs/bodies.md` instead of comparing them
 */
import { spawnSync } from "node:child_process"
import { globSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { assemblies, folder, packages, program, timeZone, unsupported } from "../packages/core/test/dotnet/dotnets.ts"
import { installCommands } from "./debianPackages.ts"
import { fetchPackages } from "./fetchPackages.ts"

const stop = (reason: string): never => {
  console.error(`not run: ${reason}`)
  process.exit(1)
}

/** Settings of the judge, for both .NETs: the old one looks for a library of languages that no machine has any more. */
const runtimeConfig = {
  runtimeOptions: {
    framework: { name: "Microsoft.NETCore.App", version: "2.0.0" },
    configProperties: { "System.Globalization.Invariant": true }
  }
}

/** Compiles the judge, where it is older than its sources. */
const compile = (): void => {
  const sources = globSync("packages/core/test/dotnet/judge/*.cs").toSorted()
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs))
  if ((statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest) return
  const references = readdirSync(assemblies)
    .filter((name) => /^(?:System.*|mscorlib|netstandard)\.dll$/.test(name))
    .map((name) => `-reference:${join(assemblies, name)}`)
  // The assemblies refer to each other by names that this compiler takes for several.
  const flags = ["-nostdlib", "-noconfig", "-langversion:7", "-nowarn:1702", "-optimize", "-target:exe"]
  const { error, status, stderr, stdout } = spawnSync("mcs", [...flags, `-out:${program}`, ...references, ...sources], {
    encoding: "utf8"
  })
  if (error !== undefined) stop(`mcs: ${error.message}`)
  if (status !== 0) stop(`the judge does not compile\n${stdout}${stderr}`)
}

/** A zone of one offset, 3½ hours behind UTC, in the format of the time zone database: a header, the offset and its name. */
const zoneOf = (seconds: number): Buffer => {
  const bytes = Buffer.alloc(44 + 6 + 4)
  bytes.write("TZif", 0)
  bytes.writeInt32BE(1, 36)
  bytes.writeInt32BE(4, 40)
  bytes.writeInt32BE(seconds, 44)
  bytes.write("HALF", 50)
  return bytes
}

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    values: { type: "string", default: "2000" },
    seed: { type: "string", default: "effect-msmq" },
    "write-docs": { type: "boolean", default: false }
  }
})

if (unsupported !== null) console.log(`skipped: ${unsupported}`)
else {
  mkdirSync(folder, { recursive: true })
  const reason = installCommands({ mcs: ["mono-mcs"] })
  if (reason !== null) stop(reason)
  await fetchPackages(folder, packages).catch(({ message }: Error) => stop(message))
  compile()
  writeFileSync(program.replace(/\.dll$/, ".runtimeconfig.json"), JSON.stringify(runtimeConfig))
  writeFileSync(timeZone, zoneOf(-3.5 * 3600))
  console.log(`# ${values.values} values of each kind, of --seed ${values.seed}`)
  const { status } = spawnSync(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.dotnet.config.ts"],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        JUDGED_VALUES: values.values,
        JUDGED_SEED: values.seed,
        JUDGED_DOCS: values["write-docs"] ? "write" : "compare"
      }
    }
  )
  process.exitCode = status ?? 1
}
