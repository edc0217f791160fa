/**
 * Sending: one message, many in slices that leave the event loop free, or the messages of a stream.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type { Acknowledgments } from "./internal/arrival/Acknowledgments.ts"
import type { Acknowledgment, AwaitedEvent } from "./internal/arrival/AwaitedSend.ts"
import { acknowledgmentOf, destinationsIn, requests, withFields } from "./internal/arrival/AwaitedSend.ts"
import { Batch } from "./internal/sending/Batch.ts"
import type { Given as GivenSend, PlainSettings, SenderState } from "./internal/sending/SendSettings.ts"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import { completed } from "./internal/sending/senderDefaults.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import { Observer } from "./internal/telemetry/telemetry.ts"
import { sourceOf, sourceOfPull } from "./internal/sending/sources.ts"
import * as Given from "./internal/options/illegalOption.ts"
import type { NameOf, OptionTable } from "./internal/options/OptionTable.ts"
import { withOptions } from "./internal/options/OptionTable.ts"
import { message as messageRule, messages as manyMessages } from "./internal/options/outgoingMessages.ts"
import { sendAllOptions, sendAwaitingOptions, sendOptions } from "./internal/options/sendOptions.ts"
import { Violation } from "./internal/options/Violation.ts"
import type { CurrentName } from "./internal/queues/opening.ts"
import { outsideGate } from "./internal/promises/AbortGate.ts"
import type { Message } from "./Message.ts"
import type { QueueHandle } from "./Mqrt.ts"
import { MsmqError } from "./MsmqError.ts"
import { Current } from "./Transaction.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import type { QueueKind, SendAllOptions, SendOptions, SendReport } from "./internal/sending/SendOptions.ts"

export type { Acknowledgment, AwaitedEvent } from "./internal/arrival/AwaitedSend.ts"
export type { QueueKind, SendAllOptions, SendOptions, SendReport } from "./internal/sending/SendOptions.ts"

export type { AuthenticationLevel, CryptographicProvider } from "./mqrt/MessageProperties.ts"

/**
 * Event that a send waits for, its time limit, and the options of the send.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendAwaitingOptions<Kind extends QueueKind = QueueKind> extends Omit<
  SendOptions<Kind>,
  "transaction"
> {
  /** Event that the send waits for: `"arrived"` by default, or `"received"`. */
  readonly until?: AwaitedEvent | undefined
  /** Longest time to wait for the acknowledgment, from the send on. It must be finite. */
  readonly within: Duration.Input
  /**
   * `"singleMessage"` sends the message in a transaction of its own, as a transactional queue needs it; `"none"` outside of any. By
   * default the word that the effect runs with, if any.
   */
  readonly transaction?: (Kind extends "plain" ? "none" : "none" | "singleMessage") | undefined
}

const sentByCommit = new Violation(
  "transaction",
  'it must be "singleMessage" or "none": a message of a transaction is sent by the commit, so that its acknowledgment could not ' +
    "come before. Leave the transaction, with Effect by Transaction.outside, in both faces by the option, or use send",
  "a transaction that was begun"
)

/**
 * Queue that is open for sending: see `MessageQueue.openSender`. `Body` is the type that its codec encodes. `Kind` is the kind of
 * the queue, if it is known.
 *
 * When the service does not know the handle any more, as after a restart, a send reopens the queue and sends the messages that
 * were not accepted, once for each call. It fails with a second such failure, and with the failure of a transaction, which a
 * restart aborts.
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
 *   yield* sender.send({ label: "order 1", priority: 7 })
 *   const report = yield* sender.sendAll([{ label: "order 2" }, { label: "order 3" }])
 *   return report.accepted
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => 2
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Sender<Body = Uint8Array, Kind extends QueueKind = QueueKind> extends Described {
  /** Name that the queue was opened with. */
  readonly queue: string
  readonly #name: CurrentName
  readonly #state: SenderState<Body>
  readonly #acknowledgments: Effect.Effect<Acknowledgments, MsmqError>
  readonly #observer: Observer
  readonly #plainSettings: PlainSettings<Body> = {}
  /** Send of one message without options and without a span. */
  readonly #plain: GivenSend<Body>

  private constructor(
    state: SenderState<Body>,
    name: CurrentName,
    acknowledgments: Effect.Effect<Acknowledgments, MsmqError>
  ) {
    super()
    this.#state = state
    this.#acknowledgments = acknowledgments
    this.#observer = new Observer(state.queue)
    this.#plain = {
      sender: state,
      observer: this.#observer,
      operation: operations.Sender.send,
      options: {},
      messageIds: true,
      span: undefined
    }
    this.queue = state.queue
    this.#name = name
  }

  /** @internal */
  static make<Body, Kind extends QueueKind = QueueKind>(
    state: SenderState<Body>,
    name: CurrentName,
    acknowledgments: Effect.Effect<Acknowledgments, MsmqError>
  ): Sender<Body, Kind> {
    return new Sender(state, name, acknowledgments)
  }

  /** Format name of the queue. It changes where the queue is deleted and created again, when that one is opened. */
  get formatName(): string {
    return this.#name.formatName
  }

  /** Kind of the queue: `true` if it is transactional; `undefined` if it is not known, as for queues of other machines. */
  get transactional(): boolean | undefined {
    return this.#state.kind.transactional
  }

  /** `true` until it is closed, with its scope or its connection. */
  get isOpen(): boolean {
    return this.#state.handle.isOpen
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<QueueHandle> {
    return this.#state.handle
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "Sender", queue: this.queue, transactional: this.transactional, state: stateOf(this.#state.handle) }
  }

  /**
   * Sends one message and returns its id, `{guid}\number`.
   * [`MQSendMessage`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms711382(v=vs.85)).
   *
   * Fails with `IllegalMessage` or `TransactionMismatch` before any call, with `SourceFailed` if a property of the message
   * or the codec throws, or the body cannot be put into its store, with `Released` if the sender or the context was closed, and with
   * the reasons of Message Queuing's own codes.
   *
   * @since 0.1.0
   */
  send(message: Message<Body>, options?: SendOptions<Kind>): Effect.Effect<string, MsmqError> {
    const operation = operations.Sender.send
    return Effect.withFiber((fiber) => {
      if (Batch.isReady(this.#state.handle, fiber) && !this.#observer.traces(operation, fiber)) {
        const observation = this.#observer.begin(operation, fiber, true)
        const batch =
          options === undefined && this.#state.defaults === undefined
            ? Batch.beginPlain(fiber, this.#plain, this.#plainSettings)
            : this.#begin(fiber, operation, sendOptions, options, undefined)
        return batch instanceof MsmqError
          ? observation.end(Exit.fail(batch))
          : batch.sendAtOnce(fiber, observation, message)
      }
      return this.sendAs(operation, message, options)
    })
  }

  /** @internal Sends one message as the operation of another function, and returns its id. */
  sendAs(
    operation: Operation,
    message: Message<Body>,
    options: SendOptions<Kind> | undefined
  ): Effect.Effect<string, MsmqError> {
    return this.#observer.observe(operation, (span, fiber) => {
      const batch = this.#begin(fiber, operation, sendOptions, options, span)
      return batch instanceof MsmqError ? Effect.fail(batch) : batch.send(message)
    })
  }

  /**
   * Sends one message and waits for its acknowledgment: that it has arrived in its queue, or was received from it. Message
   * Queuing accepts a message before either is known; a plain `send` does not wait for more.
   *
   * Fails as {@link send} does, and with
   *
   * - `Undelivered` where the queue, or a computer on the way, refused the message; it has the class of the negative
   *   acknowledgment
   * - `Unacknowledged` where `within` is over: the outcome is unknown. The message goes on and may still arrive; a
   *   `timeToReachQueue` or `timeToBeReceived` of its own ends that
   * - `Released` where the sender closes meanwhile. The outcome is unknown
   * - `IllegalMessage` for a message with an `adminQueue` or `acknowledge` of its own, and `IllegalOption` in a transaction that was
   *   begun: its messages are sent by its commit, which could not come before the end of the wait
   *
   * Windows since Vista sends no negative acknowledgment for a queue that does not exist, a missing right, a bad signature and a bad
   * encryption, unless the registry of the other computer says `PermitInsecureNacks`: these end with `Unacknowledged`.
   *
   * An interruption ends the wait; the message may have been sent. The acknowledgments come to a private queue of this process, which
   * the first call creates, and which closes with the sender. Of many destinations the first one that takes the message decides.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageQueue } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Effect } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   yield* MessageQueue.create(".\\private$\\orders", { quota: 1 })
   *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
   *   const wait = { until: "arrived", within: "10 seconds" } as const
   *   yield* sender.sendAwaiting({ label: "order 1" }, wait)
   *   yield* sender.sendAwaiting({ label: "order 2", body: new Uint8Array(2048) }, wait)
   * }).pipe(
   *   Effect.scoped,
   *   Effect.as("arrived"),
   *   Effect.catchReason("MsmqError", "Undelivered", ({ rule }) => Effect.succeed(rule))
   * )
   *
   * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
   * // => "the queue is full: empty it, or raise its quota"
   * ```
   *
   * @since 0.1.0
   */
  sendAwaiting(message: Message<Body>, options: SendAwaitingOptions<Kind>): Effect.Effect<Acknowledgment, MsmqError> {
    const operation = operations.Sender.sendAwaiting
    const call = { operation, queue: this.queue }
    const sending = Effect.gen({ self: this }, function* () {
      const given = yield* Given.options(call, sendAwaitingOptions, options)
      yield* Given.argument(call, "message", messageRule, message)
      const { until = "arrived", within, ...sendOptions } = given
      const transaction = sendOptions.transaction ?? this.#state.defaults?.options.transaction ?? (yield* Current)
      if (typeof transaction !== "string") return yield* Given.errorOf(call, sentByCommit)
      const opening = this.#acknowledgments
      const acknowledgments = yield* opening
      const fields = { adminQueue: acknowledgments.adminQueue, acknowledge: requests[until] }
      const awaited = yield* withFields(call, message, ["adminQueue", "acknowledge"], fields)
      const messageId = yield* this.sendAs(operation, awaited, withOptions(sendOptions, {}))
      const sent = { messageId, destinations: destinationsIn(this.formatName) }
      return yield* acknowledgmentOf(call, acknowledgments, sent, until, Duration.fromInputUnsafe(within))
    })
    return outsideGate(sending)
  }

  /**
   * Sends many messages in order, as fast as possible without blocking the event loop for more than a few milliseconds at a time.
   * An iterable or a stream is read as it is sent, so that memory use does not grow with the number of messages.
   *
   * Stops at the first message that cannot be sent. The error's `progress` has the number of messages that were accepted before
   * it: these are sent, each once, and the others are not. Other failures are those of `send`.
   *
   * **A source that fails.** If an iterable or a property of a message throws, or a stream dies, the error has the reason
   * `SourceFailed`, its `cause` and `progress`. The messages before it are sent. A stream's own failure `E` stays as it is. It has
   * no `progress`; the last call of `onProgress`, which comes before it, has the report.
   *
   * **An interruption** takes effect between two slices, after a last call of `onProgress`.
   *
   * **A closing** of the sender, the security context or the transaction waits for the slice that is being sent and for the
   * messages that were already read: the whole of an array, and otherwise the current chunk. It does not wait for the source: it
   * reads no more of an iterable, and interrupts a wait for a stream. The batch then fails with `Released` and `progress`, and
   * ends its source.
   *
   * @since 0.1.0
   */
  sendAll<E, R>(
    messages: Stream.Stream<Message<Body>, E, R>,
    options?: SendAllOptions<Kind>
  ): Effect.Effect<SendReport, MsmqError | E, R>
  sendAll(messages: Iterable<Message<Body>>, options?: SendAllOptions<Kind>): Effect.Effect<SendReport, MsmqError>
  sendAll<E, R>(
    messages: Stream.Stream<Message<Body>, E, R> | Iterable<Message<Body>>,
    options?: SendAllOptions<Kind>
  ): Effect.Effect<SendReport, MsmqError | E, R> {
    const operation = operations.Sender.sendAll
    const many = Given.readArgument({ operation, queue: this.queue }, "messages", manyMessages, messages)
    if (many instanceof MsmqError) return Effect.fail(many)
    return this.#observer.observe(operation, (span, fiber) => {
      const batch = this.#begin(fiber, operation, sendAllOptions, options, span)
      return batch instanceof MsmqError ? Effect.fail(batch) : batch.drain(sourceOf(messages))
    })
  }

  /**
   * Makes a sink that sends every message of a stream and ends with the report. A stream that fails, an interruption and a closing
   * have the same consequences as for {@link sendAll}.
   *
   * @since 0.1.0
   */
  sink(options?: SendAllOptions<Kind>): Sink.Sink<SendReport, Message<Body>, never, MsmqError> {
    const operation = operations.Sender.sink
    return Sink.fromTransform((upstream) =>
      this.#observer.observe(operation, (span, fiber) => {
        const batch = this.#begin(fiber, operation, sendAllOptions, options, span)
        return batch instanceof MsmqError
          ? Effect.fail(batch)
          : Effect.map(batch.drain(sourceOfPull(upstream)), (report) => [report] as const)
      })
    )
  }

  #begin<Options extends SendAllOptions>(
    fiber: Fiber.Fiber<unknown, unknown>,
    operation: Operation,
    table: OptionTable<NameOf<Options>>,
    given: Options | undefined,
    span: Tracer.Span | undefined
  ): Batch<Body> | MsmqError {
    const options = Given.readOptions({ operation, queue: this.queue }, table, given)
    if (options instanceof MsmqError) return options
    const messageIds = operation.convention.isBatch !== true || options.messageIds === true
    const { defaults } = this.#state
    return Batch.begin(fiber, {
      sender: this.#state,
      observer: this.#observer,
      operation,
      options: defaults === undefined ? options : completed(options, defaults.options),
      messageIds,
      span
    })
  }
}
