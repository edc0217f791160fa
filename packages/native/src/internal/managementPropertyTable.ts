import type {
  QueueManagementProperties,
  ComputerManagementProperties,
  SequenceInfo,
  StreamSourceProperties
} from "@effect-msmq/core/mqrt/ManagementProperties"
import { layout } from "./layout.ts"
import type { PropertyRow } from "./PropertyBlock.ts"

type Rows<Record> = { readonly [Field in keyof Record]: PropertyRow<Record[Field]> }

const text = { type: "VT_LPWSTR", decode: (raw: string | null) => raw ?? "" } as const
const textOrNull = { type: "VT_LPWSTR", decode: (raw: string | null) => raw } as const
const texts = { type: "VT_VECTOR|VT_LPWSTR", decode: (raw: ReadonlyArray<string> | null) => raw ?? [] } as const
const count = { type: "VT_UI4", decode: (raw: number | null) => raw ?? 0 } as const
const countOrNull = { type: "VT_UI4", decode: (raw: number | null) => raw } as const
const timeOrNull = { type: "VT_I4", decode: (raw: number | null) => raw } as const

/** Text of a flag: `"YES"`, `"NO"` or `"UNKNOWN"`. */
const yesOrNo = {
  type: "VT_LPWSTR",
  decode: (raw: string | null) => (raw === "YES" ? true : raw === "NO" ? false : null)
} as const

const { SEQUENCE_INFO } = layout

/** `BLOB` with a `SEQUENCE_INFO`. */
const sequence = {
  type: "VT_BLOB",
  decode: (raw: Uint8Array | null): SequenceInfo | null => {
    if (raw === null || raw.length < SEQUENCE_INFO.size) return null
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
    return {
      sequenceId: view.getBigInt64(SEQUENCE_INFO.SeqID, true),
      sequenceNumber: view.getUint32(SEQUENCE_INFO.SeqNo, true),
      previousNumber: view.getUint32(SEQUENCE_INFO.PrevNo, true)
    }
  }
} as const

const isText = (value: unknown): value is string => typeof value === "string"
const isNumber = (value: unknown): value is number => typeof value === "number"
const isBigint = (value: unknown): value is bigint => typeof value === "bigint"

/** Returns the values of a column, none where it is no array, or has others. */
const columnOf = <A>(column: unknown, is: (value: unknown) => value is A): ReadonlyArray<A> =>
  Array.isArray(column) && column.every((value: unknown) => is(value)) ? column : []

/** Six vectors with one value for each source. */
const sourceInfo = {
  type: "VT_VECTOR|VT_VARIANT",
  decode: (raw: ReadonlyArray<unknown> | null): ReadonlyArray<StreamSourceProperties> => {
    const [names, senders, ids, numbers, times, rejects] = raw ?? []
    const senderIds = columnOf(senders, isText)
    const sequenceIds = columnOf(ids, isBigint)
    const sequenceNumbers = columnOf(numbers, isNumber)
    const lastAccessTimes = columnOf(times, isNumber)
    const rejectCounts = columnOf(rejects, isNumber)
    return columnOf(names, isText).flatMap((formatName, index) => {
      const [senderId, sequenceId] = [senderIds[index], sequenceIds[index]]
      const [sequenceNumber, lastAccessTime, rejectCount] = [
        sequenceNumbers[index],
        lastAccessTimes[index],
        rejectCounts[index]
      ]
      return senderId === undefined ||
        sequenceId === undefined ||
        sequenceNumber === undefined ||
        lastAccessTime === undefined ||
        rejectCount === undefined
        ? []
        : [{ formatName, senderId, sequenceId, sequenceNumber, lastAccessTime, rejectCount }]
    })
  }
} as const

/** Properties of a queue manager. */
export const queueManagerInfo = {
  activeQueues: { id: 1, name: "PROPID_MGMT_MSMQ_ACTIVEQUEUES", ...texts },
  privateQueues: { id: 2, name: "PROPID_MGMT_MSMQ_PRIVATEQ", ...texts },
  directoryServer: { id: 3, name: "PROPID_MGMT_MSMQ_DSSERVER", ...textOrNull },
  connected: {
    id: 4,
    name: "PROPID_MGMT_MSMQ_CONNECTED",
    type: "VT_LPWSTR",
    decode: (raw: string | null) => raw === "CONNECTED"
  },
  type: { id: 5, name: "PROPID_MGMT_MSMQ_TYPE", ...text },
  bytesInAllQueues: {
    id: 6,
    name: "PROPID_MGMT_MSMQ_BYTES_IN_ALL_QUEUES",
    type: "VT_UI8",
    decode: (raw: bigint | null) => raw ?? BigInt(0)
  }
} as const satisfies Rows<ComputerManagementProperties>

/** Properties of a queue, as its queue manager tells them. */
export const queueInfo = {
  pathName: { id: 1, name: "PROPID_MGMT_QUEUE_PATHNAME", ...textOrNull },
  formatName: { id: 2, name: "PROPID_MGMT_QUEUE_FORMATNAME", ...text },
  type: { id: 3, name: "PROPID_MGMT_QUEUE_TYPE", ...text },
  isLocal: {
    id: 4,
    name: "PROPID_MGMT_QUEUE_LOCATION",
    type: "VT_LPWSTR",
    decode: (raw: string | null) => raw === "LOCAL"
  },
  transactional: { id: 5, name: "PROPID_MGMT_QUEUE_XACT", ...yesOrNo },
  foreign: { id: 6, name: "PROPID_MGMT_QUEUE_FOREIGN", ...yesOrNo },
  messageCount: { id: 7, name: "PROPID_MGMT_QUEUE_MESSAGE_COUNT", ...count },
  bytesInQueue: { id: 8, name: "PROPID_MGMT_QUEUE_BYTES_IN_QUEUE", ...count },
  journalMessageCount: { id: 9, name: "PROPID_MGMT_QUEUE_JOURNAL_MESSAGE_COUNT", ...count },
  bytesInJournal: { id: 10, name: "PROPID_MGMT_QUEUE_BYTES_IN_JOURNAL", ...count },
  state: { id: 11, name: "PROPID_MGMT_QUEUE_STATE", ...text },
  nextHops: { id: 12, name: "PROPID_MGMT_QUEUE_NEXTHOPS", ...texts },
  sources: { id: 24, name: "PROPID_MGMT_QUEUE_EOD_SOURCE_INFO", ...sourceInfo },
  subqueues: { id: 27, name: "PROPID_MGMT_QUEUE_SUBQUEUE_NAMES", ...texts, elsewhere: true }
} as const satisfies Rows<Omit<QueueManagementProperties, "endOfData">>

/** Properties of the exactly-once delivery of an outgoing queue. A local queue has none. */
export const endOfData = {
  lastAcknowledged: { id: 13, name: "PROPID_MGMT_QUEUE_EOD_LAST_ACK", ...sequence },
  lastAcknowledgedTime: { id: 14, name: "PROPID_MGMT_QUEUE_EOD_LAST_ACK_TIME", ...timeOrNull },
  lastAcknowledgedCount: { id: 15, name: "PROPID_MGMT_QUEUE_EOD_LAST_ACK_COUNT", ...countOrNull },
  firstUnacknowledged: { id: 16, name: "PROPID_MGMT_QUEUE_EOD_FIRST_NON_ACK", ...sequence },
  lastUnacknowledged: { id: 17, name: "PROPID_MGMT_QUEUE_EOD_LAST_NON_ACK", ...sequence },
  next: { id: 18, name: "PROPID_MGMT_QUEUE_EOD_NEXT_SEQ", ...sequence },
  unreadCount: { id: 19, name: "PROPID_MGMT_QUEUE_EOD_NO_READ_COUNT", ...countOrNull },
  unacknowledgedCount: { id: 20, name: "PROPID_MGMT_QUEUE_EOD_NO_ACK_COUNT", ...countOrNull },
  resendTime: { id: 21, name: "PROPID_MGMT_QUEUE_EOD_RESEND_TIME", ...timeOrNull },
  resendInterval: { id: 22, name: "PROPID_MGMT_QUEUE_EOD_RESEND_INTERVAL", ...countOrNull },
  resendCount: { id: 23, name: "PROPID_MGMT_QUEUE_EOD_RESEND_COUNT", ...countOrNull }
} as const satisfies Rows<QueueManagementProperties["endOfData"]>
