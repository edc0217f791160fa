/** Reading of what a call was given: the call goes on with it, or fails before anything else. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { IllegalOption } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import type { NameOf, OptionTable } from "./OptionTable.ts"
import type { Rule } from "./Rule.ts"
import { violationOf } from "./Rule.ts"
import { Violation } from "./Violation.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** The call that something was given to, as its error names it. */
export interface Call {
  readonly operation: Operation
  readonly queue?: string | undefined
}

const reasonOf = ({ actual, nearest, option, rule }: Violation): IllegalOption => ({
  _tag: "IllegalOption",
  option,
  rule,
  actual,
  ...(nearest === undefined ? {} : { nearest })
})

export const errorOf = ({ operation, ...context }: Call, violation: Violation): MsmqError =>
  operation.error(reasonOf(violation), context)

/** Reads the options of a call, or says what is wrong with them. `noun`: what they are called, where they are required. */
export const readOptions = <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined,
  noun?: string
): O | MsmqError => {
  const options =
    given === undefined && noun !== undefined
      ? violationOf(noun, `an object with options of: ${table.names.join(", ")}`, given)
      : table.read(given, noun ?? "options")
  return options instanceof Violation ? errorOf(call, options) : options
}

/** Reads an argument of a call, or says what is wrong with it. */
export const readArgument = <A>(call: Call, name: string, rule: Rule<A>, given: unknown): A | MsmqError => {
  const read = readRule(rule, name, given)
  return read instanceof Violation ? errorOf(call, read) : read
}

/** A proxy may throw whatever is asked of it. */
export const readRule = <A>(rule: Rule<A>, name: string, given: unknown): A | Violation => {
  try {
    return rule.read(given, name)
  } catch {
    return violationOf(name, rule.allowed, given)
  }
}

const effectOf = <A>(read: A | MsmqError): Effect.Effect<A, MsmqError> =>
  read instanceof MsmqError ? Effect.fail(read) : Effect.succeed(read)

/** As {@link readOptions}, for an effect. */
export const options = <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined,
  noun?: string
): Effect.Effect<O, MsmqError> => Effect.suspend(() => effectOf(readOptions(call, table, given, noun)))

/** As {@link readArgument}, for an effect. */
export const argument = <A>(call: Call, name: string, rule: Rule<A>, given: unknown): Effect.Effect<A, MsmqError> =>
  Effect.suspend(() => effectOf(readArgument(call, name, rule, given)))

/** As {@link readArgument}, for an argument that may be left out. */
export const optionalArgument = <A>(
  call: Call,
  name: string,
  rule: Rule<A>,
  given: unknown
): Effect.Effect<A | undefined, MsmqError> =>
  given === undefined ? Effect.undefined : argument(call, name, rule, given)

/** As {@link readOptions}, for what has no effect to fail in: throws. */
export const optionsOrThrow = <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined
): O => {
  const read = readOptions(call, table, given)
  if (read instanceof MsmqError) throw read
  return read
}

/** As {@link readOptions}, for a result. */
export const optionsResult = <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined,
  noun?: string
): Result.Result<O, MsmqError> => {
  const read = readOptions(call, table, given, noun)
  return read instanceof MsmqError ? Result.fail(read) : Result.succeed(read)
}

/** As {@link readArgument}, for a result. */
export const argumentResult = <A>(
  call: Call,
  name: string,
  rule: Rule<A>,
  given: unknown
): Result.Result<A, MsmqError> => {
  const read = readArgument(call, name, rule, given)
  return read instanceof MsmqError ? Result.fail(read) : Result.succeed(read)
}

/** As {@link readArgument}, for what has no effect to fail in: throws. */
export const argumentOrThrow = <A>(call: Call, name: string, rule: Rule<A>, given: unknown): A => {
  const read = readArgument(call, name, rule, given)
  if (read instanceof MsmqError) throw read
  return read
}
