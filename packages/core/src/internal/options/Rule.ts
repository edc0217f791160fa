/** Rules for values that a caller gives: an argument, or the value of an option. */
import * as Predicate from "effect/Predicate"
import * as Guid from "../../mqrt/Guid.ts"
import { describeKind, describeValue } from "../errors/describeValue.ts"
import { Violation } from "./Violation.ts"

/** Rule for a value. `A`: the type of the values that it allows. */
export interface Rule<out A = unknown> {
  /** Values that are allowed, in words behind "it must be". */
  readonly allowed: string
  /** `true` for what must be given. */
  readonly required: boolean
  /** Returns the value to use, or the violation. `option`: the name or path of the option. */
  readonly read: (value: unknown, option: string) => A | Violation
}

/** Wording of a rule, beside what it allows. */
export interface Manner {
  /** `true` keeps the value out of errors. `false` by default. */
  readonly secret?: boolean
}

/** Makes a violation of a rule. `null` is refused everywhere, since its meaning is unclear. */
export const violationOf = (option: string, allowed: string, value: unknown, secret = false): Violation =>
  new Violation(
    option,
    value === null ? `it must be ${allowed}; to leave it out, give nothing or undefined` : `it must be ${allowed}`,
    secret ? describeKind(value) : describeValue(value)
  )

/** Makes a rule from a guard. */
export const guarded = <A>(
  allowed: string,
  is: (value: unknown) => value is A,
  { secret = false }: Manner = {}
): Rule<A> => ({
  allowed,
  required: false,
  read: (value, option) => (is(value) ? value : violationOf(option, allowed, value, secret))
})

/** Returns the same rule for a value that must be given. */
export const required = <A>(rule: Rule<A>): Rule<A> => ({ ...rule, required: true })

/** Joins alternatives for a sentence. */
const alternatives = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

export const oneOf = <const Values extends ReadonlyArray<string>>(values: Values): Rule<Values[number]> =>
  guarded(alternatives(values.map((value) => JSON.stringify(value))), (given): given is Values[number] =>
    values.some((value) => value === given)
  )

/** Makes a rule for the words that are the keys of a table. */
export const wordOf = <Word extends string>(table: Readonly<Record<Word, unknown>>): Rule<Word> =>
  guarded(
    alternatives(Object.keys(table).map((word) => JSON.stringify(word))),
    (value): value is Word => typeof value === "string" && Object.hasOwn(table, value)
  )

/**
 * Makes a rule of several, of which the first that allows the value applies. `allowed`: the values that they allow together.
 */
export const anyOf = <A>(allowed: string, ...rules: ReadonlyArray<Rule<A>>): Rule<A> => ({
  allowed,
  required: false,
  read: (value, option) => {
    for (const rule of rules) {
      const read = rule.read(value, option)
      if (!(read instanceof Violation)) return read
    }
    return violationOf(option, allowed, value)
  }
})

/** Makes a rule that also allows `null`. `meaning`: the meaning of `null`, for errors. */
export const orNull = <A>(rule: Rule<A>, meaning = ""): Rule<A | null> => {
  const allowed = `${rule.allowed}, or null${meaning}`
  return {
    allowed,
    required: rule.required,
    read: (value, option) => {
      if (value === null) return null
      const read = rule.read(value, option)
      return read instanceof Violation && read.option === option ? violationOf(option, allowed, value) : read
    }
  }
}

export const boolean = guarded("true or false", Predicate.isBoolean)

export const text = guarded("a string", Predicate.isString)

/** Rule for a name that goes to Windows, where a NUL would end it. */
export const name = guarded(
  "a string that is not empty and has no NUL",
  (value): value is string => typeof value === "string" && value !== "" && !value.includes("\0")
)

export const textUpTo = (maximum: number): Rule<string> =>
  guarded(
    `a string of at most ${maximum} UTF-16 units, without NUL`,
    (value): value is string => typeof value === "string" && value.length <= maximum && !value.includes("\0")
  )

export const wholeNumber = (minimum: number, maximum: number): Rule<number> =>
  guarded(
    `a whole number from ${minimum} ${maximum === Infinity ? "on" : `to ${maximum}`}`,
    (value): value is number =>
      Predicate.isNumber(value) && Number.isSafeInteger(value) && value >= minimum && value <= maximum
  )

export const finite = (minimum: number): Rule<number> =>
  guarded(
    `a number from ${minimum} on`,
    (value): value is number => Predicate.isNumber(value) && Number.isFinite(value) && value >= minimum
  )

export const guid = guarded(
  'a GUID without braces, such as "6d736d71-0000-4000-8000-000000000001"',
  (value): value is string => typeof value === "string" && Guid.isGuid(value)
)

export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

export const bytes = guarded("a Uint8Array", isBytes, { secret: true })

/** Returns `true` for a class, which is the only function with a prototype that cannot be replaced. */
const isClass = (value: object): boolean => Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false

/**
 * Returns `true` for a function that can be called for its result. A call of a generator function does nothing, and a call of a
 * class without `new` throws.
 */
export const isFunction = (value: unknown): value is (...given: ReadonlyArray<never>) => unknown =>
  typeof value === "function" && !Object.prototype.toString.call(value).includes("GeneratorFunction") && !isClass(value)

export const func = guarded("a function", isFunction)

/** Makes a rule for an array, each element of which keeps a rule. `least`: the smallest length. */
export const listOf = <A>(element: Rule<A>, least = 0): Rule<ReadonlyArray<A>> => {
  const allowed = `an array${least === 0 ? "" : ` of at least ${least}`}, each element of which is ${element.allowed}`
  return {
    allowed,
    required: false,
    read: (value, option) => {
      if (!Array.isArray(value) || value.length < least) return violationOf(option, allowed, value)
      const elements: Array<A> = []
      for (let index = 0; index < value.length; index++) {
        const read = element.read(value[index], `${option}[${index}]`)
        if (read instanceof Violation) return read
        elements.push(read)
      }
      return elements
    }
  }
}
