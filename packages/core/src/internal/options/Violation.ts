/** Violation of a rule by something that a caller gave. */
export class Violation {
  /** Name of the argument, or path of the option, such as `provider.type`. */
  readonly option: string
  /** Values that are allowed, as the end of a sentence. */
  readonly rule: string
  /** Value that was given, in words. */
  readonly actual: string
  /** For an option that does not exist: the one that it resembles, or `null`. */
  readonly nearest: string | null | undefined

  constructor(option: string, rule: string, actual: string, nearest?: string | null) {
    this.option = option
    this.rule = rule
    this.actual = actual
    this.nearest = nearest
  }

  /** The same in an object that itself is an option. */
  in(parent: string): Violation {
    return new Violation(`${parent}.${this.option}`, this.rule, this.actual, this.nearest)
  }
}
