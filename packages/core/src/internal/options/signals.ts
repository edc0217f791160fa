import { tableOf } from "./OptionTable.ts"
import { guarded, isFunction } from "./Rule.ts"

/** Returns `true` for an abort signal, also of another realm or of a library. */
const isSignal = (value: unknown): value is AbortSignal =>
  value instanceof AbortSignal ||
  (typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    typeof value.aborted === "boolean" &&
    "addEventListener" in value &&
    isFunction(value.addEventListener) &&
    "throwIfAborted" in value &&
    isFunction(value.throwIfAborted))

export const signal = guarded("an AbortSignal, as the signal of an AbortController is", isSignal)

export const abortable = tableOf({ signal })
