import * as core from "@effect-msmq/core"
import * as promises from "@effect-msmq/core/promises"
import { assert, describe, it } from "@effect/vitest"

describe("a program imports", () => {
  it("from core, what it is written with, and nothing of the seam but Mqrt", () => {
    assert.deepStrictEqual(Object.keys(core).toSorted(), [
      "ActiveXBody",
      "BodyType",
      "Certificate",
      "Consumer",
      "Cursor",
      "ErrorCode",
      "FormatName",
      "Health",
      "Message",
      "MessageBody",
      "MessageClass",
      "MessageHeaders",
      "MessageId",
      "MessageQueue",
      "Mqrt",
      "MsmqError",
      "PathName",
      "ProviderType",
      "QueueManager",
      "QueueName",
      "QueueSecurity",
      "QueueService",
      "Receiver",
      "Requester",
      "SecurityContext",
      "SecurityContexts",
      "SecurityDescriptor",
      "Sender",
      "Senders",
      "Sid",
      "Telemetry",
      "Transaction",
      "XmlValue"
    ])
  })

  it("from the promise face, connect, certificate, the classes of what they give, and modules of values and names", () => {
    assert.deepStrictEqual(Object.keys(promises).toSorted(), [
      "ActiveXBody",
      "BodyType",
      "Connection",
      "Consumer",
      "Cursor",
      "ErrorCode",
      "FormatName",
      "HandlerTimeout",
      "Message",
      "MessageBody",
      "MessageClass",
      "MessageHeaders",
      "MessageId",
      "MessageQueue",
      "MsmqError",
      "PathName",
      "ProviderType",
      "QueueManager",
      "QueueName",
      "QueueSecurity",
      "Receiver",
      "Requester",
      "SecurityContext",
      "SecurityContexts",
      "SecurityDescriptor",
      "Selection",
      "Sender",
      "Sid",
      "Transaction",
      "Unrecoverable",
      "certificate",
      "connect",
      "isCertificate"
    ])
  })
})
