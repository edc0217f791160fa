import * as Effect from "effect/Effect"
import type { HeldCertificate } from "../MsmqControl.ts"
import { MsmqControl } from "../MsmqControl.ts"
import type { Identity } from "./Logons.ts"
import type { Machine } from "./Machine.ts"
import { start, stop } from "./Service.ts"
import * as Sid from "./Sid.ts"

/** Puts a certificate into somebody's store, registered under their SID or not. */
export const addCertificate = ({ certificates, sid }: Identity, held: HeldCertificate): void => {
  certificates.add(held.certificate, held.privateKey)
  if (sid === null) return
  if (held.registered === true) certificates.register(held.certificate, sid)
  else certificates.unregister(held.certificate, sid)
}

/** The control service of one machine. */
export const machineControl = (machine: Machine): MsmqControl["Service"] => {
  const { rejections, security } = machine
  return MsmqControl.of({
    addCertificate: (held) =>
      Effect.sync(() => addCertificate({ sid: security.user, certificates: security.certificates }, held)),
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
    setMachineQuota: ({ journals = null, messages = null }) =>
      Effect.sync(() => {
        machine.quota.messages = messages
        machine.quota.journals = journals
      }),
    stopService: Effect.clockWith((clock) => Effect.sync(() => stop(machine, clock.currentTimeMillisUnsafe()))),
    startService: Effect.clockWith((clock) => Effect.sync(() => start(machine, clock.currentTimeMillisUnsafe()))),
    counters: Effect.sync(() => ({
      contextsAcquired: security.acquired,
      contextsFreed: security.freed,
      keyFetches: security.keyFetches,
      signatures: security.signatures
    })),
    queues: Effect.clockWith((clock) => {
      const queues = [...machine.queues.own, ...machine.queues.outgoing]
      machine.sweep(clock.currentTimeMillisUnsafe())
      return Effect.succeed(
        queues.map(({ formatName, length, outgoing, properties }) => ({
          pathName: properties.pathName,
          formatName,
          messages: length,
          outgoing
        }))
      )
    }),
    rejected: Effect.sync(() => rejections.latest())
  })
}
