/** Messages of a queue that are found by something other than their place. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { MsmqError } from "../../MsmqError.ts"
import type { Operation, SelectionOperations } from "../telemetry/Operation.ts"
import type { Reader } from "./Reader.ts"
import { optional, timeoutOf } from "./Reader.ts"
import type { Matches, Searchable } from "./Search.ts"
import { Search } from "./Search.ts"

/** Reader of the queue. */
type SelectedFrom<Received> = Searchable<Received> & Pick<Reader<unknown, Received>, "inOneGo">

/**
 * Messages of a queue that match an id: see `byId` and `byCorrelationId` of a receiver. The functions are those of the
 * receiver, for these messages alone.
 *
 * Each function fails as that of the receiver with its name does, and with `IllegalOption` where the id is none.
 *
 * Message Queuing finds messages by their places only. So each function peeks at the messages one after the other, without
 * their bodies, until one matches, and then receives it by its lookup id: the time grows with the number of messages before it.
 * If another receiver has received it meanwhile, the search goes on. Messages in transactions of others are not found until
 * they are back in the queue.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.send({ label: "order 1" })
 *   const id = yield* sender.send({ label: "order 2" })
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const message = yield* receiver.byId(id).receive
 *   return message.label
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "order 2"
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Selection<Received> {
  readonly #reader: SelectedFrom<Received>
  readonly #matches: Matches | MsmqError
  readonly #operations: SelectionOperations

  private constructor(reader: SelectedFrom<Received>, matches: Matches | MsmqError, operations: SelectionOperations) {
    this.#reader = reader
    this.#matches = matches
    this.#operations = operations
  }

  /** @internal */
  static make<Received>(
    reader: SelectedFrom<Received>,
    matches: Matches | MsmqError,
    operations: SelectionOperations
  ): Selection<Received> {
    return new Selection(reader, matches, operations)
  }

  /**
   * Receives the first message that matches, or waits for one. Fails as `Receiver.receive` does.
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
   * Fails as `Receiver.receiveWithin` does.
   *
   * @since 0.1.0
   */
  receiveWithin(duration: Duration.Input): Effect.Effect<Option.Option<Received>, MsmqError> {
    return this.#findWithin(this.#operations.receiveWithin, true, duration)
  }

  /**
   * Receives the first message that matches if there is one, without waiting. Fails as `Receiver.poll` does.
   *
   * @since 0.1.0
   */
  get poll(): Effect.Effect<Option.Option<Received>, MsmqError> {
    return optional(this.#find(this.#operations.poll, true, 0), "IoTimeout")
  }

  /**
   * Peeks at the first message that matches, or waits for one. The message stays in the queue. Fails as `Receiver.peek` does.
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
   * Fails as `Receiver.peekWithin` does.
   *
   * @since 0.1.0
   */
  peekWithin(duration: Duration.Input): Effect.Effect<Option.Option<Received>, MsmqError> {
    return this.#findWithin(this.#operations.peekWithin, false, duration)
  }

  /**
   * Peeks at the first message that matches if there is one, without waiting. Fails as `Receiver.pollPeek` does.
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
    return matches instanceof MsmqError
      ? Effect.fail(matches)
      : this.#reader.inOneGo(operation, () => new Search(this.#reader, matches).find(operation, takes, timeout))
  }
}
