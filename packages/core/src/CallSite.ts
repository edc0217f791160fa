/**
 * Where something happened, for errors and leak reports.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"

/** A stack as it is captured: its frames hold the `this` of every function on it, and so whatever that holds. */
interface Captured {
  readonly error: Error
  readonly frame: References.StackFrame | undefined
}

/**
 * The place in the program where it was made: the frames of Effect's named functions, then the JavaScript stack without
 * the frames of Effect, Node and this package.
 *
 * **Details**
 *
 * Taking one is cheap. It is written out when it is first read as a string; until then it keeps the objects alive whose
 * methods were running, and from then on only the text.
 *
 * @category models
 * @since 0.1.0
 */
export class CallSite {
  #site: Captured | string

  constructor() {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 30
    const error = new Error()
    Error.stackTraceLimit = limit
    const fiber = Fiber.getCurrent()
    const frame = fiber === undefined ? undefined : Context.get(fiber.context, References.CurrentStackFrame)
    this.#site = { error, frame }
  }

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
  return [...new Set(lines)].filter((at) => !machinery.some((part) => at.includes(part))).join("\n")
}

/** Frames that say nothing of the program: Effect's run loop, Node's own, and this package. */
const machinery = [
  "/node_modules/effect/",
  "node:",
  "(<anonymous>)",
  new URL(".", import.meta.url).href,
  new URL(".", import.meta.url).pathname
]
