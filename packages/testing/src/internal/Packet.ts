import type {
  Delivery,
  HashAlgorithm,
  MessageProperties,
  ReceivedProperties,
  SenderIdType
} from "@effect-msmq/core/Mqrt"
import type { Guid } from "./Guid.ts"

/** A signature, of which only what a receiver learns from it is kept. */
export interface Signature {
  /** `PROPID_M_AUTHENTICATED_EX` once it is verified. */
  readonly version: number
  readonly hashAlgorithm: HashAlgorithm
  readonly certificate: Uint8Array
  /** Whether the directory knows the certificate under the sender's SID: asked again at every arrival. */
  readonly isRegistered: () => boolean
}

/** What all messages of one send share. */
export interface Envelope {
  /** The format name that the sender opened. */
  readonly destination: string
  readonly sourceMachineId: Guid
  /** Seconds since 1970. */
  readonly sentTime: number
  readonly transactional: boolean
  readonly senderIdType: SenderIdType
  readonly senderId: Uint8Array | null
  readonly signature: Signature | null
}

const normal = 0
const priorityShift = 56n

/** A message on its way or in a queue. */
export class Packet {
  readonly envelope: Envelope
  /** The second half of the message id. */
  readonly number: number
  readonly body: Uint8Array
  readonly bodyType: number
  readonly label: string
  readonly priority: number
  readonly delivery: Delivery
  readonly correlationId: Uint8Array | null
  readonly appSpecific: number
  readonly extension: Uint8Array | null
  readonly responseQueue: string | null
  /** Its place in the queue among messages of its priority. */
  sequence = 0
  /** Seconds since 1970. */
  arrivedTime = 0
  previous: Packet | undefined = undefined
  next: Packet | undefined = undefined

  constructor(message: MessageProperties, number: number, envelope: Envelope) {
    this.envelope = envelope
    this.number = number
    // Not slice: on a Buffer that would share the sender's memory.
    this.body = new Uint8Array(message.body)
    this.bodyType = message.bodyType
    this.label = message.label
    this.priority = envelope.transactional ? 0 : message.priority
    this.delivery = envelope.transactional ? "recoverable" : message.delivery
    this.correlationId = message.correlationId === null ? null : new Uint8Array(message.correlationId)
    this.appSpecific = message.appSpecific
    this.extension = message.extension === null ? null : new Uint8Array(message.extension)
    this.responseQueue = message.responseQueue
  }
}

export const messageId = (machineId: Guid, number: number): string => `{${machineId}}\\${number}`

/** What a receive hands out. The packet's own bytes go with it; what is shared with other packets is copied. */
export const receivedProperties = (packet: Packet): ReceivedProperties => {
  const { envelope } = packet
  const { signature } = envelope
  return {
    body: packet.body,
    bodyType: packet.bodyType,
    label: packet.label,
    priority: packet.priority,
    delivery: packet.delivery,
    correlationId: packet.correlationId,
    appSpecific: packet.appSpecific,
    extension: packet.extension,
    responseQueue: packet.responseQueue,
    messageId: messageId(envelope.sourceMachineId, packet.number),
    lookupId: (BigInt(7 - packet.priority) << priorityShift) + BigInt(packet.sequence),
    class: normal,
    sentTime: envelope.sentTime,
    arrivedTime: packet.arrivedTime,
    authenticated: signature === null ? 0 : signature.version,
    hashAlgorithm: signature === null ? null : signature.hashAlgorithm,
    senderCertificate: signature === null ? null : new Uint8Array(signature.certificate),
    senderIdType: envelope.senderIdType,
    senderId: envelope.senderId === null ? null : new Uint8Array(envelope.senderId),
    destinationQueue: envelope.destination,
    sourceMachineId: envelope.sourceMachineId
  }
}
