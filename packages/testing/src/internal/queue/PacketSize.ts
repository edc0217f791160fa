import type { MessageProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { Envelope } from "./Packet.ts"

/** Largest size of a packet with headers, names, label, extension, body and security data, in bytes (behaviour D-13). */
export const limit = 4_194_304

const baseHeader = 16
const userHeader = 48
const propertiesHeader = 56
const securityHeader = 16
const signatureBytes = 256

const padded = (bytes: number): number => (bytes + 3) & ~3

/** Returns the size of a terminated UTF-16 string. */
const text = (characters: number): number => 2 * (characters + 1)

/** Returns the number of bytes that an envelope adds to each of its packets (behaviours D-14, A-60). */
export const shared = (envelope: Envelope): number => {
  const { destination, senderId, signature } = envelope
  const signed = signature === null ? 0 : signatureBytes + padded(signature.certificate.length)
  const sender = senderId === null ? 0 : padded(senderId.length)
  const security = signed + sender === 0 ? 0 : securityHeader + signed + sender
  return baseHeader + padded(userHeader + text(destination.length)) + security
}

/** Returns the number of bytes that a message adds to those of its envelope (behaviour D-14). */
export const own = (message: MessageProperties): number =>
  padded(
    propertiesHeader +
      text(message.label.length) +
      message.body.length +
      (message.extension === null ? 0 : message.extension.length)
  ) +
  name(message.responseQueue) +
  name(message.adminQueue) +
  name(message.deadLetterQueue)

const name = (queue: string | null): number => (queue === null ? 0 : padded(text(queue.length)))
