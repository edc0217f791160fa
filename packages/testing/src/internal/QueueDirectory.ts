import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import * as PathName from "@effect-msmq/core/PathName"
import type { NewQueueProperties } from "@effect-msmq/core/QueueProperties"
import * as Result from "effect/Result"
import type { QueueManager } from "./Family.ts"
import { makeFamily } from "./Family.ts"
import type { Guid } from "./Guid.ts"
import { Queue } from "./Queue.ts"
import * as queueRules from "./queueRules.ts"
import type { SecurityDescriptor } from "./SecurityDescriptor.ts"
import * as SecurityDescriptors from "./SecurityDescriptor.ts"
import { Subqueues } from "./Subqueues.ts"
import type { SystemQueues } from "./SystemQueues.ts"
import { makeSystemQueues } from "./SystemQueues.ts"

/** What a machine is called. `address`: its IP address. */
export interface MachineName {
  readonly name: string
  readonly id: Guid
  readonly address: string
}

/** The queues of a machine, and those for other machines, by all their names. */
export class QueueDirectory {
  readonly machineName: string
  readonly system: SystemQueues
  readonly #manager: QueueManager
  readonly #machineId: Guid
  readonly address: string
  readonly #queues = new Map<string, Queue>()
  readonly #numbered = new Map<number, Queue>()
  readonly #outgoing = new Map<string, Queue>()
  #lastNumber = 0

  constructor({ address, id, name }: MachineName, manager: QueueManager) {
    this.machineName = name
    this.#machineId = id
    this.address = address
    this.#manager = manager
    this.system = makeSystemQueues(name, id, manager)
  }

  /** The machine's own queues, in the order of creation. */
  get own(): ReadonlyArray<Queue> {
    return [...this.#queues.values()]
  }

  /** The outgoing ones, in the order of creation. */
  get outgoing(): ReadonlyArray<Queue> {
    return [...this.#outgoing.values()]
  }

  /** The journals of all queues, and the machine's own and its dead-letter queues. */
  get keeping(): ReadonlyArray<Queue> {
    const journals = this.own.map(({ family }) => family.journal).filter((journal) => journal !== null)
    return [...journals, ...Object.values(this.system)]
  }

  /** Every place for messages. */
  get all(): ReadonlyArray<Queue> {
    const subqueues = this.own.flatMap((queue) => queue.subqueues?.all ?? [])
    return [...this.own, ...subqueues, ...this.outgoing, ...this.keeping]
  }

  /** Removes what is over by a moment everywhere, and says when the next is; both in milliseconds since 1970. */
  sweep(now: number): number {
    return this.all.reduce((next, queue) => Math.min(next, queue.sweep(now)), Number.POSITIVE_INFINITY)
  }

  isCalled(address: string): boolean {
    return [".", "localhost", this.machineName.toLowerCase()].includes(address.toLowerCase())
  }

  /** `now` in milliseconds since 1970. */
  create(properties: NewQueueProperties, security: SecurityDescriptor, now: number): Queue | ErrorCodeName {
    const name = this.#ownName(properties.pathName)
    if ("code" in name) return name.code
    if (name.subqueue !== null) return "MQ_ERROR_ILLEGAL_QUEUE_PATHNAME"
    const key = name.queue.toLowerCase()
    if (this.#queues.has(key)) return "MQ_ERROR_QUEUE_EXISTS"
    const number = ++this.#lastNumber
    const formatName = `PRIVATE=${this.#machineId}\\${number.toString(16).padStart(8, "0")}`
    const pathName = `${this.machineName}\\private$\\${name.queue}`
    const own = queueRules.created(properties, pathName, now)
    // That of a journal keeps nothing of its own.
    const kept = makeFamily(this.#manager, { ...own, journal: false }, security, null, true)
    const journal = new Queue(`${formatName};JOURNAL`, kept, false, null)
    const queue = new Queue(
      formatName,
      makeFamily(this.#manager, own, security, journal, false),
      false,
      new Subqueues()
    )
    this.#queues.set(key, queue)
    this.#numbered.set(number, queue)
    return queue
  }

  delete(formatName: string, now: number): Queue | ErrorCodeName {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name === undefined) return "MQ_ERROR_ILLEGAL_FORMATNAME"
    // Not by a direct name, and not on another machine (behaviours B-24, C-46).
    if (name._tag !== "Private" || !FormatName.supports(name, "delete") || !this.#isOwn(name)) {
      return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    }
    const queue = this.#numbered.get(name.queueNumber)
    if (queue === undefined) return "MQ_ERROR_QUEUE_NOT_FOUND"
    this.#numbered.delete(name.queueNumber)
    for (const [key, named] of this.#queues) if (named === queue) this.#queues.delete(key)
    queue.delete(now)
    return queue
  }

  /**
   * The queue or subqueue of this machine that a format name stands for; `undefined` for one on another machine. A
   * subqueue that is not there is created (behaviour B-29).
   */
  find(formatName: string, use: FormatName.NameUse): Queue | undefined | ErrorCodeName {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name === undefined) return "MQ_ERROR_ILLEGAL_FORMATNAME"
    if (!FormatName.supports(name, use)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    if (name._tag === "Public") return "MQ_ERROR_QUEUE_NOT_FOUND"
    if (name._tag === "Multicast") return undefined
    if (!isOfMachine(name)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    if (!this.#isOwn(name)) return undefined
    if ("systemQueue" in name) return this.system[name.systemQueue]
    const queue = this.#named(name)
    if (queue === undefined) return "MQ_ERROR_QUEUE_NOT_FOUND"
    if (name.journal) return queue.family.journal ?? "MQ_ERROR_QUEUE_NOT_FOUND"
    if (name._tag === "Private" || name.subqueue === null) return queue
    const path = `${queue.properties.pathName};${name.subqueue}`
    return queue.subqueues?.open(name.subqueue, `DIRECT=OS:${path}`, queue.family)
  }

  /** A whole queue of this machine, to ask about it or to change it: no other can be (behaviours B-34, C-51). */
  findWhole(formatName: string): Queue | ErrorCodeName {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name !== undefined && isPart(name)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    return this.find(formatName, "receive") ?? "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
  }

  /** The format name of a path name; of a subqueue too, be it there or not. */
  formatNameOf(pathName: string): { readonly formatName: string } | ErrorCodeName {
    const name = this.#ownName(pathName)
    if ("code" in name) return name.code
    const queue = this.#queues.get(name.queue.toLowerCase())
    if (queue === undefined) return "MQ_ERROR_QUEUE_NOT_FOUND"
    if (name.subqueue === null) return { formatName: queue.formatName }
    return { formatName: `DIRECT=OS:${queue.properties.pathName};${name.subqueue}` }
  }

  /** One queue for each way of writing a destination, as MSMQ keeps them (behaviour B-13). */
  outgoingTo(formatName: string): Queue {
    const key = formatName.toLowerCase()
    const known = this.#outgoing.get(key)
    if (known !== undefined) return known
    const properties = queueRules.created({ ...queueRules.defaults, pathName: formatName }, formatName, 0)
    const own = makeFamily(this.#manager, properties, SecurityDescriptors.ofMachine, null, false)
    const queue = new Queue(formatName, own, true, null)
    this.#outgoing.set(key, queue)
    return queue
  }

  findOutgoing(formatName: string): Queue | undefined {
    return this.#outgoing.get(formatName.toLowerCase())
  }

  /** A path name as one of a private queue of this machine; all others need a directory (behaviours C-10, C-11). */
  #ownName(pathName: string): PathName.QueuePath | { readonly code: ErrorCodeName } {
    const name = Result.getOrUndefined(PathName.parse(pathName))
    if (name?._tag !== "QueuePath") return { code: "MQ_ERROR_ILLEGAL_QUEUE_PATHNAME" }
    const own = name.isPrivate && this.isCalled(name.computer)
    return own ? name : { code: "MQ_ERROR_UNSUPPORTED_OPERATION" }
  }

  #named(name: FormatName.Private | FormatName.Direct): Queue | undefined {
    if (name._tag === "Private") return this.#numbered.get(name.queueNumber)
    return name.isPrivate ? this.#queues.get(name.queue.toLowerCase()) : undefined
  }

  #isOwn(name: OfMachine): boolean {
    return "computerGuid" in name ? name.computerGuid.toLowerCase() === this.#machineId : this.isAt(name)
  }

  /** Whether a direct name leads to this machine. */
  isAt({ address, protocol }: FormatName.Direct | FormatName.DirectSystem): boolean {
    const [host = ""] = address.split(":")
    const isAddress = [this.address, "127.0.0.1"].includes(protocol === "tcp" ? address : host)
    return (isAddress && protocol !== "os") || (protocol !== "tcp" && this.isCalled(host))
  }
}

type OfMachine = FormatName.Private | FormatName.Direct | FormatName.Machine | FormatName.DirectSystem

/** Whether a name means one queue of one machine; distribution lists, connectors and the like are not simulated. */
const isOfMachine = (name: FormatName.FormatName): name is OfMachine =>
  "computerGuid" in name || name._tag === "Direct" || name._tag === "DirectSystem"

/** Whether a name stands for a part of a queue, its journal or a subqueue, or of the machine: a system queue. */
export const isPart = (name: FormatName.FormatName): boolean =>
  "systemQueue" in name || ("journal" in name && name.journal) || ("subqueue" in name && name.subqueue !== null)
