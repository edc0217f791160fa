import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { Shutdown } from "./Shutdown.ts"

/** State of an intake's consumer: not begun, receiving, paused, shutting down, or at its end. */
type State = "new" | "running" | "paused" | "stopping" | "ended"

/**
 * Intake of a consumer: the number of workers that may receive at once, or none while it is paused. It knows how many of them have
 * a message, or look for one. It outlives the consumer, and can serve another one then.
 */
export class Intake<Progress> {
  #concurrency = 1
  #isPaused = false
  #isStopped = false
  #shutdown: Shutdown | undefined
  #hasEnded = true
  #progress: (() => Progress) | undefined
  /** Number of workers that have a message, or look for one without waiting. */
  #busy = 0
  #messages = 0
  /** Number of workers that wait for a message to arrive. */
  #waiting = 0
  /** `true` from the event of an idle consumer to the next message. */
  #isIdle = false
  #changed = Deferred.makeUnsafe<void>()
  #quiet = Deferred.makeUnsafe<void>()

  /** Number of workers that may receive at once, while it is not paused. */
  get concurrency(): number {
    return this.#concurrency
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** `true` once {@link stopAndAwaitEnd} has been asked for. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Number of messages that workers have. */
  get messages(): number {
    return this.#messages
  }

  get state(): State {
    if (this.#shutdown === undefined) return "new"
    if (this.#hasEnded) return "ended"
    if (this.#shutdown.hasBegun) return "stopping"
    return this.#isPaused ? "paused" : "running"
  }

  /** Counts of the consumer, or of the last one; `undefined` before the first one. */
  get progress(): Progress | undefined {
    return this.#progress?.()
  }

  /** Begins a consumer and returns its shutdown; `undefined` where another consumer has not ended. */
  begin(concurrency: number | undefined): Shutdown | undefined {
    if (!this.#hasEnded) return undefined
    this.#hasEnded = this.#isIdle = false
    if (concurrency !== undefined) this.#concurrency = concurrency
    this.#shutdown = new Shutdown(() => this.#change())
    if (this.#isStopped) this.#shutdown.stop()
    return this.#shutdown
  }

  /** Shows the counts of the consumer that has begun. */
  count(progress: () => Progress): void {
    this.#progress = progress
  }

  /** Ends the consumer that {@link begin} began. */
  end(): void {
    this.#hasEnded = true
    this.#change()
  }

  /**
   * Stops the consumer, also one that begins later, and waits for its end. Returns `false` at once where a part of the consumer calls
   * it.
   */
  stopAndAwaitEnd(): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      this.#isStopped = true
      return this.#hasEnded || this.#shutdown === undefined ? Effect.succeed(true) : this.#shutdown.stopAndAwaitEnd()
    })
  }

  /** Lets no worker receive, and waits until none has a message, or until {@link resume}. A part of the consumer does not wait. */
  pause(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.#isPaused) {
        this.#isPaused = true
        this.#change()
      }
      if (this.#busy === 0 || this.#shutdown === undefined) return Effect.void
      return Effect.asVoid(this.#shutdown.awaitFromOutside(Deferred.await(this.#quiet)))
    })
  }

  /** Lets workers receive again. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#becomeQuiet()
    this.#change()
  }

  /** Changes the number of workers that may receive at once. */
  setConcurrency(concurrency: number): void {
    this.#concurrency = concurrency
    this.#change()
  }

  /** Ends the waits for messages, so that workers look again. */
  lookAgain(): void {
    this.#change()
  }

  /** Returns `true` if a worker may receive. `index`: its number, from 0. */
  admits(index: number): boolean {
    return this.isOpen && index < this.#concurrency
  }

  /** `true` while messages may be received: it is not paused, and the shutdown has not begun. */
  get isOpen(): boolean {
    return !this.#isPaused && this.#shutdown?.hasBegun === false
  }

  /**
   * Returns a wait for the first change of what {@link admits} may return. Changes between this call and the beginning of the wait count
   * as well.
   */
  get change(): Effect.Effect<void> {
    return Deferred.await(this.#changed)
  }

  /** Notes that a worker looks for a message. */
  enter(): void {
    this.#busy++
  }

  /** Notes that a worker that looked for messages has a number of them. */
  take(count: number): void {
    this.#messages += count
    this.#isIdle = false
  }

  /** Notes that a worker has none of its messages any more. */
  release(count: number): void {
    this.#messages -= count
    this.leave()
  }

  /** Notes that a worker looks for no message any more. */
  leave(): void {
    this.#busy--
    if (this.#busy === 0) this.#becomeQuiet()
  }

  /** Returns `true`, once, where the consumer has nothing to do but wait for a message. */
  becomesIdle(): boolean {
    if (this.#busy > 0 || this.#waiting === 0 || this.#isIdle || this.#isPaused) return false
    this.#isIdle = true
    return true
  }

  /**
   * Runs a wait for a message, during which the worker is not busy. Returns `None` where the shutdown, a pause or another change
   * interrupted it. `whenIdle`: runs instead of the wait, once, where nothing else is to do. The worker looks again after it, since a
   * message may have come meanwhile that the wait would not see.
   */
  wait<A, E>(wait: Effect.Effect<A, E>, whenIdle: Effect.Effect<void>): Effect.Effect<Option.Option<A>, E> {
    return Effect.suspend(() => {
      const shutdown = this.#shutdown
      const changed = this.#changed
      if (shutdown === undefined || shutdown.hasBegun || this.#isPaused) return Effect.succeed(Option.none<A>())
      this.leave()
      this.#waiting++
      const waited = shutdown.interruptsOr(Deferred.await(changed), wait)
      return Effect.ensuring(
        this.becomesIdle() ? Effect.as(whenIdle, Option.none<A>()) : waited,
        Effect.sync(() => {
          this.#waiting--
          this.enter()
        })
      )
    })
  }

  #change(): void {
    const changed = this.#changed
    this.#changed = Deferred.makeUnsafe()
    Deferred.doneUnsafe(changed, Exit.void)
  }

  #becomeQuiet(): void {
    const quiet = this.#quiet
    this.#quiet = Deferred.makeUnsafe()
    Deferred.doneUnsafe(quiet, Exit.void)
  }
}
