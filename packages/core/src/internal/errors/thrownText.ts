/** Values that a program threw, as texts: each may be anything, and throw in its turn when it is asked. */
import { describeValue, isPem } from "./describeValue.ts"

/** Returns what an error says; `undefined` for what is none, or throws when it is asked. */
const errorText = (thrown: unknown, textOf: (error: Error) => string): string | undefined => {
  try {
    return thrown instanceof Error ? textOf(thrown) : undefined
  } catch {
    return undefined
  }
}

/** Returns the name and the message of an error that was thrown, and what else a thrown value is. */
export const thrownText = (thrown: unknown): string => {
  const text = errorText(thrown, ({ message, name }) => `${name}: ${message}`)
  if (text !== undefined) return text
  if (typeof thrown === "object" && thrown !== null) return "an object that is no Error was thrown"
  return said(thrown)
}

/** A text says what it says, unless it may be a secret. */
const said = (thrown: unknown): string =>
  typeof thrown === "string" && !isPem(thrown) ? thrown : describeValue(thrown)

/** Returns the message of an error that something failed with, and what else the failure is. */
export const failureText = (failure: unknown): string => errorText(failure, ({ message }) => message) ?? said(failure)
