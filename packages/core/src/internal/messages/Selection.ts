/** Search for a message of a queue by something other than its place, which Message Queuing has no function for. */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import type { CursorHandle } from "../../Mqrt.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
import type { SelectionOperations } from "../telemetry/Operation.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { handOver } from "./handOver.ts"
import { openCursor } from "./openCursor.ts"
import type { Reader, ReceiverState } from "./Reader.ts"
import { optional, timeoutOf } from "./Reader.ts"

/** Test of a message, which has the fields of no group: see `leastRead`. */
export type Matches = (message: ReceivedProperties) => boolean

/**
 * Milliseconds of the first wait before the queue is searched anew, and of the longest. Each wait is twice as long as the one
 * before. A wait ends with each message that arrives, so that only a message that comes to a place before that of the cursor
 * during a search is found later (behaviours E-30, E-31).
 */
const firstWait = 1000
const longestWait = 32_000

/** Part of a reader that a search uses, whatever the type of the bodies is. */
type Searchable<Received> = Pick<
  Reader<unknown, Received>,
  "inOneGo" | "lookUp" | "noteFailure" | "peekAt" | "retryIfLost"
> & { readonly state: Omit<ReceiverState<unknown>, "codec"> }

/** Search that runs. */
interface Search {
  readonly operation: Operation
  /** `true` where the message leaves the queue. */
  readonly takes: boolean
  /** Time at which it ends without a message, in milliseconds; `Infinity` for never, `-Infinity` for one without a wait. */
  readonly deadline: number
  /** Lookup ids of messages that match and that others hold in a transaction, since the last wait. */
  readonly locked: Set<bigint>
}

/** Result of a search that found nothing at its last wait, and begins anew. */
const again: unique symbol = Symbol("again")

/**
 * Messages of a queue that match an id: see `byId` and `byCorrelationId` of a receiver. The functions are those of the
 * receiver, for these messages alone.
 *
 * Message Queuing finds messages by their places only. So each function peeks at the messages one after the other, without
 * their bodies, until one matches, and then receives it by its lookup id: the time grows with the number of messages before it.
 * If another receiver has received it meanwhile, the search goes on. Messages in transactions of others are not found until
 * they are back in the queue.
 *
 * @category models
 * @since 0.1.0
 */
export class Selection<Received> {
  readonly #reader: Searchable<Received>
  readonly #matches: Matches | MsmqError
  readonly #operations: SelectionOperations

  private constructor(reader: Searchable<Received>, matches: Matches | MsmqError, operations: SelectionOperations) {
    this.#reader = reader
    this.#matches = matches
    this.#operations = operations
  }

  /** @internal */
  static make<Received>(
    reader: Searchable<Received>,
    matches: Matches | MsmqError,
    operations: SelectionOperations
  ): Selection<Received> {
    return new Selection(reader, matches, operations)
  }

  /**
   * Receives the first message that matches, or waits for one.
   *
   * @since 0.1.0
   */
  get receive(): Effect.Effect<Received, MsmqError> {
    return this.#find(this.#operations.receive, true, null)
  }

  /**
   * Receives the first message that matches, or waits for one up to `duration`: `None` if none arrived. `duration` is at most 49
   * days; an infinite one waits for ever.
   *
   * @since 0.1.0
   */
  receiveWithin(duration: Duration.Input): Effect.Effect<Option.Option<Received>, MsmqError> {
    return this.#findWithin(this.#operations.receiveWithin, true, duration)
  }

  /**
   * Receives the first message that matches if there is one, without waiting.
   *
   * @since 0.1.0
   */
  get poll(): Effect.Effect<Option.Option<Received>, MsmqError> {
    return optional(this.#find(this.#operations.poll, true, 0), "IoTimeout")
  }

  /**
   * Peeks at the first message that matches, or waits for one. The message stays in the queue.
   *
   * @since 0.1.0
   */
  get peek(): Effect.Effect<Received, MsmqError> {
    return this.#find(this.#operations.peek, false, null)
  }

  /**
   * Peeks at the first message that matches, or waits for one up to `duration`: `None` if none arrived. `duration` is at most 49
   * days; an infinite one waits for ever.
   *
   * @since 0.1.0
   */
  peekWithin(duration: Duration.Input): Effect.Effect<Option.Option<Received>, MsmqError> {
    return this.#findWithin(this.#operations.peekWithin, false, duration)
  }

  /**
   * Peeks at the first message that matches if there is one, without waiting.
   *
   * @since 0.1.0
   */
  get pollPeek(): Effect.Effect<Option.Option<Received>, MsmqError> {
    return optional(this.#find(this.#operations.pollPeek, false, 0), "IoTimeout")
  }

  #findWithin(
    operation: Operation,
    takes: boolean,
    duration: Duration.Input
  ): Effect.Effect<Option.Option<Received>, MsmqError> {
    const timeout = timeoutOf({ operation, queue: this.#reader.state.queue }, duration)
    return timeout instanceof MsmqError
      ? Effect.fail(timeout)
      : optional(this.#find(operation, takes, timeout), "IoTimeout")
  }

  /** Finds the first message that matches. Fails with `IoTimeout` where there is none within `timeout` milliseconds. */
  #find(operation: Operation, takes: boolean, timeout: number | null): Effect.Effect<Received, MsmqError> {
    const matches = this.#matches
    if (matches instanceof MsmqError) return Effect.fail(matches)
    const found = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const deadline = timeout === null ? Infinity : timeout === 0 ? -Infinity : now + timeout
      return this.#search({ operation, takes, deadline, locked: new Set() }, matches, firstWait)
    })
    return this.#reader.inOneGo(operation, () => found)
  }

  #search(search: Search, matches: Matches, wait: number): Effect.Effect<Received, MsmqError> {
    return Effect.flatMap(this.#reader.retryIfLost(this.#pass(search, matches, wait)), (lookupId) =>
      lookupId === again
        ? this.#search(search, matches, Math.min(2 * wait, longestWait))
        : this.#take(search, matches, lookupId)
    )
  }

  /** Takes the message that was found. If another has taken it, or holds it, the search begins anew. */
  #take(search: Search, matches: Matches, lookupId: bigint): Effect.Effect<Received, MsmqError> {
    const { locked, operation, takes } = search
    const take = this.#reader.lookUp(operation, takes ? "receiveCurrent" : "peekCurrent", lookupId)
    return Effect.catchIf(
      handOver(take),
      ({ reason }) => reason._tag === "MessageNotFound" || reason._tag === "MessageLockedUnderTransaction",
      ({ reason }) =>
        Effect.withFiber((fiber) => {
          // Nothing was taken, so that an abort ends the search again.
          fiber.getRef(CurrentAbortGate)?.open()
          if (reason._tag === "MessageLockedUnderTransaction") locked.add(lookupId)
          return this.#search(search, matches, firstWait)
        })
    )
  }

  /** Searches from the beginning of the queue, waits at its end, and returns the lookup id of the message that matches. */
  #pass(search: Search, matches: Matches, wait: number): Effect.Effect<bigint | typeof again, MsmqError> {
    return Effect.scoped(
      Effect.flatMap(openCursor(this.#reader, search.operation), (cursor) =>
        Effect.catchIf(
          this.#scan(search, matches, wait, cursor),
          // A reopening of the queue closes its cursors.
          ({ reason }) =>
            reason._tag === "Released" && cursor.state !== "open" && this.#reader.state.handle.state === "open",
          () => Effect.succeed(again)
        )
      )
    )
  }

  #scan(
    { deadline, locked, operation, takes }: Search,
    matches: Matches,
    wait: number,
    cursor: OwnedHandle.OwnedHandle<CursorHandle>
  ): Effect.Effect<bigint | typeof again, MsmqError> {
    const peek = (action: "peekCurrent" | "peekNext", timeout: number) =>
      this.#reader.peekAt({ operation, action, timeout, cursor }, takes)
    const onTimeout = <A>(peek: Effect.Effect<ReceivedProperties, MsmqError>, otherwise: (error: MsmqError) => A) =>
      Effect.catchIf(
        peek as Effect.Effect<ReceivedProperties | A, MsmqError>,
        ({ reason }) => reason._tag === "IoTimeout",
        (error) => Effect.succeed(otherwise(error))
      )
    return Effect.gen({ self: this }, function* () {
      let action: "peekCurrent" | "peekNext" = "peekCurrent"
      while (true) {
        let message = yield* onTimeout(peek(action, 0), (error) => error)
        if (message instanceof MsmqError) {
          const now = yield* Clock.currentTimeMillis
          if (now >= deadline) return yield* message
          // A wait may find any message that arrives, also one that was locked until now.
          message = yield* onTimeout(peek("peekCurrent", Math.min(wait, Math.ceil(deadline - now))), (error) => error)
          locked.clear()
          if (message instanceof MsmqError) return again
        }
        if (matches(message) && !locked.has(message.lookupId)) return message.lookupId
        action = "peekNext"
      }
    })
  }
}
