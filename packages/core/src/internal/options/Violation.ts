/** What is wrong with something that a caller gave. */
export class Violation {
  /** Where it is: the name of an argument, or the path of an option, such as `provider.type`. */
  readonly option: string
  /** What is allowed, as the end of a sentence. */
  readonly rule: string
  /** What was given. */
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
