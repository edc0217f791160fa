/**
 * Cursors: a place in a queue, to look at its messages one after the other and to take some of them.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import type { Reader } from "./internal/messages/Reader.ts"
import { optional, timeoutOf } from "./internal/messages/Reader.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { CursorHandle } from "./Mqrt.ts"
import { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/operations.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"

type Found<Body> = Effect.Effect<Option.Option<ReceivedMessage<Body>>, MsmqError>

/**
 * Place in a queue, which belongs to the scope that made it: see `cursor` of `Receiver`. It moves forward only: what
 * comes in before its place it never sees (behaviour E-31).
 *
 * Several fibers may use one cursor: it does one thing at a time (E-34).
 *
 * @category models
 * @since 0.1.0
 */
export class Cursor<Body = Uint8Array> extends Described {
  readonly #reader: Reader<Body>
  readonly #handle: OwnedHandle.OwnedHandle<CursorHandle>
  readonly #turn = Semaphore.makeUnsafe(1)
  /** `true` where it stands on a message: the next one is behind that, and otherwise at its place (E-24, E-28). */
  #onMessage = false

  private constructor(reader: Reader<Body>, handle: OwnedHandle.OwnedHandle<CursorHandle>) {
    super()
    this.#reader = reader
    this.#handle = handle
  }

  /** @internal */
  static make<Body>(reader: Reader<Body>, handle: OwnedHandle.OwnedHandle<CursorHandle>): Cursor<Body> {
    return new Cursor(reader, handle)
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<CursorHandle> {
    return this.#handle
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "Cursor", queue: this.#reader.state.queue, state: stateOf(this.#handle) }
  }

  /**
   * Goes to the next message and looks at it; at first to the first one. `None` at the end, where it may be called again:
   * what has come in since is next. `MQ_ACTION_PEEK_NEXT`, or `MQ_ACTION_PEEK_CURRENT` where that would be illegal.
   *
   * @since 0.1.0
   */
  get next(): Found<Body> {
    return this.#next(operations.Cursor.next, 0)
  }

  /**
   * Goes to the next message as {@link next} does, and at the end waits so long for one to come, wherever that is in the
   * queue's order (behaviour E-30). An infinite duration waits for ever.
   *
   * @since 0.1.0
   */
  nextWithin(duration: Duration.Input): Found<Body> {
    const operation = operations.Cursor.nextWithin
    const timeout = timeoutOf({ operation, queue: this.#reader.state.queue }, duration)
    return timeout instanceof MsmqError ? Effect.fail(timeout) : this.#next(operation, timeout)
  }

  /**
   * Looks again at the message that it stands on; `None` if it stands on none, or another has taken that one meanwhile.
   *
   * @since 0.1.0
   */
  get current(): Found<Body> {
    const operation = operations.Cursor.current
    return this.#inTurn(operation, () =>
      this.#onMessage
        ? this.#there(this.#reader.take({ operation, action: "peekCurrent", timeout: 0, cursor: this.#handle }))
        : Effect.succeedNone
    )
  }

  /**
   * Takes the message that it stands on, in the transaction that the effect runs in; `None` if it stands on none, or
   * another has taken that one meanwhile. Then it stands behind it, also if the transaction aborts (behaviour E-32).
   *
   * @since 0.1.0
   */
  get receive(): Found<Body> {
    const operation = operations.Cursor.receive
    return this.#inTurn(operation, () =>
      this.#onMessage
        ? Effect.tap(
            this.#there(this.#reader.take({ operation, action: "receive", timeout: 0, cursor: this.#handle })),
            (taken) => Effect.sync(() => this.#standsOn(Option.isNone(taken)))
          )
        : Effect.succeedNone
    )
  }

  /**
   * The messages from here to the end, each looked at when the stream's consumer asks for it. {@link receive} takes the
   * one that was looked at last.
   *
   * @since 0.1.0
   */
  get messages(): Stream.Stream<ReceivedMessage<Body>, MsmqError> {
    return Stream.unfold(undefined, () =>
      Effect.map(this.next, (found) => (Option.isSome(found) ? ([found.value, undefined] as const) : undefined))
    )
  }

  #next(operation: Operation, timeout: number | null): Found<Body> {
    return this.#inTurn(operation, () => {
      const action = this.#onMessage ? "peekNext" : "peekCurrent"
      const peek = this.#reader.take({ operation, action, timeout, cursor: this.#handle })
      return optional(peek, "IoTimeout").pipe(
        Effect.tap((found) => Effect.sync(() => this.#standsOn(Option.isSome(found)))),
        // What no codec can read is a message all the same.
        Effect.tapError(({ reason }) =>
          Effect.sync(() => {
            if (reason._tag === "UndecodableBody") this.#standsOn(true)
          })
        )
      )
    })
  }

  #there(take: Effect.Effect<ReceivedMessage<Body>, MsmqError>): Found<Body> {
    return optional(take, "MessageAlreadyReceived", "IoTimeout")
  }

  #standsOn(onMessage: boolean): void {
    this.#onMessage = onMessage
  }

  #inTurn(operation: Operation, use: () => Found<Body>): Found<Body> {
    return this.#reader.inOneGo(operation, this.#turn.withPermit(Effect.suspend(use)))
  }
}

/** @internal */
export const make = <Body>(reader: Reader<Body>): Effect.Effect<Cursor<Body>, MsmqError, Scope.Scope> => {
  const operation = operations.Receiver.cursor
  const { handle, mqrt, queue } = reader.state
  return Effect.map(
    reader.retryIfLost(
      OwnedHandle.scoped(handle, operation, {
        kind: "cursor",
        name: `of ${queue}`,
        queue,
        acquire: Effect.suspend(() => {
          const { native } = handle
          return Effect.mapError(mqrt.createCursor(native), (failure) => reader.noteFailure(operation, native, failure))
        }),
        release: mqrt.closeCursor
      })
    ),
    (cursor) => Cursor.make(reader, cursor)
  )
}
