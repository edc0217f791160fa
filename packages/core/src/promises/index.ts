/**
 * Face for programs that do not use Effect: promises, `using` or `close()`, `for await` and `AbortSignal`.
 *
 * @since 0.1.0
 */
export * as ActiveXBody from "../ActiveXBody.ts"
export * as BodyType from "../BodyType.ts"
export { HandlerTimeout, type KeyPolicy, type ParkPolicy, type RetryDecision, Unrecoverable } from "../Consumer.ts"
export * as ErrorCode from "../ErrorCode.ts"
export * as Message from "../Message.ts"
export * as MessageClass from "../MessageClass.ts"
export { MsmqError, type Reason } from "../MsmqError.ts"
export * as ProviderType from "../ProviderType.ts"
export type { Abortable } from "./Abortable.ts"
export {
  type Certificate,
  certificate,
  type FromStoreOptions,
  isCertificate,
  type KeyProvider,
  type SigningObstacle,
  type StoredCertificate,
  type StoreLocation,
  type StoreOptions
} from "./Certificate.ts"
export { connect, Connection, type ConnectOptions, type SecurityOptions } from "./Connection.ts"
export type {
  BatchFailed,
  ConsumeEvent,
  Parked,
  Poison,
  Poisoned,
  PoisonPolicy,
  PoisonQueue,
  PoisonSent,
  Retrying,
  TransientFailure
} from "./ConsumeEvents.ts"
export { type BatchPolicy, Consumer, type ConsumePolicy, type HandlerOptions, type Retries } from "./Consumer.ts"
export { Cursor } from "./Cursor.ts"
export * as FormatName from "./FormatName.ts"
export * as MessageBody from "./MessageBody.ts"
export * as MessageHeaders from "./MessageHeaders.ts"
export * as MessageId from "./MessageId.ts"
export * as MessageQueue from "./MessageQueue.ts"
export * as PathName from "./PathName.ts"
export { type ManagementOptions, QueueManager } from "./QueueManager.ts"
export * as QueueName from "./QueueName.ts"
export { Receiver, type ReceiveOptions } from "./Receiver.ts"
export { Requester, type RequesterOptions, type RequestOptions } from "./Requester.ts"
export { type AcquireOptions, type Impersonated, SecurityContext } from "./SecurityContext.ts"
export { SecurityContexts } from "./SecurityContexts.ts"
export * as QueueSecurity from "./QueueSecurity.ts"
export * as SecurityDescriptor from "./SecurityDescriptor.ts"
export { Selection } from "./Selection.ts"
export {
  type OneOffSendOptions,
  type OpenSenderOptions,
  type SendAllOptions,
  type SendAwaitingOptions,
  Sender,
  type SenderDefaults,
  type SendOptions
} from "./Sender.ts"
export * as Sid from "./Sid.ts"
export { type Participation, Transaction } from "./Transaction.ts"
