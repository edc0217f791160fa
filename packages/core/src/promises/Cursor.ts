/**
 * Cursors for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import type { Cursor as EffectCursor } from "../Cursor.ts"
import { receiveOptions } from "../internal/options/promiseOptions.ts"
import { abortable } from "../internal/options/signals.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { ScopedResource } from "../internal/promises/ScopedResource.ts"
import type { ReceivedMessage } from "../Message.ts"
import type { MsmqError } from "../MsmqError.ts"
import type { ReceiveOptions } from "./Transaction.ts"
import { participating } from "./Transaction.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"

type Found<Received> = Promise<Received | undefined>
type FoundEffect<Received> = Effect.Effect<Option.Option<Received>, MsmqError>

/**
 * Position in a queue: see `cursor` of a `Receiver`. It moves forward only. `for await` peeks at the messages from here to the
 * end of the queue.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders")
 * await using sender = await msmq.openSender(".\\private$\\orders")
 * await sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
 * await using receiver = await msmq.openReceiver(".\\private$\\orders")
 * await using cursor = await receiver.cursor()
 * await cursor.next()
 * const second = await cursor.next()
 * second?.label // => "order 2"
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Cursor<Body = Uint8Array, Received = ReceivedMessage<Body>>
  extends ScopedResource
  implements AsyncIterable<Received>
{
  readonly #cursor: EffectCursor<Body, Received>

  private constructor(cursor: EffectCursor<Body, Received>, scope: Scope.Closeable, runner: Runner) {
    super(cursor, scope, runner)
    this.#cursor = cursor
  }

  /** @internal */
  static make<Body, Received>(
    cursor: EffectCursor<Body, Received>,
    scope: Scope.Closeable,
    runner: Runner
  ): Cursor<Body, Received> {
    return new Cursor(cursor, scope, runner)
  }

  /** Moves to the next message and peeks at it; `undefined` at the end of the queue. */
  next(options?: Abortable): Found<Received> {
    return this.#looking(operations.Cursor.next, options, () => this.#cursor.next)
  }

  /**
   * Moves to the next message and peeks at it; at the end of the queue it waits up to `duration`, in milliseconds or as
   * `"5 seconds"`. `undefined` if no message arrived.
   */
  nextWithin(duration: Duration.Input, options?: Abortable): Found<Received> {
    return this.#looking(operations.Cursor.nextWithin, options, () => this.#cursor.nextWithin(duration))
  }

  /** Peeks again at the current message; `undefined` if there is none, or if another receiver has received it. */
  current(options?: Abortable): Found<Received> {
    return this.#looking(operations.Cursor.current, options, () => this.#cursor.current)
  }

  /** Receives the current message; `undefined` if there is none, or if another receiver has received it. */
  receive(options?: ReceiveOptions): Found<Received> {
    return this.runner.run({ operation: operations.Cursor.receive }, receiveOptions, options, (options) =>
      participating(Effect.map(this.#cursor.receive, Option.getOrUndefined), options)
    )
  }

  /** Peeks at the messages from here to the end of the queue. */
  [Symbol.asyncIterator](): AsyncIterator<Received> {
    return this.runner.iterable(this.#cursor.messages)[Symbol.asyncIterator]()
  }

  #looking(operation: Operation, given: Abortable | undefined, look: () => FoundEffect<Received>): Found<Received> {
    return this.runner.run({ operation }, abortable, given, () => Effect.map(look(), Option.getOrUndefined))
  }
}
