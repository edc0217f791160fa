/**
 * Receiving: one message after the other, each taken only when it is asked for.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { PreventSchedulerYield } from "effect/Scheduler"
import * as Stream from "effect/Stream"
import { ReceivedMessages } from "./internal/incoming.ts"
import * as OwnedHandle from "./internal/OwnedHandle.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { Mqrt, QueueHandle } from "./Mqrt.ts"
import { MsmqError, reasonOf } from "./MsmqError.ts"

/** From the queue to the caller without a yield: an interruption in between would lose the message. */
const withoutYield = Effect.provideService(PreventSchedulerYield, true)

/** The span has no stack of its own: that would cost several times what a receive does. */
const inOneGo = <A, E>(name: string, receive: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  withoutYield(Effect.withSpan(receive, name, { captureStackTrace: false }))

/** The longest finite wait: one more would mean for ever. */
const longestTimeout = 0xfffffffe

/**
 * A queue that is open for receiving: see `MessageQueue.openReceiver`.
 *
 * A message is received outside of any transaction: it leaves the queue with the call that hands it out. A receive that
 * is interrupted while it waits takes none.
 *
 * @category models
 * @since 0.1.0
 */
export class Receiver {
  /** The queue, by the name it was opened with. */
  readonly queue: string
  /** The format name behind it. */
  readonly formatName: string
  readonly #mqrt: Mqrt["Service"]
  readonly #handle: OwnedHandle.OwnedHandle<QueueHandle>
  readonly #received = new ReceivedMessages()

  /** Use `MessageQueue.openReceiver`. */
  constructor(
    mqrt: Mqrt["Service"],
    handle: OwnedHandle.OwnedHandle<QueueHandle>,
    names: { readonly queue: string; readonly formatName: string }
  ) {
    this.#mqrt = mqrt
    this.#handle = handle
    this.queue = names.queue
    this.formatName = names.formatName
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<QueueHandle> {
    return this.#handle
  }

  /**
   * Takes the first message, or waits until there is one: of the highest priority, then the one that arrived first
   * (behaviours D-07, D-08). `MQReceiveMessage` with `INFINITE`.
   *
   * The wait holds no thread and can be interrupted. Closing the receiver ends it with `Released`; deleting the queue with
   * `QueueDeleted`; otherwise fails with the reasons of Message Queuing's codes (behaviour E-12).
   *
   * @since 0.1.0
   */
  get receive(): Effect.Effect<ReceivedMessage, MsmqError> {
    return inOneGo("Receiver.receive", this.#take("Receiver.receive", null))
  }

  /**
   * Takes the first message as {@link receive} does, but waits only so long: `None` if none came. At most 49 days;
   * an infinite duration waits for ever.
   *
   * @since 0.1.0
   */
  receiveWithin(duration: Duration.Input): Effect.Effect<Option.Option<ReceivedMessage>, MsmqError> {
    const milliseconds = Duration.toMillis(Duration.fromInputUnsafe(duration))
    const timeout = milliseconds === Infinity ? null : Math.min(Math.max(Math.ceil(milliseconds), 0), longestTimeout)
    return inOneGo("Receiver.receiveWithin", noneInTime(this.#take("Receiver.receiveWithin", timeout)))
  }

  /**
   * Takes the first message if there is one, without waiting.
   *
   * @since 0.1.0
   */
  get poll(): Effect.Effect<Option.Option<ReceivedMessage>, MsmqError> {
    return inOneGo("Receiver.poll", noneInTime(this.#take("Receiver.poll", 0)))
  }

  /**
   * The messages, without end. Each is taken from the queue only when the stream's consumer asks for it, so that leaving
   * the stream loses none. It fails as {@link receive} does.
   *
   * @since 0.1.0
   */
  get messages(): Stream.Stream<ReceivedMessage, MsmqError> {
    return Stream.fromEffectRepeat(withoutYield(this.#take("Receiver.messages", null)))
  }

  #take(operation: string, timeout: number | null): Effect.Effect<ReceivedMessage, MsmqError> {
    return Effect.suspend(() => this.#call(operation, 0)).pipe(
      // A message that is there already costs no fiber.
      Effect.catchIf(
        (error) => timeout !== 0 && error.reason._tag === "IoTimeout",
        () => this.#call(operation, timeout)
      )
    )
  }

  #call(operation: string, timeout: number | null): Effect.Effect<ReceivedMessage, MsmqError> {
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return lease(this.#handle, operation, (native) =>
      this.#mqrt
        .receiveMessage(native, { action: "receive", timeout, cursor: null, transaction: "none", rare: false })
        .pipe(
          Effect.map((properties) => this.#received.messageOf(properties)),
          Effect.mapError((failure) => new MsmqError({ operation, reason: reasonOf(failure), queue: this.queue }))
        )
    )
  }
}

const noneInTime = (
  receive: Effect.Effect<ReceivedMessage, MsmqError>
): Effect.Effect<Option.Option<ReceivedMessage>, MsmqError> =>
  receive.pipe(
    Effect.asSome,
    Effect.catchReason("MsmqError", "IoTimeout", () => Effect.succeedNone)
  )
