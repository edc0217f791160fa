import * as FormatName from "@effect-msmq/core/FormatName"
import type { ReadProperties, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { type QueueRight, rights } from "@effect-msmq/core/QueueSecurity"
import * as Sid from "@effect-msmq/core/Sid"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { HeldCertificate, MachineContext, Permission, QueueState, User } from "../../MsmqControl.ts"
import { MsmqControl } from "../../MsmqControl.ts"
import * as AccessList from "../facts/AccessList.ts"
import type { Steps } from "../facts/Steps.ts"
import type { Machine } from "../machine/Machine.ts"
import type { LinkWay } from "../network/NetworkMachine.ts"
import type { Queue } from "../queue/Queue.ts"
import type { Identity } from "../security/Logons.ts"
import type { SecurityContextTable } from "../security/SecurityContextTable.ts"
import { crash } from "./Process.ts"
import { copyProperties } from "./Received.ts"
import { start, stop } from "./Service.ts"

/** Adds a certificate to a user's store, and registers it under the user's SID or removes its registration. */
export const addCertificate = ({ certificates, sid }: Identity, held: HeldCertificate): void => {
  certificates.add(held.certificate, {
    store: held.store ?? "My",
    location: held.location ?? "CurrentUser",
    friendlyName: held.friendlyName ?? null,
    keyApi: held.keyApi ?? "CryptoAPI",
    privateKey: held.privateKey
  })
  if (sid === null) return
  if (held.registered === true) certificates.register(held.certificate, sid)
  else certificates.unregister(held.certificate, sid)
}

/** Makes a user the one on whose behalf programs run. */
export const setUser = (security: SecurityContextTable, { administrator = true, name, sid }: User): void => {
  security.user = sid === null ? null : Result.getOrThrow(Sid.parse(sid))
  if (security.user === null) return
  security.accounts.addUser(security.user, name)
  if (administrator) security.administrators.add(security.user)
  else security.administrators.delete(security.user)
}

const stateOf = ({ formatName, length, outgoing, properties }: Queue): QueueState => ({
  pathName: properties.pathName,
  formatName,
  messages: length,
  outgoing
})

const allGroups: ReadProperties = { ...usualRead, rare: true }

/** Returns the messages of a queue, which stay there; `now` in milliseconds since 1970. */
const contentsOf = function* (
  machine: Machine,
  formatName: string,
  now: number
): Steps<ReadonlyArray<ReceivedProperties>> {
  const { queues } = machine
  const queue = queues.findOutgoing(formatName) ?? Result.getOrUndefined(queues.find(formatName, "receive"))
  if (queue === undefined) return []
  // A subqueue that is created here must not stay.
  queue.handles++
  yield* queue.sweep(now)
  const contents: Array<ReceivedProperties> = []
  for (const packet of queue.contents(now)) {
    contents.push(copyProperties(packet, now, allGroups))
    yield
  }
  queue.removeHandle()
  return contents
}

const ways: Record<LinkWay, { readonly there: boolean; readonly back: boolean }> = {
  both: { there: true, back: true },
  onlyThere: { there: true, back: false },
  onlyBack: { there: false, back: true }
}

/** Joins or cuts the ways of a link; `now` in milliseconds since 1970. */
const setLink = function* (from: Machine, to: Machine, way: LinkWay, joined: boolean, now: number): Steps {
  const { network } = from
  if (ways[way].there) network.setLink(from, to, joined)
  if (ways[way].back) network.setLink(to, from, joined)
  if (joined) yield* network.resume(from, now)
  else for (const machine of network.machines) yield* machine.endRemoteReads()
}

/** Reads the name of an element of a distribution list: a queue or another list. */
const elementOf = (formatName: string): FormatName.Element => {
  const name = Result.getOrThrow(FormatName.parse(formatName))
  if (name._tag === "Multiple" || !FormatName.supports(name, "send")) {
    throw new TypeError(`${formatName} cannot be in a distribution list`)
  }
  return name as FormatName.Element
}

const maskOf = (wanted: ReadonlyArray<QueueRight>): number => wanted.reduce((mask, right) => mask | rights[right], 0)

const everything = [AccessList.allowing(rights.queueGenericAll, Sid.wellKnown.everyone)]

/** Changes in the access list of a queue the rights of a SID. */
const changePermission = (machine: Machine, permission: Permission, kind: "allow" | "deny"): void => {
  const { queue: pathName, rights: wanted, sid = "S-1-1-0" } = permission
  const found = Result.flatMap(machine.queues.formatNameOf(pathName), (name) => machine.queues.findWhole(name))
  if (Result.isFailure(found)) {
    throw new TypeError(`"${pathName}" is not the path name of a queue on ${machine.name}: ${found.failure}`)
  }
  const queue = found.success
  const { security } = queue.tree
  const list = security.dacl ?? AccessList.listOf(null)
  const whom = Result.getOrThrow(Sid.parse(sid))
  const entries = AccessList[kind](list.entries ?? everything, maskOf(wanted), whom)
  queue.setSecurity({ ...security, dacl: { ...list, entries } })
}

/** Makes the control service of one machine; `contextOf`: returns the services of another machine of its network. */
export const machineControl = (
  machine: Machine,
  contextOf: (name: string) => MachineContext
): MsmqControl["Service"] => {
  const { network, rejections, security } = machine
  const link = (to: string, way: LinkWay, joined: boolean) =>
    network.operations.run((now) => {
      const other = network.machine(to)
      if (other === undefined) throw new RangeError(network.unknown(to))
      if (other === machine) throw new RangeError(`there is no link from ${machine.name} to itself`)
      return setLink(machine, other, way, joined, now)
    })
  const atOnce = <A>(read: () => A): Effect.Effect<A> => network.operations.whenIdle(() => Effect.succeed(read()))
  return MsmqControl.of({
    addCertificate: (held) =>
      atOnce(() => addCertificate({ sid: security.user, certificates: security.certificates }, held)),
    removeCertificate: (certificate) => atOnce(() => security.certificates.remove(certificate)),
    unregisterCertificate: (certificate) =>
      atOnce(() => security.user !== null && security.certificates.unregister(certificate, security.user)),
    setInternalCertificate: (state) =>
      atOnce(() => {
        security.certificates.internal = state
      }),
    setUser: (user) => atOnce(() => setUser(security, user)),
    setResourcesExhausted: (exhausted) =>
      atOnce(() => {
        security.resourcesExhausted = exhausted
      }),
    machineQuota: atOnce(() => ({ ...machine.quota })),
    setMachineQuota: ({ journals = null, messages = null }) =>
      atOnce(() => {
        machine.quota.messages = messages
        machine.quota.journals = journals
      }),
    allow: (permission) => atOnce(() => changePermission(machine, permission, "allow")),
    deny: (permission) => atOnce(() => changePermission(machine, permission, "deny")),
    setQueueCreators: (creators) =>
      atOnce(() => {
        machine.queueCreators = creators
      }),
    setStorageFailed: (failed) =>
      atOnce(() => {
        machine.storageFailed = failed
      }),
    crashProcess: network.operations.run((now) => crash(machine, now)),
    setDirectoryAvailable: (available) =>
      atOnce(() => {
        machine.directoryAvailable = available
      }),
    setEncryptionKeyPublished: (published) =>
      atOnce(() => {
        machine.encryptionKeyPublished = published
      }),
    setDistributionList: (list, queues) =>
      atOnce(() => {
        if (network.directory === null)
          throw new TypeError("a workgroup has no directory, and so no distribution lists")
        const { listGuid } = Result.getOrThrow(FormatName.distributionList({ listGuid: list }))
        network.directory.setList(listGuid, queues.map(elementOf))
      }),
    stopService: network.operations.run((now) => stop(machine, now)),
    startService: network.operations.run((now) => start(machine, now)),
    cutLink: (to, way = "both") => link(to, way, false),
    joinLink: (to, way = "both") => link(to, way, true),
    machine: (name) => atOnce(() => contextOf(name)),
    counters: atOnce(() => ({
      contextsAcquired: security.acquired,
      contextsFreed: security.freed,
      keyFetches: security.keyFetches,
      signatures: security.signatures
    })),
    queues: network.operations.run(function* (now) {
      const queues = [...machine.queues.own, ...machine.queues.outgoing]
      yield* machine.sweep(now)
      return queues.map(stateOf)
    }),
    journals: atOnce(() => machine.queues.journals.map(stateOf)),
    messagesIn: (formatName) => network.operations.run((now) => contentsOf(machine, formatName, now)),
    rejected: atOnce(() => rejections.latest())
  })
}
