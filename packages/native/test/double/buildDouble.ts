/** Compiles the test doubles, for this system or for Windows, and keeps the results by the hash of what went in. */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"

/** Paths of the three libraries, and of a program that tries the first of them. Each is compiled when its path is asked for. */
export interface Built {
  readonly mqrt: string
  readonly identity: string
  readonly floor: string
  readonly smoke: string
}

/** Reason why there are none. */
export interface Missing {
  readonly missing: string
}

interface Toolchain {
  readonly compiler: string
  readonly flags: ReadonlyArray<string>
  readonly libraryFlags: ReadonlyArray<string>
  /** Names the subfolder of the cache. */
  readonly target: string
  readonly librarySuffix: string
  readonly programSuffix: string
}

const folder = import.meta.dirname
const cache = join(folder, "../../../../node_modules/.cache/mqrt-double")
const headers = [
  "abi.h",
  "accounts.h",
  "certificates.h",
  "events.h",
  "ledger.h",
  "names.h",
  "platform.h",
  "ports.h",
  "properties.h"
]
const commonFlags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"]

const hashOf = (compiler: string, flags: ReadonlyArray<string>, sources: ReadonlyArray<string>): string => {
  const hash = createHash("sha256").update(JSON.stringify([compiler, flags]))
  for (const file of [...sources, ...headers]) hash.update(readFileSync(join(folder, file)))
  return hash.digest("hex").slice(0, 16)
}

const run = (command: string, args: ReadonlyArray<string>): string | undefined => {
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: folder })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : `${command} ${args.join(" ")} failed:\n${stderr}`
}

/** Several test processes may build at once: each compiles to a name of its own, and a rename makes it whole. */
const compile = (
  { compiler, target }: Toolchain,
  flags: ReadonlyArray<string>,
  fileName: string,
  sources: readonly [string, ...Array<string>]
): string => {
  const directory = join(cache, target, hashOf(compiler, flags, sources))
  const output = join(directory, fileName)
  if (existsSync(output)) return output
  mkdirSync(directory, { recursive: true })
  const temporary = `${output}.${process.pid}`
  const failure = run(compiler, [...flags, sources[0], "-o", temporary])
  if (failure !== undefined) throw new Error(failure)
  renameSync(temporary, output)
  return output
}

/** A compiler that is not there is `missing`; code that does not compile is an error. */
const build = (toolchain: Toolchain): Built | Missing => {
  const absent = run(toolchain.compiler, ["--version"])
  if (absent !== undefined) return { missing: `no C compiler for ${toolchain.target}: ${absent}` }
  const libraryFlags = [...toolchain.flags, "-shared", ...toolchain.libraryFlags]
  const library = (name: string) => compile(toolchain, libraryFlags, `${name}${toolchain.librarySuffix}`, [`${name}.c`])
  return {
    get mqrt() {
      return library("mqrt")
    },
    get identity() {
      return library("identity")
    },
    get floor() {
      return library("floor")
    },
    // The program includes mqrt.c.
    get smoke() {
      return compile(toolchain, toolchain.flags, `smoke${toolchain.programSuffix}`, ["smoke.c", "mqrt.c"])
    }
  }
}

/** Shared objects for this machine. Sanitized ones need the sanitizers' runtime preloaded into Node. */
export const buildForLinux = (options: { readonly sanitize?: boolean } = {}): Built | Missing => {
  if (process.platform !== "linux") return { missing: `shared objects are built on linux, not on ${process.platform}` }
  // Code with checks compiles in half the time where it is optimized less, and runs as fast.
  const ofKind = options.sanitize === true ? ["-O1", "-g", "-fsanitize=address,undefined"] : ["-O2"]
  return build({
    compiler: "cc",
    flags: [...commonFlags, "-D_GNU_SOURCE", "-pthread", ...ofKind],
    libraryFlags: ["-fPIC"],
    target: options.sanitize === true ? "linux-sanitized" : "linux",
    librarySuffix: ".so",
    programSuffix: ""
  })
}

/** DLLs for x64 Windows, by the cross compiler. */
export const buildForWindows = (): Built | Missing =>
  build({
    compiler: "x86_64-w64-mingw32-gcc",
    flags: [...commonFlags, "-O2", "-D_WIN32_WINNT=0x0601", "-static-libgcc"],
    libraryFlags: [],
    target: "windows",
    librarySuffix: ".dll",
    programSuffix: ".exe"
  })
