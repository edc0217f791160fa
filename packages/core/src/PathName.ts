/**
 * Path names: a computer and the name of a queue on it, such as `.\private$\orders`.
 *
 * A queue is created by its path name. To open it, Message Queuing needs a format name, which `FormatName.fromPathName`
 * makes.
 *
 * @since 0.1.0
 */
import { dual } from "effect/Function"
import * as Result from "effect/Result"
import type { SystemQueue } from "./internal/names/formatNameKinds.ts"
import { computer, publicQueue, queue, subqueue } from "./internal/names/nameParts.ts"
import { readWhole } from "./internal/names/nameScanner.ts"
import { isPath, pathName, printPath } from "./internal/names/pathNameGrammar.ts"
import { readName } from "./internal/names/readName.ts"
import { optionsResult } from "./internal/options/illegalOption.ts"
import * as names from "./internal/options/nameOptions.ts"
import type { Tagged } from "./internal/Tagged.ts"
import type { MsmqError } from "./MsmqError.ts"

export type { SystemQueue } from "./internal/names/formatNameKinds.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { PathName, QueuePath, SystemQueuePath } from "./internal/names/pathNameKinds.ts"

export type { PathName, QueuePath, SystemQueuePath } from "./internal/names/pathNameKinds.ts"

/**
 * Parses a path name. Keywords may be in any letter case; names keep theirs.
 *
 * Fails with `IllegalName`, whose `position` is the place of the mistake in the text.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const orders = Result.getOrThrow(PathName.parse(".\\private$\\orders"))
 *
 * orders // => { _tag: "QueuePath", computer: ".", isPrivate: true, queue: "orders", subqueue: null }
 * PathName.isLocal(orders) // => true
 * PathName.format(orders) // => ".\\private$\\orders"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (input: string): Result.Result<PathName, MsmqError> =>
  readName(operations.PathName.parse, input, pathName)

/**
 * Prints a path name, with keywords as Microsoft writes them.
 *
 * See the example of {@link parse}.
 *
 * @category printing
 * @since 0.1.0
 */
export const format = (name: PathName): string => printPath(name)

/**
 * Makes the path name of a queue. By default it is a public queue of this computer, and not a subqueue.
 *
 * Fails with `IllegalName`, whose `input` is the field at fault.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const name = PathName.queuePath({ queue: "orders", isPrivate: true })
 *
 * Result.map(name, PathName.format) // => Result.succeed(".\\private$\\orders")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const queuePath = (fields: {
  /** Name of the computer; `"."`, this computer, by default. */
  readonly computer?: string | undefined
  /** `true` for a private queue. `false` by default. */
  readonly isPrivate?: boolean | undefined
  /** Name of the queue. */
  readonly queue: string
  /** Name of a subqueue. `null`, the queue itself, by default. */
  readonly subqueue?: string | null | undefined
}): Result.Result<QueuePath, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.PathName.queuePath
    const given = yield* optionsResult({ operation }, names.queuePath, fields, "fields")
    return {
      _tag: "QueuePath",
      computer: yield* readWhole(operation, given.computer ?? ".", computer),
      isPrivate: given.isPrivate ?? false,
      queue: yield* readWhole(operation, given.queue, given.isPrivate === true ? queue : publicQueue),
      subqueue: given.subqueue == null ? null : yield* readWhole(operation, given.subqueue, subqueue)
    }
  })

/**
 * Makes the path name of a system queue, by default on this computer.
 *
 * Fails with `IllegalName`, whose `input` is the computer.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const name = PathName.systemQueuePath({ systemQueue: "deadletter" })
 *
 * Result.map(name, PathName.format) // => Result.succeed(".\\system$;DEADLETTER")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const systemQueuePath = (fields: {
  /** Name of the computer; `"."`, this computer, by default. */
  readonly computer?: string | undefined
  /** System queue of that computer. */
  readonly systemQueue: SystemQueue
}): Result.Result<SystemQueuePath, MsmqError> =>
  Result.gen(function* () {
    const operation = operations.PathName.systemQueuePath
    const given = yield* optionsResult({ operation }, names.systemQueuePath, fields, "fields")
    return {
      _tag: "SystemQueuePath",
      computer: yield* readWhole(operation, given.computer ?? ".", computer),
      systemQueue: given.systemQueue
    }
  })

/**
 * Returns `true` for a path name, and `false` for a format name.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName, PathName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * Result.map(FormatName.fromString(".\\private$\\orders"), PathName.isPathName) // => Result.succeed(true)
 * Result.map(FormatName.fromString("DIRECT=OS:server\\orders"), PathName.isPathName) // => Result.succeed(false)
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const isPathName = (name: Tagged<string>): name is PathName => isPath(name)

/**
 * Returns `true` for a path name whose computer is `"."`: its queue is on this computer.
 *
 * **Gotchas**
 *
 * A path name with this computer's own name is local too. Only the queue manager knows that name.
 *
 * See the example of {@link parse}.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isLocal = (name: PathName): boolean => name.computer === "."

/**
 * Returns `true` if two path names are equal but for letter case, which Message Queuing ignores.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const [one, other] = ["server\\orders", "SERVER\\Orders"].map((text) => Result.getOrThrow(PathName.parse(text)))
 * PathName.equals(one!, other!) // => true
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const equals: {
  (that: PathName): (self: PathName) => boolean
  (self: PathName, that: PathName): boolean
} = dual(2, (self: PathName, that: PathName): boolean => format(self).toLowerCase() === format(that).toLowerCase())
