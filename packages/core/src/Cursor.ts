/**
 * Cursors: positions in a queue, from which a program peeks at its messages one after the other and receives some of them.
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
import { openCursor } from "./internal/receiving/openCursor.ts"
import type { Reader } from "./internal/receiving/Reader.ts"
import { optional, timeoutOf } from "./internal/receiving/Reader.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { CursorHandle } from "./Mqrt.ts"
import { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"

type Found<Received> = Effect.Effect<Option.Option<Received>, MsmqError>

/**
 * Position in a queue, which belongs to the scope that created it: see `cursor` of `Receiver`. It moves forward only, and skips
 * messages that arrive at places before its own.
 *
 * Several fibers may use one cursor: it runs one call at a time.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Option } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const cursor = yield* receiver.cursor
 *   yield* cursor.next
 *   const second = yield* cursor.next
 *   return Option.map(second, ({ label }) => label)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => Option.some("order 2")
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Cursor<Body = Uint8Array, Received = ReceivedMessage<Body>> extends Described {
  readonly #reader: Reader<Body, Received>
  readonly #handle: OwnedHandle.OwnedHandle<CursorHandle>
  // Message Queuing does not support two calls of one cursor at once (E-34).
  readonly #turn = Semaphore.makeUnsafe(1)
  /** `true` if the cursor is on a message, so that the next one is after it; otherwise the next one is the current one (E-24, E-28). */
  #onMessage = false

  private constructor(reader: Reader<Body, Received>, handle: OwnedHandle.OwnedHandle<CursorHandle>) {
    super()
    this.#reader = reader
    this.#handle = handle
  }

  /** @internal */
  static make<Body, Received>(
    reader: Reader<Body, Received>,
    handle: OwnedHandle.OwnedHandle<CursorHandle>
  ): Cursor<Body, Received> {
    return new Cursor(reader, handle)
  }

  /** `true` until it is closed: with its scope, its receiver or its connection, or when the queue is reopened. */
  get isOpen(): boolean {
    return this.#handle.isOpen
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
   * Moves to the next message and peeks at it; the first call moves to the first message. `None` at the end of the queue, where
   * a later call finds messages that have arrived since. `MQ_ACTION_PEEK_NEXT`, or `MQ_ACTION_PEEK_CURRENT` where that would be
   * illegal.
   *
   * @since 0.1.0
   */
  get next(): Found<Received> {
    return this.#next(operations.Cursor.next, 0)
  }

  /**
   * Moves to the next message as {@link next} does, and at the end waits up to `duration` for a message to arrive, at any place
   * in the queue's order. An infinite duration waits for ever.
   *
   * @since 0.1.0
   */
  nextWithin(duration: Duration.Input): Found<Received> {
    const operation = operations.Cursor.nextWithin
    const timeout = timeoutOf({ operation, queue: this.#reader.state.queue }, duration)
    return timeout instanceof MsmqError ? Effect.fail(timeout) : this.#next(operation, timeout)
  }

  /**
   * Peeks again at the current message. `None` if there is none, or if another receiver has received it meanwhile.
   *
   * @since 0.1.0
   */
  get current(): Found<Received> {
    const operation = operations.Cursor.current
    return this.#inTurn(operation, () =>
      this.#onMessage
        ? this.#there(this.#reader.take({ operation, action: "peekCurrent", timeout: 0, cursor: this.#handle }))
        : this.#nothing(operation)
    )
  }

  /**
   * Receives the current message, in the transaction that the effect runs in. `None` if there is none, or if another receiver
   * has received it meanwhile. The cursor is then after the message, even if the transaction aborts.
   *
   * @since 0.1.0
   */
  get receive(): Found<Received> {
    const operation = operations.Cursor.receive
    return this.#inTurn(operation, () =>
      this.#onMessage
        ? Effect.tap(
            this.#there(this.#reader.take({ operation, action: "receive", timeout: 0, cursor: this.#handle })),
            // An abort puts the message back, and does not move the cursor back (E-32).
            (taken) => Effect.sync(() => this.#standsOn(Option.isNone(taken)))
          )
        : this.#nothing(operation)
    )
  }

  /**
   * Stream of the messages from here to the end of the queue. It peeks at each when its consumer asks for it; {@link receive}
   * receives the latest one. It fails as {@link next} does.
   *
   * @since 0.1.0
   */
  get messages(): Stream.Stream<Received, MsmqError> {
    return Stream.unfold(undefined, () =>
      Effect.map(this.next, (found) => (Option.isSome(found) ? ([found.value, undefined] as const) : undefined))
    )
  }

  #next(operation: Operation, timeout: number | null): Found<Received> {
    return this.#inTurn(operation, () => {
      const action = this.#onMessage ? "peekNext" : "peekCurrent"
      return Effect.matchEffect(this.#reader.take({ operation, action, timeout, cursor: this.#handle }), {
        onFailure: (error) => {
          const { _tag } = error.reason
          // The cursor is on a message also if the codec cannot decode its body, or the body does not come from its store.
          if (_tag === "UndecodableBody" || _tag === "BodyUnavailable") this.#standsOn(true)
          if (_tag !== "IoTimeout") return Effect.fail(error)
          this.#standsOn(false)
          return Effect.succeedNone
        },
        onSuccess: (message) => {
          this.#standsOn(true)
          return Effect.succeedSome(message)
        }
      })
    })
  }

  /** Returns no message where the cursor stands on none, and fails if it is closed. */
  #nothing(operation: Operation): Found<Received> {
    return this.isOpen ? Effect.succeedNone : Effect.fail(this.#handle.node.refusal(operation))
  }

  #there(take: Effect.Effect<Received, MsmqError>): Found<Received> {
    return optional(take, "MessageAlreadyReceived", "IoTimeout")
  }

  #standsOn(onMessage: boolean): void {
    this.#onMessage = onMessage
  }

  #inTurn(operation: Operation, use: () => Found<Received>): Found<Received> {
    return this.#reader.inOneGo(operation, () => this.#turn.withPermit(Effect.suspend(use)))
  }
}

/** @internal */
export const make = <Body, Received>(
  reader: Reader<Body, Received>
): Effect.Effect<Cursor<Body, Received>, MsmqError, Scope.Scope> =>
  Effect.map(openCursor(reader, operations.Receiver.cursor), (cursor) => Cursor.make(reader, cursor))
