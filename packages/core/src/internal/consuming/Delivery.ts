import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type { Poison } from "../../ConsumePolicy.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { BackOff } from "./BackOff.ts"
import type { ConsumePlan } from "./consumePlan.ts"
import type { Course } from "./Course.ts"
import type { Reader } from "../messages/Reader.ts"

/** What every way to deliver has to do with. */
export interface Source {
  readonly operation: string
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
}

/** A message that one handler has to itself. */
export interface Held {
  readonly message: ReceivedMessage
  /** Runs a try at it, in its transaction where it has one. */
  readonly within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** It was handled: away with it. */
  readonly finish: Effect.Effect<void, MsmqError>
  /** Undoes the try, and holds the message for another one; `undefined` if it is gone. May be asked again if it fails. */
  readonly again: Effect.Effect<Held | undefined, MsmqError>
  /** Undoes the try and lets go of the message; `false` if a failure of the service had undone it before. */
  readonly undone: Effect.Effect<boolean>
  /** Lets go of the message, whatever has become of it. */
  readonly close: Effect.Effect<void>
}

/** How messages come out of a queue to a handler, and where they go that it cannot handle. */
export interface Delivery {
  /** The next message, which it waits for; `undefined` when the course stops. */
  readonly next: Effect.Effect<Held | undefined, MsmqError>
  /**
   * Lets go of a poison message and sends it where the policy says.
   *
   * - `"gone"`: it was no longer there
   * - `"lost"`: the try had been undone by a failure of the service before it failed, so it does not count
   */
  readonly discard: (held: Held, poison: Poison) => Effect.Effect<"sent" | "gone" | "lost", MsmqError>
  /** Lets go of a message that is not done, because the course stops. */
  readonly giveBack: (held: Held, poison: Poison) => Effect.Effect<void, MsmqError>
}

/** The failure of `consume` by a message that its policy sends nowhere. */
export const poisonError = (source: Source, poison: Poison, kept: "queue" | "nowhere"): MsmqError =>
  source.reader.error(source.operation, { _tag: "PoisonMessage", ...poison, kept })

/** Waits until there may be a message, which nobody has to be told of; `false` when the course stops. */
export const waited = ({ backOff, course, operation, reader }: Source): Effect.Effect<boolean, MsmqError> => {
  const peek = reader.take({ operation, action: "peekCurrent", timeout: null, cursor: null })
  return Effect.map(course.untilStopped(peek), (peeked) => {
    backOff.reset()
    return Option.isSome(peeked)
  })
}
