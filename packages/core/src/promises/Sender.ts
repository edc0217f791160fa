/**
 * Senders for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import { streamOf } from "../internal/messages/sources.ts"
import type { Call } from "../internal/options/illegalOption.ts"
import { argument } from "../internal/options/illegalOption.ts"
import { withOptions } from "../internal/options/OptionTable.ts"
import { messagesInPromises } from "../internal/options/outgoingMessages.ts"
import { sending, sendingAll } from "../internal/options/promiseOptions.ts"
import { Opened } from "../internal/promises/Opened.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import type { Message } from "../Message.ts"
import type { MsmqTransaction, Participating } from "./Transaction.ts"
import { participation } from "./Transaction.ts"
import type * as Sender from "../Sender.ts"
import type { QueueKind, SendAllOptions, SendOptions, SendReport } from "../SendOptions.ts"
import * as operations from "../internal/telemetry/operations.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"

/**
 * The options of a send in promises: a signal, and a transaction of this face.
 *
 * @category models
 * @since 0.1.0
 */
export type OptionsInPromises<Options, Kind extends QueueKind = QueueKind> = Omit<Options, "transaction"> &
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
  send(message: Message<Body>, options?: OptionsInPromises<SendOptions, Kind>): Promise<string> {
    return this.runner.run(this.#call(operations.Sender.send), sending, options, (options) =>
      this.#sender.send(message, told(options, options.transaction))
    )
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
    options?: OptionsInPromises<SendAllOptions, Kind>
  ): Promise<SendReport> {
    const call = this.#call(operations.Sender.sendAll)
    return this.runner.run(call, sendingAll, options, (options) =>
      Effect.flatMap(argument(call, "messages", messagesInPromises, messages), () => {
        const others = told(options, options.transaction)
        return Symbol.asyncIterator in messages
          ? this.#sender.sendAll(streamOf(messages), others)
          : this.#sender.sendAll(messages, others)
      })
    )
  }

  #call(operation: Operation): Call {
    return { operation, queue: this.queue }
  }
}

const told = (
  options: Omit<SendAllOptions, "transaction">,
  transaction: Participating["transaction"]
): SendAllOptions => withOptions(options, { transaction: participation({ transaction }) })
