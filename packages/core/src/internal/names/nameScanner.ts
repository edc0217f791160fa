/**
 * Reads a path name, a format name or a security descriptor from left to right, and knows where it stands.
 */
import * as Result from "effect/Result"
import { MsmqError } from "../../MsmqError.ts"
import { readArgument } from "../options/illegalOption.ts"
import { text as textRule } from "../options/Rule.ts"

/** Where the text stops making sense, from 0, and what holds there. */
export interface Illegal {
  readonly position: number
  readonly rule: string
}

export type Read<A> = Result.Result<A, Illegal>

export type Reader<A> = (scanner: Scanner) => Read<A>

/** `"any"` also takes spaces and characters beyond ASCII (behaviour B-03). */
export type Alphabet = "specified" | "any"

export class Scanner {
  readonly text: string
  readonly alphabet: Alphabet
  position = 0

  constructor(text: string, alphabet: Alphabet) {
    this.text = text
    this.alphabet = alphabet
  }

  get next(): string {
    return this.text.charAt(this.position)
  }

  /** Steps over `literal`, which is in lower case, whatever its case in the text (behaviour B-05). */
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

/** Reads all that the scanner has; `what`: what it is a text of. */
export const readToEnd = <A>(scanner: Scanner, reader: Reader<A>, what: string): Read<A> =>
  Result.flatMap(reader(scanner), (value) =>
    scanner.next === ""
      ? Result.succeed(value)
      : scanner.illegal(`the ${what} ends before "${scanner.next}"; remove what follows`)
  )

/** Reads the whole of `input`, a name, on behalf of `operation`. */
export const readWhole = <A>(
  operation: string,
  input: string,
  reader: Reader<A>,
  alphabet: Alphabet = "specified"
): Result.Result<A, MsmqError> => {
  const text = readArgument({ operation }, "input", textRule, input)
  if (text instanceof MsmqError) return Result.fail(text)
  return Result.mapError(
    readToEnd(new Scanner(input, alphabet), reader, "name"),
    (illegal) => new MsmqError({ operation, reason: { _tag: "IllegalName", input, ...illegal } })
  )
}

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

/** A whole number in its shortest form: with leading zeros two names would differ that mean the same. */
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
