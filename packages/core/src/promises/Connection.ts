/**
 * Connections for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Abortable } from "./Abortable.ts"
import type { FromStoreOptions, StoredCertificate, StoreOptions } from "../Certificate.ts"
import * as Certificates from "../Certificate.ts"
import { CallSite } from "../mqrt/CallSite.ts"
import { CurrentAbortGate } from "../internal/promises/AbortGate.ts"
import { nameOf } from "../internal/names/queueName.ts"
import { awaitable, promiseHandler } from "../internal/options/handlers.ts"
import type { Call } from "../internal/options/illegalOption.ts"
import { argument, argumentOrThrow, optionsOrThrow } from "../internal/options/illegalOption.ts"
import type { NameOf, OptionTable } from "../internal/options/OptionTable.ts"
import { withOptions } from "../internal/options/OptionTable.ts"
import * as tables from "../internal/options/promiseOptions.ts"
import { abortable } from "../internal/options/signals.ts"
import { Described, facts, stateOf } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import * as OwnedHandle from "../internal/ownership/OwnedHandle.ts"
import { Runner } from "../internal/promises/Runner.ts"
import { openScoped, owning } from "../internal/promises/ScopedResource.ts"
import { checkMade } from "../internal/promises/construction.ts"
import type { CheckOptions, Report } from "../Health.ts"
import * as Healths from "../Health.ts"
import type { Message, ReadMessage, ReadOptions, ReceivedMessage } from "../Message.ts"
import type {
  Changes,
  CreateOptions,
  Ensured,
  KindOf,
  LocatedQueue,
  OpenReceiverOptions,
  Properties,
  PurgeOptions,
  QueueName,
  RedriveOptions,
  RedriveReport,
  RedriveTarget,
  RemoveOptions,
  RemoveReport,
  Restriction
} from "../MessageQueue.ts"
import * as MessageQueue from "../MessageQueue.ts"
import { Mqrt } from "../Mqrt.ts"
import type { MsmqError, Reason } from "../MsmqError.ts"
import { QueueManager } from "./QueueManager.ts"
import { Receiver } from "./Receiver.ts"
import type { RequesterOptions } from "./Requester.ts"
import { effectRequesterOptions, Requester } from "./Requester.ts"
import * as Requesters from "../Requester.ts"
import type { OneOffSendOptions, OpenSenderOptions } from "./Sender.ts"
import { effectOneOffOptions, effectOpenOptions, Sender } from "./Sender.ts"
import type { Options as SendersOptions } from "../Senders.ts"
import { make as makeSenders, Senders } from "../Senders.ts"
import type { AcquireOptions } from "./SecurityContext.ts"
import { effectOptions, SecurityContext } from "./SecurityContext.ts"
import { SecurityContexts } from "./SecurityContexts.ts"
import { Transaction } from "./Transaction.ts"
import type { PathName } from "../PathName.ts"
import type { Part, Permission, Right, Trustee } from "../QueueSecurity.ts"
import * as QueueSecurity from "../QueueSecurity.ts"
import { acquire } from "../SecurityContext.ts"
import type { Options as CacheOptions } from "../SecurityContexts.ts"
import type { Account, Sid } from "../Sid.ts"
import * as Sids from "../Sid.ts"
import type { ProcessOptions } from "../Telemetry.ts"
import * as Telemetry from "../Telemetry.ts"
import type { Options as TransactionOptions } from "../Transaction.ts"
import { begin, Current, run as runTransaction } from "../Transaction.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"

/**
 * Choice of parts of a security descriptor.
 *
 * @category models
 * @since 0.1.0
 */
export interface SecurityOptions extends Abortable {
  /**
   * Parts that are read or set. By default owner, group and permissions are read, and the parts that the text has are set.
   */
  readonly parts?: ReadonlyArray<Part> | undefined
}

/**
 * Options of a connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectOptions extends Abortable {
  /**
   * `true` for sends that write the context of their span into the messages, as the headers `traceparent` and `tracestate`: see
   * `Telemetry.PropagateTraceContext`. By default as the layer says, which is `false` for a backend alone.
   */
  readonly propagateTraceContext?: boolean | undefined
  /** Settings of the cache of senders, which `send` and `reply` use. */
  readonly senders?: SendersOptions | undefined
}

const on = (operation: Operation, queue: QueueName): Call => ({ operation, queue: nameOf(queue) })

/** Reason of an error for a function that returns no promise, on a backend that cannot answer at once. */
const notAtOnce: Reason = {
  _tag: "IllegalOption",
  option: "securityContext()",
  actual: "a call that has to return at once",
  rule: "this backend answers later, as one behind a gateway does: use await acquireSecurityContext() with the same options"
}

/** Cache of senders, and the scope that it closes with. */
interface SendersOfConnection {
  readonly cache: Senders["Service"]
  readonly scope: Scope.Closeable
}

/**
 * Connection to Message Queuing through a backend: see {@link connect}. Everything that it opens is closed with it, in
 * reverse order of opening.
 *
 * See the example of {@link connect}.
 *
 * @category models
 * @since 0.1.0
 */
export class Connection extends Described implements AsyncDisposable {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>
  readonly #mqrt: Mqrt["Service"]
  readonly #runner: Runner
  readonly #senders: SendersOfConnection

  private constructor(
    runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>,
    context: Context.Context<Mqrt>,
    senders: SendersOfConnection
  ) {
    super()
    checkMade(ManagedRuntime.isManagedRuntime(runtime))
    this.#runtime = runtime
    this.#mqrt = Context.get(context, Mqrt)
    this.#runner = new Runner(context)
    this.#senders = senders
  }

  /** @internal */
  static make(
    runtime: ManagedRuntime.ManagedRuntime<Mqrt, unknown>,
    context: Context.Context<Mqrt>,
    senders: SendersOfConnection
  ): Connection {
    return new Connection(runtime, context, senders)
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "Connection", state: stateOf(this.#mqrt.openHandles) }
  }

  /** `true` until it is closed. */
  get isOpen(): boolean {
    return this.#mqrt.openHandles.isOpen
  }

  /**
   * Creates a queue and returns its format name. See {@link MessageQueue.create}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders", { label: "Orders", transactional: true })
   * await msmq.queueExists(".\\private$\\orders") // => true
   * ```
   */
  createQueue(queue: PathName | string, options?: CreateOptions & Abortable): Promise<string> {
    return this.#run(on(operations.MessageQueue.create, queue), tables.createOptions, options, (options) =>
      MessageQueue.create(queue, options)
    )
  }

  /** Creates a queue unless it exists, and returns its format name. See {@link MessageQueue.ensure}. */
  ensureQueue(queue: PathName | string, options?: CreateOptions & Abortable): Promise<Ensured> {
    return this.#run(on(operations.MessageQueue.ensure, queue), tables.createOptions, options, (options) =>
      MessageQueue.ensure(queue, options)
    )
  }

  /** Deletes a queue with its messages. See `MessageQueue.delete`. */
  deleteQueue(queue: QueueName, options?: Abortable): Promise<void> {
    return this.#run(on(operations.MessageQueue.delete, queue), abortable, options, () => MessageQueue.delete(queue))
  }

  /** Returns `true` if a queue exists that this user may see. See {@link MessageQueue.exists}. */
  queueExists(queue: QueueName, options?: Abortable): Promise<boolean> {
    return this.#run(on(operations.MessageQueue.exists, queue), abortable, options, () => MessageQueue.exists(queue))
  }

  /** Returns the properties of a queue. See {@link MessageQueue.properties}. */
  queueProperties(queue: QueueName, options?: Abortable): Promise<Properties> {
    return this.#run(on(operations.MessageQueue.properties, queue), abortable, options, () =>
      MessageQueue.properties(queue)
    )
  }

  /**
   * Changes properties of a queue; those that are left out stay as they are. See {@link MessageQueue.setProperties}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders")
   * await msmq.setQueueProperties(".\\private$\\orders", { journal: true, quota: 1024 })
   * const properties = await msmq.queueProperties(".\\private$\\orders")
   * properties.quota // => 1024
   * ```
   */
  setQueueProperties(queue: QueueName, changes: Changes, options?: Abortable): Promise<void> {
    return this.#run(on(operations.MessageQueue.setProperties, queue), abortable, options, () =>
      MessageQueue.setProperties(queue, changes)
    )
  }

  /**
   * Returns the format name to open a queue by: of a path name, or of a format name itself. It asks the queue manager, or the
   * directory. See {@link MessageQueue.formatName}.
   */
  formatName(queue: QueueName, options?: Abortable): Promise<string> {
    return this.#run(on(operations.MessageQueue.formatName, queue), abortable, options, () =>
      MessageQueue.formatName(queue)
    )
  }

  /**
   * Returns the format name of a public queue or a distribution list by its path in the directory, such as `adsPath` of
   * `queueProperties`. See {@link MessageQueue.formatNameOfAdsPath}.
   */
  formatNameOfAdsPath(adsPath: string, options?: Abortable): Promise<string> {
    return this.#run({ operation: operations.MessageQueue.formatNameOfAdsPath }, abortable, options, () =>
      MessageQueue.formatNameOfAdsPath(adsPath)
    )
  }

  /** Removes every message of a queue. See {@link MessageQueue.purge}. */
  purgeQueue(queue: QueueName, options?: PurgeOptions & Abortable): Promise<void> {
    return this.#run(on(operations.MessageQueue.purge, queue), tables.purgeOptions, options, (options) =>
      MessageQueue.purge(queue, options)
    )
  }

  /**
   * Forwards the messages that are in a queue to another one, or back to the queue that each was sent to. An abort waits for the
   * message that is being redriven. See {@link MessageQueue.redrive}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders")
   * await msmq.createQueue(".\\private$\\retries")
   * await msmq.send(".\\private$\\orders", { label: "order 1" })
   * await msmq.redriveMessages(".\\private$\\orders", ".\\private$\\retries")
   * // => { examined: 1, redriven: 1, skipped: 0 }
   * ```
   */
  redriveMessages(from: QueueName, to: RedriveTarget, options?: RedriveOptions & Abortable): Promise<RedriveReport> {
    return this.#run(on(operations.MessageQueue.redrive, from), tables.redriveOptions, options, (options) =>
      this.#runner.callingHere(MessageQueue.redrive(from, to, options))
    )
  }

  /**
   * Removes messages of a queue that a function chooses, or that are older than a duration. An abort takes effect between two messages.
   * See {@link MessageQueue.removeMessages}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders")
   * await msmq.send(".\\private$\\orders", { label: "order 1" })
   * await msmq.send(".\\private$\\orders", { label: "test 1" })
   * await msmq.removeMessages(".\\private$\\orders", { where: ({ label }) => label.startsWith("test") })
   * // => { examined: 2, removed: 1, skipped: 1 }
   * ```
   */
  removeMessages(queue: QueueName, options: RemoveOptions & Abortable): Promise<RemoveReport> {
    // Without options there is no choice, which the table refuses.
    const given = options === undefined ? {} : options
    return this.#run(on(operations.MessageQueue.removeMessages, queue), tables.removeOptions, given, (options) =>
      this.#runner.callingHere(MessageQueue.removeMessages(queue, options))
    )
  }

  /**
   * Returns the public queues that meet all restrictions, or all public queues without restrictions, as an iterable; leaving
   * the loop ends the search. See {@link MessageQueue.locate}.
   */
  locateQueues(restrictions: ReadonlyArray<Restriction> = []): AsyncIterable<LocatedQueue> {
    return this.#iterable(operations.MessageQueue.locate, MessageQueue.locate(restrictions))
  }

  /** Returns the security descriptor of a queue, as SDDL. See {@link QueueSecurity.get}. */
  queueSecurity(queue: QueueName, options?: SecurityOptions): Promise<string> {
    return this.#run(on(operations.QueueSecurity.get, queue), tables.securityOptions, options, ({ parts }) =>
      QueueSecurity.get(queue, parts)
    )
  }

  /** Sets the security descriptor of a queue, by SDDL. See {@link QueueSecurity.set}. */
  setQueueSecurity(queue: QueueName, sddl: string, options?: SecurityOptions): Promise<void> {
    return this.#run(on(operations.QueueSecurity.set, queue), tables.securityOptions, options, ({ parts }) =>
      QueueSecurity.set(queue, sddl, parts)
    )
  }

  /** Lists the permissions of a queue, with account names. See {@link QueueSecurity.list}. */
  queuePermissions(queue: QueueName, options?: Abortable): Promise<ReadonlyArray<Permission>> {
    return this.#run(on(operations.QueueSecurity.list, queue), abortable, options, () => QueueSecurity.list(queue))
  }

  /**
   * Grants rights on a queue to a user or group. See {@link QueueSecurity.grant}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders")
   * await msmq.grantQueueRights(".\\private$\\orders", "everyone", "writeMessage")
   * const permissions = await msmq.queuePermissions(".\\private$\\orders")
   * permissions.some(({ rights }) => rights.includes("writeMessage")) // => true
   * ```
   */
  grantQueueRights(
    queue: QueueName,
    trustee: Trustee,
    rights: Right | ReadonlyArray<Right>,
    options?: Abortable
  ): Promise<void> {
    return this.#run(on(operations.QueueSecurity.grant, queue), abortable, options, () =>
      QueueSecurity.grant(queue, trustee, rights)
    )
  }

  /** Denies rights on a queue to a user or group. See {@link QueueSecurity.deny}. */
  denyQueueRights(
    queue: QueueName,
    trustee: Trustee,
    rights: Right | ReadonlyArray<Right>,
    options?: Abortable
  ): Promise<void> {
    return this.#run(on(operations.QueueSecurity.deny, queue), abortable, options, () =>
      QueueSecurity.deny(queue, trustee, rights)
    )
  }

  /**
   * Removes all entries of a user or group from the permissions of a queue, and returns `true` if there was one. See
   * {@link QueueSecurity.revoke}.
   */
  revokeQueueRights(queue: QueueName, trustee: Trustee, options?: Abortable): Promise<boolean> {
    return this.#run(on(operations.QueueSecurity.revoke, queue), abortable, options, () =>
      QueueSecurity.revoke(queue, trustee)
    )
  }

  /** Sets the permissions of a queue back to those of a new queue. See {@link QueueSecurity.reset}. */
  resetQueuePermissions(queue: QueueName, options?: Abortable): Promise<void> {
    return this.#run(on(operations.QueueSecurity.reset, queue), abortable, options, () => QueueSecurity.reset(queue))
  }

  /** Looks an account up by its name, and returns its SID. See {@link Sids.ofAccount}. */
  sidOfAccount(name: string, options?: Abortable): Promise<Sid> {
    return this.#run({ operation: operations.Sid.ofAccount }, abortable, options, () => Sids.ofAccount(name))
  }

  /** Looks an account up by its SID, and returns its name, its domain and its kind. See {@link Sids.accountOf}. */
  accountOfSid(sid: Sid | string, options?: Abortable): Promise<Account> {
    return this.#run({ operation: operations.Sid.accountOf }, abortable, options, () => Sids.accountOf(sid))
  }

  /** Returns the SID of the user that this process runs as. See {@link Sids.current}. */
  currentSid(options?: Abortable): Promise<Sid> {
    return this.#run({ operation: operations.Sid.current }, abortable, options, () => Sids.current)
  }

  /** Reads a certificate from a store of Windows. See {@link Certificates.fromStore}. */
  certificateFromStore(options: FromStoreOptions & Abortable): Promise<StoredCertificate> {
    // Without options there is no choice, which the table refuses.
    const given = options === undefined ? {} : options
    return this.#run({ operation: operations.Certificate.fromStore }, tables.fromStoreOptions, given, (options) =>
      Certificates.fromStore(options)
    )
  }

  /** Lists the certificates of a store of Windows. See {@link Certificates.listStore}. */
  storedCertificates(options?: StoreOptions & Abortable): Promise<ReadonlyArray<StoredCertificate>> {
    return this.#run({ operation: operations.Certificate.listStore }, tables.storeOptions, options, (options) =>
      Certificates.listStore(options)
    )
  }

  /**
   * Checks that Message Queuing runs, and that its queues are as a program needs them. The promise is fulfilled for an unhealthy
   * machine, too. See {@link Healths.check}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders")
   * const { healthy } = await msmq.checkHealth({ queues: [".\\private$\\orders"] })
   * healthy // => true
   * ```
   */
  checkHealth(options?: CheckOptions & Abortable): Promise<Report> {
    return this.#run({ operation: operations.Health.check }, tables.healthOptions, options, (options) =>
      Healths.check(options)
    )
  }

  /** Queue manager of this computer, and of others that can be reached. */
  get queueManager(): QueueManager {
    return QueueManager.make(
      (call, table, options, run) => this.#run(call, table, options, run),
      (operation, stream) => this.#iterable(operation, stream),
      this.#mqrt.openHandles
    )
  }

  /**
   * Acquires a security context on this thread, at once: own it with `using`, or `close()` it in a `finally`.
   * Throws the errors of {@link acquire}.
   *
   * Throws `IllegalOption` where the backend cannot answer at once, as through a gateway: await {@link acquireSecurityContext} there,
   * which works on every backend.
   */
  securityContext(options?: AcquireOptions): SecurityContext {
    const operation = operations.SecurityContext.acquire
    const given = optionsOrThrow({ operation }, tables.acquireOptions, options)
    const scope = Scope.makeUnsafe()
    const acquired = acquire(effectOptions(given)).pipe(Scope.provide(scope), Effect.provideService(Mqrt, this.#mqrt))
    const fiber = this.#runner.start(acquired)
    const exit = fiber.pollUnsafe()
    if (exit === undefined) {
      // What it gets nobody is given.
      fiber.addObserver(() => void this.#runner.start(Scope.close(scope, Exit.void)))
      throw operation.error(notAtOnce)
    }
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return owning(SecurityContext.make(exit.value, this.#runner), scope)
  }

  /**
   * Acquires a security context, on every backend: own it with `using` or `close()`. Closing returns at once. Through a gateway the
   * context is freed there soon after, and closing the connection waits for that.
   *
   * Rejects as {@link acquire} fails.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders", { authenticate: true })
   * using securityContext = await msmq.acquireSecurityContext()
   * await msmq.send(".\\private$\\orders", { label: "order 1" }, { securityContext })
   * await using receiver = await msmq.openReceiver(".\\private$\\orders")
   * const { authenticated } = await receiver.receive()
   * authenticated // => true
   * ```
   */
  acquireSecurityContext(options?: AcquireOptions & Abortable): Promise<SecurityContext> {
    const operation = operations.SecurityContext.acquire
    return this.#run({ operation }, tables.abortableAcquireOptions, options, (options) =>
      openScoped(acquire(effectOptions(withOptions(options, { signal: undefined }))), (context) =>
        SecurityContext.make(context, this.#runner)
      )
    )
  }

  /**
   * Makes a cache of security contexts, one for each certificate, which all senders share: own it with `await using` or `close()`.
   * `idleTimeToLive` is the time for which an unused context is kept: one minute by default.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders", { authenticate: true })
   * await using contexts = await msmq.securityContexts({ idleTimeToLive: "5 minutes" })
   * await using sender = await msmq.openSender(".\\private$\\orders")
   *
   * const sendSigned = async (label: string) => {
   *   using securityContext = await contexts.get()
   *   await sender.send({ label }, { securityContext })
   * }
   * await sendSigned("order 1")
   * await sendSigned("order 2")
   * await msmq.queueManager.messageCount(".\\private$\\orders") // => 2
   * ```
   */
  securityContexts(options?: CacheOptions & Abortable): Promise<SecurityContexts> {
    return this.#run({ operation: operations.SecurityContexts.layer }, tables.cacheOptions, options, (options) =>
      SecurityContexts.open(options, this.#mqrt, this.#runner)
    )
  }

  /**
   * Sends one message to a queue and returns its id, over a cache of senders, which keeps the queue open for a while. See
   * {@link MessageQueue.send}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders")
   * await msmq.send(".\\private$\\orders", { label: "order 1" })
   * await using receiver = await msmq.openReceiver(".\\private$\\orders")
   * const message = await receiver.receive()
   * message.label // => "order 1"
   * ```
   */
  send<Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
    queue: QueueName,
    message: Message<NoInfer<Body>>,
    options?: OneOffSendOptions<Body, Transactional>
  ): Promise<string> {
    return this.#run(on(operations.MessageQueue.send, queue), tables.oneOffSending, options, (options) =>
      Effect.provideService(
        MessageQueue.send(queue, message, effectOneOffOptions(options)),
        Senders,
        this.#senders.cache
      )
    )
  }

  /**
   * Sends the response to a message that was received, and returns its id. In a transaction that runs, of `transaction` or of a handler
   * of `consume`, it takes part in that. See {@link MessageQueue.reply}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\prices")
   * await using server = await msmq.openReceiver(".\\private$\\prices")
   * await using prices = await msmq.openRequester(".\\private$\\prices")
   * const answer = prices.request({ label: "lamp" }, { within: "5 seconds" })
   * const question = await server.receive()
   * await msmq.reply(question, { label: `${question.label}: 4 euros` })
   * const { label } = await answer
   * label // => "lamp: 4 euros"
   * ```
   */
  reply<Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
    received: Pick<ReceivedMessage<unknown>, "messageId" | "responseQueue">,
    message: Message<NoInfer<Body>>,
    options?: OneOffSendOptions<Body, Transactional>
  ): Promise<string> {
    return this.#run({ operation: operations.MessageQueue.reply }, tables.oneOffSending, options, (options) =>
      Effect.provideService(
        MessageQueue.reply(received, message, effectOneOffOptions(options)),
        Senders,
        this.#senders.cache
      )
    )
  }

  /** Opens a requester for the queue of a service: own it with `await using` or `close()`. See {@link Requesters.open}. */
  openRequester<Question = Uint8Array, Answer = Uint8Array>(
    queue: QueueName,
    options?: RequesterOptions<Question, Answer>
  ): Promise<Requester<Question, Answer>> {
    return this.#run(on(operations.Requester.open, queue), tables.requesterOptions, options, (options) =>
      openScoped(Requesters.open(queue, effectRequesterOptions(options, this.#runner)), (requester, scope) =>
        Requester.make(requester, scope, this.#runner)
      )
    )
  }

  /** Opens a queue for sending: own it with `await using` or `close()`. See {@link MessageQueue.openSender}. */
  openSender<Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
    queue: QueueName,
    options?: OpenSenderOptions<Body, Transactional>
  ): Promise<Sender<Body, KindOf<Transactional>>> {
    return this.#run(on(operations.MessageQueue.openSender, queue), tables.openSenderOptions, options, (options) =>
      openScoped(MessageQueue.openSender(queue, effectOpenOptions(options)), (sender, scope) =>
        Sender.make<Body, KindOf<Transactional>>(sender, scope, this.#runner)
      )
    )
  }

  /**
   * Opens a queue for receiving: own it with `await using` or `close()`. See {@link MessageQueue.openReceiver}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders")
   * await msmq.send(".\\private$\\orders", { label: "order 1" })
   * await using receiver = await msmq.openReceiver(".\\private$\\orders")
   * const labels: Array<string> = []
   * for await (const { label } of receiver) {
   *   labels.push(label)
   *   break
   * }
   * labels // => ["order 1"]
   * ```
   */
  openReceiver<Body = Uint8Array, const Read extends ReadOptions = {}>(
    queue: QueueName,
    options?: OpenReceiverOptions<Body, Read> & Abortable
  ): Promise<Receiver<Body, ReadMessage<Body, Read>>> {
    return this.#run(on(operations.MessageQueue.openReceiver, queue), tables.openReceiverOptions, options, (options) =>
      openScoped(MessageQueue.openReceiver(queue, options), (receiver, scope) =>
        Receiver.make(receiver, scope, this.#runner, this.#mqrt)
      )
    )
  }

  /**
   * Receives the messages of a queue without end, each when the loop asks for it. The beginning of the loop opens the queue, and
   * the end of the loop closes it.
   */
  messages<Body = Uint8Array, const Read extends ReadOptions = {}>(
    queue: QueueName,
    options?: OpenReceiverOptions<Body, Read>
  ): AsyncIterable<ReadMessage<Body, Read>> {
    return this.#iterable(
      operations.MessageQueue.openReceiver,
      Stream.unwrap(Effect.map(MessageQueue.openReceiver(queue, options), ({ messages }) => messages))
    )
  }

  /**
   * Runs a function in a transaction, which its sends and receives take part in, unless their option `transaction` names another
   * one, or `"none"`. The transaction commits when the function's promise is fulfilled, and aborts when it is rejected or the signal
   * aborts. Inside another transaction the function is part of that one. See {@link runTransaction}.
   *
   * A call takes part in it wherever the function made it, also after a timer. One that comes after the end fails with `Released`: wait
   * for each call. A queue that is not transactional is refused without the option `"none"`.
   *
   * Is fulfilled only if the transaction was committed, here or by the function itself. Rejects as the function does, and with
   * the reason `TransactionAborted` if the function's promise is fulfilled but the transaction was aborted meanwhile: by the
   * function, or because the connection closed.
   *
   * Before the commit begins, an abort of the signal rolls back and rejects with the signal's reason. After it has begun, the
   * promise has the outcome of the commit. A function that commits and then rejects rejects the promise, and the transaction
   * stays committed.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer)
   * await msmq.createQueue(".\\private$\\orders", { transactional: true })
   * await using sender = await msmq.openSender(".\\private$\\orders")
   * await using receiver = await msmq.openReceiver(".\\private$\\orders")
   * await msmq.transaction(async () => {
   *   await sender.send({ label: "order 1" })
   * })
   * const failed = msmq.transaction(async () => {
   *   await receiver.receive()
   *   throw new Error("too late")
   * })
   * await failed.catch(() => {})
   * const message = await receiver.peek()
   * message.label // => "order 1"
   * ```
   */
  transaction<A>(
    body: (transaction: Transaction, signal: AbortSignal) => Promise<A>,
    options?: TransactionOptions & Abortable
  ): Promise<A> {
    const operation = operations.Transaction.run
    const run = (signal: AbortSignal | undefined) =>
      Effect.withFiber((fiber: Fiber.Fiber<unknown, unknown>) => {
        const current = fiber.getRef(Current)
        const runner = this.#runner.within(fiber.getRef(CurrentAbortGate))
        // A rejection of the function is not converted.
        return runner.await((interrupted) => {
          if (typeof current === "string") throw new Error("no transaction was begun")
          const given = body(
            Transaction.make(current, runner),
            signal === undefined ? interrupted : AbortSignal.any([signal, interrupted])
          )
          return awaitable({ operation }, "body", given)
        })
      })
    return this.#run({ operation }, tables.transactionOptions, options, (options) =>
      Effect.andThen(
        argument({ operation }, "body", promiseHandler, body),
        runTransaction(run(options.signal), options)
      )
    )
  }

  /**
   * Runs a function that handles a message in a span of its own, `process {queue}`, which is linked to the span of the send, and
   * records its duration. The calls that the function makes are parts of that span. Rejects as the function does. See
   * {@link Telemetry.process}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { connect } from "@effect-msmq/core/promises"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   *
   * await using msmq = await connect(InMemoryMqrt.layer, { propagateTraceContext: true })
   * await msmq.createQueue(".\\private$\\orders")
   * await using sender = await msmq.openSender(".\\private$\\orders")
   * await using receiver = await msmq.openReceiver(".\\private$\\orders")
   * await sender.send({ label: "order 1" })
   * const message = await receiver.receive()
   * const label = await msmq.process(message, async () => message.label, { queue: receiver.queue, parent: "sender" })
   * label // => "order 1"
   * ```
   */
  process<A>(
    message: ReceivedMessage<unknown>,
    body: (signal: AbortSignal) => Promise<A>,
    options?: ProcessOptions & Abortable
  ): Promise<A> {
    const call = { operation: operations.Telemetry.process }
    return this.#run(call, tables.processOptions, options, (options) =>
      Effect.flatMap(argument(call, "body", promiseHandler, body), () =>
        Telemetry.process(
          this.#runner.await((signal) => awaitable(call, "body", body(signal))),
          message,
          options
        )
      )
    )
  }

  /** Begins a transaction: own it with `await using` or `abort()`, which abort it unless it was committed. */
  beginTransaction(options?: TransactionOptions & Abortable): Promise<Transaction> {
    return this.#run({ operation: operations.Transaction.begin }, tables.transactionOptions, options, (options) =>
      openScoped(begin(options), (transaction) => Transaction.make(transaction, this.#runner))
    )
  }

  /** Closes all that is still open, after the calls that run, and then the backend; a second call does nothing. */
  close(): Promise<void> {
    return this.#runner.promise(
      OwnedHandle.stopRunsThen(
        this.#mqrt.openHandles,
        Effect.andThen(Scope.close(this.#senders.scope, Exit.void), this.#runtime.disposeEffect)
      ),
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

  #iterable<A, E>(operation: Operation, stream: Stream.Stream<A, E, Mqrt>): AsyncIterable<A> {
    return this.#runner.iterable(
      Stream.unwrap(Effect.as(this.#unlessClosed({ operation }), stream)).pipe(Stream.provideService(Mqrt, this.#mqrt))
    )
  }

  /** Fails once the connection is closed. A call without a handle would otherwise still reach the backend. */
  #unlessClosed({ operation }: Call): Effect.Effect<void, MsmqError> {
    const root = this.#mqrt.openHandles
    return Effect.suspend(() => (root.state === "released" ? Effect.fail(root.node.refusal(operation)) : Effect.void))
  }
}

/**
 * Connects to Message Queuing through a backend.
 *
 * Rejects with the failure of the backend's layer.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
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
 * Without `using`, which Node has from version 24 on, `close()` closes the connection with all that was opened through it:
 *
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * const labelOfFirst = async () => {
 *   const msmq = await connect(InMemoryMqrt.layer)
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
export const connect = async <E>(layer: Layer.Layer<Mqrt, E>, options?: ConnectOptions): Promise<Connection> => {
  // The stack of the program is available only before the first wait.
  const opener = Layer.succeed(OwnedHandle.Opener, new CallSite())
  const call = { operation: operations.promises.connect }
  const { propagateTraceContext, senders, signal } = optionsOrThrow(call, tables.connectOptions, options)
  argumentOrThrow(call, "layer", tables.backend, layer)
  const runtime = ManagedRuntime.make(Layer.provide(layer, opener))
  try {
    const context = await new Runner(Context.empty()).promise(runtime.contextEffect, signal)
    argumentOrThrow(call, "layer", tables.backendContext, context)
    const scope = Scope.makeUnsafe()
    const cache = Effect.runSync(makeSenders(senders).pipe(Scope.provide(scope), Effect.provideContext(context)))
    const settings =
      propagateTraceContext === undefined
        ? context
        : Context.add(context, Telemetry.PropagateTraceContext, propagateTraceContext)
    return Connection.make(runtime, settings, { cache, scope })
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
