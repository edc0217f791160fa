import type { systemQueues } from "../../mqrt/QueueValues.ts"

/** The kinds of format names: the records that a name is read into, and what each kind can be used for. */

/**
 * The queues that every computer has: its journal, its dead-letter queue and its transactional dead-letter queue.
 *
 * @category models
 * @since 0.1.0
 */
export type SystemQueue = (typeof systemQueues)[number]

/**
 * How a direct name reaches its computer: by the computer's name, by IP address, by URL, or over IPX, which Windows no
 * longer has (behaviour B-15).
 *
 * @category models
 * @since 0.1.0
 */
export type Protocol = "os" | "tcp" | "http" | "https" | "ipx"

/**
 * A queue, rather than its journal or one of its subqueues.
 *
 * @category models
 * @since 0.1.0
 */
export interface WholeQueue {
  readonly journal: false
  readonly subqueue: null
}

/**
 * The journal of a queue: the suffix `;JOURNAL`.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueJournal {
  readonly journal: true
  readonly subqueue: null
}

/**
 * A subqueue: the suffix `;name`, of 1 to 32 characters. A journal has none, and neither has a subqueue (behaviours
 * B-35, B-38, B-39).
 *
 * @category models
 * @since 0.1.0
 */
export interface Subqueue {
  readonly journal: false
  readonly subqueue: string
}

/**
 * `DIRECT=`: a queue, its journal or one of its subqueues, by address, without a directory.
 *
 * - `address`: `"os"`: a computer name of 1 to 256 characters, `"."` for this one (behaviour B-12); `"tcp"`: an IPv4 or
 *   IPv6 address; `"http"`, `"https"`: a host, and `:port` after it unless it is 80 or 443; `"ipx"`: `network:host`
 * - `queue`: 1 to 124 UTF-16 units, spaces and characters beyond ASCII too, but no line break, no NUL and none of
 *   `" + , ; \` (behaviours B-01 to B-03)
 *
 * **Gotchas**
 *
 * Two addresses of one computer are two outgoing queues, each in its own order (behaviour B-13).
 *
 * @category models
 * @since 0.1.0
 */
export type Direct<Part extends WholeQueue | QueueJournal | Subqueue = WholeQueue | QueueJournal | Subqueue> = {
  readonly _tag: "Direct"
  readonly protocol: Protocol
  readonly address: string
  readonly isPrivate: boolean
  readonly queue: string
} & Part

/**
 * `DIRECT=...\SYSTEM$;...`: a system queue of a computer, by address.
 *
 * @category models
 * @since 0.1.0
 */
export interface DirectSystem {
  readonly _tag: "DirectSystem"
  readonly protocol: Protocol
  readonly address: string
  readonly systemQueue: SystemQueue
}

/**
 * `PUBLIC=`: a public queue, or its journal, by its GUID in the directory.
 *
 * @category models
 * @since 0.1.0
 */
export interface Public<Journal extends boolean = boolean> {
  readonly _tag: "Public"
  readonly queueGuid: string
  readonly journal: Journal
}

/**
 * `PRIVATE=`: a private queue, or its journal, by the GUID of its computer and its number there, 0 to 0xffffffff.
 *
 * @category models
 * @since 0.1.0
 */
export interface Private<Journal extends boolean = boolean> {
  readonly _tag: "Private"
  readonly computerGuid: string
  readonly queueNumber: number
  readonly journal: Journal
}

/**
 * `DL=`: a distribution list in the directory. `domain`: 1 to 255 characters, or `null`.
 *
 * @category models
 * @since 0.1.0
 */
export interface DistributionList {
  readonly _tag: "DistributionList"
  readonly listGuid: string
  readonly domain: string | null
}

/**
 * `MACHINE=`: a system queue of a computer, by the computer's GUID.
 *
 * @category models
 * @since 0.1.0
 */
export interface Machine {
  readonly _tag: "Machine"
  readonly computerGuid: string
  readonly systemQueue: SystemQueue
}

/**
 * `CONNECTOR=`: a connector queue. `xactOnly`: the transactional one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connector {
  readonly _tag: "Connector"
  readonly connectorGuid: string
  readonly xactOnly: boolean
}

/**
 * `MULTICAST=`: every queue that listens on a multicast address, 224.0.0.0 to 239.255.255.255, and port, 0 to 65535.
 *
 * @category models
 * @since 0.1.0
 */
export interface Multicast {
  readonly _tag: "Multicast"
  readonly address: string
  readonly port: number
}

/**
 * What a list may hold: what a message can be sent to (behaviour B-21).
 *
 * @category models
 * @since 0.1.0
 */
export type Element = Direct<WholeQueue> | Public<false> | Private<false> | DistributionList | Connector | Multicast

/**
 * Two destinations or more, separated by commas: each once, in alphabetical order (behaviour B-19).
 *
 * @category models
 * @since 0.1.0
 */
export interface Multiple {
  readonly _tag: "Multiple"
  readonly elements: readonly [Element, Element, ...ReadonlyArray<Element>]
}

/**
 * A format name that is not a list.
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
 * A format name. A record that you write by hand is taken as it stands; `FormatName.parse` and the constructors check it.
 *
 * @category models
 * @since 0.1.0
 */
export type FormatName = SingleFormatName | Multiple

/**
 * What a name can be used for: `"receive"` includes peeking; `"move"` is being the target of a move.
 *
 * @category models
 * @since 0.1.0
 */
export type NameUse = "create" | "send" | "receive" | "move" | "responseQueue" | "adminQueue" | "delete"
