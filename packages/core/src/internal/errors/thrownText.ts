/** Texts for values that a program threw, which may be anything, and may themselves throw when they are read. */
import { describeText } from "./describeValue.ts"

/** Returns a text of an error; `undefined` for a value that is no error, or throws when it is read. */
const errorText = (thrown: unknown, textOf: (error: Error) => string): string | undefined => {
  try {
    return thrown instanceof Error ? textOf(thrown) : undefined
  } catch {
    return undefined
  }
}

/** Returns the name and message of an error that was thrown, and the description of any other value. */
export const thrownText = (thrown: unknown): string => {
  const text = errorText(thrown, ({ message, name }) => `${name}: ${message}`)
  if (text !== undefined) return text
  if (typeof thrown === "object" && thrown !== null) return "an object that is no Error was thrown"
  return describeText(thrown)
}

/** Returns the message of an error that something failed with, and the description of any other failure. */
export const failureText = (failure: unknown): string =>
  errorText(failure, ({ message }) => message) ?? describeText(failure)
