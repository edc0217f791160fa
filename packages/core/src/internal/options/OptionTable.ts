/** Tables of the options of functions: names and rules. */
import { describeKind } from "../errors/describeValue.ts"
import { nearest } from "./nearest.ts"
import type { Manner, Rule } from "./Rule.ts"
import { violationOf } from "./Rule.ts"
import { Violation } from "./Violation.ts"

/** Options that a table has read: each once, and each as its rule returned it. */
class Checked {
  readonly #checked = true

  static is(options: object): boolean {
    return #checked in options && options.#checked
  }
}

/** Names of the options of a type, of all members where `O` is a union. */
export type NameOf<O> = O extends unknown ? keyof O & string : never

type Rules<Name extends string> = { readonly [N in Name]: Rule }

/** Rule for several options at once. */
type Together = (options: never) => Violation | undefined

/** Rules for the options of a function, one for each name. */
export class OptionTable<in out Name extends string> {
  /** Rules by name. */
  readonly rules: Rules<Name>
  /** Names of the options, for errors. */
  readonly names: ReadonlyArray<string>
  /** Rule for several options at once, where there is one. */
  readonly together: Together | undefined
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #required: ReadonlyArray<string>

  constructor(rules: Rules<Name>, together: Together | undefined) {
    this.rules = rules
    const entries = Object.entries<Rule>(rules)
    // A name that was read has a tag, and its fields may be given as they are.
    this.names = entries.flatMap(([name]) => (name === "_tag" ? [] : [name]))
    this.#rules = new Map(entries)
    this.#required = entries.flatMap(([name, rule]) => (rule.required ? [name] : []))
    this.together = together
  }

  /**
   * Reads options, each once. Refuses unknown options and illegal values. Options that a table has read before are returned as
   * they are. `noun`: the word for the options in errors.
   */
  read<O extends object>(given: O | undefined, noun: string): O | Violation {
    if (given === undefined && this.#required.length === 0) return none as O
    if (typeof given === "object" && given !== null && Checked.is(given)) return given
    const options = this.#object(given, noun)
    if (options instanceof Violation) return options
    const checked = new Checked() as object as Record<string, unknown>
    let name = noun
    try {
      // An option of an instance may be a getter of its prototype, which `Object.keys` does not find.
      for (name of isPlain(options) ? Object.keys(options) : this.#namesIn(options)) {
        const rule = this.#rules.get(name)
        if (rule === undefined) return this.#unknown(name)
        const value = options[name]
        if (value === undefined) continue
        const read = rule.read(value, name)
        if (read instanceof Violation) return read
        checked[name] = read
      }
    } catch (cause) {
      return new Violation(name, `it must be possible to read it: ${messageOf(cause)}`, "something that throws")
    }
    for (const name of this.#required) {
      if (checked[name] === undefined) return violationOf(name, `${this.#rules.get(name)?.allowed}`, undefined)
    }
    return this.together?.(checked as never) ?? (checked as O)
  }

  #object(given: unknown, noun: string): Readonly<Record<string, unknown>> | Violation {
    try {
      if (typeof given === "object" && given !== null && !Array.isArray(given)) {
        // No option could be read from a Map, a promise or a signal.
        if (isPlain(given) || this.names.some((name) => name in given)) return given as Record<string, unknown>
      }
    } catch {
      // The value is described below.
    }
    return new Violation(noun, `it must be an object with ${joinNames(this.names)}`, describeKind(given))
  }

  #namesIn(options: object): ReadonlyArray<string> {
    const own = Object.keys(options)
    return [...own, ...this.names.filter((name) => !own.includes(name) && name in options)]
  }

  #unknown(name: string): Violation {
    return new Violation(name, `Options are: ${this.names.join(", ")}`, "given", nearest(name, this.names))
  }
}

const none: object = Object.freeze(new Checked())

const joinNames = (names: ReadonlyArray<string>): string =>
  names.length === 1 ? `the option ${names[0]}` : `options of: ${names.join(", ")}`

/** Returns `true` for an object of a literal, of this realm or another, or of `Object.create(null)`. */
export const isPlain = (value: object): boolean => {
  const prototype: object | null = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : "it throws")

/** Makes the table of a function's options. `together`: a rule for several options at once. */
export const tableOf = <Name extends string>(rules: Rules<Name>, together?: Together): OptionTable<Name> =>
  new OptionTable(rules, together)

/** Returns options that were read, with some of them changed. */
export const withOptions = <O extends object, const P extends object>(options: O, changes: P): Omit<O, keyof P> & P =>
  Object.assign(new Checked(), options, changes)

/** Makes a rule for an option that is itself an object of options. */
export const nested = <O extends object, Name extends string = NameOf<O>>(
  noun: string,
  table: OptionTable<Name>,
  { secret = false }: Manner = {}
): Rule<O> => {
  const allowed = `${noun} with ${joinNames(table.names)}`
  return {
    allowed,
    required: false,
    read: (value, option) => {
      const read = typeof value === "object" && value !== null ? table.read<O>(value as O, "") : undefined
      if (read === undefined || (read instanceof Violation && read.option === "")) {
        return violationOf(option, allowed, value, secret)
      }
      return read instanceof Violation ? read.in(option) : read
    }
  }
}
