import type { ErrorCodeName } from "../../ErrorCode.ts"

/** Consequences of an error code for the calls that come after it. */
export interface Outlook {
  /** Condition under which the same call may succeed later, as the error says it; left out where there is none. */
  readonly again?: string
  /**
   * Set for a code that makes the handle stale, so that its next use reopens it (behaviours C-37, C-38). `"handle"`: the call can
   * be made again with the new handle; `"queue"`: the queue itself is gone, so the failure of this call stands; `"served"`: as
   * `"handle"` for a handle that the service knew before, and otherwise perhaps a fault of the call itself.
   */
  readonly makesStale?: "handle" | "queue" | "served"
  /**
   * Set for a code that calls fail with after a restart of the service, or of another machine, so that the queue may have to be
   * reopened (behaviours C-37, C-38, E-51 to E-53, E-76, H-25). `"receive"`: only where a receive returned it.
   */
  readonly restart?: true | "receive"
  /** `true` where the service failed, rather than the call. */
  readonly service?: true
  /** `true` where the service answered for a queue whose handle it knows. */
  readonly answers?: true
}

/** Consequences of the codes that have any. This is the only table of failures that may be tried again. */
export const outlooks: Readonly<Partial<Record<ErrorCodeName, Outlook>>> = {
  MQ_ERROR_STALE_HANDLE: {
    again: "the next use reopens the queue",
    makesStale: "handle",
    restart: true,
    service: true
  },
  MQ_ERROR_QUEUE_DELETED: {
    again: "the next use reopens the queue, once a queue of that name exists again",
    makesStale: "queue",
    restart: true
  },
  MQ_ERROR_SERVICE_NOT_AVAILABLE: {
    again: "once the service runs, so wait between two attempts",
    restart: true,
    service: true
  },
  MQ_ERROR_QUEUE_NOT_AVAILABLE: { again: "once the other computer can be read from", restart: true },
  MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE: { again: "once the other computer can be reached", restart: true },
  MQ_ERROR_INVALID_HANDLE: { makesStale: "served", restart: true },
  MQ_ERROR_INVALID_PARAMETER: { makesStale: "served", restart: "receive" },
  MQ_ERROR_OPERATION_CANCELLED: { restart: true },
  // A send or receive on a reopened handle fails with this code when the restart ended its transaction.
  MQ_ERROR_TRANSACTION_SEQUENCE: { restart: true, service: true },
  MQ_ERROR_IO_TIMEOUT: { again: "once a message has come", answers: true },
  MQ_ERROR_MESSAGE_NOT_FOUND: { answers: true },
  MQ_ERROR_MESSAGE_ALREADY_RECEIVED: { answers: true },
  MQ_ERROR_SHARING_VIOLATION: { again: "once the other handle is closed" },
  MQ_ERROR_INSUFFICIENT_RESOURCES: {
    again: "once messages are received or purged, or memory is free, unless the message is too large"
  },
  MQ_ERROR_MESSAGE_STORAGE_FAILED: { again: "once the disk can be written to" },
  MQ_ERROR_NO_DS: { again: "once the directory can be reached, which it never can from a workgroup" },
  MQ_ERROR_MQIS_READONLY_MODE: { again: "once the information store can be written to" },
  MQ_ERROR_WRITE_NOT_ALLOWED: { again: "once that server is set up" },
  MQ_ERROR_NO_RESPONSE_FROM_OBJECT_SERVER: { again: "once that server answers" },
  MQ_ERROR_OBJECT_SERVER_NOT_AVAILABLE: { again: "once that server can be reached" },
  MQ_ERROR_DTC_CONNECT: { again: "once the transaction coordinator runs" },
  MQ_ERROR_TRANSACTION_ENLIST: { again: "once the queue manager can take part" },
  MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION: { again: "once the other transaction has ended", answers: true }
}

/** Consequences of a connection to a gateway that was cut, or could not be made. */
export const gatewayOutlook: Outlook = {
  again: "once the gateway can be reached, so wait between two attempts",
  restart: true,
  service: true
}
