/** Copies of received messages that are sent to another queue, and the ways to know that they arrived. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Message } from "../../Message.ts"
import { packetSize } from "../../Message.ts"
import type { Mqrt } from "../../Mqrt.ts"
import { Mqrt as MqrtService } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Sender } from "../../Sender.ts"
import type { Participation } from "../../Transaction.ts"
import { nameOf, type QueueName } from "../names/queueName.ts"
import type { QueueKind } from "../sending/SendOptions.ts"
import { openToSend, senderOn } from "../queues/openToSend.ts"
import type { Operation } from "../telemetry/Operation.ts"
import type { Acknowledgments } from "./Acknowledgments.ts"
import { arrived, isDeadLettered, meaningForCopy } from "./acknowledgmentClasses.ts"
import type { Destination } from "./Destination.ts"
import { destinationsOf, refusalOf } from "./Destination.ts"

/** Options for sending a copy. */
export interface CopyOptions {
  /** Transaction that the copy takes part in; `undefined` for the one that the effect runs in. */
  readonly transaction: Participation | undefined
  /** `true` makes a copy that does not arrive a dead letter, for an original that is gone by then. */
  readonly deadLetter: boolean
  /** `true` refuses a queue that is known to be full, for an original that stays in its queue. */
  readonly checksRoom: boolean
  /** Acknowledgments that the copy asks for; `undefined` for those that its sender asked for. */
  readonly acknowledgments: Acknowledgments | undefined
}

/** Time that a copy has to reach a queue of another machine while its original waits. */
const timeToReachQueue = Duration.seconds(30)

/** Time that an acknowledgment has to come back. */
const timeToAnswer = Duration.seconds(5)

/** Queue that is open for copies. */
export class CopySender {
  /** Queues that the name stands for. */
  readonly destinations: ReadonlyArray<Destination>
  /** Kind of the queue, which the program may have given. */
  readonly transactional: boolean
  readonly #mqrt: Mqrt["Service"]
  readonly #operation: Operation
  readonly #queue: string
  readonly #sender: Sender

  private constructor(
    mqrt: Mqrt["Service"],
    operation: Operation,
    destinations: ReadonlyArray<Destination>,
    transactional: boolean,
    sender: Sender
  ) {
    this.#mqrt = mqrt
    this.#operation = operation
    this.#queue = sender.queue
    this.#sender = sender
    this.destinations = destinations
    this.transactional = transactional
  }

  /** Opens a queue for copies until the scope closes. `kindOf` returns its kind, or fails where that is not known. */
  static open(
    mqrt: Mqrt["Service"],
    operation: Operation,
    queue: QueueName,
    kindOf: (destinations: ReadonlyArray<Destination>) => Effect.Effect<boolean, MsmqError>
  ): Effect.Effect<CopySender, MsmqError, Scope.Scope> {
    const name = nameOf(queue)
    return Effect.gen(function* () {
      // The properties of the destinations tell the kind.
      const opened = yield* openToSend(operation, queue, false)
      const destinations = yield* destinationsOf(mqrt, { operation, queue: name }, opened.name.formatName)
      const transactional = yield* kindOf(destinations)
      const sender = senderOn<Uint8Array, QueueKind>({ ...opened, kind: { transactional } }, name, undefined, undefined)
      return new CopySender(mqrt, operation, destinations, transactional, sender)
    }).pipe(Effect.provideService(MqrtService, mqrt))
  }

  /** Sends a copy and returns its id. Fails with `CopyNotArrived` where it is known beforehand that the queue refuses it. */
  send(message: Message, options: CopyOptions): Effect.Effect<string, MsmqError> {
    return Effect.andThen(
      this.#check(options.checksRoom ? packetSize(message) : undefined),
      this.#sender.send(
        { ...message, ...requestsOf(message, options, this.transactional) },
        { transaction: options.transaction }
      )
    )
  }

  /** Waits for the acknowledgment; `"unknown"` if none comes. Fails with `CopyNotArrived` if the queue refuses the copy. */
  outcomeOf(
    messageId: string,
    deadLetter: boolean,
    acknowledgments: Acknowledgments
  ): Effect.Effect<"arrived" | "unknown", MsmqError> {
    const isHere = this.destinations.every(({ isLocal }) => isLocal)
    // A copy that cannot get lost is not waited for longer: its acknowledgment only decides which event is emitted.
    const timeout =
      isHere || (deadLetter && this.transactional) ? timeToAnswer : Duration.sum(timeToReachQueue, timeToAnswer)
    // One arrival is enough for a list, as its queues cannot be counted.
    const count = this.destinations.some(({ isList }) => isList) ? Infinity : this.destinations.length
    return Effect.flatMap(
      acknowledgments.outcomeOf(messageId, count, timeout),
      (outcome): Effect.Effect<"arrived" | "unknown", MsmqError> => {
        if (outcome === "silent") return Effect.succeed("unknown")
        return outcome.class === arrived
          ? Effect.succeed("arrived")
          : Effect.fail(this.#notArrived(outcome.class, deadLetter))
      }
    )
  }

  /** Error for a copy whose acknowledgment did not come. */
  get silent(): MsmqError {
    return this.#notArrived("silent", false)
  }

  #check(size: number | undefined): Effect.Effect<void, MsmqError> {
    return Effect.flatMap(
      Effect.forEach(this.destinations, (destination) => refusalOf(this.#mqrt, destination, this.transactional, size)),
      (refusals) => {
        const refusal = refusals.find((one) => one !== undefined)
        return refusal === undefined ? Effect.void : Effect.fail(this.#notArrived(refusal, false))
      }
    )
  }

  #notArrived(outcome: number | "silent", deadLetter: boolean): MsmqError {
    const reason =
      outcome === "silent"
        ? { class: undefined, rule: "no acknowledgment of it came in time", copy: "unknown" as const }
        : {
            class: outcome,
            rule: meaningForCopy(outcome),
            copy:
              deadLetter && isDeadLettered(outcome, this.transactional)
                ? ("deadLetterQueue" as const)
                : ("nowhere" as const)
          }
    return this.#operation.error({ _tag: "CopyNotArrived", ...reason }, { queue: this.#queue })
  }
}

/** Returns the properties by which a copy asks for acknowledgments and to be a dead letter. */
const requestsOf = (
  { journaling }: Message,
  { acknowledgments, deadLetter }: CopyOptions,
  transactional: boolean
): Message => ({
  ...(acknowledgments === undefined
    ? {}
    : {
        adminQueue: acknowledgments.adminQueue,
        acknowledge: { positiveArrival: true, negativeArrival: true }
      }),
  ...(deadLetter ? { journaling: { ...journaling, deadLetter } } : {}),
  // Without a time limit, a copy could arrive after it was given up and its original was kept.
  ...(acknowledgments === undefined || (deadLetter && transactional) ? {} : { timeToReachQueue })
})

/** Returns `true` if a copy may have been too large, which a machine without room reports by the same codes. */
export const mayBeTooLarge = ({ reason }: MsmqError): boolean =>
  reason._tag === "InsufficientResources" || reason._tag === "IllegalMessage"
