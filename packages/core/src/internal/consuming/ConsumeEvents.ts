import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { countOf } from "../errors/describeValue.ts"
import type { ConsumeEvent, ConsumePolicy, ConsumeProgress } from "../../Consumer.ts"

type Tag = ConsumeEvent["_tag"]
type Counts = { -readonly [Count in keyof ConsumeProgress]: ConsumeProgress[Count] }

/** Count that each event adds one to. */
const counted: Partial<Record<Tag, keyof ConsumeProgress>> = {
  Received: "received",
  Handled: "handled",
  Retrying: "retried",
  Parked: "retried",
  BatchFailed: "retried",
  Poisoned: "poisoned",
  PoisonSent: "poisoned",
  Reopened: "reopened"
}

/** Log line of each event that has one. */
const logged: { readonly [T in Tag]?: (event: Extract<ConsumeEvent, { _tag: T }>) => Effect.Effect<void> } = {
  Retrying: ({ attempt, cause, message }) =>
    Effect.logWarning(`message ${message.messageId}: attempt ${attempt} failed`, cause),
  Parked: ({ attempt, cause, message }) =>
    Effect.logWarning(`message ${message.messageId}: attempt ${attempt} failed, and the message is parked`, cause),
  BatchFailed: ({ cause, messages }) =>
    Effect.logWarning(`a batch of ${countOf(messages.length, "message")} failed; the next one has half as many`, cause),
  Poisoned: ({ attempts, cause, message }) =>
    Effect.logError(`message ${message.messageId} could not be handled in ${countOf(attempts, "attempt")}`, cause),
  PoisonSent: ({ attempts, cause, message }) =>
    Effect.logError(
      `message ${message.messageId} could not be handled in ${countOf(attempts, "attempt")}; no acknowledgment says that ` +
        "its copy has arrived, which is on its way, or a dead letter",
      cause
    ),
  TransientFailure: ({ error }) => Effect.logWarning(error.message),
  Reopened: () => Effect.logInfo("the queue was reopened")
}

const logFailure = ({ _tag }: ConsumeEvent, cause: Cause.Cause<never>): Effect.Effect<void> =>
  Cause.hasInterruptsOnly(cause)
    ? Effect.logWarning(`onEvent was interrupted for ${_tag}`)
    : Effect.logError(`onEvent failed for ${_tag}`, cause)

/** Events of one consumer: each is counted, logged and given to the policy's `onEvent`. */
export class ConsumeEvents {
  readonly #counts: Counts = { received: 0, handled: 0, retried: 0, poisoned: 0, reopened: 0 }
  readonly #onEvent: ConsumePolicy["onEvent"]
  /** Renewals of the queue's handle up to the last `Reopened`. */
  #renewals: number

  constructor(onEvent: ConsumePolicy["onEvent"], renewals: number) {
    this.#onEvent = onEvent
    this.#renewals = renewals
  }

  /** Returns the counts so far. */
  get progress(): ConsumeProgress {
    return { ...this.#counts }
  }

  /** Emits an event; a failure of `onEvent` is logged. */
  emit(event: ConsumeEvent): Effect.Effect<void> {
    if (!this.#hears(event)) {
      this.#count(event)
      return Effect.void
    }
    const onEvent = this.#onEvent
    const logOf = logged[event._tag] as ((event: ConsumeEvent) => Effect.Effect<void>) | undefined
    return Effect.suspend(() => {
      this.#count(event)
      const log = logOf?.(event) ?? Effect.void
      if (onEvent === undefined) return log
      const call = Effect.suspend(() => onEvent(event, this.progress)).pipe(
        Effect.catchCause((cause) => logFailure(event, cause))
      )
      return Effect.andThen(log, call)
    })
  }

  /** Emits an event, then runs an effect. An event that nobody hears takes no step. */
  emitThen<A, E, R>(event: ConsumeEvent, next: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    if (this.#hears(event)) return Effect.flatMap(this.emit(event), next)
    this.#count(event)
    return next()
  }

  /** Emits `Reopened` if the handle was renewed since the last one. */
  emitReopened(renewals: number): Effect.Effect<void> {
    if (renewals === this.#renewals) return Effect.void
    this.#renewals = renewals
    return this.emit({ _tag: "Reopened" })
  }

  #count({ _tag }: ConsumeEvent): void {
    const count = counted[_tag]
    if (count !== undefined) this.#counts[count]++
  }

  /** Returns `true` for an event that is logged or given to `onEvent`. */
  #hears({ _tag }: ConsumeEvent): boolean {
    return this.#onEvent !== undefined || logged[_tag] !== undefined
  }
}
