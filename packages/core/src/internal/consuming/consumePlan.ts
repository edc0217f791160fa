import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ConsumePolicy, PoisonQueue } from "../../Consumer.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Scope from "effect/Scope"
import type { Mqrt } from "../../Mqrt.ts"
import { Mqrt as MqrtService } from "../../Mqrt.ts"
import { Acknowledgments } from "../acknowledging/Acknowledgments.ts"
import { meaningOf } from "../acknowledging/arrivalClasses.ts"
import { openQueue } from "../queues/opening.ts"
import { openSubqueue } from "../queues/subqueue.ts"
import type { Reader } from "../messages/Reader.ts"
import type { QueueName } from "../names/queueName.ts"
import { nameOf } from "../names/queueName.ts"
import type { Destination } from "./destinations.ts"
import { destinationOf, destinationsOf, isSameQueue, refusalOf } from "./destinations.ts"
import { PoisonOutlet } from "./poisonQueue.ts"
import * as operations from "../telemetry/operations.ts"
import type { Operation } from "../telemetry/Operation.ts"

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

/** Looks at a policy before any message is taken. What it needs is open as long as the scope. */
export const planOf = Effect.fnUntraced(function* <Body, E, R>(
  operation: Operation,
  reader: Reader<Body>,
  formatName: string,
  policy: ConsumePolicy<E, R>
): Effect.fn.Return<ConsumePlan, MsmqError, Scope.Scope> {
  const { exclusive, transactional } = reader.state
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
  const target = yield* targetOf(operation, reader, formatName, poison, way, refuse)
  return { way, formatName, concurrency, stopWithin: Duration.fromInputUnsafe(stopWithin), poison: target }
})

const targetOf = Effect.fnUntraced(function* <Body>(
  operation: Operation,
  reader: Reader<Body>,
  formatName: string,
  poison: NonNullable<ConsumePolicy["poison"]>,
  way: Way,
  refuse: Refuse
): Effect.fn.Return<PoisonTarget, MsmqError, Scope.Scope> {
  if (poison === "fail" || poison === "reject") return { _tag: poison }
  if ("subqueue" in poison) {
    yield* Effect.scoped(openSubqueue(operation, reader.state, formatName, poison.subqueue))
    return { _tag: "subqueue", subqueue: poison.subqueue }
  }
  return yield* outletOf(operation, reader, formatName, poison, way, refuse)
})

const outletOf = Effect.fnUntraced(function* <Body>(
  operation: Operation,
  reader: Reader<Body>,
  formatName: string,
  target: PoisonQueue,
  way: Way,
  refuse: Refuse
): Effect.fn.Return<PoisonTarget, MsmqError, Scope.Scope> {
  const { mqrt } = reader.state
  const destinations = yield* destinationsOf(mqrt, nameOf(target.queue), yield* resolved(mqrt, target.queue))
  const consumed = yield* destinationOf(mqrt, reader.state.queue, formatName)
  if (destinations.some((destination) => isSameQueue(consumed, destination))) {
    return yield* refuse("poison", target, sameQueue)
  }
  const transactional = target.transactional ?? kindOf(destinations)
  if (transactional === undefined) {
    return yield* refuse(
      "poison",
      target,
      "whether that queue is transactional cannot be known from here, and what is sent in the wrong way vanishes: say it, " +
        "as { queue, transactional }"
    )
  }
  for (const destination of destinations) {
    const refusal = yield* refusalOf(mqrt, destination, transactional, undefined)
    if (refusal !== undefined) {
      return yield* refuse("poison", target, `what is sent to that queue is dropped: ${meaningOf(refusal)}`)
    }
  }
  const scope = yield* Effect.scope
  const opened = Scope.provide(Acknowledgments.open(mqrt, operation), scope)
  // With the receiving of the original a copy becomes true as a whole: only what is told of it needs an acknowledgment.
  const needed = way !== "locked" || !transactional
  const acknowledgments = needed
    ? Effect.succeed(
        yield* Effect.catchIf(opened, isFinal, (error) => refuse("poison", target, needsAdminQueue(error)))
      )
    : yield* Effect.cached(Effect.uninterruptible(Effect.orElseSucceed(opened, () => undefined)))
  return { _tag: "queue", outlet: new PoisonOutlet(mqrt, target, transactional, acknowledgments) }
})

/** The rule that poison goes elsewhere. */
export const sameQueue =
  "it must be another queue than the one that is consumed, whatever its name: a copy would be consumed, and copied, again"

const needsAdminQueue = (error: MsmqError): string =>
  "a message may only leave its queue when its copy is known to have arrived, and the private queue for the " +
  `acknowledgments cannot be opened (${error.message}). Let this account create private queues, or create that one for ` +
  "it, with the rights to receive from it and to write to it for everyone; or take { subqueue }"

const isFinal = (error: MsmqError): boolean => !error.isRetryable

/** The kind of all queues together; `undefined`: not known, or not the same. */
const kindOf = (destinations: ReadonlyArray<Destination>): boolean | undefined => {
  const kinds = new Set(destinations.map(({ properties }) => properties?.transactional))
  const [kind] = kinds
  return kinds.size === 1 ? kind : undefined
}

/** The format name of a queue that can be opened for sending. */
const resolved = (mqrt: Mqrt["Service"], queue: QueueName): Effect.Effect<string, MsmqError> =>
  openQueue(queue, operations.Receiver.consume, "send", "denyNone").pipe(
    Effect.map(({ formatName }) => formatName),
    Effect.scoped,
    Effect.provideService(MqrtService, mqrt)
  )

const shown = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value))
