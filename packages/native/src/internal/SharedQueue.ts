import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { Access } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { CallElsewhere } from "./CallElsewhere.ts"
import { KeptMessages } from "./KeptMessages.ts"
import type { Outcome } from "./Outcome.ts"
import { ReceivePaces, RecentPaces } from "./QueuePaces.ts"
import { comparable, ThisComputer } from "./ThisComputer.ts"
import { WaitingReceives } from "./WaitingReceives.ts"

const lossOf = (queue: string, { label, lookupId, messageId }: ReceivedProperties): string =>
  `A message is lost: ${messageId} (lookup id ${lookupId}, label ${JSON.stringify(label)}) of the queue ${queue}. A ` +
  `receive was interrupted while its call took the message off the main thread, nobody received from the queue after ` +
  `that, and its last receiver in this process is closed. A message cannot be put back into its queue. Receive in a ` +
  `transaction, whose abort brings the message back, use receiveWithin instead of a timeout around a receive, or poll ` +
  `until nothing is found before the receiver is closed.`

/** A queue that this thread of JavaScript reads, through however many handles, names and layers. */
export class SharedQueue {
  readonly key: string
  /** Paces of the handles whose names tell that the queue is on this computer. */
  readonly local: ReceivePaces
  /** Paces of the other handles, which may reach it another way. */
  readonly elsewhere = new ReceivePaces(true)
  /** All names that it was opened by, as they compare with others. */
  readonly names = new Set<string>()
  readonly waiting = new WaitingReceives<Outcome>()
  readonly kept = new KeptMessages()
  /** The number of its handles that are open, and of kept messages that an open transaction has and may bring back. */
  users = 0
  readonly #leaving = new Set<CallElsewhere>()

  /** `before`: local paces of the queue when it was open before. */
  constructor(key: string, before?: ReceivePaces) {
    this.key = key
    this.local = new ReceivePaces(false, before)
  }

  /** `true` while a call runs whose message, if it takes one, is kept: it stands before those that others would find. */
  get isKeeping(): boolean {
    return this.#leaving.size > 0
  }

  /** Waits for the end of these calls. */
  get awaitKept(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach([...this.#leaving], (call) => call.hasEnded, { discard: true }))
  }

  /** Leaves a call that takes a message. */
  leave(call: CallElsewhere): void {
    if (call.isRunning) this.#leaving.add(call)
    call.abandon()
  }

  /** Takes note of the end of a call. */
  removeCall(call: CallElsewhere): void {
    this.#leaving.delete(call)
  }

  /** Gives up the messages that are kept, since no handle is open that they could be received through, and says so. */
  get reportLost(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const lost = this.kept.all
      this.kept.clear()
      return Effect.forEach(lost, (message) => Effect.logError(lossOf(this.key, message)), { discard: true })
    })
  }
}

/** The queues that are open for reading, and what is known of their names. */
export class SharedQueues {
  readonly computer = new ThisComputer()
  readonly #queues = new Map<string, SharedQueue>()
  /** Local paces of the queues, by key. */
  readonly #paces = new RecentPaces<ReceivePaces>()

  /** Returns the queue that a handle was opened for, and the paces of the handle. */
  open(formatName: string, access: Access): { readonly queue: SharedQueue; readonly paces: ReceivePaces } {
    const isOutgoing = access === "receiveAdmin" || access === "peekAdmin"
    const { isLocal, key } = this.computer.identify(formatName, isOutgoing)
    const name = isOutgoing ? key : comparable(formatName)
    // The name first: more may have become known of it since it was opened by it.
    const queue = this.#queues.get(name) ?? this.#queues.get(key) ?? new SharedQueue(key, this.#paces.get(key))
    this.#paces.set(key, queue.local)
    for (const known of [name, key]) {
      if (this.#queues.has(known)) continue
      this.#queues.set(known, queue)
      queue.names.add(known)
    }
    queue.users++
    return { queue, paces: isLocal ? queue.local : queue.elsewhere }
  }

  /** Takes note that a queue has one user less. The last one takes it along, with what is kept of it. */
  release(queue: SharedQueue): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (--queue.users > 0) return Effect.void
      for (const name of queue.names) this.#queues.delete(name)
      return queue.reportLost
    })
  }

  /** Takes note that a queue is deleted, and its messages with it, those in its journal and its subqueues too. */
  forgetMessages(formatName: string): void {
    const { key } = this.computer.identify(formatName, false)
    for (const queue of this.#queues.values()) {
      if (queue.kept.isEmpty) continue
      if (queue.key === key || queue.key.startsWith(`${key};`)) queue.kept.clear()
    }
  }
}

/** Queues of all layers over the same files, by these. */
const byFiles = new Map<string, SharedQueues>()

/** Returns the queues of all layers over a library and the file of the functions for waiting. */
export const sharedQueues = (library: string, portFile: string): SharedQueues => {
  const files = JSON.stringify([library, portFile])
  const known = byFiles.get(files) ?? new SharedQueues()
  byFiles.set(files, known)
  return known
}
