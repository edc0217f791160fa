/** Kinds of path names: the records that a name is read into. */
import type { FormatName, SystemQueue } from "./formatNameKinds.ts"

/**
 * Path name. A record that you write by hand is not checked; `PathName.parse` and the constructors check it.
 *
 * @category models
 * @since 0.1.0
 */
export type PathName = QueuePath | SystemQueuePath

/**
 * Path name of a queue: `computer\queue`, or `computer\private$\queue` for a private one, followed by `;subqueue` for a
 * subqueue.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueuePath {
  /** Kind of the name. */
  readonly _tag: "QueuePath"
  /** Name of the computer: 1 to 256 characters. `"."` means this computer. */
  readonly computer: string
  /** `true` for a private queue. */
  readonly isPrivate: boolean
  /**
   * Name of the queue: 1 to 124 UTF-16 units. Spaces and characters beyond ASCII are legal; line breaks, NUL and `" + , ; \`
   * are not.
   */
  readonly queue: string
  /** Name of the subqueue: 1 to 32 of the same characters, or `null` for the queue itself. */
  readonly subqueue: string | null
}

/**
 * Path name of a system queue: `computer\system$;DEADLETTER`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SystemQueuePath {
  /** Kind of the name. */
  readonly _tag: "SystemQueuePath"
  /** Name of the computer: 1 to 256 characters. `"."` means this computer. */
  readonly computer: string
  /** System queue of that computer. */
  readonly systemQueue: SystemQueue
}

/** Name of a queue in any form that a program may use. */
export type QueueName = FormatName | PathName | string
