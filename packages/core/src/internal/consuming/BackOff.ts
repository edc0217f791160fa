import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { QueueHandle } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { ConsumeJournal } from "./ConsumeJournal.ts"
import type { Course } from "./Course.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { isLoss, passes } from "./passingTrouble.ts"
import type { ScheduleSteps } from "./ScheduleSteps.ts"
import * as operations from "../telemetry/operations.ts"

/** What the back-offs of all handlers of one `consume` share. */
export interface Shared {
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  readonly course: Course
  readonly journal: ConsumeJournal
  /** How many renewals of the handle have been told of. */
  renewals: number
}

/** Waits out what passes, and sees to it that the queue is open again. */
export class BackOff {
  readonly #shared: Shared
  readonly #steps: ScheduleSteps<MsmqError>

  constructor(shared: Shared, steps: ScheduleSteps<MsmqError>) {
    this.#shared = shared
    this.#steps = steps
  }

  /** Something went well: the next trouble is a new one. */
  reset(): void {
    this.#steps.reset()
  }

  /**
   * Waits after trouble until it may be tried again. `false`: the course stopped meanwhile. Fails with what does not pass,
   * or when the schedule has come to its end.
   */
  after(error: MsmqError): Effect.Effect<boolean, MsmqError> {
    const { course, handle, journal } = this.#shared
    if (!this.#passes(error)) return Effect.fail(error)
    if (isLoss(error)) handle.node.markStale(handle.native)
    if (course.stopping) return Effect.succeed(false)
    return Effect.flatMap(this.#steps.next(error), (delay) => {
      if (delay === undefined) return Effect.fail(error)
      return Effect.andThen(
        journal.tell({ _tag: "Troubled", error, delay }),
        Effect.flatMap(course.untilStopped(Effect.sleep(delay)), (waited) =>
          Option.isNone(waited)
            ? Effect.succeed(false)
            : Effect.matchEffect(this.#opened, {
                onFailure: (error) => this.after(error),
                onSuccess: () => Effect.succeed(true)
              })
        )
      )
    })
  }

  /**
   * Tries something until it goes well, or fails in a way that does not pass, or the course stops. `most`: how often, not
   * counting how long the service is away; the failure that is one too many comes out.
   */
  persist<A>(effect: Effect.Effect<A, MsmqError>, most = Infinity): Effect.Effect<A, MsmqError> {
    return Effect.catch(effect, (error) =>
      most <= 1
        ? Effect.fail(error)
        : Effect.flatMap(this.after(error), (again) => (again ? this.persist(effect, most - 1) : Effect.fail(error)))
    )
  }

  /** Whether it would be tried again if the course had not stopped. */
  isGivenUp(error: MsmqError): boolean {
    return this.#shared.course.stopping && this.#passes(error)
  }

  #passes(error: MsmqError): boolean {
    // What was opened on the queue went with it when another handle took its place.
    return passes(error) || (error.reason._tag === "Released" && this.#shared.handle.state === "open")
  }

  /** The next use of a handle that went stale takes another. */
  get #opened(): Effect.Effect<void, MsmqError> {
    const { handle, journal } = this.#shared
    return Effect.andThen(
      OwnedHandle.lease(handle, operations.Receiver.consume, () => Effect.void),
      Effect.suspend(() => {
        if (handle.node.reopenCount === this.#shared.renewals) return Effect.void
        this.#shared.renewals = handle.node.reopenCount
        return journal.tell({ _tag: "Reopened" })
      })
    )
  }
}
