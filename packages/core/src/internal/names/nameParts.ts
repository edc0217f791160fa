/**
 * The words that path names and format names are made of, with their alphabets and limits (behaviours B-01 to B-03).
 */
import * as Result from "effect/Result"
import type { SystemQueue } from "./formatNameKinds.ts"
import { isHex, isLetter, type Reader } from "./nameScanner.ts"

interface Word {
  readonly noun: string
  readonly limit: number
  /** The last character of the alphabet; the first is "!". */
  readonly last: number
  readonly without: string
  /** What may stand right after the word. */
  readonly before: string
}

const queueWord: Word = { noun: "queue name", limit: 124, last: 0x7f, without: '"+,;\\', before: ",;\\" }
const subqueueWord: Word = { ...queueWord, noun: "subqueue name", limit: 32 }
// The grammar lets a computer name hold any printable character; those that separate the parts of a name could not be
// told from separators, and "=" would turn a mistyped format name into a path name.
const computerWord: Word = { noun: "computer name", limit: 256, last: 0x7e, without: ",;=\\", before: ",;\\" }
const domainWord: Word = { ...computerWord, noun: "domain name", limit: 255 }
const hostWord: Word = { ...computerWord, noun: "host name", without: ",/:;=[\\]", before: "/:" }

const word =
  ({ noun, limit, last, without, before }: Word): Reader<string> =>
  (scanner) => {
    const start = scanner.position
    const any = scanner.alphabet === "any"
    const text = scanner.takeWhile(
      (code) => code >= (any ? 0x20 : 0x21) && (any || code <= last) && !without.includes(String.fromCharCode(code))
    )
    if (text.length > limit) {
      return scanner.illegal(
        `a ${noun} has at most ${limit} characters, and this one has ${text.length}`,
        start + limit
      )
    }
    if (text !== "" && before.includes(scanner.next)) {
      return Result.succeed(text)
    }
    const alphabet = any ? "characters other than" : "printable ASCII characters other than the space and"
    const found = scanner.next === "" ? "" : `, so not ${JSON.stringify(scanner.next)} here`
    return scanner.illegal(`a ${noun} has 1 to ${limit} ${alphabet} ${Array.from(without).join(" ")}${found}`)
  }

export const computer: Reader<string> = word(computerWord)
export const domain: Reader<string> = word(domainWord)
export const host: Reader<string> = word(hostWord)

// These words begin other kinds of name: a queue that bore one of them could not be told from those.
const keywords = new Set(["private$", "system$"])

export const queue: Reader<string> = (scanner) => {
  const start = scanner.position
  return Result.flatMap(word(queueWord)(scanner), (name) =>
    keywords.has(name.toLowerCase())
      ? scanner.illegal(`no queue is called "${name}"; write private$\\queue, or system$; and a system queue`, start)
      : Result.succeed(name)
  )
}

/** What stands after a queue name and its semicolon: a word that Message Queuing reserves, or a subqueue. */
export const suffix: Reader<string> = word(subqueueWord)

const reserved = new Set(["journal", "deadletter", "deadxact", "xactonly"])

export const subqueue: Reader<string> = (scanner) => {
  const start = scanner.position
  return Result.flatMap(suffix(scanner), (name) =>
    reserved.has(name.toLowerCase())
      ? scanner.illegal(
          `"${name}" is reserved, so no subqueue is called so; the format name of a queue's journal ends in ;JOURNAL`,
          start
        )
      : Result.succeed(name)
  )
}

const systemQueues = new Map<string, SystemQueue>([
  ["journal", "journal"],
  ["deadletter", "deadletter"],
  ["deadxact", "deadxact"]
])

export const systemQueue: Reader<SystemQueue> = (scanner) => {
  const start = scanner.position
  const found = systemQueues.get(scanner.takeWhile(isLetter).toLowerCase())
  return found === undefined
    ? scanner.illegal("the system queues are JOURNAL, DEADLETTER and DEADXACT; name one of them here", start)
    : Result.succeed(found)
}

export const guid: Reader<string> = (scanner) => {
  const start = scanner.position
  for (const [index, length] of [8, 4, 4, 4, 12].entries()) {
    const dashed = index === 0 || scanner.accepts("-")
    const group = scanner.position
    if (!dashed || scanner.takeWhile(isHex).length !== length) {
      const rule = "a GUID has 8, 4, 4, 4 and 12 hexadecimal digits joined by -, without braces"
      return scanner.illegal(rule, Math.min(scanner.position, group + length))
    }
  }
  return Result.succeed(scanner.text.slice(start, scanner.position))
}

export const queueNumber: Reader<number> = (scanner) => {
  const start = scanner.position
  const digits = scanner.takeWhile(isHex)
  return digits.length >= 1 && digits.length <= 8
    ? Result.succeed(Number.parseInt(digits, 16))
    : scanner.illegal(
        "the number of a private queue has 1 to 8 hexadecimal digits",
        Math.min(scanner.position, start + 8)
      )
}
