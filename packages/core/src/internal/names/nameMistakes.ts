/**
 * Common mistakes in names, as made by users of .NET, WCF, NServiceBus or Windows Explorer, or in string literals. The grammar
 * would only report the position where such a name stops being legal, which seldom shows the mistake.
 */

import * as Result from "effect/Result"
import { printName, readSpelling, type SpellingName } from "./spellings.ts"

/** Longest name that is checked. The patterns may take a time that grows with the square of the length. */
const longestName = 1024

/**
 * Returns the rule that a name breaks, with the way to write it where that is known; `undefined` where the mistake is another
 * one.
 */
type Advice = (...parts: ReadonlyArray<string>) => string | undefined

const backslashed = (path: string): string => path.replaceAll("/", "\\")

/** Returns the advice to read a name as another library writes it; `undefined` for a name that it would not read either. */
const readBy =
  (library: string, name: SpellingName): Advice =>
  (text) => {
    const read = readSpelling(name, text)
    return Result.isSuccess(read)
      ? `${library} writes it so, and QueueName.${name} reads it: as ${printName(read.success)}`
      : undefined
  }

/** Returns the advice to read a name with a prefix of another library, or the mistake in it or in `rest`, the format name behind it. */
const readOnlyBy =
  (library: string, name: SpellingName): Advice =>
  (text, rest) => {
    const read = readSpelling(name, text)
    if (Result.isSuccess(read)) return readBy(library, name)(text)
    const rule = (rest?.includes("=") === true ? mistakeIn(rest) : undefined) ?? read.failure.rule
    return `${library} writes it so, and QueueName.${name} reads such names, but not this one: ${rule}`
  }

const journalOf = (queue: string): string => (queue.includes("=") ? `${queue};JOURNAL` : `DIRECT=OS:${queue};JOURNAL`)

const systemQueues: Readonly<Record<string, string>> = {
  journal: "JOURNAL",
  deadletter: "DEADLETTER",
  xactdeadletter: "DEADXACT",
  deadxact: "DEADXACT"
}

/** Mistakes with their advice. The first that matches the whole name applies. */
const mistakes: ReadonlyArray<readonly [RegExp, Advice]> = [
  [/-----BEGIN/, () => "it is a text in PEM, as certificates and keys are, and no name of a queue"],
  [/^$/, () => "it is empty: write the computer and the queue, as in .\\private$\\orders"],
  [/^["'`](.+)["'`]$/s, (name) => `it stands in quotes: leave them out, as in ${name}`],
  [/^\s+(\S.*?)\s*$/s, (name) => `it begins with white space: leave that out, as in ${name}`],
  [/^(.*?)[\r\n]\s*$/s, (name) => `it ends in a line break: leave that out, as in ${name}`],
  [/^(formatname:(.*))$/is, readOnlyBy("System.Messaging", "fromDotNet")],
  [/^(msmq\.formatname:(.*))$/is, readOnlyBy("WCF", "fromNetMsmq")],
  [
    /^label:/is,
    () =>
      "the prefix Label: belongs to System.Messaging. Labels are no names: find the queue with MessageQueue.locate and open it " +
      "by the format name found"
  ],
  [/^(net\.msmq:\/\/.*)$/is, readOnlyBy("WCF", "fromNetMsmq")],
  [
    /^(https?:)\/*(.+)$/is,
    (scheme, rest) =>
      `a URL is a format name only with DIRECT= before it: write DIRECT=${scheme}//${rest.replaceAll("\\", "/")}`
  ],
  [
    /^([a-z][a-z\d+.-]*):\/\/.*$/is,
    (scheme) =>
      `no queue is named by a URL with ${scheme}: write its computer and its name, as in DIRECT=OS:server\\private$\\orders`
  ],
  [
    /^DIRECT=(https?:)[\\/]*([^\\/]+)[\\/]msmq[\\/](.+)$/is,
    (scheme, host, path) =>
      `a URL is written with slashes, and a host after two of them: write DIRECT=${scheme}//${host}/msmq/${path.replaceAll("\\", "/")}`
  ],
  [
    /^(direct|public|private|machine|dl|connector|multicast):(.+)$/is,
    (keyword, rest) => `"=" follows the keyword: write ${keyword.toUpperCase()}=${rest}`
  ],
  [
    /^((?:os|tcp|ipx):.+)$/is,
    (rest) => `an address is a format name only with DIRECT= before it: write DIRECT=${rest}`
  ],
  [
    /^DIRECT=TCP:([^\\:]*[a-z][^\\:]*)\\(.+)$/is,
    (host, path) => `TCP: stands before an IP address. By the name of a computer, write DIRECT=OS:${host}\\${path}`
  ],
  [
    /^(DIRECT=OS:)?\\\\+([^\\].*)$/is,
    (direct, name) => `no backslash stands before the computer: write ${direct}${name}`
  ],
  [/^([^\\@,=/]+@[^\\@;,=/]+)$/s, readBy("NServiceBus", "fromAddress")],
  [/^([^=]*\\(?:journal|deadletter|xactdeadletter)\$)$/is, readBy("System.Messaging", "fromDotNet")],
  [
    /^((?:DIRECT=OS:)?)private\$?[\\/](.+)$/is,
    (direct, queue) =>
      `the computer comes first, and "." is this one: write ${direct}.\\private$\\${backslashed(queue)}`
  ],
  [
    /^((?:DIRECT=[a-z]+:)?[^\\;,]*)\\(journal|deadletter|xactdeadletter|deadxact)\$$/is,
    (computer, queue) =>
      `the queues that every computer has are named by system$: write ${computer}\\system$;${systemQueues[queue.toLowerCase()]}`
  ],
  [
    /^([^;,]+);[^;,]*;[^,]*$/s,
    (queue) =>
      `only one suffix may follow ${queue}: neither a journal nor a subqueue has subqueues, or a journal of its own`
  ],
  [
    /^(.*[^\\])(?:\\+journal\$?|;journal\$?)$/is,
    (queue) => `a journal is named by the format name of its queue and ;JOURNAL: write ${journalOf(queue)}`
  ],
  [
    /^((?:DIRECT=(?:os|tcp):)?[^\\/;,]+)\\private\\(.+)$/is,
    (computer, queue) => `private queues are written with a $: write ${computer}\\private$\\${queue}`
  ],
  [
    /^([^\\].*\\\\.*[^\\])$/s,
    (name) => `backslashes are doubled in a string literal only: write ${name.replaceAll(/\\+/g, "\\")}`
  ],
  [
    /^(?!DIRECT=https?:)((?:DIRECT=(?:os|tcp):)?[^\\/;,]+\/[^\\]+)$/is,
    (name) => `the parts of a name are separated by "\\", not by "/": write ${backslashed(name)}`
  ],
  [
    /^([^\\]+\\private\$\\[^\\;,]+)\\([^\\;,]+)$/is,
    (queue, subqueue) => `a queue holds no other queues; a subqueue follows a semicolon: write ${queue};${subqueue}`
  ],
  [
    /^([^\\=;,]+)\\(?!(?:private|system)\$\\)[^\\;,]+\\[^\\]+$/is,
    (computer) =>
      `only private$ may stand between a computer and its queue, as in ${/[\s:]/.test(computer) ? "." : computer}\\private$\\orders`
  ],
  [
    /^((?:DIRECT=[a-z]+:)?[^\\;,=]+)\\+(?:private\$\\*)?$/is,
    (computer) =>
      `the name of the queue is missing, which has 1 to 124 characters: write it behind the computer, as in ${computer}\\private$\\orders`
  ],
  [
    /^(.*[^\\])(?<!\\(?:private|system)\$)\\+$/is,
    (name) => `a name does not end with a backslash: write ${name}, or add the missing part after it`
  ],
  [/^([^\\@,;=/:$+"]+)$/s, readBy("NServiceBus", "fromAddress")]
]

/** Returns `true` for a name in quotes, which the grammar would take for a part of its computer and its queue. */
export const isQuoted = (name: string): boolean => /^(['`])[\w.-]+\\.*\1$/.test(name)

/** Returns the mistake in a name in another notation; `undefined` where none is known. */
export const mistakeIn = (name: string): string | undefined => {
  if (name.length > longestName) return undefined
  for (const [pattern, advice] of mistakes) {
    const match = pattern.exec(name)
    if (match !== null) return advice(...match.slice(1).map((part: string | undefined) => part ?? ""))
  }
  return undefined
}
