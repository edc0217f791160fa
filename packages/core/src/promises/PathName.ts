/**
 * Path names, such as `.\private$\orders`, for programs that do not use Effect: what is illegal throws an `MsmqError`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { PathName, QueuePath, SystemQueuePath } from "../PathName.ts"
import * as PathNames from "../PathName.ts"

export type { PathName, QueuePath, SystemQueue, SystemQueuePath } from "../PathName.ts"

/**
 * Parses a path name. Keywords may be in any letter case; names keep theirs.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `position` is the place of the mistake in the text. See
 * {@link PathNames.parse}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core/promises"
 *
 * const orders = PathName.parse("server\\private$\\orders")
 *
 * orders.computer // => "server"
 * PathName.isLocal(orders) // => false
 * PathName.format(orders) // => "server\\private$\\orders"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (input: string): PathName => Result.getOrThrow(PathNames.parse(input))

/**
 * Prints a path name, with keywords as Microsoft writes them.
 *
 * See the example of {@link parse}.
 *
 * @category printing
 * @since 0.1.0
 */
export const format = (name: PathName): string => PathNames.format(name)

/**
 * Makes the path name of a queue. By default it is a public queue of this computer, and not a subqueue.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the field at fault. See {@link PathNames.queuePath}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core/promises"
 *
 * PathName.format(PathName.queuePath({ queue: "orders", isPrivate: true })) // => ".\\private$\\orders"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const queuePath = (fields: Parameters<typeof PathNames.queuePath>[0]): QueuePath =>
  Result.getOrThrow(PathNames.queuePath(fields))

/**
 * Makes the path name of a system queue, by default on this computer.
 *
 * Throws an `MsmqError` with the reason `IllegalName`, whose `input` is the computer. See {@link PathNames.systemQueuePath}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core/promises"
 *
 * PathName.format(PathName.systemQueuePath({ systemQueue: "deadletter" })) // => ".\\system$;DEADLETTER"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const systemQueuePath = (fields: Parameters<typeof PathNames.systemQueuePath>[0]): SystemQueuePath =>
  Result.getOrThrow(PathNames.systemQueuePath(fields))

/**
 * Returns `true` if two path names are equal but for letter case, which Message Queuing ignores.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core/promises"
 *
 * PathName.equals(PathName.parse("server\\orders"), PathName.parse("SERVER\\Orders")) // => true
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const equals = (self: PathName, that: PathName): boolean => PathNames.equals(self, that)

export { isLocal, isPathName } from "../PathName.ts"
