import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { ReceiveAction } from "@effect-msmq/core/MessageProperties"
import type { OpenQueue } from "./OpenQueue.ts"
import type { Packet } from "./Packet.ts"

/** A place in a queue that moves forward only: it stands on a message, behind one, or before all. */
export class Cursor {
  readonly opened: OpenQueue
  #place: Packet | undefined = undefined
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
    const place = this.#place
    const isThere = place !== undefined && this.opened.queue.isVisible(place, now, peeking)
    return isThere ? place : "MQ_ERROR_MESSAGE_ALREADY_RECEIVED"
  }

  /** Stands on a message that was peeked at. */
  standOn(packet: Packet): void {
    this.#move(packet)
    this.#onMessage = true
  }

  /** Stands behind a message that was taken (behaviour E-28). */
  standBehind(packet: Packet): void {
    this.#move(packet)
    this.#onMessage = false
  }

  /** Found nothing: what comes next is behind its place, be that a message or not (behaviours E-29, X-12). */
  foundNothing(): void {
    this.#onMessage = false
  }

  close(): void {
    this.#move(undefined)
    this.opened.cursors.delete(this)
  }

  #next(now: number, peeking: boolean): Packet | undefined {
    const { queue } = this.opened
    return this.#place === undefined ? queue.first(now, peeking) : queue.after(this.#place, now, peeking)
  }

  /** A place must outlive its message, or what comes behind it could not be found. */
  #move(place: Packet | undefined): void {
    const { queue } = this.opened
    if (place !== undefined) queue.pin(place)
    if (this.#place !== undefined) queue.unpin(this.#place)
    this.#place = place
  }
}
