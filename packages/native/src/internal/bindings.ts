import koffi, { type LibraryHandle } from "koffi"
import { availableParallelism } from "node:os"
import { CompletionPort } from "./CompletionPort.ts"
import type { Functions, Library } from "./declarations.ts"
import { argumentType, prototypes, resultType } from "./declarations.ts"
import type { Lanes } from "./lanes.ts"
import { makeLanes } from "./lanes.ts"
import { RunningCalls } from "./RunningCalls.ts"
import { systemFile } from "./systemFile.ts"
import { poolThreads } from "./threadPool.ts"

/** Functions of the libraries, and the calls off the main thread. */
export interface Bindings {
  readonly functions: Functions
  /** Functions that act as another user, and that know accounts and certificates. */
  readonly identity: IdentityFunctions
  readonly calls: RunningCalls
}

/** Bindings of one layer. */
interface Bound extends Bindings {
  /** Port where overlapped operations end. */
  readonly port: CompletionPort
  /** File with the functions of the port. */
  readonly portFile: string
  readonly close: () => void
}

/** Functions of Windows for users, accounts and certificates. */
export type IdentityFunctions = Pick<
  Functions,
  | "LogonUserW"
  | "ImpersonateLoggedOnUser"
  | "RevertToSelf"
  | "CloseHandle"
  | "GetLastError"
  | "LookupAccountNameW"
  | "LookupAccountSidW"
  | "OpenProcessToken"
  | "GetTokenInformation"
  | "GetCurrentProcess"
  | "GetComputerNameW"
  | "CertOpenStore"
  | "CertFindCertificateInStore"
  | "CertEnumCertificatesInStore"
  | "CertGetCertificateContextProperty"
  | "CertFreeCertificateContext"
  | "CertCloseStore"
>

/** Files to bind: names that the system looks up, or paths. */
export interface LibraryFiles {
  readonly library: string
  /** File that stands for `advapi32.dll`, `crypt32.dll` and `kernel32.dll` for users, accounts and certificates. */
  readonly identityLibrary?: string | undefined
  /** File that stands for `kernel32.dll` at the completion port. */
  readonly portLibrary?: string | undefined
}

/** `ERROR_PROC_NOT_FOUND`, as an error of Win32 and as an HRESULT. */
const procedureNotFound = { win32: 0x7f, hresult: 0x8007_007f }

/** Results of a function that this Windows does not have, by the type of its result: the call fails as any call does. */
const missingResults: Readonly<Record<string, number>> = {
  HRESULT: procedureNotFound.hresult,
  BOOL: 0,
  DWORD: procedureNotFound.win32
}

type Callable = ((...args: ReadonlyArray<unknown>) => unknown) & { readonly async: (...args: Array<unknown>) => void }

const makeMissing = (returns: string): Callable => {
  const result = missingResults[returns]
  return Object.assign(() => result, {
    async: (...args: Array<unknown>) => {
      const done = args.at(-1)
      if (typeof done === "function") setImmediate(() => done(null, result))
    }
  })
}

/**
 * Splits a prototype into its name, the type of its result and the types of its arguments.
 *
 * @testonly
 */
export const parsePrototype = (prototype: string): { name: string; returns: string; takes: ReadonlyArray<string> } => {
  const [, returns = "", name = "", list = ""] = /^(\S+) (\w+)\((.*)\)$/.exec(prototype) ?? []
  return { name, returns, takes: list === "" ? [] : list.split(", ").map((parameter) => parameter.split(" ")[0] ?? "") }
}

/** Calling convention of the Windows API, which differs from the usual one on 32 bits only. */
const convention = "__stdcall"

/** Types of functions by prototype, for the life of the process: koffi never frees a type. */
const functionTypes = new Map<string, ReturnType<typeof koffi.proto>>()

/** Returns koffi's type of a function with a prototype. */
export const functionType = (prototype: string): ReturnType<typeof koffi.proto> => {
  const known = functionTypes.get(prototype)
  if (known !== undefined) return known
  const { returns, takes } = parsePrototype(prototype)
  const made = koffi.proto(convention, null, resultType(returns), takes.map(argumentType))
  functionTypes.set(prototype, made)
  return made
}

/** Most calls off the main thread at once. The pool's threads and koffi's limit are those of the process. */
let atOnce: number | undefined

/** Lanes of all layers. */
let lanes: Lanes | undefined

/** Returns the most calls at once. Throws where koffi was configured so that none can be made. */
const callsAtOnce = (): number => {
  if (atOnce !== undefined) return atOnce
  const { max_async_calls } = koffi.config()
  if (max_async_calls === 0) {
    throw new Error(
      "koffi allows no asynchronous call, since it was configured with max_async_calls: 0; set it to 4 or more, or leave it"
    )
  }
  const { env, versions } = process
  const threads = poolThreads({ env, versions, processors: availableParallelism() })
  return (atOnce = Math.min(max_async_calls ?? Infinity, threads))
}

/** Fewest calls at once with which one may last: each lane has one beside it. */
const fewestWithWaiting = 3

/** Completion ports by the file of their functions, for the life of the process. */
const completionPorts = new Map<string, CompletionPort>()

const completionPort = (file: string): CompletionPort => {
  const known = completionPorts.get(file)
  if (known !== undefined) return known
  const functionsIn = (kernel32: string) =>
    functionsOf({ mqrt: kernel32, advapi32: kernel32, crypt32: kernel32, kernel32 })
  // On Windows a double of Message Queuing sets events of Windows.
  const events = functionsIn(process.platform === "win32" ? systemFile("kernel32.dll") : file)
  const made = new CompletionPort(functionsIn(file), events, callsAtOnce() >= fewestWithWaiting)
  completionPorts.set(file, made)
  return made
}

/** File that is loaded, with those of its functions that were looked up. */
interface Loaded {
  readonly handle: LibraryHandle
  readonly found: Map<string, Callable>
}

/**
 * Files by name, loaded for the life of the process: threads or a late call may still run in a file, and koffi never
 * frees the memory of loading it again.
 */
const loaded = new Map<string, Loaded>()

const load = (file: string): Loaded => {
  const known = loaded.get(file) ?? { handle: koffi.load(file), found: new Map<string, Callable>() }
  loaded.set(file, known)
  return known
}

/** Looks a function up. A function that is not there, or whose file is not, fails when it is called. */
const find = (file: string, prototype: string): Callable => {
  const { name, returns, takes } = parsePrototype(prototype)
  try {
    const { found, handle } = load(file)
    const known = found.get(name) ?? handle.func(convention, name, resultType(returns), takes.map(argumentType))
    found.set(name, known)
    return known
  } catch {
    return makeMissing(returns)
  }
}

/** Makes the function that takes the place of another one when its layer is closed. */
const makeRefusing = (calls: RunningCalls, name: string): Callable => {
  const refuse = () => calls.assertOpen(name)
  return Object.assign(refuse, { async: refuse })
}

/** Returns the functions of some files, each of which is looked up when it is first used. */
const functionsOf = (files: Readonly<Record<Library, string>>): Functions => {
  const functions = {}
  for (const library of Object.keys(prototypes) as ReadonlyArray<Library>) {
    for (const prototype of prototypes[library]) {
      const { name } = parsePrototype(prototype)
      Object.defineProperty(functions, name, {
        configurable: true,
        get: () => {
          const found = find(files[library], prototype)
          define(functions, name, found)
          return found
        }
      })
    }
  }
  return functions as Functions
}

const define = (functions: object, name: string, value: Callable) =>
  Object.defineProperty(functions, name, { value, configurable: true })

/** Makes all functions refuse calls from now on. */
const refuseAll = (functions: object, calls: RunningCalls): void => {
  for (const name of Object.getOwnPropertyNames(functions)) define(functions, name, makeRefusing(calls, name))
}

/** Binds all functions. Loads the library of Message Queuing at once, and throws where it is not there. */
export const bind = ({ identityLibrary, library, portLibrary }: LibraryFiles): Bound => {
  const calls = new RunningCalls((lanes ??= makeLanes(callsAtOnce())))
  load(library)
  const kernel32 = systemFile("kernel32.dll")
  const own = functionsOf({
    mqrt: library,
    advapi32: systemFile("advapi32.dll"),
    crypt32: systemFile("crypt32.dll"),
    kernel32
  })
  const identity =
    identityLibrary === undefined
      ? own
      : functionsOf({
          mqrt: library,
          advapi32: identityLibrary,
          crypt32: identityLibrary,
          kernel32: identityLibrary
        })
  // On other systems a double of Message Queuing has the functions of the port.
  const portFile = portLibrary ?? (process.platform === "win32" ? kernel32 : library)
  return {
    functions: own,
    identity,
    calls,
    port: completionPort(portFile),
    portFile,
    /** Makes all functions refuse calls, after `calls` has closed. */
    close: () => {
      refuseAll(own, calls)
      refuseAll(identity, calls)
    }
  }
}
