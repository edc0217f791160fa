import type { systemQueues } from "../../mqrt/QueueValues.ts"

/** Kinds of format names: the records that a name is read into, and the uses of each kind. */

/**
 * System queue, which every computer has: its journal, its dead-letter queue or its transactional dead-letter queue.
 *
 * @category models
 * @since 0.1.0
 */
export type SystemQueue = (typeof systemQueues)[number]

/**
 * Protocol of a direct name, which reaches its computer by the computer's name, by IP address, by URL, or over IPX, which
 * Windows no longer has.
 *
 * @category models
 * @since 0.1.0
 */
export type Protocol = "os" | "tcp" | "http" | "https" | "ipx"

/**
 * Part of a direct name that means the queue itself, rather than its journal or a subqueue.
 *
 * @category models
 * @since 0.1.0
 */
export interface WholeQueue {
  /** `false`: the name is not that of a journal. */
  readonly journal: false
  /** `null`: the name is not that of a subqueue. */
  readonly subqueue: null
}

/**
 * Part of a direct name that means the journal of the queue: the suffix `;JOURNAL`.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueJournal {
  /** `true`: the name is that of the journal. */
  readonly journal: true
  /** `null`: a journal has no subqueues. */
  readonly subqueue: null
}

/**
 * Part of a direct name that means a subqueue: the suffix `;name`. A journal has no subqueues, and neither has a subqueue.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subqueue {
  /** `false`: a subqueue has no journal. */
  readonly journal: false
  /** Name of the subqueue: 1 to 32 characters. */
  readonly subqueue: string
}

/**
 * Name of a queue, its journal or a subqueue by address, without a directory: `DIRECT=`.
 *
 * **Gotchas**
 *
 * Two addresses of one computer are two outgoing queues, each in its own order.
 *
 * @category models
 * @since 0.1.0
 */
export type Direct<Part extends WholeQueue | QueueJournal | Subqueue = WholeQueue | QueueJournal | Subqueue> = {
  /** Kind of the name. */
  readonly _tag: "Direct"
  /** Protocol of the address. */
  readonly protocol: Protocol
  /**
   * Address of the computer. For `"os"` a computer name of 1 to 256 characters, `"."` for this computer; for
   * `"tcp"` an IPv4 or IPv6 address; for `"http"` and `"https"` a host, followed by `:port` unless the port is 80 or 443; for
   * `"ipx"` `network:host`.
   */
  readonly address: string
  /** `true` for a private queue. */
  readonly isPrivate: boolean
  /**
   * Name of the queue: 1 to 124 UTF-16 units. Spaces and characters beyond ASCII are legal; line breaks, NUL and `" + , ; \`
   * are not.
   */
  readonly queue: string
} & Part

/**
 * Name of a system queue of a computer, by address: `DIRECT=...\SYSTEM$;...`.
 *
 * @category models
 * @since 0.1.0
 */
export interface DirectSystem {
  /** Kind of the name. */
  readonly _tag: "DirectSystem"
  /** Protocol of the address. */
  readonly protocol: Protocol
  /** Address of the computer, as in {@link Direct}. */
  readonly address: string
  /** System queue of that computer. */
  readonly systemQueue: SystemQueue
}

/**
 * Name of a public queue, or of its journal, by the GUID of the queue in the directory: `PUBLIC=`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Public<Journal extends boolean = boolean> {
  /** Kind of the name. */
  readonly _tag: "Public"
  /** GUID of the queue in the directory, without braces. */
  readonly queueGuid: string
  /** `true` for the journal of the queue. */
  readonly journal: Journal
}

/**
 * Name of a private queue, or of its journal, by the GUID of its computer and its number there: `PRIVATE=`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Private<Journal extends boolean = boolean> {
  /** Kind of the name. */
  readonly _tag: "Private"
  /** GUID of the computer, without braces. */
  readonly computerGuid: string
  /** Number of the queue on that computer: 0 to 0xffffffff. */
  readonly queueNumber: number
  /** `true` for the journal of the queue. */
  readonly journal: Journal
}

/**
 * Name of a distribution list in the directory: `DL=`.
 *
 * @category models
 * @since 0.1.0
 */
export interface DistributionList {
  /** Kind of the name. */
  readonly _tag: "DistributionList"
  /** GUID of the list in the directory, without braces. */
  readonly listGuid: string
  /** Domain of the list: 1 to 255 characters, or `null` for none. */
  readonly domain: string | null
}

/**
 * Name of a system queue of a computer, by the computer's GUID: `MACHINE=`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Machine {
  /** Kind of the name. */
  readonly _tag: "Machine"
  /** GUID of the computer, without braces. */
  readonly computerGuid: string
  /** System queue of that computer. */
  readonly systemQueue: SystemQueue
}

/**
 * Name of a connector queue: `CONNECTOR=`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connector {
  /** Kind of the name. */
  readonly _tag: "Connector"
  /** GUID of the connected network, without braces. */
  readonly connectorGuid: string
  /** `true` for the transactional connector queue. */
  readonly xactOnly: boolean
}

/**
 * Name of all queues that listen on a multicast address: `MULTICAST=`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Multicast {
  /** Kind of the name. */
  readonly _tag: "Multicast"
  /** Multicast address: 224.0.0.0 to 239.255.255.255. */
  readonly address: string
  /** Port: 0 to 65535. */
  readonly port: number
}

/**
 * Element of a list: a name that messages can be sent to, so no journal and no system queue.
 *
 * @category models
 * @since 0.1.0
 */
export type Element = Direct<WholeQueue> | Public<false> | Private<false> | DistributionList | Connector | Multicast

/**
 * List of two destinations or more, separated by commas.
 *
 * @category models
 * @since 0.1.0
 */
export interface Multiple {
  /** Kind of the name. */
  readonly _tag: "Multiple"
  /** Destinations: each once, in alphabetical order. */
  readonly elements: readonly [Element, Element, ...ReadonlyArray<Element>]
}

/**
 * Format name that is not a list.
 *
 * @category models
 * @since 0.1.0
 */
export type SingleFormatName =
  | Direct
  | DirectSystem
  | Public
  | Private
  | DistributionList
  | Machine
  | Connector
  | Multicast

/**
 * Format name. A record that you write by hand is not checked; `FormatName.parse` and the constructors check it.
 *
 * @category models
 * @since 0.1.0
 */
export type FormatName = SingleFormatName | Multiple

/**
 * Use of a name. `"receive"` includes peeking; `"move"` means the target of a move.
 *
 * @category models
 * @since 0.1.0
 */
export type NameUse = "create" | "send" | "receive" | "move" | "responseQueue" | "adminQueue" | "delete"
