/**
 * Format names, by which Message Queuing opens queues, such as `DIRECT=OS:server\private$\orders`, for programs that do not use
 * Effect: what is illegal throws an `MsmqError`.
 *
 * @since 0.1.0
 */
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
  Public,
  QueueJournal,
  Subqueue,
  WholeQueue
} from "../FormatName.ts"
import * as FormatNames from "../FormatName.ts"
import type { DirectFields, JournalFields, SubqueueFields, WholeQueueFields } from "../internal/names/directFields.ts"
import type { PathName } from "../PathName.ts"

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
} from "../FormatName.ts"

/**
 * Parses a format name. Keywords may be in any letter case; names keep theirs. A list is sorted, without its duplicates.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `position` is the place of the mistake in the text. See
 * {@link FormatNames.parse}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * const journal = FormatName.parse("direct=os:server\\Private$\\orders;journal")
 *
 * FormatName.format(journal) // => "DIRECT=OS:server\\private$\\orders;JOURNAL"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (input: string): FormatName => Result.getOrThrow(FormatNames.parse(input))

/**
 * Parses the name of a queue: a format name, which has a keyword and `=` before any `\`, or else a path name.
 *
 * Throws an `MsmqError` with the reason `IllegalName`. See {@link FormatNames.fromString}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.fromString(".\\private$\\orders")._tag // => "QueuePath"
 * FormatName.fromString("DIRECT=TCP:10.0.0.7\\orders")._tag // => "Direct"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromString = (input: string): FormatName | PathName => Result.getOrThrow(FormatNames.fromString(input))

/**
 * Makes the direct name of a queue from its path name, by the name of its computer. It calls no queue manager: `formatName` of a
 * `Connection` asks it.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName, PathName } from "@effect-msmq/core/promises"
 *
 * const orders = PathName.parse("server\\private$\\orders")
 *
 * FormatName.format(FormatName.fromPathName(orders)) // => "DIRECT=OS:server\\private$\\orders"
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromPathName = (name: PathName): Direct<WholeQueue | Subqueue> | DirectSystem =>
  FormatNames.fromPathName(name)

/**
 * Prints a format name, with keywords as Microsoft writes them.
 *
 * See the example of {@link fromPathName}.
 *
 * @category printing
 * @since 0.1.0
 */
export const format = (name: FormatName): string => FormatNames.format(name)

/**
 * Returns `true` if two format names are equal but for letter case, which Message Queuing ignores. One queue may have several
 * names, which are not equal. See {@link FormatNames.equals}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.equals(FormatName.parse("DIRECT=OS:Server\\orders"), FormatName.parse("direct=os:server\\orders")) // => true
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const equals = (self: FormatName, that: FormatName): boolean => FormatNames.equals(self, that)

/**
 * Returns `true` if Message Queuing accepts a name for a use, such as `"send"` or `"receive"`. See {@link FormatNames.supports}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.supports(FormatName.parse("MULTICAST=234.1.1.1:8001"), "send") // => true
 * FormatName.supports(FormatName.parse("MULTICAST=234.1.1.1:8001"), "receive") // => false
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const supports = (self: FormatName | PathName, use: NameUse): boolean => FormatNames.supports(self, use)

/**
 * Makes the direct name of a queue, or of its journal or a subqueue. By default it is a public queue, by the name of its computer.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the field at fault. See {@link FormatNames.direct}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * const orders = FormatName.direct({ address: "server", isPrivate: true, queue: "orders" })
 *
 * FormatName.format(orders) // => "DIRECT=OS:server\\private$\\orders"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export function direct(fields: DirectFields & WholeQueueFields): Direct<WholeQueue>
export function direct(fields: DirectFields & JournalFields): Direct<QueueJournal>
export function direct(fields: DirectFields & SubqueueFields): Direct<Subqueue>
export function direct(fields: DirectFields & (WholeQueue | QueueJournal | Subqueue)): Direct
export function direct(
  fields: DirectFields & (WholeQueueFields | JournalFields | SubqueueFields | WholeQueue | QueueJournal | Subqueue)
): Direct {
  return Result.getOrThrow(FormatNames.direct(fields as DirectFields & WholeQueue))
}

/**
 * Makes the direct name of a system queue, by default by the name of its computer.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the address. See {@link FormatNames.directSystem}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.format(FormatName.directSystem({ address: "server", systemQueue: "deadletter" }))
 * // => "DIRECT=OS:server\\SYSTEM$;DEADLETTER"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const directSystem = (fields: Parameters<typeof FormatNames.directSystem>[0]): DirectSystem =>
  Result.getOrThrow(FormatNames.directSystem(fields))

const publicQueue = <Journal extends boolean = false>(
  fields: Parameters<typeof FormatNames.public<Journal>>[0]
): Public<Journal> => Result.getOrThrow(FormatNames.public<Journal>(fields))

const privateQueue = <Journal extends boolean = false>(
  fields: Parameters<typeof FormatNames.private<Journal>>[0]
): Private<Journal> => Result.getOrThrow(FormatNames.private<Journal>(fields))

export {
  /**
   * Makes the name of a private queue, or of its journal, by the GUID of its computer and its number there.
   *
   * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the field at fault. See {@link FormatNames.private}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { FormatName } from "@effect-msmq/core/promises"
   *
   * FormatName.format(FormatName.private({ computerGuid: "6d736d71-0000-4000-8000-000000000001", queueNumber: 16 }))
   * // => "PRIVATE=6d736d71-0000-4000-8000-000000000001\\00000010"
   * ```
   *
   * @category constructors
   * @since 0.1.0
   */
  privateQueue as private,
  /**
   * Makes the name of a public queue, or of its journal, by its GUID.
   *
   * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the GUID. See {@link FormatNames.public}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { FormatName } from "@effect-msmq/core/promises"
   *
   * FormatName.format(FormatName.public({ queueGuid: "6d736d71-0000-4000-8000-000000000001", journal: true }))
   * // => "PUBLIC=6d736d71-0000-4000-8000-000000000001;JOURNAL"
   * ```
   *
   * @category constructors
   * @since 0.1.0
   */
  publicQueue as public
}

/**
 * Makes the name of a distribution list.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the field at fault. See
 * {@link FormatNames.distributionList}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.format(FormatName.distributionList({ listGuid: "6d736d71-0000-4000-8000-000000000001" }))
 * // => "DL=6d736d71-0000-4000-8000-000000000001"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const distributionList = (fields: Parameters<typeof FormatNames.distributionList>[0]): DistributionList =>
  Result.getOrThrow(FormatNames.distributionList(fields))

/**
 * Makes the name of a system queue by the GUID of its computer.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the GUID. See {@link FormatNames.machine}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.format(FormatName.machine({ computerGuid: "6d736d71-0000-4000-8000-000000000001", systemQueue: "journal" }))
 * // => "MACHINE=6d736d71-0000-4000-8000-000000000001;JOURNAL"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const machine = (fields: Parameters<typeof FormatNames.machine>[0]): Machine =>
  Result.getOrThrow(FormatNames.machine(fields))

/**
 * Makes the name of a connector queue, by default of the one that is not transactional.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the GUID. See {@link FormatNames.connector}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.format(FormatName.connector({ connectorGuid: "6d736d71-0000-4000-8000-000000000001", xactOnly: true }))
 * // => "CONNECTOR=6d736d71-0000-4000-8000-000000000001;XACTONLY"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connector = (fields: Parameters<typeof FormatNames.connector>[0]): Connector =>
  Result.getOrThrow(FormatNames.connector(fields))

/**
 * Makes the name of a multicast address.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the field at fault. See {@link FormatNames.multicast}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * FormatName.format(FormatName.multicast({ address: "234.1.1.1", port: 8001 }))
 * // => "MULTICAST=234.1.1.1:8001"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const multicast = (fields: Parameters<typeof FormatNames.multicast>[0]): Multicast =>
  Result.getOrThrow(FormatNames.multicast(fields))

/**
 * Makes one name of several destinations, each once, in alphabetical order. For a single destination it is that name itself.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, when the list is empty or holds a name that cannot be sent to. See
 * {@link FormatNames.multiple}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName } from "@effect-msmq/core/promises"
 *
 * const orders = FormatName.direct({ address: "server", queue: "orders" })
 * const audit = FormatName.multicast({ address: "234.1.1.1", port: 8001 })
 *
 * FormatName.format(FormatName.multiple([audit, orders])) // => "DIRECT=OS:server\\orders,MULTICAST=234.1.1.1:8001"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const multiple = (elements: ReadonlyArray<Element>): Element | Multiple =>
  Result.getOrThrow(FormatNames.multiple(elements))
