import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ConsumePolicy, PoisonQueue } from "../../ConsumePolicy.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { inspected, PoisonOutlet } from "./poisonQueue.ts"
import type { Reader } from "../messages/Reader.ts"
import { openSubqueue } from "../handles/subqueue.ts"

/** Where poison goes. */
export type PoisonTarget =
  | { readonly _tag: "fail" }
  | { readonly _tag: "reject" }
  | { readonly _tag: "subqueue"; readonly subqueue: string }
  | { readonly _tag: "queue"; readonly outlet: PoisonOutlet }

/**
 * How a queue gives its messages to handlers.
 *
 * - `locked`: in a transaction
 * - `peeked`: they stay until they are handled, as nobody else can take them
 * - `taken`: they are gone when they are handled
 */
export type Way = "locked" | "peeked" | "taken"

/** A policy that can be followed on this queue. */
export interface ConsumePlan {
  readonly way: Way
  readonly formatName: string
  readonly concurrency: number
  readonly stopWithin: Duration.Duration
  readonly poison: PoisonTarget
}

type Refuse = (field: keyof ConsumePolicy, actual: unknown, rule: string) => Effect.Effect<never, MsmqError>

const needsQueue =
  "the queue is not transactional, or that is not known, and others may receive from it: a message is gone from it before " +
  "it is handled. Name a queue for what cannot be handled, as { queue }, or open the receiver with shareMode denyReceive, " +
  "and messages stay until they are handled"

/** Looks at a policy before any message is taken. */
export const planOf = Effect.fnUntraced(function* <Body, E, R>(
  operation: string,
  reader: Reader<Body>,
  formatName: string,
  policy: ConsumePolicy<E, R>
): Effect.fn.Return<ConsumePlan, MsmqError> {
  const { exclusive, transactional } = reader.inlet
  const refuse: Refuse = (field, actual, rule) =>
    Effect.fail(reader.error(operation, { _tag: "IllegalPolicy", field, rule, actual: shown(actual) }))

  const { concurrency = 1, poison = "fail", stopWithin = "30 seconds" } = policy
  const way: Way = transactional === true ? "locked" : exclusive ? "peeked" : "taken"
  if (way === "taken" && (typeof poison !== "object" || !("queue" in poison))) {
    return yield* refuse("poison", poison, needsQueue)
  }
  if (way === "peeked" && poison === "reject") {
    return yield* refuse("poison", poison, "only messages of a transactional queue can be rejected")
  }
  const target = yield* targetOf(operation, reader, formatName, poison, refuse)
  return { way, formatName, concurrency, stopWithin: Duration.fromInputUnsafe(stopWithin), poison: target }
})

const targetOf = Effect.fnUntraced(function* <Body>(
  operation: string,
  reader: Reader<Body>,
  formatName: string,
  poison: NonNullable<ConsumePolicy["poison"]>,
  refuse: Refuse
): Effect.fn.Return<PoisonTarget, MsmqError> {
  if (poison === "fail" || poison === "reject") return { _tag: poison }
  if ("subqueue" in poison) {
    yield* Effect.scoped(openSubqueue(operation, reader.inlet, formatName, poison.subqueue))
    return { _tag: "subqueue", subqueue: poison.subqueue }
  }
  return yield* outletOf(reader, formatName, poison, refuse)
})

const outletOf = Effect.fnUntraced(function* <Body>(
  reader: Reader<Body>,
  formatName: string,
  target: PoisonQueue,
  refuse: Refuse
): Effect.fn.Return<PoisonTarget, MsmqError> {
  const { mqrt } = reader.inlet
  const { formatName: name, transactional } = yield* inspected(mqrt, target)
  if (name.toLowerCase() === formatName.toLowerCase()) {
    return yield* refuse("poison", target, "it must be another queue than the one that is consumed")
  }
  if (transactional === undefined) {
    return yield* refuse(
      "poison",
      target,
      "whether that queue is transactional cannot be known from here, and what is sent in the wrong way vanishes: say it, " +
        "as { queue, transactional }"
    )
  }
  return { _tag: "queue", outlet: new PoisonOutlet(mqrt, target, transactional) }
})

const shown = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value))
