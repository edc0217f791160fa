import type { ErrorCodeName } from "../../ErrorCode.ts"

/**
 * Likely causes of codes that stand for many faults, the commonest first, each with its remedy. The ids of behaviours stand in
 * brackets.
 */
export const causes: Partial<Record<ErrorCodeName, ReadonlyArray<string>>> = {
  // [C-53]
  MQ_ERROR: ["the queue is not active: it is empty and not open, or there is no queue of that name"],
  // [C-53]
  MQ_ERROR_QUEUE_NOT_ACTIVE: [
    "only an outgoing queue can be paused, resumed and resent, and only while it holds messages or is open: name the " +
      "other machine's queue as it was sent to"
  ],
  MQ_ERROR_ILLEGAL_OPERATION: [
    "only an outgoing queue can be paused, resumed and resent: name the other machine's queue as it was sent to"
  ],
  MQ_ERROR_PRIVILEGE_NOT_HELD: [
    "only administrators may read or set the accesses that are logged (S:): run as one, or leave that part out"
  ],
  // [C-04, C-30]
  MQ_ERROR_QUEUE_EXISTS: [
    "it was created before: MessageQueue.ensure, in promises ensureQueue, creates a queue only where there is none",
    "it exists, but this user may not see it: check its permissions"
  ],
  // [H-06, C-30]
  MQ_ERROR_QUEUE_NOT_FOUND: [
    "the queue does not exist: check its spelling, and that a private queue is named with private$",
    "the queue exists, but this user may not see it: check its permissions",
    "a public queue was created a moment ago and the directory has not copied it yet"
  ],
  // [C-30, C-33, H-07, H-08]
  MQ_ERROR_ACCESS_DENIED: [
    "this user lacks the right on the queue: look at the queue's permissions",
    "the queue was created by another account, which owns it: take ownership first",
    "the handle was opened for another access: a sender cannot receive, a peeking handle cannot take"
  ],
  // [H-01, H-02, H-03]
  MQ_ERROR_INSUFFICIENT_RESOURCES: [
    "the message is larger than 4 MB with its headers: store the body elsewhere and send a reference",
    "the machine's quota for messages is used up: receive or purge messages, also journals and dead letters",
    "the disk that holds the message store is full",
    "too many reads of remote queues, or more than 63 receive callbacks, wait in this process",
    "the machine is out of memory"
  ],
  // [A-09, A-41, A-77, H-14]
  MQ_ERROR_NO_INTERNAL_USER_CERT: [
    "this user has not registered an internal certificate yet: register one (MQRegisterCertificate)",
    "the registered one is damaged: register a new one",
    "the machine is in a workgroup or the user is local: internal certificates need a domain, use an external one",
    "the process runs as a service whose user profile is not loaded"
  ],
  //
  MQ_ERROR_INVALID_CERTIFICATE: [
    "the certificate is not in the personal store of this user: import it there, with its private key",
    "the bytes are not one certificate in ASN.1 DER"
  ],
  // [A-11, H-14]
  MQ_ERROR_CORRUPTED_SECURITY_DATA: [
    "the private key of the certificate is missing, or this user may not read it",
    "the process runs under an identity without a loaded profile (a service, COM+): load it or log on once",
    "the cryptographic provider failed"
  ],
  //
  MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE: ["the internal certificate of this user is damaged: register a new one"],
  //
  MQ_ERROR_COULD_NOT_GET_USER_SID: [
    "the thread's token names no user: check how the process was started, or whom it impersonates"
  ],
  //
  MQ_ERROR_BAD_SECURITY_CONTEXT: ["the security context was freed, or was never one"],
  // [C-13, H-25]
  MQ_ERROR_SERVICE_NOT_AVAILABLE: [
    "the Message Queuing service is stopped or starting: start it (service MSMQ)",
    "Message Queuing is not installed on this machine"
  ],
  // [C-37]
  MQ_ERROR_STALE_HANDLE: ["the Message Queuing service restarted"],
  // [C-38, C-47]
  MQ_ERROR_QUEUE_DELETED: ["the queue was deleted while it was open, and may have been created again"],
  // [A-77, C-11, H-11]
  MQ_ERROR_UNSUPPORTED_OPERATION: [
    "the machine is in a workgroup: only private local queues and direct format names work there",
    "no certificate can be registered in a workgroup: use an external one with sender-id type none"
  ],
  MQ_ERROR_NO_DS: [
    "the directory cannot be reached, or the machine is in a workgroup: use a private queue or a direct format name"
  ],
  // [A-81, B-11, B-16, B-22, B-23, B-24]
  MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION: [
    "a DIRECT= name cannot be deleted, and of another machine's queue no properties can be read",
    "HTTP, multicast, distribution-list and multiple-element names can only be sent to",
    "journals, dead-letter and machine queues can only be read",
    "a subqueue has no properties and no counts, and cannot be sent to: messages are moved there from its queue",
    "an encrypted body can only be sent by a PUBLIC= or PRIVATE= name, not by a direct one",
    "the machine is in a workgroup: only direct names lead to other machines there"
  ],
  // [A-81, A-82, H-11]
  MQ_ERROR_PUBLIC_KEY_NOT_FOUND: [
    "the machine is in a workgroup: there are no keys to encrypt by, send the body in clear",
    "the destination machine has no key in the directory, or the directory cannot be reached"
  ],
  // [C-24, C-25]
  MQ_ERROR_SHARING_VIOLATION: ["another handle holds the queue for itself (deny-receive): close that one first"],
  // [F-15, F-16, E-62]
  MQ_ERROR_TRANSACTION_USAGE: [
    "a transaction was given for a queue that is not transactional, or none where one is needed",
    "a peek was asked for inside a transaction"
  ],
  // [E-76, C-29]
  MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE: ["the other machine is down, unreachable, or refuses remote reads"]
}
