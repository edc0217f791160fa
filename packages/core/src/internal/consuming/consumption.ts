import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Semaphore from "effect/Semaphore"
import type { ConsumePolicy } from "../../Consumer.ts"
import { defaultReopen, defaultRetry } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { BackOff } from "./BackOff.ts"
import { ConsumeJournal } from "./ConsumeJournal.ts"
import type { ConsumePlan, Way } from "./consumePlan.ts"
import { planOf } from "./consumePlan.ts"
import { Course } from "./Course.ts"
import type { Delivery, Source } from "./Delivery.ts"
import { Common } from "./Delivery.ts"
import { handling } from "./handling.ts"
import { lockedDelivery } from "./lockedDelivery.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { effectOf } from "../options/handlers.ts"
import { peekedDelivery } from "./peekedDelivery.ts"
import { Reader } from "../messages/Reader.ts"
import { ScheduleSteps } from "./ScheduleSteps.ts"
import { takenDelivery } from "./takenDelivery.ts"
import * as operations from "../telemetry/operations.ts"

const operation = operations.Receiver.consume

const deliveries: { readonly [W in Way]: (source: Source) => Delivery } = {
  locked: lockedDelivery,
  peeked: peekedDelivery,
  taken: takenDelivery
}

/** Feeds a handler from a queue until it fails, is interrupted, or the queue is closed; then lets what runs finish. */
export const consumption = <Body, E, R>(
  reader: Reader<Body>,
  formatName: string,
  handle: (message: ReceivedMessage<Body>) => Effect.Effect<unknown, E, R>,
  policy: ConsumePolicy<E, R>
): Effect.Effect<never, MsmqError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { handle: queue } = reader.state
      const call = { operation, queue: reader.state.queue }
      const course = new Course()
      // What closes this queue from within must not wait for this to end, be it a handler, a schedule or `onEvent`.
      const runs = [...(yield* OwnedHandle.Runs), course]
      const context = Context.add(yield* Effect.context<R>(), OwnedHandle.Runs, runs).pipe(
        Context.add(OwnedHandle.IsOwnWork, false)
      )
      const { onEvent, reopen = defaultReopen, retry = defaultRetry } = policy
      const journal = new ConsumeJournal(
        onEvent &&
          ((event, progress) => Effect.provideContext(effectOf(call, onEvent(event, progress), "onEvent"), context))
      )
      const shared = { handle: queue, course, journal, renewals: queue.node.reopenCount }
      const common = new Common()
      const bytes = new Reader<Uint8Array>({ ...reader.state, codec: undefined, reopens: false })

      // One waits in the queue at a time: the others would only be woken for nothing.
      const turn = Semaphore.makeUnsafe(1)
      const worker = (plan: ConsumePlan) =>
        Effect.suspend(() => {
          const backOff = new BackOff(shared, ScheduleSteps.of(reopen, context))
          const source: Source = { operation, reader: bytes, plan, course, backOff, common }
          const delivery = deliveries[plan.way](source)
          const handler = {
            source,
            delivery,
            reader,
            handle,
            journal,
            retry: () => ScheduleSteps.of(retry, context)
          }
          const work: Effect.Effect<void, MsmqError, R> = Effect.suspend(() =>
            course.stopping
              ? Effect.void
              : Effect.flatMap(turn.withPermit(backOff.persist(delivery.next)), (held) =>
                  held === undefined ? Effect.void : Effect.andThen(handling(handler, held), work)
                )
          )
          return Effect.catchIf(
            work,
            (error) => backOff.isGivenUp(error),
            (error) => Effect.logWarning(`stopped while this failure was waited out: ${error.message}`)
          )
        }).pipe(
          Transaction.outside,
          Effect.provideService(OwnedHandle.Runs, runs),
          Effect.provideService(OwnedHandle.IsOwnWork, true)
        )

      const exits = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* OwnedHandle.registerRun(queue, operation, course)
          // What the plan has open is closed before whoever closes the queue goes on.
          const plan = yield* restore(planOf(operation, reader, formatName, policy))
          const ending = Effect.onExit(worker(plan), () => Effect.sync(() => course.stop()))
          const workers = yield* Effect.forEach(Array.from({ length: plan.concurrency }), () =>
            Effect.forkChild(ending, { startImmediately: true, uninterruptible: true })
          )
          const stopped = yield* Effect.exit(restore(course.stops))
          course.stop()
          return [stopped, ...(yield* settled(workers, plan.stopWithin))]
        })
      )
      return yield* outcome(queue, exits)
    })
  )

type Worker = Fiber.Fiber<void, MsmqError>

/** How the workers end, who are given so long before they are interrupted. */
const settled = (
  workers: ReadonlyArray<Worker>,
  within: Duration.Duration
): Effect.Effect<ReadonlyArray<Exit.Exit<void, MsmqError>>> =>
  Effect.flatMap(
    Effect.forkChild(
      Effect.andThen(
        Effect.sleep(within),
        Effect.sync(() => {
          for (const worker of workers) worker.interruptUnsafe()
        })
      ),
      { startImmediately: true }
    ),
    (deadline) =>
      Effect.andThen(
        Effect.forEach(workers, (worker) => Fiber.await(worker)),
        (exits) => Effect.as(Fiber.interrupt(deadline), exits)
      )
  )

/** What failed, all of it; or else that the queue was closed; or else that it was interrupted. */
const outcome = (
  queue: OwnedHandle.OwnedHandle<unknown>,
  exits: ReadonlyArray<Exit.Exit<void, MsmqError>>
): Effect.Effect<never, MsmqError> => {
  const causes = exits.flatMap((exit) => (Exit.isFailure(exit) ? [exit.cause] : []))
  const [first, ...others] = causes.filter((cause) => !Cause.hasInterruptsOnly(cause))
  if (first !== undefined) return Effect.failCause(others.reduce((all, one) => Cause.combine(all, one), first))
  const [interrupted] = causes
  if (interrupted !== undefined) return Effect.failCause(interrupted)
  return queue.node.closedAt === undefined ? Effect.interrupt : Effect.fail(queue.node.refusal(operation))
}
