import { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Lanes, OffMainThreadName } from "./lanes.ts"
import { laneOf } from "./lanes.ts"
import { pause } from "./timers.ts"

/** Milliseconds until a call that koffi had no room for is tried again. */
const retryInterval = 5

/** One call, or several that belong together, from the beginning of the first to the end of the last. */
interface Operation {
  begun: boolean
}

const CurrentOperation = Context.Reference<Operation | undefined>("@effect-msmq/native/CurrentOperation", {
  defaultValue: () => undefined
})

/**
 * Calls of one layer off the main thread. Its closing waits for those that run, and refuses all others, also those that
 * wait for a permit.
 */
export class RunningCalls {
  readonly #lanes: Lanes
  #closed = false
  #running = 0
  readonly #ended = Deferred.makeUnsafe<void>()

  constructor(lanes: Lanes) {
    this.#lanes = lanes
  }

  /** Throws once the layer has begun to close. */
  assertOpen(operation: string): void {
    if (!this.#closed) return
    // The layer is opened and closed by a scope, whose stack has no frame of the program.
    throw new MsmqError({
      operation,
      reason: { _tag: "Released", resource: "connection", openedAt: "", releasedAt: "" }
    })
  }

  /** Runs an effect whose calls belong together: once the first has begun, the closing waits for the last. */
  together<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.withFiber((fiber) => {
      if (fiber.getRef(CurrentOperation) !== undefined) return effect
      const operation = { begun: false }
      return Effect.ensuring(
        Effect.provideService(effect, CurrentOperation, operation),
        Effect.sync(() => this.#end(operation))
      )
    })
  }

  /** Runs an effect whose calls belong together and have begun: the closing waits for its end. */
  runBegun<A, E>(name: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.together(
      Effect.withFiber((fiber) => {
        this.#start(name, fiber.getRef(CurrentOperation))
        return effect
      })
    )
  }

  /**
   * Makes a call, in the lane of its function. It can be interrupted while it waits for a permit. A call that has begun
   * cannot be cancelled, so an interruption waits for its end.
   *
   * `call` returns `None` where it could not begin, since koffi allows no more calls at the moment.
   */
  call<A>(name: OffMainThreadName, call: Effect.Effect<Option.Option<A>>): Effect.Effect<A> {
    const lane = this.#lanes[laneOf(name)]
    const attempt: Effect.Effect<A> = lane.withPermit(Effect.uninterruptible(this.#begin(name, call))).pipe(
      Effect.flatMap(
        Option.match({
          onNone: () => Effect.andThen(pause(retryInterval), attempt),
          onSome: (result) => Effect.succeed(result)
        })
      )
    )
    return this.together(attempt)
  }

  /** Refuses all calls from now on, and waits for those that run. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#closed = true
    // After a turn, so that the last caller gets its outcome first.
    return this.#running === 0 ? Effect.void : Effect.andThen(Deferred.await(this.#ended), Effect.yieldNow)
  })

  #begin<A>(name: string, call: Effect.Effect<Option.Option<A>>): Effect.Effect<Option.Option<A>> {
    return Effect.withFiber((fiber) => {
      const operation = fiber.getRef(CurrentOperation)
      if (operation === undefined || !this.#start(name, operation)) return call
      return Effect.map(call, (result) => {
        if (Option.isNone(result)) this.#end(operation)
        return result
      })
    })
  }

  /** Returns `true` when the operation begins now. Throws once the layer has begun to close. */
  #start(name: string, operation: Operation | undefined): boolean {
    if (operation === undefined || operation.begun) return false
    this.assertOpen(name)
    operation.begun = true
    this.#running++
    return true
  }

  #end(operation: Operation): void {
    if (!operation.begun) return
    operation.begun = false
    this.#running--
    if (this.#closed && this.#running === 0) Deferred.doneUnsafe(this.#ended, Exit.void)
  }
}
