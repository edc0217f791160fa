import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type { Poison } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError, Reason } from "../../MsmqError.ts"
import type { BackOff } from "./BackOff.ts"
import type { ConsumePlan } from "./consumePlan.ts"
import type { Course } from "./Course.ts"
import type { Reader } from "../messages/Reader.ts"
import { isLoss, passes } from "./passingTrouble.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** What every way to deliver has to do with. */
export interface Source {
  readonly operation: Operation
  /** Reads bodies as bytes: what cannot be decoded is a message too. */
  readonly reader: Reader<Uint8Array>
  readonly plan: ConsumePlan
  readonly course: Course
  readonly backOff: BackOff
  readonly common: Common
}

/** What the handlers of one `consume` have in common. */
export class Common {
  /** Nobody takes a message while another handler's one is back in the queue for a moment. */
  readonly taking = Semaphore.makeUnsafe(1)
  /** The lookup ids of what is being handled while it stays in the queue. */
  readonly handled = new Set<bigint>()
  /** Those of what was let go since the last look for a message began: a look that goes on may still find them. */
  readonly released = new Set<bigint>()
}

/** A message that one handler has to itself. */
export interface Held {
  readonly message: ReceivedMessage
  /** Runs a try at it, in its transaction where it has one. */
  readonly within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** It was handled: away with it. Fails with `TransactionAborted` where the handler has ended its transaction so. */
  readonly finish: Effect.Effect<void, MsmqError>
  /** `true` if the handler has ended it by committing its transaction. */
  readonly isFinished: Effect.Effect<boolean>
  /** Undoes the try, and holds the message for another one; `undefined` if it is gone. May be asked again if it fails. */
  readonly again: Effect.Effect<Held | undefined, MsmqError>
  /** Undoes the try and lets go of the message; gives the failure of the service that had undone it before. */
  readonly undone: Effect.Effect<MsmqError | undefined>
  /** Lets go of the message, whatever has become of it. */
  readonly close: Effect.Effect<void>
}

/**
 * Outcome for a poison message that was let go of.
 *
 * - `Poisoned`: it is where the policy says
 * - `PoisonSent`: its copy is on its way there, and a dead letter if it does not arrive
 * - `Gone`: it was no longer there
 * - `Lost`: the try had been undone by a failure of the service before it failed, so it does not count
 */
export type Discarded =
  | { readonly _tag: "Poisoned" | "PoisonSent" | "Gone" }
  | { readonly _tag: "Lost"; readonly error: MsmqError }

export const poisoned: Discarded = { _tag: "Poisoned" }
export const poisonSent: Discarded = { _tag: "PoisonSent" }
export const gone: Discarded = { _tag: "Gone" }

/** How messages come out of a queue to a handler, and where they go that it cannot handle. */
export interface Delivery {
  /** The next message, which it waits for; `undefined` when the course stops. */
  readonly next: Effect.Effect<Held | undefined, MsmqError>
  /** Lets go of a poison message and sends it where the policy says. `insists`: that a try was undone does not matter. */
  readonly discard: (held: Held, poison: Poison, insists: boolean) => Effect.Effect<Discarded, MsmqError>
  /** Lets go of a message that is not done, because the course stops. */
  readonly giveBack: (held: Held, poison: Poison) => Effect.Effect<void, MsmqError>
}

/** Number of attempts to do with a poison message what the policy says, while the service is there. */
export const mostDiscards = 10

type Kept = Extract<Reason, { readonly _tag: "PoisonMessage" }>["kept"]

/** The failure of `consume` by a message that its policy sends nowhere. */
export const poisonError = (source: Source, poison: Poison, kept: Kept): MsmqError =>
  source.reader.error(source.operation, { _tag: "PoisonMessage", ...poison, kept })

/** The same where it could not be sent where the policy says, and why. */
export const unsentError = (source: Source, poison: Poison, why: Cause.Cause<MsmqError>, kept: Kept): MsmqError =>
  poisonError(source, { ...poison, cause: Cause.combine(poison.cause, why) }, kept)

/** Fails with the message itself where that is the reason that it cannot be sent, and it is still in the queue. */
export const orKept =
  (source: Source, poison: Poison) =>
  <A>(discard: Effect.Effect<A, MsmqError>): Effect.Effect<A, MsmqError> =>
    Effect.catchIf(
      discard,
      (error) => ofItself.has(error.reason._tag) || (!source.course.stopping && passes(error) && !isLoss(error)),
      (error) => Effect.fail(unsentError(source, poison, Cause.fail(error), "queue"))
    )

const ofItself: ReadonlySet<Reason["_tag"]> = new Set<Reason["_tag"]>([
  "CopyNotArrived",
  "IllegalMessage",
  "IllegalPolicy",
  "SourceFailed"
])

/** Waits until there may be a message, which nobody has to be told of; `false` when the course stops. */
export const waited = ({ backOff, course, operation, reader }: Source): Effect.Effect<boolean, MsmqError> => {
  const peek = reader.take({ operation, action: "peekCurrent", timeout: null, cursor: null })
  return Effect.map(course.untilStopped(peek), (peeked) => {
    backOff.reset()
    return Option.isSome(peeked)
  })
}
