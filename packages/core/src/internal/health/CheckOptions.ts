/** Options and report of `Health.check`. */
import type * as Duration from "effect/Duration"
import type { MsmqError } from "../../MsmqError.ts"
import type { QueueName } from "../names/queueName.ts"

/**
 * Queue that is checked, with limits of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueCheck {
  /** Name of the queue. */
  readonly queue: QueueName
  /** Kind that the queue must have: `true` for a transactional one. Not checked by default. */
  readonly transactional?: boolean | undefined
  /** Greatest number of messages: a whole number from 0 on. By default that of the options. */
  readonly maximumDepth?: number | undefined
  /** Greatest age of the first message: a finite duration. By default that of the options. */
  readonly maximumAge?: Duration.Input | undefined
}

/**
 * Choice of what is checked. The service is always checked.
 *
 * @category models
 * @since 0.1.0
 */
export interface CheckOptions {
  /**
   * Queues that must exist, by their names or with limits of their own. Whether another machine's queue exists is not known here; its
   * depth is the number of messages that wait for it on this machine. Of a subqueue or a journal the queue must exist that it is a part
   * of; its messages, as those of a dead-letter queue, are counted by peeking, up to one more than `maximumDepth`. None by default.
   */
  readonly queues?: ReadonlyArray<QueueName | QueueCheck> | undefined
  /** Greatest number of messages in each queue: a whole number from 0 on. Not checked by default. */
  readonly maximumDepth?: number | undefined
  /**
   * Greatest age of the first message of each queue, the one that is received next: a finite duration since its arrival. The queue
   * is opened to peek at it. Not checked by default.
   */
  readonly maximumAge?: Duration.Input | undefined
  /**
   * Greatest number of messages in each of the two dead-letter queues of the machine: a whole number from 0 on. They are counted by
   * peeking, up to one more than this number, for which administrators have the right. Not checked by default.
   */
  readonly maximumDeadLetters?: number | undefined
  /** Time after which a check that has no answer counts as failed: a finite duration. `"5 seconds"` by default. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * Result of one check.
 *
 * @category models
 * @since 0.1.0
 */
export interface Check {
  /**
   * Subject of the check: `"service"`, Message Queuing runs and is online; `"queue"`, the queue exists and has its kind; `"depth"`, the
   * number of its messages; `"age"`, the age of its first message; `"deadLetters"`, the number of messages in a dead-letter queue.
   */
  readonly name: "service" | "queue" | "depth" | "age" | "deadLetters"
  /** Name of the queue, as the program gave it; `undefined` for the service. */
  readonly queue: string | undefined
  /** `true` where all is well. */
  readonly healthy: boolean
  /** Sentence that says what was found, and for a failed check what to do. */
  readonly message: string
  /**
   * Number of messages that was found, or age in milliseconds; `undefined` where nothing is counted, or could be. Dead letters, and the
   * messages of a subqueue or a journal, are counted up to one more than `limit`.
   */
  readonly value: number | undefined
  /** Greatest value that is allowed. */
  readonly limit: number | undefined
  /** Error of Message Queuing for which the check failed. */
  readonly error: MsmqError | undefined
}

/**
 * Results of all checks.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  /** `true` where every check is healthy. */
  readonly healthy: boolean
  /** Results: the service first, then each queue in the order of the options, then the dead-letter queues. */
  readonly checks: ReadonlyArray<Check>
}
