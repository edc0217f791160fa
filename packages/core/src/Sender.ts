/**
 * Sending: one message, many in slices that leave the event loop free, or whatever a stream brings.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { Batch } from "./internal/Batch.ts"
import * as OwnedHandle from "./internal/OwnedHandle.ts"
import { streamOf } from "./internal/streamOf.ts"
import type { Message } from "./Message.ts"
import type { Mqrt, QueueHandle } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import type { SendAllOptions, SendOptions, SendReport } from "./SendOptions.ts"

/**
 * A queue that is open for sending: see {@link openSender} in `MessageQueue`.
 *
 * @category models
 * @since 0.1.0
 */
export class Sender {
  /** The queue, by the name it was opened with. */
  readonly queue: string
  /** The format name behind it. */
  readonly formatName: string
  /** Whether the queue is transactional; `undefined` where that cannot be known, as for queues of other machines. */
  readonly transactional: boolean | undefined
  readonly #mqrt: Mqrt["Service"]
  readonly #handle: OwnedHandle.OwnedHandle<QueueHandle>

  /** Use `MessageQueue.openSender`. */
  constructor(
    mqrt: Mqrt["Service"],
    handle: OwnedHandle.OwnedHandle<QueueHandle>,
    names: { readonly queue: string; readonly formatName: string; readonly transactional: boolean | undefined }
  ) {
    this.#mqrt = mqrt
    this.#handle = handle
    this.queue = names.queue
    this.formatName = names.formatName
    this.transactional = names.transactional
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<QueueHandle> {
    return this.#handle
  }

  /**
   * Sends one message and gives its id, `{guid}\number`. `MQSendMessage`.
   *
   * Fails with `IllegalMessage` or `TransactionMismatch` before any call, with `Released` if the sender or the context
   * was closed, and with the reasons of Message Queuing's own codes (behaviour D-05).
   *
   * @since 0.1.0
   */
  send(message: Message, options: SendOptions = {}): Effect.Effect<string, MsmqError> {
    const operation = "Sender.send"
    return this.#begin(operation, { ...options, messageIds: true }).pipe(
      Effect.flatMap((batch) => Effect.map(batch.send([message]), () => batch.report.messageIds?.[0] ?? "")),
      Effect.scoped,
      // A stack of its own would cost several times what a send does.
      Effect.withSpan(operation, undefined, { captureStackTrace: false })
    )
  }

  /**
   * Sends many messages in order, as fast as it goes without holding the event loop for more than a few milliseconds at
   * a time. An iterable or a stream is read as it is sent, so memory stays flat however many there are.
   *
   * Stops at the first message that cannot be sent: the error's `progress` tells how many were accepted before it; these
   * are sent, each once, and the rest is not. An interruption falls between two slices. Other failures as for `send`.
   *
   * @since 0.1.0
   */
  sendAll<E, R>(
    messages: Stream.Stream<Message, E, R>,
    options?: SendAllOptions
  ): Effect.Effect<SendReport, MsmqError | E, R>
  sendAll(messages: Iterable<Message>, options?: SendAllOptions): Effect.Effect<SendReport, MsmqError>
  sendAll<E, R>(
    messages: Stream.Stream<Message, E, R> | Iterable<Message>,
    options: SendAllOptions = {}
  ): Effect.Effect<SendReport, MsmqError | E, R> {
    const operation = "Sender.sendAll"
    const stream: Stream.Stream<Message, E, R> = Stream.isStream(messages) ? messages : streamOf(messages)
    return Effect.withSpan(Stream.run(stream, this.#sink(operation, options)), operation)
  }

  /**
   * A sink that sends every message a stream brings and ends with the report, like {@link sendAll}.
   *
   * @since 0.1.0
   */
  sink(options: SendAllOptions = {}): Sink.Sink<SendReport, Message, never, MsmqError> {
    return this.#sink("Sender.sink", options)
  }

  #sink(operation: string, options: SendAllOptions): Sink.Sink<SendReport, Message, never, MsmqError> {
    return Sink.fromTransform((upstream, scope) =>
      Effect.flatMap(Scope.provide(this.#begin(operation, options), scope), (batch) =>
        upstream.pipe(
          Effect.flatMap((messages) => batch.send(messages)),
          Effect.forever({ disableYield: true }),
          Pull.catchDone(() => Effect.succeed([batch.report] as const))
        )
      )
    )
  }

  #begin(operation: string, options: SendAllOptions): Effect.Effect<Batch, MsmqError, Scope.Scope> {
    return Batch.begin({ mqrt: this.#mqrt, handle: this.#handle, sender: this, operation, options })
  }
}
