import type { RareProperties, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import { BytesPool } from "./BytesPool.ts"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import { RepeatedGuid } from "./RepeatedGuid.ts"
import { MessageIdText } from "./MessageIdText.ts"
import * as Value from "./messageValues.ts"
import { refusedProperties } from "./PropertyArray.ts"
import type { BufferName } from "./receiveBuffer.ts"
import { capacityFor, growCodes, largestCapacity, usualCapacities } from "./receiveBuffer.ts"
import type { ReceiveBuffer } from "./ReceiveMemory.ts"
import type { ReceivedPropertyName } from "./receivedPropertyNames.ts"
import { receivedProperties, usualProperties } from "./receivedPropertyNames.ts"
import { fixedAt, ReceiveMemory, valueWords as at } from "./ReceiveMemory.ts"
import { readText } from "./utf16.ts"

const hashAlgorithms = Value.wordsOf(Value.hashAlgorithms)
const senderIdTypes = Value.wordsOf(Value.senderIdTypes)
const privacyLevels = Value.wordsOf(Value.privacyLevels)
const encryptionAlgorithms = Value.wordsOf(Value.encryptionAlgorithms)

/** `LONG_LIVED`; `INFINITE` is one more. A time from here on is none. */
const longLived = 0xfffffffe

/** Memory that grew beyond this is given back as soon as it was read; below, once a message fits the usual again. */
const largestKept = 256 * 1024

/** Names repeat from message to message, long texts do not. */
const longestRemembered = 250

const noGuid = "00000000-0000-0000-0000-000000000000"

/** The properties of a receive, the buffers that they are written into, and how to read them. One call at a time. */
export class ReceiveBuffers {
  readonly #rare: boolean
  readonly #names: ReadonlyArray<ReceivedPropertyName>
  readonly #pool = new BytesPool()
  readonly #messageId = new MessageIdText()
  readonly #transactionId = new MessageIdText()
  readonly #machineId = new RepeatedGuid("", "")
  #memory: ReceiveMemory
  #isUsual = true
  #isOpen = true

  constructor(options: { readonly rare: boolean }) {
    this.#rare = options.rare
    this.#names = options.rare ? receivedProperties : usualProperties
    this.#memory = new ReceiveMemory(this.#names, usualCapacities)
  }

  /** Of the `MQMSGPROPS`. Another one after `grow` and `read`. */
  get address(): bigint {
    return this.#memory.block.address
  }

  /** Before each call: what the last one wrote is taken back. */
  prepare(): void {
    if (!this.#isOpen) throw new Error("nothing is received: the layer that this service came from is closed")
    this.#memory.reset()
  }

  /**
   * After an error: enlarges each buffer that the message needs more room in. `false`: the error was not about room, or no
   * message is that large.
   */
  grow(code: number): boolean {
    const suspects = growCodes.get(code >>> 0)
    if (suspects === undefined) return false
    const buffers = Object.values(this.#memory.buffers).filter(({ capacity }) => capacity > 0)
    const capacities: Record<BufferName, number> = { ...usualCapacities }
    for (const { name, capacity } of buffers) capacities[name] = capacity
    const short = buffers.filter((buffer) => this.#length(buffer) > buffer.capacity)
    for (const buffer of short) capacities[buffer.name] = capacityFor(this.#length(buffer))
    if (short.length === 0) {
      // The code alone says which: each time twice the room.
      const doubled = buffers.filter(({ name, capacity }) => suspects.includes(name) && capacity < largestCapacity)
      if (doubled.length === 0) return false
      for (const { name, capacity } of doubled) capacities[name] = Math.min(2 * capacity, largestCapacity)
    }
    this.#replace(new ReceiveMemory(this.#names, capacities))
    this.#isUsual = false
    return true
  }

  /** Copies everything out: the next call writes over it. */
  read(): ReceivedProperties {
    const { block, buffers } = this.#memory
    const { bytes, quads, words } = block
    const authenticated = words[at.AUTHENTICATED_EX] ?? 0
    const privacyLevel = privacyLevels.get(words[at.PRIV_LEVEL] ?? 0) ?? "none"
    const properties: ReceivedProperties = {
      body: this.#bytes(buffers.BODY),
      bodyType: words[at.BODY_TYPE] ?? 0,
      label: this.#text(buffers.LABEL),
      priority: words[at.PRIORITY] ?? 0,
      delivery: words[at.DELIVERY] === Value.deliveries.recoverable ? "recoverable" : "express",
      acknowledge: Value.acknowledgeOf(words[at.ACKNOWLEDGE] ?? 0),
      journaling: Value.journalingOf(words[at.JOURNAL] ?? 0),
      correlationId: isZero(words, fixedAt.CORRELATIONID) ? null : this.#pool.copy(bytes, fixedAt.CORRELATIONID, 20),
      appSpecific: words[at.APPSPECIFIC] ?? 0,
      extension: this.#bytesOrNull(buffers.EXTENSION),
      timeToReachQueue: secondsOf(words[at.TIME_TO_REACH_QUEUE] ?? 0),
      timeToBeReceived: secondsOf(words[at.TIME_TO_BE_RECEIVED] ?? 0),
      responseQueue: this.#textOrNull(buffers.RESP_FORMAT_NAME),
      adminQueue: this.#textOrNull(buffers.ADMIN_QUEUE),
      deadLetterQueue: this.#textOrNull(buffers.DEADLETTER_QUEUE),
      trace: words[at.TRACE] !== 0,
      messageId: this.#messageId.of(bytes, words, fixedAt.MSGID),
      lookupId: quads[at.LOOKUPID >>> 1] ?? 0n,
      class: words[at.CLASS] ?? 0,
      sentTime: words[at.SENTTIME] ?? 0,
      arrivedTime: words[at.ARRIVEDTIME] ?? 0,
      authenticated,
      // A hash and a cipher are told of messages without signature and encryption too.
      hashAlgorithm: authenticated === 0 ? null : (hashAlgorithms.get(words[at.HASH_ALG] ?? 0) ?? null),
      senderCertificate: this.#bytesOrNull(buffers.SENDER_CERT),
      senderIdType: senderIdTypes.get(words[at.SENDERID_TYPE] ?? 0) ?? "none",
      senderId: this.#bytesOrNull(buffers.SENDERID),
      privacyLevel,
      encryptionAlgorithm:
        privacyLevel === "none" ? null : (encryptionAlgorithms.get(words[at.ENCRYPTION_ALG] ?? 0) ?? null),
      destinationQueue: this.#text(buffers.DEST_QUEUE),
      sourceMachineId: this.#machineId.text(bytes, words, fixedAt.SRC_MACHINE_ID),
      firstInTransaction: words[at.FIRST_IN_XACT] !== 0,
      lastInTransaction: words[at.LAST_IN_XACT] !== 0,
      transactionId: isZero(words, fixedAt.XACTID) ? null : this.#transactionId.of(bytes, words, fixedAt.XACTID),
      abortCount: words[at.ABORT_COUNT] ?? 0,
      moveCount: words[at.MOVE_COUNT] ?? 0,
      lastMoveTime: words[at.LAST_MOVE_TIME] ?? 0,
      rare: this.#rare ? this.#readRare() : null
    }
    if (!this.#isUsual) this.#shrink()
    return properties
  }

  /** What a call that failed said, property by property. */
  failure(functionName: string, hr: number): MqrtFailure {
    const properties = refusedProperties(this.#memory.block, this.#names.length)
    return new MqrtFailure({ function: functionName, code: hr >>> 0, properties })
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#memory.block.free()
  }

  #readRare(): RareProperties {
    const { block, buffers } = this.#memory
    const { bytes, words } = block
    const provider = this.#text(buffers.PROV_NAME)
    const connectorType = Guid.fromBytes(bytes, fixedAt.CONNECTOR_TYPE)
    return {
      version: words[at.VERSION] ?? 0,
      provider: provider === "" ? null : { name: provider, type: words[at.PROV_TYPE] ?? 0 },
      signature: this.#bytesOrNull(buffers.SIGNATURE),
      symmetricKey: this.#bytesOrNull(buffers.DEST_SYMM_KEY),
      connectorType: connectorType === noGuid ? null : connectorType,
      destinationFormatName: this.#textOrNull(buffers.DEST_FORMAT_NAME),
      transactionStatusQueue: this.#textOrNull(buffers.XACT_STATUS_QUEUE),
      soapEnvelope: this.#textOrNull(buffers.SOAP_ENVELOPE),
      compoundMessage: this.#bytesOrNull(buffers.COMPOUND_MESSAGE)
    }
  }

  /** What the companion of a buffer says; what no message has, is no length. */
  #length(buffer: ReceiveBuffer): number {
    const length = this.#memory.block.words[buffer.lengthWord] ?? 0
    return length > largestCapacity ? 0 : length
  }

  #bytes(buffer: ReceiveBuffer): Uint8Array {
    return this.#pool.copy(this.#memory.block.bytes, buffer.at, Math.min(this.#length(buffer), buffer.capacity))
  }

  #bytesOrNull(buffer: ReceiveBuffer): Uint8Array | null {
    return this.#length(buffer) === 0 ? null : this.#bytes(buffer)
  }

  #text(buffer: ReceiveBuffer): string {
    const limit = Math.min(this.#length(buffer), buffer.capacity)
    const text = readText(this.#memory.block, buffer.at >>> 1, limit, buffer.last)
    if (text.length <= longestRemembered) buffer.last = text
    return text
  }

  #textOrNull(buffer: ReceiveBuffer): string | null {
    const text = this.#text(buffer)
    return text === "" ? null : text
  }

  #shrink(): void {
    const buffers = Object.values(this.#memory.buffers)
    const fits = buffers.every((buffer) => this.#length(buffer) <= usualCapacities[buffer.name])
    if (!fits && this.#memory.block.size <= largestKept) return
    this.#replace(new ReceiveMemory(this.#names, usualCapacities))
    this.#isUsual = true
  }

  #replace(memory: ReceiveMemory): void {
    this.#memory.block.free()
    this.#memory = memory
  }
}

const secondsOf = (seconds: number): number | null => (seconds >= longLived ? null : seconds)

/** Whether 20 bytes are all zero. `offset`: in bytes. */
const isZero = (words: Uint32Array, offset: number): boolean => {
  const word = offset >>> 2
  for (let index = 0; index < 5; index++) if (words[word + index] !== 0) return false
  return true
}
