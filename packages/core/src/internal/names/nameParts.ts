/** Words of path names and format names, with their alphabets and limits (behaviours B-01 to B-03). */
import * as Result from "effect/Result"
import type { SystemQueue } from "./formatNameKinds.ts"
import { isHex, isLetter, type Reader } from "./nameScanner.ts"

interface Word {
  readonly noun: string
  readonly limit: number
  readonly allows: (code: number) => boolean
  /** Characters that the word may not have, in words. */
  readonly without: string
  /** Characters that may follow the word. */
  readonly before: string
}

/** Lengths of the longest words, in UTF-16 units. */
export const nameLimits = { computer: 256, queue: 124, subqueue: 32 } as const

const codesOf = (characters: string): ReadonlySet<number> =>
  new Set(Array.from(characters, (character) => character.charCodeAt(0)))

// Any other UTF-16 unit is legal, spaces and control characters too (behaviour B-03).
const notInQueues = codesOf('\0\r\n"+,;\\')

const queueWord: Word = {
  noun: "queue name",
  limit: nameLimits.queue,
  allows: (code) => !notInQueues.has(code),
  without: 'line break, NUL or any of " + , ; \\',
  before: ",;\\"
}
const subqueueWord: Word = { ...queueWord, noun: "subqueue name", limit: nameLimits.subqueue }

const isSpaceOrControl = (code: number): boolean => code <= 0x20 || (code >= 0x7f && code <= 0xa0)

/** Makes the rule of a word in an address, which may not have the separators of names. */
const addressWord = (noun: string, limit: number, separators: string, before: string): Word => {
  const excluded = codesOf(separators)
  return {
    noun,
    limit,
    allows: (code) => !isSpaceOrControl(code) && !excluded.has(code),
    without: `space, control character or any of ${Array.from(separators).join(" ")}`,
    before
  }
}

// With "=" in a computer name, a mistyped format name would be a path name.
const computerWord = addressWord("computer name", nameLimits.computer, ",;=\\", ",;\\")
const domainWord = addressWord("domain name", 255, ",;=\\", ",;\\")
const hostWord = addressWord("host name", 256, ",/:;=[\\]", "/:")

const word =
  ({ allows, before, limit, noun, without }: Word): Reader<string> =>
  (scanner) => {
    const start = scanner.position
    const text = scanner.takeWhile(allows)
    if (text.length > limit) {
      return scanner.illegal(
        `a ${noun} has at most ${limit} characters, and this one has ${text.length}`,
        start + limit
      )
    }
    if (text !== "" && before.includes(scanner.next)) {
      return Result.succeed(text)
    }
    const found = scanner.next === "" ? "" : `, so not ${JSON.stringify(scanner.next)} here`
    return scanner.illegal(`a ${noun} has 1 to ${limit} characters without a ${without}${found}`)
  }

// A word that begins so is another kind of name, or no name. As the name of a computer it would be accepted and lead nowhere.
const noComputer =
  /^(?:(?:private|system)\$$|(?:os|tcp|https?|ipx|direct|public|private|machine|dl|connector|multicast):)/i

export const computer: Reader<string> = (scanner) => {
  const start = scanner.position
  return Result.flatMap(word(computerWord)(scanner), (name) =>
    noComputer.test(name)
      ? scanner.illegal(`no computer is called ${name}; the computer comes first, as in .\\private$\\orders`, start)
      : Result.succeed(name)
  )
}

export const domain: Reader<string> = word(domainWord)
export const host: Reader<string> = word(hostWord)

// These words begin other kinds of names, which a queue of that name could not be told from.
const keywords = new Set(["private$", "system$"])

export const queue: Reader<string> = (scanner) => {
  const start = scanner.position
  return Result.flatMap(word(queueWord)(scanner), (name) =>
    keywords.has(name.toLowerCase())
      ? scanner.illegal(`no queue is called "${name}"; write private$\\queue, or system$; and a system queue`, start)
      : Result.succeed(name)
  )
}

// System.Messaging has these names for the system queues of a computer, as if they were public queues.
const systemQueueNames = new Set(["journal$", "deadletter$", "xactdeadletter$"])

export const publicQueue: Reader<string> = (scanner) => {
  const start = scanner.position
  return Result.flatMap(queue(scanner), (name) =>
    systemQueueNames.has(name.toLowerCase())
      ? scanner.illegal(
          "the queues of a computer are called system$;JOURNAL, system$;DEADLETTER and system$;DEADXACT",
          start
        )
      : Result.succeed(name)
  )
}

/** Reads the word after a queue name and its semicolon: a word that Message Queuing reserves, or a subqueue. */
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
