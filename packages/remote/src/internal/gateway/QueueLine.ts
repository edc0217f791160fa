import { errors } from "@effect-msmq/core/ErrorCode"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { MqrtFailure, type QueueHandle } from "@effect-msmq/core/Mqrt"
import type { ReadProperties, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { leastRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { type Held, HoldingSubqueue, inTransaction, isTaken, type Kind, kindOf, type Take } from "./Holding.ts"

/** Receive that waits in a line. */
interface Waiter {
  readonly handle: QueueHandle
  readonly read: ReadProperties
  /** `true` where it does not wait for a message that is not there. */
  readonly isPoll: boolean
  /** Way to take the message; `undefined`: as the line holds messages. */
  readonly take: Take | undefined
  /** Way to hold a message that the line keeps; `undefined`: it takes none of those. */
  readonly keep: ((message: ReceivedProperties) => Held) | undefined
  readonly held: Deferred.Deferred<Held, MqrtFailure>
  /** Returns `true` while its client has too many answers to read, so that others get the messages. */
  readonly isBlocked: () => boolean
}

/** Milliseconds until a line looks again whether clients have read their answers, where all have too many. */
const look = 20

const failureOf = (code: number): MqrtFailure => new MqrtFailure({ function: "MQReceiveMessage", code, properties: [] })

const noMessage = failureOf(errors.MQ_ERROR_IO_TIMEOUT)
const cancelled = failureOf(errors.MQ_ERROR_OPERATION_CANCELLED)

/**
 * Line of the receives of all clients that wait at one queue. It waits for messages in one place, with one peek, however many
 * clients wait, and gives each message to the first receive, which holds it.
 */
export class QueueLine {
  readonly #mqrt: Mqrt["Service"]
  readonly #scope: Scope.Scope
  readonly #formatName: string
  readonly #subqueue: string
  readonly #waiters = new Set<Waiter>()
  /** Messages that were taken out of a queue which can hold none, and that their clients did not get. */
  #kept: ReadonlyArray<ReceivedProperties> = []
  #kind: Kind | undefined
  #holding: HoldingSubqueue | undefined
  #isServing = false
  #changed = Deferred.makeUnsafe<void>()
  /** Number of handles that are open to it. */
  handles = 0

  constructor(mqrt: Mqrt["Service"], scope: Scope.Scope, formatName: string, subqueue: string) {
    this.#mqrt = mqrt
    this.#scope = scope
    this.#formatName = formatName
    this.#subqueue = subqueue
  }

  /** `true` where the line has a message that must not be forgotten. */
  get keeps(): boolean {
    return this.#kept.length > 0
  }

  /** Reads whether messages of the queue are held in a transaction. */
  get isTransactional(): Effect.Effect<boolean> {
    return Effect.map(this.#kindOf, ({ kind }) => kind === "transaction")
  }

  /** Holds a message of a known lookup id. */
  readonly take: Take = (handle, lookupId, read) =>
    Effect.flatMap(this.#kindOf, (kind) => {
      const receive = (transaction: Parameters<Mqrt["Service"]["receiveMessageByLookupId"]>[3]["transaction"]) =>
        this.#mqrt.receiveMessageByLookupId(handle, lookupId, "receiveCurrent", { transaction, read })
      switch (kind.kind) {
        case "transaction":
          return inTransaction(this.#mqrt)(receive)
        case "subqueue":
          this.#holding ??= new HoldingSubqueue(this.#mqrt, kind.direct, this.#subqueue)
          return this.#holding.take(handle, lookupId, read)
        case "memory":
          return Effect.map(receive("none"), (message) => this.keeping(message))
      }
    })

  /** Holds a message at the place of a cursor, on which the caller has peeked. */
  takeAtCursor(
    receive: (
      transaction: Parameters<Mqrt["Service"]["receiveMessage"]>[1]["transaction"]
    ) => Effect.Effect<ReceivedProperties, MqrtFailure>
  ): Effect.Effect<Held, MqrtFailure> {
    return Effect.flatMap(this.#kindOf, ({ kind }) =>
      kind === "transaction"
        ? inTransaction(this.#mqrt)(receive)
        : Effect.map(receive("none"), (message) => this.keeping(message))
    )
  }

  /** Takes a message of a known lookup id out of its queue at once. */
  readonly outright: Take = (handle, lookupId, read) =>
    Effect.map(
      this.#mqrt.receiveMessageByLookupId(handle, lookupId, "receiveCurrent", { transaction: "none", read }),
      (message) => this.losing(message)
    )

  /** Holds a message that is out of its queue already, and that is lost where the connection ends before the client has it. */
  losing(message: ReceivedProperties): Held {
    return { ...this.keeping(message), cut: Effect.void }
  }

  /** Holds a message that is out of its queue already. */
  keeping(message: ReceivedProperties): Held {
    return {
      message,
      complete: Effect.void,
      abandon: Effect.sync(() => {
        this.#kept = [...this.#kept, message]
        this.#note()
        this.#serve()
      })
    }
  }

  /**
   * Waits for a message, and holds it. `timeout`: milliseconds; `null`: for ever. `take`: way to take the message, for one that is
   * received in a transaction of the client or outright. `keep`: way to hold one that the line keeps. `isBlocked`: `true` while the
   * client cannot be given a message. Fails as a receive that finds nothing.
   */
  receive(
    handle: QueueHandle,
    read: ReadProperties,
    timeout: number | null,
    take: Take | undefined,
    keep: Waiter["keep"],
    isBlocked: () => boolean
  ): Effect.Effect<Held, MqrtFailure> {
    return Effect.suspend(() => {
      const waiter: Waiter = { handle, read, take, keep, isPoll: timeout === 0, held: Deferred.makeUnsafe(), isBlocked }
      this.#waiters.add(waiter)
      this.#note()
      this.#serve()
      const held = Deferred.await(waiter.held)
      const waited =
        timeout === null || timeout === 0
          ? held
          : Effect.timeoutOrElse(held, {
              duration: timeout,
              // The message may have come at the same moment.
              orElse: () => (this.#leave(waiter) ? Effect.fail(noMessage) : held)
            })
      return Effect.onInterrupt(waited, () =>
        Effect.suspend(() =>
          this.#leave(waiter) ? Effect.void : Effect.ignore(Effect.flatMap(held, ({ abandon }) => abandon))
        )
      )
    })
  }

  /** Cancels the receives that wait through a handle which is closed. */
  closeHandle(handle: QueueHandle): void {
    for (const waiter of this.#waiters) if (waiter.handle === handle) this.#fail(waiter, cancelled)
    this.#note()
  }

  /** Closes the handles by which it holds messages. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const holding = this.#holding
      this.#holding = undefined
      this.#kind = undefined
      return holding === undefined ? Effect.void : holding.close
    })
  }

  get #kindOf(): Effect.Effect<Kind> {
    return Effect.suspend(() =>
      this.#kind !== undefined
        ? Effect.succeed(this.#kind)
        : Effect.map(kindOf(this.#mqrt, this.#formatName), (kind) => (this.#kind = kind))
    )
  }

  #leave(waiter: Waiter): boolean {
    const waited = this.#waiters.delete(waiter)
    if (waited) this.#note()
    return waited
  }

  #fail(waiter: Waiter, failure: MqrtFailure): void {
    if (this.#waiters.delete(waiter)) Deferred.doneUnsafe(waiter.held, Exit.fail(failure))
  }

  #note(): void {
    const changed = this.#changed
    this.#changed = Deferred.makeUnsafe()
    Deferred.doneUnsafe(changed, Exit.void)
  }

  /** Begins to serve, where nobody does. */
  #serve(): void {
    if (this.#isServing) return
    this.#isServing = true
    const serving = Effect.whileLoop({
      while: () => this.#waiters.size > 0 || (this.#isServing = false),
      body: () => this.#round,
      step: () => {}
    })
    Effect.runFork(Effect.forkIn(serving, this.#scope))
  }

  /** Gives one message to a receive, or waits until there may be another. */
  get #round(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const changed = Deferred.await(this.#changed)
      const ready = [...this.#waiters].filter(({ isBlocked }) => !isBlocked())
      const [first] = ready
      if (first === undefined) return Effect.raceFirst(changed, Effect.sleep(look))
      const [kept, ...rest] = this.#kept
      if (kept !== undefined) {
        for (const waiter of ready) {
          if (waiter.keep === undefined) continue
          this.#kept = rest
          return this.#give(waiter, waiter.keep(kept))
        }
      }
      return Effect.matchEffect(this.#peek(first.handle, 0), {
        onSuccess: ({ lookupId }) => this.#taken(first, lookupId),
        onFailure: (failure) => {
          if (!isTaken(failure)) return Effect.sync(() => this.#fail(first, failure))
          for (const waiter of this.#waiters) if (waiter.isPoll) this.#fail(waiter, noMessage)
          const [waiting] = this.#waiters
          if (waiting === undefined) return Effect.void
          const arrival = Effect.match(this.#peek(waiting.handle, null), {
            onFailure: (failure) => this.#fail(waiting, failure),
            onSuccess: () => {}
          })
          return Effect.raceFirst(arrival, changed)
        }
      })
    })
  }

  #taken(waiter: Waiter, lookupId: bigint): Effect.Effect<void> {
    return Effect.matchEffect((waiter.take ?? this.take)(waiter.handle, lookupId, waiter.read), {
      onSuccess: (held) => this.#give(waiter, held),
      // Somebody beside the gateway has it: the next round finds another.
      onFailure: (failure) => Effect.sync(() => (isTaken(failure) ? undefined : this.#fail(waiter, failure)))
    }).pipe(Effect.uninterruptible)
  }

  #give(waiter: Waiter, held: Held): Effect.Effect<void> {
    if (!this.#waiters.delete(waiter)) return held.abandon
    Deferred.doneUnsafe(waiter.held, Exit.succeed(held))
    return Effect.void
  }

  #peek(handle: QueueHandle, timeout: number | null): Effect.Effect<ReceivedProperties, MqrtFailure> {
    return this.#mqrt.receiveMessage(handle, {
      action: "peekCurrent",
      timeout,
      cursor: null,
      transaction: "none",
      read: leastRead
    })
  }
}

/** Lines of all queues that are open to be received from, by the format names that they were opened by. */
export class QueueLines {
  readonly #mqrt: Mqrt["Service"]
  readonly #scope: Scope.Scope
  readonly #subqueue: string
  readonly #lines = new Map<string, QueueLine>()

  /** `subqueue`: name of the gateway's subqueues. */
  constructor(mqrt: Mqrt["Service"], scope: Scope.Scope, subqueue: string) {
    this.#mqrt = mqrt
    this.#scope = scope
    this.#subqueue = subqueue
  }

  /** Returns the line of a queue. */
  of(formatName: string): QueueLine {
    const key = formatName.toLowerCase()
    const line = this.#lines.get(key) ?? new QueueLine(this.#mqrt, this.#scope, formatName, this.#subqueue)
    this.#lines.set(key, line)
    return line
  }

  /** Notes that a handle is open to a queue. */
  open(formatName: string): void {
    this.of(formatName).handles++
  }

  /** Notes that a handle is closed. The line of a queue without handles is closed. */
  close(formatName: string, handle: QueueHandle): Effect.Effect<void> {
    return Effect.suspend(() => {
      const line = this.of(formatName)
      line.closeHandle(handle)
      if (--line.handles > 0) return Effect.void
      if (!line.keeps) this.#lines.delete(formatName.toLowerCase())
      return line.close
    })
  }
}

/** Moves what an earlier gateway of this name held back into the private queues of this computer. Returns the number of messages. */
export const sweep = (mqrt: Mqrt["Service"], subqueue: string): Effect.Effect<number> =>
  Effect.gen(function* () {
    const { privateQueues } = yield* mqrt.getQueueManagerInfo(null)
    let count = 0
    for (const pathName of privateQueues) {
      const direct = `DIRECT=OS:${pathName}`
      const swept = Effect.gen(function* () {
        const { subqueues } = yield* mqrt.getQueueInfo(null, direct)
        if (!subqueues.some((name) => name.toLowerCase() === subqueue.toLowerCase())) return 0
        const holding = new HoldingSubqueue(mqrt, direct, subqueue)
        return yield* Effect.ensuring(holding.sweep, holding.close)
      })
      count += yield* Effect.orElseSucceed(swept, () => 0)
    }
    return count
  }).pipe(Effect.orElseSucceed(() => 0))
