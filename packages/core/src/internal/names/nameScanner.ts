/** Scanner that reads a path name, a format name or a security descriptor from left to right, and knows its position. */
import * as Result from "effect/Result"
import type { MsmqError } from "../../MsmqError.ts"
import { describeText, describeValue } from "../errors/describeValue.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Reason that a text is illegal. */
export interface Illegal {
  /** Position of the first character that is illegal, from 0. */
  readonly position: number
  /** Rule for that position. */
  readonly rule: string
}

export type Read<A> = Result.Result<A, Illegal>

export type Reader<A> = (scanner: Scanner) => Read<A>

export class Scanner {
  readonly text: string
  position = 0

  constructor(text: string) {
    this.text = text
  }

  get next(): string {
    return this.text.charAt(this.position)
  }

  /**
   * Steps over `literal`, which is in lower case, in any case of the text (behaviour B-05). Returns `false` where the text goes
   * on otherwise.
   */
  accepts(literal: string): boolean {
    const end = this.position + literal.length
    if (this.text.slice(this.position, end).toLowerCase() !== literal) {
      return false
    }
    this.position = end
    return true
  }

  takeWhile(isPart: (code: number) => boolean): string {
    const start = this.position
    while (this.position < this.text.length && isPart(this.text.charCodeAt(this.position))) {
      this.position++
    }
    return this.text.slice(start, this.position)
  }

  illegal(rule: string, position = this.position): Result.Result<never, Illegal> {
    return Result.fail({ position, rule })
  }
}

/** Reads the whole text of a scanner. `what`: the noun for the text in errors. */
export const readToEnd = <A>(scanner: Scanner, reader: Reader<A>, what: string): Read<A> =>
  Result.flatMap(reader(scanner), (value) =>
    scanner.next === ""
      ? Result.succeed(value)
      : scanner.illegal(`the ${what} ends before ${JSON.stringify(scanner.next)}, which may not follow here`)
  )

export const readText = <A>(input: unknown, reader: Reader<A>): Read<A> =>
  typeof input === "string"
    ? readToEnd(new Scanner(input), reader, "name")
    : Result.fail({ position: 0, rule: `a name is a string, not ${describeValue(input)}` })

/** Reads the whole of a part of a name. */
export const readWhole = <A>(operation: Operation, input: string, reader: Reader<A>): Result.Result<A, MsmqError> =>
  Result.mapError(readText(input, reader), (illegal) =>
    operation.error({ _tag: "IllegalName", input: describeText(input), ...illegal })
  )

const between =
  (first: string, last: string) =>
  (code: number): boolean =>
    code >= first.charCodeAt(0) && code <= last.charCodeAt(0)

export const isDigit = between("0", "9")
const isUpper = between("A", "Z")
const isLower = between("a", "z")
const isUpperHex = between("A", "F")
const isLowerHex = between("a", "f")

export const isLetter = (code: number): boolean => isUpper(code) || isLower(code)
export const isHex = (code: number): boolean => isDigit(code) || isUpperHex(code) || isLowerHex(code)

/** Makes the reader of a whole number in its shortest form. With leading zeros, two different names could mean the same. */
export const decimal =
  (noun: string, first: number, last: number): Reader<number> =>
  (scanner) => {
    const start = scanner.position
    const digits = scanner.takeWhile(isDigit)
    const value = Number(digits)
    return String(value) === digits && value >= first && value <= last
      ? Result.succeed(value)
      : scanner.illegal(`${noun} is a number from ${first} to ${last}, without leading zeros`, start)
  }
