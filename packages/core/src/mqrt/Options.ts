/**
 * Checks of options and arguments at run time; for the author of a backend, or of functions on top of the SDK, which then refuse
 * unknown options and illegal values as the SDK itself does.
 *
 * @since 0.1.0
 */
import { configured } from "../internal/options/configured.ts"
import * as internal from "../internal/options/illegalOption.ts"
import { Operation } from "../internal/telemetry/Operation.ts"
import type { NameOf, OptionTable } from "../internal/options/OptionTable.ts"
import * as tables from "../internal/options/OptionTable.ts"
import type { Rule } from "../internal/options/Rule.ts"
import * as rules from "../internal/options/Rule.ts"
import { duration } from "../internal/options/durations.ts"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { MsmqError } from "../MsmqError.ts"

export type {
  /**
   * Rules for all options of a function. See the example of `Options.table`.
   *
   * @category models
   * @since 0.1.0
   */
  OptionTable,
  /**
   * Rule for an argument or for the value of an option.
   *
   * @category models
   * @since 0.1.0
   */
  Rule
}

/**
 * Call whose options and arguments are checked, as errors name it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** Name of the function, such as `"InMemoryMqrt.layerWith"`. */
  readonly operation: string
  /** Name that the program used for the queue, where there is one. */
  readonly queue?: string | undefined
}

const callOf = ({ operation, ...context }: Call): internal.Call => ({
  operation: Operation.make(operation),
  ...context
})

/**
 * Makes the table of an options type, with a rule for each of its options.
 *
 * @example
 * ```ts import.meta.vitest
 * import { check, required, table, text, wholeNumber } from "@effect-msmq/core/mqrt/Options"
 * import { Effect } from "effect"
 *
 * interface GreetOptions {
 *   readonly name: string
 *   readonly times?: number | undefined
 * }
 *
 * const greetOptions = table<GreetOptions>()({
 *   name: required(text),
 *   times: wholeNumber(1, 10)
 * })
 *
 * const given = { name: "Ada", tims: 2 }
 * const error = Effect.runSync(Effect.flip(check<GreetOptions>({ operation: "greet" }, greetOptions, given)))
 * error.message // => 'greet: the option "tims" does not exist; did you mean "times"? Options are: name, times'
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const table: <O extends object>() => (rules: { readonly [Name in NameOf<O>]: Rule }) => OptionTable<NameOf<O>> =
  () => (rules) =>
    tables.tableOf(rules)

/**
 * Reads the options of a call, each once. Fails with `IllegalOption` for one that does not exist or is not allowed.
 * `noun` is the name of the argument in errors. Without it the options may be left out.
 *
 * See the example of {@link table}.
 *
 * @category checking
 * @since 0.1.0
 */
export const check: <O extends object>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  given: O | undefined,
  noun?: string
) => Effect.Effect<O, MsmqError> = (call, ...given) => internal.options(callOf(call), ...given)

/**
 * Reads an argument of a call. Fails with `IllegalOption` for one that is not allowed.
 *
 * @example
 * ```ts import.meta.vitest
 * import { checkArgument, text } from "@effect-msmq/core/mqrt/Options"
 * import { Effect } from "effect"
 *
 * const error = Effect.runSync(Effect.flip(checkArgument({ operation: "greet" }, "name", text, 7)))
 * error.reason._tag // => "IllegalOption"
 * ```
 *
 * @category checking
 * @since 0.1.0
 */
export const checkArgument: <A>(
  call: Call,
  name: string,
  rule: Rule<A>,
  given: unknown
) => Effect.Effect<A, MsmqError> = (call, ...given) => internal.argument(callOf(call), ...given)

/**
 * Reads the options of a call from the configuration of the program. Fails with `IllegalOption` where `config` is neither a `Config` nor
 * an object of them, and with `ConfigError` where the configuration is missing or illegal.
 *
 * @example
 * ```ts import.meta.vitest
 * import { fromConfig } from "@effect-msmq/core/mqrt/Options"
 * import { Config, ConfigProvider, Effect } from "effect"
 *
 * const read = fromConfig({ operation: "greet" }, { name: Config.String("NAME") })
 * const environment = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { NAME: "Ada" } }))
 *
 * Effect.runSync(read.pipe(Effect.provide(environment))) // => { name: "Ada" }
 * ```
 *
 * @category checking
 * @since 0.1.0
 */
export const fromConfig: <O>(call: Call, config: Config.Wrap<O>) => Effect.Effect<O, MsmqError | Config.ConfigError> = (
  call,
  config
) => configured(callOf(call), config)

/**
 * Makes a rule from a guard. `allowed` says in errors which values the guard accepts, after "it must be".
 *
 * @category rules
 * @since 0.1.0
 */
export const guarded: <A>(
  allowed: string,
  is: (value: unknown) => value is A,
  manner?: {
    /** `true` for errors that say only the kind of the value that was given. `false` by default. */
    readonly secret?: boolean
  }
) => Rule<A> = rules.guarded

/**
 * Makes the same rule for a value that must be given.
 *
 * @category rules
 * @since 0.1.0
 */
export const required: <A>(rule: Rule<A>) => Rule<A> = rules.required

/**
 * Makes the same rule for a value that may be `null` too.
 *
 * @category rules
 * @since 0.1.0
 */
export const orNull: <A>(rule: Rule<A>) => Rule<A | null> = rules.orNull

/**
 * Makes a rule that allows some strings.
 *
 * @category rules
 * @since 0.1.0
 */
export const oneOf: <const Values extends ReadonlyArray<string>>(values: Values) => Rule<Values[number]> = rules.oneOf

/**
 * Makes a rule for whole numbers of a range.
 *
 * @category rules
 * @since 0.1.0
 */
export const wholeNumber: (minimum: number, maximum: number) => Rule<number> = rules.wholeNumber

/**
 * Makes a rule for arrays with a rule for their elements. `least` is the least number of elements, 0 by default.
 *
 * @category rules
 * @since 0.1.0
 */
export const listOf: <A>(element: Rule<A>, least?: number) => Rule<ReadonlyArray<A>> = rules.listOf

/**
 * Makes a rule for an option that is itself an object of options. `noun` is its name in errors.
 *
 * @category rules
 * @since 0.1.0
 */
export const nested: <O extends object>(
  noun: string,
  table: OptionTable<NameOf<O>>,
  manner?: {
    /** `true` for errors that say only the kind of the value that was given in its place. `false` by default. */
    readonly secret?: boolean
  }
) => Rule<O> = tables.nested

/**
 * Allows `true` and `false`.
 *
 * @category rules
 * @since 0.1.0
 */
export const boolean: Rule<boolean> = rules.boolean

/**
 * Allows strings.
 *
 * @category rules
 * @since 0.1.0
 */
export const text: Rule<string> = rules.text

/**
 * Allows strings that are not empty and have no NUL.
 *
 * @category rules
 * @since 0.1.0
 */
export const name: Rule<string> = rules.name

/**
 * Allows a GUID without braces.
 *
 * @category rules
 * @since 0.1.0
 */
export const guid: Rule<string> = rules.guid

/**
 * Allows bytes, which errors never show.
 *
 * @category rules
 * @since 0.1.0
 */
export const bytes: Rule<Uint8Array> = rules.bytes

/**
 * Allows durations that are not negative.
 *
 * @category rules
 * @since 0.1.0
 */
export const durations: Rule<Duration.Input> = duration

/**
 * Allows functions that can be called for their result: no classes, and no generator functions.
 *
 * @category rules
 * @since 0.1.0
 */
export const functions: Rule<(...given: ReadonlyArray<never>) => unknown> = rules.func
