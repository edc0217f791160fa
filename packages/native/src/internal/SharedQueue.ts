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

/** Queue that this thread of JavaScript reads, through any number of handles, names and layers. */
export class SharedQueue {
  readonly key: string
  /** Paces of the handles whose names tell that the queue is on this computer. */
  readonly local: ReceivePaces
  /** Paces of the other handles, which may reach it another way. */
  readonly elsewhere = new ReceivePaces(true)
  /** Names that it was opened by, in the form in which they are compared. */
  readonly names = new Set<string>()
  readonly waiting = new WaitingReceives<Outcome>()
  readonly kept = new KeptMessages()
  /** Number of its open handles, and of its kept messages that were handed out in open transactions. */
  users = 0
  readonly #leaving = new Set<CallElsewhere>()

  /** `before`: local paces of the queue when it was open before. */
  constructor(key: string, before?: ReceivePaces) {
    this.key = key
    this.local = new ReceivePaces(false, before)
  }

  /**
   * `true` while a call runs whose message, if it takes one, is kept: it stands before the messages that others would
   * find.
   */
  get isKeeping(): boolean {
    return this.#leaving.size > 0
  }

  /** Waits for the calls whose messages are kept. */
  get awaitKept(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach([...this.#leaving], (call) => call.hasEnded, { discard: true }))
  }

  /** Leaves a call that takes a message, which is then kept. */
  leave(call: CallElsewhere): void {
    if (call.isRunning) this.#leaving.add(call)
    call.abandon()
  }

  /** Removes a call that has ended. */
  removeCall(call: CallElsewhere): void {
    this.#leaving.delete(call)
  }

  /** Drops the kept messages, since no handle is open that they could be received through, and logs each. */
  get reportLost(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const lost = this.kept.all
      this.kept.clear()
      return Effect.forEach(lost, (message) => Effect.logError(lossOf(this.key, message)), { discard: true })
    })
  }
}

/** Queues that are open for reading, by all their names. */
export class SharedQueues {
  readonly computer = new ThisComputer()
  readonly #queues = new Map<string, SharedQueue>()
  /** Local paces of the queues, by key. */
  readonly #paces = new RecentPaces<ReceivePaces>()

  /** Returns the queue that a handle is opened for, and the paces of the handle. */
  open(formatName: string, access: Access): { readonly queue: SharedQueue; readonly paces: ReceivePaces } {
    const isOutgoing = access === "receiveAdmin" || access === "peekAdmin"
    const { isLocal, key } = this.computer.identify(formatName, isOutgoing)
    const name = isOutgoing ? key : comparable(formatName)
    // The name first: its key may have become another one since the queue was opened by it.
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

  /** Removes one user of a queue. With the last one the queue and its kept messages go. */
  release(queue: SharedQueue): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (--queue.users > 0) return Effect.void
      for (const name of queue.names) this.#queues.delete(name)
      return queue.reportLost
    })
  }

  /** Drops the kept messages of a queue that is deleted, those of its journal and its subqueues too. */
  forgetMessages(formatName: string): void {
    const { key } = this.computer.identify(formatName, false)
    for (const queue of this.#queues.values()) {
      if (queue.kept.isEmpty) continue
      if (queue.key === key || queue.key.startsWith(`${key};`)) queue.kept.clear()
    }
  }
}

/** Queues of all layers, by the files of their functions. */
const byFiles = new Map<string, SharedQueues>()

/** Returns the queues of all layers over a library and the file of the completion port's functions. */
export const sharedQueues = (library: string, portFile: string): SharedQueues => {
  const files = JSON.stringify([library, portFile])
  const known = byFiles.get(files) ?? new SharedQueues()
  byFiles.set(files, known)
  return known
}
