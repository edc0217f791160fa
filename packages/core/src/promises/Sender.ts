/**
 * Senders for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import { streamOf } from "../internal/sending/sources.ts"
import type { Call } from "../internal/options/illegalOption.ts"
import { argument } from "../internal/options/illegalOption.ts"
import { withOptions } from "../internal/options/OptionTable.ts"
import { messagesInPromises } from "../internal/options/outgoingMessages.ts"
import { sending, sendingAll, sendingAwaiting } from "../internal/options/promiseOptions.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { ScopedResource } from "../internal/promises/ScopedResource.ts"
import type { Message } from "../Message.ts"
import type {
  KindOf,
  OneOffSendOptions as EffectOneOffSendOptions,
  OpenSenderOptions as EffectOpenSenderOptions,
  SenderDefaults as EffectSenderDefaults
} from "../MessageQueue.ts"
import type {
  Acknowledgment,
  QueueKind,
  SendAllOptions as EffectSendAllOptions,
  Sender as EffectSender,
  SendAwaitingOptions as EffectSendAwaitingOptions,
  SendOptions as EffectSendOptions,
  SendReport
} from "../Sender.ts"
import type { GetOptions } from "../Senders.ts"
import { SecurityContext } from "./SecurityContext.ts"
import type { Participation } from "./Transaction.ts"
import { participationOf } from "./Transaction.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"

export type { Acknowledgment, AwaitedEvent } from "../Sender.ts"

/** Options of this face, which replace those of the same name in the face with Effect. */
interface OfPromises<Kind extends QueueKind> extends Abortable {
  /**
   * Security context that signs the messages. It requests authentication, unless `authenticationLevel` says otherwise.
   * None by default.
   */
  readonly securityContext?: SecurityContext | undefined
  /**
   * Transaction that the messages are part of. By default the one that runs, of `transaction` or of a handler of `consume`, if any.
   * `"singleMessage"` sends each message in a transaction of its own; `"none"` sends outside of any.
   */
  readonly transaction?: (Kind extends "plain" ? "none" : Participation) | undefined
}

/**
 * Transaction, authentication, encryption and signal of a send.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOptions<Kind extends QueueKind = QueueKind>
  extends Omit<EffectSendOptions, keyof OfPromises<Kind>>, OfPromises<Kind> {}

/**
 * Transaction, authentication, encryption, report and signal of a batch.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendAllOptions<Kind extends QueueKind = QueueKind>
  extends Omit<EffectSendAllOptions, keyof OfPromises<Kind>>, OfPromises<Kind> {}

/**
 * Event that a send waits for, its time limit, the options of the send, and the signal.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendAwaitingOptions<Kind extends QueueKind = QueueKind>
  extends Omit<EffectSendAwaitingOptions<Kind>, "securityContext">, Abortable {
  /** Security context that signs the message. It requests authentication, unless `authenticationLevel` says otherwise. None by default. */
  readonly securityContext?: SecurityContext | undefined
}

/**
 * Options of a message that is sent without a sender of its own: those of the sender, those of the send, and the signal.
 *
 * @category models
 * @since 0.1.0
 */
export interface OneOffSendOptions<Body = Uint8Array, Transactional extends boolean | undefined = boolean | undefined>
  extends GetOptions<Body, Transactional>, SendOptions<KindOf<Transactional>> {}

/**
 * Defaults of a sender, as the Effect face has them, with a security context of this face.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderDefaults<Body = Uint8Array> extends Omit<EffectSenderDefaults<Body>, "securityContext"> {
  /** Security context that signs the messages. It must be open as long as the sender is used. None by default. */
  readonly securityContext?: SecurityContext | undefined
}

/**
 * Options of a queue that is opened to send.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenSenderOptions<Body = Uint8Array, Transactional extends boolean | undefined = boolean | undefined>
  extends Omit<EffectOpenSenderOptions<Body, Transactional>, "defaults">, Abortable {
  /** Values of fields and options that a message or a send leaves out: see `openSender`. Those of Message Queuing by default. */
  readonly defaults?: SenderDefaults<NoInfer<Body>> | undefined
}

/** @internal */
export const effectOpenOptions = <Body, Transactional extends boolean | undefined>(
  options: OpenSenderOptions<Body, Transactional>
): EffectOpenSenderOptions<Body, Transactional> => {
  const { defaults } = options
  return withOptions(options, {
    defaults:
      defaults &&
      withOptions(defaults, {
        securityContext: defaults.securityContext && SecurityContext.effectOf(defaults.securityContext)
      })
  })
}

/**
 * Queue that is open for sending: see `openSender` of a `Connection`. `Body` is the type that its codec encodes. A message
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
 * await sender.send({ label: "order 1", priority: 7 })
 * const report = await sender.sendAll([{ label: "order 2" }, { label: "order 3" }])
 * report.accepted // => 2
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Sender<Body = Uint8Array, Kind extends QueueKind = QueueKind> extends ScopedResource {
  readonly #sender: EffectSender<Body>

  private constructor(sender: EffectSender<Body>, scope: Scope.Closeable, runner: Runner) {
    super(sender, scope, runner)
    this.#sender = sender
  }

  /** @internal */
  static make<Body, Kind extends QueueKind>(
    sender: EffectSender<Body>,
    scope: Scope.Closeable,
    runner: Runner
  ): Sender<Body, Kind> {
    return new Sender(sender, scope, runner)
  }

  /** Name that the queue was opened with. */
  get queue(): string {
    return this.#sender.queue
  }

  /** Format name of the queue. */
  get formatName(): string {
    return this.#sender.formatName
  }

  /** Kind of the queue: `true` if it is transactional; `undefined` if it is not known. */
  get transactional(): boolean | undefined {
    return this.#sender.transactional
  }

  /** Sends one message and returns its id. See `send` of {@link EffectSender}. */
  send(message: Message<Body>, options?: SendOptions<Kind>): Promise<string> {
    return this.runner.run(this.#call(operations.Sender.send), sending, options, (options) =>
      this.#sender.send(message, effectOptions(options))
    )
  }

  /**
   * Sends one message and waits for its acknowledgment. An abort ends the wait; the message may have been sent. See `sendAwaiting` of
   * {@link EffectSender}.
   */
  sendAwaiting(message: Message<Body>, options: SendAwaitingOptions<Kind>): Promise<Acknowledgment> {
    return this.runner.run(this.#call(operations.Sender.sendAwaiting), sendingAwaiting, options, (options) =>
      this.#sender.sendAwaiting(message, effectAwaitingOptions(options))
    )
  }

  /**
   * Sends many messages in order. Stops at the first failure; the error's `progress` has the number of messages that were
   * accepted. See `sendAll` of {@link EffectSender}.
   *
   * If the iteration rejects or throws, the error has the reason `SourceFailed`, its `cause` and `progress`.
   *
   * An abort rejects with the signal's reason, as everywhere in Node. The last call of `onProgress` before that has the report
   * with the number of accepted messages.
   *
   * A closing of the sender, the connection, the security context or the transaction does not wait for the next message of the
   * iteration: the promise rejects with `Released` and `progress`, and `return()` of the iteration is called.
   */
  sendAll(
    messages: Iterable<Message<Body>> | AsyncIterable<Message<Body>>,
    options?: SendAllOptions<Kind>
  ): Promise<SendReport> {
    const call = this.#call(operations.Sender.sendAll)
    return this.runner.run(call, sendingAll, options, (options) =>
      Effect.flatMap(argument(call, "messages", messagesInPromises, messages), () =>
        this.runner.callingHere(
          Symbol.asyncIterator in messages
            ? this.#sender.sendAll(streamOf(messages), effectOptions(options))
            : this.#sender.sendAll(messages, effectOptions(options))
        )
      )
    )
  }

  #call(operation: Operation): Call {
    return { operation, queue: this.queue }
  }
}

const signerAndTransaction = (options: SendOptions) => ({
  securityContext: options.securityContext && SecurityContext.effectOf(options.securityContext),
  transaction: options.transaction && participationOf(options.transaction)
})

const effectOptions = (options: SendAllOptions): EffectSendAllOptions =>
  withOptions(options, signerAndTransaction(options))

/** @internal */
export const effectOneOffOptions = <Body>(options: OneOffSendOptions<Body>): EffectOneOffSendOptions<Body> =>
  withOptions(options, signerAndTransaction(options))

const effectAwaitingOptions = (options: SendAwaitingOptions): EffectSendAwaitingOptions =>
  withOptions(options, {
    securityContext: options.securityContext && SecurityContext.effectOf(options.securityContext)
  })
