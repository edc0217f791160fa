/**
 * Places in the program, for errors and leak reports.
 *
 * @since 0.1.0
 */
import * as Fiber from "effect/Fiber"
import type * as References from "effect/References"

/** Captured stack. Its frames refer to the `this` of every function on it, and so keep those objects alive. */
interface Captured {
  readonly error: Error
  readonly frame: References.StackFrame | undefined
}

/** Sites that are kept, and whose stacks have not been written out yet. */
const kept = new Set<CallSite>()

/** Number of stacks that are written out in one turn of the event loop. */
const stacksPerTurn = 64

const writeKept = (): void => {
  let written = 0
  for (const site of kept) {
    if (written++ === stacksPerTurn) return void setImmediate(writeKept)
    kept.delete(site)
    site.toString()
  }
}

let isWatching = false

/** Writes out kept stacks after a garbage collection. By then their frames may keep garbage alive. */
const collections = new FinalizationRegistry<undefined>(() => {
  isWatching = false
  writeKept()
})

const watch = (): void => {
  if (isWatching) return
  isWatching = true
  collections.register({}, undefined)
}

/**
 * Captures the JavaScript stack of the caller, for a {@link CallSite} that is made later.
 *
 * See the example of {@link CallSite}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const captureStack = (): Error => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const error = new Error()
  Error.stackTraceLimit = limit
  return error
}

/**
 * Place in the program where the object was made: the frames of Effect's named functions, then the JavaScript stack without the
 * frames of Effect, Node and the packages of the SDK.
 *
 * **Details**
 *
 * Making one is cheap. The stack is written out at the first call of `toString`. Until then the site keeps the objects alive whose
 * methods were running; afterwards it has only the text.
 *
 * @example
 * ```ts import.meta.vitest
 * import { CallSite } from "@effect-msmq/core/mqrt/CallSite"
 *
 * const openedHere = new CallSite()
 * openedHere.toString().includes("CallSite.ts") // => true
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class CallSite {
  #site: Captured | string
  #keepers = 0

  /** `error`: the error with the JavaScript stack, by default that of the caller. */
  constructor(error: Error = captureStack()) {
    this.#site = { error, frame: Fiber.getCurrent()?.cache.stackFrame }
  }

  /**
   * Returns the frame of a function that was called at this place, for the errors of Effect. `parent`: the frame of its caller.
   *
   * @since 0.1.0
   */
  frame(name: string, parent: References.StackFrame | undefined): References.StackFrame {
    return { name, parent, stack: () => this.toString().split("\n", 1)[0] }
  }

  /**
   * Counts a holder that keeps the site for a long time. After the next garbage collection the stack is written out as text, so
   * that the site keeps no object of the program alive, unless {@link letGo} comes first.
   *
   * @since 0.1.0
   */
  keep(): void {
    this.#keepers++
    if (typeof this.#site === "string") return
    kept.add(this)
    watch()
  }

  /**
   * Undoes one {@link keep}.
   *
   * @since 0.1.0
   */
  letGo(): void {
    this.#keepers--
    if (this.#keepers === 0) kept.delete(this)
  }

  /**
   * Returns the stack, a line for each frame of the program.
   *
   * @since 0.1.0
   */
  toString(): string {
    if (typeof this.#site !== "string") this.#site = write(this.#site)
    return this.#site
  }
}

const write = (captured: Captured): string => {
  const lines: Array<string> = []
  for (let { frame } = captured; frame !== undefined; frame = frame.parent) {
    const at = frame.stack()?.trim().split("\n")[0]
    if (at !== undefined && !frame.name.endsWith("(definition)")) {
      lines.push(at.includes("(") ? at : at.replace(/^at (.*)$/, `at ${frame.name} ($1)`))
    }
  }
  for (const line of (captured.error.stack ?? "").split("\n").slice(1)) lines.push(line.trim())
  return [...new Set(lines)].filter((at) => !isMachinery(at)).join("\n")
}

/** Returns `true` for a frame that is not of the program: of Effect's run loop, of Node, or of a package of the SDK. */
const isMachinery = (at: string): boolean =>
  machinery.some((part) => at.includes(part)) || besides.some((folder) => isIn(folder, at))

const machinery = ["/node_modules/effect/", "/node_modules/@effect-msmq/", "node:", "(<anonymous>)"]

/** Folder of all packages of the SDK, as stacks name it. */
const besides = [new URL("../../../", import.meta.url).href, new URL("../../../", import.meta.url).pathname]

/** Folder that a package has its modules in: `src`, or `dist` where it is built. */
const modules = new URL("..", import.meta.url).pathname.split("/").at(-2)

/** Returns `true` for a frame of a module of one of the packages in a folder. */
const isIn = (folder: string, at: string): boolean => {
  const start = at.indexOf(folder)
  return start !== -1 && at.slice(start + folder.length).split("/", 2)[1] === modules
}
