/** Queues that a name stands for, and what is known of them before a message is sent there. */
import { hostname, networkInterfaces } from "node:os"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { QueueProperties } from "../../mqrt/QueueProperties.ts"
import { rights } from "../../QueueSecurity.ts"
import type { SecurityDescriptor } from "../../SecurityDescriptor.ts"
import * as SecurityDescriptors from "../../SecurityDescriptor.ts"
import * as Sid from "../../Sid.ts"
import type { Call } from "../options/illegalOption.ts"

/** Queue that messages are sent to. */
export interface Destination {
  readonly formatName: string
  /** Properties of the queue; `undefined` where they cannot be read from here, as of a private queue of another machine. */
  readonly properties: QueueProperties | undefined
  /** `true` for a private queue of this machine, the only one whose properties the queue manager itself reads. */
  readonly isLocal: boolean
  /** `true` for a distribution list or a multicast address, whose queues cannot be counted from here. */
  readonly isList: boolean
}

/**
 * Reads the properties of each queue that a format name stands for. Fails only with errors after which the same call may
 * succeed later.
 */
export const destinationsOf = (
  mqrt: Mqrt["Service"],
  call: Call,
  formatName: string
): Effect.Effect<ReadonlyArray<Destination>, MsmqError> => {
  const name = parsed(formatName)
  const elements = name?._tag === "Multiple" ? name.elements.map(FormatName.format) : [formatName]
  return Effect.forEach(elements, (element) => destinationOf(mqrt, call, element))
}

/** Reads the properties of one queue; for a subqueue or a journal, those of the queue that it belongs to. */
export const destinationOf = (
  mqrt: Mqrt["Service"],
  call: Call,
  formatName: string
): Effect.Effect<Destination, MsmqError> => {
  const name = parsed(formatName)
  const isList = name?._tag === "DistributionList" || name?._tag === "Multicast"
  const destination = (properties: QueueProperties | undefined): Destination => ({
    formatName,
    properties,
    isLocal: properties !== undefined && properties.instance === null,
    isList
  })
  if (isList) return Effect.succeed(destination(undefined))
  return Effect.matchEffect(mqrt.getQueueProperties(localNameOf(name, formatName)), {
    onFailure: (failure) => {
      const error = call.operation.lift({ queue: call.queue })(failure)
      return error.isRetryable ? Effect.fail(error) : Effect.succeed(destination(undefined))
    },
    onSuccess: (properties) => Effect.succeed(destination(properties))
  })
}

/** Returns the kind that all queues have; `undefined` where one is not known, or they differ. */
export const kindOf = (destinations: ReadonlyArray<Destination>): boolean | undefined => {
  const [kind, ...others] = new Set(destinations.map(({ properties }) => properties?.transactional))
  return others.length === 0 ? kind : undefined
}

const parsed = (formatName: string): FormatName.FormatName | undefined =>
  Result.getOrUndefined(FormatName.parse(formatName))

/** Returns the name by which the queue manager reads a queue's properties. */
const localNameOf = (name: FormatName.FormatName | undefined, formatName: string): string => {
  if (name?._tag === "Direct") {
    return FormatName.format({ ...name, ...byComputer(name), journal: false, subqueue: null })
  }
  // The queue manager may name a part of a queue by GUID too.
  return formatName.split(";", 1)[0] ?? formatName
}

/** Returns the address without a URL, by which a queue can only be sent to (behaviour B-22). */
const byComputer = ({ address, protocol }: FormatName.Direct): Pick<FormatName.Direct, "protocol" | "address"> => {
  if (protocol !== "http" && protocol !== "https") return { protocol, address }
  const [host = address] = address.startsWith("[") ? [address] : address.split(":")
  return { protocol: /^[\d.]+$/.test(host) ? "tcp" : "os", address: host }
}

/** Tells whether messages sent to `destination` arrive in the consumed queue, whichever names the two are given by. */
export const isSameQueue = (consumed: Destination, destination: Destination): boolean => {
  const name = parsed(consumed.formatName)
  // No message can be sent to a subqueue or a journal.
  if (name !== undefined && (isPart(name) || /;./.test(consumed.formatName))) return false
  const [one, other] = [consumed.properties, destination.properties]
  if (one !== undefined && other !== undefined) {
    return one.pathName.toLowerCase() === other.pathName.toLowerCase()
  }
  const there = parsed(destination.formatName)
  if (there?._tag === "Multicast") return one?.multicastAddress === `${there.address}:${there.port}`
  if (name === undefined || there === undefined) {
    return consumed.formatName.toLowerCase() === destination.formatName.toLowerCase()
  }
  return FormatName.equals(name, there) || isSameDirect(name, there)
}

const isPart = (name: FormatName.FormatName): boolean =>
  ("journal" in name && name.journal) || ("subqueue" in name && name.subqueue !== null) || "systemQueue" in name

/** Tells whether two direct names name one queue of this machine. */
const isSameDirect = (one: FormatName.FormatName, other: FormatName.FormatName): boolean =>
  one._tag === "Direct" &&
  other._tag === "Direct" &&
  one.isPrivate === other.isPrivate &&
  one.queue.toLowerCase() === other.queue.toLowerCase() &&
  [one, other].every((name) => isHere(byComputer(name).address))

const isHere = (address: string): boolean => {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address))
  const names = [".", "localhost", "127.0.0.1", "::1", hostname(), ...addresses]
  return names.some((name) => name.toLowerCase() === address.toLowerCase())
}

interface Rule {
  /** Class of the acknowledgment with which the queue refuses the message (behaviour D-46). */
  readonly class: number
  /** Tells whether the queue's properties refuse a message sent so. */
  readonly isBroken: (properties: QueueProperties, transactional: boolean) => boolean
}

/** Properties by which a queue refuses every message that is neither signed nor encrypted. */
const rules: ReadonlyArray<Rule> = [
  { class: 0x8009, isBroken: (properties, transactional) => transactional && !properties.transactional },
  { class: 0x800a, isBroken: (properties, transactional) => !transactional && properties.transactional },
  { class: 0x8006, isBroken: ({ authenticate }) => authenticate },
  { class: 0x8007, isBroken: ({ privacyLevel }) => privacyLevel === "body" },
  { class: 0x8003, isBroken: ({ quota }) => quota === 0 }
]

/**
 * Returns the class with which a queue would refuse an unsigned message, as far as that is known beforehand; `undefined` if it
 * may take it. `size` is the message's in bytes; `undefined` does not check for room.
 */
export const refusalOf = (
  mqrt: Mqrt["Service"],
  { formatName, properties }: Destination,
  transactional: boolean,
  size: number | undefined
): Effect.Effect<number | undefined> => {
  if (properties === undefined) return Effect.undefined
  const broken = rules.find((rule) => rule.isBroken(properties, transactional))
  if (broken !== undefined) return Effect.succeed(broken.class)
  const asked = localNameOf(parsed(formatName), formatName)
  return Effect.flatMap(isDenied(mqrt, asked), (denied) => {
    if (denied) return Effect.succeed(0x8004)
    return Effect.map(hasRoom(mqrt, asked, properties, size), (room) => (room ? undefined : 0x8003))
  })
}

/** Tells whether a queue has room; `true` where that cannot be read, as the acknowledgment says it then. */
const hasRoom = (
  mqrt: Mqrt["Service"],
  formatName: string,
  { quota }: QueueProperties,
  size: number | undefined
): Effect.Effect<boolean> =>
  quota === null || size === undefined
    ? Effect.succeed(true)
    : mqrt.getQueueInfo(null, formatName).pipe(
        Effect.map(({ bytesInQueue }) => bytesInQueue + size <= quota * 1024),
        Effect.orElseSucceed(() => true)
      )

const dacl = { owner: false, group: false, dacl: true, sacl: false }

const isDenied = (mqrt: Mqrt["Service"], formatName: string): Effect.Effect<boolean> =>
  mqrt.getQueueSecurity(formatName, dacl).pipe(
    Effect.map((bytes) => Result.getOrUndefined(SecurityDescriptors.fromBytes(bytes))),
    Effect.map((descriptor) => descriptor !== undefined && deniesAll(descriptor)),
    Effect.orElseSucceed(() => false)
  )

/** Groups that every user belongs to, except for the anonymous one. */
const everyone: ReadonlySet<string> = new Set([Sid.wellKnown.everyone, Sid.wellKnown.authenticatedUsers])

/** Rights that include writing messages: `GENERIC_WRITE`, `GENERIC_ALL` and the right itself. */
const writing = 0x4000_0000 | 0x1000_0000 | rights.writeMessage

const inheritOnly = 0x08

/** Tells whether an access list denies everyone the right to write messages: the first entry about that right decides. */
const deniesAll = ({ dacl }: SecurityDescriptor): boolean => {
  if (dacl?.entries == null) return false
  for (const entry of dacl.entries) {
    if (entry.kind === "other") return false
    if ((entry.flags & inheritOnly) !== 0 || (entry.rights & writing) === 0) continue
    if (entry.kind === "allow") return false
    if (entry.kind === "deny" && everyone.has(entry.sid)) return true
  }
  return true
}
