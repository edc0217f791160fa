/**
 * Properties of machines, queue managers and active queues, as they cross the seam.
 *
 * @since 0.1.0
 */

/**
 * Properties of a queue manager in the directory: `MQGetMachineProperties`. `null` where the directory has none.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueManagerProperties {
  /** `PROPID_QM_SITE_ID`: a GUID without braces. */
  readonly siteId: string | null
  /** `PROPID_QM_MACHINE_ID`: a GUID without braces. */
  readonly machineId: string
  /** `PROPID_QM_PATHNAME`: the computer's name. */
  readonly pathName: string
  /** `PROPID_QM_PATHNAME_DNS`: the computer's full DNS name. */
  readonly pathNameDns: string | null
  /** `PROPID_QM_CONNECTION`: connected networks; MSMQ 1.0. */
  readonly connections: ReadonlyArray<string>
  /** `PROPID_QM_ENCRYPTION_PK`: the public key for encryption, of the base provider. */
  readonly encryptionKey: Uint8Array | null
  /** `PROPID_QM_ENCRYPTION_PK_BASE`: the public key for 40-bit encryption. */
  readonly encryptionKeyBase: Uint8Array | null
  /** `PROPID_QM_ENCRYPTION_PK_ENHANCED`: the public key for 128-bit encryption. */
  readonly encryptionKeyEnhanced: Uint8Array | null
  /** `PROPID_QM_ENCRYPTION_PK_AES`: the public key for encryption with AES. */
  readonly encryptionKeyAes: Uint8Array | null
}

/**
 * Properties of a computer's Message Queuing: `MQGetPrivateComputerInformation`.
 *
 * @category models
 * @since 0.1.0
 */
export interface PrivateComputerProperties {
  /** `PROPID_PC_VERSION`: major in the top byte, minor in the next, build in the lower 16 bits. */
  readonly version: number
  /** `PROPID_PC_DS_ENABLED`: `true` where it works with the directory. */
  readonly directoryEnabled: boolean
}

/**
 * Management properties of a computer: `MQMgmtGetInfo` of `MACHINE`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ComputerManagementProperties {
  /** `PROPID_MGMT_MSMQ_ACTIVEQUEUES`: the format names of the queues that are open or have messages. */
  readonly activeQueues: ReadonlyArray<string>
  /** `PROPID_MGMT_MSMQ_PRIVATEQ`: the path names of the private queues. */
  readonly privateQueues: ReadonlyArray<string>
  /** `PROPID_MGMT_MSMQ_DSSERVER`: the name of the directory server that it uses; `null`: none. */
  readonly directoryServer: string | null
  /** `PROPID_MGMT_MSMQ_CONNECTED`: `true` while it is online, `false` after `DISCONNECT`. */
  readonly connected: boolean
  /** `PROPID_MGMT_MSMQ_TYPE`: version and build, as text. */
  readonly type: string
  /** `PROPID_MGMT_MSMQ_BYTES_IN_ALL_QUEUES`: the size of the messages in all active queues, in bytes. */
  readonly bytesInAllQueues: bigint
}

/**
 * Place in the exactly-once stream to another queue manager: `SEQUENCE_INFO`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SequenceInfo {
  /** Id of the stream of messages. */
  readonly sequenceId: bigint
  /** Number of the message in the stream. */
  readonly sequenceNumber: number
  /** Number of the message before it. */
  readonly previousNumber: number
}

/**
 * Source of an exactly-once stream of messages to a queue: one entry of `PROPID_MGMT_QUEUE_EOD_SOURCE_INFO`.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamSourceProperties {
  /** Format name that the source sends the messages to. */
  readonly formatName: string
  /** GUID of the sending queue manager, without braces. */
  readonly senderId: string
  /** Id of the stream of messages. */
  readonly sequenceId: bigint
  /** Number in the stream of the last message that arrived. */
  readonly sequenceNumber: number
  /** Time at which the last message of the stream arrived, in seconds since 1970. */
  readonly lastAccessTime: number
  /** Number of messages of the stream that were refused, such as those that had arrived before. */
  readonly rejectCount: number
}

/**
 * Management properties of a queue, local or outgoing: `MQMgmtGetInfo` of `QUEUE=`. Only an active queue has them.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueManagementProperties {
  /** `PROPID_MGMT_QUEUE_PATHNAME`: the path name; `null` where it is not known. */
  readonly pathName: string | null
  /** `PROPID_MGMT_QUEUE_FORMATNAME`: the format name. */
  readonly formatName: string
  /** `PROPID_MGMT_QUEUE_TYPE`: `"PUBLIC"`, `"PRIVATE"`, `"MACHINE"`, `"CONNECTOR"` or `"MULTICAST"`. */
  readonly type: string
  /** `PROPID_MGMT_QUEUE_LOCATION`: `true` for a queue of the computer, `false` for an outgoing queue. */
  readonly isLocal: boolean
  /** `PROPID_MGMT_QUEUE_XACT`: `true` for a transactional queue; `null`: unknown. */
  readonly transactional: boolean | null
  /** `PROPID_MGMT_QUEUE_FOREIGN`: `true` for a queue of another messaging system, behind a connector; `null`: unknown. */
  readonly foreign: boolean | null
  /** `PROPID_MGMT_QUEUE_MESSAGE_COUNT`: the number of messages in the queue. */
  readonly messageCount: number
  /** `PROPID_MGMT_QUEUE_BYTES_IN_QUEUE`: their size, in bytes. */
  readonly bytesInQueue: number
  /** `PROPID_MGMT_QUEUE_JOURNAL_MESSAGE_COUNT`: the number of messages in the queue's journal. */
  readonly journalMessageCount: number
  /** `PROPID_MGMT_QUEUE_BYTES_IN_JOURNAL`: their size, in bytes. */
  readonly bytesInJournal: number
  /** `PROPID_MGMT_QUEUE_STATE`: such as `"LOCAL CONNECTION"` or `"WAITING"`. */
  readonly state: string
  /** `PROPID_MGMT_QUEUE_NEXTHOPS`: the addresses that an outgoing queue may send its messages to next. */
  readonly nextHops: ReadonlyArray<string>
  /** `PROPID_MGMT_QUEUE_SUBQUEUE_NAMES`: the names of the subqueues. `PROPID_MGMT_QUEUE_SUBQUEUE_COUNT` is their number. */
  readonly subqueues: ReadonlyArray<string>
  /** `PROPID_MGMT_QUEUE_EOD_SOURCE_INFO`: the sources of exactly-once streams to a local queue; none for an outgoing queue. */
  readonly sources: ReadonlyArray<StreamSourceProperties>
  /** Exactly-once delivery of an outgoing queue. */
  readonly endOfData: {
    /** `PROPID_MGMT_QUEUE_EOD_LAST_ACK`: the last message whose arrival was acknowledged; `null`: none. */
    readonly lastAcknowledged: SequenceInfo | null
    /** `PROPID_MGMT_QUEUE_EOD_LAST_ACK_TIME`: seconds since 1970. */
    readonly lastAcknowledgedTime: number | null
    /** `PROPID_MGMT_QUEUE_EOD_LAST_ACK_COUNT`: number of times that the last acknowledgment was received; `null`: unknown. */
    readonly lastAcknowledgedCount: number | null
    /** `PROPID_MGMT_QUEUE_EOD_FIRST_NON_ACK`: the first message that was sent and not acknowledged; `null`: none. */
    readonly firstUnacknowledged: SequenceInfo | null
    /** `PROPID_MGMT_QUEUE_EOD_LAST_NON_ACK`: the last message that was sent and not acknowledged; `null`: none. */
    readonly lastUnacknowledged: SequenceInfo | null
    /** `PROPID_MGMT_QUEUE_EOD_NEXT_SEQ`: the next message that will be sent; `null`: none. */
    readonly next: SequenceInfo | null
    /** `PROPID_MGMT_QUEUE_EOD_NO_READ_COUNT`: the number of messages that arrived and are not known to be received. */
    readonly unreadCount: number | null
    /** `PROPID_MGMT_QUEUE_EOD_NO_ACK_COUNT`: the number of messages that were sent and not acknowledged. */
    readonly unacknowledgedCount: number | null
    /** `PROPID_MGMT_QUEUE_EOD_RESEND_TIME`: seconds since 1970. */
    readonly resendTime: number | null
    /** `PROPID_MGMT_QUEUE_EOD_RESEND_INTERVAL`: seconds. */
    readonly resendInterval: number | null
    /** `PROPID_MGMT_QUEUE_EOD_RESEND_COUNT`: number of times that the last message was sent; `null`: unknown. */
    readonly resendCount: number | null
  }
}

/**
 * Action of `MQMgmtAction` on a machine.
 *
 * @category models
 * @since 0.1.0
 */
export type MachineAction = "CONNECT" | "DISCONNECT" | "TIDY"

/**
 * Action of `MQMgmtAction` on an outgoing queue.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueAction = "PAUSE" | "RESUME" | "EOD_RESEND"
