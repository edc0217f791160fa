import type { ReceiveAction, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { KeptMessages } from "./KeptMessages.ts"
import type { Outcome } from "./Outcome.ts"
import { isFound, isTimeout } from "./Outcome.ts"

/**
 * Place of a cursor, where it is not the one that its user knows: a call whose outcome nobody took has moved the cursor,
 * or the cursor stands on a message that is kept.
 */
export class CursorPlace {
  readonly cursor: bigint
  /** Kept message that it stands on. For Message Queuing the cursor stands before its next message then. */
  on: ReceivedProperties | undefined = undefined
  /** `true` where the cursor comes to the kept messages next: no call has moved it yet, or it has come to the end. */
  #seesKept = true
  /** Kept messages that it has stood on: it comes to none of them twice. */
  readonly #passed = new WeakSet<ReceivedProperties>()
  /** Place that its last call moved it to, where its user did not get the outcome. */
  #unknown: "nothing" | "end" | "message" = "nothing"

  constructor(cursor: bigint) {
    this.cursor = cursor
  }

  /** `true` where a peek moved it to a message that its user did not get. */
  get isOnUnseen(): boolean {
    return this.#unknown === "message"
  }

  /**
   * Returns the action that does what its user wants: a call whose outcome the user did not get may have moved the
   * cursor already (E-29).
   */
  actionFor(action: ReceiveAction): ReceiveAction {
    return action === "peekNext" && this.#unknown !== "nothing" ? "peekCurrent" : action
  }

  /** Moves it as an action does, where that leads to a kept message. Returns the kept message that it stands on then. */
  moveOnKept(action: ReceiveAction, kept: KeptMessages): ReceivedProperties | undefined {
    if (this.on !== undefined) {
      if (action === "peekNext") this.standOn(kept.after(this.on))
    } else if (this.#seesKept && this.actionFor(action) !== "peekNext") {
      const next = kept.all.find((message) => !this.#passed.has(message))
      if (next !== undefined) this.standOn(next)
    }
    return this.on
  }

  /** Places it on a kept message, or behind all of them. */
  standOn(message: ReceivedProperties | undefined): void {
    if (message !== undefined) this.#passed.add(message)
    this.on = message
    this.#unknown = "end"
  }

  /** Notes the outcome of a call. `isTold`: its user gets the outcome. */
  noteMove(action: ReceiveAction, outcome: Outcome, isTold: boolean): void {
    const found = isFound(outcome)
    if (!found && !isTimeout(outcome)) return
    this.on = undefined
    this.#seesKept = !found
    this.#unknown = isTold ? "nothing" : found && action !== "receive" ? "message" : "end"
  }

  /** Notes that its user knows that it has come to the end. */
  noteEndSeen(): void {
    this.#unknown = "nothing"
  }
}
