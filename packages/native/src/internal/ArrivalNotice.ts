import * as Effect from "effect/Effect"
import { isError } from "./calls.ts"
import type { CallElsewhere } from "./CallElsewhere.ts"
import type { CompletionPort, Overlapped } from "./CompletionPort.ts"
import { pause } from "./timers.ts"

/** Milliseconds until the next peek of a queue whose last one failed. */
const retryInterval = 50
/** Milliseconds for a peek to end after its queue was closed. */
const settleLimit = 5000

/** The part of a completion port that a notice needs. */
export type NoticePort = Pick<CompletionPort, "expect" | "markBegun" | "dismiss" | "hold" | "release">

/**
 * Begins an overlapped peek that waits without limit, and calls back with the HRESULT of the call that began it: at
 * once, or later where that call is made on another thread. A call that is abandoned before it has begun counts as
 * failed.
 */
export type BeginPeek = (overlapped: bigint, begun: (hresult: number) => void) => CallElsewhere | undefined

/**
 * Notice that a message may have arrived for a peek through one handle. It takes no thread: an overlapped peek without
 * properties ends at the completion port. Its callback looks for the message.
 *
 * A peek continues without waiters: only the closing of its queue ends it.
 */
export class ArrivalNotice {
  readonly #port: NoticePort
  readonly #makeOverlapped: () => Overlapped
  readonly #begin: BeginPeek
  #overlapped: Overlapped | undefined
  /** `true` from before the peek until its end is known. */
  #isUnderWay = false
  /** Call that begins the peek, while it runs on another thread. */
  #beginning: CallElsewhere | undefined
  #hasBegun = true
  #hasFailed = false
  #isHeld = false
  #isDetached = false
  /** `true` where everything is to be freed as soon as the call that begins the peek has returned. */
  #isFreed = false
  #retry: NodeJS.Timeout | undefined
  #arrived: (() => void) | undefined
  #begun: (() => void) | undefined
  #onEnd: (() => void) | undefined

  /** `overlapped`: makes the `OVERLAPPED` that all its peeks use, one after the other. */
  constructor(port: NoticePort, overlapped: () => Overlapped, begin: BeginPeek) {
    this.#port = port
    this.#makeOverlapped = overlapped
    this.#begin = begin
  }

  /**
   * Calls `arrived` once, when a message may be there or the peek ended for another reason. Calls `begun` once when the
   * peek has begun: from then on nothing is missed.
   */
  notify(arrived: () => void, begun?: () => void): void {
    this.#arrived = arrived
    this.#begun = begun
    this.#hold()
    if (this.#retry !== undefined || !this.#hasBegun) return
    if (this.#isUnderWay) this.#notifyBegun()
    else this.#peekAgain()
  }

  /** Takes {@link notify} back. */
  cancel(): void {
    this.#arrived = this.#begun = undefined
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#release()
  }

  /** Takes the notice out of use, before its queue is closed. Waits for a call that begins a peek, up to a limit. */
  detach(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.cancel()
      this.#isDetached = true
      const beginning = this.#beginning
      if (beginning === undefined) return Effect.void
      beginning.abandon()
      // A call that lasts is ended by the closing (G-11).
      return Effect.raceFirst(beginning.hasEnded, pause(settleLimit))
    })
  }

  /** Waits for the end of the peek, once its queue is closed, and frees its memory. */
  settle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.#isUnderWay) return Effect.sync(() => this.#free())
      // Closing ends the peek (G-11). If it does not, the memory is never freed, since Message Queuing may still write to it.
      return Effect.callback<void>((resume) => {
        const giveUp = setTimeout(() => {
          this.#onEnd = undefined
          if (this.#overlapped !== undefined) this.#port.dismiss(this.#overlapped)
          this.#release()
          resume(Effect.void)
        }, settleLimit)
        this.#onEnd = () => {
          clearTimeout(giveUp)
          this.#free()
          resume(Effect.void)
        }
        this.#hold()
      })
    })
  }

  /** Takes the notice out of use while its queue stays open. The memory of a peek is freed when the peek has ended. */
  leave(): void {
    this.cancel()
    this.#isDetached = true
    this.#beginning?.abandon()
    if (this.#isUnderWay) this.#onEnd = () => this.#free()
    else this.#free()
  }

  #hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    this.#port.hold()
  }

  #release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#port.release()
  }

  /** Frees the memory of the peek, once the call that began it has returned. */
  #free(): void {
    if (!this.#hasBegun) {
      this.#isFreed = true
      return
    }
    this.#overlapped?.free()
    this.#overlapped = undefined
  }

  #peekAgain(): void {
    // A peek that fails each time must not keep the process busy.
    if (this.#hasFailed) this.#retry = setTimeout(() => this.#peek(), retryInterval)
    else this.#peek()
  }

  #peek(): void {
    const overlapped = (this.#overlapped ??= this.#makeOverlapped())
    this.#retry = undefined
    this.#port.expect(overlapped, (status) => this.#ended(status))
    this.#isUnderWay = true
    this.#hasBegun = false
    this.#beginning = this.#begin(overlapped.address, (hresult) => {
      this.#hasBegun = true
      this.#beginning = undefined
      if (this.#isFreed) return this.#free()
      if (isError(hresult)) this.#didNotBegin(overlapped, hresult)
      else this.#didBegin()
    })
    if (this.#hasBegun) this.#beginning = undefined
  }

  #didBegin(): void {
    this.#port.markBegun()
    if (this.#isUnderWay) this.#notifyBegun()
    // It ended before the call that began it had returned, and a waiter is to be notified again.
    else if (this.#arrived !== undefined && this.#retry === undefined) this.#peekAgain()
  }

  #didNotBegin(overlapped: Overlapped, hresult: number): void {
    this.#port.dismiss(overlapped)
    this.#isUnderWay = false
    if (this.#onEnd !== undefined || this.#isDetached) return this.#notify()
    // The waiter then calls the function and gets its error.
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#ended(hresult)
    }, retryInterval)
  }

  #ended(status: number): void {
    this.#isUnderWay = false
    this.#hasFailed = isError(status)
    this.#notify()
  }

  #notifyBegun(): void {
    const begun = this.#begun
    this.#begun = undefined
    begun?.()
  }

  #notify(): void {
    const notify = this.#onEnd ?? this.#arrived
    this.#onEnd = this.#arrived = this.#begun = undefined
    this.#release()
    notify?.()
  }
}
