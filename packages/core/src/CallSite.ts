/**
 * Where something happened, for errors and leak reports.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"

/**
 * The place in the program where it was made: the frames of Effect's named functions, then the JavaScript stack without
 * the frames of Effect, Node and this package. Taking one is cheap; it is written out only when read as a string.
 *
 * @category models
 * @since 0.1.0
 */
export class CallSite {
  readonly #error: Error
  readonly #frame: References.StackFrame | undefined

  constructor() {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 30
    this.#error = new Error()
    Error.stackTraceLimit = limit
    const fiber = Fiber.getCurrent()
    this.#frame = fiber === undefined ? undefined : Context.get(fiber.context, References.CurrentStackFrame)
  }

  toString(): string {
    const lines: Array<string> = []
    for (let frame = this.#frame; frame !== undefined; frame = frame.parent) {
      const at = frame.stack()?.trim().split("\n")[0]
      if (at !== undefined && !frame.name.endsWith("(definition)")) {
        lines.push(at.includes("(") ? at : at.replace(/^at (.*)$/, `at ${frame.name} ($1)`))
      }
    }
    for (const line of (this.#error.stack ?? "").split("\n").slice(1)) lines.push(line.trim())
    return [...new Set(lines)].filter((at) => !machinery.some((part) => at.includes(part))).join("\n")
  }
}

/** Frames that say nothing of the program: Effect's run loop, Node's own, and this package. */
const machinery = [
  "/node_modules/effect/",
  "node:",
  "(<anonymous>)",
  new URL(".", import.meta.url).href,
  new URL(".", import.meta.url).pathname
]
