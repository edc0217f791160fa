/**
 * Receiving: one message after the other, each taken only when it is asked for.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BatchPolicy, ConsumePolicy, KeyPolicy } from "./Consumer.ts"
import * as Cursor from "./Cursor.ts"
import { copyOfBytes } from "./internal/bytes.ts"
import { batchConsumer, consumer } from "./internal/consuming/Consumer.ts"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import { keepProcessAlive } from "./internal/ownership/liveness.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import type { ReceiverState } from "./internal/receiving/Reader.ts"
import { itself, optionally, Reader, timeoutOf } from "./internal/receiving/Reader.ts"
import type { MessageId } from "./internal/messages/messageIds.ts"
import { textOf } from "./internal/messages/messageIds.ts"
import type { Results } from "./internal/receiving/Reading.ts"
import type { Matches } from "./internal/receiving/Search.ts"
import { Selection } from "./internal/receiving/Selection.ts"
import type { CurrentName } from "./internal/queues/opening.ts"
import type { ReceiveAccess } from "./internal/queues/receiveAccesses.ts"
import { moveTo } from "./internal/queues/subqueue.ts"
import { batchPolicy, keyedPolicy } from "./internal/options/consumeOptions.ts"
import { effectOf, handler as handlerRule } from "./internal/options/handlers.ts"
import * as Given from "./internal/options/illegalOption.ts"
import {
  lookupAction,
  lookupId as lookupIdRule,
  messageId,
  messageInQueue,
  subqueueOrQueue
} from "./internal/options/messageReferences.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { LookupAction } from "./mqrt/MessageProperties.ts"
import type { QueueHandle } from "./Mqrt.ts"
import { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"

export type { Selection } from "./internal/receiving/Selection.ts"
export type { LookupAction } from "./mqrt/MessageProperties.ts"

/**
 * Actions of `lookup` for the first and the last message of the queue, which need no lookup id.
 *
 * @category models
 * @since 0.1.0
 */
export type LookupEnd = "peekFirst" | "peekLast" | "receiveFirst" | "receiveLast"

type Taken<Received> = Effect.Effect<Received, MsmqError>
type Polled<Received> = Effect.Effect<Option.Option<Received>, MsmqError>

/**
 * Queue that is open for receiving: see `MessageQueue.openReceiver`. `Body` is the type that its codec decodes, and `Received` that of
 * its messages, which the option `read` can change.
 *
 * Outside a transaction, the call that returns a message removes it from the queue. In a transaction, such as that of
 * `Transaction.run`, the message is removed by the commit, and an abort puts it back at its place. Until then others
 * do not get it. A receive that is interrupted while it waits removes no message. A peek removes none and takes part in no
 * transaction.
 *
 * Every receive fails with `UndecodableBody` if the codec cannot decode the body: outside a transaction the message is then
 * removed, and the error has it. It fails with `BodyUnavailable` if the body is in a store and does not come from there: then the
 * message stays in the queue. It fails with `TransactionMismatch` in a transaction if the queue is not transactional, with
 * `Released` after the receiver was closed, and otherwise with the reasons of Message Queuing's codes.
 *
 * When the service does not know the handle any more, as after a restart, a call reopens the queue and tries once more; it
 * fails with a second such failure, and with the failure of a transaction, which a restart aborts. A reopening closes the
 * cursors of the queue: further calls of them fail.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Option } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const peeked = yield* receiver.peek
 *   const received = yield* receiver.receive
 *   const next = yield* receiver.receiveWithin("1 second")
 *   return [peeked.label, received.label, Option.map(next, ({ label }) => label)]
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => ["order 1", "order 1", Option.some("order 2")]
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Receiver<Body = Uint8Array, Received = ReceivedMessage<Body>> extends Described {
  /** Name that the queue was opened with. */
  readonly queue: string
  /** Access that the queue was opened for. */
  readonly access: ReceiveAccess
  readonly #reader: Reader<Body, Received>
  readonly #name: CurrentName
  // Effects of the getters, made when they are first used: to make one takes as long as to run it.
  #receive: Taken<Received> | undefined
  #poll: Polled<Received> | undefined
  #peek: Taken<Received> | undefined
  #pollPeek: Polled<Received> | undefined

  private constructor(state: ReceiverState<Body>, name: CurrentName, access: ReceiveAccess) {
    super()
    this.#reader = new Reader(state)
    this.queue = state.queue
    this.#name = name
    this.access = access
  }

  /** @internal */
  static make<Body, Received>(
    state: ReceiverState<Body>,
    name: CurrentName,
    access: ReceiveAccess
  ): Receiver<Body, Received> {
    return new Receiver(state, name, access)
  }

  /** Format name of the queue. It changes where the queue is deleted and created again, when that one is opened. */
  get formatName(): string {
    return this.#name.formatName
  }

  /** Kind of the queue: `true` if it is transactional; `undefined` if it is not known, as for queues of other machines. */
  get transactional(): boolean | undefined {
    return this.#reader.state.kind.transactional
  }

  /** `true` until it is closed, with its scope or its connection. */
  get isOpen(): boolean {
    return this.#reader.state.handle.isOpen
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<QueueHandle> {
    return this.#reader.state.handle
  }

  /** @internal */
  get [facts](): Facts {
    const { queue, transactional } = this
    return { kind: "Receiver", queue, transactional, state: stateOf(this.#reader.state.handle) }
  }

  /**
   * Receives the first message, or waits for one. The first is the oldest of the highest priority.
   * [`MQReceiveMessage`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms699825(v=vs.85)) with `INFINITE`.
   *
   * The wait occupies no thread and can be interrupted. Closing the receiver ends it with `Released`; deleting the queue with
   * `QueueDeleted`.
   *
   * @since 0.1.0
   */
  get receive(): Taken<Received> {
    return (this.#receive ??= this.#read(operations.Receiver.receive, "receive", null, itself()))
  }

  /**
   * Receives the first message as {@link receive} does, but waits only for `duration`: `None` if no message arrived. `duration` is
   * at most 49 days; an infinite one waits for ever.
   *
   * @since 0.1.0
   */
  receiveWithin(duration: Duration.Input): Polled<Received> {
    const operation = operations.Receiver.receiveWithin
    const timeout = timeoutOf({ operation, queue: this.queue }, duration)
    if (timeout instanceof MsmqError) return Effect.fail(timeout)
    return this.#read(operation, "receive", timeout, optionally("IoTimeout"))
  }

  /**
   * Receives the first message if there is one, without waiting.
   *
   * @since 0.1.0
   */
  get poll(): Polled<Received> {
    return (this.#poll ??= this.#read(operations.Receiver.poll, "receive", 0, optionally("IoTimeout")))
  }

  /**
   * Peeks at the first message, or waits for one. The message stays in the queue. `MQReceiveMessage` with
   * `MQ_ACTION_PEEK_CURRENT`.
   *
   * @since 0.1.0
   */
  get peek(): Taken<Received> {
    return (this.#peek ??= this.#read(operations.Receiver.peek, "peekCurrent", null, itself()))
  }

  /**
   * Peeks at the first message as {@link peek} does, but waits only for `duration`: `None` if no message arrived. `duration` is at
   * most 49 days; an infinite one waits for ever.
   *
   * @since 0.1.0
   */
  peekWithin(duration: Duration.Input): Polled<Received> {
    const operation = operations.Receiver.peekWithin
    const timeout = timeoutOf({ operation, queue: this.queue }, duration)
    if (timeout instanceof MsmqError) return Effect.fail(timeout)
    return this.#read(operation, "peekCurrent", timeout, optionally("IoTimeout"))
  }

  /**
   * Peeks at the first message if there is one, without waiting.
   *
   * @since 0.1.0
   */
  get pollPeek(): Polled<Received> {
    return (this.#pollPeek ??= this.#read(operations.Receiver.pollPeek, "peekCurrent", 0, optionally("IoTimeout")))
  }

  /**
   * Stream of the messages, without end. It receives each message when its consumer asks for it, so that leaving the stream loses
   * none. It fails as {@link receive} does.
   *
   * @since 0.1.0
   */
  get messages(): Stream.Stream<Received, MsmqError> {
    return this.#reader.each({
      operation: operations.Receiver.messages,
      action: "receive",
      timeout: null,
      cursor: null
    })
  }

  /**
   * Stream that peeks at the messages in the queue, from the first to the last. It includes messages that arrive after its
   * place while it is read, not those that arrive before it. It fails as {@link cursor} and `Cursor.next` do.
   *
   * @since 0.1.0
   */
  get browse(): Stream.Stream<Received, MsmqError> {
    return Stream.unwrap(Effect.map(this.cursor, (cursor) => cursor.messages))
  }

  /**
   * Creates a cursor before the first message; the scope closes it.
   * [`MQCreateCursor`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms701281(v=vs.85)).
   *
   * Fails with `Released` after the receiver was closed, and with `InsufficientResources` and `RemoteMachineNotAvailable`, among
   * Message Queuing's codes.
   *
   * @since 0.1.0
   */
  get cursor(): Effect.Effect<Cursor.Cursor<Body, Received>, MsmqError, Scope.Scope> {
    return Cursor.make(this.#reader)
  }

  /**
   * Receives a message or peeks at it by lookup id, without waiting: `None` if there is no such message.
   * [`MQReceiveMessageByLookupId`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms702044(v=vs.85)).
   *
   * A lookup id is unique in its queue and grows in the queue's order. The actions that end with `Current` mean the
   * message with the id, those with `Next` the first one after it and those with `Previous` the last one before it; the message
   * with the id must then be in the queue. Those with `First` and `Last` need no id: leave it out, or give 0. A receive
   * takes part in the transaction that the effect runs in, in a local queue only. `"receiveAllowPeek"` receives the
   * message with the id in a transaction, while others may still peek at it.
   *
   * The call skips messages in open transactions, but for the one with the id: then it fails with
   * `MessageLockedUnderTransaction`.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageQueue } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Effect, Option } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   yield* MessageQueue.create(".\\private$\\orders")
   *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
   *   yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
   *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
   *   const last = Option.getOrThrow(yield* receiver.lookup("peekLast"))
   *   const taken = Option.getOrThrow(yield* receiver.lookup("receivePrevious", last.lookupId))
   *   return taken.label
   * }).pipe(Effect.scoped)
   *
   * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "order 1"
   * ```
   *
   * @since 0.1.0
   */
  lookup(action: LookupEnd, lookupId?: 0n): Polled<Received>
  lookup(action: LookupAction, lookupId: bigint): Polled<Received>
  lookup(action: LookupAction, lookupId?: bigint): Polled<Received> {
    const { queue } = this
    const known = Given.readArgument({ operation: operations.Receiver.lookup, queue }, "action", lookupAction, action)
    if (known instanceof MsmqError) return Effect.fail(known)
    const operation = operations.lookups[known]
    // The first and the last action take the id 0 (E-40).
    const given = lookupId === undefined && isEnd(known) ? 0n : lookupId
    const id = Given.readArgument({ operation, queue }, "lookupId", lookupIdRule, given)
    if (id instanceof MsmqError) return Effect.fail(id)
    return this.#reader.inOneGo(operation, this.#reader.looksUp(operation, known, id, optionally("MessageNotFound")))
  }

  /**
   * Selects the message with an id, the `messageId` that its sender got: as text, with or without braces, or as 20 bytes. Its
   * functions receive it or peek at it, as those of the receiver do with the first message; `poll` is `ReceiveById` of
   * System.Messaging, and `receiveWithin` that with a timeout.
   *
   * Each of them searches the queue from its beginning, which takes a time that grows with the number of messages: where the
   * lookup id is known, {@link lookup} is quicker. They fail as those of the receiver do, and with `IllegalOption` for what is
   * no id. In a transaction the queue must be local, as for {@link lookup}.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageQueue } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Effect, Option } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   yield* MessageQueue.create(".\\private$\\orders")
   *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
   *   yield* sender.send({ label: "order 1" })
   *   const id = yield* sender.send({ label: "order 2" })
   *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
   *   const order = yield* receiver.byId(id).receive
   *   return [order.label, Option.isSome(yield* receiver.byId(id).poll)]
   * }).pipe(Effect.scoped)
   *
   * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => ["order 2", false]
   * ```
   *
   * @since 0.1.0
   */
  byId(id: MessageId | Uint8Array): Selection<Received> {
    const operation = operations.Receiver.byId
    const bytes = Given.readArgument({ operation, queue: this.queue }, "id", messageId, id)
    return Selection.make(
      this.#reader,
      bytes instanceof MsmqError ? bytes : hasId(textOf(bytes)),
      operations.selections.byId
    )
  }

  /**
   * Selects the messages with a correlation id, such as the responses to a message by its `messageId`: as text, or as 20 bytes.
   * The functions of the result take the first of them, as {@link byId} does the message with an id: `receiveWithin` is
   * `ReceiveByCorrelationId` of System.Messaging with a timeout, and waits for a response to arrive.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageQueue } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Effect } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   yield* MessageQueue.create(".\\private$\\orders")
   *   yield* MessageQueue.create(".\\private$\\responses")
   *   const orders = yield* MessageQueue.openSender(".\\private$\\orders")
   *   const id = yield* orders.send({ label: "order 1", responseQueue: "DIRECT=OS:.\\private$\\responses" })
   *
   *   const server = yield* MessageQueue.openSender(".\\private$\\responses")
   *   yield* server.sendAll([{ label: "another response" }, { label: "response 1", correlationId: id }])
   *
   *   const responses = yield* MessageQueue.openReceiver(".\\private$\\responses")
   *   const response = yield* responses.byCorrelationId(id).receive
   *   return response.label
   * }).pipe(Effect.scoped)
   *
   * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "response 1"
   * ```
   *
   * @since 0.1.0
   */
  byCorrelationId(id: MessageId | Uint8Array): Selection<Received> {
    const operation = operations.Receiver.byCorrelationId
    const bytes = Given.readArgument({ operation, queue: this.queue }, "id", messageId, id)
    return Selection.make(
      this.#reader,
      bytes instanceof MsmqError ? bytes : hasCorrelationId(copyOfBytes(bytes)),
      operations.selections.byCorrelationId
    )
  }

  /**
   * Moves a message of the queue to one of its subqueues, which is created if it does not exist; from a subqueue to another one,
   * or with `null` to the queue itself. In a transaction the move is part of it. The message takes the place that its
   * priority and its arrival give it, and its `abortCount` begins at 0 again.
   * [`MQMoveMessage`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms701502(v=vs.85)).
   *
   * Fails with `MessageNotFound`, `MessageLockedUnderTransaction`, and `IllegalName` for a name that no subqueue can have.
   *
   * @since 0.1.0
   */
  move(message: Pick<ReceivedMessage, "lookupId">, subqueue: string | null): Effect.Effect<void, MsmqError> {
    const operation = operations.Receiver.move
    const call = { operation, queue: this.queue }
    const move = Effect.flatMap(Given.argument(call, "message", messageInQueue, message), ({ lookupId }) =>
      Effect.flatMap(Given.argument(call, "subqueue", subqueueOrQueue, subqueue), (name) =>
        moveTo(operation, this.#reader, this.#name, lookupId, name)
      )
    )
    return this.#reader.observer.observe(operation, () => move)
  }

  /**
   * Rejects a message that was received in the transaction that the effect runs in. With the commit the message counts as refused,
   * and becomes a dead letter of its sender if the sender asked for that.
   * [`MQMarkMessageRejected`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms707071(v=vs.85)).
   *
   * Fails with `TransactionUsage` outside a transaction, and with `MessageNotFound`.
   *
   * @since 0.1.0
   */
  reject(message: Pick<ReceivedMessage, "lookupId">): Effect.Effect<void, MsmqError> {
    const operation = operations.Receiver.reject
    const call = { operation, queue: this.queue }
    const reject = Effect.flatMap(Given.argument(call, "message", messageInQueue, message), ({ lookupId }) =>
      this.#reader.reject(operation, lookupId)
    )
    return this.#reader.observer.observe(operation, () => reject)
  }

  /**
   * Calls a handler for each message of the queue, until the effect is interrupted: the loop that every receiving program needs.
   *
   * **A transactional queue.** Each attempt at a message is a transaction: its handler's sends and receives take part in it. It
   * commits when the handler succeeds, and aborts when the handler fails, dies or interrupts itself. Then the message is
   * received again at once by its lookup id, and held for the delay of `retry`; after the last attempt it is moved as `poison`
   * says. Each message is handled once, or moved as poison, or still in the queue. A handler's scope closes with its attempt.
   *
   * **A queue that is not transactional**, or whose kind is not known. If the receiver was opened with `shareMode:
   * "denyReceive"`, a message stays in the queue until it is handled: it may be handled twice if the process or the service ends
   * before it is removed. Otherwise it is received before it is handled, and lost if the process ends; `poison` must then name a
   * queue for messages that could not be handled.
   *
   * **Shutting down.** An interruption, or closing the receiver or the backend's layer, ends the wait at once and receives
   * nothing new. Handlers that run may finish within `shutdownTimeout`; then they are interrupted and rolled back. A closing
   * waits for that; the effect then fails with `Released`.
   *
   * **A restart of the service.** The queue is reopened, with the delays of `reopen`, and attempts that the restart rolled back
   * are made again. A failure of the handler with `StaleHandle` or `ServiceNotAvailable` does not count as an attempt. A sender
   * that the handler uses reopens its queue by itself.
   *
   * Fails with `IllegalPolicy` and with the reasons of opening `poison`'s queue, before it receives a message; with
   * `PoisonMessage`; and with failures of Message Queuing that are not transient, after which the message is in the queue.
   *
   * **Gotchas**
   *
   * With more than one handler at once, or more than one consumer, other messages overtake a message that is retried; with `keys`,
   * only those of other keys do. The page
   * [Consuming](https://github.com/effect-msmq/effect-msmq/blob/main/docs/consuming.md#promises) lists the guarantees.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageQueue } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Effect, Fiber, Schedule } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
   *   yield* MessageQueue.create(".\\private$\\invoices", { transactional: true })
   *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
   *   const invoices = yield* MessageQueue.openSender(".\\private$\\invoices")
   *
   *   const consumer = yield* orders
   *     .consume((order) => invoices.send({ label: `invoice for ${order.label}` }), {
   *       retry: Schedule.spaced("5 seconds").pipe(Schedule.upTo({ times: 3 })),
   *       poison: { subqueue: "poison" }
   *     })
   *     .pipe(Effect.forkChild)
   *
   *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
   *   yield* sender.send({ label: "order 1" }, { transaction: "singleMessage" })
   *   const received = yield* MessageQueue.openReceiver(".\\private$\\invoices")
   *   const invoice = yield* received.receive
   *   yield* Fiber.interrupt(consumer)
   *   return invoice.label
   * }).pipe(Effect.scoped)
   *
   * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "invoice for order 1"
   * ```
   *
   * @since 0.1.0
   */
  consume<E, R, R2 = never>(
    handler: (message: Received) => Effect.Effect<unknown, E, R>,
    policy: ConsumePolicy<E, R2> & KeyPolicy<Received> = {}
  ): Effect.Effect<never, MsmqError, Exclude<R, Scope.Scope> | R2> {
    const call = { operation: operations.Receiver.consume, queue: this.queue }
    const stack = OwnedHandle.stackHere()
    return Effect.flatMap(Given.argument(call, "handler", handlerRule, handler), () =>
      Effect.flatMap(Given.options(call, keyedPolicy, policy), ({ keys, lookAhead = 100, ...policy }) => {
        const handle = (message: ReceivedMessage<Body>) => Effect.scoped(effectOf(call, handler(message as Received)))
        const keyed = keys && { keys: (message: ReceivedMessage<Body>) => keys(message as Received), lookAhead }
        return keepProcessAlive(
          consumer<Body, E, Exclude<R, Scope.Scope> | R2>(
            this.#reader.forConsumer,
            this.#name,
            handle,
            policy,
            keyed,
            OwnedHandle.openerWith(stack)
          )
        )
      })
    )
  }

  /**
   * Calls a handler for batches of messages, until the effect is interrupted: as {@link consume}, with one transaction for each batch.
   *
   * A batch has the messages that are there, up to `size`, and those that come `within` a time after the first one. If its handler
   * fails, all of it is rolled back, and the next batch has half its size, so that it begins with the first half of these messages;
   * after each success the size doubles, up to `size`. A batch of one message is delivered as `consume` does: it is retried as `retry`
   * says, and then moved as `poison` says. So a message at fault is alone after a few steps, no other message becomes poison by it,
   * and the rollbacks of batches do not count as attempts.
   *
   * From a queue that is not transactional and that the receiver has alone (`shareMode: "denyReceive"`), the messages stay in
   * the queue until their batch is handled, and may be handled twice if the process or the service ends before they are removed. One
   * that others may receive from is refused (`IllegalPolicy`), since it could not take a batch back.
   *
   * Fails as {@link consume} does.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageQueue } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Deferred, Effect, Fiber } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
   *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
   *   yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }, { label: "order 3" }], {
   *     transaction: "singleMessage"
   *   })
   *
   *   const batches: Array<ReadonlyArray<string>> = []
   *   const idle = yield* Deferred.make<void>()
   *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
   *   const consumer = yield* orders
   *     .consumeBatches((messages) => Effect.sync(() => batches.push(messages.map(({ label }) => label))), {
   *       size: 2,
   *       poison: { subqueue: "poison" },
   *       onEvent: ({ _tag }) => (_tag === "Idle" ? Effect.asVoid(Deferred.succeed(idle, undefined)) : Effect.void)
   *     })
   *     .pipe(Effect.forkChild)
   *   yield* Deferred.await(idle)
   *   yield* Fiber.interrupt(consumer)
   *   return batches
   * }).pipe(Effect.scoped)
   *
   * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => [["order 1", "order 2"], ["order 3"]]
   * ```
   *
   * @since 0.1.0
   */
  consumeBatches<E, R, R2 = never>(
    handler: (messages: ReadonlyArray<Received>) => Effect.Effect<unknown, E, R>,
    policy: BatchPolicy<E, R2>
  ): Effect.Effect<never, MsmqError, Exclude<R, Scope.Scope> | R2> {
    const call = { operation: operations.Receiver.consumeBatches, queue: this.queue }
    const stack = OwnedHandle.stackHere()
    return Effect.flatMap(Given.argument(call, "handler", handlerRule, handler), () =>
      Effect.flatMap(Given.options(call, batchPolicy, policy, "policy"), (policy) => {
        const handle = (messages: ReadonlyArray<ReceivedMessage<Body>>) =>
          Effect.scoped(effectOf(call, handler(messages as ReadonlyArray<Received>)))
        return keepProcessAlive(
          batchConsumer<Body, E, Exclude<R, Scope.Scope> | R2>(
            this.#reader.forConsumer,
            this.#name,
            handle,
            policy,
            OwnedHandle.openerWith(stack)
          )
        )
      })
    )
  }

  /** Reads the first message. */
  #read<A>(
    operation: Operation,
    action: "receive" | "peekCurrent",
    timeout: number | null,
    results: Results<Received, A>
  ): Effect.Effect<A, MsmqError> {
    return this.#reader.inOneGo(operation, this.#reader.reads({ operation, action, timeout, cursor: null }, results))
  }
}

const isEnd = (action: LookupAction): action is LookupEnd => action.endsWith("First") || action.endsWith("Last")

const hasId =
  (id: string): Matches =>
  ({ messageId }) =>
    messageId.toLowerCase() === id

const hasCorrelationId =
  (id: Uint8Array): Matches =>
  ({ correlationId }) =>
    correlationId !== null && Buffer.compare(correlationId, id) === 0
