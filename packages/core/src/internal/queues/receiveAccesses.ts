import type { Access } from "../../Mqrt.ts"

/** Access of a receiver, as the seam names it. */
interface SeamAccess {
  /** Word of the seam for it. */
  readonly access: Access
  /** `true` for the messages that wait here for another machine's queue. */
  readonly isOutgoing: boolean
  /** `true` where messages can be received, and not only peeked at. */
  readonly receives: boolean
}

/** Accesses that a receiver can have, by the names of the option. */
export const receiveAccesses = {
  receive: { access: "receive", isOutgoing: false, receives: true },
  peek: { access: "peek", isOutgoing: false, receives: false },
  receiveAndAdmin: { access: "receiveAdmin", isOutgoing: true, receives: true },
  peekAndAdmin: { access: "peekAdmin", isOutgoing: true, receives: false }
} as const satisfies Readonly<Record<string, SeamAccess>>

/**
 * Access that a receiver opens its queue for: see `access` of `MessageQueue.OpenReceiverOptions`.
 *
 * @category models
 * @since 0.1.0
 */
export type ReceiveAccess = keyof typeof receiveAccesses
