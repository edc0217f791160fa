import * as Context from "effect/Context"

/**
 * Function that calls a function of the program, such as the source of a batch. In promises it restores the asynchronous context of
 * the call that the program made, since a fiber may go on in that of another one.
 */
export const CallProgram: Context.Reference<<A>(body: () => A) => A> = Context.Reference<<A>(body: () => A) => A>(
  "@effect-msmq/core/promises/CallProgram",
  { defaultValue: () => (body) => body() }
)
