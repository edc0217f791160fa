/** The certificate to sign with, from a file in PEM or DER. */
import { Certificate } from "@effect-msmq/core"
import { Effect, FileSystem } from "effect"
import { BadInput } from "./BadInput.ts"

export const read = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* fs.readFile(path).pipe(Effect.mapError((error) => BadInput.file(path, error)))
  const text = Buffer.from(bytes).toString("latin1")
  return yield* (text.includes("-----BEGIN") ? Certificate.fromPem(text) : Certificate.fromDer(bytes)).pipe(
    Effect.catchReason(
      "MsmqError",
      "NotACertificate",
      ({ rule }) => new BadInput({ message: `${path} is not a certificate: ${rule}` })
    )
  )
})
