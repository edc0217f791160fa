import type { QueueRight } from "../../MsmqControl.ts"

/** `MQSEC_...` of queues. */
export const queueRights: Record<QueueRight, number> = {
  deleteMessage: 0x01,
  peekMessage: 0x02,
  writeMessage: 0x04,
  deleteJournalMessage: 0x08,
  setQueueProperties: 0x10,
  getQueueProperties: 0x20,
  deleteQueue: 0x0001_0000,
  getQueuePermissions: 0x0002_0000,
  changeQueuePermissions: 0x0004_0000,
  takeQueueOwnership: 0x0008_0000,
  receiveMessage: 0x03,
  receiveJournalMessage: 0x0a,
  queueGenericRead: 0x0002_002b,
  queueGenericWrite: 0x0002_0024,
  queueGenericAll: 0x000f_003f
}

export const maskOf = (rights: ReadonlyArray<QueueRight>): number =>
  rights.reduce((mask, right) => mask | queueRights[right], 0)

/** The rights of Windows that mean others for each kind of object; to execute a queue means nothing. */
const generic: ReadonlyArray<readonly [bit: number, meaning: number]> = [
  [0x8000_0000, queueRights.queueGenericRead],
  [0x4000_0000, queueRights.queueGenericWrite],
  [0x1000_0000, queueRights.queueGenericAll]
]

/** A mask with all that it means for a queue. */
export const meaningOf = (mask: number): number =>
  generic.reduce((meant, [bit, meaning]) => ((mask & bit) === 0 ? meant : meant | meaning), mask)
