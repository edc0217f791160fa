import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { ConsumePolicy, PoisonPolicy } from "../../Consumer.ts"
import { defaultReopen, defaultRetry } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { CallSite } from "../../mqrt/CallSite.ts"
import { usualRead } from "../../mqrt/MessagePropertyTable.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { Acknowledgments } from "../arrival/Acknowledgments.ts"
import { meaningOf } from "../arrival/ArrivalClass.ts"
import { destinationOf, destinationsOf, isSameQueue, kindOf, refusalOf } from "../arrival/Destination.ts"
import { Reader } from "../messages/Reader.ts"
import { nameOf } from "../names/queueName.ts"
import { effectOf } from "../options/handlers.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { openQueue } from "../queues/opening.ts"
import { openSubqueue } from "../queues/subqueue.ts"
import { ConsumeEvents } from "./ConsumeEvents.ts"
import { handleMessage } from "./Delivery.ts"
import type { PoisonTarget } from "./PoisonSender.ts"
import { illegalPoisonPolicy, mustBeAnotherQueue, PoisonSender } from "./PoisonSender.ts"
import { receiveModes } from "./ReceiveMode.ts"
import { BackOff, RetryPolicy } from "./RetryPolicy.ts"
import { Shutdown } from "./Shutdown.ts"
import { turnOf } from "./Turn.ts"
import * as operations from "../telemetry/Operation.ts"

const operation = operations.Receiver.consume

/**
 * Gives the messages of a queue to a handler until a failure, an interruption or the closing of the queue; then shuts down.
 * `consumedAt`: the place that consumes.
 */
export const consumer = <Body, E, R>(
  reader: Reader<Body>,
  formatName: string,
  handle: (message: ReceivedMessage<Body>) => Effect.Effect<unknown, E, R>,
  policy: ConsumePolicy<E, R>,
  consumedAt: CallSite
): Effect.Effect<never, MsmqError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { handle: queueHandle, queue: name } = reader.state
      const { concurrency = 1, onEvent, poison = "fail", reopen = defaultReopen, retry = defaultRetry } = policy
      const shutdown = new Shutdown()
      // A handler, a schedule or `onEvent` that closes this queue does not wait for the end of this consumer.
      const runs = [...(yield* OwnedHandle.Runs), shutdown]
      const context = Context.add(yield* Effect.context<R>(), OwnedHandle.Runs, runs).pipe(
        Context.add(OwnedHandle.IsOwnWork, false)
      )
      const call = { operation, queue: name }
      const events = new ConsumeEvents(
        onEvent &&
          ((event, progress) => Effect.provideContext(effectOf(call, onEvent(event, progress), "onEvent"), context)),
        queueHandle.node.reopenCount
      )
      // A message may have to be sent on, so all of it is read, whatever the handler gets.
      const read = { ...usualRead, rare: reader.state.read.rare }
      const bytes = new Reader<Uint8Array>({ ...reader.state, codec: undefined, reopens: false, read })

      const exits = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* OwnedHandle.registerRun(queueHandle, operation, shutdown)
          const mode = receiveModeOf(bytes)
          // The scope closes what the target has open before the queue's handle is closed.
          const target = yield* restore(poisonTargetOf(bytes, formatName, poison, mode))
          const queue = { reader: bytes, formatName, poison: target, shutdown, workers: concurrency, consumedAt }
          const nextMessage = receiveModes[mode](queue)
          // One worker at a time waits for a message, as each message would wake all that wait.
          const inTurn = turnOf(concurrency)
          const worker = Effect.contextWith((workerContext: Context.Context<R>) => {
            const backOff = new BackOff(queueHandle, shutdown, events, RetryPolicy.of(reopen, context))
            const makeRetryPolicy = () => RetryPolicy.of(retry, context)
            const attemptContext = Context.add(workerContext, OwnedHandle.IsOwnWork, false)
            const handler = { queue, reader, handle, makeRetryPolicy, events, backOff, attemptContext }
            const received = inTurn(backOff.retryTransient(nextMessage(backOff)))
            const next: Effect.Effect<void, MsmqError, R> = Effect.flatMap(received, (held) =>
              held === undefined ? Effect.void : Effect.flatMap(handleMessage(handler, held), goOn)
            )
            const goOn = () => (shutdown.hasBegun ? Effect.void : next)
            const work = Effect.suspend(goOn)
            return Effect.catchIf(
              work,
              (error) => backOff.isEndedByShutdown(error),
              (error) => Effect.logWarning(`stopped during the wait after this failure: ${error.message}`)
            )
          }).pipe(
            // On top of eight additions, each further one would copy the whole context, for each message.
            Effect.updateContext((context: Context.Context<R>) => Context.makeUnsafe<R>(context.mapUnsafe)),
            Transaction.outside,
            Effect.provideService(OwnedHandle.Runs, runs),
            Effect.provideService(OwnedHandle.IsOwnWork, true),
            Effect.onExit(() => Effect.sync(() => shutdown.stop()))
          )
          const workers = yield* Effect.forEach(Array.from({ length: concurrency }), () =>
            Effect.forkChild(worker, { startImmediately: true, uninterruptible: true })
          )
          const interrupted = yield* Effect.exit(restore(shutdown.begun))
          shutdown.stop()
          return [interrupted, ...(yield* endOf(workers, policy.shutdownTimeout ?? "30 seconds"))]
        })
      )
      return yield* resultOf(queueHandle, exits)
    })
  )

type Worker = Fiber.Fiber<void, MsmqError>

/** Waits until all workers have ended; interrupts them after `timeout`. */
const endOf = (
  workers: ReadonlyArray<Worker>,
  timeout: Duration.Input
): Effect.Effect<ReadonlyArray<Exit.Exit<void, MsmqError>>> =>
  Effect.flatMap(
    Effect.forkChild(
      Effect.andThen(
        Effect.sleep(timeout),
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

/** Fails with all failures, or else with `Released` if the queue was closed; interrupts the fiber otherwise. */
const resultOf = (
  queueHandle: OwnedHandle.OwnedHandle<unknown>,
  exits: ReadonlyArray<Exit.Exit<void, MsmqError>>
): Effect.Effect<never, MsmqError> => {
  const causes = exits.flatMap((exit) => (Exit.isFailure(exit) ? [exit.cause] : []))
  const [first, ...others] = causes.filter((cause) => !Cause.hasInterruptsOnly(cause))
  if (first !== undefined) return Effect.failCause(others.reduce((all, one) => Cause.combine(all, one), first))
  const [interrupted] = causes
  if (interrupted !== undefined) return Effect.failCause(interrupted)
  return queueHandle.node.closedAt === undefined ? Effect.interrupt : Effect.fail(queueHandle.node.refusal(operation))
}

/** Returns the receive mode of a queue: a message stays there until it is handled wherever that is possible. */
const receiveModeOf = ({ state: { exclusive, transactional } }: Reader<Uint8Array>): keyof typeof receiveModes =>
  transactional === true ? "transactional" : exclusive ? "peekLock" : "receiveAndDelete"

/**
 * Returns the place that the policy for poison messages names, after checking that messages of this queue can go there. The
 * scope closes what it has open.
 */
const poisonTargetOf = Effect.fnUntraced(function* (
  { state }: Reader<Uint8Array>,
  formatName: string,
  policy: PoisonPolicy,
  mode: keyof typeof receiveModes
): Effect.fn.Return<PoisonTarget, MsmqError, Scope.Scope> {
  const { mqrt, queue } = state
  const refuse = (rule: string) => Effect.fail(illegalPoisonPolicy(queue, policy, rule))
  const isQueue = typeof policy === "object" && "queue" in policy
  if (mode === "receiveAndDelete" && !isQueue) return yield* refuse(mustNameQueue)
  if (mode === "peekLock" && policy === "reject") return yield* refuse(mustBeTransactional)
  if (!isQueue) {
    if (typeof policy === "string") return { _tag: policy }
    yield* Effect.scoped(openSubqueue(operation, state, formatName, policy.subqueue))
    return { _tag: "subqueue", subqueue: policy.subqueue }
  }

  const name = nameOf(policy.queue)
  const opened = yield* openQueue(policy.queue, operation, "send", "denyNone").pipe(
    Effect.scoped,
    Effect.provideService(Mqrt, mqrt)
  )
  const destinations = yield* destinationsOf(mqrt, { operation, queue: name }, opened.formatName)
  const consumed = yield* destinationOf(mqrt, { operation, queue }, formatName)
  if (destinations.some((destination) => isSameQueue(consumed, destination))) return yield* refuse(mustBeAnotherQueue)
  const transactional = policy.transactional ?? kindOf(destinations)
  if (transactional === undefined) return yield* refuse(mustSayKind)
  for (const destination of destinations) {
    const refusal = yield* refusalOf(mqrt, destination, transactional, undefined)
    if (refusal !== undefined) return yield* refuse(`that queue drops the copies: ${meaningOf(refusal)}`)
  }
  const acknowledgments = Scope.provide(Acknowledgments.open(mqrt, operation, queue), yield* Effect.scope)
  // A copy in the transaction of its original needs no acknowledgment, which only decides between two events.
  const opening =
    mode === "transactional" && transactional
      ? yield* Effect.cached(Effect.uninterruptible(Effect.orElseSucceed(acknowledgments, () => undefined)))
      : Effect.succeed(
          yield* Effect.catchIf(
            acknowledgments,
            (error) => !error.isRetryable,
            (error) => refuse(needsAdminQueue(error))
          )
        )
  return { _tag: "queue", sender: new PoisonSender(mqrt, queue, policy, transactional, opening) }
})

const mustNameQueue =
  "the queue is not transactional, or its kind is not known, and others may receive from it: a message is removed before it " +
  "is handled. Name a queue for messages that cannot be handled, as { queue }, or open the receiver with shareMode " +
  "denyReceive, so that messages stay in the queue until they are handled"

const mustBeTransactional = "only messages of a transactional queue can be rejected"

const mustSayKind =
  "the kind of that queue cannot be read from here, and Message Queuing drops messages of the wrong kind: give it, as " +
  "{ queue, transactional }"

const needsAdminQueue = (error: MsmqError): string =>
  "a message may only leave its queue when its copy is known to have arrived, and the private queue for the " +
  `acknowledgments cannot be opened (${error.message}). Let this account create private queues, or create that one for ` +
  "it, with the rights to receive from it and to write to it for everyone; or use { subqueue }"
