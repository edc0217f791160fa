import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { hostname } from "node:os"
import { RecentEntries } from "./RecentEntries.ts"

/** Queue that a name means, as far as it is known. */
export interface QueueIdentity {
  /** Key, which is the same for all names that are known to mean the same queue. */
  readonly key: string
  readonly isLocal: boolean
}

/** Most names of queues on this computer that are remembered. */
const mostNames = 1000

/** Addresses of `DIRECT=TCP:` that mean this computer on any computer. */
const loopback = /^(?:127(?:\.\d{1,3}){3}|\[?::1\]?)$/

/**
 * Returns a text in lower case, except for letters whose upper case has another lower case: names that differ only in
 * case mean the same queue (B-04).
 */
const fold = (text: string): string =>
  text.replaceAll(/./gsu, (letter) => {
    const small = letter.toLowerCase()
    return small.toUpperCase() === letter.toUpperCase() ? small : letter
  })

/** Returns a format name in the form in which names are compared, without zeros before the number of a private queue. */
export const comparable = (formatName: string): string =>
  fold(formatName).replace(/^(private=[^\\]*\\)0+(?=[\da-f])/, "$1")

/** Splits a name before its first separator. */
const splitAt = (text: string, separator: string): readonly [before: string, from: string] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at)]
}

/**
 * Names of this computer and of its queues, as the process gets them in the answers of Message Queuing. It asks for none
 * of them.
 */
export class ThisComputer {
  /** Names that the process knows by itself. */
  readonly #own: ReadonlySet<string>
  /** Names of this computer in the answers of Message Queuing. Calls by such a name may take another way to it. */
  readonly #learned = new Set<string>()
  /** GUID of the machine. */
  #guid: string | undefined
  /** Path names of queues without machine, by their format names. */
  readonly #queues = new RecentEntries<string>(mostNames)

  constructor(names: ReadonlyArray<string | undefined> = [hostname(), process.env["COMPUTERNAME"]]) {
    this.#own = new Set([".", "localhost", ...names.flatMap((name) => (name === undefined ? [] : fold(name)))])
  }

  /** Remembers the path name of a queue and the format name that Message Queuing gave for it. */
  learnQueue(pathName: string, formatName: string): void {
    const [machine, rest] = splitAt(fold(pathName), "\\")
    if (!this.#own.has(machine) && !this.#learned.has(machine)) return
    const known = comparable(formatName)
    const guid = /^private=([\da-f-]{36})\\/.exec(known)?.[1]
    if (guid !== undefined) this.#guid = guid
    if (rest !== "") this.#queues.set(known, rest.slice(1))
  }

  /** Remembers the path name that Message Queuing gave for a format name. */
  learnPathName(formatName: string, pathName: string): void {
    if (!this.identify(formatName, false).isLocal) return
    const [machine, rest] = splitAt(fold(pathName), "\\")
    if (rest !== "") this.#learned.add(machine)
  }

  /** Remembers the GUID and the name of the machine. */
  learnMachine(guid: string, name: string): void {
    if (guid !== "") this.#guid = fold(guid)
    if (name !== "") this.#learned.add(fold(name))
  }

  /**
   * Returns the queue that a format name means. `isOutgoing`: the name is that of an outgoing queue, whose messages wait
   * on this computer.
   */
  identify(formatName: string, isOutgoing: boolean): QueueIdentity {
    const whole = comparable(formatName)
    // An outgoing queue is on this computer.
    if (isOutgoing) return { key: `outgoing ${whole}`, isLocal: true }
    const [queue, suffix] = splitAt(whole, ";")
    const local = this.#identifyLocal(queue)
    return local === undefined
      ? { key: whole, isLocal: false }
      : { key: `local ${local.path}${suffix}`, isLocal: local.isSurely }
  }

  /** Returns the path of a queue on this computer; `undefined` where it is not known to be here. */
  #identifyLocal(name: string): { readonly path: string; readonly isSurely: boolean } | undefined {
    const known = this.#queues.get(name)
    if (known !== undefined) return { path: known, isSurely: true }
    const [, protocol, address = "", path = ""] = /^direct=(os|tcp):([^\\]*)\\(.*)$/s.exec(name) ?? []
    if (protocol === "os" && this.#own.has(address)) return { path, isSurely: true }
    if (protocol === "os" && this.#learned.has(address)) return { path, isSurely: false }
    if (protocol === "tcp" && loopback.test(address)) return { path, isSurely: true }
    const [, guid, number] = /^(?:private|machine)=([\da-f-]{36})(?:\\([\da-f]+))?$/.exec(name) ?? []
    if (guid === undefined || guid !== this.#guid) return undefined
    return { path: number === undefined ? "system$" : `number ${number}`, isSurely: true }
  }
}

/** Functions whose answers have names of this computer and its queues. */
type NameFunctions = Pick<
  MqrtFunctions,
  "createQueue" | "pathNameToFormatName" | "getQueueProperties" | "getMachineProperties"
>

/** Returns functions that do what the given ones do, and remember the names in their answers. */
export const learnNames = (computer: ThisComputer, functions: NameFunctions): NameFunctions => ({
  createQueue: (properties, securityDescriptor) =>
    Effect.tap(functions.createQueue(properties, securityDescriptor), (formatName) =>
      Effect.sync(() => computer.learnQueue(properties.pathName, formatName))
    ),
  pathNameToFormatName: (pathName) =>
    Effect.tap(functions.pathNameToFormatName(pathName), (formatName) =>
      Effect.sync(() => computer.learnQueue(pathName, formatName))
    ),
  getQueueProperties: (formatName) =>
    Effect.tap(functions.getQueueProperties(formatName), ({ pathName }) =>
      Effect.sync(() => computer.learnPathName(formatName, pathName))
    ),
  getMachineProperties: (machine) =>
    Effect.tap(functions.getMachineProperties(machine), ({ machineId, pathName }) =>
      Effect.sync(() => {
        if (machine === null) computer.learnMachine(machineId, pathName)
      })
    )
})
