/**
 * The face for programs that do not write Effect: promises, `using` or `close()`, `for await` and `AbortSignal`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Abortable } from "./Abortable.ts"
import { CallSite } from "../mqrt/CallSite.ts"
import * as Certificate from "../Certificate.ts"
import { CurrentAbortGate } from "../internal/promises/AbortGate.ts"
import { nameOf } from "../internal/names/queueName.ts"
import { certificateSource } from "../internal/options/credentials.ts"
import { awaitable, promiseHandler } from "../internal/options/handlers.ts"
import type { Call } from "../internal/options/illegalOption.ts"
import { argument, argumentOrThrow, optionsOrThrow } from "../internal/options/illegalOption.ts"
import type { NameOf, OptionTable } from "../internal/options/OptionTable.ts"
import * as tables from "../internal/options/promiseOptions.ts"
import { abortable } from "../internal/options/signals.ts"
import { opened, owning } from "../internal/promises/Opened.ts"
import { Described, facts, stateOf } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import * as OwnedHandle from "../internal/ownership/OwnedHandle.ts"
import { Runner } from "../internal/promises/Runner.ts"
import type { ReceivedMessage } from "../Message.ts"
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
} from "../MessageQueue.ts"
import * as MessageQueue from "../MessageQueue.ts"
import { Mqrt } from "../Mqrt.ts"
import type { MsmqError } from "../MsmqError.ts"
import { MsmqQueueManager } from "./QueueManager.ts"
import { MsmqReceiver } from "./Receiver.ts"
import { MsmqSender } from "./Sender.ts"
import { MsmqTransaction } from "./Transaction.ts"
import type { PathName } from "../PathName.ts"
import type { Part } from "../QueueSecurity.ts"
import * as QueueSecurity from "../QueueSecurity.ts"
import * as SecurityContext from "../SecurityContext.ts"
import * as Transaction from "../Transaction.ts"

export type { Abortable } from "./Abortable.ts"
import * as operations from "../internal/telemetry/operations.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"

const on = (operation: Operation, queue: QueueName): Call => ({ operation, queue: nameOf(queue) })

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
export class Msmq extends Described implements AsyncDisposable {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>
  readonly #mqrt: Mqrt["Service"]
  readonly #runner: Runner

  /** Use {@link connect}. */
  constructor(runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>, context: Context.Context<Mqrt>) {
    super()
    this.#runtime = runtime
    this.#mqrt = Context.get(context, Mqrt)
    this.#runner = new Runner(context)
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "Msmq", state: stateOf(this.#mqrt.openHandles) }
  }

  /** Creates a queue and gives its format name. See {@link MessageQueue.create}. */
  createQueue(queue: PathName | string, options?: CreateOptions & Abortable): Promise<string> {
    return this.#run(on(operations.MessageQueue.create, queue), tables.createOptions, options, (options) =>
      MessageQueue.create(queue, options)
    )
  }

  /** Deletes a queue with its messages. See `MessageQueue.delete`. */
  deleteQueue(queue: QueueName, options?: Abortable): Promise<void> {
    return this.#run(on(operations.MessageQueue.delete, queue), abortable, options, () => MessageQueue.delete(queue))
  }

  /** Whether a queue exists. See {@link MessageQueue.exists}. */
  queueExists(queue: QueueName, options?: Abortable): Promise<boolean> {
    return this.#run(on(operations.MessageQueue.exists, queue), abortable, options, () => MessageQueue.exists(queue))
  }

  /** What a queue is. See {@link MessageQueue.properties}. */
  queueProperties(queue: QueueName, options?: Abortable): Promise<Properties> {
    return this.#run(on(operations.MessageQueue.properties, queue), abortable, options, () =>
      MessageQueue.properties(queue)
    )
  }

  /** Changes what can be changed of a queue. See {@link MessageQueue.setProperties}. */
  setQueueProperties(queue: QueueName, changes: Changes, options?: Abortable): Promise<void> {
    return this.#run(on(operations.MessageQueue.setProperties, queue), abortable, options, () =>
      MessageQueue.setProperties(queue, changes)
    )
  }

  /** Removes every message of a queue. See {@link MessageQueue.purge}. */
  purgeQueue(queue: QueueName, options?: PurgeOptions & Abortable): Promise<void> {
    return this.#run(on(operations.MessageQueue.purge, queue), tables.purgeOptions, options, (options) =>
      MessageQueue.purge(queue, options)
    )
  }

  /** The public queues for which all restrictions hold; leaving the loop ends the search. See {@link MessageQueue.locate}. */
  locateQueues(restrictions: ReadonlyArray<Restriction> = []): AsyncIterable<LocatedQueue> {
    return this.#runner.iterable(Stream.provideService(MessageQueue.locate(restrictions), Mqrt, this.#mqrt))
  }

  /** Who may do what with a queue, as SDDL. See {@link QueueSecurity.get}. */
  queueSecurity(queue: QueueName, options?: { readonly parts?: ReadonlyArray<Part> } & Abortable): Promise<string> {
    return this.#run(on(operations.QueueSecurity.get, queue), tables.securityOptions, options, ({ parts }) =>
      QueueSecurity.get(queue, parts)
    )
  }

  /** Sets who may do what with a queue, by SDDL. See {@link QueueSecurity.set}. */
  setQueueSecurity(
    queue: QueueName,
    sddl: string,
    options?: { readonly parts?: ReadonlyArray<Part> } & Abortable
  ): Promise<void> {
    return this.#run(on(operations.QueueSecurity.set, queue), tables.securityOptions, options, ({ parts }) =>
      QueueSecurity.set(queue, sddl, parts)
    )
  }

  /** The queue manager of this machine, and of others that can be reached. */
  get queueManager(): MsmqQueueManager {
    return new MsmqQueueManager(
      (call, table, options, run) => this.#run(call, table, options, run),
      this.#mqrt.openHandles
    )
  }

  /**
   * Acquires a security context on this thread, at once: own it with `using`, or `close()` it in a `finally`.
   * Throws the errors of {@link SecurityContext.acquire}.
   */
  securityContext(options?: SecurityContext.AcquireOptions): DisposableSecurityContext {
    const scope = Scope.makeUnsafe()
    const context = Effect.runSync(
      SecurityContext.acquire(options).pipe(Scope.provide(scope), Effect.provideService(Mqrt, this.#mqrt))
    )
    return owning(new DisposableSecurityContext(context, this.#runner), scope)
  }

  /** Opens a queue for sending: own it with `await using` or `close()`. See {@link MessageQueue.openSender}. */
  openSender<Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
    queue: QueueName,
    options?: OpenSenderOptions<Body, Transactional> & Abortable
  ): Promise<MsmqSender<Body, KindOf<Transactional>>> {
    return this.#run(on(operations.MessageQueue.openSender, queue), tables.openSenderOptions, options, (options) =>
      opened(
        MessageQueue.openSender(queue, options),
        (sender, scope) => new MsmqSender<Body, KindOf<Transactional>>(sender, scope, this.#runner)
      )
    )
  }

  /** Opens a queue for receiving: own it with `await using` or `close()`. See {@link MessageQueue.openReceiver}. */
  openReceiver<Body = Uint8Array>(
    queue: QueueName,
    options?: OpenReceiverOptions<Body> & Abortable
  ): Promise<MsmqReceiver<Body>> {
    return this.#run(on(operations.MessageQueue.openReceiver, queue), tables.openReceiverOptions, options, (options) =>
      opened(
        MessageQueue.openReceiver(queue, options),
        (receiver, scope) => new MsmqReceiver(receiver, scope, this.#runner, this.#mqrt)
      )
    )
  }

  /**
   * The messages of a queue without end, each taken when the loop asks for it. The queue is opened when the loop begins,
   * and closed when it is left, however that happens.
   */
  messages<Body = Uint8Array>(
    queue: QueueName,
    options?: OpenReceiverOptions<Body>
  ): AsyncIterable<ReceivedMessage<Body>> {
    return this.#runner.iterable(
      Stream.unwrap(
        Effect.andThen(
          this.#unlessClosed({ operation: operations.MessageQueue.openReceiver }),
          Effect.map(MessageQueue.openReceiver(queue, options), ({ messages }) => messages)
        )
      ).pipe(Stream.provideService(Mqrt, this.#mqrt))
    )
  }

  /**
   * Runs a function in a transaction, which its sends and receives take part in by the option `transaction`: committed when
   * the promise is fulfilled, aborted when it is rejected or the signal aborts, exactly once. See {@link Transaction.run}.
   *
   * Is fulfilled only if a commit was made, here or by hand inside of the function. Rejects with what the function rejects
   * with, and with the reason `TransactionAborted` where the function is fulfilled but the transaction was aborted
   * meanwhile: by hand, or because the connection closed.
   *
   * Before the commit begins, an abort of the signal rolls back and rejects with the signal's reason. Once it has begun,
   * here or by hand, its outcome is told. A function that commits by hand and rejects after it rejects the promise, and
   * what was committed stays so.
   */
  transaction<A>(
    body: (transaction: MsmqTransaction, signal: AbortSignal) => Promise<A>,
    options?: Transaction.Options & Abortable
  ): Promise<A> {
    const operation = operations.Transaction.run
    const run = (signal: AbortSignal | undefined) =>
      Effect.withFiber((fiber: Fiber.Fiber<unknown, unknown>) => {
        const current = fiber.getRef(Transaction.Current)
        const runner = this.#runner.within(fiber.getRef(CurrentAbortGate))
        // What the function rejects with comes out as it is.
        return runner.await((interrupted) => {
          if (typeof current === "string") throw new Error("no transaction was begun")
          const given = body(
            new MsmqTransaction(current, runner),
            signal === undefined ? interrupted : AbortSignal.any([signal, interrupted])
          )
          return awaitable({ operation }, "body", given)
        })
      })
    return this.#run({ operation }, tables.transactionOptions, options, (options) =>
      Effect.andThen(
        argument({ operation }, "body", promiseHandler, body),
        Transaction.run(run(options.signal), options)
      )
    )
  }

  /** Begins a transaction by hand: own it with `await using` or `abort()`, which abort it unless it was committed. */
  beginTransaction(options?: Transaction.Options & Abortable): Promise<MsmqTransaction> {
    return this.#run({ operation: operations.Transaction.begin }, tables.transactionOptions, options, (options) =>
      opened(Transaction.begin(options), (transaction) => new MsmqTransaction(transaction, this.#runner))
    )
  }

  /** Closes what is still open, after what runs on it, then the backend; again, it does nothing. */
  close(): Promise<void> {
    return this.#runner.promise(
      OwnedHandle.stopRunsThen(this.#mqrt.openHandles, this.#runtime.disposeEffect),
      undefined
    )
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #run<O extends Abortable, A, E>(
    call: Call,
    table: OptionTable<NameOf<O>>,
    options: O | undefined,
    run: (options: O) => Effect.Effect<A, E, Mqrt>
  ): Promise<A> {
    return this.#runner.run(call, table, options, (options) =>
      Effect.andThen(this.#unlessClosed(call), Effect.provideService(run(options), Mqrt, this.#mqrt))
    )
  }

  /** Fails once the connection is closed, when its backend is gone. What has no handle would call it all the same. */
  #unlessClosed({ operation }: Call): Effect.Effect<void, MsmqError> {
    const root = this.#mqrt.openHandles
    return Effect.suspend(() => (root.state === "released" ? Effect.fail(root.node.refusal(operation)) : Effect.void))
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
  Effect.runSync(
    Effect.flatMap(
      argument({ operation: operations.Msmq.certificate }, "source", certificateSource, source),
      (source) => (typeof source === "string" ? Certificate.fromPem(source) : Certificate.fromDer(source))
    )
  )

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
 * @example
 * Without `using`, which Node reads from 24 on, `close()` closes the connection with all that was opened through it:
 *
 * ```ts import.meta.vitest
 * import { Msmq } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * const labelOfFirst = async () => {
 *   const msmq = await Msmq.connect(InMemoryMqrt.layer)
 *   try {
 *     await msmq.createQueue(".\\private$\\orders")
 *     const sender = await msmq.openSender(".\\private$\\orders")
 *     await sender.send({ label: "order 1" })
 *     const receiver = await msmq.openReceiver(".\\private$\\orders")
 *     return (await receiver.receive()).label
 *   } finally {
 *     await msmq.close()
 *   }
 * }
 * const label = await labelOfFirst()
 * label // => "order 1"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = async <E>(layer: Layer.Layer<Mqrt, E>, options?: Abortable): Promise<Msmq> => {
  // The program's stack is seen only before the first wait.
  const opener = Layer.succeed(OwnedHandle.Opener, new CallSite())
  const call = { operation: operations.Msmq.connect }
  const { signal } = optionsOrThrow(call, abortable, options)
  argumentOrThrow(call, "layer", tables.backend, layer)
  const runtime = ManagedRuntime.make(Layer.provide(layer, opener))
  try {
    const context = await new Runner(Context.empty()).promise(runtime.contextEffect, signal)
    argumentOrThrow(call, "layer", tables.backendContext, context)
    return new Msmq(runtime, context)
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
