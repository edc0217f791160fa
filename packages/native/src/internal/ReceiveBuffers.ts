import type { RareProperties, ReadProperties, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Value from "@effect-msmq/core/mqrt/MessageValues"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import { BytesPool } from "./BytesPool.ts"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import { MessageIdText, RepeatedGuid } from "./RepeatedGuid.ts"
import { refusedProperties } from "./PropertyArray.ts"
import { capacityFor, growCodes, largestCapacity, usualCapacities } from "./bufferCapacities.ts"
import type { Address } from "./declarations.ts"
import type { ReceiveBuffer } from "./ReceiveMemory.ts"
import type { BufferName, ReceivedPropertyName } from "./receivedPropertyNames.ts"
import { propertiesFor } from "./receivedPropertyNames.ts"
import { fixedAt, ReceiveMemory } from "./ReceiveMemory.ts"
import { acknowledgeOf, journalingOf, wordsOf } from "./words.ts"

const hashAlgorithms = wordsOf(Value.hashAlgorithms)
const senderIdTypes = wordsOf(Value.senderIdTypes)
const privacyLevels = wordsOf(Value.privacyLevels)
const encryptionAlgorithms = wordsOf(Value.encryptionAlgorithms)

/** `LONG_LIVED`: a time from this number on, `INFINITE` included, is no limit. */
const longLived = 0xfffffffe

/** Bytes of memory that is kept after a large message, until one fits the usual memory. More is freed at once. */
const largestKept = 256 * 1024

const noGuid = "00000000-0000-0000-0000-000000000000"

/** Properties of a receive and the buffers that they are written into, for one call at a time. */
export class ReceiveBuffers {
  readonly #read: ReadProperties
  readonly #names: ReadonlyArray<ReceivedPropertyName>
  readonly #pool = new BytesPool()
  readonly #messageId = new MessageIdText()
  readonly #transactionId = new MessageIdText()
  readonly #machineId = new RepeatedGuid("", "")
  #memory: ReceiveMemory
  #isUsual = true
  #isOpen = true

  constructor(read: ReadProperties) {
    this.#read = read
    this.#names = propertiesFor(read)
    this.#memory = new ReceiveMemory(this.#names, usualCapacities)
  }

  /** Address of the `MQMSGPROPS`. It may be another one after `grow` and after `read`. */
  get address(): Address {
    return this.#memory.address
  }

  /** Puts the memory back as it was before the last call. To be called before each call. */
  prepare(): void {
    if (!this.#isOpen) throw new Error("nothing is received: the layer that this service came from is closed")
    this.#memory.reset()
  }

  /**
   * Enlarges each buffer that the message needs more room in, after an error. Returns `false` where the error was not
   * about room, or no message is that large.
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
      // Only the code tells which buffer: it gets twice its room each time.
      const doubled = buffers.filter(({ name, capacity }) => suspects.includes(name) && capacity < largestCapacity)
      if (doubled.length === 0) return false
      for (const { name, capacity } of doubled) capacities[name] = Math.min(2 * capacity, largestCapacity)
    }
    this.#replace(new ReceiveMemory(this.#names, capacities))
    this.#isUsual = false
    return true
  }

  /** Returns the message that a call wrote, in memory of its own. */
  read(): ReceivedProperties {
    const { block, buffers, valueWords: at } = this.#memory
    const { body, extension, queues, rare, security } = this.#read
    const { bytes, quads, words } = block
    const authenticated = words[at.AUTHENTICATED_EX] ?? 0
    const level = words[at.PRIV_LEVEL] ?? 0
    const privacyLevel = level === 0 ? "none" : (privacyLevels.get(level) ?? "none")
    const properties: ReceivedProperties = {
      body: body ? this.#bytes(buffers.BODY) : null,
      bodySize: words[at.BODY_SIZE] ?? 0,
      bodyType: words[at.BODY_TYPE] ?? 0,
      label: this.#text(buffers.LABEL),
      priority: words[at.PRIORITY] ?? 0,
      delivery: words[at.DELIVERY] === Value.deliveries.recoverable ? "recoverable" : "express",
      acknowledge: acknowledgeOf(words[at.ACKNOWLEDGE] ?? 0),
      journaling: journalingOf(words[at.JOURNAL] ?? 0),
      correlationId: isZero(words, fixedAt.CORRELATIONID) ? null : this.#pool.copy(block, fixedAt.CORRELATIONID, 20),
      appSpecific: words[at.APPSPECIFIC] ?? 0,
      extension: extension ? this.#bytesOrNull(buffers.EXTENSION) : null,
      timeToReachQueue: secondsOf(words[at.TIME_TO_REACH_QUEUE] ?? 0),
      timeToBeReceived: secondsOf(words[at.TIME_TO_BE_RECEIVED] ?? 0),
      responseQueue: queues ? this.#textOrNull(buffers.RESP_FORMAT_NAME) : null,
      adminQueue: queues ? this.#textOrNull(buffers.ADMIN_QUEUE) : null,
      deadLetterQueue: queues ? this.#textOrNull(buffers.DEADLETTER_QUEUE) : null,
      trace: words[at.TRACE] !== 0,
      messageId: this.#messageId.of(bytes, words, fixedAt.MSGID),
      lookupId: quads[at.LOOKUPID >>> 1] ?? 0n,
      class: words[at.CLASS] ?? 0,
      sentTime: words[at.SENTTIME] ?? 0,
      arrivedTime: words[at.ARRIVEDTIME] ?? 0,
      authenticated: security ? authenticated : null,
      // Messages without signature or encryption have a hash and a cipher too.
      hashAlgorithm: authenticated === 0 ? null : (hashAlgorithms.get(words[at.HASH_ALG] ?? 0) ?? null),
      senderCertificate: security ? this.#bytesOrNull(buffers.SENDER_CERT) : null,
      senderIdType: security ? (senderIdTypes.get(words[at.SENDERID_TYPE] ?? 0) ?? "none") : null,
      senderId: security ? this.#bytesOrNull(buffers.SENDERID) : null,
      privacyLevel: security ? privacyLevel : null,
      encryptionAlgorithm:
        privacyLevel === "none" ? null : (encryptionAlgorithms.get(words[at.ENCRYPTION_ALG] ?? 0) ?? null),
      destinationQueue: queues ? this.#text(buffers.DEST_QUEUE) : null,
      sourceMachineId: this.#machineId.text(bytes, words, fixedAt.SRC_MACHINE_ID),
      firstInTransaction: words[at.FIRST_IN_XACT] !== 0,
      lastInTransaction: words[at.LAST_IN_XACT] !== 0,
      transactionId: isZero(words, fixedAt.XACTID) ? null : this.#transactionId.of(bytes, words, fixedAt.XACTID),
      abortCount: words[at.ABORT_COUNT] ?? 0,
      moveCount: words[at.MOVE_COUNT] ?? 0,
      lastMoveTime: words[at.LAST_MOVE_TIME] ?? 0,
      rare: rare ? this.#readRare() : null
    }
    if (!this.#isUsual) this.#shrink()
    return properties
  }

  /** Returns the failure of a call, with the properties that were refused. */
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
    const { block, buffers, valueWords: at } = this.#memory
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

  /** Returns the length that a companion has; 0 for one that no message can have. */
  #length(buffer: ReceiveBuffer): number {
    const length = this.#memory.block.words[buffer.lengthWord] ?? 0
    return length > largestCapacity ? 0 : length
  }

  #bytes(buffer: ReceiveBuffer): Uint8Array {
    return this.#pool.copy(this.#memory.block, buffer.at, Math.min(this.#length(buffer), buffer.capacity))
  }

  #bytesOrNull(buffer: ReceiveBuffer): Uint8Array | null {
    return this.#length(buffer) === 0 ? null : this.#bytes(buffer)
  }

  #text(buffer: ReceiveBuffer): string {
    const limit = Math.min(this.#length(buffer), buffer.capacity)
    return limit === 0 ? "" : buffer.text.read(this.#memory.block, buffer.at, limit)
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

/** Returns `true` where 20 bytes are all zero. `offset`: in bytes. */
const isZero = (words: Uint32Array, offset: number): boolean => {
  const word = offset >>> 2
  for (let index = 0; index < 5; index++) if (words[word + index] !== 0) return false
  return true
}
