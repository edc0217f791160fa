/** Queues that a name to send to stands for, and their properties. */
import { hostname, networkInterfaces } from "node:os"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import type { Mqrt, MqrtFailure } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { QueueProperties } from "../../mqrt/QueueProperties.ts"
import { rights } from "../../QueueSecurity.ts"
import type { SecurityDescriptor } from "../../SecurityDescriptor.ts"
import * as SecurityDescriptors from "../../SecurityDescriptor.ts"
import * as Sid from "../../Sid.ts"
import * as operations from "../telemetry/operations.ts"

const operation = operations.Receiver.consume

/** A queue that is sent to. */
export interface Destination {
  readonly formatName: string
  /** `undefined`: they cannot be known from here, as those of a private queue of another machine. */
  readonly properties: QueueProperties | undefined
  /** `true` for a queue that is known to be of this machine: only its private queues tell their properties. */
  readonly isLocal: boolean
  /** `true` for a name of queues that only the directory, or the network, knows. */
  readonly isList: boolean
}

/**
 * Asks for the properties of each queue that a format name stands for. Fails with what passes; what cannot be known is no
 * failure. `queue`: the name that the program used.
 */
export const destinationsOf = (
  mqrt: Mqrt["Service"],
  queue: string,
  formatName: string
): Effect.Effect<ReadonlyArray<Destination>, MsmqError> => {
  const name = parsed(formatName)
  const elements = name?._tag === "Multiple" ? name.elements.map(FormatName.format) : [formatName]
  return Effect.forEach(elements, (element) => destinationOf(mqrt, queue, element))
}

/** Asks for the properties of a queue, by the name of the whole queue for a part of one. */
export const destinationOf = (
  mqrt: Mqrt["Service"],
  queue: string,
  formatName: string
): Effect.Effect<Destination, MsmqError> => {
  const name = parsed(formatName)
  const isList = name?._tag === "DistributionList" || name?._tag === "Multicast"
  const known = (properties: QueueProperties | undefined): Destination => ({
    formatName,
    properties,
    isLocal: properties !== undefined && properties.instance === null,
    isList
  })
  if (isList) return Effect.succeed(known(undefined))
  return Effect.matchEffect(mqrt.getQueueProperties(localNameOf(name, formatName)), {
    onFailure: (failure) => {
      const error = failed(queue, failure)
      return error.isRetryable ? Effect.fail(error) : Effect.succeed(known(undefined))
    },
    onSuccess: (properties) => Effect.succeed(known(properties))
  })
}

const failed = (queue: string, failure: MqrtFailure): MsmqError => operation.lift({ queue })(failure)

const parsed = (formatName: string): FormatName.FormatName | undefined =>
  Result.getOrUndefined(FormatName.parse(formatName))

/** The name that the properties of a queue of this machine are asked for by. */
const localNameOf = (name: FormatName.FormatName | undefined, formatName: string): string => {
  if (name?._tag === "Direct") {
    return FormatName.format({ ...name, ...byComputer(name), journal: false, subqueue: null })
  }
  // The queue manager may name a part of a queue by GUID too.
  return formatName.split(";", 1)[0] ?? formatName
}

/** By URL a queue can only be sent to (behaviour B-22). */
const byComputer = ({ address, protocol }: FormatName.Direct): Pick<FormatName.Direct, "protocol" | "address"> => {
  if (protocol !== "http" && protocol !== "https") return { protocol, address }
  const [host = address] = address.startsWith("[") ? [address] : address.split(":")
  return { protocol: /^[\d.]+$/.test(host) ? "tcp" : "os", address: host }
}

/** Tells whether what is sent to a destination comes to the queue of the other, whatever the two are called. */
export const isSameQueue = (consumed: Destination, destination: Destination): boolean => {
  const name = parsed(consumed.formatName)
  // Nothing can be sent to a part of a queue.
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

/** Two direct names of one queue of this machine. */
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
  /** The class that the queue would refuse a copy with (behaviour D-46). */
  readonly class: number
  readonly isBroken: (properties: QueueProperties, transactional: boolean) => boolean
}

/** Properties by which a queue drops every copy, as its sender signs and encrypts nothing. */
const rules: ReadonlyArray<Rule> = [
  { class: 0x8009, isBroken: (properties, transactional) => transactional && !properties.transactional },
  { class: 0x800a, isBroken: (properties, transactional) => !transactional && properties.transactional },
  { class: 0x8006, isBroken: ({ authenticate }) => authenticate },
  { class: 0x8007, isBroken: ({ privacyLevel }) => privacyLevel === "body" },
  { class: 0x8003, isBroken: ({ quota }) => quota === 0 }
]

/**
 * The class that a queue would drop a copy with, as far as that is known beforehand; `undefined`: it may take it. `size`: of
 * the copy in bytes; `undefined`: whether the queue has room for it does not matter now.
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

/** An unknown kind is no reason: the acknowledgment tells. */
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

/** Every user goes by these, but an anonymous one, whom a queue denies more. */
const everybody: ReadonlySet<string> = new Set([Sid.wellKnown.everyone, Sid.wellKnown.authenticatedUsers])

/** `GENERIC_WRITE` and `GENERIC_ALL` mean the right to write messages, too. */
const writing = 0x4000_0000 | 0x1000_0000 | rights.writeMessage

const inheritOnly = 0x08

/** Tells whether nobody may write messages: the first entry of the list that speaks of a right decides. */
const deniesAll = ({ dacl }: SecurityDescriptor): boolean => {
  if (dacl?.entries == null) return false
  for (const entry of dacl.entries) {
    if (entry.kind === "other") return false
    if ((entry.flags & inheritOnly) !== 0 || (entry.rights & writing) === 0) continue
    if (entry.kind === "allow") return false
    if (entry.kind === "deny" && everybody.has(entry.sid)) return true
  }
  return true
}
