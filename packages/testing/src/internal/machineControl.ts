import * as Effect from "effect/Effect"
import type { HeldCertificate } from "../MsmqControl.ts"
import { MsmqControl } from "../MsmqControl.ts"
import type { Machine } from "./Machine.ts"
import type { SecurityContextTable } from "./SecurityContextTable.ts"
import * as Sid from "./Sid.ts"

export const addCertificate = (security: SecurityContextTable, held: HeldCertificate): void => {
  const { certificates, user } = security
  certificates.add(held.certificate, held.privateKey)
  if (user === null) return
  if (held.registered === true) certificates.register(held.certificate, user)
  else certificates.unregister(held.certificate, user)
}

/** The control service of one machine. */
export const machineControl = (machine: Machine): MsmqControl["Service"] => {
  const { rejections, security } = machine
  return MsmqControl.of({
    addCertificate: (held) => Effect.sync(() => addCertificate(security, held)),
    removeCertificate: (certificate) => Effect.sync(() => security.certificates.remove(certificate)),
    setInternalCertificate: (state) =>
      Effect.sync(() => {
        security.certificates.internal = state
      }),
    setUser: ({ sid }) =>
      Effect.sync(() => {
        security.user = sid === null ? null : Sid.fromText(sid)
      }),
    setResourcesExhausted: (exhausted) =>
      Effect.sync(() => {
        security.resourcesExhausted = exhausted
      }),
    counters: Effect.sync(() => ({
      contextsAcquired: security.acquired,
      contextsFreed: security.freed,
      keyFetches: security.keyFetches,
      signatures: security.signatures
    })),
    queues: Effect.sync(() =>
      machine.queues.map(({ formatName, length, outgoing, properties }) => ({
        pathName: properties.pathName,
        formatName,
        messages: length,
        outgoing
      }))
    ),
    rejected: Effect.sync(() => rejections.latest())
  })
}
