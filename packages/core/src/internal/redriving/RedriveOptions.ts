/** Options and reports of `MessageQueue.redrive` and `MessageQueue.removeMessages`. */
import type * as Duration from "effect/Duration"
import type { ReceivedMessage } from "../../Message.ts"
import type { ShareMode } from "../../Mqrt.ts"
import type { QueueName } from "../names/queueName.ts"

/**
 * Destination of messages that are redriven.
 *
 * - the name of a queue
 * - `"destinationQueue"`: the queue that each message was sent to, `destinationQueue` of the message
 * - a function that returns the name for a message, or `undefined` to leave the message where it is
 *
 * @category models
 * @since 0.1.0
 */
export type RedriveTarget = QueueName | "destinationQueue" | ((message: ReceivedMessage) => QueueName | undefined)

/**
 * Choice of the messages that are redriven, and settings of the run.
 *
 * @category models
 * @since 0.1.0
 */
export interface RedriveOptions {
  /**
   * Function that returns `true` for the messages that are redriven. It gets each message with its body as bytes, and returns at
   * once, not a promise. All messages by default.
   */
  readonly where?: ((message: ReceivedMessage) => boolean) | undefined
  /** Greatest number of messages that are redriven: a whole number from 0 on. No limit by default. */
  readonly limit?: number | undefined
  /**
   * `true` only counts: the report has the number of messages that would be redriven, and nothing is opened but the queue that they
   * are in, for peeking. `false` by default.
   */
  readonly dryRun?: boolean | undefined
  /**
   * Kind of the queues that messages go to, where it cannot be read from here, as that of another machine's queue: `true` if they are
   * transactional. By default their properties tell; for `"destinationQueue"` of another machine the kind of the queue that the
   * messages are in, since a dead letter is of the kind of the queue that it was sent to.
   */
  readonly transactional?: boolean | undefined
  /**
   * `"denyReceive"` keeps all others from receiving from the queue meanwhile, so that none of its messages is taken between its copy
   * and its removal where the queue is not transactional. `"denyNone"` by default.
   */
  readonly shareMode?: ShareMode | undefined
  /**
   * Function that is called after each message with the report so far. Keep it short. An error that it throws ends the redriving with
   * `SourceFailed`. A promise that it returns is not awaited, and its rejection is logged. None by default.
   */
  readonly onProgress?: ((report: RedriveReport) => void) | undefined
}

/**
 * Report of `redrive`. `examined` is the sum of the other two.
 *
 * @category models
 * @since 0.1.0
 */
export interface RedriveReport {
  /** Number of messages that were looked at. */
  readonly examined: number
  /** Number of messages that are now in another queue, or with `dryRun` would be. */
  readonly redriven: number
  /** Number of messages that are not: `where` or `to` left them out, or another receiver took or held them. */
  readonly skipped: number
}

/**
 * Choice of the messages that `removeMessages` removes. At least one of `where`, `olderThan` and `limit` is given.
 *
 * @category models
 * @since 0.1.0
 */
export interface RemoveOptions {
  /**
   * Function that returns `true` for the messages that are removed. It gets each message with its body as bytes, and returns at once,
   * not a promise. All messages by default.
   */
  readonly where?: ((message: ReceivedMessage) => boolean) | undefined
  /** Least age of the messages that are removed: a finite duration since their arrival. Messages of any age by default. */
  readonly olderThan?: Duration.Input | undefined
  /** Greatest number of messages that are removed: a whole number from 0 on. No limit by default. */
  readonly limit?: number | undefined
  /** `true` only counts: the report has the number of messages that would be removed. `false` by default. */
  readonly dryRun?: boolean | undefined
  /**
   * Function that is called after each message with the report so far. Keep it short. An error that it throws ends the removing with
   * `SourceFailed`. A promise that it returns is not awaited, and its rejection is logged. None by default.
   */
  readonly onProgress?: ((report: RemoveReport) => void) | undefined
}

/**
 * Report of `removeMessages`. `examined` is the sum of the other two.
 *
 * @category models
 * @since 0.1.0
 */
export interface RemoveReport {
  /** Number of messages that were looked at. */
  readonly examined: number
  /** Number of messages that were removed, or with `dryRun` would be. */
  readonly removed: number
  /** Number of messages that were not: `where` or `olderThan` left them out, or another receiver took or held them. */
  readonly skipped: number
}
