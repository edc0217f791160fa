import type { Packet } from "./Packet.ts"
import type { TimeLimits } from "./Packet.ts"
import type { Queue } from "./Queue.ts"
import type { WaitingReceive } from "../calls/WaitingReceive.ts"

/** What was done in a transaction and becomes true, or not, when it ends; `now` in milliseconds since 1970. */
export interface Operation {
  readonly commit: (now: number) => void
  readonly abort: (now: number) => void
}

/** An internal transaction: what was done in it, in order. */
export class Transaction {
  /** The second half of its id. */
  readonly number: number
  /** The time limits of its first message, which hold for all (behaviour D-42). */
  limits: TimeLimits | null = null
  /** The receives that wait as part of it (behaviour F-18). */
  readonly waiting = new Set<WaitingReceive>()
  #open = true
  readonly #operations: Array<Operation> = []
  readonly #sent: Array<{ readonly queue: Queue; readonly packet: Packet }> = []

  constructor(number: number) {
    this.number = number
  }

  get isOpen(): boolean {
    return this.#open
  }

  enlist(operation: Operation): void {
    this.#operations.push(operation)
  }

  enlistSent(queue: Queue, packet: Packet, operation: Operation): void {
    this.#sent.push({ queue, packet })
    this.#operations.push(operation)
  }

  commit(now: number): void {
    this.#finish()
    this.#mark()
    for (const operation of this.#operations) operation.commit(now)
  }

  abort(now: number): void {
    this.#finish()
    for (const operation of this.#operations) operation.abort(now)
  }

  #finish(): void {
    this.#open = false
    for (const waiter of this.waiting) waiter.fail("MQ_ERROR_TRANSACTION_SEQUENCE")
  }

  /** Marks the first and the last message to each queue (behaviours D-30, X-19). */
  #mark(): void {
    const last = new Map<Queue, Packet>()
    for (const { packet, queue } of this.#sent) {
      if (!last.has(queue)) packet.firstInTransaction = true
      last.set(queue, packet)
    }
    for (const packet of last.values()) packet.lastInTransaction = true
  }
}
