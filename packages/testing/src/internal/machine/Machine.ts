import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { CursorHandle, LocateHandle, QueueHandle, TransactionHandle } from "@effect-msmq/core/Mqrt"
import type * as Fiber from "effect/Fiber"
import type { QueueCreators } from "../../MsmqControl.ts"
import { RejectionLog } from "../arrival/ArrivalRules.ts"
import type { Cursor } from "../queue/Cursor.ts"
import type { Directory } from "../directory/Directory.ts"
import type { Guid } from "../facts/Guid.ts"
import { HandleNumbers, Handles } from "../facts/Handles.ts"
import type { Search } from "../calls/Locating.ts"
import type { MachineQuota } from "../facts/MachineQuota.ts"
import type { OpenQueue, Use } from "./OpenQueue.ts"
import { allows } from "./OpenQueue.ts"
import { Duplicates } from "../network/Duplicates.ts"
import type { Network } from "../network/Network.ts"
import * as Outcome from "../arrival/Outcome.ts"
import type { MachineName } from "./MachineQueues.ts"
import { QueueDirectory } from "./MachineQueues.ts"
import type { SecurityContextTable } from "../security/SecurityContextTable.ts"
import { Timers } from "./Timers.ts"
import { Transaction } from "../queue/Transaction.ts"
import { VerifiedCertificates } from "../security/VerifiedCertificates.ts"
import type { Version } from "../facts/Version.ts"

/** A machine with its queue manager: its queues, the queues to elsewhere, and the handles open on them. */
export class Machine {
  readonly network: Network
  readonly id: Guid
  readonly security: SecurityContextTable
  readonly queues: QueueDirectory
  readonly timers: Timers
  readonly rejections = new RejectionLog()
  /** What has come over links. */
  readonly arrivals = new Duplicates()
  readonly #numbers = new HandleNumbers()
  readonly open = new Handles<QueueHandle, OpenQueue>(this.#numbers)
  readonly cursors = new Handles<CursorHandle, Cursor>(this.#numbers)
  readonly transactions = new Handles<TransactionHandle, Transaction>(this.#numbers)
  readonly searches = new Handles<LocateHandle, Search>(this.#numbers)
  /** Whether it reaches the directory, if there is one. */
  directoryAvailable = true
  /** Whether the directory has its public key, for others to encrypt by (behaviour A-82). */
  encryptionKeyPublished = true
  /** Whether it is not cut off from the other machines. */
  connected = true
  /** Whether a sender is told what would help an attacker (behaviours ). */
  readonly permitInsecureNacks: boolean
  /** Whether the queue manager runs (behaviour C-13). */
  running = true
  /** Whether nothing can be written to its disk (behaviour D-02). */
  storageFailed = false
  queueCreators: QueueCreators = "everyone"
  readonly version: Version
  readonly quota: MachineQuota
  /** The bytes that it holds against its quota. */
  readonly held = { messages: { bytes: 0 }, copies: { bytes: 0 } }
  /** What it knows of the directory. */
  readonly #verified = new VerifiedCertificates()
  #lastMessageNumber = 0
  #lastTransactionNumber = 0

  constructor(
    network: Network,
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
    this.queues = new QueueDirectory(name, {
      administrators: security.administrators,
      lost: (queue, packet, reason, now) => Outcome.lost(this, queue, packet, reason, now),
      expects: (deadline) => this.timers.expect(deadline),
      directory: (inWorkgroup) => this.ask(inWorkgroup),
      verifies: ({ isRegistered, pair }, now) =>
        this.#verified.verify(pair, () => typeof this.ask("MQ_ERROR_NO_DS") !== "string" && isRegistered(), now),
      version,
      held: this.held
    })
    this.timers = new Timers(fiber, (now) => this.#wake(now))
    network.add(this)
  }

  get name(): string {
    return this.queues.machineName
  }

  /** The directory, or why there is none to ask; `inWorkgroup`: what is said of it in a workgroup. */
  ask(inWorkgroup: ErrorCodeName): Directory | ErrorCodeName {
    if (this.network.directory === null) return inWorkgroup
    return this.directoryAvailable ? this.network.directory : "MQ_ERROR_NO_DS"
  }

  /** Whether a computer's name means this one. */
  isThis(computer: string | null): boolean {
    return computer === null || this.queues.isCalled(computer)
  }

  /** The machine of which something is asked, if it can be reached; `null`: this one. */
  asked(computer: string | null): Machine | ErrorCodeName {
    const other = this.isThis(computer) ? this : this.network.called(computer ?? "")
    return other !== undefined && this.network.reaches(this, other) ? other : "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"
  }

  /** The counter behind message ids: 32 bits, for the whole machine (behaviour D-23). */
  nextMessageNumber(): number {
    this.#lastMessageNumber = (this.#lastMessageNumber + 1) >>> 0
    return this.#lastMessageNumber
  }

  nextTransactionNumber(): number {
    this.#lastTransactionNumber = (this.#lastTransactionNumber + 1) >>> 0
    return this.#lastTransactionNumber
  }

  /** What a handle stands for, when it may be used for this. */
  opened(handle: QueueHandle, use: Use): OpenQueue | ErrorCodeName {
    if (!this.running) return "MQ_ERROR_SERVICE_NOT_AVAILABLE"
    const opened = this.open.get(handle)
    if (opened === undefined) return "MQ_ERROR_INVALID_HANDLE"
    if (!this.network.reaches(this, opened.machine)) return "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"
    if (opened.stale) return "MQ_ERROR_STALE_HANDLE"
    if (opened.queue.deleted) return "MQ_ERROR_QUEUE_DELETED"
    return allows(opened.access, use) ? opened : "MQ_ERROR_ACCESS_DENIED"
  }

  /** Does what time has brought about, and says when there is more to do; both in milliseconds since 1970. */
  #wake(now: number): number {
    const next = this.sweep(now)
    this.network.flow(now)
    return Math.min(next, this.network.nextAttempt(this))
  }

  /** Removes what is over by a moment, and says when the next is; both in milliseconds since 1970. */
  sweep(now: number): number {
    return this.running ? this.queues.sweep(now) : Number.POSITIVE_INFINITY
  }

  begin(): TransactionHandle {
    return this.transactions.open(new Transaction(this.nextTransactionNumber()))
  }

  /** A transaction that is still open: what ended, or was never begun, can do nothing (behaviour F-36). */
  transaction(handle: TransactionHandle): Transaction | ErrorCodeName {
    const transaction = this.transactions.get(handle)
    return transaction?.isOpen === true ? transaction : "MQ_ERROR_TRANSACTION_SEQUENCE"
  }
}
