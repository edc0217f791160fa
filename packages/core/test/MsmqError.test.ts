import { ErrorCode, MsmqError } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"

const names = Object.keys(ErrorCode.errors) as Array<ErrorCode.ErrorCodeName>

const errorOf = (name: ErrorCode.ErrorCodeName, operation = "Sender.send") =>
  new MsmqError.MsmqError({
    operation,
    queue: ".\\private$\\orders",
    reason: MsmqError.reasonOf({ function: "MQSendMessage", code: ErrorCode.errors[name], properties: [] })
  })

/** The tag that the types promise for a code. */
const tag = <Name extends ErrorCode.ErrorCodeName>(name: Name, expected: MsmqError.CodeTag<Name>) =>
  [name, expected] as const

describe("what a program threw", () => {
  const unreadable = () => {
    throw new Error("read")
  }
  const values: ReadonlyArray<unknown> = [
    new Proxy({}, { getPrototypeOf: unreadable }),
    Object.create(null),
    Symbol("thrown"),
    undefined,
    Object.defineProperty(new Error("broken"), "message", { get: unreadable })
  ]

  it.each(values.map((cause, index) => [index, cause] as const))(
    "is told of, though it cannot be made a text of (%i)",
    (_, cause) => {
      const error = new MsmqError.MsmqError({
        operation: "Sender.sendAll",
        reason: { _tag: "SourceFailed", part: "onProgress", index: 0, cause }
      })
      assert.include(error.message, "Sender.sendAll: the function onProgress threw, which ends the batch: ")
      assert.include(JSON.stringify(error), "SourceFailed")
    }
  )
})

describe("a code of Message Queuing", () => {
  it.each(names)("%s has a reason of its own, and its message says code, name, operation and queue", (name) => {
    const error = errorOf(name)
    assert("name" in error.reason)
    assert.strictEqual(error.reason.name, name)
    assert.strictEqual(error.reason.code, ErrorCode.errors[name])
    assert.strictEqual(error.reason.function, "MQSendMessage")
    for (const part of [name, ErrorCode.format(ErrorCode.errors[name]), "Sender.send", ".\\private$\\orders"]) {
      assert.include(error.message, part)
    }
  })

  it("has a tag that no other has", () => {
    assert.strictEqual(new Set(names.map((name) => errorOf(name).reason._tag)).size, names.length)
  })

  it.each([
    tag("MQ_ERROR", "Unspecific"),
    tag("MQ_ERROR_QUEUE_NOT_FOUND", "QueueNotFound"),
    tag("MQ_ERROR_ILLEGAL_PROPERTY_VT", "IllegalPropertyVt"),
    tag("MQ_ERROR_CANNOT_HASH_DATA_EX", "CannotHashDataEx"),
    tag("MQ_CORRUPTED_QUEUE_WAS_DELETED", "CorruptedQueueWasDeleted")
  ])("%s is tagged %s, as the types say", (name, expected) => {
    assert.strictEqual(errorOf(name).reason._tag, expected)
  })

  it("may be given signed, as some callers print an HRESULT", () => {
    const reason = MsmqError.reasonOf({ function: "MQOpenQueue", code: -1_072_824_317, properties: [] })
    assert.strictEqual(reason._tag, "QueueNotFound")
  })

  it("that nobody documents is reported as it is", () => {
    const reason = MsmqError.reasonOf({ function: "MQOpenQueue", code: 0x8007_200e, properties: [] })
    assert.deepStrictEqual(reason, { _tag: "UnknownCode", code: 0x8007_200e, function: "MQOpenQueue" })
    assert.include(new MsmqError.MsmqError({ operation: "x", reason }).message, "0x8007200E")
  })
})

describe("the message", () => {
  it("names the properties that were refused, each with its code", () => {
    const reason = MsmqError.reasonOf({
      function: "MQSendMessage",
      code: ErrorCode.errors.MQ_ERROR_PROPERTY,
      properties: [{ property: "PROPID_M_LABEL", status: ErrorCode.errors.MQ_ERROR_LABEL_TOO_LONG }]
    })
    assert.include(
      new MsmqError.MsmqError({ operation: "Sender.send", reason }).message,
      "PROPID_M_LABEL: MQ_ERROR_LABEL_TOO_LONG"
    )
  })

  it("lists size, quota and disk first where one code has many causes (H-01)", () => {
    const [, likely = ""] = errorOf("MQ_ERROR_INSUFFICIENT_RESOURCES").message.split("Likely:")
    const places = ["4 MB", "quota", "disk"].map((word) => likely.indexOf(word))
    assert.notInclude(places, -1)
    assert.deepStrictEqual(
      places,
      places.toSorted((a, b) => a - b)
    )
  })

  it("tells how many messages of a batch were accepted", () => {
    const { reason } = errorOf("MQ_ERROR_STALE_HANDLE")
    const error = new MsmqError.MsmqError({ operation: "Sender.sendAll", reason, progress: { accepted: 41 } })
    assert.include(error.message, "The first 41 messages were accepted")
  })
})

describe("isRetryable", () => {
  const later = "The same call may succeed later: "

  it("is true where waiting may help, and false where the program is wrong (H-25)", () => {
    assert.isTrue(errorOf("MQ_ERROR_SERVICE_NOT_AVAILABLE").isRetryable)
    assert.isTrue(errorOf("MQ_ERROR_SHARING_VIOLATION").isRetryable)
    assert.isFalse(errorOf("MQ_ERROR_BAD_SECURITY_CONTEXT").isRetryable)
    assert.isFalse(errorOf("MQ_ERROR_QUEUE_NOT_FOUND").isRetryable)
    const reason = { _tag: "TransactionMismatch", queueIsTransactional: true } as const
    assert.isFalse(new MsmqError.MsmqError({ operation: "Sender.send", reason }).isRetryable)
  })

  it.each(names)("%s is told in the message as the flag says, for a sender, a receiver and a cursor", (name) => {
    for (const operation of ["Sender.send", "Receiver.receive", "Cursor.next", "MessageQueue.create"]) {
      const error = errorOf(name, operation)
      assert.strictEqual(error.message.includes(later), error.isRetryable, error.message)
      // Nothing else in the message speaks of another attempt.
      const [before = ""] = error.message.split(later)
      assert.notMatch(before, /try again|retry|next use|a pause|reopens the queue/i)
    }
  })

  it("is true after STALE_HANDLE and QUEUE_DELETED where the queue is opened anew, which a cursor's is not (C-37, C-38)", () => {
    for (const name of ["MQ_ERROR_STALE_HANDLE", "MQ_ERROR_QUEUE_DELETED"] as const) {
      for (const operation of ["Sender.send", "Sender.sendAll", "Receiver.receive", "Receiver.lookup.receiveNext"]) {
        assert.isTrue(errorOf(name, operation).isRetryable)
        assert.include(errorOf(name, operation).message, "the next use reopens the queue")
      }
      for (const operation of ["Cursor.next", "Cursor.nextWithin", "Cursor.current", "Cursor.receive"]) {
        assert.isFalse(errorOf(name, operation).isRetryable)
      }
    }
  })
})
