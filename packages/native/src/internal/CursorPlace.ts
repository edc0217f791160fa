import type { ReceiveAction, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Exit from "effect/Exit"
import type { KeptMessages } from "./KeptMessages.ts"
import type { Outcome } from "./Outcome.ts"
import { isTimeout } from "./Outcome.ts"

/**
 * The place of a cursor, as far as it is not the one that its user knows of: a call whose outcome nobody took has moved it
 * all the same, and it may stand on a message that is kept.
 */
export class CursorPlace {
  readonly cursor: bigint
  /** The kept message that it stands on. Message Queuing has it before that place. */
  on: ReceivedProperties | undefined = undefined
  /** `true` where the messages that are kept are new to it: no call has moved it yet, or it came to the end. */
  #seesKept = true
  /** The kept messages that it has stood on: it comes to none of them twice. */
  readonly #passed = new WeakSet<ReceivedProperties>()
  /** The part of its last move that its user does not know of. */
  #unknown: "nothing" | "end" | "message" = "nothing"

  constructor(cursor: bigint) {
    this.cursor = cursor
  }

  /** `true` where a peek moved it on a message that nobody was shown. */
  get isOnUnseen(): boolean {
    return this.#unknown === "message"
  }

  /** Returns the action that does what its user means: one that the user knows nothing of has moved it already (E-29). */
  actionFor(action: ReceiveAction): ReceiveAction {
    return action === "peekNext" && this.#unknown !== "nothing" ? "peekCurrent" : action
  }

  /** Moves it as an action does, as far as that leads to a kept message. Returns the one that it stands on then. */
  moveOnKept(action: ReceiveAction, kept: KeptMessages): ReceivedProperties | undefined {
    if (this.on !== undefined) {
      if (action === "peekNext") this.standOn(kept.after(this.on))
    } else if (this.#seesKept && this.actionFor(action) !== "peekNext") {
      const next = kept.all.find((message) => !this.#passed.has(message))
      if (next !== undefined) this.standOn(next)
    }
    return this.on
  }

  /** Makes it stand on a kept message, or behind those. What follows is then found at its place. */
  standOn(message: ReceivedProperties | undefined): void {
    if (message !== undefined) this.#passed.add(message)
    this.on = message
    this.#unknown = "end"
  }

  /** Takes note of a call. `isTold`: its user learns the outcome. */
  noteMove(action: ReceiveAction, outcome: Outcome, isTold: boolean): void {
    const found = Exit.isSuccess(outcome)
    if (!found && !isTimeout(outcome)) return
    this.on = undefined
    this.#seesKept = !found
    this.#unknown = isTold ? "nothing" : found && action !== "receive" ? "message" : "end"
  }

  /** Takes note that its user has learned that it came to the end. */
  noteEndSeen(): void {
    this.#unknown = "nothing"
  }
}
