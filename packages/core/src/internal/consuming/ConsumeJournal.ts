import * as Effect from "effect/Effect"
import { countOf } from "../errors/describeValue.ts"
import type { ConsumeEvent, ConsumePolicy, ConsumeProgress } from "../../Consumer.ts"

type Counts = { -readonly [Count in keyof ConsumeProgress]: ConsumeProgress[Count] }

const counted: Partial<Record<Tag, keyof ConsumeProgress>> = {
  Received: "received",
  Handled: "handled",
  Retrying: "retried",
  Poisoned: "poisoned",
  PoisonSent: "poisoned",
  Reopened: "reopened"
}

type Tag = ConsumeEvent["_tag"]

/** What the log says, where it says anything. */
const logged: { readonly [T in Tag]?: (event: Extract<ConsumeEvent, { _tag: T }>) => Effect.Effect<void> } = {
  Retrying: ({ attempt, cause, message }) =>
    Effect.logWarning(`message ${message.messageId}: attempt ${attempt} failed`, cause),
  Poisoned: ({ attempts, cause, message }) =>
    Effect.logError(`message ${message.messageId} could not be handled in ${countOf(attempts, "attempt")}`, cause),
  PoisonSent: ({ attempts, cause, message }) =>
    Effect.logError(
      `message ${message.messageId} could not be handled in ${countOf(attempts, "attempt")}; no acknowledgment says that ` +
        "its copy has arrived, which is on its way, or a dead letter",
      cause
    ),
  Troubled: ({ error }) => Effect.logWarning(error.message),
  Reopened: () => Effect.logInfo("the queue was opened anew")
}

/** Counts what happens, and tells of it. */
export class ConsumeJournal {
  readonly #counts: Counts = { received: 0, handled: 0, retried: 0, poisoned: 0, reopened: 0 }
  readonly #onEvent: ConsumePolicy["onEvent"]

  constructor(onEvent: ConsumePolicy["onEvent"]) {
    this.#onEvent = onEvent
  }

  tell(event: ConsumeEvent): Effect.Effect<void> {
    return Effect.suspend(() => {
      const count = counted[event._tag]
      if (count !== undefined) this.#counts[count]++
      const log =
        (logged[event._tag] as ((event: ConsumeEvent) => Effect.Effect<void>) | undefined)?.(event) ?? Effect.void
      const onEvent = this.#onEvent
      if (onEvent === undefined) return log
      const told = Effect.suspend(() => onEvent(event, { ...this.#counts })).pipe(
        Effect.catchCause((cause) => Effect.logError(`onEvent failed for ${event._tag}`, cause))
      )
      return Effect.andThen(log, told)
    })
  }
}
