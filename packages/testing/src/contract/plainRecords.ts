/** The records that cross the seam, whole, where a program says nothing of them. */
import type { OutgoingProperties, ReceiveParameters, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"

/** What a message has that nothing was said of (D-20). */
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

export const plainSend: SendParameters = {
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

/** Takes the first message, without waiting. */
export const plainReceive: ReceiveParameters = {
  action: "receive",
  timeout: 0,
  cursor: null,
  transaction: "none",
  rare: false
}

/** What a queue has that nothing was said of (C-01). */
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

/** Changes of a queue that change nothing. */
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
