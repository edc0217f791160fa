/** The records that cross the seam, whole, where a program says nothing of them. */
import type { ReceiveOptions } from "@effect-msmq/core/mqrt/MessageProperties"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"

/** Message and options of a send that nothing was said of (D-20). */
export {
  defaultMessage as plainMessage,
  defaultSendOptions as plainSend
} from "@effect-msmq/core/mqrt/MessagePropertyTable"

/** Takes the first message, without waiting. */
export const plainReceive: ReceiveOptions = {
  action: "receive",
  timeout: 0,
  cursor: null,
  transaction: "none",
  rare: false
}

/** Properties of a queue that nothing was said of (C-01). */
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
