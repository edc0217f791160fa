/** Times at which failed attempts and failed calls are made again. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import type { ConsumePolicy, HandlerDefect } from "../../Consumer.ts"
import type { QueueHandle } from "../../Mqrt.ts"
import { MsmqError } from "../../MsmqError.ts"
import { decisionOf } from "../options/handlers.ts"
import type { Call } from "../options/illegalOption.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { ConsumeEvents } from "./ConsumeEvents.ts"
import type { Shutdown } from "./Shutdown.ts"
import * as operations from "../telemetry/Operation.ts"

/** Tells whether the queue may have to be opened anew. */
export const mayNeedReopen = ({ outlook: { restart }, reason }: MsmqError): boolean =>
  restart === "receive" ? "function" in reason && reason.function.startsWith("MQReceiveMessage") : restart === true

/** Tells whether the same call may succeed later. */
export const isTransient = (error: MsmqError): boolean => mayNeedReopen(error) || error.isRetryable

/** Returns the failure of the service that a handler failed with, which says nothing about its message. */
export const serviceFailure = (cause: Cause.Cause<unknown>): MsmqError | undefined => {
  const error = Cause.squash(cause)
  return error instanceof MsmqError && error.outlook.service === true ? error : undefined
}

type Step<Input> = (input: Input) => Effect.Effect<Duration.Duration | undefined>

/** Delays of a schedule, one step at a time. */
export class RetryPolicy<Input> {
  readonly #begin: Effect.Effect<Step<Input>>
  #step: Step<Input> | undefined

  private constructor(begin: Effect.Effect<Step<Input>>) {
    this.#begin = begin
  }

  /** Makes the policy of a schedule, which runs in `context`. */
  static of<Input, R>(
    schedule: Schedule.Schedule<unknown, Input, never, R>,
    context: Context.Context<R>
  ): RetryPolicy<Input> {
    const begin = Effect.map(Schedule.toStep(schedule), (step) => (input: Input) => {
      const delay = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Pull.matchEffect(step(now, input), {
          onSuccess: ([, delay]) => Effect.succeed<Duration.Duration | undefined>(delay),
          onDone: () => Effect.undefined,
          onFailure: Effect.failCause
        })
      )
      return Effect.provideContext(delay, context)
    })
    return new RetryPolicy(Effect.provideContext(begin, context))
  }

  /** Returns the next delay, or `undefined` when the schedule is exhausted. */
  next(input: Input): Effect.Effect<Duration.Duration | undefined> {
    if (this.#step !== undefined) return this.#step(input)
    return Effect.flatMap(this.#begin, (step) => {
      this.#step = step
      return step(input)
    })
  }

  /** Starts the schedule again. */
  reset(): void {
    this.#step = undefined
  }
}

/** Decision on a failed attempt: the delay before the next one, or the place that the message goes to. */
type Decision = Duration.Duration | "poison" | "reject"

/**
 * Decides on failed attempts at one message. `attempt`: number of the one that failed. `failures`: number of those that have failed
 * since the last decision, that one included.
 */
type Decide<Input> = (input: Input, attempt: number, failures: number) => Effect.Effect<Decision>

/** Returns the function that makes the decisions on each message, which run in `context`. */
export const decisionsOf = <E, R>(
  retry: NonNullable<ConsumePolicy<E, R>["retry"]>,
  context: Context.Context<R>,
  call: Call
): (() => Decide<E | HandlerDefect>) => {
  if (typeof retry === "function") {
    const decide = (input: E | HandlerDefect, attempt: number) =>
      Effect.suspend(() => decisionOf(call, retry(input, attempt)))
    return () => decide
  }
  return () => {
    const policy = RetryPolicy.of(retry, context)
    return (input, _, failures) => Effect.map(stepped(policy, input, failures), (delay) => delay ?? "poison")
  }
}

/** Returns the last of so many delays of a policy; `undefined` where the schedule is exhausted before. */
const stepped = <Input>(
  policy: RetryPolicy<Input>,
  input: Input,
  steps: number
): Effect.Effect<Duration.Duration | undefined> => {
  let delay: Duration.Duration | undefined
  let made = 0
  return Effect.map(
    Effect.whileLoop({
      while: () => made < steps && (made === 0 || delay !== undefined),
      body: () => policy.next(input),
      step: (next) => {
        made++
        delay = next
      }
    }),
    () => delay
  )
}

/** Largest number of earlier attempts for which a schedule is stepped. */
const maximumSteps = 1000

/** Attempts at one message, including those before this process (behaviour E-66). */
export class Attempts<E> {
  readonly #makeDecide: () => Decide<E | HandlerDefect>
  #decide: Decide<E | HandlerDefect> | undefined
  readonly #earlier: number
  #failed = 0

  constructor(makeDecide: () => Decide<E | HandlerDefect>, earlier: number) {
    this.#makeDecide = makeDecide
    this.#earlier = earlier
  }

  /** Number of the attempt that runs, or else of the next one; the first is 1. */
  get number(): number {
    return this.#earlier + this.#failed + 1
  }

  /** Counts a failed attempt, and decides on it. */
  fail(input: E | HandlerDefect): Effect.Effect<Decision> {
    const attempt = this.number
    const failures = this.#failed === 0 ? Math.min(this.#earlier, maximumSteps) + 1 : 1
    const decide = (this.#decide ??= this.#makeDecide())
    this.#failed++
    return decide(input, attempt, failures)
  }
}

/** Waits after transient failures, which also open the queue anew. Each worker of a consumer has its own. */
export class BackOff {
  readonly #handle: OwnedHandle.OwnedHandle<QueueHandle>
  readonly #shutdown: Shutdown
  readonly #events: ConsumeEvents
  readonly #policy: RetryPolicy<MsmqError>

  constructor(
    handle: OwnedHandle.OwnedHandle<QueueHandle>,
    shutdown: Shutdown,
    events: ConsumeEvents,
    policy: RetryPolicy<MsmqError>
  ) {
    this.#handle = handle
    this.#shutdown = shutdown
    this.#events = events
    this.#policy = policy
  }

  /** Starts the schedule again, after a success. */
  reset(): void {
    this.#policy.reset()
  }

  /**
   * Waits after a transient failure and reopens the queue; returns `false` if the shutdown begins meanwhile. Fails with an
   * error that is not transient, and with the last one when the schedule is exhausted.
   */
  after(error: MsmqError): Effect.Effect<boolean, MsmqError> {
    if (!this.#isTransient(error)) return Effect.fail(error)
    if (mayNeedReopen(error)) this.#handle.node.markStale(this.#handle.native)
    if (this.#shutdown.hasBegun) return Effect.succeed(false)
    return Effect.flatMap(this.#policy.next(error), (delay) => {
      if (delay === undefined) return Effect.fail(error)
      return Effect.andThen(
        this.#events.emit({ _tag: "TransientFailure", error, delay }),
        Effect.flatMap(this.#shutdown.interrupts(Effect.sleep(delay)), (slept) =>
          Option.isNone(slept)
            ? Effect.succeed(false)
            : Effect.matchEffect(this.#reopen, {
                onFailure: (error) => this.after(error),
                onSuccess: () => Effect.succeed(true)
              })
        )
      )
    })
  }

  /**
   * Runs a call again after each transient failure until it succeeds. Fails with an error that is not transient, with the last
   * one when the shutdown begins, and with the one of the call that is number `maximum`. `maximum` does not count the time in
   * which the queue cannot be opened.
   */
  retryTransient<A>(call: Effect.Effect<A, MsmqError>, maximum = Infinity): Effect.Effect<A, MsmqError> {
    return Effect.catch(call, (error) =>
      maximum <= 1
        ? Effect.fail(error)
        : Effect.flatMap(this.after(error), (retries) =>
            retries ? this.retryTransient(call, maximum - 1) : Effect.fail(error)
          )
    )
  }

  /** Tells whether only the shutdown kept the call from being made again. */
  isEndedByShutdown(error: MsmqError): boolean {
    return this.#shutdown.hasBegun && this.#isTransient(error)
  }

  #isTransient(error: MsmqError): boolean {
    // A cursor or a subqueue is released with the queue's handle when another handle takes its place.
    return isTransient(error) || (error.reason._tag === "Released" && this.#handle.state === "open")
  }

  /** Opens the queue anew if its handle is stale. */
  get #reopen(): Effect.Effect<void, MsmqError> {
    return Effect.andThen(
      OwnedHandle.lease(this.#handle, operations.Receiver.consume, () => Effect.void),
      Effect.suspend(() => this.#events.emitReopened(this.#handle.node.reopenCount))
    )
  }
}
