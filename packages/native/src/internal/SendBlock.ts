import type {
  MessageProperties,
  OutgoingProperties,
  SendParameters,
  SendOutcome
} from "@effect-msmq/core/mqrt/MessageProperties"
import { messageProperties as PROPID_M } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Value from "@effect-msmq/core/mqrt/MessageValues"
import type { Name as VariantTypeName, numbers as vartypes } from "@effect-msmq/core/mqrt/VariantType"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import { isError } from "./calls.ts"
import type { Address } from "./declarations.ts"
import { addressOf } from "./declarations.ts"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import { lengthOf, MemoryBlock } from "./MemoryBlock.ts"
import { MessageIdText } from "./RepeatedGuid.ts"
import {
  clearStatuses,
  elementsWord,
  idsWord,
  refusedProperties,
  valuesAt,
  valueWord,
  variantsWord,
  wordsPerVariant,
  writeCount,
  writeHeader
} from "./PropertyArray.ts"
import { writeText } from "./utf16.ts"
import { acknowledgeBits, journalingBits } from "./words.ts"

/** `MQSendMessage`, or its double. */
export type MQSendMessage = (queue: Address, properties: Address, transaction: Address) => number

/** Watch over sends on the calling thread, which tells when they end. */
export interface SendWatch {
  /** Notes that a message with so many bytes is written, and that its call begins. */
  begin(bodyLength: number): void
  /** Notes that a call has ended. Returns `true` when the next message may be sent. */
  goesOn(isLast: boolean): boolean
}

/** Watch that lets all messages be sent. */
export const unwatched: SendWatch = { begin: () => {}, goesOn: () => true }

/** Row of the table, with a `VARTYPE` that fits the way it is written. */
interface Row<Type extends VariantTypeName> {
  readonly id: number
  readonly vartype: (typeof vartypes)[Type]
}

/** Bytes of a block at first, and after a large message: a good deal more than most messages need. */
const usualSize = 64 * 1024
/** Bytes of a block that is kept after the call. */
const largestKept = 1024 * 1024

const messageIdSize = 20
/** Longest label of a message that has usual properties only, in UTF-16 units: longer than any that Message Queuing takes. */
const longestUsualLabel = 255
/** Bytes for the NUL of each text and for alignment, of all values of one message. */
const slack = 512

/** Bits of the properties that most messages have. */
const usual = { body: 1, bodyType: 2, label: 4, priority: 8, delivery: 16 } as const

/** Bits of properties that were not arranged. */
const notArranged = -1

/**
 * Memory that messages are sent from: one block, which is written over for each message. The properties of the call are
 * written once. Those that most messages have come after them, and are arranged once for all messages in a row that have
 * the same ones: then only their values are written. Others come last. Values that are Message Queuing's defaults are
 * left out (behaviour D-20).
 */
export class SendBlock {
  #block: MemoryBlock
  #address: Address
  #isOpen = true
  #count = 0
  /** Most properties of a call since the statuses were cleared. */
  #mostCount = 0
  #free = 0
  /** Number of properties of the call; those of the message come after them. */
  #callCount = 0
  #callFree = 0
  #messageIdAt = 0
  /** Bits of the usual properties as they are arranged now. */
  #arranged: number = notArranged
  #bodyAt = 0
  #labelAt = 0
  /** First words of the variants whose values change from message to message. */
  #bodyVariant = 0
  #bodyTypeVariant = 0
  #priorityVariant = 0
  readonly #messageIdText = new MessageIdText()

  constructor() {
    this.#block = newBlock(usualSize)
    this.#address = addressOf(this.#block.address)
  }

  /** Sends one message after another until one fails, or the watch ends it. */
  send(
    MQSendMessage: MQSendMessage,
    queue: Address,
    messages: ReadonlyArray<OutgoingProperties>,
    options: SendParameters,
    transaction: Address,
    watch: SendWatch = unwatched
  ): SendOutcome {
    this.#assertOpen()
    const messageIds: Array<string> | null = options.messageIds ? [] : null
    try {
      this.#writeCall(options)
      const { length } = messages
      let accepted = 0
      for (const message of messages) {
        watch.begin(this.#writeMessage(message, options))
        const hr = MQSendMessage(queue, this.#address, transaction) >>> 0
        if (isError(hr)) return { accepted, messageIds, failure: this.#failure(hr) }
        accepted++
        if (messageIds !== null) messageIds.push(this.#messageId())
        if (!watch.goesOn(accepted === length)) break
      }
      return { accepted, messageIds, failure: null }
    } finally {
      this.shrink()
    }
  }

  /**
   * Writes one message for a call of `MQSendMessage`. Returns its address, where it stands until the next one is
   * written.
   */
  write(message: OutgoingProperties, options: SendParameters): Address {
    this.#assertOpen()
    this.#writeCall(options)
    this.#writeMessage(message, options)
    return this.#address
  }

  /** Returns the outcome of a call with the message that {@link write} has written. */
  outcome(hresult: number, { messageIds }: SendParameters): SendOutcome {
    return isError(hresult)
      ? { accepted: 0, messageIds: null, failure: this.#failure(hresult) }
      : { accepted: 1, messageIds: messageIds ? [this.#messageId()] : null, failure: null }
  }

  /** Frees memory that only a large message needed. */
  shrink(): void {
    if (this.#block.size > largestKept) this.#replace(usualSize)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#block.free()
  }

  #failure(hresult: number): MqrtFailure {
    const properties = refusedProperties(this.#block, this.#count)
    return new MqrtFailure({ function: "MQSendMessage", code: hresult, properties })
  }

  #messageId(): string {
    return this.#messageIdText.of(this.#block.bytes, this.#block.words, this.#messageIdAt)
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new Error("MQSendMessage is not called: the layer that this service came from is closed")
  }

  #writeCall(options: SendParameters): void {
    this.#arranged = notArranged
    this.#makeRoom(valuesAt + sizeOfCall(options))
    clearStatuses(this.#block, this.#mostCount)
    this.#mostCount = this.#count = 0
    this.#free = valuesAt
    if (options.securityContext !== null)
      this.#number(PROPID_M.SECURITY_CONTEXT, Number(BigInt.asUintN(32, options.securityContext)))
    if (options.senderCertificate !== null) this.#bytes(PROPID_M.SENDER_CERT, options.senderCertificate)
    if (options.authenticationLevel !== "none")
      this.#number(PROPID_M.AUTH_LEVEL, Value.authenticationLevels[options.authenticationLevel])
    if (options.hashAlgorithm !== null) this.#number(PROPID_M.HASH_ALG, Value.hashAlgorithms[options.hashAlgorithm])
    if (options.provider !== null) {
      this.#text(PROPID_M.PROV_NAME, options.provider.name)
      this.#number(PROPID_M.PROV_TYPE, options.provider.type)
    }
    if (options.senderIdType !== "sid") this.#number(PROPID_M.SENDERID_TYPE, Value.senderIdTypes[options.senderIdType])
    if (options.privacyLevel !== "none") this.#number(PROPID_M.PRIV_LEVEL, Value.privacyLevels[options.privacyLevel])
    if (options.encryptionAlgorithm !== null)
      this.#number(PROPID_M.ENCRYPTION_ALG, Value.encryptionAlgorithms[options.encryptionAlgorithm])
    if (options.messageIds) {
      this.#messageIdAt = this.#vector(PROPID_M.MSGID, messageIdSize)
    }
    this.#callCount = this.#count
    this.#callFree = this.#free
  }

  /** Returns the length of the body. */
  #writeMessage(message: OutgoingProperties, options: SendParameters): number {
    const bodyLength = lengthOf(message.body)
    const hasOthers = !hasOnlyUsual(message)
    const size = slack + sizeOfLabel(message.label.length) + bodyLength + (hasOthers ? sizeOfOthers(message) : 0)
    if (this.#callFree + size > this.#block.size) {
      this.#makeRoom(this.#callFree + size)
      this.#writeCall(options)
    }
    const properties = usualOf(message, bodyLength)
    if (properties !== this.#arranged || hasOthers) {
      this.#arrange(properties, message.label)
      if (hasOthers) this.#writeOthers(message, bodyLength)
      this.#writeCount()
    }
    this.#writeUsual(message, bodyLength)
    return bodyLength
  }

  #writeCount(): void {
    // A call has at least one property: this is the default type of a body (D-20).
    if (this.#count === 0) this.#number(PROPID_M.BODY_TYPE, 0)
    writeCount(this.#block, this.#count)
    if (this.#count > this.#mostCount) this.#mostCount = this.#count
  }

  /** Arranges usual properties behind those of the call. The body is the last value, as its length differs most. */
  #arrange(properties: number, { length }: string): void {
    const { body, bodyType, delivery, label, priority } = usual
    this.#count = this.#callCount
    this.#free = this.#callFree
    this.#labelAt = this.#take(sizeOfLabel(length))
    this.#bodyAt = this.#free
    if ((properties & body) !== 0) {
      this.#bodyVariant = this.#name(PROPID_M.BODY)
      this.#block.point(this.#bodyVariant + elementsWord, this.#bodyAt)
    }
    if ((properties & bodyType) !== 0) this.#bodyTypeVariant = this.#name(PROPID_M.BODY_TYPE)
    if ((properties & label) !== 0) this.#block.point(this.#name(PROPID_M.LABEL) + valueWord, this.#labelAt)
    if ((properties & priority) !== 0) this.#priorityVariant = this.#name(PROPID_M.PRIORITY)
    if ((properties & delivery) !== 0) this.#number(PROPID_M.DELIVERY, Value.deliveries.recoverable)
    this.#arranged = properties
  }

  /** Writes values of the usual properties where these are arranged. */
  #writeUsual({ body, bodyType, label, priority }: MessageProperties, bodyLength: number): void {
    const { bytes, units, words } = this.#block
    if (bodyLength > 0) {
      words[this.#bodyVariant + valueWord] = bodyLength
      bytes.set(body, this.#bodyAt)
    }
    if (bodyType !== 0) words[this.#bodyTypeVariant + valueWord] = bodyType
    if (label !== "") writeText(units, this.#labelAt >>> 1, label)
    if (priority !== 3) words[this.#priorityVariant + valueWord] = priority
  }

  /** Writes the properties beside the usual ones, which the next message will not have. */
  #writeOthers(message: OutgoingProperties, bodyLength: number): void {
    this.#arranged = notArranged
    this.#take(bodyLength)
    if (message.acknowledge !== null) {
      const bits = acknowledgeBits(message.acknowledge)
      if (bits !== 0) this.#number(PROPID_M.ACKNOWLEDGE, bits)
    }
    if (message.journaling !== null) {
      const bits = journalingBits(message.journaling)
      if (bits !== 0) this.#number(PROPID_M.JOURNAL, bits)
    }
    if (message.correlationId !== null) this.#bytes(PROPID_M.CORRELATIONID, message.correlationId)
    if (message.appSpecific !== 0) this.#number(PROPID_M.APPSPECIFIC, message.appSpecific)
    if (message.extension !== null && lengthOf(message.extension) > 0)
      this.#bytes(PROPID_M.EXTENSION, message.extension)
    if (message.timeToReachQueue !== null) this.#number(PROPID_M.TIME_TO_REACH_QUEUE, message.timeToReachQueue)
    if (message.timeToBeReceived !== null) this.#number(PROPID_M.TIME_TO_BE_RECEIVED, message.timeToBeReceived)
    if (message.responseQueue !== null) this.#text(PROPID_M.RESP_FORMAT_NAME, message.responseQueue)
    if (message.adminQueue !== null) this.#text(PROPID_M.ADMIN_QUEUE, message.adminQueue)
    if (message.deadLetterQueue !== null) this.#text(PROPID_M.DEADLETTER_QUEUE, message.deadLetterQueue)
    if (message.trace) this.#number(PROPID_M.TRACE, 1)
    if (message.connector !== null || message.soap !== null) this.#writeSeldom(message)
  }

  #writeSeldom({ connector, soap }: OutgoingProperties): void {
    if (connector !== null) {
      this.#guid(PROPID_M.CONNECTOR_TYPE, connector.type)
      if (connector.class !== 0) this.#number(PROPID_M.CLASS, connector.class)
      if (connector.authenticated) this.#number(PROPID_M.AUTHENTICATED, 1)
      if (connector.signature !== null) this.#bytes(PROPID_M.SIGNATURE, connector.signature)
      if (connector.symmetricKey !== null) this.#bytes(PROPID_M.DEST_SYMM_KEY, connector.symmetricKey)
    }
    if (soap !== null) {
      if (soap.header !== null) this.#text(PROPID_M.SOAP_HEADER, soap.header)
      if (soap.body !== null) this.#text(PROPID_M.SOAP_BODY, soap.body)
    }
  }

  /** Adds a property. Returns the first word of its variant. */
  #name(row: Row<VariantTypeName>): number {
    const { words } = this.#block
    const index = this.#count++
    const variant = variantsWord + index * wordsPerVariant
    words[idsWord + index] = row.id
    words[variant] = row.vartype
    return variant
  }

  /** Reserves room for a value. Returns its offset. */
  #take(size: number): number {
    const at = this.#free
    this.#free = (at + size + 7) & ~7
    return at
  }

  /**
   * Writes a number as a whole word, whatever its width: the bytes above it are those of the property that stood here
   * before.
   */
  #number(row: Row<"VT_UI1" | "VT_UI2" | "VT_UI4">, value: number): void {
    this.#block.words[this.#name(row) + valueWord] = value
  }

  #vector(row: Row<"VT_VECTOR|VT_UI1">, length: number): number {
    const variant = this.#name(row)
    const at = this.#take(length)
    this.#block.words[variant + valueWord] = length
    this.#block.point(variant + elementsWord, at)
    return at
  }

  #bytes(row: Row<"VT_VECTOR|VT_UI1">, value: Uint8Array, length = lengthOf(value)): void {
    this.#block.bytes.set(value, this.#vector(row, length))
  }

  #text(row: Row<"VT_LPWSTR">, value: string): void {
    const at = this.#take(2 * value.length + 2)
    this.#block.point(this.#name(row) + valueWord, at)
    writeText(this.#block.units, at >>> 1, value)
  }

  #guid(row: Row<"VT_CLSID">, value: string): void {
    const at = this.#take(16)
    this.#block.point(this.#name(row) + valueWord, at)
    Guid.write(this.#block.bytes, at, value)
  }

  #makeRoom(size: number): void {
    if (size > this.#block.size) this.#replace(2 ** Math.ceil(Math.log2(size)))
  }

  /** Replaces the block. The new one is made first: when memory is short, the old one stays whole. */
  #replace(size: number): void {
    const block = newBlock(size)
    this.#block.free()
    this.#block = block
    this.#address = addressOf(block.address)
  }
}

const newBlock = (size: number): MemoryBlock => {
  const block = new MemoryBlock(size)
  writeHeader(block)
  return block
}

const sizeOfText = (text: string | null): number => (text === null ? 0 : 2 * text.length)
const sizeOfBytes = (bytes: Uint8Array | null): number => (bytes === null ? 0 : lengthOf(bytes))

const sizeOfCall = ({ senderCertificate, provider }: SendParameters): number =>
  slack + sizeOfBytes(senderCertificate) + (provider === null ? 0 : sizeOfText(provider.name))

/** Returns the bytes for a label. They are the same for all usual ones, so that the body behind them stays where it is. */
const sizeOfLabel = (length: number): number => 2 * Math.max(longestUsualLabel, length) + 2

/** Returns the bits of the usual properties that a message has. */
const usualOf = ({ bodyType, delivery, label, priority }: MessageProperties, bodyLength: number): number =>
  (bodyLength > 0 ? usual.body : 0) |
  (bodyType !== 0 ? usual.bodyType : 0) |
  (label !== "" ? usual.label : 0) |
  (priority !== 3 ? usual.priority : 0) |
  (delivery !== "express" ? usual.delivery : 0)

/** Returns `true` for a message that has no property beside the usual ones, and a label of usual length. */
const hasOnlyUsual = (message: OutgoingProperties): boolean =>
  message.label.length <= longestUsualLabel &&
  message.acknowledge === null &&
  message.journaling === null &&
  message.correlationId === null &&
  message.appSpecific === 0 &&
  message.extension === null &&
  message.timeToReachQueue === null &&
  message.timeToBeReceived === null &&
  message.responseQueue === null &&
  message.adminQueue === null &&
  message.deadLetterQueue === null &&
  !message.trace &&
  message.connector === null &&
  message.soap === null

/** Returns the bytes that a message takes beside its usual properties. */
const sizeOfOthers = (message: OutgoingProperties): number => {
  const size =
    sizeOfBytes(message.correlationId) +
    sizeOfBytes(message.extension) +
    sizeOfText(message.responseQueue) +
    sizeOfText(message.adminQueue) +
    sizeOfText(message.deadLetterQueue)
  return message.connector === null && message.soap === null ? size : size + sizeOfSeldom(message)
}

const sizeOfSeldom = ({ connector, soap }: OutgoingProperties): number =>
  (connector === null ? 0 : sizeOfBytes(connector.signature) + sizeOfBytes(connector.symmetricKey)) +
  (soap === null ? 0 : sizeOfText(soap.header) + sizeOfText(soap.body))
