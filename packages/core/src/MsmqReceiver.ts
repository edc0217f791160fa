/**
 * Receivers for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import { Opened, opened } from "./internal/promises/Opened.ts"
import type { Runner } from "./internal/promises/Runner.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { LookupAction } from "./MessageProperties.ts"
import type { Mqrt } from "./Mqrt.ts"
import { Mqrt as MqrtService } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import type { HandlerOptions, MsmqConsumePolicy } from "./MsmqConsuming.ts"
import { handlerOf, policyOf } from "./MsmqConsuming.ts"
import { MsmqCursor } from "./MsmqCursor.ts"
import type { ReceiveOptions } from "./MsmqTransaction.ts"
import { participating } from "./MsmqTransaction.ts"
import type * as Receiver from "./Receiver.ts"

type Received<Body> = Promise<ReceivedMessage<Body>>
type Found<Body> = Promise<ReceivedMessage<Body> | undefined>

/**
 * A queue that is open for receiving: {@link Receiver.Receiver} in promises. `for await` takes its messages, one each time
 * the loop asks. A receive takes part in a transaction by the option `transaction`.
 *
 * @category models
 * @since 0.1.0
 */
export class MsmqReceiver<Body = Uint8Array> extends Opened implements AsyncIterable<ReceivedMessage<Body>> {
  readonly #receiver: Receiver.Receiver<Body>
  readonly #mqrt: Mqrt["Service"]

  /** Use `openReceiver` of {@link Msmq}. */
  constructor(receiver: Receiver.Receiver<Body>, scope: Scope.Closeable, runner: Runner, mqrt: Mqrt["Service"]) {
    super(receiver, scope, runner)
    this.#receiver = receiver
    this.#mqrt = mqrt
  }

  /** The queue, by the name it was opened with. */
  get queue(): string {
    return this.#receiver.queue
  }

  /** Whether the queue is transactional; `undefined` where that cannot be known. */
  get transactional(): boolean | undefined {
    return this.#receiver.transactional
  }

  /** Takes the first message, or waits until there is one. */
  receive(options: ReceiveOptions = {}): Received<Body> {
    return this.runner.promise(participating(this.#receiver.receive, options), options.signal)
  }

  /** Takes the first message, or waits so long, in milliseconds or as `"5 seconds"`; `undefined` if none came. */
  receiveWithin(duration: Duration.Input, options: ReceiveOptions = {}): Found<Body> {
    return this.#found(this.#receiver.receiveWithin(duration), options)
  }

  /** Takes the first message if there is one. */
  poll(options: ReceiveOptions = {}): Found<Body> {
    return this.#found(this.#receiver.poll, options)
  }

  /** Looks at the first message, or waits until there is one; it stays. */
  peek(options: Abortable = {}): Received<Body> {
    return this.runner.promise(this.#receiver.peek, options.signal)
  }

  /** Looks at the first message, or waits so long; `undefined` if none came. */
  peekWithin(duration: Duration.Input, options: Abortable = {}): Found<Body> {
    return this.#found(this.#receiver.peekWithin(duration), options)
  }

  /** Looks at the first message if there is one. */
  pollPeek(options: Abortable = {}): Found<Body> {
    return this.#found(this.#receiver.pollPeek, options)
  }

  /**
   * Takes or looks at a message by lookup id, without a wait; `undefined` where there is none. `lookupId`: 0 for the first
   * and last ones. See {@link MessagesByLookupId}.
   */
  byLookupId(action: LookupAction, lookupId = 0n, options: ReceiveOptions = {}): Found<Body> {
    return this.#found(this.#receiver.byLookupId.find(action, lookupId), options)
  }

  /** A cursor of its own, before the first message: own it with `await using`. */
  cursor(options: Abortable = {}): Promise<MsmqCursor<Body>> {
    const open = opened(this.#receiver.cursor, (cursor, scope) => new MsmqCursor(cursor, scope, this.runner))
    return this.runner.promise(Effect.provideService(open, MqrtService, this.#mqrt), options.signal)
  }

  /** The messages that are there, from the first to the last, which all stay; leaving the loop closes the cursor. */
  browse(): AsyncIterable<ReceivedMessage<Body>> {
    return this.runner.iterable(this.#receiver.browse)
  }

  /** Moves a message to a subqueue, or with `null` back to the queue itself. */
  move(message: { readonly lookupId: bigint }, subqueue: string | null, options: ReceiveOptions = {}): Promise<void> {
    return this.runner.promise(participating(this.#receiver.move(message, subqueue), options), options.signal)
  }

  /** Rejects a message that was received in a transaction; it counts as refused when that commits. */
  reject(message: { readonly lookupId: bigint }, options: ReceiveOptions = {}): Promise<void> {
    return this.runner.promise(participating(this.#receiver.reject(message), options), options.signal)
  }

  /**
   * Feeds a handler from the queue until the signal aborts, the receiver is closed or `poison` says so: then it takes
   * nothing new, lets the handlers that run finish, and rejects. See {@link Receiver.Receiver} for what is promised.
   */
  consume(
    handler: (message: ReceivedMessage<Body>, options: HandlerOptions) => Promise<unknown>,
    policy: MsmqConsumePolicy & Abortable = {}
  ): Promise<never> {
    const { signal, ...others } = policy
    return this.runner.endless(
      this.#receiver.consume(handlerOf(handler, this.runner), policyOf(others, this.runner)),
      signal
    )
  }

  /** The messages without end, each taken when the loop asks for it; leaving the loop takes no more. */
  [Symbol.asyncIterator](): AsyncIterator<ReceivedMessage<Body>> {
    return this.runner.iterable(this.#receiver.messages)[Symbol.asyncIterator]()
  }

  #found(find: Effect.Effect<Option.Option<ReceivedMessage<Body>>, MsmqError>, options: ReceiveOptions): Found<Body> {
    return this.runner.promise(participating(Effect.map(find, Option.getOrUndefined), options), options.signal)
  }
}
