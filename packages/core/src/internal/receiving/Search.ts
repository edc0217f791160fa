/** Searches for messages by other things than their places, for which Message Queuing has no function. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { LookupAction, ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import type { CursorHandle } from "../../Mqrt.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { handOver } from "./handOver.ts"
import type { CursorOwner } from "./openCursor.ts"
import { openCursor } from "./openCursor.ts"

/** Test of a message, which has the fields of no group: see `leastRead`. */
export type Matches = (message: ReceivedProperties) => boolean

/** Test that every message passes. */
export const everyMessage: Matches = () => true

/**
 * Milliseconds of the first wait before the queue is searched anew, and of the longest. Each wait is twice as long as the one
 * before. A wait ends with each message that arrives, so that only a message that comes to a place before that of the cursor
 * during a search is found later (behaviours E-30, E-31).
 */
const firstWait = 1000
const longestWait = 32_000

/** Peek at the place of a cursor. */
interface Peek {
  readonly operation: Operation
  readonly action: "peekCurrent" | "peekNext"
  /** Time to wait in milliseconds. */
  readonly timeout: number
  readonly cursor: OwnedHandle.OwnedHandle<CursorHandle>
}

/** Reader of a queue, as far as a search uses it. */
export interface Searchable<Received> extends CursorOwner {
  /** Receives or peeks by lookup id. */
  lookUp(operation: Operation, action: LookupAction, lookupId: bigint): Effect.Effect<Received, MsmqError>
  /** Peeks by a cursor, and reads as little of the message as it can. `takes`: `true` where the peek is part of a receive. */
  peekAt(peek: Peek, takes: boolean): Effect.Effect<ReceivedProperties, MsmqError>
}

/** Search that runs. */
interface Run {
  readonly operation: Operation
  /** `true` where the message leaves the queue. */
  readonly takes: boolean
  /** Time at which it ends without a message, in milliseconds; `Infinity` for never, `-Infinity` for one without a wait. */
  readonly deadline: number
  /** Lookup ids of messages that match and that others hold in a transaction, since the last wait. */
  readonly locked: Set<bigint>
}

/** Result of a pass that found nothing at its last wait, and begins anew. */
const again: unique symbol = Symbol("again")

/** Search for the first message that matches. */
export class Search<Received> {
  readonly #reader: Searchable<Received>
  readonly #matches: Matches

  constructor(reader: Searchable<Received>, matches: Matches) {
    this.#reader = reader
    this.#matches = matches
  }

  /**
   * Finds the first message that matches, and receives it where `takes`. Fails with `IoTimeout` where there is none within `timeout`
   * milliseconds; `null` waits for ever.
   */
  find(operation: Operation, takes: boolean, timeout: number | null): Effect.Effect<Received, MsmqError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const deadline = timeout === null ? Infinity : timeout === 0 ? -Infinity : now + timeout
      return this.#search({ operation, takes, deadline, locked: new Set() }, firstWait)
    })
  }

  #search(run: Run, wait: number): Effect.Effect<Received, MsmqError> {
    return Effect.flatMap(this.#reader.retryIfLost(this.#pass(run, wait)), (lookupId) =>
      lookupId === again ? this.#search(run, Math.min(2 * wait, longestWait)) : this.#take(run, lookupId)
    )
  }

  /** Takes the message that was found. If another has taken it, or holds it, the search begins anew. */
  #take(run: Run, lookupId: bigint): Effect.Effect<Received, MsmqError> {
    const { locked, operation, takes } = run
    const take = this.#reader.lookUp(operation, takes ? "receiveCurrent" : "peekCurrent", lookupId)
    return Effect.catchIf(
      handOver(take),
      ({ reason }) => reason._tag === "MessageNotFound" || reason._tag === "MessageLockedUnderTransaction",
      ({ reason }) =>
        Effect.withFiber((fiber) => {
          // Nothing was taken, so that an abort ends the search again.
          fiber.getRef(CurrentAbortGate)?.open()
          if (reason._tag === "MessageLockedUnderTransaction") locked.add(lookupId)
          return this.#search(run, firstWait)
        })
    )
  }

  /** Searches from the beginning of the queue, waits at its end, and returns the lookup id of the message that matches. */
  #pass(run: Run, wait: number): Effect.Effect<bigint | typeof again, MsmqError> {
    return Effect.scoped(
      Effect.flatMap(openCursor(this.#reader, run.operation), (cursor) =>
        Effect.catchIf(
          this.#scan(run, wait, cursor),
          // A reopening of the queue closes its cursors.
          ({ reason }) =>
            reason._tag === "Released" && cursor.state !== "open" && this.#reader.state.handle.state === "open",
          () => Effect.succeed(again)
        )
      )
    )
  }

  #scan(
    { deadline, locked, operation, takes }: Run,
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
        if (this.#matches(message) && !locked.has(message.lookupId)) return message.lookupId
        action = "peekNext"
      }
    })
  }
}
