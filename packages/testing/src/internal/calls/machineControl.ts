import * as FormatName from "@effect-msmq/core/FormatName"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Sid from "@effect-msmq/core/Sid"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { HeldCertificate, LinkWay, MachineContext, QueueState, User } from "../../MsmqControl.ts"
import { MsmqControl } from "../../MsmqControl.ts"
import type { Identity } from "../security/Logons.ts"
import type { Machine } from "../machine/Machine.ts"
import * as Permission from "../security/Permission.ts"
import { end } from "./Process.ts"
import type { Queue } from "../queue/Queue.ts"
import { shown } from "./Received.ts"
import type { SecurityContextTable } from "../security/SecurityContextTable.ts"
import { start, stop } from "./Service.ts"

/** Puts a certificate into somebody's store, registered under their SID or not. */
export const addCertificate = ({ certificates, sid }: Identity, held: HeldCertificate): void => {
  certificates.add(held.certificate, held.privateKey)
  if (sid === null) return
  if (held.registered === true) certificates.register(held.certificate, sid)
  else certificates.unregister(held.certificate, sid)
}

/** Makes somebody the user on whose behalf everything runs. */
export const setUser = (security: SecurityContextTable, { administrator = true, sid }: User): void => {
  security.user = sid === null ? null : Result.getOrThrow(Sid.parse(sid))
  if (security.user !== null) security.administrators.set(security.user, administrator)
}

const stateOf = ({ formatName, length, outgoing, properties }: Queue): QueueState => ({
  pathName: properties.pathName,
  formatName,
  messages: length,
  outgoing
})

/** What is in the queue of a name, none of it taken; `now` in milliseconds since 1970. */
const contentsOf = (machine: Machine, formatName: string, now: number): ReadonlyArray<ReceivedProperties> => {
  const queue = machine.queues.findOutgoing(formatName) ?? machine.queues.find(formatName, "receive")
  if (queue === undefined || typeof queue === "string") return []
  // To look at a subqueue that is not there must not leave one.
  queue.handles++
  const contents = queue.contents(now).map((packet) => shown(packet, now, true))
  queue.closed()
  return contents
}

const ways: Record<LinkWay, { readonly there: boolean; readonly back: boolean }> = {
  both: { there: true, back: true },
  onlyThere: { there: true, back: false },
  onlyBack: { there: false, back: true }
}

/** Joins or cuts the ways of a link; `now` in milliseconds since 1970. */
const setLink = (from: Machine, to: Machine, way: LinkWay, passes: boolean, now: number): void => {
  const { network } = from
  if (ways[way].there) network.setLink(from, to, passes)
  if (ways[way].back) network.setLink(to, from, passes)
  if (passes) network.resume(from, now)
  else network.endReads()
}

/** What a distribution list is to hold: queues and other lists, each named by itself. */
const elementOf = (formatName: string): FormatName.Element => {
  const name = Result.getOrThrow(FormatName.parse(formatName))
  if (name._tag === "Multiple" || !FormatName.supports(name, "send")) {
    throw new TypeError(`${formatName} cannot be in a distribution list`)
  }
  return name as FormatName.Element
}

/** The control service of one machine. `contextOf`: another one of its network, which has to be there. */
export const machineControl = (
  machine: Machine,
  contextOf: (name: string) => MachineContext
): MsmqControl["Service"] => {
  const { network, rejections, security } = machine
  const link = (to: string, way: LinkWay, passes: boolean) =>
    Effect.clockWith((clock) =>
      Effect.sync(() => {
        const other = network.called(to)
        if (other === undefined || other === machine) throw new RangeError(`there is no link to ${to}`)
        setLink(machine, other, way, passes, clock.currentTimeMillisUnsafe())
      })
    )
  return MsmqControl.of({
    addCertificate: (held) =>
      Effect.sync(() => addCertificate({ sid: security.user, certificates: security.certificates }, held)),
    removeCertificate: (certificate) => Effect.sync(() => security.certificates.remove(certificate)),
    unregisterCertificate: (certificate) =>
      Effect.sync(() => security.user !== null && security.certificates.unregister(certificate, security.user)),
    setInternalCertificate: (state) =>
      Effect.sync(() => {
        security.certificates.internal = state
      }),
    setUser: (user) => Effect.sync(() => setUser(security, user)),
    setResourcesExhausted: (exhausted) =>
      Effect.sync(() => {
        security.resourcesExhausted = exhausted
      }),
    machineQuota: Effect.sync(() => ({ ...machine.quota })),
    setMachineQuota: ({ journals = null, messages = null }) =>
      Effect.sync(() => {
        machine.quota.messages = messages
        machine.quota.journals = journals
      }),
    allow: (permission) => Effect.sync(() => Permission.change(machine, permission, "allow")),
    deny: (permission) => Effect.sync(() => Permission.change(machine, permission, "deny")),
    setQueueCreators: (creators) =>
      Effect.sync(() => {
        machine.queueCreators = creators
      }),
    setStorageFailed: (failed) =>
      Effect.sync(() => {
        machine.storageFailed = failed
      }),
    endProcess: Effect.clockWith((clock) => Effect.sync(() => end(machine, clock.currentTimeMillisUnsafe()))),
    setDirectoryAvailable: (available) =>
      Effect.sync(() => {
        machine.directoryAvailable = available
      }),
    setEncryptionKeyPublished: (published) =>
      Effect.sync(() => {
        machine.encryptionKeyPublished = published
      }),
    setDistributionList: (list, queues) =>
      Effect.sync(() => {
        if (network.directory === null)
          throw new TypeError("a workgroup has no directory, and so no distribution lists")
        const { listGuid } = Result.getOrThrow(FormatName.distributionList({ listGuid: list }))
        network.directory.setList(listGuid, queues.map(elementOf))
      }),
    stopService: Effect.clockWith((clock) => Effect.sync(() => stop(machine, clock.currentTimeMillisUnsafe()))),
    startService: Effect.clockWith((clock) => Effect.sync(() => start(machine, clock.currentTimeMillisUnsafe()))),
    cutLink: (to, way = "both") => link(to, way, false),
    joinLink: (to, way = "both") => link(to, way, true),
    machine: (name) => Effect.sync(() => contextOf(name)),
    counters: Effect.sync(() => ({
      contextsAcquired: security.acquired,
      contextsFreed: security.freed,
      keyFetches: security.keyFetches,
      signatures: security.signatures
    })),
    queues: Effect.clockWith((clock) => {
      const queues = [...machine.queues.own, ...machine.queues.outgoing]
      machine.sweep(clock.currentTimeMillisUnsafe())
      return Effect.succeed(queues.map(stateOf))
    }),
    journals: Effect.sync(() => machine.queues.keeping.map(stateOf)),
    messagesIn: (formatName) =>
      Effect.clockWith((clock) => Effect.succeed(contentsOf(machine, formatName, clock.currentTimeMillisUnsafe()))),
    rejected: Effect.sync(() => rejections.latest())
  })
}
