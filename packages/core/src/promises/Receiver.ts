/**
 * Receivers for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import { promiseHandler } from "../internal/options/handlers.ts"
import type { Call } from "../internal/options/illegalOption.ts"
import { argument } from "../internal/options/illegalOption.ts"
import { consumingBatches, consumingKeys, receiveOptions } from "../internal/options/promiseOptions.ts"
import { abortable } from "../internal/options/signals.ts"
import { outsideGate } from "../internal/promises/AbortGate.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { openScoped, ScopedResource } from "../internal/promises/ScopedResource.ts"
import type { ReceiveAccess } from "../internal/queues/receiveAccesses.ts"
import type { ReceivedMessage } from "../Message.ts"
import type { MessageId } from "../MessageId.ts"
import type { Mqrt } from "../Mqrt.ts"
import { Mqrt as MqrtService } from "../Mqrt.ts"
import type { MsmqError } from "../MsmqError.ts"
import type { KeyPolicy } from "../Consumer.ts"
import type { BatchPolicy, HandlerOptions, ConsumePolicy } from "./Consumer.ts"
import { Consumer, handlerOf, policyOf, untilStopped } from "./Consumer.ts"
import { Cursor } from "./Cursor.ts"
import { Selection } from "./Selection.ts"
import { participating } from "./Transaction.ts"
import type { LookupAction, LookupEnd, Receiver as EffectReceiver } from "../Receiver.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"
import type { ReceiveOptions } from "./Transaction.ts"

export type { ReceiveOptions } from "./Transaction.ts"

type Taken<Received> = Promise<Received>
type Found<Received> = Promise<Received | undefined>
type FoundEffect<Received> = Effect.Effect<Option.Option<Received>, MsmqError>

/**
 * Queue that is open for receiving: see `openReceiver` of a `Connection`. `Body` is the type that its codec decodes, and
 * `Received` that of its messages, which the option `read` can change. `for await` receives its messages, one for each turn of the loop. A receive
 * takes part in the transaction that runs, of `transaction` of a `Connection` or of a handler of `consume`, or in that of the option
 * `transaction`.
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
 * const received = await receiver.receive()
 * const next = await receiver.receiveWithin("1 second")
 * [received.label, next?.label] // => ["order 1", "order 2"]
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Receiver<Body = Uint8Array, Received = ReceivedMessage<Body>>
  extends ScopedResource
  implements AsyncIterable<Received>
{
  readonly #receiver: EffectReceiver<Body, Received>
  readonly #mqrt: Mqrt["Service"]

  private constructor(
    receiver: EffectReceiver<Body, Received>,
    scope: Scope.Closeable,
    runner: Runner,
    mqrt: Mqrt["Service"]
  ) {
    super(receiver, scope, runner)
    this.#receiver = receiver
    this.#mqrt = mqrt
  }

  /** @internal */
  static make<Body, Received>(
    receiver: EffectReceiver<Body, Received>,
    scope: Scope.Closeable,
    runner: Runner,
    mqrt: Mqrt["Service"]
  ): Receiver<Body, Received> {
    return new Receiver(receiver, scope, runner, mqrt)
  }

  /** Name that the queue was opened with. */
  get queue(): string {
    return this.#receiver.queue
  }

  /** Format name of the queue. */
  get formatName(): string {
    return this.#receiver.formatName
  }

  /** Access that the queue was opened for. */
  get access(): ReceiveAccess {
    return this.#receiver.access
  }

  /** Kind of the queue: `true` if it is transactional; `undefined` if it is not known. */
  get transactional(): boolean | undefined {
    return this.#receiver.transactional
  }

  /** Receives the first message, or waits for one. */
  receive(options?: ReceiveOptions): Taken<Received> {
    return this.#taking(operations.Receiver.receive, options, () => this.#receiver.receive)
  }

  /**
   * Receives the first message, or waits for one up to `duration`, in milliseconds or as `"5 seconds"`. `undefined` if no message
   * arrived.
   */
  receiveWithin(duration: Duration.Input, options?: ReceiveOptions): Found<Received> {
    return this.#found(operations.Receiver.receiveWithin, options, () => this.#receiver.receiveWithin(duration))
  }

  /** Receives the first message if there is one, without waiting. */
  poll(options?: ReceiveOptions): Found<Received> {
    return this.#found(operations.Receiver.poll, options, () => this.#receiver.poll)
  }

  /** Peeks at the first message, or waits for one; the message stays in the queue. */
  peek(options?: Abortable): Taken<Received> {
    return this.#looking(operations.Receiver.peek, options, () => this.#receiver.peek)
  }

  /** Peeks at the first message, or waits for one up to `duration`. `undefined` if no message arrived. */
  peekWithin(duration: Duration.Input, options?: Abortable): Found<Received> {
    return this.#looking(operations.Receiver.peekWithin, options, () =>
      Effect.map(this.#receiver.peekWithin(duration), Option.getOrUndefined)
    )
  }

  /** Peeks at the first message if there is one, without waiting. */
  pollPeek(options?: Abortable): Found<Received> {
    return this.#looking(operations.Receiver.pollPeek, options, () =>
      Effect.map(this.#receiver.pollPeek, Option.getOrUndefined)
    )
  }

  /**
   * Receives a message or peeks at it by lookup id, without waiting; `undefined` if there is no such message. Leave `lookupId` out,
   * or give 0, for the first and the last message. See `lookup` of {@link EffectReceiver}.
   */
  lookup(action: LookupEnd, lookupId?: 0n, options?: ReceiveOptions): Found<Received>
  lookup(action: LookupAction, lookupId: bigint, options?: ReceiveOptions): Found<Received>
  lookup(action: LookupAction, lookupId?: bigint, options?: ReceiveOptions): Found<Received> {
    // `lookup` refuses an id that is left out where it is needed.
    return this.#found(operations.Receiver.lookup, options, () => this.#receiver.lookup(action, lookupId!))
  }

  /**
   * Selects the message with an id, as text or as 20 bytes: its functions receive it or peek at it. See `byId` of
   * {@link EffectReceiver}.
   */
  byId(id: MessageId | Uint8Array): Selection<Received> {
    return Selection.make(this.#receiver.byId(id), operations.selections.byId, this.runner, this.queue)
  }

  /**
   * Selects the messages with a correlation id, such as the responses to a message by its `messageId`: its functions receive
   * the first of them or peek at it. See `byCorrelationId` of {@link EffectReceiver}.
   */
  byCorrelationId(id: MessageId | Uint8Array): Selection<Received> {
    const selection = this.#receiver.byCorrelationId(id)
    return Selection.make(selection, operations.selections.byCorrelationId, this.runner, this.queue)
  }

  /** Opens a cursor, before the first message: own it with `await using` or `close()`. */
  cursor(options?: Abortable): Promise<Cursor<Body, Received>> {
    const open = openScoped(this.#receiver.cursor, (cursor, scope) => Cursor.make(cursor, scope, this.runner))
    return this.#looking(operations.Receiver.cursor, options, () =>
      Effect.provideService(open, MqrtService, this.#mqrt)
    )
  }

  /** Peeks at the messages in the queue, from the first to the last; leaving the loop closes the cursor. */
  browse(): AsyncIterable<Received> {
    return this.runner.iterable(this.#receiver.browse)
  }

  /** Moves a message to a subqueue, or with `null` back to the queue itself. */
  move(message: Pick<ReceivedMessage, "lookupId">, subqueue: string | null, options?: ReceiveOptions): Promise<void> {
    return this.#taking(operations.Receiver.move, options, () => this.#receiver.move(message, subqueue))
  }

  /** Rejects a message that was received in a transaction; it counts as refused when that commits. */
  reject(message: Pick<ReceivedMessage, "lookupId">, options?: ReceiveOptions): Promise<void> {
    return this.#taking(operations.Receiver.reject, options, () => this.#receiver.reject(message))
  }

  /**
   * Starts a consumer, which calls a handler for each message until it is stopped, the signal aborts, the receiver is closed, or a
   * message is poison and `poison` is `"fail"`. Then it receives no more, and lets the running handlers finish. Its end, also that by
   * an illegal option, is in `done` of the consumer. See `consume` of {@link EffectReceiver}.
   */
  consume(
    handler: (message: Received, options: HandlerOptions) => Promise<unknown>,
    policy?: ConsumePolicy & KeyPolicy<Received> & Abortable
  ): Consumer {
    const call = this.#call(operations.Receiver.consume)
    return Consumer.start(this.queue, this.runner, (control) =>
      this.runner.run(call, consumingKeys, policy, ({ keys, lookAhead, ...policy }) =>
        Effect.flatMap(argument(call, "handler", promiseHandler, handler), () =>
          outsideGate(
            untilStopped(
              control,
              this.#receiver.consume(handlerOf(handler, this.runner), {
                ...policyOf(policy, control, this.runner),
                keys,
                lookAhead
              })
            )
          )
        )
      )
    )
  }

  /**
   * Starts a consumer as {@link consume} does, which calls a handler for batches of messages, with one transaction for each batch. See
   * `consumeBatches` of {@link EffectReceiver}.
   */
  consumeBatches(
    handler: (messages: ReadonlyArray<Received>, options: HandlerOptions) => Promise<unknown>,
    policy: BatchPolicy & Abortable
  ): Consumer {
    const call = this.#call(operations.Receiver.consumeBatches)
    // Without a policy there is no size, which the table refuses.
    const given = policy === undefined ? {} : policy
    return Consumer.start(this.queue, this.runner, (control) =>
      this.runner.run(call, consumingBatches, given as typeof policy, ({ size, within, ...policy }) =>
        Effect.flatMap(argument(call, "handler", promiseHandler, handler), () =>
          outsideGate(
            untilStopped(
              control,
              this.#receiver.consumeBatches(handlerOf(handler, this.runner), {
                ...policyOf(policy, control, this.runner),
                size,
                within
              })
            )
          )
        )
      )
    )
  }

  /** Receives the messages without end, each when the loop asks for it; leaving the loop receives no more. */
  [Symbol.asyncIterator](): AsyncIterator<Received> {
    return this.runner.iterable(this.#receiver.messages)[Symbol.asyncIterator]()
  }

  #call(operation: Operation): Call {
    return { operation, queue: this.queue }
  }

  /** Runs an effect in the transaction that the options name. */
  #taking<A>(
    operation: Operation,
    given: ReceiveOptions | undefined,
    take: () => Effect.Effect<A, MsmqError>
  ): Promise<A> {
    return this.runner.run(this.#call(operation), receiveOptions, given, (options) => participating(take(), options))
  }

  #found(operation: Operation, given: ReceiveOptions | undefined, find: () => FoundEffect<Received>): Found<Received> {
    return this.#taking(operation, given, () => Effect.map(find(), Option.getOrUndefined))
  }

  /** Runs an effect that removes no message, and so takes part in no transaction. */
  #looking<A>(operation: Operation, given: Abortable | undefined, look: () => Effect.Effect<A, MsmqError>): Promise<A> {
    return this.runner.run(this.#call(operation), abortable, given, look)
  }
}
