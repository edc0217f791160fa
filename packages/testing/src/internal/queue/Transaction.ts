import type { Steps } from "../facts/Steps.ts"
import type { Packet, TimeLimits } from "./Packet.ts"
import type { Queue } from "./Queue.ts"
import type { Waiter } from "./Waiter.ts"

/** A step of a transaction, which takes effect or is undone when the transaction ends; `now` in milliseconds since 1970. */
export interface Operation {
  readonly commit: (now: number) => void
  readonly abort: (now: number) => void
}

/** An internal transaction: its steps, in order. */
export class Transaction {
  /** Second half of the id of the transaction. */
  readonly number: number
  /** Time limits of the first message, which hold for all messages (behaviour D-42). */
  limits: TimeLimits | null = null
  /** Receives that wait as part of the transaction (behaviour F-18). */
  readonly waiting = new Set<Waiter>()
  #open = true
  readonly #operations: Array<Operation> = []
  readonly #sent: Array<{ readonly queue: Queue; readonly packet: Packet }> = []

  constructor(number: number) {
    this.number = number
  }

  /** `true` until the transaction commits or aborts. */
  get isOpen(): boolean {
    return this.#open
  }

  /** Adds a step. */
  enlist(operation: Operation): void {
    this.#operations.push(operation)
  }

  /** Adds the step that sends a message to a queue. */
  enlistSend(queue: Queue, packet: Packet, operation: Operation): void {
    this.#sent.push({ queue, packet })
    this.#operations.push(operation)
  }

  /** Makes all steps take effect, in order. */
  *commit(now: number): Steps {
    yield* this.#end()
    yield* this.#markEnds()
    for (const operation of this.#operations) {
      operation.commit(now)
      yield
    }
  }

  /** Undoes all steps, in order. */
  *abort(now: number): Steps {
    yield* this.#end()
    for (const operation of this.#operations) {
      operation.abort(now)
      yield
    }
  }

  *#end(): Steps {
    this.#open = false
    for (const waiter of this.waiting) {
      waiter.fail("MQ_ERROR_TRANSACTION_SEQUENCE")
      yield
    }
  }

  /** Marks the first and the last message to each queue (behaviours D-30, X-19). */
  *#markEnds(): Steps {
    const last = new Map<Queue, Packet>()
    for (const { packet, queue } of this.#sent) {
      if (!last.has(queue)) packet.firstInTransaction = true
      last.set(queue, packet)
      yield
    }
    for (const packet of last.values()) packet.lastInTransaction = true
  }
}
