/**
 * Senders for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import type * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import { streamOf } from "./internal/messages/sources.ts"
import { Opened } from "./internal/promises/Opened.ts"
import type { Runner } from "./internal/promises/Runner.ts"
import type { Message } from "./Message.ts"
import type { MsmqTransaction, Participating } from "./MsmqTransaction.ts"
import { participation } from "./MsmqTransaction.ts"
import type * as Sender from "./Sender.ts"
import type { QueueKind, SendAllOptions, SendOptions, SendReport } from "./SendOptions.ts"

type InPromises<Options, Kind extends QueueKind> = Omit<Options, "transaction"> &
  Abortable & {
    readonly transaction?: (Kind extends "plain" ? "none" : MsmqTransaction | "singleMessage" | "none") | undefined
  }

/**
 * A queue that is open for sending: {@link Sender.Sender} in promises. A message takes part in a transaction by the option
 * `transaction`.
 *
 * @category models
 * @since 0.1.0
 */
export class MsmqSender<Body = Uint8Array, Kind extends QueueKind = QueueKind> extends Opened {
  readonly #sender: Sender.Sender<Body>

  /** Use `openSender` of {@link Msmq}. */
  constructor(sender: Sender.Sender<Body>, scope: Scope.Closeable, runner: Runner) {
    super(sender, scope, runner)
    this.#sender = sender
  }

  /** The queue, by the name it was opened with. */
  get queue(): string {
    return this.#sender.queue
  }

  /** Whether the queue is transactional; `undefined` where that cannot be known. */
  get transactional(): boolean | undefined {
    return this.#sender.transactional
  }

  /** Sends one message and gives its id. See `send` of {@link Sender.Sender}. */
  send(message: Message<Body>, options: InPromises<SendOptions, Kind> = {}): Promise<string> {
    return this.runner.promise(this.#sender.send(message, told(options, options.transaction)), options.signal)
  }

  /**
   * Sends many messages in order, as they come. On a failure the rest stays unsent, and the error's `progress` tells how many
   * were accepted. See `sendAll` of {@link Sender.Sender}.
   *
   * What the iteration rejects with or throws is an error with the reason `SourceFailed`, its `cause` and `progress`.
   *
   * An abort rejects with the signal's reason, as everywhere in Node. A last call of `onProgress` before that has the
   * report: how many were accepted.
   *
   * A closing of the sender, the connection, the security context or the transaction does not wait for the next message of
   * the iteration: the promise rejects with `Released` and `progress`, and `return()` of the iteration is called.
   */
  sendAll(
    messages: Iterable<Message<Body>> | AsyncIterable<Message<Body>>,
    options: InPromises<SendAllOptions, Kind> = {}
  ): Promise<SendReport> {
    return this.runner.promise(
      Symbol.asyncIterator in messages
        ? this.#sender.sendAll(streamOf(messages), told(options, options.transaction))
        : this.#sender.sendAll(messages, told(options, options.transaction)),
      options.signal
    )
  }
}

const told = (
  options: Omit<SendAllOptions, "transaction">,
  transaction: Participating["transaction"]
): SendAllOptions => ({ ...options, transaction: participation({ transaction }) })
