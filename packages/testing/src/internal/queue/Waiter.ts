import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { Packet } from "./Packet.ts"

/** Turn of a waiter: the lower number is served first. */
export interface Turn {
  readonly turn: number
}

/** A receive or a peek that waits for a message. */
export interface Waiter extends Turn {
  /** Offers a message that came. A receive locks it, so that no other waiter gets it. */
  readonly serve: (packet: Packet) => void
  /** Ends the wait with an error code. */
  readonly fail: (code: ErrorCodeName) => void
  /** Ends the wait as its process has ended: a message that came for it stays in the queue. */
  readonly abandon: () => void
}
