import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { ReceiveAction } from "@effect-msmq/core/mqrt/MessageProperties"
import type { OpenQueue } from "../machine/OpenQueue.ts"
import type { Packet, Place } from "./Packet.ts"

/**
 * A place in a queue that moves forward only: it stands on a message, behind one, or before all. The message may be gone,
 * and come back.
 */
export class Cursor {
  readonly opened: OpenQueue
  #place: Place | undefined = undefined
  /** Whether it stands on a message that was peeked at; otherwise what comes next is behind its place. */
  #onMessage = false

  constructor(opened: OpenQueue) {
    this.opened = opened
  }

  /** What an action would meet; `undefined`: nothing yet. */
  look(action: ReceiveAction, now: number): Packet | undefined | ErrorCodeName {
    const peeking = action !== "receive"
    if (!this.#onMessage) return action === "peekNext" ? "MQ_ERROR_ILLEGAL_CURSOR_ACTION" : this.#next(now, peeking)
    if (action === "peekNext") return this.#next(now, peeking)
    const packet = this.#place === undefined ? undefined : this.opened.queue.at(this.#place, now, peeking)
    return packet ?? "MQ_ERROR_MESSAGE_ALREADY_RECEIVED"
  }

  /** Stands on a message that was peeked at. */
  standOn({ place }: Packet): void {
    this.#place = { place }
    this.#onMessage = true
  }

  /** Stands behind a message that was taken (behaviour E-28). */
  standBehind({ place }: Packet): void {
    this.#place = { place }
    this.#onMessage = false
  }

  /** Found nothing: what comes next is behind its place, be that a message or not (behaviours E-29, X-12). */
  foundNothing(): void {
    this.#onMessage = false
  }

  close(): void {
    this.opened.cursors.delete(this)
  }

  #next(now: number, peeking: boolean): Packet | undefined {
    const { queue } = this.opened
    return this.#place === undefined ? queue.first(now, peeking) : queue.after(this.#place, now, peeking)
  }
}
