import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Poison, PoisonQueue } from "../../Consumer.ts"
import type { Message } from "../../Message.ts"
import { packetSize } from "../../Message.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { Reason } from "../../MsmqError.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { Sender } from "../../Sender.ts"
import type { Participation } from "../../Transaction.ts"
import type { Acknowledgments, Outcome } from "../acknowledging/Acknowledgments.ts"
import { arrived, isDeadLettered, meaningOf } from "../acknowledging/arrivalClasses.ts"
import { describeValue } from "../errors/describeValue.ts"
import { openQueue } from "../queues/opening.ts"
import { nameOf } from "../names/queueName.ts"
import { fieldsOf, isMessage } from "../options/outgoingMessages.ts"
import { copyOf, describedCopyOf } from "./copying.ts"
import type { Destination } from "./destinations.ts"
import { destinationsOf, refusalOf } from "./destinations.ts"
import * as operations from "../telemetry/operations.ts"

const operation = operations.Receiver.consume

/** Options for sending a copy. */
export interface Copying {
  /** Transaction that the copy takes part in; `undefined`: the one that the effect runs in. */
  readonly transaction: Participation | undefined
  /** `true` makes a copy that does not arrive a dead letter, since the original is gone by then. */
  readonly deadLetter: boolean
  /** `true` refuses a queue that is known to be full, since the original stays where it is. */
  readonly checksRoom: boolean
}

/** A copy that was accepted. */
export interface Copy {
  readonly messageId: string
  readonly deadLetter: boolean
  readonly destinations: ReadonlyArray<Destination>
  readonly acknowledgments: Acknowledgments | undefined
}

/** Time that a copy may take to a queue of another machine while its original waits. */
const timeToReachQueue = Duration.seconds(30)

/** Time for an acknowledgment to come back; all that there is to wait for on this machine. */
const timeToAnswer = Duration.seconds(5)

/** Ids of the latest copies that are remembered. */
const mostRemembered = 10_000

/** A queue for poison messages: it is opened for each, since there are few and it may be another one by then. */
export class PoisonOutlet {
  readonly transactional: boolean
  readonly #mqrt: Mqrt["Service"]
  readonly #target: PoisonQueue
  readonly #acknowledgments: Effect.Effect<Acknowledgments | undefined>
  readonly #sent = new Set<string>()

  constructor(
    mqrt: Mqrt["Service"],
    target: PoisonQueue,
    transactional: boolean,
    acknowledgments: Effect.Effect<Acknowledgments | undefined>
  ) {
    this.#mqrt = mqrt
    this.#target = target
    this.transactional = transactional
    this.#acknowledgments = acknowledgments
  }

  get name(): string {
    return nameOf(this.#target.queue)
  }

  /** Tells whether a message is a copy that was sent from here. */
  hasSent(messageId: string): boolean {
    return this.#sent.has(messageId)
  }

  /** Sends a copy. Fails with `CopyNotArrived` where it is known before that the queue would drop it. */
  send(queue: string, poison: Poison, copying: Copying): Effect.Effect<Copy, MsmqError> {
    return Effect.gen({ self: this }, function* () {
      const { formatName, handle } = yield* openQueue(this.#target.queue, operation, "send", "denyNone")
      const destinations = yield* destinationsOf(this.#mqrt, this.name, formatName)
      const pending = this.#acknowledgments
      const acknowledgments = yield* pending
      const { copy } = this.#target
      const now = yield* Clock.currentTimeMillis
      const outlet = { mqrt: this.#mqrt, handle, queue: this.name, transactional: this.transactional, codec: undefined }
      const sender = new Sender(outlet, formatName)
      const sent = (message: Message) =>
        Effect.gen({ self: this }, function* () {
          const whole = copy === undefined ? message : yield* changed(this.name, copy, message, poison)
          yield* this.#refused(destinations, copying.checksRoom ? packetSize(whole) : undefined)
          const asking = { ...whole, ...asked(whole, copying, this.transactional, acknowledgments) }
          return yield* sender.send(asking, { transaction: copying.transaction })
        })
      const plain = Effect.suspend(() => Effect.withTracerEnabled(sent(copyOf(poison.message)), false))
      const described = describedCopyOf(queue, poison, now, copy !== undefined)
      const messageId = yield* described === undefined
        ? plain
        : Effect.catchIf(sent(described), mayBeTooLarge, () => plain)
      this.#remember(messageId)
      return { messageId, deadLetter: copying.deadLetter, destinations, acknowledgments }
    }).pipe(Effect.scoped, Effect.provideService(Mqrt, this.#mqrt))
  }

  /** Waits until it is known what has become of a copy. Fails with `CopyNotArrived` where it was refused. */
  outcomeOf(copy: Copy): Effect.Effect<"arrived" | "unknown", MsmqError> {
    const { acknowledgments, deadLetter, destinations, messageId } = copy
    if (acknowledgments === undefined) return Effect.succeed("unknown")
    const isHere = destinations.every(({ isLocal }) => isLocal)
    // Where it cannot get lost, nothing but what is told of it depends on the answer.
    const within =
      isHere || (deadLetter && this.transactional) ? timeToAnswer : Duration.sum(timeToReachQueue, timeToAnswer)
    return Effect.flatMap(
      acknowledgments.outcomeOf(messageId, countOf(destinations), within),
      (outcome): Effect.Effect<"arrived" | "unknown", MsmqError> => {
        if (outcome === arrived) return Effect.succeed("arrived")
        return outcome === "silent" ? Effect.succeed("unknown") : Effect.fail(this.#notArrived(outcome, deadLetter))
      }
    )
  }

  /**
   * Sends a copy outside of the transaction that the effect runs in, and waits until it is known to have arrived; `"unknown"`
   * if not, where it is a dead letter then for certain, as every transactional message that asks for it (behaviour A-71).
   */
  deliver(
    queue: string,
    poison: Poison,
    options: Omit<Copying, "transaction">
  ): Effect.Effect<"arrived" | "unknown", MsmqError> {
    const copying: Copying = { ...options, transaction: this.transactional ? "singleMessage" : "none" }
    return Effect.flatMap(this.send(queue, poison, copying), (copy) =>
      Effect.filterOrFail(
        this.outcomeOf(copy),
        (outcome) => outcome === "arrived" || (copying.deadLetter && this.transactional),
        () => this.#notArrived("silent", false)
      )
    )
  }

  #refused(destinations: ReadonlyArray<Destination>, size: number | undefined): Effect.Effect<void, MsmqError> {
    return Effect.flatMap(
      Effect.forEach(destinations, (destination) => refusalOf(this.#mqrt, destination, this.transactional, size)),
      (refusals) => {
        const refusal = refusals.find((one) => one !== undefined)
        return refusal === undefined ? Effect.void : Effect.fail(this.#notArrived(refusal, false))
      }
    )
  }

  #notArrived(outcome: Outcome, deadLetter: boolean): MsmqError {
    const messageClass = outcome === "silent" ? undefined : outcome
    const isDead = messageClass !== undefined && deadLetter && isDeadLettered(messageClass, this.transactional)
    return operation.error(
      {
        _tag: "CopyNotArrived",
        class: messageClass,
        rule: messageClass === undefined ? "no acknowledgment of it came in time" : meaningOf(messageClass),
        copy: isDead ? "deadLetterQueue" : messageClass === undefined ? "unknown" : "nowhere"
      },
      { queue: this.name }
    )
  }

  #remember(messageId: string): void {
    this.#sent.add(messageId)
    if (this.#sent.size <= mostRemembered) return
    const [oldest] = this.#sent
    if (oldest !== undefined) this.#sent.delete(oldest)
  }
}

/** Returns what the policy's `copy` makes of a copy. Fails where that throws, or makes something else of it. */
const changed = (
  queue: string,
  copy: NonNullable<PoisonQueue["copy"]>,
  message: Message,
  poison: Poison
): Effect.Effect<Message, MsmqError> =>
  Effect.suspend(() => {
    const failed = (reason: Reason, cause?: unknown) =>
      Effect.fail(operation.error(reason, { queue, ...(cause === undefined ? {} : { cause }) }))
    try {
      const given: unknown = copy(message, poison)
      if (isMessage(given)) return Effect.succeed(fieldsOf(given))
      const actual = describeValue(given)
      return failed({
        _tag: "IllegalPolicy",
        field: "poison",
        rule: copyRule,
        actual: `{ copy } that returns ${actual}`
      })
    } catch (cause) {
      return failed({ _tag: "SourceFailed", part: "copy", index: 0, cause }, cause)
    }
  })

const copyRule =
  "copy must return the message to send, at once and not as a promise: what it needs to wait for belongs into the handler"

/** Returns the properties by which a copy asks for acknowledgments and dead letters. */
const asked = (
  { journaling }: Message,
  { deadLetter }: Copying,
  transactional: boolean,
  acknowledgments: Acknowledgments | undefined
): Message => ({
  ...(acknowledgments === undefined
    ? {}
    : {
        adminQueue: acknowledgments.adminQueue,
        acknowledge: { positiveArrival: true, negativeArrival: true }
      }),
  ...(deadLetter ? { journaling: { ...journaling, deadLetter } } : {}),
  // One that has a time limit does not come after it was given up on.
  ...(deadLetter && transactional ? {} : { timeToReachQueue })
})

/** One that nobody can count is as many as one may need. */
const countOf = (destinations: ReadonlyArray<Destination>): number =>
  destinations.some(({ isList }) => isList) ? Infinity : destinations.length

/** Codes of a message that is too large are also those of a machine without room. */
const mayBeTooLarge = ({ reason }: MsmqError): boolean =>
  reason._tag === "InsufficientResources" || reason._tag === "IllegalMessage"
