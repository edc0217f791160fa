/**
 * Format names, by which Message Queuing opens queues, such as `DIRECT=OS:server\private$\orders`.
 *
 * Not every name supports every use: see {@link supports}. Without a directory (a workgroup) only direct names, multicast names
 * and the GUIDs of this computer can be resolved.
 *
 * @since 0.1.0
 */
import { dual } from "effect/Function"
import * as Result from "effect/Result"
import type {
  Connector,
  Direct,
  DirectSystem,
  DistributionList,
  Element,
  FormatName,
  Machine,
  Multicast,
  Multiple,
  NameUse,
  Private,
  Protocol,
  Public,
  QueueJournal,
  Subqueue,
  WholeQueue
} from "./internal/names/formatNameKinds.ts"
import type { DirectFields, JournalFields, SubqueueFields, WholeQueueFields } from "./internal/names/directFields.ts"
import { formatName, keyOf, list, print } from "./internal/names/formatNameGrammar.ts"
import { multicastAddress, port, protocols } from "./internal/names/nameAddresses.ts"
import { domain, guid, publicQueue, queue, queueNumber, subqueue } from "./internal/names/nameParts.ts"
import { readWhole } from "./internal/names/nameScanner.ts"
import { directOf } from "./internal/names/pathNameGrammar.ts"
import { permits } from "./internal/names/nameUses.ts"
import { readName } from "./internal/names/readName.ts"
import { argumentResult, optionsResult } from "./internal/options/illegalOption.ts"
import * as names from "./internal/options/nameOptions.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as PathName from "./PathName.ts"

export type {
  Connector,
  Direct,
  DirectSystem,
  DistributionList,
  Element,
  FormatName,
  Machine,
  Multicast,
  Multiple,
  NameUse,
  Private,
  Protocol,
  Public,
  QueueJournal,
  SingleFormatName,
  Subqueue,
  WholeQueue
} from "./internal/names/formatNameKinds.ts"
import * as operations from "./internal/telemetry/Operation.ts"

/**
 * Parses a format name. Keywords may be in any letter case; names keep theirs. A list is sorted, without its duplicates.
 *
 * Fails with `IllegalName`, whose `position` is the place of the mistake in the text, and whose `rule` says which text is legal
 * there.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const journal = Result.getOrThrow(FormatName.parse("direct=os:server\\Private$\\orders;journal"))
 *
 * FormatName.format(journal) // => "DIRECT=OS:server\\private$\\orders;JOURNAL"
 *
 * const broken = Result.getOrThrow(Result.flip(FormatName.parse("DIRECT=OS:server\\orders+returns")))
 *
 * broken.reason._tag === "IllegalName" && broken.reason.position // => 23
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (input: string): Result.Result<FormatName, MsmqError> =>
  readName(operations.FormatName.parse, input, formatName)

/**
 * Parses the name of a queue: a format name, which has a keyword and `=` before any `\`, or else a path name.
 *
 * Fails with `IllegalName`, as {@link parse} and `PathName.parse` do.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const tagOf = (input: string) => Result.getOrThrow(FormatName.fromString(input))._tag
 *
 * tagOf(".\\private$\\orders") // => "QueuePath"
 * tagOf("DIRECT=TCP:10.0.0.7\\orders") // => "Direct"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromString = (input: string): Result.Result<FormatName | PathName.PathName, MsmqError> => {
  const [start = ""] = (typeof input === "string" ? input : "").split("\\", 1)
  return start.includes("=") ? parse(input) : PathName.parse(input)
}

/**
 * Makes the direct name of a queue from its path name, by the name of its computer. It calls no queue manager, so that the
 * queue need not exist.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName, PathName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const orders = PathName.queuePath({ computer: "server", queue: "orders" })
 *
 * Result.map(orders, (path) => FormatName.format(FormatName.fromPathName(path)))
 * // => Result.succeed("DIRECT=OS:server\\orders")
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromPathName = (name: PathName.PathName): Direct<WholeQueue | Subqueue> | DirectSystem => directOf(name)

/**
 * Prints a format name, with keywords as Microsoft writes them.
 *
 * See the example of {@link parse}.
 *
 * @category printing
 * @since 0.1.0
 */
export const format = (name: FormatName): string => print(name)

/**
 * Returns `true` if two format names are equal but for letter case, which Message Queuing ignores.
 *
 * **Gotchas**
 *
 * One queue may have several names, which are not equal: `PRIVATE=` and `DIRECT=`, an address and a computer name.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const parse = (input: string) => Result.getOrThrow(FormatName.parse(input))
 *
 * FormatName.equals(parse("DIRECT=OS:server\\orders"), parse("direct=os:SERVER\\Orders")) // => true
 * FormatName.equals(parse("DIRECT=OS:server\\orders"), parse("DIRECT=TCP:10.0.0.7\\orders")) // => false
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const equals: {
  (that: FormatName): (self: FormatName) => boolean
  (self: FormatName, that: FormatName): boolean
} = dual(2, (self: FormatName, that: FormatName): boolean => keyOf(self) === keyOf(that))

/**
 * Returns `true` if Message Queuing accepts a name for a use. For other uses its functions return
 * `MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION`. For instance, no message can be received by a list, a multicast name or an HTTP
 * name, or sent to a journal, and no queue can be deleted by a direct name.
 *
 * A path name serves to create a queue. Every other use needs a format name.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const orders = Result.getOrThrow(FormatName.parse("DIRECT=HTTPS://server/MSMQ\\orders"))
 *
 * FormatName.supports(orders, "send") // => true
 * FormatName.supports(orders, "receive") // => false
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const supports: {
  (use: NameUse): (self: FormatName | PathName.PathName) => boolean
  (self: FormatName | PathName.PathName, use: NameUse): boolean
} = dual(2, permits)

const theQueue: WholeQueue = { journal: false, subqueue: null }

const theJournal: QueueJournal = { journal: true, subqueue: null }

/**
 * Makes the direct name of a queue. By default it is a public queue, by the name of its computer.
 *
 * Fails with `IllegalName`, whose `input` is the field at fault.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const orders = FormatName.direct({ address: "server", isPrivate: true, queue: "orders" })
 *
 * Result.map(orders, FormatName.format) // => Result.succeed("DIRECT=OS:server\\private$\\orders")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export function direct(fields: DirectFields & WholeQueueFields): Result.Result<Direct<WholeQueue>, MsmqError>
export function direct(fields: DirectFields & JournalFields): Result.Result<Direct<QueueJournal>, MsmqError>
export function direct(fields: DirectFields & SubqueueFields): Result.Result<Direct<Subqueue>, MsmqError>
export function direct(fields: DirectFields & (WholeQueue | QueueJournal | Subqueue)): Result.Result<Direct, MsmqError>
export function direct(
  fields: DirectFields & {
    /** `true` for the journal of the queue. `false` by default. */
    readonly journal?: boolean | undefined
    /** Name of a subqueue. `null`, none, by default. */
    readonly subqueue?: string | null | undefined
  }
): Result.Result<Direct, MsmqError> {
  return Result.gen(function* () {
    const operation = operations.FormatName.direct
    const given = yield* optionsResult({ operation }, names.direct, fields, "fields")
    const protocol = given.protocol ?? "os"
    const whole = {
      _tag: "Direct" as const,
      protocol,
      address: yield* readWhole(operation, given.address, protocols[protocol].address),
      isPrivate: given.isPrivate ?? false,
      queue: yield* readWhole(operation, given.queue, given.isPrivate === true ? queue : publicQueue)
    }
    return given.subqueue == null
      ? { ...whole, ...(given.journal === true ? theJournal : theQueue) }
      : { ...whole, journal: false, subqueue: yield* readWhole(operation, given.subqueue, subqueue) }
  })
}

/**
 * Makes the direct name of a system queue, by default by the name of its computer.
 *
 * Fails with `IllegalName`, whose `input` is the address.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const name = FormatName.directSystem({ address: "server", systemQueue: "deadletter" })
 *
 * Result.map(name, FormatName.format) // => Result.succeed("DIRECT=OS:server\\SYSTEM$;DEADLETTER")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const directSystem = (fields: {
  /** Protocol of the address. `"os"`, by the name of the computer, by default. */
  readonly protocol?: Protocol | undefined
  /** Address of the computer, as in {@link Direct}. */
  readonly address: string
  /** System queue of that computer. */
  readonly systemQueue: PathName.SystemQueue
}): Result.Result<DirectSystem, MsmqError> => {
  const operation = operations.FormatName.directSystem
  return Result.flatMap(optionsResult({ operation }, names.directSystem, fields, "fields"), (given) => {
    const { protocol = "os", systemQueue } = given
    return Result.map(readWhole(operation, given.address, protocols[protocol].address), (address) => ({
      _tag: "DirectSystem",
      protocol,
      address,
      systemQueue
    }))
  })
}

const publicName = <Journal extends boolean = false>(fields: {
  /** GUID of the queue in the directory, without braces. */
  readonly queueGuid: string
  /** `true` for the journal of the queue. `false` by default. */
  readonly journal?: Journal | undefined
}): Result.Result<Public<Journal>, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.FormatName.public
    const given = yield* optionsResult({ operation }, names.publicQueue, fields, "fields")
    return {
      _tag: "Public",
      queueGuid: yield* readWhole(operation, given.queueGuid, guid),
      journal: (given.journal ?? false) as Journal
    }
  })

const privateQueue = <Journal extends boolean = false>(fields: {
  /** GUID of the computer, without braces. */
  readonly computerGuid: string
  /** Number of the queue on its computer: 0 to 4,294,967,295. */
  readonly queueNumber: number
  /** `true` for the journal of the queue. `false` by default. */
  readonly journal?: Journal | undefined
}): Result.Result<Private<Journal>, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.FormatName.private
    const given = yield* optionsResult({ operation }, names.privateQueue, fields, "fields")
    return {
      _tag: "Private",
      computerGuid: yield* readWhole(operation, given.computerGuid, guid),
      queueNumber: yield* readWhole(operation, given.queueNumber.toString(16), queueNumber),
      journal: (given.journal ?? false) as Journal
    }
  })

export {
  /**
   * Makes the name of a private queue, or of its journal, by the GUID of its computer and its number there, a whole
   * number of 32 bits.
   *
   * Fails with `IllegalName`, whose `input` is the field at fault, the number in hexadecimal digits.
   *
   * @example
   * ```ts import.meta.vitest
   * import { FormatName } from "@effect-msmq/core"
   * import { Result } from "effect"
   *
   * const name = FormatName.private({ computerGuid: "6d736d71-0000-4000-8000-000000000001", queueNumber: 16 })
   *
   * Result.map(name, FormatName.format) // => Result.succeed("PRIVATE=6d736d71-0000-4000-8000-000000000001\\00000010")
   * ```
   *
   * @category constructors
   * @since 0.1.0
   */
  privateQueue as private,
  /**
   * Makes the name of a public queue, or of its journal, by its GUID.
   *
   * Fails with `IllegalName`, whose `input` is the GUID.
   *
   * @example
   * ```ts import.meta.vitest
   * import { FormatName } from "@effect-msmq/core"
   * import { Result } from "effect"
   *
   * const name = FormatName.public({ queueGuid: "6d736d71-0000-4000-8000-000000000001", journal: true })
   *
   * Result.map(name, FormatName.format) // => Result.succeed("PUBLIC=6d736d71-0000-4000-8000-000000000001;JOURNAL")
   * ```
   *
   * @category constructors
   * @since 0.1.0
   */
  publicName as public
}

/**
 * Makes the name of a distribution list.
 *
 * Fails with `IllegalName`, whose `input` is the field at fault.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const name = FormatName.distributionList({ listGuid: "6d736d71-0000-4000-8000-000000000001" })
 *
 * Result.map(name, FormatName.format) // => Result.succeed("DL=6d736d71-0000-4000-8000-000000000001")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const distributionList = (fields: {
  /** GUID of the list in the directory, without braces. */
  readonly listGuid: string
  /** Domain of the list. `null`, none, by default. */
  readonly domain?: string | null | undefined
}): Result.Result<DistributionList, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.FormatName.distributionList
    const given = yield* optionsResult({ operation }, names.distributionList, fields, "fields")
    return {
      _tag: "DistributionList",
      listGuid: yield* readWhole(operation, given.listGuid, guid),
      domain: given.domain == null ? null : yield* readWhole(operation, given.domain, domain)
    }
  })

/**
 * Makes the name of a system queue by the GUID of its computer.
 *
 * Fails with `IllegalName`, whose `input` is the GUID.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const name = FormatName.machine({ computerGuid: "6d736d71-0000-4000-8000-000000000001", systemQueue: "journal" })
 *
 * Result.map(name, FormatName.format) // => Result.succeed("MACHINE=6d736d71-0000-4000-8000-000000000001;JOURNAL")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const machine = (fields: {
  /** GUID of the computer, without braces. */
  readonly computerGuid: string
  /** System queue of that computer. */
  readonly systemQueue: PathName.SystemQueue
}): Result.Result<Machine, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.FormatName.machine
    const given = yield* optionsResult({ operation }, names.machine, fields, "fields")
    return {
      _tag: "Machine",
      computerGuid: yield* readWhole(operation, given.computerGuid, guid),
      systemQueue: given.systemQueue
    }
  })

/**
 * Makes the name of a connector queue, by default of the one that is not transactional.
 *
 * Fails with `IllegalName`, whose `input` is the GUID.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const name = FormatName.connector({ connectorGuid: "6d736d71-0000-4000-8000-000000000001", xactOnly: true })
 *
 * Result.map(name, FormatName.format) // => Result.succeed("CONNECTOR=6d736d71-0000-4000-8000-000000000001;XACTONLY")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connector = (fields: {
  /** GUID of the connected network (the foreign site), without braces. */
  readonly connectorGuid: string
  /** `true` for the transactional connector queue: the suffix `;XACTONLY`. `false` by default. */
  readonly xactOnly?: boolean | undefined
}): Result.Result<Connector, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.FormatName.connector
    const given = yield* optionsResult({ operation }, names.connector, fields, "fields")
    return {
      _tag: "Connector",
      connectorGuid: yield* readWhole(operation, given.connectorGuid, guid),
      xactOnly: given.xactOnly ?? false
    }
  })

/**
 * Makes the name of a multicast address.
 *
 * Fails with `IllegalName`, whose `input` is the field at fault.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const name = FormatName.multicast({ address: "234.1.1.1", port: 8001 })
 *
 * Result.map(name, FormatName.format) // => Result.succeed("MULTICAST=234.1.1.1:8001")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const multicast = (fields: {
  /** IPv4 address of class D: 224.0.0.0 to 239.255.255.255. */
  readonly address: string
  /** Port: 0 to 65,535. */
  readonly port: number
}): Result.Result<Multicast, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.FormatName.multicast
    const given = yield* optionsResult({ operation }, names.multicast, fields, "fields")
    return {
      _tag: "Multicast",
      address: yield* readWhole(operation, given.address, multicastAddress),
      port: yield* readWhole(operation, String(given.port), port)
    }
  })

/**
 * Makes one name of several destinations, each once, in alphabetical order. For a single destination it is that name itself.
 *
 * Fails with `IllegalName`, whose `input` is the list as it was given, when it is empty or holds a name that cannot be
 * sent to.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const both = Result.gen(function*() {
 *   const orders = yield* FormatName.direct({ address: "server", queue: "orders" })
 *   const audit = yield* FormatName.multicast({ address: "234.1.1.1", port: 8001 })
 *   return FormatName.format(yield* FormatName.multiple([audit, orders, audit]))
 * })
 *
 * both // => Result.succeed("DIRECT=OS:server\\orders,MULTICAST=234.1.1.1:8001")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const multiple = (elements: ReadonlyArray<Element>): Result.Result<Element | Multiple, MsmqError> =>
  Result.flatMap(
    argumentResult({ operation: operations.FormatName.multiple }, "elements", names.elements, elements),
    (given) =>
      // Elements were checked when they were made, or are taken as they stand: what is checked is that they make a list.
      readWhole(operations.FormatName.multiple, given.map(print).join(","), list)
  )
