/**
 * The face for programs that do not write Effect: promises, `using`, `await using`, `for await` and `AbortSignal`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Abortable } from "./Abortable.ts"
import { CallSite } from "./CallSite.ts"
import * as Certificate from "./Certificate.ts"
import { opened, owning } from "./internal/promises/Opened.ts"
import * as OwnedHandle from "./internal/handles/OwnedHandle.ts"
import { Runner } from "./internal/promises/Runner.ts"
import type { ReceivedMessage } from "./Message.ts"
import type {
  Changes,
  CreateOptions,
  KindOf,
  LocatedQueue,
  OpenReceiverOptions,
  OpenSenderOptions,
  Properties,
  PurgeOptions,
  QueueName,
  Restriction
} from "./MessageQueue.ts"
import * as MessageQueue from "./MessageQueue.ts"
import { Mqrt } from "./Mqrt.ts"
import { MsmqQueueManager } from "./MsmqQueueManager.ts"
import { MsmqReceiver } from "./MsmqReceiver.ts"
import { MsmqSender } from "./MsmqSender.ts"
import { MsmqTransaction } from "./MsmqTransaction.ts"
import type { PathName } from "./PathName.ts"
import type { Part } from "./QueueSecurity.ts"
import * as QueueSecurity from "./QueueSecurity.ts"
import * as SecurityContext from "./SecurityContext.ts"
import * as Transaction from "./Transaction.ts"

export type { Abortable } from "./Abortable.ts"

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
  readonly #runner: Runner

  /** Use `securityContext` of {@link Msmq}. */
  constructor(context: SecurityContext.SecurityContext, runner: Runner) {
    super(context.certificate, context[OwnedHandle.symbol])
    this.#runner = runner
  }

  /** Frees the context; again, it does nothing. `MQFreeSecurityContext`. */
  close(): void {
    this.#runner.closeNow(this[OwnedHandle.symbol])
  }
  [Symbol.dispose](): void {
    this.close()
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
  readonly #runner: Runner

  /** Use {@link connect}. */
  constructor(runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>, context: Context.Context<Mqrt>) {
    this.#runtime = runtime
    this.#mqrt = Context.get(context, Mqrt)
    this.#runner = new Runner(context)
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

  /** What a queue is. See {@link MessageQueue.properties}. */
  queueProperties(queue: QueueName, options: Abortable = {}): Promise<Properties> {
    return this.#run(MessageQueue.properties(queue), options.signal)
  }

  /** Changes what can be changed of a queue. See {@link MessageQueue.setProperties}. */
  setQueueProperties(queue: QueueName, changes: Changes, options: Abortable = {}): Promise<void> {
    return this.#run(MessageQueue.setProperties(queue, changes), options.signal)
  }

  /** Removes every message of a queue. See {@link MessageQueue.purge}. */
  purgeQueue(queue: QueueName, options: PurgeOptions & Abortable = {}): Promise<void> {
    return this.#run(MessageQueue.purge(queue, options), options.signal)
  }

  /** The public queues for which all restrictions hold; leaving the loop ends the search. See {@link MessageQueue.locate}. */
  locateQueues(restrictions: ReadonlyArray<Restriction> = []): AsyncIterable<LocatedQueue> {
    return this.#runner.iterable(Stream.provideService(MessageQueue.locate(restrictions), Mqrt, this.#mqrt))
  }

  /** Who may do what with a queue, as SDDL. See {@link QueueSecurity.get}. */
  queueSecurity(queue: QueueName, options: { readonly parts?: ReadonlyArray<Part> } & Abortable = {}): Promise<string> {
    return this.#run(QueueSecurity.get(queue, options.parts), options.signal)
  }

  /** Sets who may do what with a queue, by SDDL. See {@link QueueSecurity.set}. */
  setQueueSecurity(
    queue: QueueName,
    sddl: string,
    options: { readonly parts?: ReadonlyArray<Part> } & Abortable = {}
  ): Promise<void> {
    return this.#run(QueueSecurity.set(queue, sddl, options.parts), options.signal)
  }

  /** The queue manager of this machine, and of others that can be reached. */
  get queueManager(): MsmqQueueManager {
    return new MsmqQueueManager((effect, options) => this.#run(effect, options.signal))
  }

  /**
   * Acquires a security context on this thread, at once: own it with `using`. Throws the errors of
   * {@link SecurityContext.acquire}.
   */
  securityContext(options: SecurityContext.AcquireOptions = {}): DisposableSecurityContext {
    const scope = Scope.makeUnsafe()
    const context = Effect.runSync(
      SecurityContext.acquire(options).pipe(Scope.provide(scope), Effect.provideService(Mqrt, this.#mqrt))
    )
    return owning(new DisposableSecurityContext(context, this.#runner), scope)
  }

  /** Opens a queue for sending: own it with `await using`. See {@link MessageQueue.openSender}. */
  openSender<Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
    queue: QueueName,
    options: OpenSenderOptions<Body, Transactional> & Abortable = {}
  ): Promise<MsmqSender<Body, KindOf<Transactional>>> {
    return this.#run(
      opened(
        MessageQueue.openSender(queue, options),
        (sender, scope) => new MsmqSender<Body, KindOf<Transactional>>(sender, scope, this.#runner)
      ),
      options.signal
    )
  }

  /** Opens a queue for receiving: own it with `await using`. See {@link MessageQueue.openReceiver}. */
  openReceiver<Body = Uint8Array>(
    queue: QueueName,
    options: OpenReceiverOptions<Body> & Abortable = {}
  ): Promise<MsmqReceiver<Body>> {
    return this.#run(
      opened(
        MessageQueue.openReceiver(queue, options),
        (receiver, scope) => new MsmqReceiver(receiver, scope, this.#runner, this.#mqrt)
      ),
      options.signal
    )
  }

  /**
   * The messages of a queue without end, each taken when the loop asks for it. The queue is opened when the loop begins,
   * and closed when it is left, however that happens.
   */
  messages<Body = Uint8Array>(
    queue: QueueName,
    options: OpenReceiverOptions<Body> = {}
  ): AsyncIterable<ReceivedMessage<Body>> {
    return this.#runner.iterable(
      Stream.unwrap(Effect.map(MessageQueue.openReceiver(queue, options), ({ messages }) => messages)).pipe(
        Stream.provideService(Mqrt, this.#mqrt)
      )
    )
  }

  /**
   * Runs a function in a transaction, which its sends and receives take part in by the option `transaction`: committed when
   * the promise is fulfilled, aborted when it is rejected or the signal aborts, exactly once. See {@link Transaction.run}.
   */
  transaction<A>(
    body: (transaction: MsmqTransaction, signal: AbortSignal) => Promise<A>,
    options: Transaction.Options & Abortable = {}
  ): Promise<A> {
    const run = Effect.flatMap(Transaction.Current, (current) =>
      // What the function rejects with comes out as it is.
      Effect.promise((signal) => {
        if (typeof current === "string") throw new Error("no transaction was begun")
        return body(new MsmqTransaction(current, this.#runner), signal)
      })
    )
    return this.#run(Transaction.run(run, options), options.signal)
  }

  /** Begins a transaction by hand: own it with `await using`, which aborts it unless it was committed. */
  beginTransaction(options: Transaction.Options & Abortable = {}): Promise<MsmqTransaction> {
    return this.#run(
      opened(Transaction.begin(options), (transaction) => new MsmqTransaction(transaction, this.#runner)),
      options.signal
    )
  }

  /** Closes what is still open, after what runs on it, then the backend; again, it does nothing. */
  close(): Promise<void> {
    return this.#runtime.dispose()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #run<A, E>(effect: Effect.Effect<A, E, Mqrt>, signal: AbortSignal | undefined): Promise<A> {
    return this.#runner.promise(Effect.provideService(effect, Mqrt, this.#mqrt), signal)
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
  // The program's stack is seen only before the first wait.
  const opener = Layer.succeed(OwnedHandle.Opener, new CallSite())
  const runtime = ManagedRuntime.make(Layer.provide(layer, opener))
  try {
    const context = await new Runner(Context.empty()).promise(runtime.contextEffect, options.signal)
    return new Msmq(runtime, context)
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
