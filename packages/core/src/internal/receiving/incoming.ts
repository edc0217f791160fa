import * as Result from "effect/Result"
import { Certificate } from "../security/Certificate.ts"
import { x509Of } from "../security/x509.ts"
import type { ReceivedMessage } from "../../Message.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import type { ReadProperties, ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import { IncomingMessage } from "../messages/IncomingMessage.ts"
import { namesIn } from "../names/knownNames.ts"
import { fieldsLeftOut, rareFields } from "../messages/readGroups.ts"

/** Maker of messages from what a backend received. Messages in a row mostly have one certificate, which is read once. */
export class ReceivedMessages {
  readonly #leftOut: ReturnType<typeof fieldsLeftOut>
  #lastDer: Uint8Array | undefined
  #lastCertificate: Certificate | undefined

  constructor(read: ReadProperties) {
    this.#leftOut = fieldsLeftOut(read)
  }

  messageOf(properties: ReceivedProperties): ReceivedMessage {
    if (properties.responseQueue !== null) namesIn.responseQueue.remember(properties.responseQueue)
    if (properties.adminQueue !== null) namesIn.adminQueue.remember(properties.adminQueue)
    if (properties.deadLetterQueue !== null) namesIn.deadLetterQueue.remember(properties.deadLetterQueue)
    const message = new IncomingMessage(properties, this.#certificateOf(properties.senderCertificate))
    if (properties.rare !== null) Object.assign(message, rareFields(properties.rare))
    return properties.extension === null ? message : withHeaders(message, properties.extension)
  }

  /** Replaces the fields of a message that its receiver does not read. */
  leaveOut(message: ReceivedMessage): void {
    if (this.#leftOut !== undefined) Object.assign(message, this.#leftOut)
  }

  /** Returns a copy of a message that has all fields, without those that are not read. */
  copyOf(message: ReceivedMessage): ReceivedMessage {
    // Properties that are only read on demand stay so in the copy.
    return Object.create(Object.getPrototypeOf(message) as object, {
      ...Object.getOwnPropertyDescriptors(message),
      ...Object.getOwnPropertyDescriptors(this.#leftOut ?? {})
    }) as ReceivedMessage
  }

  #certificateOf(der: Uint8Array | null): Certificate | undefined {
    if (der === null) return undefined
    if (this.#lastDer === undefined || Buffer.compare(this.#lastDer, der) !== 0) {
      this.#lastDer = der
      this.#lastCertificate = read(der)
    }
    return this.#lastCertificate
  }
}

/** Returns the message with headers that are read on demand, since that takes longer than the receive. */
const withHeaders = (message: ReceivedMessage, extension: Uint8Array): ReceivedMessage => {
  let headers: MessageHeaders.MessageHeaders | undefined
  return Object.defineProperty(message, "headers", {
    configurable: true,
    enumerable: true,
    get: () => (headers ??= Result.getOrElse(MessageHeaders.decode(extension), () => MessageHeaders.none))
  })
}

const read = (der: Uint8Array): Certificate | undefined => {
  try {
    return new Certificate(x509Of(der))
  } catch {
    return undefined
  }
}
