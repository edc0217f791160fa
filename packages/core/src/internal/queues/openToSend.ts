/** Opening of senders, which the functions that send to a queue share. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { Sender } from "../../Sender.ts"
import { Acknowledgments } from "../arrival/Acknowledgments.ts"
import type { MessageBody } from "../bodies/Codec.ts"
import type { Defaults } from "../sending/senderDefaults.ts"
import type { QueueKind } from "../sending/SendOptions.ts"
import type { QueueName } from "../names/queueName.ts"
import { nameOf } from "../names/queueName.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Operation } from "../telemetry/Operation.ts"
import * as operations from "../telemetry/Operation.ts"
import { openQueueOfKind } from "./opening.ts"

/**
 * Kind of the queue in the type of a sender, by the option `transactional`.
 *
 * @category models
 * @since 0.1.0
 */
export type KindOf<Transactional> = [Transactional] extends [true]
  ? "transactional"
  : [Transactional] extends [false]
    ? "plain"
    : "unknown"

/** Queue that is open for sending, which senders with different codecs may share. */
interface OpenToSend extends Effect.Success<ReturnType<typeof openQueueOfKind>> {
  /** Opens an administration queue for the senders at its first run; it closes before the queue. */
  readonly acknowledgments: Effect.Effect<Acknowledgments, MsmqError>
}

/** Opens a queue for sending, until the scope closes. `transactional`: kind of the queue, where the program gives it. */
export const openToSend = Effect.fnUntraced(function* (
  operation: Operation,
  queue: QueueName,
  transactional: boolean | undefined
): Effect.fn.Return<OpenToSend, MsmqError, Mqrt | Scope.Scope> {
  const opened = yield* openQueueOfKind(queue, operation, "send", "denyNone", transactional)
  const scope = yield* Effect.scope
  const open = Acknowledgments.open(opened.mqrt, operations.Sender.sendAwaiting, nameOf(queue))
  // A closing of the queue waits for the opening, which then closes at once.
  const leased = OwnedHandle.lease(opened.handle, operations.Sender.sendAwaiting, () => Scope.provide(open, scope))
  return { ...opened, acknowledgments: once(leased) }
})

/** Returns an effect that runs another one until it succeeds, and then has its result. Concurrent runs share one. */
const once = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  const running = Semaphore.makeUnsafe(1)
  let result: { readonly value: A } | undefined
  const run = Effect.suspend(() =>
    result === undefined
      ? Effect.map(Effect.uninterruptible(effect), (value) => (result = { value }).value)
      : Effect.succeed(result.value)
  )
  return Effect.suspend(() => (result === undefined ? running.withPermit(run) : Effect.succeed(result.value)))
}

/** Makes a sender on an open queue. `queue`: the name that the program uses. */
export const senderOn = <Body, Kind extends QueueKind>(
  { acknowledgments, handle, kind, mqrt, name }: OpenToSend,
  queue: string,
  codec: MessageBody<Body, unknown> | undefined,
  defaults: Defaults | undefined
): Sender<Body, Kind> => {
  return Sender.make<Body, Kind>({ mqrt, handle, queue, kind, codec, defaults }, name, acknowledgments)
}
