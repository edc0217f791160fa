import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import type { Access, QueueHandle, QueueProperties, ShareMode } from "@effect-msmq/core/Mqrt"
import * as PathName from "@effect-msmq/core/PathName"
import * as Result from "effect/Result"
import { RejectionLog } from "./Arrival.ts"
import type { Guid } from "./Guid.ts"
import type { OpenQueue } from "./OpenQueue.ts"
import { Queue } from "./Queue.ts"
import type { SecurityContextTable } from "./SecurityContextTable.ts"

/** A machine with its queue manager: its queues, the queues to elsewhere, and the handles open on them. */
export class Machine {
  readonly name: string
  readonly id: Guid
  readonly security: SecurityContextTable
  readonly rejections = new RejectionLog()
  readonly #queues = new Map<string, Queue>()
  readonly #numbered = new Map<number, Queue>()
  readonly #outgoing = new Map<string, Queue>()
  readonly #open = new Map<bigint, OpenQueue>()
  #lastQueueNumber = 0
  #lastHandle = 0
  #lastMessageNumber = 0

  constructor(name: string, id: Guid, security: SecurityContextTable) {
    this.name = name
    this.id = id
    this.security = security
  }

  /** Its own queues, then the outgoing ones, each in the order of creation. */
  get queues(): ReadonlyArray<Queue> {
    return [...this.#queues.values(), ...this.#outgoing.values()]
  }

  /** The counter behind message ids: 32 bits, for the whole machine (behaviour D-23). */
  nextMessageNumber(): number {
    this.#lastMessageNumber = (this.#lastMessageNumber + 1) >>> 0
    return this.#lastMessageNumber
  }

  create(properties: QueueProperties): Queue | ErrorCodeName {
    const name = this.#ownName(properties.pathName)
    if ("code" in name) return name.code
    const key = name.queue.toLowerCase()
    if (this.#queues.has(key)) return "MQ_ERROR_QUEUE_EXISTS"
    const number = ++this.#lastQueueNumber
    const formatName = `PRIVATE=${this.id}\\${number.toString(16).padStart(8, "0")}`
    const pathName = `${this.name}\\private$\\${name.queue}`
    const queue = new Queue(formatName, { ...properties, pathName }, false)
    this.#queues.set(key, queue)
    this.#numbered.set(number, queue)
    return queue
  }

  delete(formatName: string): Queue | ErrorCodeName {
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
    queue.delete()
    return queue
  }

  /** The queue of this machine that a format name stands for; `undefined` for one on another machine. */
  find(formatName: string, use: FormatName.NameUse = "receive"): Queue | undefined | ErrorCodeName {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name === undefined) return "MQ_ERROR_ILLEGAL_FORMATNAME"
    if (!FormatName.supports(name, use)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    if (name._tag === "Public") return "MQ_ERROR_QUEUE_NOT_FOUND"
    // Journals, subqueues, system queues and names of many queues are not simulated.
    if ((name._tag !== "Private" && name._tag !== "Direct") || name.journal || ("subqueue" in name && name.subqueue)) {
      return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
    }
    if (!this.#isOwn(name)) return undefined
    const queue =
      name._tag === "Private"
        ? this.#numbered.get(name.queueNumber)
        : name.isPrivate
          ? this.#queues.get(name.queue.toLowerCase())
          : undefined
    return queue ?? "MQ_ERROR_QUEUE_NOT_FOUND"
  }

  findByPathName(pathName: string): Queue | ErrorCodeName {
    const name = this.#ownName(pathName)
    return "code" in name ? name.code : (this.#queues.get(name.queue.toLowerCase()) ?? "MQ_ERROR_QUEUE_NOT_FOUND")
  }

  open(formatName: string, access: Access, shareMode: ShareMode): QueueHandle | ErrorCodeName {
    const exclusive = shareMode === "denyReceive"
    if (access === "send" && exclusive) return "MQ_ERROR_UNSUPPORTED_ACCESS_MODE"
    const found = this.find(formatName, access)
    if (typeof found === "string") return found
    if (found === undefined && access === "receive") return "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"
    const queue = found ?? this.#outgoingTo(formatName)
    if (access === "receive") {
      if (queue.exclusive || (exclusive && queue.receivers > 0)) return "MQ_ERROR_SHARING_VIOLATION"
      queue.receivers++
      queue.exclusive = exclusive
    }
    this.#lastHandle += 4
    const handle = BigInt(this.#lastHandle) as QueueHandle
    this.#open.set(handle, { queue, formatName, access, exclusive, waiting: new Set() })
    return handle
  }

  /** What a handle stands for, when it may be used for this. */
  opened(handle: QueueHandle, access: Access): OpenQueue | ErrorCodeName {
    const opened = this.#open.get(handle)
    if (opened === undefined) return "MQ_ERROR_INVALID_HANDLE"
    if (opened.queue.deleted) return "MQ_ERROR_QUEUE_DELETED"
    return opened.access === access ? opened : "MQ_ERROR_ACCESS_DENIED"
  }

  close(handle: QueueHandle): OpenQueue | ErrorCodeName {
    const opened = this.#open.get(handle)
    if (opened === undefined) return "MQ_ERROR_INVALID_HANDLE"
    this.#open.delete(handle)
    if (opened.access === "receive") {
      opened.queue.receivers--
      if (opened.exclusive) opened.queue.exclusive = false
    }
    for (const waiter of opened.waiting) waiter.fail("MQ_ERROR_OPERATION_CANCELLED")
    return opened
  }

  /** A path name as one of a private queue of this machine; all others need a directory (behaviours C-10, C-11). */
  #ownName(pathName: string): { readonly queue: string } | { readonly code: ErrorCodeName } {
    const name = Result.getOrUndefined(PathName.parse(pathName))
    if (name === undefined || name._tag !== "QueuePath" || name.subqueue !== null) {
      return { code: "MQ_ERROR_ILLEGAL_QUEUE_PATHNAME" }
    }
    const own = name.isPrivate && isCalled(this.name, name.computer)
    return own ? name : { code: "MQ_ERROR_UNSUPPORTED_OPERATION" }
  }

  #isOwn(name: FormatName.Private | FormatName.Direct): boolean {
    if (name._tag === "Private") return name.computerGuid.toLowerCase() === this.id
    if (name.protocol === "tcp") return name.address === "127.0.0.1"
    return name.protocol === "os" && isCalled(this.name, name.address)
  }

  /** One queue for each way of writing a destination, as MSMQ keeps them (behaviour B-13). */
  #outgoingTo(formatName: string): Queue {
    const key = formatName.toLowerCase()
    const known = this.#outgoing.get(key)
    if (known !== undefined) return known
    const properties = { pathName: formatName, label: "", authenticate: false, transactional: false }
    const queue = new Queue(formatName, properties, true)
    this.#outgoing.set(key, queue)
    return queue
  }
}

const isCalled = (machineName: string, address: string): boolean =>
  [".", "localhost", machineName.toLowerCase()].includes(address.toLowerCase())
