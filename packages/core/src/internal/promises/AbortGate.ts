import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/**
 * Gate between an abort signal and the fiber of a promise. While it is open, an abort interrupts the fiber. While it is closed,
 * an abort waits: something that cannot be taken back has begun, and the promise has its outcome.
 */
export class AbortGate {
  readonly #signal: AbortSignal
  readonly #outer: AbortGate | undefined
  #fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined
  #closed = false

  /** `outer`: gate of the promise that this one is a part of. */
  constructor(signal: AbortSignal, outer: AbortGate | undefined) {
    this.#signal = signal
    this.#outer = outer
  }

  /** Runs an effect whose fiber an abort interrupts. */
  guard<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.withFiber((fiber) => {
      this.#fiber = fiber
      return effect
    })
  }

  /** Interrupts the fiber if the signal has aborted and the gate is open. */
  pass(): void {
    if (this.#signal.aborted && !this.#closed) this.#fiber?.interruptUnsafe()
  }

  /** Runs an effect that an abort interrupts also while the gate is closed. */
  untilAborted<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    const aborted = Effect.callback<never>((resume) => {
      const interrupt = () => resume(Effect.interrupt)
      if (this.#signal.aborted) return interrupt()
      this.#signal.addEventListener("abort", interrupt, { once: true })
      return Effect.sync(() => this.#signal.removeEventListener("abort", interrupt))
    })
    return Effect.raceFirst(effect, aborted)
  }

  close(): void {
    this.#closed = true
    this.#outer?.close()
  }

  /** Opens the gate, since there is more to do, and interrupts the fiber if the signal has aborted meanwhile. */
  open(): void {
    this.#closed = false
    this.pass()
  }
}

/** Gate of the promise that a fiber works for; `undefined` in programs that write Effect. */
export const CurrentAbortGate: Context.Reference<AbortGate | undefined> = Context.Reference<AbortGate | undefined>(
  "@effect-msmq/core/promises/CurrentAbortGate",
  { defaultValue: () => undefined }
)

/** Runs an effect that every abort interrupts, also after it has done what cannot be taken back. */
export const outsideGate = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, CurrentAbortGate, undefined)

/** Runs an effect that cannot be taken back: from its beginning on, an abort no longer rejects the promise. */
export const irreversible = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    fiber.getRef(CurrentAbortGate)?.close()
    return effect
  })
