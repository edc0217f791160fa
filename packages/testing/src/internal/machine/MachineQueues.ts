import * as FormatName from "@effect-msmq/core/FormatName"
import type { NewQueueProperties, QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import * as PathName from "@effect-msmq/core/PathName"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import * as Result from "effect/Result"
import type { Directory, DirectoryClient } from "../directory/Directory.ts"
import type { Fallible } from "../facts/Failure.ts"
import type { Guid } from "@effect-msmq/core/mqrt/Guid"
import type { Steps } from "../facts/Steps.ts"
import type { OfMachine } from "../facts/queueNames.ts"
import { idOf, isOfMachine, isPart, keyOf, queuePath, readFormatName } from "../facts/queueNames.ts"
import type { NetworkQueues } from "../network/NetworkMachine.ts"
import type { SystemQueues } from "../queue/LocalQueues.ts"
import { makeSystemQueues } from "../queue/LocalQueues.ts"
import { Queue, Subqueues } from "../queue/Queue.ts"
import * as queueRules from "../queue/queueRules.ts"
import type { QueueManager } from "../queue/QueueTree.ts"
import { makeQueueTree } from "../queue/QueueTree.ts"
import * as SecurityDescriptors from "../security/SecurityDescriptor.ts"

/** Name, id and addresses of a machine. */
export interface MachineName {
  readonly name: string
  /** DNS name; `null` in a workgroup. */
  readonly dnsName: string | null
  readonly id: Guid
  /** IP address. */
  readonly address: string
}

/** The directory of a domain, with the machines and the queues of this network. */
export type DomainDirectory = Directory<MachineQueues, Queue>

const nameOf = (machineId: Guid, number: number): string =>
  `PRIVATE=${machineId}\\${number.toString(16).padStart(8, "0")}`

/** Returns the number of a private queue, which its format name ends with. */
const numberOf = (formatName: string): number => Number.parseInt(formatName.slice(formatName.lastIndexOf("\\") + 1), 16)

/** Queues of a machine, and its outgoing queues, by all their names. */
export class MachineQueues implements NetworkQueues {
  readonly machineName: string
  readonly dnsName: string | null
  readonly machineId: Guid
  /** IP address of the machine. */
  readonly address: string
  readonly system: SystemQueues
  readonly #manager: QueueManager
  readonly #client: DirectoryClient<DomainDirectory>
  readonly #queues = new Map<string, Queue>()
  /** Private queues by their numbers, and public queues by their GUIDs. */
  readonly #identified = new Map<number | Guid, Queue>()
  readonly #outgoing = new Map<string, Queue>()
  #lastNumber = 0

  constructor(
    { address, dnsName, id, name }: MachineName,
    manager: QueueManager,
    client: DirectoryClient<DomainDirectory>
  ) {
    this.machineName = name
    this.dnsName = dnsName
    this.machineId = id
    this.address = address
    this.#manager = manager
    this.#client = client
    this.system = makeSystemQueues(name, id, manager, SecurityDescriptors.ofMachine)
  }

  /** Queues of the machine itself, in the order of creation. */
  get own(): ReadonlyArray<Queue> {
    return [...this.#queues.values()]
  }

  /** Outgoing queues, in the order of creation. */
  get outgoing(): ReadonlyArray<Queue> {
    return [...this.#outgoing.values()]
  }

  /** Journals of all queues, and the machine's own journal and dead-letter queues. */
  get journals(): ReadonlyArray<Queue> {
    const journals = this.own.map(({ journal }) => journal).filter((journal) => journal !== null)
    return [...journals, ...Object.values(this.system)]
  }

  /** All queues that can hold messages. */
  get all(): ReadonlyArray<Queue> {
    const subqueues = this.own.flatMap((queue) => queue.subqueues?.all ?? [])
    return [...this.own, ...subqueues, ...this.outgoing, ...this.journals]
  }

  /** Removes everywhere the messages whose time is over, and returns the next deadline; both in milliseconds since 1970. */
  *sweep(now: number): Steps<number> {
    let next = Number.POSITIVE_INFINITY
    for (const queue of this.all) {
      next = Math.min(next, yield* queue.sweep(now))
      yield
    }
    return next
  }

  /** Tells whether a computer's name means this machine. */
  isCalled(computer: string): boolean {
    return [".", "localhost", this.machineName.toLowerCase(), this.dnsName].includes(computer.toLowerCase())
  }

  /** Creates a queue; a public queue of another machine too (behaviour C-10). `now` in milliseconds since 1970. */
  create(properties: NewQueueProperties, security: SecurityDescriptor, now: number): Fallible<Queue> {
    const name = queuePath(properties.pathName)
    if (name === undefined || name.subqueue !== null) return Result.fail("MQ_ERROR_ILLEGAL_QUEUE_PATHNAME")
    return Result.flatMap(this.#homeOf(name), (home) =>
      home === undefined
        ? // The directory accepts no queue for a machine that it does not know.
          Result.fail("MQ_ERROR_INVALID_OWNER")
        : home.#create(name, queueRules.create(properties, home.#pathOf(name), now), security, this)
    )
  }

  /** Creates a queue of this machine; `creator`: the queues of the machine that it is created from. */
  #create(
    name: PathName.QueuePath,
    own: QueueProperties,
    security: SecurityDescriptor,
    creator: MachineQueues
  ): Fallible<Queue> {
    const key = keyOf(name)
    if (this.#queues.has(key)) return Result.fail("MQ_ERROR_QUEUE_EXISTS")
    if (name.isPrivate) {
      const number = ++this.#lastNumber
      return Result.succeed(this.#add(key, number, this.#make(nameOf(this.machineId, number), own, security)))
    }
    return Result.map(creator.#client.askDirectory("MQ_ERROR_UNSUPPORTED_OPERATION"), (directory) => {
      const identity = directory.identify(this, name.queue)
      const queue = this.#make(`PUBLIC=${identity.instance}`, { ...own, ...identity }, security)
      directory.register(identity.instance, this, queue, creator.machineId)
      return this.#add(key, identity.instance, queue)
    })
  }

  #make(formatName: string, own: QueueProperties, security: SecurityDescriptor): Queue {
    // A journal has no journal.
    const journalTree = makeQueueTree(this.#manager, { ...own, journal: false }, security, true)
    const journal = new Queue(`${formatName};JOURNAL`, journalTree, null, false, null)
    return new Queue(formatName, makeQueueTree(this.#manager, own, security, false), journal, false, new Subqueues())
  }

  #add(key: string, id: number | Guid, queue: Queue): Queue {
    this.#queues.set(key, queue)
    this.#identified.set(id, queue)
    return queue
  }

  /** Finds the queue to delete by a name, which must not be a direct one (behaviours B-24, C-46). */
  findDeletable(formatName: string): Fallible<Queue> {
    const name = readFormatName(formatName)
    if (name === undefined) return Result.fail("MQ_ERROR_ILLEGAL_FORMATNAME")
    return FormatName.supports(name, "delete")
      ? this.findWhole(formatName)
      : Result.fail("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
  }

  /** Deletes a queue of this machine, or a public queue of another; `now` in milliseconds since 1970. */
  *delete(queue: Queue, now: number): Steps {
    const { instance } = queue.properties
    const directory = Result.getOrUndefined(this.#client.askDirectory("MQ_ERROR_NO_DS"))
    const home = instance === null ? this : (directory?.withdraw(instance) ?? this)
    yield* home.#remove(queue, now)
  }

  *#remove(queue: Queue, now: number): Steps {
    const id = queue.properties.instance ?? numberOf(queue.formatName)
    if (this.#identified.get(id) === queue) this.#identified.delete(id)
    const name = queuePath(queue.properties.pathName)
    if (name !== undefined && this.#queues.get(keyOf(name)) === queue) this.#queues.delete(keyOf(name))
    yield* queue.delete(now)
  }

  /**
   * Finds the queue or the subqueue of this machine that a format name stands for; `undefined`: it is on another machine,
   * which the directory must know if the name has a GUID (behaviour B-11). A subqueue that does not exist is created
   * (behaviour B-29).
   */
  find(formatName: string, use: FormatName.NameUse): Fallible<Queue | undefined> {
    const name = readFormatName(formatName)
    if (name === undefined) return Result.fail("MQ_ERROR_ILLEGAL_FORMATNAME")
    if (!FormatName.supports(name, use)) return Result.fail("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
    if (name._tag === "Multicast") return Result.succeed(undefined)
    if (!isOfMachine(name)) return Result.fail("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
    if (!this.#isOwn(name)) return this.#checkElsewhere(name)
    if ("systemQueue" in name) return Result.succeed(this.system[name.systemQueue])
    const queue = this.#named(name)
    if (queue === undefined) return Result.fail("MQ_ERROR_QUEUE_NOT_FOUND")
    if (name.journal) {
      return queue.journal === null ? Result.fail("MQ_ERROR_QUEUE_NOT_FOUND") : Result.succeed(queue.journal)
    }
    if (name._tag !== "Direct" || name.subqueue === null) return Result.succeed(queue)
    const path = `${queue.properties.pathName};${name.subqueue}`
    return Result.succeed(queue.subqueues?.open(name.subqueue, `DIRECT=OS:${path}`, queue))
  }

  /**
   * Finds a whole queue of this machine, or a public queue of any machine, to ask about it or to change it: no other can be
   * (behaviours B-34, C-46, C-51).
   */
  findWhole(formatName: string): Fallible<Queue> {
    const name = readFormatName(formatName)
    if (name === undefined) return Result.fail("MQ_ERROR_ILLEGAL_FORMATNAME")
    if (isPart(name) || (name._tag === "Private" && !this.#isOwn(name))) {
      return Result.fail("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
    }
    if (name._tag !== "Public") {
      return Result.flatMap(this.find(formatName, "receive"), (queue) =>
        queue === undefined ? Result.fail("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION") : Result.succeed(queue)
      )
    }
    // The directory has the properties of a public queue, even those that its own machine asks for.
    return Result.flatMap(
      this.#client.askDirectory("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"),
      (directory): Fallible<Queue> => {
        const queue = directory.queue(name.queueGuid, this.machineId)
        return queue === undefined ? Result.fail("MQ_ERROR_QUEUE_NOT_FOUND") : Result.succeed(queue)
      }
    )
  }

  /** Returns the format name for a path name; for that of a subqueue too, which need not exist. */
  formatNameOf(pathName: string): Fallible<string> {
    const name = queuePath(pathName)
    if (name === undefined) return Result.fail("MQ_ERROR_ILLEGAL_QUEUE_PATHNAME")
    return Result.flatMap(this.#homeOf(name), (home): Fallible<string> => {
      const queue = home === undefined ? undefined : home.#queues.get(keyOf(name))
      if (queue === undefined || !this.#sees(queue)) return Result.fail("MQ_ERROR_QUEUE_NOT_FOUND")
      return Result.succeed(
        name.subqueue === null ? queue.formatName : `DIRECT=OS:${queue.properties.pathName};${name.subqueue}`
      )
    })
  }

  /** Returns the outgoing queue for a name: one for each way to write a destination, as in MSMQ (behaviour B-13). */
  outgoingTo(formatName: string): Queue {
    const key = formatName.toLowerCase()
    const known = this.#outgoing.get(key)
    if (known !== undefined) return known
    const named = { ...queueRules.defaults, pathName: formatName, basePriority: this.#basePriorityOf(formatName) }
    const properties = queueRules.create(named, formatName, 0)
    const tree = makeQueueTree(this.#manager, properties, SecurityDescriptors.ofMachine, false)
    const queue = new Queue(formatName, tree, null, true, null)
    this.#outgoing.set(key, queue)
    return queue
  }

  /** Returns the outgoing queue for a name, if there is one. */
  findOutgoing(formatName: string): Queue | undefined {
    return this.#outgoing.get(formatName.toLowerCase())
  }

  /** Returns the base priority of messages to a name, which only public queues have (behaviour D-12). */
  #basePriorityOf(formatName: string): number {
    const name = readFormatName(formatName)
    const queue = name?._tag === "Public" ? Result.getOrUndefined(this.findWhole(formatName)) : undefined
    return queue === undefined ? queueRules.defaults.basePriority : queue.properties.basePriority
  }

  /** Finds the machine that has the queue of a path name; `undefined`: the directory knows no such machine (behaviours C-10, C-11). */
  #homeOf({ computer, isPrivate }: PathName.QueuePath): Fallible<MachineQueues | undefined> {
    const isOwn = this.isCalled(computer)
    if (isPrivate) return isOwn ? Result.succeed(this) : Result.fail("MQ_ERROR_UNSUPPORTED_OPERATION")
    return Result.map(this.#client.askDirectory("MQ_ERROR_UNSUPPORTED_OPERATION"), (directory) =>
      isOwn ? this : directory.member(computer)
    )
  }

  #pathOf({ isPrivate, queue }: PathName.QueuePath): string {
    return `${this.machineName}\\${isPrivate ? "private$\\" : ""}${queue}`
  }

  /** Tells whether this machine knows a queue of any machine. */
  #sees({ properties: { instance } }: Queue): boolean {
    if (instance === null) return true
    const directory = Result.getOrUndefined(this.#client.askDirectory("MQ_ERROR_NO_DS"))
    return directory?.queue(instance, this.machineId) !== undefined
  }

  #named(name: FormatName.Private | FormatName.Public | FormatName.Direct): Queue | undefined {
    return name._tag === "Direct" ? this.#queues.get(keyOf(name)) : this.#identified.get(idOf(name))
  }

  #isOwn(name: OfMachine): boolean {
    if (name._tag === "Public") return this.#identified.has(idOf(name))
    return "computerGuid" in name ? name.computerGuid.toLowerCase() === this.machineId : this.isAt(name)
  }

  /** Fails for a name with a GUID that the directory does not know; other names of other machines are not checked (behaviour B-11). */
  #checkElsewhere(name: OfMachine): Fallible<undefined> {
    if (name._tag === "Direct" || name._tag === "DirectSystem") return Result.succeed(undefined)
    return Result.flatMap(
      this.#client.askDirectory("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"),
      (directory): Fallible<undefined> => {
        const known =
          name._tag === "Public" ? directory.queue(name.queueGuid, this.machineId) : directory.member(name.computerGuid)
        return known === undefined ? Result.fail("MQ_ERROR_QUEUE_NOT_FOUND") : Result.succeed(undefined)
      }
    )
  }

  /** Tells whether a direct name leads to this machine. */
  isAt({ address, protocol }: FormatName.Direct | FormatName.DirectSystem): boolean {
    const [host = ""] = address.split(":")
    const isAddress = [this.address, "127.0.0.1"].includes(protocol === "tcp" ? address : host)
    return (isAddress && protocol !== "os") || (protocol !== "tcp" && this.isCalled(host))
  }
}
