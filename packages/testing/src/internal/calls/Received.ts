import type { RareProperties, ReadProperties, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { Content, Packet } from "../queue/Packet.ts"
import { lookupIdOf, messageId } from "../queue/Packet.ts"
import { isInSlab } from "../queue/slab.ts"

/** `PROPID_M_VERSION` of every packet. */
const version = 0x0010

const copied = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : new Uint8Array(bytes))

/** Returns the seconds until a deadline, rounded up, as a rest that is rounded down to none would seem over (behaviour D-41). */
const left = (deadline: number, now: number): number | null =>
  deadline === Number.POSITIVE_INFINITY ? null : Math.max(0, Math.ceil((deadline - now) / 1000))

const rareProperties = ({ content, envelope }: Packet): RareProperties => ({
  version,
  provider: envelope.provider,
  signature: copied(content.connector?.signature ?? null),
  symmetricKey: copied(content.connector?.symmetricKey ?? null),
  connectorType: content.connector?.type ?? null,
  destinationFormatName: envelope.destination,
  transactionStatusQueue: null,
  soapEnvelope: null,
  compoundMessage: null
})

/** Returns the properties of a message that leaves its queue: with its own bytes, or with copies where others share them. */
export const takeProperties = (packet: Packet, now: number, read: ReadProperties): ReceivedProperties =>
  packet.isShared || isInSlab(packet.content.body)
    ? copyProperties(packet, now, read)
    : properties(packet, packet.content, now, read)

/** Returns the properties of a message that stays in its queue: with copies of its bytes. */
export const copyProperties = (packet: Packet, now: number, read: ReadProperties): ReceivedProperties => {
  const { content } = packet
  const copy: Content = {
    ...content,
    body: read.body ? new Uint8Array(content.body) : content.body,
    correlationId: copied(content.correlationId),
    extension: read.extension ? copied(content.extension) : null
  }
  return properties(packet, copy, now, read)
}

const properties = (packet: Packet, content: Content, now: number, read: ReadProperties): ReceivedProperties => {
  const { envelope } = packet
  const { queues, security } = read
  const { signature } = envelope
  return {
    body: read.body ? content.body : null,
    bodySize: content.body.length,
    bodyType: content.bodyType,
    label: content.label,
    priority: content.priority,
    delivery: content.delivery,
    acknowledge: content.acknowledge,
    journaling: content.journaling,
    correlationId: content.correlationId,
    appSpecific: content.appSpecific,
    extension: read.extension ? content.extension : null,
    // This time stops when the message reaches its queue.
    timeToReachQueue: left(packet.reachDeadline, Math.max(envelope.sentAt, packet.arrivedTime * 1000)),
    timeToBeReceived: left(packet.receiveDeadline, now),
    responseQueue: queues ? content.responseQueue : null,
    adminQueue: queues ? content.adminQueue : null,
    deadLetterQueue: queues ? content.deadLetterQueue : null,
    trace: content.trace,
    messageId: messageId(envelope.sourceMachineId, packet.number),
    lookupId: lookupIdOf(packet),
    class: packet.class ?? content.connector?.class ?? 0,
    sentTime: Math.floor(envelope.sentAt / 1000),
    arrivedTime: packet.arrivedTime,
    authenticated: security ? signatureVersion(packet) : null,
    hashAlgorithm: security && signature !== null ? signature.hashAlgorithm : null,
    senderCertificate: security && signature !== null ? new Uint8Array(signature.certificate) : null,
    senderIdType: security ? envelope.senderIdType : null,
    senderId: security ? copied(envelope.senderId) : null,
    privacyLevel: security ? envelope.privacyLevel : null,
    encryptionAlgorithm: security ? envelope.encryptionAlgorithm : null,
    destinationQueue: queues ? envelope.destination : null,
    sourceMachineId: envelope.sourceMachineId,
    firstInTransaction: packet.firstInTransaction,
    lastInTransaction: packet.lastInTransaction,
    transactionId: packet.transaction === null ? null : messageId(envelope.sourceMachineId, packet.transaction),
    abortCount: packet.abortCount,
    moveCount: packet.moveCount,
    lastMoveTime: packet.lastMoveTime,
    rare: read.rare ? rareProperties(packet) : null
  }
}

const signatureVersion = ({ content, envelope }: Packet): number =>
  envelope.signature === null ? Number(content.connector?.authenticated ?? false) : envelope.signature.version
