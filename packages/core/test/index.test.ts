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
      "Receiver",
      "SecurityContext",
      "SecurityContexts",
      "SecurityDescriptor",
      "Sender",
      "Sid",
      "Telemetry",
      "Transaction",
      "XmlValue"
    ])
  })

  it("from the promise face, connect, certificate and the classes of what they give", () => {
    assert.deepStrictEqual(Object.keys(promises).toSorted(), [
      "Connection",
      "Consumer",
      "Cursor",
      "HandlerTimeout",
      "MessageId",
      "QueueManager",
      "QueueName",
      "Receiver",
      "SecurityContext",
      "Selection",
      "Sender",
      "Transaction",
      "Unrecoverable",
      "certificate",
      "connect"
    ])
  })
})
