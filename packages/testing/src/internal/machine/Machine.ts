import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { Access, CursorHandle, LocateHandle, QueueHandle, TransactionHandle } from "@effect-msmq/core/Mqrt"
import type { LocatedQueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Outcome from "../arrival/Outcome.ts"
import { RejectionLog } from "../arrival/RejectionLog.ts"
import type { DirectoryClient } from "../directory/Directory.ts"
import type { Fallible } from "../facts/Failure.ts"
import type { Guid } from "@effect-msmq/core/mqrt/Guid"
import { HandleNumbers, Handles } from "../facts/Handles.ts"
import type { MachineQuota } from "../facts/MachineQuota.ts"
import type { Steps } from "../facts/Steps.ts"
import type { Version } from "../facts/Version.ts"
import { Duplicates } from "../network/Duplicates.ts"
import type { Network } from "../network/Network.ts"
import type { NetworkMachine } from "../network/NetworkMachine.ts"
import type { Cursor, CursorOwner } from "../queue/Cursor.ts"
import type { Queue } from "../queue/Queue.ts"
import { Transaction } from "../queue/Transaction.ts"
import type { Waiter } from "../queue/Waiter.ts"
import type { QueueCreators } from "../security/Permission.ts"
import type { SecurityContextTable } from "../security/SecurityContextTable.ts"
import { VerifiedCertificates } from "../security/VerifiedCertificates.ts"
import type { HandleUse } from "./HandleUse.ts"
import { allows } from "./HandleUse.ts"
import type { DomainDirectory, MachineName } from "./MachineQueues.ts"
import { MachineQueues } from "./MachineQueues.ts"
import { Resumptions } from "./Resumptions.ts"
import { Timers } from "./Timers.ts"

/** Queue that the messages sent through a handle go to. */
export interface Destination {
  readonly queue: Queue
  readonly formatName: string
}

/** Open queue handle. */
export interface OpenQueue extends CursorOwner {
  /** Machine that has the queue: another one where a remote queue is read. */
  readonly machine: Machine
  /** Queue that the handle is open on; the first of a list. */
  readonly queue: Queue
  /** All queues that messages are sent to: more than one for a list (behaviour B-18). */
  readonly destinations: ReadonlyArray<Destination>
  /** Format name that the queue was opened by. */
  readonly formatName: string
  readonly access: Access
  /** `true` where no other handle may receive from the queue. */
  readonly exclusive: boolean
  /** Receives and peeks that wait on this handle. */
  readonly waiting: Set<Waiter>
  /** Receives and peeks that waited, and whose message is about to be handed out. */
  readonly served: Set<Waiter>
  /** `true` where the queue manager has been stopped since the queue was opened (behaviour C-37). */
  stale: boolean
}

/** Queues that a search found and has not returned yet. */
export type Search = Array<LocatedQueueProperties>

/** A machine with its queue manager: its queues, those for other machines, and the open handles. */
export class Machine implements NetworkMachine, DirectoryClient<DomainDirectory> {
  readonly network: Network<Machine>
  readonly id: Guid
  readonly security: SecurityContextTable
  readonly queues: MachineQueues
  readonly timers: Timers
  readonly rejections = new RejectionLog()
  readonly duplicates = new Duplicates()
  readonly resumptions = new Resumptions()
  readonly #numbers = new HandleNumbers()
  /** Open queue handles. */
  readonly open = new Handles<QueueHandle, OpenQueue>(this.#numbers)
  /** Open cursor handles. */
  readonly cursors = new Handles<CursorHandle, Cursor>(this.#numbers)
  /** Open transaction handles. */
  readonly transactions = new Handles<TransactionHandle, Transaction>(this.#numbers)
  /** Open locate handles. */
  readonly searches = new Handles<LocateHandle, Search>(this.#numbers)
  /** `true` while the machine reaches the directory, if there is one. */
  directoryAvailable = true
  encryptionKeyPublished = true
  connected = true
  readonly permitInsecureNacks: boolean
  running = true
  /** `true` where nothing can be written to the disk (behaviour D-02). */
  storageFailed = false
  /** Users who may create queues. */
  queueCreators: QueueCreators = "everyone"
  readonly version: Version
  readonly quota: MachineQuota
  readonly held = { messages: { bytes: 0 }, copies: { bytes: 0 } }
  readonly #verified = new VerifiedCertificates()
  #lastMessageNumber = 0
  #lastTransactionNumber = 0

  constructor(
    network: Network<Machine>,
    name: MachineName,
    security: SecurityContextTable,
    permitInsecureNacks: boolean,
    version: Version,
    fiber: Fiber.Fiber<unknown, unknown>
  ) {
    this.network = network
    this.id = name.id
    this.security = security
    this.permitInsecureNacks = permitInsecureNacks
    this.version = version
    this.quota = { messages: version.quota, journals: version.quota }
    this.queues = new MachineQueues(
      name,
      {
        version,
        administrators: security.administrators,
        held: this.held,
        onLoss: (tree, packet, reason, now) => Outcome.onLoss(this, tree, packet, reason, now),
        wakeAt: (deadline) => this.timers.wakeAt(deadline),
        verify: ({ isRegistered, pair }, now) =>
          this.#verified.verify(
            pair,
            () => Result.isSuccess(this.askDirectory("MQ_ERROR_NO_DS")) && isRegistered(),
            now
          )
      },
      this
    )
    this.timers = new Timers(
      fiber,
      network.operations.run((now) => this.#wake(now))
    )
    network.add(this)
  }

  get name(): string {
    return this.queues.machineName
  }

  askDirectory(inWorkgroup: ErrorCodeName): Fallible<DomainDirectory> {
    if (this.network.directory === null) return Result.fail(inWorkgroup)
    return this.directoryAvailable ? Result.succeed(this.network.directory) : Result.fail("MQ_ERROR_NO_DS")
  }

  /** Tells whether a computer's name means this machine; `null` does. */
  isThis(computer: string | null): boolean {
    return computer === null || this.queues.isCalled(computer)
  }

  /** Returns the machine of a computer's name, if it can be reached; `null`: this one. */
  reach(computer: string | null): Fallible<Machine> {
    const other = this.isThis(computer) ? this : this.network.machine(computer ?? "")
    return other !== undefined && this.network.reaches(this, other)
      ? Result.succeed(other)
      : Result.fail("MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE")
  }

  /** Returns the number of a new message: a counter of 32 bits for the whole machine (behaviour D-23). */
  nextMessageNumber(): number {
    this.#lastMessageNumber = (this.#lastMessageNumber + 1) >>> 0
    return this.#lastMessageNumber
  }

  /** Returns the number of a new transaction. */
  nextTransactionNumber(): number {
    this.#lastTransactionNumber = (this.#lastTransactionNumber + 1) >>> 0
    return this.#lastTransactionNumber
  }

  /** Returns the open queue of a handle, if the handle may be used so. */
  use(handle: QueueHandle, use: HandleUse): Fallible<OpenQueue> {
    if (!this.running) return Result.fail("MQ_ERROR_SERVICE_NOT_AVAILABLE")
    const opened = this.open.get(handle)
    if (opened === undefined) return Result.fail("MQ_ERROR_INVALID_HANDLE")
    if (!this.network.reaches(this, opened.machine)) return Result.fail("MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE")
    if (opened.stale) return Result.fail("MQ_ERROR_STALE_HANDLE")
    if (opened.queue.deleted) return Result.fail("MQ_ERROR_QUEUE_DELETED")
    return allows(opened.access, use) ? Result.succeed(opened) : Result.fail("MQ_ERROR_ACCESS_DENIED")
  }

  /** Removes what is over and sends what is due, and returns the next deadline; both in milliseconds since 1970. */
  *#wake(now: number): Steps<number> {
    const next = yield* this.sweep(now)
    yield* this.network.flow(now)
    return Math.min(next, this.network.nextAttempt(this))
  }

  /** Removes the messages whose time is over, and returns the next deadline; both in milliseconds since 1970. */
  *sweep(now: number): Steps<number> {
    return this.running ? yield* this.queues.sweep(now) : Number.POSITIVE_INFINITY
  }

  /** Ends the receives that wait on the queues of machines that can no longer be reached (behaviour E-76). */
  *endRemoteReads(): Steps {
    for (const { machine, waiting } of this.open.all()) {
      if (waiting.size === 0 || this.network.reaches(this, machine)) continue
      for (const waiter of waiting) {
        waiter.fail("MQ_ERROR_QUEUE_NOT_AVAILABLE")
        yield
      }
    }
  }

  /** Begins a transaction. */
  begin(): TransactionHandle {
    return this.transactions.open(new Transaction(this.nextTransactionNumber()))
  }

  /** Returns the transaction of a handle, if it is still open (behaviour F-36). */
  transaction(handle: TransactionHandle): Fallible<Transaction> {
    const transaction = this.transactions.get(handle)
    return transaction?.isOpen === true ? Result.succeed(transaction) : Result.fail("MQ_ERROR_TRANSACTION_SEQUENCE")
  }
}
