/** The certificate to sign with, from a file in PEM or DER. */
import { Certificate } from "@effect-msmq/core"
import { DateTime, Effect, Stream } from "effect"
import { BadInput } from "./BadInput.ts"
import * as Input from "./input.ts"

/** Chunks of 64 KiB, more than any certificate has, so that a large file given by mistake is not read whole. */
const mostChunks = 16

/** Returns `true` for a SEQUENCE of more than 127 bytes, which no text begins with. */
const isDer = (bytes: Uint8Array): boolean => bytes[0] === 0x30 && bytes[1]! > 0x7f

/** Returns the text of a PEM file, which Windows PowerShell writes in UTF-16. */
const textOf = (bytes: Uint8Array): string =>
  new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "latin1").decode(bytes)

/** Reads one certificate. Fails with one sentence that says what the file is instead. */
export const read = Effect.fnUntraced(function* (path: string) {
  const bytes = Buffer.concat(yield* Stream.runCollect(Stream.take(Input.read(path), mostChunks)))
  return yield* (isDer(bytes) ? Certificate.fromDer(bytes) : Certificate.fromPem(textOf(bytes))).pipe(
    Effect.catchReason(
      "MsmqError",
      "NotACertificate",
      ({ rule }) => new BadInput({ message: `${path} is not a certificate to sign with: ${rule}` })
    )
  )
})

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

const signsAllTheSame =
  "Message Queuing authenticates its messages all the same, and leaves the check of the dates to the receiver"

/** Returns a warning where today is not within the validity of a certificate, otherwise `undefined`. */
export const warning = Effect.fnUntraced(function* ({ notAfter, notBefore, subject }: Certificate.Certificate) {
  const now = yield* DateTime.nowAsDate
  const name = subject === "" ? "the certificate" : `the certificate of ${subject}`
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) {
    return `${name} has no readable validity. ${signsAllTheSame}`
  }
  if (now > notAfter) return `${name} expired on ${dayOf(notAfter)}. ${signsAllTheSame}`
  if (now < notBefore) return `${name} is not valid before ${dayOf(notBefore)}. ${signsAllTheSame}`
  return undefined
})
