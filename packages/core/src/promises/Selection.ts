/**
 * Messages with an id, for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Selection as EffectSelection } from "../internal/receiving/Selection.ts"
import { receiveOptions } from "../internal/options/promiseOptions.ts"
import { abortable } from "../internal/options/signals.ts"
import { Runner } from "../internal/promises/Runner.ts"
import { checkMade } from "../internal/promises/construction.ts"
import type { Operation, SelectionOperations } from "../internal/telemetry/Operation.ts"
import type { MsmqError } from "../MsmqError.ts"
import type { Abortable } from "./Abortable.ts"
import type { ReceiveOptions } from "./Transaction.ts"
import { participating } from "./Transaction.ts"

/**
 * Messages of a queue that match an id: see `byId` and `byCorrelationId` of a `Receiver`. Each function searches the queue from
 * its beginning, which takes a time that grows with the number of messages.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders")
 * await using sender = await msmq.openSender(".\\private$\\orders")
 * await sender.send({ label: "order 1" })
 * const id = await sender.send({ label: "order 2" })
 * await using receiver = await msmq.openReceiver(".\\private$\\orders")
 * const message = await receiver.byId(id).receive()
 * message.label // => "order 2"
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Selection<Received> {
  readonly #selection: EffectSelection<Received>
  readonly #operations: SelectionOperations
  readonly #runner: Runner
  readonly #queue: string

  private constructor(
    selection: EffectSelection<Received>,
    operations: SelectionOperations,
    runner: Runner,
    queue: string
  ) {
    checkMade(runner instanceof Runner)
    this.#selection = selection
    this.#operations = operations
    this.#runner = runner
    this.#queue = queue
  }

  /** @internal */
  static make<Received>(
    selection: EffectSelection<Received>,
    operations: SelectionOperations,
    runner: Runner,
    queue: string
  ): Selection<Received> {
    return new Selection(selection, operations, runner, queue)
  }

  /** Receives the first message that matches, or waits for one. */
  receive(options?: ReceiveOptions): Promise<Received> {
    return this.#taking(this.#operations.receive, options, () => this.#selection.receive)
  }

  /**
   * Receives the first message that matches, or waits for one up to `duration`, in milliseconds or as `"5 seconds"`.
   * `undefined` if none arrived.
   */
  receiveWithin(duration: Duration.Input, options?: ReceiveOptions): Promise<Received | undefined> {
    return this.#taking(this.#operations.receiveWithin, options, () => found(this.#selection.receiveWithin(duration)))
  }

  /** Receives the first message that matches if there is one, without waiting. */
  poll(options?: ReceiveOptions): Promise<Received | undefined> {
    return this.#taking(this.#operations.poll, options, () => found(this.#selection.poll))
  }

  /** Peeks at the first message that matches, or waits for one; the message stays in the queue. */
  peek(options?: Abortable): Promise<Received> {
    return this.#looking(this.#operations.peek, options, () => this.#selection.peek)
  }

  /** Peeks at the first message that matches, or waits for one up to `duration`. `undefined` if none arrived. */
  peekWithin(duration: Duration.Input, options?: Abortable): Promise<Received | undefined> {
    return this.#looking(this.#operations.peekWithin, options, () => found(this.#selection.peekWithin(duration)))
  }

  /** Peeks at the first message that matches if there is one, without waiting. */
  pollPeek(options?: Abortable): Promise<Received | undefined> {
    return this.#looking(this.#operations.pollPeek, options, () => found(this.#selection.pollPeek))
  }

  #taking<A>(
    operation: Operation,
    given: ReceiveOptions | undefined,
    take: () => Effect.Effect<A, MsmqError>
  ): Promise<A> {
    const call = { operation, queue: this.#queue }
    return this.#runner.run(call, receiveOptions, given, (options) => participating(take(), options))
  }

  #looking<A>(operation: Operation, given: Abortable | undefined, look: () => Effect.Effect<A, MsmqError>): Promise<A> {
    return this.#runner.run({ operation, queue: this.#queue }, abortable, given, look)
  }
}

const found = <A>(find: Effect.Effect<Option.Option<A>, MsmqError>): Effect.Effect<A | undefined, MsmqError> =>
  Effect.map(find, Option.getOrUndefined)
