/**
 * Records and limits of queues for programs that do not use Effect. A `Connection` creates, deletes, finds and opens queues.
 *
 * @since 0.1.0
 */
export type {
  Changes,
  CreateOptions,
  LocatedQueue,
  OpenReceiverOptions,
  OpenSenderOptions,
  Properties,
  PurgeOptions,
  QueueName,
  QueuePrivacyLevel,
  ReceiveAccess,
  Restriction,
  ShareMode
} from "../MessageQueue.ts"
export { maximumLabelLength } from "../MessageQueue.ts"
