import type { ReceivedProperties } from "@effect-msmq/core/MessageProperties"
import type { Access } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { CallElsewhere } from "./CallElsewhere.ts"
import { KeptMessages } from "./KeptMessages.ts"
import type { Outcome } from "./Outcome.ts"
import { Pace } from "./Pace.ts"
import { ThisComputer } from "./ThisComputer.ts"
import { WaitingReceives } from "./WaitingReceives.ts"

const lossOf = (queue: string, { label, lookupId, messageId }: ReceivedProperties): string =>
  `A message is lost: ${messageId} (lookup id ${lookupId}, label ${JSON.stringify(label)}) of the queue ${queue}. A ` +
  `receive was interrupted while its call took the message off the main thread, nobody received from the queue after ` +
  `that, and its last receiver in this process is closed. A message cannot be put back into its queue. Receive in a ` +
  `transaction, whose abort brings the message back, use receiveWithin instead of a timeout around a receive, or poll ` +
  `until nothing is found before the receiver is closed.`

/** The paces of the calls on a queue, each of one function. */
export class Paces {
  /** The pace of receives and peeks. */
  readonly receive: Pace
  /** The pace of receives and peeks by lookup id. */
  readonly lookup: Pace

  constructor(expectsSlow: boolean) {
    this.receive = new Pace(expectsSlow)
    this.lookup = new Pace(expectsSlow)
  }
}

/** A queue that this thread of JavaScript reads, through however many handles, names and layers. */
export class SharedQueue {
  readonly key: string
  /** The paces of the handles whose names tell that the queue is on this computer. */
  readonly #local = new Paces(false)
  /** The paces of the others, which may reach it another way. */
  readonly #elsewhere = new Paces(true)
  readonly waiting = new WaitingReceives<Outcome>()
  readonly kept = new KeptMessages()
  /** The number of handles that are open. */
  handles = 0
  readonly #leaving = new Set<CallElsewhere>()

  constructor(key: string) {
    this.key = key
  }

  /** Returns the paces of a handle, which those of its kind share: a queue that proves slow does so for all of them. */
  paces(isLocal: boolean): Paces {
    return isLocal ? this.#local : this.#elsewhere
  }

  /** `true` while a call runs whose message, if it takes one, is kept: it stands before those that others would find. */
  get isKeeping(): boolean {
    return this.#leaving.size > 0
  }

  /** Waits for the end of these calls. */
  get hasKept(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach([...this.#leaving], (call) => call.hasEnded, { discard: true }))
  }

  /** Leaves a call that takes a message. */
  leave(call: CallElsewhere): void {
    if (call.isRunning) this.#leaving.add(call)
    call.abandon()
  }

  /** Takes note of the end of a call. */
  ended(call: CallElsewhere): void {
    this.#leaving.delete(call)
  }

  /** Gives up the messages that are kept, since no handle is open that they could be received through, and says so. */
  get loseKept(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const lost = this.kept.all
      this.kept.clear()
      return Effect.forEach(lost, ({ properties }) => Effect.logError(lossOf(this.key, properties)), { discard: true })
    })
  }
}

/** The queues that are open for reading, and what is known of their names. */
export class SharedQueues {
  readonly computer = new ThisComputer()
  readonly #queues = new Map<string, SharedQueue>()

  /** Returns the queue that a handle was opened for, and the paces of the handle. */
  opened(formatName: string, access: Access): { readonly queue: SharedQueue; readonly paces: Paces } {
    const { isLocal, key } = this.computer.identify(formatName, access === "receiveAdmin" || access === "peekAdmin")
    const queue = this.#queues.get(key) ?? new SharedQueue(key)
    this.#queues.set(key, queue)
    queue.handles++
    return { queue, paces: queue.paces(isLocal) }
  }

  /** Takes note that a handle of a queue is closed. The last one takes the queue along. */
  closed(queue: SharedQueue): void {
    queue.handles--
    if (queue.handles === 0 && this.#queues.get(queue.key) === queue) this.#queues.delete(queue.key)
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
