import type {
  MessageProperties,
  OutgoingProperties,
  ReceivedProperties
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { ReceivedField, SentField } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import {
  defaultMessage,
  defaultSendParameters,
  messageFields,
  messageProperties
} from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { Message } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { isDeepStrictEqual } from "node:util"
import { IncomingMessage } from "../../src/internal/messages/IncomingMessage.ts"
import { propertiesOf, Refusal, violation } from "../../src/internal/sending/outgoing.ts"
import { fieldsOf } from "../../src/internal/options/outgoingMessages.ts"
import { assertHeldToTable, sampleMessage, sentInMessage } from "../support/heldToTable.ts"

type Table = typeof messageProperties
type Rows = Table[keyof Table]

/** Does not compile where a field of the seam has no row, or a row names a field that is none. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
const heldByTypes: readonly [
  Same<Exclude<Rows["sent"], null>, SentField>,
  Same<Exclude<Rows["received"], null>, ReceivedField>,
  Same<Exclude<keyof Message.Message, "headers">, keyof OutgoingProperties>,
  Same<
    Exclude<keyof Message.ReceivedMessage, "headers" | "signatureVersion">,
    Exclude<keyof ReceivedProperties, "rare">
  >
] = [true, true, true, true]

const sample: MessageProperties = sampleMessage

const propertiesFor = (message: object) => {
  const { body, extension } = message as Message.Message
  return propertiesOf(message as Message.Message, 0, body, 0, extension)
}

const isRefused = (message: object, field: string): boolean => {
  const properties = propertiesFor(message)
  const refused = properties instanceof Refusal ? properties.reason : violation(properties, 0)
  return refused !== undefined && "field" in refused && refused.field === field
}

const { connector: _, soap: __, ...plainMessage } = defaultMessage

const plainReceived: ReceivedProperties = {
  ...plainMessage,
  bodySize: 0,
  messageId: "{6d736d71-0000-4000-8000-000000000001}\\1",
  lookupId: 1n,
  class: 0,
  sentTime: 1,
  arrivedTime: 1,
  authenticated: 0,
  hashAlgorithm: null,
  senderCertificate: null,
  senderIdType: "none",
  senderId: null,
  privacyLevel: "none",
  encryptionAlgorithm: null,
  destinationQueue: "DIRECT=OS:.\\private$\\orders",
  sourceMachineId: "6d736d71-0000-4000-8000-000000000001",
  firstInTransaction: false,
  lastInTransaction: false,
  transactionId: null,
  abortCount: 0,
  moveCount: 0,
  lastMoveTime: 0,
  rare: null
}

const sampleReceived: Omit<ReceivedProperties, "rare" | "senderCertificate"> = {
  ...sample,
  bodySize: 9,
  messageId: "{6d736d71-0000-4000-8000-000000000001}\\2",
  lookupId: 2n,
  class: 2,
  sentTime: 2,
  arrivedTime: 2,
  authenticated: 5,
  hashAlgorithm: "sha512",
  senderIdType: "sid",
  senderId: Uint8Array.of(1),
  privacyLevel: "bodyAes",
  encryptionAlgorithm: "aes256",
  destinationQueue: "DIRECT=OS:.\\private$\\others",
  sourceMachineId: "6d736d71-0000-4000-8000-000000000002",
  firstInTransaction: true,
  lastInTransaction: true,
  transactionId: "{6d736d71-0000-4000-8000-000000000001}\\3",
  abortCount: 1,
  moveCount: 1,
  lastMoveTime: 1
}

describe("the table of message properties", () => {
  it("has each field of the seam, and no other", () => {
    assert.isTrue(heldByTypes.every((same) => same))
    assert.deepStrictEqual([...messageFields.keys()].toSorted(), Object.keys(sample).toSorted())
  })

  it("says the defaults of a message and of a send (D-20)", () => {
    assert.deepStrictEqual(propertiesFor({}), defaultMessage)
    assert.deepStrictEqual(defaultSendParameters, {
      securityContext: null,
      senderCertificate: null,
      authenticationLevel: "none",
      hashAlgorithm: null,
      provider: null,
      senderIdType: "sid",
      privacyLevel: "none",
      encryptionAlgorithm: null,
      transaction: "none",
      messageIds: false
    })
  })

  it("has a row for each field that a message takes to the seam", () => {
    const taken = Object.entries(sample).filter(([field, value]) => {
      const given = field.startsWith("timeTo") ? `${value} seconds` : value
      const properties = propertiesFor({ [field]: given })
      return (
        !(properties instanceof Refusal) &&
        isDeepStrictEqual(Object.entries(properties).find(([name]) => name === field)?.[1], value)
      )
    })
    assertHeldToTable(
      taken.map(([field]) => field),
      sentInMessage
    )
  })

  it("has a row for each field whose illegal values are refused", () => {
    const refused = Object.keys(sample).filter((field) =>
      [{ not: "legal" }, -1, "\0"].some((value) => isRefused({ [field]: value }, field))
    )
    assertHeldToTable(refused, sentInMessage)
  })

  it("has a row for each field that is read from a message of a class", () => {
    const read = Object.entries(sample).filter(([field, value]) => {
      class Order {
        get [field]() {
          return value
        }
      }
      return field in fieldsOf(new Order())
    })
    assertHeldToTable(
      read.map(([field]) => field),
      sentInMessage
    )
  })

  it("has a row for each field of a message that is received", () => {
    const fieldsFor = (properties: ReceivedProperties): Readonly<Record<string, unknown>> => ({
      ...new IncomingMessage(properties, undefined)
    })
    const plain = fieldsFor(plainReceived)
    const received = Object.entries(sampleReceived).flatMap(([field, value]) => {
      const message = fieldsFor({ ...plainReceived, [field]: value })
      return Object.keys(message).filter((name) => !isDeepStrictEqual(message[name], plain[name]))
    })
    // A boolean of its own, beside the version.
    assert.strictEqual(received.splice(received.indexOf("signatureVersion"), 1)[0], "signatureVersion")
    assert.isTrue("senderCertificate" in plain)
    assertHeldToTable([...received, "senderCertificate"], ({ received }) =>
      received === null || received.startsWith("rare.") ? undefined : received
    )
  })

  it("has limits just where the rules refuse more", () => {
    for (const [field, { exactly, kind, limit }] of messageFields) {
      if (kind === "number" || kind === "variantType") {
        assert.isFalse(isRefused({ [field]: limit }, field), field)
        assert.isTrue(isRefused({ [field]: (limit ?? 0) + 1 }, field), field)
      }
      if (kind === "text") {
        assert.isFalse(isRefused({ [field]: "x".repeat(limit ?? 0) }, field), field)
        assert.isTrue(isRefused({ [field]: "x".repeat((limit ?? 0) + 1) }, field), field)
      }
      if (kind === "seconds") {
        assert.isFalse(isRefused({ [field]: `${limit} seconds` }, field), field)
        assert.isTrue(isRefused({ [field]: `${(limit ?? 0) + 1} seconds` }, field), field)
      }
      if (exactly !== null) {
        assert.isFalse(isRefused({ [field]: new Uint8Array(exactly) }, field), field)
        assert.isTrue(isRefused({ [field]: new Uint8Array(exactly + 1) }, field), field)
      }
    }
  })
})
