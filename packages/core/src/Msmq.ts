/**
 * The face for programs that do not write Effect: promises, `using`, `await using`, `for await` and `AbortSignal`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Certificate from "./Certificate.ts"
import { reportIfDropped } from "./internal/droppedHandle.ts"
import * as OwnedHandle from "./internal/OwnedHandle.ts"
import { runPromise } from "./internal/runPromise.ts"
import type { Message, ReceivedMessage } from "./Message.ts"
import type { CreateOptions, OpenReceiverOptions, OpenSenderOptions, QueueName } from "./MessageQueue.ts"
import * as MessageQueue from "./MessageQueue.ts"
import { Mqrt } from "./Mqrt.ts"
import type { PathName } from "./PathName.ts"
import type * as Receiver from "./Receiver.ts"
import * as SecurityContext from "./SecurityContext.ts"
import type * as Sender from "./Sender.ts"
import type { SendAllOptions, SendOptions, SendReport } from "./SendOptions.ts"

/**
 * Where something waits it takes a signal; when that aborts, the promise is rejected with the signal's reason.
 *
 * @category models
 * @since 0.1.0
 */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/**
 * A security context that is freed by `using`, or by `close()`.
 *
 * It is freed at once, or at the end of the slice that is being sent with it; a batch that still sends with it stops there
 * and its error tells how much was accepted. Await the batch first.
 *
 * @category models
 * @since 0.1.0
 */
export class DisposableSecurityContext extends SecurityContext.SecurityContext implements Disposable {
  /** Frees the context; again, it does nothing. `MQFreeSecurityContext`. */
  close(): void {
    OwnedHandle.closeNow(this[OwnedHandle.symbol])
  }
  [Symbol.dispose](): void {
    this.close()
  }
}

abstract class Opened implements AsyncDisposable {
  readonly #scope: Scope.Closeable

  constructor(scope: Scope.Closeable) {
    this.#scope = scope
  }

  /** Closes it, after what runs on it; again, it does nothing. */
  close(): Promise<void> {
    return Effect.runPromise(Scope.close(this.#scope, Exit.void))
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * A queue that is open for sending: {@link Sender.Sender} in promises.
 *
 * @category models
 * @since 0.1.0
 */
export class MsmqSender extends Opened {
  readonly #sender: Sender.Sender

  /** Use `openSender` of {@link Msmq}. */
  constructor(sender: Sender.Sender, scope: Scope.Closeable) {
    super(scope)
    this.#sender = sender
  }

  /** The queue, by the name it was opened with. */
  get queue(): string {
    return this.#sender.queue
  }

  /** Sends one message and gives its id. */
  send(message: Message, options: SendOptions & Abortable = {}): Promise<string> {
    return runPromise(this.#sender.send(message, options), options.signal)
  }

  /** Sends many, as they come. On a failure or an abort the rest stays unsent; the error tells how many were accepted. */
  sendAll(
    messages: Iterable<Message> | AsyncIterable<Message>,
    options: SendAllOptions & Abortable = {}
  ): Promise<SendReport> {
    return runPromise(
      Symbol.asyncIterator in messages
        ? this.#sender.sendAll(
            Stream.fromAsyncIterable(messages, (error) => error),
            options
          )
        : this.#sender.sendAll(messages, options),
      options.signal
    )
  }
}

/**
 * A queue that is open for receiving: {@link Receiver.Receiver} in promises. `for await` goes through its messages.
 *
 * @category models
 * @since 0.1.0
 */
export class MsmqReceiver extends Opened implements AsyncIterable<ReceivedMessage> {
  readonly #receiver: Receiver.Receiver

  /** Use `openReceiver` of {@link Msmq}. */
  constructor(receiver: Receiver.Receiver, scope: Scope.Closeable) {
    super(scope)
    this.#receiver = receiver
  }

  /** The queue, by the name it was opened with. */
  get queue(): string {
    return this.#receiver.queue
  }

  /** Takes the first message, or waits until there is one. */
  receive(options: Abortable = {}): Promise<ReceivedMessage> {
    return runPromise(this.#receiver.receive, options.signal)
  }

  /** Takes the first message, or waits so long, in milliseconds or as `"5 seconds"`; `undefined` if none came. */
  receiveWithin(duration: Duration.Input, options: Abortable = {}): Promise<ReceivedMessage | undefined> {
    return runPromise(Effect.map(this.#receiver.receiveWithin(duration), Option.getOrUndefined), options.signal)
  }

  /** Takes the first message if there is one. */
  poll(): Promise<ReceivedMessage | undefined> {
    return runPromise(Effect.map(this.#receiver.poll, Option.getOrUndefined), undefined)
  }

  /** The messages without end, each taken when the loop asks for it; leaving the loop takes no more. */
  [Symbol.asyncIterator](): AsyncIterator<ReceivedMessage> {
    return Stream.toAsyncIterable(this.#receiver.messages)[Symbol.asyncIterator]()
  }
}

/**
 * A connection: everything it opens is closed with it, the youngest first.
 *
 * @category models
 * @since 0.1.0
 */
export class Msmq implements AsyncDisposable {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>
  readonly #mqrt: Mqrt["Service"]

  /** Use {@link connect}. */
  constructor(runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>, mqrt: Mqrt["Service"]) {
    this.#runtime = runtime
    this.#mqrt = mqrt
  }

  /** Creates a queue and gives its format name. See {@link MessageQueue.create}. */
  createQueue(queue: PathName | string, options: CreateOptions & Abortable = {}): Promise<string> {
    return this.#run(MessageQueue.create(queue, options), options.signal)
  }

  /** Deletes a queue with its messages. See `MessageQueue.delete`. */
  deleteQueue(queue: QueueName, options: Abortable = {}): Promise<void> {
    return this.#run(MessageQueue.delete(queue), options.signal)
  }

  /** Whether a queue exists. See {@link MessageQueue.exists}. */
  queueExists(queue: QueueName, options: Abortable = {}): Promise<boolean> {
    return this.#run(MessageQueue.exists(queue), options.signal)
  }

  /**
   * Acquires a security context on this thread, at once: own it with `using`. Throws the errors of
   * {@link SecurityContext.acquire}.
   */
  securityContext(options: SecurityContext.AcquireOptions = {}): DisposableSecurityContext {
    const context = Effect.runSync(
      SecurityContext.acquire(options).pipe(Scope.provide(Scope.makeUnsafe()), Effect.provideService(Mqrt, this.#mqrt))
    )
    const handle = context[OwnedHandle.symbol]
    return reportIfDropped(new DisposableSecurityContext(context.certificate, handle), handle)
  }

  /** Opens a queue for sending: own it with `await using`. See {@link MessageQueue.openSender}. */
  openSender(queue: QueueName, options: OpenSenderOptions & Abortable = {}): Promise<MsmqSender> {
    return this.#open(MessageQueue.openSender(queue, options), MsmqSender, options.signal)
  }

  /** Opens a queue for receiving: own it with `await using`. See {@link MessageQueue.openReceiver}. */
  openReceiver(queue: QueueName, options: OpenReceiverOptions & Abortable = {}): Promise<MsmqReceiver> {
    return this.#open(MessageQueue.openReceiver(queue, options), MsmqReceiver, options.signal)
  }

  /** Closes what is still open, after what runs on it, then the backend; again, it does nothing. */
  close(): Promise<void> {
    return this.#runtime.dispose()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #run<A, E>(effect: Effect.Effect<A, E, Mqrt>, signal: AbortSignal | undefined): Promise<A> {
    return runPromise(Effect.provideService(effect, Mqrt, this.#mqrt), signal)
  }

  #open<A extends Sender.Sender | Receiver.Receiver, B extends Opened, E>(
    effect: Effect.Effect<A, E, Mqrt | Scope.Scope>,
    Face: new (opened: A, scope: Scope.Closeable) => B,
    signal: AbortSignal | undefined
  ): Promise<B> {
    return this.#run(
      Effect.flatMap(Scope.make(), (scope) =>
        effect.pipe(
          Scope.provide(scope),
          Effect.map((opened) => reportIfDropped(new Face(opened, scope), opened[OwnedHandle.symbol])),
          Effect.onError(() => Scope.close(scope, Exit.void))
        )
      ),
      signal
    )
  }
}

/**
 * Reads exactly one certificate: text in PEM, or bytes in ASN.1 DER. Throws an `MsmqError` with the reason
 * `NotACertificate`. See {@link Certificate.fromPem} and {@link Certificate.fromDer}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const certificate = (source: string | Uint8Array): Certificate.Certificate =>
  Effect.runSync(typeof source === "string" ? Certificate.fromPem(source) : Certificate.fromDer(source))

/**
 * Connects to Message Queuing through a backend.
 *
 * Rejects with what the backend's layer fails with.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Msmq } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await Msmq.connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders", { authenticate: true })
 * using securityContext = msmq.securityContext()
 * await using sender = await msmq.openSender(".\\private$\\orders")
 * await sender.send({ label: "order 1" }, { securityContext })
 * await using receiver = await msmq.openReceiver(".\\private$\\orders")
 * const message = await receiver.receive()
 * message.label // => "order 1"
 * message.authenticated // => true
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = async <E>(layer: Layer.Layer<Mqrt, E>, options: Abortable = {}): Promise<Msmq> => {
  const runtime = ManagedRuntime.make(layer)
  try {
    const context = await runPromise(runtime.contextEffect, options.signal)
    return new Msmq(runtime, Context.get(context, Mqrt))
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
