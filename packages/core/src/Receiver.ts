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
import * as Cursor from "./Cursor.ts"
import * as OwnedHandle from "./internal/OwnedHandle.ts"
import type { Inlet } from "./internal/Reader.ts"
import { optional, Reader, timeoutOf } from "./internal/Reader.ts"
import { openSubqueue } from "./internal/subqueue.ts"
import { MessagesByLookupId } from "./LookupId.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { QueueHandle } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"

type Received<Body> = Effect.Effect<ReceivedMessage<Body>, MsmqError>
type Polled<Body> = Effect.Effect<Option.Option<ReceivedMessage<Body>>, MsmqError>

/**
 * A queue that is open for receiving: see `MessageQueue.openReceiver`. `Body`: what its codec gives.
 *
 * Outside of a transaction a message leaves the queue with the call that hands it out. In one, such as `Transaction.run`
 * makes, it is gone when that commits, and back at its place when it aborts (behaviours F-25 to F-28). A receive that is
 * interrupted while it waits takes none. Peeking takes nothing and is part of no transaction (F-16).
 *
 * Every way to receive fails with `UndecodableBody` where a codec cannot read the body: outside of a transaction the
 * message is then taken, and the error has it; with `TransactionMismatch` where a queue that is not transactional is read
 * in a transaction; with `Released` after the receiver was closed; and otherwise with the reasons of Message Queuing's
 * codes (E-12).
 *
 * @category models
 * @since 0.1.0
 */
export class Receiver<Body = Uint8Array> {
  /** The queue, by the name it was opened with. */
  readonly queue: string
  /** The format name behind it. */
  readonly formatName: string
  /** Whether the queue is transactional; `undefined` where that cannot be known, as for queues of other machines. */
  readonly transactional: boolean | undefined
  readonly #reader: Reader<Body>

  /** Use `MessageQueue.openReceiver`. */
  constructor(inlet: Inlet<Body>, formatName: string) {
    this.#reader = new Reader(inlet)
    this.queue = inlet.queue
    this.formatName = formatName
    this.transactional = inlet.transactional
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<QueueHandle> {
    return this.#reader.inlet.handle
  }

  /**
   * Takes the first message, or waits until there is one: of the highest priority, then the one that arrived first
   * (behaviours D-07, D-08). `MQReceiveMessage` with `INFINITE`.
   *
   * The wait holds no thread and can be interrupted. Closing the receiver ends it with `Released`; deleting the queue with
   * `QueueDeleted`.
   *
   * @since 0.1.0
   */
  get receive(): Received<Body> {
    return this.#reader.inOneGo("Receiver.receive", this.#take("Receiver.receive", "receive", null))
  }

  /**
   * Takes the first message as {@link receive} does, but waits only so long: `None` if none came. At most 49 days;
   * an infinite duration waits for ever.
   *
   * @since 0.1.0
   */
  receiveWithin(duration: Duration.Input): Polled<Body> {
    const take = this.#take("Receiver.receiveWithin", "receive", timeoutOf(duration))
    return this.#reader.inOneGo("Receiver.receiveWithin", optional(take, "IoTimeout"))
  }

  /**
   * Takes the first message if there is one, without waiting.
   *
   * @since 0.1.0
   */
  get poll(): Polled<Body> {
    return this.#reader.inOneGo("Receiver.poll", optional(this.#take("Receiver.poll", "receive", 0), "IoTimeout"))
  }

  /**
   * Looks at the first message, or waits until there is one; it stays in the queue. `MQReceiveMessage` with
   * `MQ_ACTION_PEEK_CURRENT`.
   *
   * @since 0.1.0
   */
  get peek(): Received<Body> {
    return this.#reader.inOneGo("Receiver.peek", this.#take("Receiver.peek", "peekCurrent", null))
  }

  /**
   * Looks at the first message as {@link peek} does, but waits only so long: `None` if none came.
   *
   * @since 0.1.0
   */
  peekWithin(duration: Duration.Input): Polled<Body> {
    const take = this.#take("Receiver.peekWithin", "peekCurrent", timeoutOf(duration))
    return this.#reader.inOneGo("Receiver.peekWithin", optional(take, "IoTimeout"))
  }

  /**
   * Looks at the first message if there is one, without waiting.
   *
   * @since 0.1.0
   */
  get pollPeek(): Polled<Body> {
    return this.#reader.inOneGo(
      "Receiver.pollPeek",
      optional(this.#take("Receiver.pollPeek", "peekCurrent", 0), "IoTimeout")
    )
  }

  /**
   * The messages, without end. Each is taken from the queue only when the stream's consumer asks for it, so that leaving
   * the stream loses none. It fails as {@link receive} does.
   *
   * @since 0.1.0
   */
  get messages(): Stream.Stream<ReceivedMessage<Body>, MsmqError> {
    return this.#reader.each("Receiver.messages", this.#take("Receiver.messages", "receive", null))
  }

  /**
   * The messages that are there, from the first to the last, which all stay. What comes behind while the stream is read
   * belongs to it; what comes before its place does not (behaviour E-31).
   *
   * @since 0.1.0
   */
  get browse(): Stream.Stream<ReceivedMessage<Body>, MsmqError> {
    return Stream.unwrap(Effect.map(this.cursor, (cursor) => cursor.messages))
  }

  /**
   * A cursor of its own, before the first message; the scope closes it. `MQCreateCursor`.
   *
   * @since 0.1.0
   */
  get cursor(): Effect.Effect<Cursor.Cursor<Body>, MsmqError, Scope.Scope> {
    return Cursor.make(this.#reader)
  }

  /**
   * The messages by their lookup ids, without a wait. `MQReceiveMessageByLookupId`.
   *
   * @since 0.1.0
   */
  get byLookupId(): MessagesByLookupId<Body> {
    return new MessagesByLookupId(this.#reader)
  }

  /**
   * Moves a message of the queue to one of its subqueues, which is made if it is not there; of a subqueue, to a sibling,
   * or with `null` to the queue itself. In a transaction it is part of that. `MQMoveMessage` (behaviours E-59 to E-64).
   *
   * Fails with `MessageNotFound`, `MessageLockedUnderTransaction`, and `IllegalName` for a name that no subqueue has.
   *
   * @since 0.1.0
   */
  move(message: { readonly lookupId: bigint }, subqueue: string | null): Effect.Effect<void, MsmqError> {
    const operation = "Receiver.move"
    const { mqrt } = this.#reader.inlet
    const move = Effect.scoped(
      Effect.flatMap(openSubqueue(operation, this.#reader.inlet, this.formatName, subqueue), (destination) =>
        this.#reader.act(operation, (queue, transaction) =>
          OwnedHandle.lease(destination, operation, (subqueue) =>
            mqrt.moveMessage(queue, subqueue, message.lookupId, transaction)
          )
        )
      )
    )
    return this.#reader.observer.observe(operation, () => move)
  }

  /**
   * Rejects a message that was received in the transaction that runs: when it commits, the message counts as refused, and
   * its sender has it among the dead letters, if it asked for that (behaviour E-69). `MQMarkMessageRejected`.
   *
   * Fails with `TransactionUsage` outside of a transaction, and with `MessageNotFound`.
   *
   * @since 0.1.0
   */
  reject(message: { readonly lookupId: bigint }): Effect.Effect<void, MsmqError> {
    const operation = "Receiver.reject"
    return this.#reader.observer.observe(operation, () =>
      this.#reader.act(operation, (queue) => this.#reader.inlet.mqrt.markMessageRejected(queue, message.lookupId))
    )
  }

  #take(operation: string, action: "receive" | "peekCurrent", timeout: number | null): Received<Body> {
    return this.#reader.take({ operation, action, timeout, cursor: null })
  }
}
