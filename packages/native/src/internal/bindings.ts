import koffi, { type LibraryHandle } from "koffi"
import * as Semaphore from "effect/Semaphore"
import type { Functions, Library } from "./declarations.ts"
import { koffiType, prototypes } from "./declarations.ts"

/** What every room of the backend is given: the functions, and the permits for calls off the main thread. */
export interface Bindings {
  readonly functions: Functions
  readonly identity: IdentityFunctions
  readonly permits: Semaphore.Semaphore
}

/** What of Windows an impersonation stands on. */
export type IdentityFunctions = Pick<
  Functions,
  "LogonUserW" | "ImpersonateLoggedOnUser" | "RevertToSelf" | "CloseHandle" | "GetLastError"
>

/**
 * The files to bind: names that the system looks up, or paths.
 *
 * - `identityLibrary`: what stands for `advapi32.dll` and `kernel32.dll` in an impersonation
 */
export interface LibraryFiles {
  readonly library: string
  readonly identityLibrary?: string | undefined
}

/** Two of the four threads of libuv's pool, so that files and name lookups go on while the directory is slow. */
const callsOffMainThread = 2

/** `ERROR_PROC_NOT_FOUND`, and the same as an HRESULT. */
const procedureNotFound = { win32: 0x7f, hresult: 0x8007_007f }

/** What a function that this Windows lacks returns: whoever calls it fails as any call fails, under its name. */
const missingResults: Readonly<Record<string, number>> = {
  HRESULT: procedureNotFound.hresult,
  BOOL: 0,
  DWORD: procedureNotFound.win32
}

type Callable = ((...args: ReadonlyArray<unknown>) => unknown) & { readonly async: (...args: Array<unknown>) => void }

const missing = (returns: string): Callable => {
  const result = missingResults[returns]
  return Object.assign(() => result, {
    async: (...args: Array<unknown>) => {
      const done = args.at(-1)
      if (typeof done === "function") setImmediate(() => done(null, result))
    }
  })
}

/** A prototype, as koffi takes it: the name, the type of the result, the types of the arguments. */
export const parsePrototype = (prototype: string): { name: string; returns: string; takes: ReadonlyArray<string> } => {
  const [, returns = "", name = "", list = ""] = /^(\S+) (\w+)\((.*)\)$/.exec(prototype) ?? []
  return { name, returns, takes: list === "" ? [] : list.split(", ").map((parameter) => parameter.split(" ")[0] ?? "") }
}

/** The convention of the Windows API; it differs from the usual one on 32 bits only. */
const convention = "__stdcall"

/** koffi never frees a type: each is made once for the process. */
const functionTypes = new Map<string, ReturnType<typeof koffi.proto>>()

/** koffi's type of a function with such a prototype. */
export const functionType = (prototype: string): ReturnType<typeof koffi.proto> => {
  const known = functionTypes.get(prototype)
  if (known !== undefined) return known
  const { returns, takes } = parsePrototype(prototype)
  const made = koffi.proto(convention, null, koffiType(returns), takes.map(koffiType))
  functionTypes.set(prototype, made)
  return made
}

/**
 * Room for the calls of several layers: beyond `resident_async_pools` each call maps memory of its own, and beyond
 * `max_async_calls` it throws. Possible only before anything is loaded: another layer, or another user of koffi, may have
 * been first.
 */
const configure = (): void => {
  try {
    koffi.config({ resident_async_pools: 16, max_async_calls: 1024 })
  } catch {
    // What koffi has by itself does for one layer.
  }
}

const closed = (): never => {
  throw new Error("the layer that this service came from is closed")
}

/** What every function is after its library is gone, when to call it would end the process. */
const afterUnload: Callable = Object.assign(closed, { async: closed })

/** The functions of some files: a file is loaded, and a function looked up, when it is first used. */
const functionsOf = (
  files: Readonly<Record<Library, string>>,
  load: (file: string) => LibraryHandle
): { readonly functions: Functions; readonly close: () => void } => {
  const functions = {}
  const define = (name: string, value: Callable) => Object.defineProperty(functions, name, { value })
  for (const library of Object.keys(prototypes) as ReadonlyArray<Library>) {
    for (const prototype of prototypes[library]) {
      const { name, returns, takes } = parsePrototype(prototype)
      const find = (): Callable => {
        try {
          return load(files[library]).func(convention, name, koffiType(returns), takes.map(koffiType))
        } catch {
          return missing(returns)
        }
      }
      Object.defineProperty(functions, name, {
        configurable: true,
        get: () => {
          const found = find()
          define(name, found)
          return found
        }
      })
    }
  }
  const close = () => {
    for (const name of Object.getOwnPropertyNames(functions)) define(name, afterUnload)
  }
  return { functions: functions as Functions, close }
}

/** Binds all functions. The library of Message Queuing is loaded at once, and that throws where it is not there. */
export const bind = ({ identityLibrary, library }: LibraryFiles): Bindings & { readonly unload: () => void } => {
  configure()
  const loaded = new Map<string, LibraryHandle>()
  const load = (file: string): LibraryHandle => {
    const handle = loaded.get(file) ?? koffi.load(file)
    loaded.set(file, handle)
    return handle
  }
  load(library)
  const own = functionsOf({ mqrt: library, advapi32: "advapi32.dll", kernel32: "kernel32.dll" }, load)
  const identity =
    identityLibrary === undefined
      ? own
      : functionsOf({ mqrt: library, advapi32: identityLibrary, kernel32: identityLibrary }, load)
  return {
    functions: own.functions,
    identity: identity.functions,
    permits: Semaphore.makeUnsafe(callsOffMainThread),
    unload: () => {
      own.close()
      identity.close()
      for (const handle of loaded.values()) handle.unload()
      loaded.clear()
    }
  }
}
