/** Whole records of the seam, with the values that they have where a program gives none. */
import type { OutgoingProperties, ReceiveOptions, SendOptions } from "@effect-msmq/core/mqrt/MessageProperties"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"

/** A message with default properties (D-20). */
export const plainMessage: OutgoingProperties = {
  body: new Uint8Array(0),
  bodyType: 0,
  label: "",
  priority: 3,
  delivery: "express",
  correlationId: null,
  appSpecific: 0,
  extension: null,
  responseQueue: null,
  acknowledge: null,
  adminQueue: null,
  journaling: null,
  deadLetterQueue: null,
  timeToReachQueue: null,
  timeToBeReceived: null,
  trace: false,
  connector: null,
  soap: null
}

/** A send with default options. */
export const plainSend: SendOptions = {
  securityContext: null,
  senderCertificate: null,
  authenticationLevel: "none",
  hashAlgorithm: null,
  provider: null,
  senderIdType: "sid",
  privacyLevel: "none",
  encryptionAlgorithm: null,
  transaction: "none",
  messageIds: false
}

/** A receive of the first message, without waiting. */
export const plainReceive: ReceiveOptions = {
  action: "receive",
  timeout: 0,
  cursor: null,
  transaction: "none",
  rare: false
}

/**
 * A queue with default properties (C-01).
 *
 * @testonly
 */
export const plainQueue: NewQueueProperties = {
  pathName: ".\\private$\\orders",
  label: "",
  type: "00000000-0000-0000-0000-000000000000",
  authenticate: false,
  journal: false,
  quota: null,
  journalQuota: null,
  basePriority: 0,
  privacyLevel: "optional",
  multicastAddress: null,
  transactional: false
}

/** Changes of a queue that change no property. */
export const noChanges: QueueChanges = {
  label: null,
  type: null,
  authenticate: null,
  journal: null,
  quota: null,
  journalQuota: null,
  basePriority: null,
  privacyLevel: null,
  multicastAddress: null
}
