import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { X509Certificate } from "node:crypto"
import { Certificate } from "../../Certificate.ts"
import type { ReceivedMessage } from "../../Message.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import type { ReceivedProperties } from "../../MessageProperties.ts"
import { formatNames, localNames } from "../names/knownNames.ts"

/** Turns what a backend received into messages. Messages in a row mostly bear one certificate: it is read once. */
export class ReceivedMessages {
  #lastDer: Uint8Array | undefined
  #lastCertificate: Certificate | undefined

  messageOf(properties: ReceivedProperties): ReceivedMessage {
    if (properties.responseQueue !== null) formatNames.remember(properties.responseQueue)
    if (properties.adminQueue !== null) formatNames.remember(properties.adminQueue)
    if (properties.deadLetterQueue !== null) localNames.remember(properties.deadLetterQueue)
    const message: ReceivedMessage = {
      body: properties.body,
      bodyType: properties.bodyType,
      label: properties.label,
      priority: properties.priority,
      delivery: properties.delivery,
      correlationId: properties.correlationId ?? undefined,
      appSpecific: properties.appSpecific,
      extension: properties.extension ?? undefined,
      headers: MessageHeaders.none,
      responseQueue: properties.responseQueue ?? undefined,
      acknowledge: properties.acknowledge ?? undefined,
      adminQueue: properties.adminQueue ?? undefined,
      journaling: properties.journaling ?? undefined,
      deadLetterQueue: properties.deadLetterQueue ?? undefined,
      timeToReachQueue: secondsOf(properties.timeToReachQueue),
      timeToBeReceived: secondsOf(properties.timeToBeReceived),
      trace: properties.trace,
      messageId: properties.messageId,
      lookupId: properties.lookupId,
      class: properties.class,
      sentTime: new Date(properties.sentTime * 1000),
      arrivedTime: new Date(properties.arrivedTime * 1000),
      authenticated: properties.authenticated !== 0,
      signatureVersion: properties.authenticated,
      hashAlgorithm: properties.hashAlgorithm ?? undefined,
      senderCertificate: this.#certificateOf(properties.senderCertificate),
      senderIdType: properties.senderIdType,
      senderId: properties.senderId ?? undefined,
      privacyLevel: properties.privacyLevel,
      encryptionAlgorithm: properties.encryptionAlgorithm ?? undefined,
      firstInTransaction: properties.firstInTransaction,
      lastInTransaction: properties.lastInTransaction,
      transactionId: properties.transactionId ?? undefined,
      abortCount: properties.abortCount,
      moveCount: properties.moveCount,
      lastMoveTime: properties.lastMoveTime === 0 ? undefined : new Date(properties.lastMoveTime * 1000),
      destinationQueue: properties.destinationQueue,
      sourceMachineId: properties.sourceMachineId
    }
    return properties.extension === null ? message : readingHeaders(message, properties.extension)
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

/** Reading them takes longer than receiving the message, so it waits until somebody asks. */
const readingHeaders = (message: ReceivedMessage, extension: Uint8Array): ReceivedMessage => {
  let headers: MessageHeaders.MessageHeaders | undefined
  return Object.defineProperty(message, "headers", {
    configurable: true,
    enumerable: true,
    get: () => (headers ??= Result.getOrElse(MessageHeaders.decode(extension), () => MessageHeaders.none))
  })
}

const secondsOf = (seconds: number | null): Duration.Duration | undefined =>
  seconds === null ? undefined : Duration.seconds(seconds)

const read = (der: Uint8Array): Certificate | undefined => {
  try {
    return new Certificate(new X509Certificate(der))
  } catch {
    return undefined
  }
}
