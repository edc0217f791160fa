/**
 * Face for programs that do not write Effect: promises, `using` or `close()`, `for await` and `AbortSignal`.
 *
 * @since 0.1.0
 */
export type { Abortable } from "./Abortable.ts"
export { certificate } from "./Certificate.ts"
export { connect, Connection, type SecurityOptions } from "./Connection.ts"
export { type BatchPolicy, Consumer, type ConsumePolicy, type HandlerOptions, type Retries } from "./Consumer.ts"
export { Cursor } from "./Cursor.ts"
export * as MessageId from "./MessageId.ts"
export { type ManagementOptions, QueueManager } from "./QueueManager.ts"
export * as QueueName from "./QueueName.ts"
export { Receiver, type ReceiveOptions } from "./Receiver.ts"
export { SecurityContext } from "./SecurityContext.ts"
export { Selection } from "./Selection.ts"
export { type SendAllOptions, Sender, type SendOptions } from "./Sender.ts"
export { type Participation, Transaction } from "./Transaction.ts"
export { HandlerTimeout, type RetryDecision, Unrecoverable } from "../Consumer.ts"
