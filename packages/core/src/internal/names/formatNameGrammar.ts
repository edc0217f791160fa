/** Grammar of format names: reads and prints them. */
import * as Match from "effect/Match"
import * as Result from "effect/Result"
import type {
  Direct,
  DirectSystem,
  Element,
  FormatName,
  Multiple,
  Protocol,
  QueueJournal,
  SingleFormatName,
  Subqueue,
  WholeQueue
} from "./formatNameKinds.ts"
import { isUrl, multicastAddress, port, protocols } from "./nameAddresses.ts"
import {
  domain,
  guid,
  publicQueue as publicQueueName,
  queue,
  queueNumber,
  subqueue,
  suffix,
  systemQueue
} from "./nameParts.ts"
import { isLetter, type Read, type Reader, type Scanner } from "./nameScanner.ts"
import { permits } from "./nameUses.ts"

/** Makes a reader of one of several words with the sign that ends it. Returns the value of the word. */
const keyword =
  <A>(meanings: ReadonlyMap<string, A>, sign: string, rule: string): Reader<A> =>
  (scanner) => {
    const start = scanner.position
    const meaning = meanings.get(scanner.takeWhile(isLetter).toLowerCase())
    return meaning !== undefined && scanner.accepts(sign) ? Result.succeed(meaning) : scanner.illegal(rule, start)
  }

const protocol: Reader<Protocol> = keyword(
  new Map<string, Protocol>([
    ["os", "os"],
    ["tcp", "tcp"],
    ["http", "http"],
    ["https", "https"],
    ["ipx", "ipx"]
  ]),
  ":",
  "DIRECT= goes on with OS:, TCP:, HTTP:, HTTPS: or IPX:, such as DIRECT=OS:server\\private$\\orders"
)

const part: Reader<WholeQueue | QueueJournal | Subqueue> = (scanner) =>
  Result.gen(function* () {
    if (!scanner.accepts(";")) {
      return { journal: false, subqueue: null }
    }
    const start = scanner.position
    const isJournal = (yield* suffix(scanner)).toLowerCase() === "journal"
    if (scanner.next === ";") {
      return yield* scanner.illegal("only one suffix may follow: neither a journal nor a subqueue has subqueues")
    }
    if (isJournal) {
      return { journal: true, subqueue: null }
    }
    scanner.position = start
    return { journal: false, subqueue: yield* subqueue(scanner) }
  })

export const direct: Reader<Direct | DirectSystem> = (scanner) =>
  Result.gen(function* () {
    const by = yield* protocol(scanner)
    const { address, after, before } = protocols[by]
    if (!scanner.accepts(before)) {
      return yield* scanner.illegal(`${before} stands before the host`)
    }
    const at = yield* address(scanner)
    if (!scanner.accepts(after.toLowerCase())) {
      return yield* scanner.illegal(`${after} follows the host and its port`)
    }
    // Windows takes either slash in a URL. A queue name may hold a "/", so the first one met decides for both places.
    const separator = isUrl(by) && scanner.next === "/" ? "/" : "\\"
    if (!scanner.accepts(separator)) {
      return yield* scanner.illegal(
        'a "\\" parts the address from the queue, as in DIRECT=OS:server\\orders; in a string literal, write it twice'
      )
    }
    if (scanner.accepts("system$;")) {
      return { _tag: "DirectSystem", protocol: by, address: at, systemQueue: yield* systemQueue(scanner) }
    }
    const isPrivate = scanner.accepts(`private$${separator}`)
    return {
      _tag: "Direct",
      protocol: by,
      address: at,
      isPrivate,
      queue: yield* (isPrivate ? queue : publicQueueName)(scanner),
      ...(yield* part(scanner))
    }
  })

const journal: Reader<boolean> = (scanner) =>
  scanner.accepts(";journal")
    ? Result.succeed(true)
    : scanner.next === ";"
      ? scanner.illegal("only ;JOURNAL may follow here; a subqueue is opened by its DIRECT= name")
      : Result.succeed(false)

const publicQueue: Reader<SingleFormatName> = (scanner) =>
  Result.gen(function* () {
    return { _tag: "Public", queueGuid: yield* guid(scanner), journal: yield* journal(scanner) }
  })

const privateQueue: Reader<SingleFormatName> = (scanner) =>
  Result.gen(function* () {
    const computerGuid = yield* guid(scanner)
    if (!scanner.accepts("\\")) {
      return yield* scanner.illegal('a "\\" and the number of the queue follow the GUID of its computer')
    }
    return {
      _tag: "Private",
      computerGuid,
      queueNumber: yield* queueNumber(scanner),
      journal: yield* journal(scanner)
    }
  })

const distributionList: Reader<SingleFormatName> = (scanner) =>
  Result.gen(function* () {
    return {
      _tag: "DistributionList",
      listGuid: yield* guid(scanner),
      domain: scanner.accepts("@") ? yield* domain(scanner) : null
    }
  })

const machine: Reader<SingleFormatName> = (scanner) =>
  Result.gen(function* () {
    const computerGuid = yield* guid(scanner)
    if (!scanner.accepts(";")) {
      return yield* scanner.illegal(";JOURNAL, ;DEADLETTER or ;DEADXACT follows the GUID of a machine")
    }
    return { _tag: "Machine", computerGuid, systemQueue: yield* systemQueue(scanner) }
  })

const connector: Reader<SingleFormatName> = (scanner) =>
  Result.gen(function* () {
    const connectorGuid = yield* guid(scanner)
    const xactOnly = scanner.accepts(";xactonly")
    return !xactOnly && scanner.next === ";"
      ? yield* scanner.illegal("only ;XACTONLY may follow the GUID of a connector")
      : { _tag: "Connector", connectorGuid, xactOnly }
  })

const multicast: Reader<SingleFormatName> = (scanner) =>
  Result.gen(function* () {
    const address = yield* multicastAddress(scanner)
    if (!scanner.accepts(":")) {
      return yield* scanner.illegal("a : and a port follow a multicast address")
    }
    return { _tag: "Multicast", address, port: yield* port(scanner) }
  })

const kind: Reader<Reader<SingleFormatName>> = keyword(
  new Map<string, Reader<SingleFormatName>>([
    ["direct", direct],
    ["public", publicQueue],
    ["private", privateQueue],
    ["dl", distributionList],
    ["machine", machine],
    ["connector", connector],
    ["multicast", multicast]
  ]),
  "=",
  "a format name begins with DIRECT=, PUBLIC=, PRIVATE=, DL=, MACHINE=, CONNECTOR= or MULTICAST="
)

const single: Reader<SingleFormatName> = (scanner) => Result.flatMap(kind(scanner), (read) => read(scanner))

// A name that can be sent to by itself may be an element; the name of a read-only queue may not (behaviours B-18, B-21).
const isElement = (name: SingleFormatName): name is Element => permits(name, "send")

const elementAfter = (scanner: Scanner, start: number, name: SingleFormatName): Read<Element> =>
  isElement(name)
    ? Result.succeed(name)
    : scanner.illegal("journals, dead-letter queues and subqueues cannot be sent to, so a list holds none", start)

const printPart = (name: { readonly journal: boolean; readonly subqueue?: string | null }): string =>
  name.journal ? ";JOURNAL" : name.subqueue == null ? "" : `;${name.subqueue}`

const printAddress = (name: { readonly protocol: Protocol; readonly address: string }): string =>
  `DIRECT=${name.protocol.toUpperCase()}:${protocols[name.protocol].before}${name.address}${protocols[name.protocol].after}`

export const print: (name: FormatName) => string = Match.type<FormatName>().pipe(
  Match.tagsExhaustive({
    Direct: (name) => `${printAddress(name)}\\${name.isPrivate ? "private$\\" : ""}${name.queue}${printPart(name)}`,
    DirectSystem: (name) => `${printAddress(name)}\\SYSTEM$;${name.systemQueue.toUpperCase()}`,
    Public: (name) => `PUBLIC=${name.queueGuid}${printPart(name)}`,
    Private: (name) =>
      `PRIVATE=${name.computerGuid}\\${name.queueNumber.toString(16).padStart(8, "0")}${printPart(name)}`,
    DistributionList: (name) => `DL=${name.listGuid}${name.domain === null ? "" : `@${name.domain}`}`,
    Machine: (name) => `MACHINE=${name.computerGuid};${name.systemQueue.toUpperCase()}`,
    Connector: (name) => `CONNECTOR=${name.connectorGuid}${name.xactOnly ? ";XACTONLY" : ""}`,
    Multicast: (name) => `MULTICAST=${name.address}:${name.port}`,
    Multiple: (name): string => name.elements.map(print).join(",")
  })
)

export const keyOf = (name: FormatName): string => print(name).toLowerCase()

const byKey = ([a]: readonly [string, Element], [b]: readonly [string, Element]): number => (a < b ? -1 : 1)

/** Returns a list with each element once, in order, or the only element (behaviour B-19). */
const collapse = (elements: readonly [Element, ...ReadonlyArray<Element>]): Element | Multiple => {
  const unique = new Map<string, Element>()
  for (const element of elements) {
    const key = keyOf(element)
    unique.set(key, unique.get(key) ?? element)
  }
  const [first = elements[0], second, ...rest] = Array.from(unique)
    .toSorted(byKey)
    .map(([, element]) => element)
  return second === undefined ? first : { _tag: "Multiple", elements: [first, second, ...rest] }
}

/** Reads one element or more, separated by commas. */
export const list: Reader<Element | Multiple> = (scanner) =>
  Result.gen(function* () {
    const elements: [Element, ...Array<Element>] = [yield* elementAfter(scanner, 0, yield* single(scanner))]
    while (scanner.accepts(",")) {
      const start = scanner.position
      elements.push(yield* elementAfter(scanner, start, yield* single(scanner)))
    }
    return collapse(elements)
  })

export const formatName: Reader<FormatName> = (scanner) =>
  Result.gen(function* () {
    const first = yield* single(scanner)
    if (scanner.next !== ",") {
      return first
    }
    scanner.position = 0
    return yield* list(scanner)
  })
