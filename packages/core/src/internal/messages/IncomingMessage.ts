import { NodeInspectSymbol } from "effect/Inspectable"
import type { inspect, InspectOptions } from "node:util"
import { isUint8Array } from "node:util/types"
import type { Certificate } from "../security/Certificate.ts"
import type { ReceivedMessage } from "../../Message.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import type { ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import { countOf } from "../errors/describeValue.ts"
import { jsonOf, jsonWithBytes, withoutBytes } from "../json.ts"
import { printableInspection } from "../printable.ts"
import { NotRead } from "./NotRead.ts"
import type { TimesLeft, WithTimesLeft } from "./timesLeft.ts"
import { timeLeft, timesLeft } from "./timesLeft.ts"

const isTimeLimit = (field: string): boolean => field === "timeToReachQueue" || field === "timeToBeReceived"

/** Returns the fields of a message as JSON can hold them. One that cannot be shown leaves the others as they are. */
const fieldsAs = (message: ReceivedMessage<unknown>, json: (value: unknown) => unknown): object =>
  Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name,
      json(typeof value === "number" && isTimeLimit(name) ? value / 1000 : value)
    ])
  )

const noBytes = new Uint8Array(0)

/** Most bytes of a body that a console shows. */
const mostBytes = 16

/** Bytes as a console shows them: the first ones, and their number. */
class InspectedBytes {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  [NodeInspectSymbol](): string {
    const first = Buffer.from(this.#bytes.subarray(0, mostBytes))
      .toString("hex")
      .replaceAll(/..(?!$)/g, "$& ")
    const more = this.#bytes.length > mostBytes ? " …" : ""
    return `<${countOf(this.#bytes.length, "byte")}${first === "" ? "" : `: ${first}${more}`}>`
  }
}

/** Returns the fields that have a value, with bytes as a console shows them. */
const inspectedFields = (message: ReceivedMessage<unknown>): object =>
  Object.fromEntries(
    Object.entries(NotRead.is(message.headers) ? message : { ...message, headers: { ...message.headers } })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, isUint8Array(value) ? new InspectedBytes(value) : value])
  )

/**
 * Message that was received. All fields are its own properties, so that a copy by spreading is a message to send. The methods
 * that it inherits print it safely for any contents. The fields are only declared: as class fields they would be
 * written twice. The fields of groups that are not read are replaced afterwards: see `fieldsLeftOut`.
 */
export class IncomingMessage implements ReceivedMessage, WithTimesLeft {
  declare readonly body: ReceivedMessage["body"]
  declare readonly bodySize: ReceivedMessage["bodySize"]
  declare readonly bodyType: ReceivedMessage["bodyType"]
  declare readonly label: ReceivedMessage["label"]
  declare readonly priority: ReceivedMessage["priority"]
  declare readonly delivery: ReceivedMessage["delivery"]
  declare readonly correlationId: ReceivedMessage["correlationId"]
  declare readonly appSpecific: ReceivedMessage["appSpecific"]
  declare readonly extension: ReceivedMessage["extension"]
  declare readonly headers: ReceivedMessage["headers"]
  declare readonly responseQueue: ReceivedMessage["responseQueue"]
  declare readonly acknowledge: ReceivedMessage["acknowledge"]
  declare readonly adminQueue: ReceivedMessage["adminQueue"]
  declare readonly journaling: ReceivedMessage["journaling"]
  declare readonly deadLetterQueue: ReceivedMessage["deadLetterQueue"]
  declare readonly timeToReachQueue: ReceivedMessage["timeToReachQueue"]
  declare readonly timeToBeReceived: ReceivedMessage["timeToBeReceived"]
  declare readonly trace: ReceivedMessage["trace"]
  declare readonly messageId: ReceivedMessage["messageId"]
  declare readonly lookupId: ReceivedMessage["lookupId"]
  declare readonly class: ReceivedMessage["class"]
  declare readonly sentTime: ReceivedMessage["sentTime"]
  declare readonly arrivedTime: ReceivedMessage["arrivedTime"]
  declare readonly authenticated: ReceivedMessage["authenticated"]
  declare readonly signatureVersion: ReceivedMessage["signatureVersion"]
  declare readonly hashAlgorithm: ReceivedMessage["hashAlgorithm"]
  declare readonly senderCertificate: ReceivedMessage["senderCertificate"]
  declare readonly senderIdType: ReceivedMessage["senderIdType"]
  declare readonly senderId: ReceivedMessage["senderId"]
  declare readonly privacyLevel: ReceivedMessage["privacyLevel"]
  declare readonly encryptionAlgorithm: ReceivedMessage["encryptionAlgorithm"]
  declare readonly firstInTransaction: ReceivedMessage["firstInTransaction"]
  declare readonly lastInTransaction: ReceivedMessage["lastInTransaction"]
  declare readonly transactionId: ReceivedMessage["transactionId"]
  declare readonly abortCount: ReceivedMessage["abortCount"]
  declare readonly moveCount: ReceivedMessage["moveCount"]
  declare readonly lastMoveTime: ReceivedMessage["lastMoveTime"]
  declare readonly destinationQueue: ReceivedMessage["destinationQueue"]
  declare readonly sourceMachineId: ReceivedMessage["sourceMachineId"]
  declare readonly [timesLeft]?: TimesLeft

  constructor(properties: ReceivedProperties, senderCertificate: Certificate | undefined) {
    this.body = properties.body ?? noBytes
    this.bodySize = properties.bodySize
    this.bodyType = properties.bodyType
    this.label = properties.label
    this.priority = properties.priority
    this.delivery = properties.delivery
    this.correlationId = properties.correlationId ?? undefined
    this.appSpecific = properties.appSpecific
    this.extension = properties.extension ?? undefined
    this.headers = MessageHeaders.none
    this.responseQueue = properties.responseQueue ?? undefined
    this.acknowledge = properties.acknowledge ?? undefined
    this.adminQueue = properties.adminQueue ?? undefined
    this.journaling = properties.journaling ?? undefined
    this.deadLetterQueue = properties.deadLetterQueue ?? undefined
    const timeToReachQueue = timeLeft(properties.timeToReachQueue)
    const timeToBeReceived = timeLeft(properties.timeToBeReceived)
    this.timeToReachQueue = timeToReachQueue
    this.timeToBeReceived = timeToBeReceived
    this.trace = properties.trace
    this.messageId = properties.messageId
    this.lookupId = properties.lookupId
    this.class = properties.class
    this.sentTime = new Date(properties.sentTime * 1000)
    this.arrivedTime = new Date(properties.arrivedTime * 1000)
    const signatureVersion = properties.authenticated ?? 0
    this.authenticated = signatureVersion !== 0
    this.signatureVersion = signatureVersion
    this.hashAlgorithm = properties.hashAlgorithm ?? undefined
    this.senderCertificate = senderCertificate
    this.senderIdType = properties.senderIdType ?? "none"
    this.senderId = properties.senderId ?? undefined
    this.privacyLevel = properties.privacyLevel ?? "none"
    this.encryptionAlgorithm = properties.encryptionAlgorithm ?? undefined
    this.firstInTransaction = properties.firstInTransaction
    this.lastInTransaction = properties.lastInTransaction
    this.transactionId = properties.transactionId ?? undefined
    this.abortCount = properties.abortCount
    this.moveCount = properties.moveCount
    this.lastMoveTime = properties.lastMoveTime === 0 ? undefined : new Date(properties.lastMoveTime * 1000)
    this.destinationQueue = properties.destinationQueue ?? ""
    this.sourceMachineId = properties.sourceMachineId
    if (timeToReachQueue !== undefined || timeToBeReceived !== undefined) {
      this[timesLeft] = { timeToReachQueue, timeToBeReceived }
    }
  }

  /** Returns the fields as JSON can hold them: bytes in base64, the lookup id as digits, time limits in seconds. */
  toJSON(): unknown {
    return fieldsAs(this, jsonWithBytes)
  }

  /** @internal Returns the fields as {@link toJSON} does, with the number of bytes in place of bytes. */
  [withoutBytes](): unknown {
    return fieldsAs(this, jsonOf)
  }

  [NodeInspectSymbol](_depth: number, options: InspectOptions, inspector: typeof inspect): string {
    return `ReceivedMessage ${printableInspection(inspector(inspectedFields(this), options))}`
  }
}
