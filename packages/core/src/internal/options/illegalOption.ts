/** Reading of the arguments and options of a call, which fails before it does anything where one is illegal. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { IllegalOption } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import type { NameOf, OptionTable } from "./OptionTable.ts"
import type { Rule } from "./Rule.ts"
import { violationOf } from "./Rule.ts"
import { Violation } from "./Violation.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Call of a function, as its error names it. */
export interface Call {
  /** Function that was called. */
  readonly operation: Operation
  /** Name that the program used for the queue, where there is one. */
  readonly queue?: string | undefined
}

const reasonOf = ({ actual, nearest, option, rule }: Violation): IllegalOption => ({
  _tag: "IllegalOption",
  option,
  rule,
  actual,
  ...(nearest === undefined ? {} : { nearest })
})

/** Returns the error of a call for a violation. */
export const errorOf = ({ operation, ...context }: Call, violation: Violation): MsmqError =>
  operation.error(reasonOf(violation), context)

/** Reads the options of a call, or returns the error. `noun`: the word for the options, where they must be given. */
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

/** Reads an argument of a call, or returns the error. */
export const readArgument = <A>(call: Call, name: string, rule: Rule<A>, given: unknown): A | MsmqError => {
  const read = readRule(rule, name, given)
  return read instanceof Violation ? errorOf(call, read) : read
}

/** Reads a value by a rule. A proxy, which may throw whenever it is read, violates every rule. */
export const readRule = <A>(rule: Rule<A>, name: string, given: unknown): A | Violation => {
  try {
    return rule.read(given, name)
  } catch {
    return violationOf(name, rule.allowed, given)
  }
}

const effectOf = <A>(read: A | MsmqError): Effect.Effect<A, MsmqError> =>
  read instanceof MsmqError ? Effect.fail(read) : Effect.succeed(read)

/** Reads the options of a call as {@link readOptions} does, in an effect that fails with the error. */
export const options = <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined,
  noun?: string
): Effect.Effect<O, MsmqError> => Effect.suspend(() => effectOf(readOptions(call, table, given, noun)))

/** Reads an argument of a call as {@link readArgument} does, in an effect that fails with the error. */
export const argument = <A>(call: Call, name: string, rule: Rule<A>, given: unknown): Effect.Effect<A, MsmqError> =>
  Effect.suspend(() => effectOf(readArgument(call, name, rule, given)))

/** Reads an argument that may be left out, as {@link argument} does. */
export const optionalArgument = <A>(
  call: Call,
  name: string,
  rule: Rule<A>,
  given: unknown
): Effect.Effect<A | undefined, MsmqError> =>
  given === undefined ? Effect.undefined : argument(call, name, rule, given)

/** Reads the options of a call as {@link readOptions} does, and throws the error. */
export const optionsOrThrow = <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined,
  noun?: string
): O => {
  const read = readOptions(call, table, given, noun)
  if (read instanceof MsmqError) throw read
  return read
}

/** Reads the options of a call as {@link readOptions} does, into a result. */
export const optionsResult = <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined,
  noun?: string
): Result.Result<O, MsmqError> => {
  const read = readOptions(call, table, given, noun)
  return read instanceof MsmqError ? Result.fail(read) : Result.succeed(read)
}

/** Reads an argument of a call as {@link readArgument} does, into a result. */
export const argumentResult = <A>(
  call: Call,
  name: string,
  rule: Rule<A>,
  given: unknown
): Result.Result<A, MsmqError> => {
  const read = readArgument(call, name, rule, given)
  return read instanceof MsmqError ? Result.fail(read) : Result.succeed(read)
}

/** Reads an argument of a call as {@link readArgument} does, and throws the error. */
export const argumentOrThrow = <A>(call: Call, name: string, rule: Rule<A>, given: unknown): A => {
  const read = readArgument(call, name, rule, given)
  if (read instanceof MsmqError) throw read
  return read
}
