import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import * as PathName from "@effect-msmq/core/PathName"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import type { NewQueueProperties, QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import * as Result from "effect/Result"
import type { QueueManager } from "../queue/QueueTree.ts"
import { makeFamily } from "../queue/QueueTree.ts"
import type { Guid } from "../facts/Guid.ts"
import { Queue } from "../queue/Queue.ts"
import * as queueRules from "../queue/queueRules.ts"
import * as SecurityDescriptors from "../security/SecurityDescriptor.ts"
import type { OfMachine } from "../facts/queueNames.ts"
import { idOf, isOfMachine, isPart, keyOf, queuePath } from "../facts/queueNames.ts"
import { Subqueues } from "../queue/Subqueues.ts"
import type { SystemQueues } from "../queue/SystemQueues.ts"
import { makeSystemQueues } from "../queue/SystemQueues.ts"

/** What a machine is called. `address`: its IP address; `dnsName`: that of a member of a domain. */
export interface MachineName {
  readonly name: string
  readonly dnsName: string | null
  readonly id: Guid
  readonly address: string
}

/** The queues of a machine, and those for other machines, by all their names. */
export class QueueDirectory {
  readonly machineName: string
  readonly dnsName: string | null
  readonly machineId: Guid
  readonly system: SystemQueues
  readonly #manager: QueueManager
  readonly address: string
  readonly #queues = new Map<string, Queue>()
  /** The private ones by their numbers, and the public ones by their GUIDs. */
  readonly #identified = new Map<number | Guid, Queue>()
  readonly #outgoing = new Map<string, Queue>()
  #lastNumber = 0

  constructor({ address, dnsName, id, name }: MachineName, manager: QueueManager) {
    this.machineName = name
    this.dnsName = dnsName
    this.machineId = id
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
    return [".", "localhost", this.machineName.toLowerCase(), this.dnsName].includes(address.toLowerCase())
  }

  /** Creates a queue, a public one of another machine too (behaviour C-10); `now` in milliseconds since 1970. */
  create(properties: NewQueueProperties, security: SecurityDescriptor, now: number): Queue | ErrorCodeName {
    const name = queuePath(properties.pathName)
    if (name === undefined || name.subqueue !== null) return "MQ_ERROR_ILLEGAL_QUEUE_PATHNAME"
    const home = this.#homeOf(name)
    if (typeof home === "string") return home
    // The directory holds nothing of a machine that it does not know.
    if (home === undefined) return "MQ_ERROR_INVALID_OWNER"
    return home.#add(name, queueRules.created(properties, home.#pathOf(name), now), security, this)
  }

  /** Takes in a new queue. `creator`: the machine that it was created from. */
  #add(
    name: PathName.QueuePath,
    own: QueueProperties,
    security: SecurityDescriptor,
    creator: QueueDirectory
  ): Queue | ErrorCodeName {
    const key = keyOf(name)
    if (this.#queues.has(key)) return "MQ_ERROR_QUEUE_EXISTS"
    const directory = name.isPrivate ? null : creator.#manager.directory("MQ_ERROR_UNSUPPORTED_OPERATION")
    if (typeof directory === "string") return directory
    if (directory === null) {
      const number = ++this.#lastNumber
      const formatName = `PRIVATE=${this.machineId}\\${number.toString(16).padStart(8, "0")}`
      return this.#keep(key, number, this.#make(formatName, own, security))
    }
    const identity = directory.identify(this, name.queue)
    const queue = this.#make(`PUBLIC=${identity.instance}`, { ...own, ...identity }, security)
    directory.register(identity.instance, this, queue, creator.machineId)
    return this.#keep(key, identity.instance, queue)
  }

  #make(formatName: string, own: QueueProperties, security: SecurityDescriptor): Queue {
    // That of a journal keeps nothing of its own.
    const kept = makeFamily(this.#manager, { ...own, journal: false }, security, null, true)
    const journal = new Queue(`${formatName};JOURNAL`, kept, false, null)
    return new Queue(formatName, makeFamily(this.#manager, own, security, journal, false), false, new Subqueues())
  }

  #keep(key: string, id: number | Guid, queue: Queue): Queue {
    this.#queues.set(key, queue)
    this.#identified.set(id, queue)
    return queue
  }

  /** The queue that can be deleted by a name, which no direct one is (behaviours B-24, C-46). */
  findDeletable(formatName: string): Queue | ErrorCodeName {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name === undefined) return "MQ_ERROR_ILLEGAL_FORMATNAME"
    return FormatName.supports(name, "delete")
      ? this.findWhole(formatName)
      : "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
  }

  /** Deletes a queue of this machine, or a public one of another. */
  delete(queue: Queue, now: number): void {
    const { instance } = queue.properties
    const directory = this.#manager.directory("MQ_ERROR_NO_DS")
    const home = instance === null || typeof directory === "string" ? this : (directory.withdraw(instance) ?? this)
    home.#remove(queue, now)
  }

  #remove(queue: Queue, now: number): void {
    for (const [id, identified] of this.#identified) if (identified === queue) this.#identified.delete(id)
    for (const [key, named] of this.#queues) if (named === queue) this.#queues.delete(key)
    queue.delete(now)
  }

  /**
   * The queue or subqueue of this machine that a format name stands for; `undefined` for one on another machine, which the
   * directory must know if the name has a GUID (behaviour B-11). A subqueue that is not there is created (behaviour B-29).
   */
  find(formatName: string, use: FormatName.NameUse): Queue | undefined | ErrorCodeName {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name === undefined) return "MQ_ERROR_ILLEGAL_FORMATNAME"
    if (!FormatName.supports(name, use)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    if (name._tag === "Multicast") return undefined
    if (!isOfMachine(name)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    if (!this.#isOwn(name)) return this.#unresolved(name)
    if ("systemQueue" in name) return this.system[name.systemQueue]
    const queue = this.#named(name)
    if (queue === undefined) return "MQ_ERROR_QUEUE_NOT_FOUND"
    if (name.journal) return queue.family.journal ?? "MQ_ERROR_QUEUE_NOT_FOUND"
    if (name._tag !== "Direct" || name.subqueue === null) return queue
    const path = `${queue.properties.pathName};${name.subqueue}`
    return queue.subqueues?.open(name.subqueue, `DIRECT=OS:${path}`, queue.family)
  }

  /**
   * A whole queue of this machine, or a public one of any, to ask about it or to change it: no other can be (behaviours
   * B-34, C-46, C-51).
   */
  findWhole(formatName: string): Queue | ErrorCodeName {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name === undefined) return "MQ_ERROR_ILLEGAL_FORMATNAME"
    if (isPart(name) || (name._tag === "Private" && !this.#isOwn(name))) {
      return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    }
    if (name._tag !== "Public") return this.find(formatName, "receive") ?? "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    // Its properties are the directory's to tell, even to its own machine.
    const directory = this.#manager.directory("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
    return typeof directory === "string"
      ? directory
      : (directory.queue(name.queueGuid, this.machineId) ?? "MQ_ERROR_QUEUE_NOT_FOUND")
  }

  /** The format name of a path name; of a subqueue too, be it there or not. */
  formatNameOf(pathName: string): { readonly formatName: string } | ErrorCodeName {
    const name = queuePath(pathName)
    if (name === undefined) return "MQ_ERROR_ILLEGAL_QUEUE_PATHNAME"
    const home = this.#homeOf(name)
    if (typeof home === "string") return home
    const queue = home === undefined ? undefined : home.#queues.get(keyOf(name))
    if (queue === undefined || !this.#sees(queue)) return "MQ_ERROR_QUEUE_NOT_FOUND"
    if (name.subqueue === null) return { formatName: queue.formatName }
    return { formatName: `DIRECT=OS:${queue.properties.pathName};${name.subqueue}` }
  }

  /** One queue for each way of writing a destination, as MSMQ keeps them (behaviour B-13). */
  outgoingTo(formatName: string): Queue {
    const key = formatName.toLowerCase()
    const known = this.#outgoing.get(key)
    if (known !== undefined) return known
    const named = { ...queueRules.defaults, pathName: formatName, basePriority: this.#basePriorityOf(formatName) }
    const properties = queueRules.created(named, formatName, 0)
    const own = makeFamily(this.#manager, properties, SecurityDescriptors.ofMachine, null, false)
    const queue = new Queue(formatName, own, true, null)
    this.#outgoing.set(key, queue)
    return queue
  }

  findOutgoing(formatName: string): Queue | undefined {
    return this.#outgoing.get(formatName.toLowerCase())
  }

  /** The base priority of what goes to a public queue; all else has none (behaviour D-12). */
  #basePriorityOf(formatName: string): number {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    const queue = name?._tag === "Public" ? this.findWhole(formatName) : undefined
    return typeof queue === "object" ? queue.properties.basePriority : queueRules.defaults.basePriority
  }

  /** The machine that has the queue of a path name, or why that is nobody's to say (behaviours C-10, C-11). */
  #homeOf({ computer, isPrivate }: PathName.QueuePath): QueueDirectory | undefined | ErrorCodeName {
    const isOwn = this.isCalled(computer)
    if (isPrivate) return isOwn ? this : "MQ_ERROR_UNSUPPORTED_OPERATION"
    const directory = this.#manager.directory("MQ_ERROR_UNSUPPORTED_OPERATION")
    if (typeof directory === "string") return directory
    return isOwn ? this : directory.member(computer)
  }

  #pathOf({ isPrivate, queue }: PathName.QueuePath): string {
    return `${this.machineName}\\${isPrivate ? "private$\\" : ""}${queue}`
  }

  /** Whether this machine knows of a queue, be it here or elsewhere. */
  #sees({ properties: { instance } }: Queue): boolean {
    if (instance === null) return true
    const directory = this.#manager.directory("MQ_ERROR_NO_DS")
    return typeof directory !== "string" && directory.queue(instance, this.machineId) !== undefined
  }

  #named(name: FormatName.Private | FormatName.Public | FormatName.Direct): Queue | undefined {
    return name._tag === "Direct" ? this.#queues.get(keyOf(name)) : this.#identified.get(idOf(name))
  }

  #isOwn(name: OfMachine): boolean {
    if (name._tag === "Public") return this.#identified.has(idOf(name))
    return "computerGuid" in name ? name.computerGuid.toLowerCase() === this.machineId : this.isAt(name)
  }

  /** Why nobody can say which other machine a name leads to, or `undefined` (behaviour B-11). */
  #unresolved(name: OfMachine): undefined | ErrorCodeName {
    if (name._tag === "Direct" || name._tag === "DirectSystem") return undefined
    const directory = this.#manager.directory("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
    if (typeof directory === "string") return directory
    const known =
      name._tag === "Public" ? directory.queue(name.queueGuid, this.machineId) : directory.member(name.computerGuid)
    return known === undefined ? "MQ_ERROR_QUEUE_NOT_FOUND" : undefined
  }

  /** Whether a direct name leads to this machine. */
  isAt({ address, protocol }: FormatName.Direct | FormatName.DirectSystem): boolean {
    const [host = ""] = address.split(":")
    const isAddress = [this.address, "127.0.0.1"].includes(protocol === "tcp" ? address : host)
    return (isAddress && protocol !== "os") || (protocol !== "tcp" && this.isCalled(host))
  }
}
