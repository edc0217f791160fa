/** Whole records of the seam, with the values that they have where a program gives none. */
import type { ReceiveParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"

/** Default properties and options of a message that is sent (D-20). */
export {
  defaultMessage as plainMessage,
  defaultSendParameters as plainSend
} from "@effect-msmq/core/mqrt/MessagePropertyTable"

/** A receive of the first message, without waiting. */
export const plainReceive: ReceiveParameters = {
  action: "receive",
  timeout: 0,
  cursor: null,
  transaction: "none",
  read: usualRead
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
