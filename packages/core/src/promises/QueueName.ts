/**
 * Names of queues as other libraries write them, for programs that do not use Effect: names are strings, and a mistake is
 * thrown.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Name } from "../internal/names/spellings.ts"
import { printName } from "../internal/names/spellings.ts"
import type { MsmqError } from "../MsmqError.ts"
import * as QueueNames from "../QueueName.ts"

const printed = (read: Result.Result<Name, MsmqError>): string => printName(Result.getOrThrow(read))

/**
 * Reads the path of a queue as `MessageQueue.Path` of System.Messaging has it, such as `FormatName:DIRECT=OS:server\orders`,
 * `.\private$\orders\Journal$` or `.\XactDeadLetter$`, and returns it as a path name or format name.
 *
 * Throws an `MsmqError` with the reason `IllegalName`. See {@link QueueNames.fromDotNet}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueName } from "@effect-msmq/core/promises"
 *
 * QueueName.fromDotNet("FormatName:DIRECT=OS:server\\orders") // => "DIRECT=OS:server\\orders"
 * QueueName.toDotNet("DIRECT=OS:server\\orders") // => "FormatName:DIRECT=OS:server\\orders"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromDotNet = (path: string): string => printed(QueueNames.fromDotNet(path))

/**
 * Reads the address of a queue as WCF writes it, such as `net.msmq://server/private/orders`, and returns it as a format name.
 *
 * Throws an `MsmqError` with the reason `IllegalName`. See {@link QueueNames.fromNetMsmq}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueName } from "@effect-msmq/core/promises"
 *
 * QueueName.fromNetMsmq("net.msmq://server/private/orders") // => "DIRECT=OS:server\\private$\\orders"
 * QueueName.toNetMsmq("DIRECT=OS:server\\private$\\orders") // => "net.msmq://server/private/orders"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromNetMsmq = (address: string): string => printed(QueueNames.fromNetMsmq(address))

/**
 * Reads the address of a queue as NServiceBus and Rebus write it, `queue@machine` or `queue`, and returns it as a path name, or
 * as a format name where the machine is an IP address.
 *
 * Throws an `MsmqError` with the reason `IllegalName`. See {@link QueueNames.fromAddress}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueName } from "@effect-msmq/core/promises"
 *
 * QueueName.fromAddress("orders@server") // => "server\\private$\\orders"
 * QueueName.fromAddress("orders") // => ".\\private$\\orders"
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const fromAddress = (address: string): string => printed(QueueNames.fromAddress(address))

/**
 * Prints the name of a queue as System.Messaging reads it, such as `FormatName:DIRECT=OS:server\orders`.
 *
 * Throws an `MsmqError` with the reason `IllegalName` or `IllegalOption`. See {@link QueueNames.toDotNet}.
 *
 * See the example of {@link fromDotNet}.
 *
 * @category printing
 * @since 0.1.0
 */
export const toDotNet = (queue: QueueNames.QueueName): string => Result.getOrThrow(QueueNames.toDotNet(queue))

/**
 * Prints the name of a queue as WCF reads it, such as `net.msmq://server/private/orders`.
 *
 * Throws an `MsmqError` with the reason `IllegalName` or `IllegalOption`. See {@link QueueNames.toNetMsmq}.
 *
 * See the example of {@link fromNetMsmq}.
 *
 * @category printing
 * @since 0.1.0
 */
export const toNetMsmq = (queue: QueueNames.QueueName): string => Result.getOrThrow(QueueNames.toNetMsmq(queue))

export { maximumComputerLength, maximumQueueLength, maximumSubqueueLength } from "../QueueName.ts"
