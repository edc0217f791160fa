/** Grammars of queue names as System.Messaging, WCF, NServiceBus and Rebus write them: reads them and prints them. */
import * as Result from "effect/Result"
import { direct, formatName, print } from "./formatNameGrammar.ts"
import type { Direct, DirectSystem, FormatName, SystemQueue, WholeQueue, Subqueue } from "./formatNameKinds.ts"
import { ip } from "./nameAddresses.ts"
import { computer, queue, subqueue } from "./nameParts.ts"
import { type Read, type Reader, readToEnd, Scanner } from "./nameScanner.ts"
import { directOf, isPath, pathName, printPath } from "./pathNameGrammar.ts"
import type { PathName, QueuePath } from "./pathNameKinds.ts"

/** Name that a spelling is read into. */
export type Name = FormatName | PathName

export const printName = (name: Name): string => (isPath(name) ? printPath(name) : print(name))

/** Reads the rest of a text as another one. `map`: returns the position in the first text of one in the other. */
const readAs = <A>(scanner: Scanner, text: string, reader: Reader<A>, map: (position: number) => number): Read<A> => {
  const end = scanner.text.length
  const read = readToEnd(new Scanner(text), reader, "name")
  scanner.position = end
  return Result.mapError(read, ({ position, rule }) => ({ rule, position: Math.max(0, Math.min(map(position), end)) }))
}

/** Reads the rest of a text by itself. */
const readRest = <A>(scanner: Scanner, reader: Reader<A>): Read<A> => {
  const start = scanner.position
  return readAs(scanner, scanner.text.slice(start), reader, (position) => start + position)
}

const formatNameKeyword = /^(?:direct|public|private|machine|dl|connector|multicast)=/i

const systemQueuesOfDotNet: ReadonlyMap<string, SystemQueue> = new Map([
  ["journal$", "journal"],
  ["deadletter$", "deadletter"],
  ["xactdeadletter$", "deadxact"]
])

const dotNetSystemQueues: Readonly<Record<SystemQueue, string>> = {
  journal: "Journal$",
  deadletter: "DeadLetter$",
  deadxact: "XactDeadLetter$"
}

/** Returns the direct name of the journal of a queue; `undefined` for a name that has none. */
const journalOf = (name: PathName): Direct | undefined => {
  const whole = directOf(name)
  return whole._tag === "DirectSystem" || whole.subqueue !== null
    ? undefined
    : { ...whole, journal: true, subqueue: null }
}

/** Reads a path of System.Messaging, which ends in a name with `$` for a system queue or a journal. */
const dotNetPath: Reader<Name> = (scanner) =>
  Result.gen(function* () {
    const { text } = scanner
    const last = text.lastIndexOf("\\")
    const suffix = text.slice(last + 1).toLowerCase()
    const isOfComputer = last === text.indexOf("\\")
    const system = isOfComputer ? systemQueuesOfDotNet.get(suffix) : undefined
    if (system !== undefined) {
      const onComputer = yield* computer(scanner)
      scanner.position = text.length
      return { _tag: "SystemQueuePath", computer: onComputer, systemQueue: system }
    }
    if (isOfComputer || suffix !== "journal$") return yield* pathName(scanner)
    const whole = yield* readAs(scanner, text.slice(0, last), pathName, (position) => position)
    return (
      journalOf(whole) ?? (yield* scanner.illegal("only a queue has a journal: no subqueue and no system queue", last))
    )
  })

/**
 * Reads a path of System.Messaging: `FormatName:` and a format name, or a path, whose last part may be `Journal$`,
 * `DeadLetter$` or `XactDeadLetter$`.
 */
const dotNet: Reader<Name> = (scanner) => {
  if (scanner.accepts("formatname:")) return readRest<Name>(scanner, formatName)
  if (scanner.accepts("label:")) {
    return scanner.illegal(
      "a label is no name: find the queue with MessageQueue.locate, in promises with locateQueues, and open it by the format " +
        "name found",
      0
    )
  }
  if (formatNameKeyword.test(scanner.text)) {
    return scanner.illegal(
      "System.Messaging writes a format name behind FormatName: only; a format name without it is opened as it is"
    )
  }
  return dotNetPath(scanner)
}

const isIp = (address: string): boolean => Result.isSuccess(readToEnd(new Scanner(address), ip, "address"))

/** Returns the protocol and address of a host by a direct name. */
const addressOf = (host: string): string => {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host
  return isIp(bare) ? `TCP:${bare}` : `OS:${host.toLowerCase() === "localhost" ? "." : host}`
}

/** Returns a text without its percent-encoding; `undefined` where that is broken. */
const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Reads the rest of a text, in which percent signs encode bytes, behind `before`. */
const readDecoded = <A>(scanner: Scanner, before: string, reader: Reader<A>): Read<A> => {
  const start = scanner.position
  const encoded = scanner.text.slice(start)
  const text = decoded(encoded)
  if (text === undefined) {
    const rule = "a % stands before the two hexadecimal digits of a byte of UTF-8; a % itself is written %25"
    return scanner.illegal(rule, start + encoded.indexOf("%"))
  }
  return readAs(scanner, before + text, reader, (position) =>
    text === encoded && position >= before.length ? start + position - before.length : start
  )
}

/** Mistakes in a `net.msmq:` address: patterns that match as far as it is right, and rules for what follows. */
const netMsmqMistakes: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^net\.msmq:\/\/(?=[/?#]|$)/i,
    "the name of the computer is missing: write it as in net.msmq://server/private/orders"
  ],
  [/^net\.msmq:\/\/(?=[^/?#]*@)/i, "an address has no user: leave out what stands before the @, and the @"],
  [
    /^net\.msmq:\/\/(?:\[[^/?#]*\]|[^/?#:[]*)(?=:)/i,
    "Message Queuing has no ports: leave the : and the number behind it out"
  ],
  [
    /^net\.msmq:\/\/[^/?#]*(?=[?#]|$)/i,
    "a / and the queue follow the computer, as in net.msmq://server/private/orders"
  ],
  [/^[^?#]*(?=[?#])/, "an address has neither ? nor #; in the name of a queue they are written %3F and %23"],
  [
    /^net\.msmq:\/\/[^/]*\/(?=private(?:\$|%24)(?:\/|$))/i,
    "WCF writes private without a $: net.msmq://server/private/orders"
  ],
  [
    /^net\.msmq:\/\/[^/]*\/(?:private\/|(?!private\/))[^/]*(?=\/)/i,
    "only private/ stands between the computer and the queue; in the name of a queue a / is written %2F"
  ],
  [/^(?:(?!%5c)[^\\])*(?=\\|%5c)/i, "neither a computer nor a queue has a backslash in its name"]
]

/** Reads an address of WCF: `net.msmq://host/private/queue`, or `msmq.formatname:` and a format name. */
const netMsmq: Reader<FormatName> = (scanner) => {
  const { text } = scanner
  if (scanner.accepts("msmq.formatname:")) return readDecoded<FormatName>(scanner, "", formatName)
  if (!scanner.accepts("net.msmq://")) {
    return scanner.illegal(
      "an address of WCF begins with net.msmq:// or msmq.formatname:, as in net.msmq://server/private/orders"
    )
  }
  for (const [pattern, rule] of netMsmqMistakes) {
    const right = pattern.exec(text)
    if (right !== null) return scanner.illegal(rule, right[0].length)
  }
  const address = addressOf(scanner.takeWhile((code) => code !== slash))
  scanner.position++
  return readDecoded(scanner, `${address}\\${scanner.accepts("private/") ? "private$\\" : ""}`, direct)
}

const slash = "/".charCodeAt(0)

const part: Reader<Pick<QueuePath, "queue" | "subqueue">> = (scanner) =>
  Result.gen(function* () {
    return { queue: yield* queue(scanner), subqueue: scanner.accepts(";") ? yield* subqueue(scanner) : null }
  })

/** Reads an address of NServiceBus or Rebus, `queue@machine` or `queue`: a private queue, of this computer by default. */
const address: Reader<QueuePath | Direct<WholeQueue | Subqueue>> = (scanner) =>
  Result.gen(function* () {
    const { text } = scanner
    const at = text.indexOf("@")
    const second = at === -1 ? -1 : text.indexOf("@", at + 1)
    if (second !== -1) return yield* scanner.illegal("an address has one @ only: queue@machine", second)
    const backslash = text.indexOf("\\")
    if (backslash !== -1) {
      return yield* scanner.illegal(
        "an address has no backslash: it is queue@machine, or queue on this computer",
        backslash
      )
    }
    const named = yield* readAs(scanner, at === -1 ? text : text.slice(0, at), part, (position) => position)
    const host = at === -1 ? "." : text.slice(at + 1)
    if (isIp(host)) return { _tag: "Direct", protocol: "tcp", address: host, isPrivate: true, journal: false, ...named }
    const onComputer = yield* readAs(scanner, host, computer, (position) => at + 1 + position)
    return {
      _tag: "QueuePath",
      computer: onComputer.toLowerCase() === "localhost" ? "." : onComputer,
      isPrivate: true,
      ...named
    }
  })

/** Returns the name of a queue as System.Messaging reads it. */
export const printDotNet = (name: Name): string =>
  name._tag === "SystemQueuePath"
    ? `${name.computer}\\${dotNetSystemQueues[name.systemQueue]}`
    : name._tag === "QueuePath" && !systemQueuesOfDotNet.has(name.queue.toLowerCase())
      ? printPath(name)
      : `FormatName:${print(isPath(name) ? directOf(name) : name)}`

/** Returns the host of an address of WCF; `undefined` for a computer that `net.msmq:` cannot name. */
const netMsmqHost = (name: Direct | DirectSystem): string | undefined => {
  const { address, protocol } = name
  if (protocol === "tcp") return address.includes(":") ? `[${address}]` : address
  if (protocol !== "os") return undefined
  if (address === ".") return "localhost"
  // Other computers have no host of their own in a URL.
  return !/[/?#@:[\]%]/.test(address) && addressOf(address) === `OS:${address}` ? address : undefined
}

/** Returns a text with percent-encoding. Half a surrogate pair, which has none, stays as it is. */
const encoded = (text: string): string => text.replaceAll(/[^\w.~$@\p{Surrogate}-]/gu, encodeURIComponent)

const netMsmqPath = (name: Direct | DirectSystem): string =>
  name._tag === "DirectSystem"
    ? `system$;${name.systemQueue.toUpperCase()}`
    : `${name.isPrivate ? "private/" : ""}${encoded(name.queue)}` +
      (name.journal ? ";JOURNAL" : name.subqueue === null ? "" : `;${encoded(name.subqueue)}`)

const netMsmqAddress = (name: Direct | DirectSystem): string | undefined => {
  const host = netMsmqHost(name)
  return host === undefined ? undefined : `net.msmq://${host}/${netMsmqPath(name)}`
}

/** Returns the name of a queue as WCF reads it: a `net.msmq:` address, or `msmq.formatname:` where there is none. */
export const printNetMsmq = (name: Name): string => {
  const known = isPath(name) ? directOf(name) : name
  const address = known._tag === "Direct" || known._tag === "DirectSystem" ? netMsmqAddress(known) : undefined
  return address ?? `msmq.formatname:${print(known).replaceAll(/[%?#]/g, encodeURIComponent)}`
}

/** Readers of the spellings, by the names of their public functions. */
export const spellings = {
  fromDotNet: dotNet,
  fromNetMsmq: netMsmq,
  fromAddress: address
} as const satisfies Readonly<Record<string, Reader<Name>>>

/** Name of the function of `QueueName` that reads a spelling. */
export type SpellingName = keyof typeof spellings

/** Reads the whole of a name in one of the spellings. */
export const readSpelling = (name: SpellingName, text: string): Read<Name> =>
  readToEnd<Name>(new Scanner(text), spellings[name], "name")
