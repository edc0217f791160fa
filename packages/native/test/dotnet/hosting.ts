/** .NET in this process, and the functions of the client in it. A process has one .NET at most, until it ends. */
import koffi from "koffi"
import { existsSync, readdirSync, realpathSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { assemblies } from "../../../core/test/dotnet/dotnets.ts"
import { assemblyName, client, clientFolder, runtimeConfig } from "./clientFiles.ts"

/** A pointer to a managed function, or the reason why there is none. */
type Loaded = { readonly pointer: bigint } | { readonly missing: string }

/** A slot that a function writes a pointer into. */
const slot = (): [bigint | null] => [null]

const checked = (name: string, result: number): void => {
  if (result < 0) throw new Error(`${name} returned 0x${(result >>> 0).toString(16)}`)
}

const pointerIn = ([pointer]: [bigint | null]): bigint => {
  if (pointer === null) throw new Error("a host of .NET returned no pointer")
  return pointer
}

/** Starts the .NET Core 2.0 of npm, whose host has no function for that: its runtime has. */
const loadCore2 = (): Loaded => {
  const runtime = koffi.load(join(assemblies, "libcoreclr.so"))
  const initialize = runtime.func(
    "int coreclr_initialize(str exe, str domain, int count, str *keys, str *values, _Out_ void **host, _Out_ uint32_t *id)"
  )
  const createDelegate = runtime.func(
    "int coreclr_create_delegate(void *host, uint32_t id, str assembly, str type, str method, _Out_ void **function)"
  )
  const trusted = readdirSync(assemblies).filter((name) => name.endsWith(".dll"))
  const properties = {
    TRUSTED_PLATFORM_ASSEMBLIES: [client, ...trusted.map((name) => join(assemblies, name))].join(delimiter),
    APP_PATHS: clientFolder,
    NATIVE_DLL_SEARCH_DIRECTORIES: [clientFolder, assemblies].join(delimiter),
    "System.Globalization.Invariant": "true"
  }
  const [keys, values] = [Object.keys(properties), Object.values(properties)]
  const [host, domain, method] = [slot(), [0] as [number], slot()]
  checked("coreclr_initialize", initialize(process.execPath, "client", keys.length, keys, values, host, domain))
  const created = createDelegate(pointerIn(host), domain[0], assemblyName, "Client", "Run", method)
  checked("coreclr_create_delegate", created)
  return { pointer: pointerIn(method) }
}

/** Returns the folder of the .NET that a command starts. */
const rootOf = (command: string): string | undefined => {
  const folders = (process.env["PATH"] ?? "").split(delimiter)
  const found = folders.map((directory) => join(directory, command)).find((path) => existsSync(path))
  return found === undefined ? undefined : dirname(realpathSync(found))
}

/** Type of the delegate that loads an assembly and returns a function of it, in `hostfxr.h`. */
const loadAssemblyAndGetFunction = 5

/** Starts the newest .NET of the command `dotnet`. */
const loadNewest = (): Loaded => {
  const root = rootOf("dotnet")
  const hosts = join(root ?? "", "host/fxr")
  if (root === undefined || !existsSync(hosts)) return { missing: "there is no command dotnet" }
  const version = readdirSync(hosts)
    .toSorted((one, other) => one.localeCompare(other, "en", { numeric: true }))
    .at(-1)
  const host = koffi.load(join(hosts, version ?? "", "libhostfxr.so"))
  const initialize = host.func(
    "int hostfxr_initialize_for_runtime_config(str path, void *options, _Out_ void **handle)"
  )
  const getDelegate = host.func("int hostfxr_get_runtime_delegate(void *handle, int type, _Out_ void **delegate)")
  const load = koffi.proto(
    "int LoadAssembly(str path, str type, str method, void *delegateType, void *reserved, _Out_ void **function)"
  )
  const [handle, loader, method] = [slot(), slot(), slot()]
  checked("hostfxr_initialize_for_runtime_config", initialize(runtimeConfig, null, handle))
  checked("hostfxr_get_runtime_delegate", getDelegate(pointerIn(handle), loadAssemblyAndGetFunction, loader))
  const type = `Client, ${assemblyName}`
  checked("load_assembly", koffi.call(pointerIn(loader), load, client, type, "Run", null, null, method))
  return { pointer: pointerIn(method) }
}

/** Ways to have a .NET in this process. */
const ways = { "Core 2": loadCore2, "10": loadNewest }

/** Carries out a request of the client: its operation and its arguments. Returns the texts of the answer. */
export type Ask = (request: readonly [operation: string, ...given: ReadonlyArray<string>]) => ReadonlyArray<string>

/** Bytes of the structure that the client takes: a pointer, two numbers, and a pointer. */
const callSize = 24

/** Loads the client in a .NET in this process, or returns the reason why there is none. */
export const hostClient = (dotnet: keyof typeof ways): Ask | { readonly missing: string } => {
  const loaded = ways[dotnet]()
  if ("missing" in loaded) return loaded
  const prototype = koffi.proto("int Run(void *argument, int size)")
  const run = (request: Buffer, room: number): { readonly length: number; readonly answer: Buffer } => {
    const answer = Buffer.alloc(room)
    const call = Buffer.alloc(callSize)
    call.writeBigUInt64LE(koffi.address(request), 0)
    call.writeInt32LE(request.length, 8)
    call.writeInt32LE(room, 12)
    call.writeBigUInt64LE(koffi.address(answer), 16)
    const length: number = koffi.call(loaded.pointer, prototype, call, callSize)
    return { length, answer }
  }
  return (request) => {
    const bytes = Buffer.from(request.join("\0"))
    const first = run(bytes, 1 << 16)
    const { answer, length } = first.length <= first.answer.length ? first : run(Buffer.alloc(0), first.length)
    return answer.toString("utf8", 0, length).split("\0")
  }
}
