/** Violation of a rule by a value that a caller gave. */
export class Violation {
  /** Name of the argument, or path of the option, such as `provider.type`. */
  readonly option: string
  /** Values that are allowed, as the end of a sentence. */
  readonly rule: string
  /** Value that was given, in words. */
  readonly actual: string
  /** Option that a misspelt one resembles, or `null` for none; `undefined` for an option that exists. */
  readonly nearest: string | null | undefined

  constructor(option: string, rule: string, actual: string, nearest?: string | null) {
    this.option = option
    this.rule = rule
    this.actual = actual
    this.nearest = nearest
  }

  /** Returns the same violation by an option of an object that is itself an option. */
  in(parent: string): Violation {
    return new Violation(`${parent}.${this.option}`, this.rule, this.actual, this.nearest)
  }
}
