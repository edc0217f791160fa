import type { ReceiveAction } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import type { Packet, Place } from "./Packet.ts"
import type { Queue } from "./Queue.ts"

/** Queue handle that cursors are created on. */
export interface CursorOwner {
  readonly queue: Queue
  /** Open cursors of the handle. */
  readonly cursors: Set<Cursor>
  /** `true` where the queue manager has been stopped since the handle was opened. */
  readonly stale: boolean
}

/**
 * A place in a queue that moves forward only: it is on a message, behind one, or before all. The message may be gone, and
 * come back.
 */
export class Cursor {
  readonly owner: CursorOwner
  #place: Place | undefined = undefined
  /** `true` where the cursor is on a message that was peeked at; otherwise the next message is the one behind its place. */
  #onMessage = false

  constructor(owner: CursorOwner) {
    this.owner = owner
  }

  /** `true` until the cursor or its queue handle is closed (behaviour E-35); a cursor of a stale handle is still open. */
  get isOpen(): boolean {
    return this.owner.stale || this.owner.cursors.has(this)
  }

  /** Looks for the message that an action would get; `undefined`: there is none yet. */
  look(action: ReceiveAction, now: number): Fallible<Packet | undefined> {
    const peeking = action !== "receive"
    if (!this.#onMessage && action === "peekNext") return Result.fail("MQ_ERROR_ILLEGAL_CURSOR_ACTION")
    if (!this.#onMessage || action === "peekNext") return Result.succeed(this.#next(now, peeking))
    const packet = this.#place === undefined ? undefined : this.owner.queue.at(this.#place, now, peeking)
    return packet === undefined ? Result.fail("MQ_ERROR_MESSAGE_ALREADY_RECEIVED") : Result.succeed(packet)
  }

  /** Moves onto a message that was peeked at. */
  standOn({ place }: Packet): void {
    this.#place = { place }
    this.#onMessage = true
  }

  /** Moves behind a message that was received (behaviour E-28). */
  standBehind({ place }: Packet): void {
    this.#place = { place }
    this.#onMessage = false
  }

  /** Moves off its message when a search finds nothing: the next message is then the one behind (behaviours E-29, X-12). */
  leaveMessage(): void {
    this.#onMessage = false
  }

  /** Closes the cursor. */
  close(): void {
    this.owner.cursors.delete(this)
  }

  #next(now: number, peeking: boolean): Packet | undefined {
    const { queue } = this.owner
    return this.#place === undefined ? queue.first(now, peeking) : queue.after(this.#place, now, peeking)
  }
}
