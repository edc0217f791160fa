/**
 * Names of queues as other libraries write them: System.Messaging, WCF, NServiceBus and Rebus.
 *
 * Every function that takes a queue takes a format name or a path name. These functions make such a name of another spelling,
 * and other spellings of it.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as FormatName from "./FormatName.ts"
import { nameLimits } from "./internal/names/nameParts.ts"
import type { QueueName } from "./internal/names/queueName.ts"
import { readName } from "./internal/names/readName.ts"
import { type Name, printDotNet, printNetMsmq, spellings } from "./internal/names/spellings.ts"
import { argumentResult } from "./internal/options/illegalOption.ts"
import { queueName } from "./internal/options/queueNames.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import type { MsmqError } from "./MsmqError.ts"
import type * as PathName from "./PathName.ts"

export type {
  /**
   * Name of a queue: a format name or path name, as a value of `FormatName` or `PathName` or as a string, such as
   * `"DIRECT=OS:server\\private$\\orders"` or `".\\private$\\orders"`.
   *
   * @category models
   * @since 0.1.0
   */
  QueueName
} from "./internal/names/queueName.ts"

/**
 * Length of the longest name of a queue in UTF-16 units, without its computer: 124.
 *
 * @category limits
 * @since 0.1.0
 */
export const maximumQueueLength = nameLimits.queue

/**
 * Length of the longest name of a subqueue in UTF-16 units: 32.
 *
 * @category limits
 * @since 0.1.0
 */
export const maximumSubqueueLength = nameLimits.subqueue

/**
 * Length of the longest name of a computer in UTF-16 units: 256.
 *
 * @category limits
 * @since 0.1.0
 */
export const maximumComputerLength = nameLimits.computer

/**
 * Reads the path of a queue as `MessageQueue.Path` of System.Messaging has it, in any letter case:
 *
 * - `FormatName:` and a format name
 * - `computer\queue` and `computer\private$\queue`, also with `;subqueue`
 * - one of these with `\Journal$`, for the journal of the queue
 * - `computer\Journal$`, `computer\DeadLetter$` and `computer\XactDeadLetter$`, for the queues that every computer has
 *
 * The journal of a queue becomes a direct format name, since it has no path name.
 *
 * Fails with `IllegalName`, also for a path with `Label:`. A label is no name: find the queue by it with `MessageQueue.locate`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName, PathName, QueueName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const journal = Result.getOrThrow(QueueName.fromDotNet(".\\private$\\orders\\Journal$"))
 * const dead = Result.getOrThrow(QueueName.fromDotNet(".\\XactDeadLetter$"))
 *
 * !PathName.isPathName(journal) && FormatName.format(journal) // => "DIRECT=OS:.\\private$\\orders;JOURNAL"
 * dead // => { _tag: "SystemQueuePath", computer: ".", systemQueue: "deadxact" }
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromDotNet = (input: string): Result.Result<FormatName.FormatName | PathName.PathName, MsmqError> =>
  readName(operations.QueueName.fromDotNet, input, spellings.fromDotNet)

/**
 * Reads the address of a queue as WCF writes it: `net.msmq://host/queue`, `net.msmq://host/private/queue`, each also with
 * `;subqueue`, `net.msmq://host/system$;DEADXACT`, or `msmq.formatname:` and a format name. Percent signs encode bytes of UTF-8.
 * `localhost` becomes `.`, this computer; an IP address becomes a name with `TCP:`.
 *
 * Fails with `IllegalName`, also for an address with a port, which Message Queuing does not have.
 *
 * @example
 * ```ts import.meta.vitest
 * import { FormatName, QueueName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const orders = QueueName.fromNetMsmq("net.msmq://server/private/orders;poison")
 *
 * Result.map(orders, FormatName.format) // => Result.succeed("DIRECT=OS:server\\private$\\orders;poison")
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromNetMsmq = (input: string): Result.Result<FormatName.FormatName, MsmqError> =>
  readName(operations.QueueName.fromNetMsmq, input, spellings.fromNetMsmq)

/**
 * Reads the address of a queue as NServiceBus and Rebus write it: `queue@machine`, or `queue` on this computer, each also with
 * `;subqueue` after the queue. The queue is private. `localhost` means this computer too; with an IP address the name is a
 * direct format name with `TCP:`, since a path name has none.
 *
 * Fails with `IllegalName`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { PathName, QueueName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const orders = Result.getOrThrow(QueueName.fromAddress("orders@server"))
 *
 * PathName.isPathName(orders) && PathName.format(orders) // => "server\\private$\\orders"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromAddress = (
  input: string
): Result.Result<PathName.QueuePath | FormatName.Direct<FormatName.WholeQueue | FormatName.Subqueue>, MsmqError> =>
  readName(operations.QueueName.fromAddress, input, spellings.fromAddress)

const printed = (
  operation: Operation,
  queue: QueueName,
  print: (name: Name) => string
): Result.Result<string, MsmqError> =>
  argumentResult({ operation }, "queue", queueName, queue).pipe(
    Result.flatMap((name) =>
      typeof name === "string"
        ? Result.mapError(FormatName.fromString(name), ({ reason }) => operation.error(reason))
        : Result.succeed(name)
    ),
    Result.map(print)
  )

/**
 * Prints the name of a queue as System.Messaging reads it: the path of a path name, and a format name behind `FormatName:`.
 *
 * Fails with `IllegalName`, and with `IllegalOption` for what is no name.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * QueueName.toDotNet("DIRECT=OS:server\\orders") // => Result.succeed("FormatName:DIRECT=OS:server\\orders")
 * QueueName.toDotNet(".\\system$;DEADLETTER") // => Result.succeed(".\\DeadLetter$")
 * ```
 *
 * @category printing
 * @since 0.1.0
 */
export const toDotNet = (queue: QueueName): Result.Result<string, MsmqError> =>
  printed(operations.QueueName.toDotNet, queue, printDotNet)

/**
 * Prints the name of a queue as WCF reads it: a `net.msmq:` address for a path name and a direct name with `OS:` or `TCP:`,
 * and `msmq.formatname:` for other format names, which WCF takes with `MsmqIntegrationBinding` only.
 *
 * Fails with `IllegalName`, and with `IllegalOption` for what is no name.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueName } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * QueueName.toNetMsmq(".\\private$\\orders") // => Result.succeed("net.msmq://localhost/private/orders")
 * ```
 *
 * @category printing
 * @since 0.1.0
 */
export const toNetMsmq = (queue: QueueName): Result.Result<string, MsmqError> =>
  printed(operations.QueueName.toNetMsmq, queue, printNetMsmq)
