/**
 * Tests with real .NET. Message bodies: what the SDK writes has to be what .NET reads, and the reverse, for random values and
 * damaged documents. And a client of Message Queuing in C#, which shares the test double with the SDK in one process: each
 * does what the other one sees.
 *
 * Fetches .NET Core 2.0 from npm, and takes the newest .NET of the command `dotnet` too, where there is one. Compiles for both
 * the programs `packages/core/test/dotnet/judge` and `packages/native/test/dotnet/client`, with `mcs` of the Debian package
 * `mono-mcs`.
 *
 * - `--values 2000`: values of each kind
 * - `--seed text`: any text, from which other values are generated. By default a run repeats the one before it
 * - `--write-docs`: writes the tables of `docs/bodies.md` instead of comparing them
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { assemblies, folder, packages, program, timeZone, unsupported } from "../packages/core/test/dotnet/dotnets.ts"
import { buildForLinux } from "../packages/native/test/double/buildDouble.ts"
import { client, prepareClient, settingsFor, sources } from "../packages/native/test/dotnet/clientFiles.ts"
import { compileCSharp } from "./compileCSharp.ts"
import { installCommands } from "./debianPackages.ts"
import { fetchPackages } from "./fetchPackages.ts"

const stop = (reason: string): never => {
  console.error(`not run: ${reason}`)
  process.exit(1)
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
  const double = buildForLinux()
  if ("missing" in double) stop(double.missing)
  else prepareClient(double.mqrt)
  await fetchPackages(folder, packages).catch(({ message }: Error) => stop(message))
  for (const compiled of [
    {
      sources: "{packages/core/test/dotnet/judge/*,examples/dotnet-xml/Order}.cs",
      output: program,
      assemblies
    },
    { sources, output: client, assemblies }
  ]) {
    const fault = compileCSharp(compiled)
    if (fault !== null) stop(fault)
  }
  writeFileSync(program.replace(/\.dll$/, ".runtimeconfig.json"), settingsFor("2.0.0"))
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
