/**
 * Sending: one message, many in slices that leave the event loop free, or the messages of a stream.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type { Given as GivenSend, PlainRequests, SenderState } from "./internal/messages/Batch.ts"
import { Batch } from "./internal/messages/Batch.ts"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import { Observer } from "./internal/telemetry/telemetry.ts"
import { sourceOf, sourceOfPull } from "./internal/messages/sources.ts"
import * as Given from "./internal/options/illegalOption.ts"
import type { NameOf, OptionTable } from "./internal/options/OptionTable.ts"
import { messages as manyMessages } from "./internal/options/outgoingMessages.ts"
import { sendAllOptions, sendOptions } from "./internal/options/sendOptions.ts"
import type { Message } from "./Message.ts"
import type { QueueHandle } from "./Mqrt.ts"
import { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import type { QueueKind, SendAllOptions, SendOptions, SendReport } from "./internal/messages/SendOptions.ts"

export type { QueueKind, SendAllOptions, SendOptions, SendReport } from "./internal/messages/SendOptions.ts"

export type { AuthenticationLevel, CryptographicProvider } from "./mqrt/MessageProperties.ts"

/**
 * Queue that is open for sending: see `MessageQueue.openSender`. `Body` is the type that its codec encodes. `Kind` is the kind of
 * the queue, if it is known.
 *
 * When the service does not know the handle any more, as after a restart, a send reopens the queue and sends the messages that
 * were not accepted, once for each call. It fails with a second such failure, and with the failure of a transaction, which a
 * restart aborts.
 *
 * @category models
 * @since 0.1.0
 */
export class Sender<Body = Uint8Array, Kind extends QueueKind = QueueKind> extends Described {
  /** Name that the queue was opened with. */
  readonly queue: string
  /** Format name of the queue. */
  readonly formatName: string
  readonly #state: SenderState<Body>
  readonly #observer: Observer
  readonly #plainRequests: PlainRequests<Body> = {}
  /** Send of one message without options and without a span. */
  readonly #plain: GivenSend<Body>

  private constructor(state: SenderState<Body>, formatName: string) {
    super()
    this.#state = state
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
    this.formatName = formatName
  }

  /** @internal */
  static make<Body, Kind extends QueueKind = QueueKind>(
    state: SenderState<Body>,
    formatName: string
  ): Sender<Body, Kind> {
    return new Sender(state, formatName)
  }

  /** Kind of the queue: `true` if it is transactional; `undefined` if it is not known, as for queues of other machines. */
  get transactional(): boolean | undefined {
    return this.#state.transactional
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
   * or the codec throws, or the body cannot be put into its store, with `Released` if the sender or the context was closed, and with the reasons of Message Queuing's
   * own codes.
   *
   * @since 0.1.0
   */
  send(message: Message<Body>, options?: SendOptions<Kind>): Effect.Effect<string, MsmqError> {
    const operation = operations.Sender.send
    return Effect.withFiber((fiber) => {
      if (Batch.isReady(this.#state.handle, fiber) && !this.#observer.traces(operation, fiber)) {
        const observation = this.#observer.begin(operation, fiber, true)
        const batch =
          options === undefined
            ? Batch.beginPlain(fiber, this.#plain, this.#plainRequests)
            : this.#begin(fiber, operation, sendOptions, options, undefined)
        return batch instanceof MsmqError
          ? observation.end(Exit.fail(batch))
          : batch.sendAtOnce(fiber, observation, message)
      }
      return this.#observer.observe(operation, (span, inner) => {
        const batch = this.#begin(inner, operation, sendOptions, options, span)
        return batch instanceof MsmqError ? Effect.fail(batch) : batch.send(message)
      })
    })
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
    const messageIds = operation === operations.Sender.send || options.messageIds === true
    return Batch.begin(fiber, { sender: this.#state, observer: this.#observer, operation, options, messageIds, span })
  }
}
