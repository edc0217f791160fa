import { tableOf } from "./OptionTable.ts"
import type { Rule } from "./Rule.ts"
import { isFunction, violationOf } from "./Rule.ts"

/** Part of a signal that every library has. */
type AnySignal = Pick<AbortSignal, "aborted" | "addEventListener" | "throwIfAborted">

/** Returns `true` for an abort signal, also of another realm or of a library. */
const isSignal = (value: unknown): value is AnySignal =>
  value instanceof AbortSignal ||
  (typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    typeof value.aborted === "boolean" &&
    "addEventListener" in value &&
    isFunction(value.addEventListener) &&
    "throwIfAborted" in value &&
    isFunction(value.throwIfAborted))

/** Signals that abort with one of another realm or of a library, each for as long as the program holds the other one. */
const followers = new WeakMap<AnySignal, AbortSignal>()

/** Returns a signal of this realm, as `AbortSignal.any` needs it, which aborts with another one for the same reason. */
const follow = (signal: AnySignal): AbortSignal => {
  const known = followers.get(signal)
  if (known !== undefined) return known
  const controller = new AbortController()
  const abort = () => controller.abort(reasonOf(signal))
  if (signal.aborted) abort()
  else signal.addEventListener("abort", abort, { once: true })
  followers.set(signal, controller.signal)
  return controller.signal
}

/** Returns the reason of a signal that has aborted. Signals of older libraries have no property for it. */
const reasonOf = (signal: AnySignal): unknown => {
  try {
    signal.throwIfAborted()
  } catch (reason) {
    return reason
  }
  return undefined
}

const allowed = "an AbortSignal, as the signal of an AbortController is"

export const signal: Rule<AbortSignal> = {
  allowed,
  required: false,
  read: (value, option) => {
    // The table refuses what only looks like a signal, and throws when it is read.
    if (!isSignal(value) || typeof value.aborted !== "boolean") return violationOf(option, allowed, value)
    return value instanceof AbortSignal ? value : follow(value)
  }
}

export const abortable = tableOf({ signal })
