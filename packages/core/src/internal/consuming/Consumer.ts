import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { BatchPolicy, ConsumePolicy, ConsumeProgress, PoisonPolicy } from "../../Consumer.ts"
import { Control, defaultReopen, defaultRetry } from "../../Consumer.ts"
import * as FormatName from "../../FormatName.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { CallSite } from "../../mqrt/CallSite.ts"
import { usualRead } from "../../mqrt/MessagePropertyTable.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { Acknowledgments } from "../arrival/Acknowledgments.ts"
import { meaningForCopy } from "../arrival/acknowledgmentClasses.ts"
import { destinationOf, destinationsOf, isSameQueue, kindOf, refusalOf } from "../arrival/Destination.ts"
import { describeValue } from "../errors/describeValue.ts"
import { Reader } from "../receiving/Reader.ts"
import { nameOf } from "../names/queueName.ts"
import { effectOf } from "../options/handlers.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { CurrentName } from "../queues/opening.ts"
import { openQueue } from "../queues/opening.ts"
import { openSubqueue } from "../queues/subqueue.ts"
import { ConsumeEvents } from "./ConsumeEvents.ts"
import type { BatchLimits } from "./Batching.ts"
import { Batching, BatchRollbacks } from "./Batching.ts"
import type { HeldMessage } from "./Delivery.ts"
import { handleMessage } from "./Delivery.ts"
import { Intake } from "./Intake.ts"
import type { Keys } from "./KeyedReceiver.ts"
import { KeyedReceiver } from "./KeyedReceiver.ts"
import { Parking } from "./Parking.ts"
import type { PoisonTarget } from "./PoisonSender.ts"
import { illegalPoisonPolicy, mustBeAnotherQueue, PoisonSender } from "./PoisonSender.ts"
import { receiveModes } from "./ReceiveMode.ts"
import { BackOff, decisionsOf, RetryPolicy } from "./RetryPolicy.ts"
import { Shutdown } from "./Shutdown.ts"
import { turnOf } from "./Turn.ts"
import { work } from "./work.ts"
import * as operations from "../telemetry/Operation.ts"

const operation = operations.Receiver.consume

/**
 * Gives the messages of a queue to a handler until a failure, an interruption or the closing of the queue; then shuts down.
 * `consumedAt`: the place that consumes.
 */
export const consumer = <Body, E, R>(
  reader: Reader<Body>,
  queueName: CurrentName,
  handle: (message: ReceivedMessage<Body>) => Effect.Effect<unknown, E, R>,
  policy: ConsumePolicy<E, R>,
  keys: Keys<Body> | undefined,
  consumedAt: CallSite
): Effect.Effect<never, MsmqError, R> =>
  consuming({ reader, queueName, handle, handleAll: undefined, limits: undefined, keys, policy, consumedAt })

/** Gives the messages of a queue to a handler in batches, as {@link consumer} gives it single messages. */
export const batchConsumer = <Body, E, R>(
  reader: Reader<Body>,
  queueName: CurrentName,
  handleAll: (messages: ReadonlyArray<ReceivedMessage<Body>>) => Effect.Effect<unknown, E, R>,
  { size, within = 0, ...policy }: BatchPolicy<E, R>,
  consumedAt: CallSite
): Effect.Effect<never, MsmqError, R> => {
  const limits = { size, within: Duration.fromInputUnsafe(within) }
  const handle = (message: ReceivedMessage<Body>) => handleAll([message])
  return consuming({ reader, queueName, handle, handleAll, limits, keys: undefined, policy, consumedAt })
}

const consuming = <Body, E, R>(given: Given<Body, E, R>): Effect.Effect<never, MsmqError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const { concurrency, control } = given.policy
      const intake = control === undefined ? new Intake<ConsumeProgress>() : Control.intakeOf(control)
      const shutdown = intake.begin(concurrency)
      return shutdown === undefined
        ? Effect.fail(controlInUse(given.reader.state.queue))
        : Effect.ensuring(
            run(restore, { ...given, intake, shutdown }),
            Effect.sync(() => intake.end())
          )
    })
  )

/** Arguments of one `consume`. */
interface Given<Body, E, R> {
  readonly reader: Reader<Body>
  readonly queueName: CurrentName
  /** Handles a message that is delivered by itself. */
  readonly handle: (message: ReceivedMessage<Body>) => Effect.Effect<unknown, E, R>
  /** Handles a batch; `undefined` where there are none. */
  readonly handleAll: ((messages: ReadonlyArray<ReceivedMessage<Body>>) => Effect.Effect<unknown, E, R>) | undefined
  readonly limits: BatchLimits | undefined
  /** Keys of messages; `undefined` where they have none. */
  readonly keys: Keys<Body> | undefined
  readonly policy: ConsumePolicy<E, R>
  /** Place that consumes. */
  readonly consumedAt: CallSite
}

/** One `consume`: its arguments, and what steers it. */
interface Consuming<Body, E, R> extends Given<Body, E, R> {
  readonly intake: Intake<ConsumeProgress>
  readonly shutdown: Shutdown
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Runs a consumer, most of which nothing may interrupt. `restore`: makes a part of it interruptible. */
const run = <Body, E, R>(
  restore: Restore,
  { consumedAt, handle, handleAll, intake, keys, limits, policy, queueName, reader, shutdown }: Consuming<Body, E, R>
): Effect.Effect<never, MsmqError, R> =>
  Effect.gen(function* () {
    const { handle: queueHandle, queue: name } = reader.state
    const { onEvent, poison = "fail", reopen = defaultReopen, retry = defaultRetry } = policy
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
    intake.count(() => events.progress)
    const emitIdle = Effect.suspend(() => events.emit({ _tag: "Idle" }))
    // A message may have to be sent on, so all of it is read, whatever the handler gets.
    const read = { ...usualRead, rare: reader.state.read.rare }
    const bytes = new Reader<Uint8Array>({ ...reader.state, codec: undefined, reopens: false, read })

    const exits = yield* Effect.scoped(
      Effect.gen(function* () {
        yield* OwnedHandle.registerRun(queueHandle, operation, shutdown)
        const mode = receiveModeOf(bytes)
        const hasOther = [...queueHandle.node.runs].some((run) => run instanceof Shutdown && run !== shutdown)
        if (mode === "peekLock" && hasOther) return yield* secondConsumer(name)
        if (limits !== undefined && mode === "receiveAndDelete") return yield* cannotBatch(name, limits)
        // The scope closes what the target has open before the queue's handle is closed.
        const target = yield* restore(poisonTargetOf(bytes, queueName, poison, mode))
        let byKey: KeyedReceiver<Body> | undefined
        const onReturned = (lookupId: bigint) => {
          byKey?.unpark(lookupId)
          if (mode === "peekLock") intake.lookAgain()
        }
        const parking = yield* parkingOf(bytes, queueName, policy, mode, shutdown, onReturned)
        const rollbacks = new BatchRollbacks()
        const attemptsBefore = (message: ReceivedMessage) => {
          const single = Math.max(0, message.abortCount - rollbacks.take(message.messageId))
          return parking === undefined ? single : parking.attemptsBefore(message, single)
        }
        const workers: Array<WorkerFiber> = []
        let count = 0
        const isAlone = () => count === 1
        const queue = {
          reader: bytes,
          name: queueName,
          poison: target,
          parking,
          attemptsBefore,
          keyFailureAt: (lookupId: bigint) => byKey?.failureAt(lookupId),
          intake,
          shutdown,
          isAlone,
          emitIdle,
          wait: <A, E>(wait: Effect.Effect<A, E>) => intake.wait(wait, emitIdle),
          consumedAt
        }
        const receiver = receiveModes[mode](queue)
        const keyed = keys === undefined ? undefined : new KeyedReceiver(reader, queue, receiver, keys, call)
        byKey = keyed
        // One worker at a time waits for a message, as each message would wake all that wait.
        const inTurn = turnOf(isAlone)
        const makeDecide = decisionsOf(retry, context, call)
        const timeout = timeoutOf(policy)
        const backOffHere = () => new BackOff(queueHandle, shutdown, events, RetryPolicy.of(reopen, context))
        /** Runs a part of the consumer with a wait of its own after transient failures, until the shutdown begins. */
        const ownWork = (part: (backOff: BackOff) => Effect.Effect<void, MsmqError, R>) =>
          Effect.suspend(() => {
            const backOff = backOffHere()
            return Effect.catchIf(
              part(backOff),
              (error) => backOff.isEndedByShutdown(error),
              (error) => Effect.logWarning(`stopped during the wait after this failure: ${error.message}`)
            )
          }).pipe(
            // On top of eight additions, each further one would copy the whole context, for each message.
            Effect.updateContext((context: Context.Context<R>) => Context.makeUnsafe<R>(context.mapUnsafe)),
            Transaction.outside,
            Effect.provideService(OwnedHandle.Runs, runs),
            Effect.provideService(OwnedHandle.IsOwnWork, true)
          )
        const fork = (part: Effect.Effect<void, MsmqError, R>) =>
          Effect.forkChild(
            Effect.onExit(part, () => Effect.sync(() => shutdown.stop())),
            { startImmediately: true, uninterruptible: true }
          )
        const workerOf = (index: number) =>
          ownWork((backOff) =>
            Effect.contextWith((workerContext: Context.Context<R>) => {
              const attemptContext = Context.add(workerContext, OwnedHandle.IsOwnWork, false)
              const handler = { queue, reader, handle, timeout, makeDecide, events, backOff, attemptContext }
              const worker = { index, queue, backOff, inTurn }
              const next = (keyed ?? receiver).next(backOff)
              if (handleAll === undefined || limits === undefined) {
                const deliver = (held: HeldMessage) => handleMessage(handler, held)
                return work({
                  ...worker,
                  next,
                  deliver: keyed === undefined ? deliver : keyed.releasingAfter(deliver),
                  countOf: () => 1
                })
              }
              const batching = new Batching({ ...handler, handleAll, limits, rollbacks })
              return work({
                ...worker,
                next: batching.next(next),
                deliver: (batch) => batching.deliver(batch),
                countOf: ({ length }) => length
              })
            })
          )
        const parts: Array<WorkerFiber> = []
        if (parking !== undefined) {
          yield* ownWork((backOff) => backOff.retryTransient(parking.returnAll))
          parts.push(yield* fork(ownWork((backOff) => parking.run(backOff))))
        }
        let waited: Exit.Exit<void> = Exit.void
        while (!shutdown.hasBegun && Exit.isSuccess(waited)) {
          const { change } = intake
          count = Math.max(count, intake.concurrency)
          while (workers.length < count) {
            workers.push(yield* fork(workerOf(workers.length)))
          }
          waited = yield* Effect.exit(restore(change))
        }
        shutdown.stop()
        return [waited, ...(yield* endOf([...parts, ...workers], policy.shutdownTimeout ?? "30 seconds"))]
      })
    )
    return yield* resultOf(queueHandle, intake.isStopped, exits)
  })

/** Returns the time that an attempt has; `undefined` for no limit. */
const timeoutOf = ({
  handlerTimeout = Duration.infinity
}: Pick<ConsumePolicy, "handlerTimeout">): Duration.Duration | undefined => {
  const timeout = Duration.fromInputUnsafe(handlerTimeout)
  return Duration.isFinite(timeout) ? timeout : undefined
}

type WorkerFiber = Fiber.Fiber<void, MsmqError>

/** Waits until all workers have ended; interrupts them after `timeout`. */
const endOf = (
  workers: ReadonlyArray<WorkerFiber>,
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

/** Fails with all failures, or else with `Released` if the queue was closed before a stop; interrupts the fiber otherwise. */
const resultOf = (
  queueHandle: OwnedHandle.OwnedHandle<unknown>,
  isStopped: boolean,
  exits: ReadonlyArray<Exit.Exit<void, MsmqError>>
): Effect.Effect<never, MsmqError> => {
  const causes = exits.flatMap((exit) => (Exit.isFailure(exit) ? [exit.cause] : []))
  const [first, ...others] = causes.filter((cause) => !Cause.hasInterruptsOnly(cause))
  if (first !== undefined) return Effect.failCause(others.reduce((all, one) => Cause.combine(all, one), first))
  const [interrupted] = causes
  if (interrupted !== undefined) return Effect.failCause(interrupted)
  return isStopped || queueHandle.node.closedAt === undefined
    ? Effect.interrupt
    : Effect.fail(queueHandle.node.refusal(operation))
}

/** Returns the receive mode of a queue: a message stays there until it is handled wherever that is possible. */
const receiveModeOf = ({ state: { exclusive, kind } }: Reader<Uint8Array>): keyof typeof receiveModes =>
  kind.transactional === true ? "transactional" : exclusive ? "peekLock" : "receiveAndDelete"

/**
 * Returns the place that the policy for poison messages names, after checking that messages of this queue can go there. The
 * scope closes what it has open.
 */
const poisonTargetOf = Effect.fnUntraced(function* (
  { state }: Reader<Uint8Array>,
  queueName: CurrentName,
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
    if (hasNoSubqueues(queueName)) return yield* refuse(`${mustHaveSubqueues}: use { queue }`)
    yield* Effect.scoped(openSubqueue(operation, state, queueName, policy.subqueue))
    return { _tag: "subqueue", subqueue: policy.subqueue }
  }

  const name = nameOf(policy.queue)
  const opened = yield* openQueue(policy.queue, operation, "send", "denyNone").pipe(
    Effect.scoped,
    Effect.provideService(Mqrt, mqrt)
  )
  const destinations = yield* destinationsOf(mqrt, { operation, queue: name }, opened.name.formatName)
  const consumed = yield* destinationOf(mqrt, { operation, queue }, queueName.formatName)
  if (destinations.some((destination) => isSameQueue(consumed, destination))) return yield* refuse(mustBeAnotherQueue)
  const transactional = policy.transactional ?? kindOf(destinations)
  if (transactional === undefined) return yield* refuse(mustSayKind)
  for (const destination of destinations) {
    const refusal = yield* refusalOf(mqrt, destination, transactional, undefined)
    if (refusal !== undefined) return yield* refuse(`that queue drops the copies: ${meaningForCopy(refusal)}`)
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

/** Returns the subqueue that messages wait in between two attempts, after checking that it can be used. */
const parkingOf = (
  reader: Reader<Uint8Array>,
  queueName: CurrentName,
  { park, poison }: Pick<ConsumePolicy, "park" | "poison">,
  mode: keyof typeof receiveModes,
  shutdown: Shutdown,
  onReturned: (lookupId: bigint) => void
): Effect.Effect<Parking | undefined, MsmqError> => {
  if (park === undefined) return Effect.undefined
  const { subqueue } = park
  const { queue } = reader.state
  const refuse = (rule: string) =>
    Effect.fail(
      operation.error(
        { _tag: "IllegalPolicy", field: "park", rule, actual: `{ subqueue: ${describeValue(subqueue)} }` },
        { queue }
      )
    )
  const isSubqueue = (name: string) => name.toLowerCase() === subqueue.toLowerCase()
  if (mode === "receiveAndDelete") return refuse(mustStayInQueue)
  if (hasNoSubqueues(queueName)) return refuse(`${mustHaveSubqueues}: leave park out`)
  if (typeof poison === "object" && "subqueue" in poison && isSubqueue(poison.subqueue)) return refuse(mustNotBePoison)
  const name = Result.getOrUndefined(FormatName.parse(queueName.formatName))
  const consumed = name?._tag === "Direct" ? name.subqueue : null
  if (consumed !== null && isSubqueue(consumed)) return refuse(mustNotBeConsumed)
  return Effect.succeed(new Parking({ reader, name: queueName, consumed, subqueue, shutdown, onReturned }))
}

/** Returns `true` for a journal and for a queue of the system (behaviour E-59). */
const hasNoSubqueues = ({ formatName }: CurrentName): boolean => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  return name !== undefined && ("systemQueue" in name || ("journal" in name && name.journal))
}

const controlInUse = (queue: string): MsmqError => {
  const rule = "it serves one consumer at a time: make one for each, by Consumer.makeControl"
  return operation.error(
    { _tag: "IllegalPolicy", field: "control", rule, actual: "that of another consumer" },
    { queue }
  )
}

const secondConsumer = (queue: string): Effect.Effect<never, MsmqError> => {
  const rule =
    "the receiver has a consumer already, which looks at the messages before it removes them, so that both would handle each " +
    "message: give that one more handlers, or wait for its end before"
  return Effect.fail(
    operation.error({ _tag: "IllegalPolicy", field: "concurrency", rule, actual: "a second consumer" }, { queue })
  )
}

const cannotBatch = (queue: string, { size }: BatchLimits): Effect.Effect<never, MsmqError> =>
  Effect.fail(
    operation.error({ _tag: "IllegalPolicy", field: "size", rule: mustStayForBatches, actual: String(size) }, { queue })
  )

const mustStayForBatches =
  "the queue is not transactional, or its kind is not known, and others may receive from it: a batch that fails could not be " +
  "put back. Open the receiver with shareMode denyReceive, or use consume"

const mustNameQueue =
  "the queue is not transactional, or its kind is not known, and others may receive from it: a message is removed before it " +
  "is handled. Name a queue for messages that cannot be handled, as { queue }, or open the receiver with shareMode " +
  "denyReceive, so that messages stay in the queue until they are handled"

const mustHaveSubqueues =
  "a journal, and a queue of the system such as that of dead letters, has no subqueues that its messages can be moved to"

const mustStayInQueue =
  "the queue is not transactional, or its kind is not known, and others may receive from it: a message is removed before it " +
  "is handled, and cannot be moved any more. Open the receiver with shareMode denyReceive, or leave park out"

const mustNotBePoison = "that subqueue is the one for poison messages, which must not come back: name another one"

const mustNotBeConsumed = "that subqueue is the one that is consumed: name another one"

const mustBeTransactional = "only messages of a transactional queue can be rejected"

const mustSayKind =
  "the kind of that queue cannot be read from here, and Message Queuing drops messages of the wrong kind: give it, as " +
  "{ queue, transactional }"

const needsAdminQueue = (error: MsmqError): string =>
  "a message may only leave its queue when its copy is known to have arrived, and the private queue for the " +
  `acknowledgments cannot be opened (${error.message}). Let this account create private queues, or create that one for ` +
  "it, with the rights to receive from it and to write to it for everyone; or use { subqueue }"
