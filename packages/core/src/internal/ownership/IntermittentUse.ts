import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { MsmqError } from "../../MsmqError.ts"
import { renewed } from "./leases.ts"
import { forget, keep } from "./liveness.ts"
import type { OwnedHandle } from "./OwnedHandle.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * The uses of several handles by something that waits for somebody else in between, as a batch waits for its source. A
 * closing of any of the handles waits for the use that runs. The wait between two uses it ends.
 */
export class IntermittentUse {
  readonly #handles: ReadonlyArray<OwnedHandle<unknown>>
  readonly #operation: Operation
  /** `true` while a use runs. */
  runs = false
  /** `true` once the caller has gone: then no use begins any more. */
  #abandoned = false
  /** The function that ends the wait between two uses. */
  #onClosing: (() => void) | undefined

  constructor(handles: ReadonlyArray<OwnedHandle<unknown>>, operation: Operation) {
    this.#handles = handles
    this.#operation = operation
  }

  /** `true` until a closing of one of the handles begins. */
  get isOpen(): boolean {
    for (const { state } of this.#handles) if (state !== "open") return false
    return true
  }

  /** The error for a use after the closing of one of the handles began; `undefined` while all are open. */
  get refusal(): MsmqError | undefined {
    return this.#handles.find(({ state }) => state !== "open")?.refusal(this.#operation)
  }

  /**
   * Begins a use of all handles. Refused once the closing of one has begun. Whoever calls it sees to it that {@link end} is
   * called, whatever happens.
   */
  begin(): Effect.Effect<void, MsmqError> {
    return Effect.suspend(() => {
      if (this.#abandoned) return Effect.interrupt
      if (this.runs || this.beginUnsafe()) return Effect.void
      const { refusal } = this
      if (refusal !== undefined) return Effect.fail(refusal)
      const due = this.#handles.filter(({ isDue }) => isDue)
      return Effect.uninterruptible(
        Effect.andThen(
          Effect.forEach(due, ({ node }) => renewed(node), { discard: true }),
          this.begin()
        )
      )
    })
  }

  /** Begins a use as {@link begin} does, or gives `false` where that is refused or has to wait for another handle. */
  beginUnsafe(): boolean {
    if (this.#abandoned) return false
    for (const handle of this.#handles) if (handle.state !== "open" || handle.isDue) return false
    for (const { node } of this.#handles) node.leases++
    this.runs = true
    return true
  }

  get #abandon(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#abandoned = true
    })
  }

  /** Ends the use that runs; again, it does nothing. */
  end(): void {
    if (!this.runs) return
    this.runs = false
    for (const { node } of this.#handles) node.endLease()
    if (!this.isOpen) this.#onClosing?.()
  }

  /**
   * Runs something that begins and ends uses, until it ends or a closing begins between two uses: that interrupts it, and
   * it fails with what `refused` makes of the error for a use after release.
   */
  untilClosing<A, E, R, E2>(
    effect: Effect.Effect<A, E, R>,
    refused: (refusal: MsmqError) => E2
  ): Effect.Effect<A, E | E2, R> {
    let self: Fiber.Fiber<A, E> | undefined
    let ended = false
    const onClosing = () => {
      if (this.runs) return
      ended = true
      self?.interruptUnsafe()
    }
    const listen = Effect.withFiber<A, E, R>((fiber) => {
      self = fiber as Fiber.Fiber<A, E>
      keep(fiber)
      this.#onClosing = onClosing
      for (const { node } of this.#handles) node.onClosing.add(onClosing)
      return effect
    })
    const listenNoMore = Effect.sync(() => {
      if (self !== undefined) forget(self)
      this.#onClosing = undefined
      for (const { node } of this.#handles) node.onClosing.delete(onClosing)
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.forkDetach(listen, { startImmediately: true }), (fiber) =>
        restore(Fiber.await(fiber)).pipe(
          Effect.onInterrupt((interruptors) =>
            // Interrupted by what it runs itself, such as a closing, it must not wait for that, nor break it off.
            interruptors.has(fiber.id) ? this.#abandon : Fiber.interrupt(fiber)
          ),
          Effect.ensuring(listenNoMore),
          Effect.flatMap((exit): Effect.Effect<A, E | E2> => {
            // A failure of its own stands, also where a closing has begun meanwhile.
            const refusal = ended && Exit.isFailure(exit) && !Exit.hasFails(exit) ? this.refusal : undefined
            return refusal === undefined ? exit : Effect.fail(refused(refusal))
          })
        )
      )
    )
  }
}
