/** Samples of the queues of a machine, one after the other. */
import { MessageQueue, type MsmqError, QueueManager } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Clock, Effect, Exit, Option, Scope, Stream } from "effect"

/** Most samples of a queue that are kept for its trend. */
const mostSamples = 20

/** Queue as it was in a sample. */
export interface WatchedQueue {
  readonly name: string
  readonly messages: number
  readonly bytes: number
  readonly journal: number
  /** Messages a second by which the queue has grown since the sample before; negative where it has shrunk, `null` at first. */
  readonly change: number | null
  /** Milliseconds since the first message arrived; `null` where there is none, or it may not be peeked at. */
  readonly age: number | null
  /** Numbers of messages in the last samples, the oldest first. */
  readonly trend: ReadonlyArray<number>
  readonly state: string
}

/** Sample of the chosen queues. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly queues: ReadonlyArray<WatchedQueue>
}

/** Most queues that are asked for at once. */
const concurrency = 4

interface Known {
  readonly time: number
  readonly messages: number
  readonly trend: ReadonlyArray<number>
}

/** Groups of properties that the age of a message does not need. */
const few = { body: false, extension: false, queues: false, security: false } as const

/** Sampler of queues. It keeps a queue open to peek at its first message while the queue has messages. */
export class Sampler {
  readonly #filter: string
  readonly #scope: Scope.Scope
  readonly #known = new Map<string, Known>()
  readonly #peeks = new Map<
    string,
    { readonly age: Effect.Effect<Date | undefined, MsmqError.MsmqError>; readonly close: Effect.Effect<void> }
  >()

  /** `filter`: part of the names of the queues, in any letter case. `scope`: closes the queues that are open. */
  constructor(filter: string, scope: Scope.Scope) {
    this.#filter = filter.toLowerCase()
    this.#scope = scope
  }

  /** Effect that takes a sample. */
  get sample(): Effect.Effect<Sample, MsmqError.MsmqError, Mqrt> {
    return Effect.gen({ self: this }, function* () {
      const listed = yield* QueueManager.queues({ kind: "private" }).pipe(
        Stream.filter(({ name }) => name.toLowerCase().includes(this.#filter)),
        Stream.runCollect
      )
      const time = yield* Clock.currentTimeMillis
      const queues = yield* Effect.forEach(listed, (queue) => this.#watched(queue, time), { concurrency })
      const names = new Set(listed.map(({ name }) => name))
      for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name)
      return { time, queues }
    })
  }

  #watched(queue: QueueManager.ListedQueue, time: number): Effect.Effect<WatchedQueue, never, Mqrt> {
    const { bytesInQueue: bytes, journalMessageCount: journal, messageCount: messages, name, state } = queue
    const before = this.#known.get(name)
    const trend = [...(before?.trend ?? []), messages].slice(-mostSamples)
    this.#known.set(name, { time, messages, trend })
    const seconds = before === undefined ? 0 : (time - before.time) / 1000
    const change = before === undefined || seconds === 0 ? null : (messages - before.messages) / seconds
    return Effect.map(this.#ageOf(queue, time), (age) => ({
      name,
      messages,
      bytes,
      journal,
      change,
      age,
      trend,
      state
    }))
  }

  /** Returns the age of the first message. A queue that may not be peeked at has none. */
  #ageOf(
    { formatName, messageCount, name }: QueueManager.ListedQueue,
    time: number
  ): Effect.Effect<number | null, never, Mqrt> {
    if (messageCount === 0) return Effect.as(this.#close(name), null)
    return Effect.flatMap(this.#peekOf(name, formatName), ({ age }) => age).pipe(
      Effect.map((arrived) => (arrived === undefined ? null : Math.max(time - arrived.getTime(), 0))),
      Effect.catchTag("MsmqError", () => Effect.as(this.#close(name), null))
    )
  }

  #peekOf(name: string, formatName: string) {
    const known = this.#peeks.get(name)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.gen({ self: this }, function* () {
      const scope = yield* Scope.fork(this.#scope)
      const receiver = yield* MessageQueue.openReceiver(formatName, { access: "peek", read: few }).pipe(
        Scope.provide(scope),
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      const peek = {
        age: Effect.map(receiver.pollPeek, (first) => Option.getOrUndefined(first)?.arrivedTime),
        close: Scope.close(scope, Exit.void)
      }
      this.#peeks.set(name, peek)
      return peek
    })
  }

  #close(name: string): Effect.Effect<void> {
    const peek = this.#peeks.get(name)
    this.#peeks.delete(name)
    return peek?.close ?? Effect.void
  }
}
