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
 * Begins an overlapped peek that waits for ever, and calls back with what the function returned: before it returns itself,
 * or later where the call is made on another thread. A call that is abandoned before it began counts as one that failed.
 */
export type BeginPeek = (overlapped: bigint, begun: (hresult: number) => void) => CallElsewhere | undefined

/**
 * A notice that a message may have arrived for a peek of one handle, without a thread: by an overlapped peek without
 * properties, whose end comes through the completion port. It says only that it is worth looking.
 *
 * A peek goes on when nobody waits any more: only closing its queue ends it.
 */
export class ArrivalNotice {
  readonly #port: NoticePort
  readonly #makeOverlapped: () => Overlapped
  readonly #begin: BeginPeek
  #overlapped: Overlapped | undefined
  /** `true` from before the peek until its end is known. */
  #isUnderWay = false
  /** The call that begins the peek, while it runs on another thread. */
  #beginning: CallElsewhere | undefined
  #hasBegun = true
  #hasFailed = false
  #isHeld = false
  #isDetached = false
  /** `true` where the call that begins the peek has not returned when all it held could be freed otherwise. */
  #isFreed = false
  #retry: NodeJS.Timeout | undefined
  #arrived: (() => void) | undefined
  #begun: (() => void) | undefined
  #settled: (() => void) | undefined

  /** `overlapped`: makes what its peeks are begun with, one after the other. */
  constructor(port: NoticePort, overlapped: () => Overlapped, begin: BeginPeek) {
    this.#port = port
    this.#makeOverlapped = overlapped
    this.#begin = begin
  }

  /**
   * Calls back once, when a message may be there or the peek ended otherwise. `begun`: called once when the peek has begun,
   * so that nothing that comes from then on is missed.
   */
  notify(arrived: () => void, begun?: () => void): void {
    this.#arrived = arrived
    this.#begun = begun
    this.#hold()
    if (this.#retry !== undefined || !this.#hasBegun) return
    if (this.#isUnderWay) this.#tellBegun()
    else this.#peekAgain()
  }

  /** Takes {@link notify} back, for want of anybody who waits. */
  cancel(): void {
    this.#arrived = this.#begun = undefined
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#release()
  }

  /** Takes it out of use, before its queue is closed. Waits for a call that begins a peek, for a while. */
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

  /** Once its queue is closed: waits for the end of the peek, and frees what that held. */
  settle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.#isUnderWay) return Effect.sync(() => this.#free())
      // Closing ends the peek (G-11). Should it not, its memory stays MSMQ's, and the closing goes on.
      return Effect.callback<void>((resume) => {
        const giveUp = setTimeout(() => {
          this.#settled = undefined
          if (this.#overlapped !== undefined) this.#port.dismiss(this.#overlapped)
          this.#release()
          resume(Effect.void)
        }, settleLimit)
        this.#settled = () => {
          clearTimeout(giveUp)
          this.#free()
          resume(Effect.void)
        }
        this.#hold()
      })
    })
  }

  /** Takes it out of use where its queue stays open: what it held is freed when the peek has ended, whenever that is. */
  leave(): void {
    this.cancel()
    this.#isDetached = true
    this.#beginning?.abandon()
    if (this.#isUnderWay) this.#settled = () => this.#free()
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

  /** Frees what the peek held, once the call that began it has returned. */
  #free(): void {
    if (!this.#hasBegun) {
      this.#isFreed = true
      return
    }
    this.#overlapped?.free()
    this.#overlapped = undefined
  }

  #peekAgain(): void {
    // A peek that fails each time shall not keep the process busy.
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
    if (this.#isUnderWay) this.#tellBegun()
    // It ended before the call that began it had returned, and somebody waits anew.
    else if (this.#arrived !== undefined && this.#retry === undefined) this.#peekAgain()
  }

  #didNotBegin(overlapped: Overlapped, hresult: number): void {
    this.#port.dismiss(overlapped)
    this.#isUnderWay = false
    if (this.#settled !== undefined || this.#isDetached) return this.#tell()
    // Whoever looks then learns why, or looks again.
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#ended(hresult)
    }, retryInterval)
  }

  #ended(status: number): void {
    this.#isUnderWay = false
    this.#hasFailed = isError(status)
    this.#tell()
  }

  #tellBegun(): void {
    const begun = this.#begun
    this.#begun = undefined
    begun?.()
  }

  #tell(): void {
    const tell = this.#settled ?? this.#arrived
    this.#settled = this.#arrived = this.#begun = undefined
    this.#release()
    tell?.()
  }
}
