/** Kinds of path names: the records that a name is read into. */
import type { SystemQueue } from "./formatNameKinds.ts"

/**
 * A path name. A record that you write by hand is taken as it stands; {@link parse}, {@link queuePath} and
 * {@link systemQueuePath} check it.
 *
 * @category models
 * @since 0.1.0
 */
export type PathName = QueuePath | SystemQueuePath

/**
 * The path name of a queue: `computer\queue`, or `computer\private$\queue` for a private one, and `;subqueue` after it
 * for a subqueue.
 *
 * - `computer`: 1 to 256 characters; `"."` is this computer
 * - `queue`: 1 to 124 UTF-16 units, spaces and characters beyond ASCII too, but no line break, no NUL and none of
 *   `" + , ; \` (behaviours B-01 to B-03)
 * - `subqueue`: 1 to 32 characters of the same alphabet, or `null` (behaviours B-38, B-39)
 *
 * @category models
 * @since 0.1.0
 */
export interface QueuePath {
  readonly _tag: "QueuePath"
  readonly computer: string
  readonly isPrivate: boolean
  readonly queue: string
  readonly subqueue: string | null
}

/**
 * The path name of a system queue: `computer\system$;DEADLETTER`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SystemQueuePath {
  readonly _tag: "SystemQueuePath"
  readonly computer: string
  readonly systemQueue: SystemQueue
}
