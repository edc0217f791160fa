import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { MsmqError } from "../../MsmqError.ts"
import type { HandleOwner } from "./HandleNode.ts"
import { reopen } from "./leases.ts"
import { beginCall, endCall } from "./liveness.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * Uses of several handles by something that waits in between, as a batch waits for its source. A closing of one of the
 * handles waits for the use that runs, and interrupts the wait between two uses.
 */
export class IntermittentUse {
  readonly #handles: ReadonlyArray<HandleOwner<unknown>>
  readonly #operation: Operation
  /** `true` while a use runs. */
  isRunning = false
  /** `true` once the caller was interrupted: no use begins any more. */
  #isAbandoned = false
  /** Function that ends the wait between two uses. */
  #onClosing: (() => void) | undefined

  constructor(handles: ReadonlyArray<HandleOwner<unknown>>, operation: Operation) {
    this.#handles = handles
    this.#operation = operation
  }

  /** `true` until a closing of one of the handles begins. */
  get isOpen(): boolean {
    for (const { node } of this.#handles) if (node.state !== "open") return false
    return true
  }

  /** Error for a use after the closing of one of the handles began; `undefined` while all are open. */
  get refusal(): MsmqError | undefined {
    return this.#handles.find(({ node }) => node.state !== "open")?.node.refusal(this.#operation)
  }

  /**
   * Begins a use of all handles, which is refused once the closing of one has begun. The caller must always call
   * {@link end} afterwards.
   */
  begin(): Effect.Effect<void, MsmqError> {
    return Effect.suspend(() => {
      if (this.#isAbandoned) return Effect.interrupt
      if (this.isRunning || this.beginUnsafe()) return Effect.void
      const { refusal } = this
      if (refusal !== undefined) return Effect.fail(refusal)
      const stale = this.#handles.filter(({ node }) => node.needsReopen)
      return Effect.uninterruptible(
        Effect.andThen(
          Effect.forEach(stale, ({ node }) => reopen(node), { discard: true }),
          this.begin()
        )
      )
    })
  }

  /** Begins a use as {@link begin} does. Returns `false` where that is refused or has to wait for a reopening. */
  beginUnsafe(): boolean {
    if (this.#isAbandoned) return false
    for (const { node } of this.#handles) if (node.state !== "open" || node.needsReopen) return false
    for (const { node } of this.#handles) node.leases++
    this.isRunning = true
    return true
  }

  #abandon(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#isAbandoned = true
    })
  }

  /** Ends the use that runs, if one does. */
  end(): void {
    if (!this.isRunning) return
    this.isRunning = false
    for (const { node } of this.#handles) node.endLease()
    if (!this.isOpen) this.#onClosing?.()
  }

  /**
   * Runs an effect that begins and ends uses. A closing that begins between two uses interrupts it; it then fails with what
   * `refused` makes of the error for a use after the closing.
   */
  untilClosing<A, E, R, E2>(
    effect: Effect.Effect<A, E, R>,
    refused: (refusal: MsmqError) => E2
  ): Effect.Effect<A, E | E2, R> {
    let self: Fiber.Fiber<A, E> | undefined
    let ended = false
    const onClosing = () => {
      if (this.isRunning) return
      ended = true
      self?.interruptUnsafe()
    }
    const listen = Effect.withFiber<A, E, R>((fiber) => {
      self = fiber as Fiber.Fiber<A, E>
      beginCall(fiber)
      this.#onClosing = onClosing
      for (const { node } of this.#handles) node.onClosing.add(onClosing)
      return effect
    })
    const stopListening = Effect.sync(() => {
      if (self !== undefined) endCall(self)
      this.#onClosing = undefined
      for (const { node } of this.#handles) node.onClosing.delete(onClosing)
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.forkDetach(listen, { startImmediately: true }), (fiber) =>
        restore(Fiber.await(fiber)).pipe(
          Effect.onInterrupt((interruptors) =>
            // An effect that interrupts its own caller, as by a closing, is neither waited for nor interrupted.
            interruptors.has(fiber.id) ? this.#abandon() : Fiber.interrupt(fiber)
          ),
          Effect.ensuring(stopListening),
          Effect.flatMap((exit): Effect.Effect<A, E | E2> => {
            // A failure of the effect itself stands, even where a closing has begun meanwhile.
            const refusal = ended && Exit.isFailure(exit) && !Exit.hasFails(exit) ? this.refusal : undefined
            return refusal === undefined ? exit : Effect.fail(refused(refusal))
          })
        )
      )
    )
  }
}
