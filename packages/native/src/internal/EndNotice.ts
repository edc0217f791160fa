import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceiveAction } from "@effect-msmq/core/mqrt/MessageProperties"
import type { CursorHandle, MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { BeginPeek, NoticePort } from "./ArrivalNotice.ts"
import { ArrivalNotice } from "./ArrivalNotice.ts"
import { isError } from "./calls.ts"
import type { CallElsewhere } from "./CallElsewhere.ts"
import type { Overlapped } from "./CompletionPort.ts"

/** Steps of the cursor in one turn of the event loop. */
const turn = 64

/**
 * Steps without a pause between turns, and milliseconds of each pause after that, so that a long queue keeps nobody
 * waiting.
 */
const hurry = { messages: 1024, pause: 5 }

/** Calls that the notices of a handle make. */
export interface NoticeCalls {
  readonly createCursor: Effect.Effect<CursorHandle, MqrtFailure>
  /** Returns the function that begins an overlapped peek at the place of a cursor. */
  readonly beginPeek: (cursor: bigint) => BeginPeek
  /**
   * Peeks without a wait and without properties. Calls `returned` with the HRESULT, at once or when the call on another
   * thread has ended.
   */
  readonly step: (
    cursor: bigint,
    action: ReceiveAction,
    returned: (hresult: number) => void
  ) => CallElsewhere | undefined
}

/**
 * Notice that a message has come to a queue that has other messages. A cursor of its own goes to the end of the queue
 * and peeks there until a message comes: a cursor that waits at the end goes to a new message wherever that stands
 * (E-30).
 */
export class EndNotice {
  readonly #port: NoticePort
  readonly #makeOverlapped: () => Overlapped
  readonly #calls: NoticeCalls
  #cursor: bigint | undefined
  #notice: ArrivalNotice | undefined
  #isOnMessage = false
  /** `true` from before the peek at the end until it has ended. The cursor is not used meanwhile. */
  #isPeeking = false
  #isArmed = false
  /** `true` while the cursor is on its way to the end. */
  #isWalking = false
  #isDetached = false
  #creating: Fiber.Fiber<CursorHandle, MqrtFailure> | undefined
  #step: CallElsewhere | undefined
  /** Steps on the way to the end. */
  #passed = 0
  #later: NodeJS.Timeout | undefined
  #armed: (() => void) | undefined
  #arrived: (() => void) | undefined

  constructor(port: NoticePort, overlapped: () => Overlapped, calls: NoticeCalls) {
    this.#port = port
    this.#makeOverlapped = overlapped
    this.#calls = calls
  }

  /** `true` while the cursor waits at the end, so that no message is missed. */
  get isArmed(): boolean {
    return this.#isArmed
  }

  /**
   * Calls `armed` once when the cursor waits at the end, unless it does already, and `arrived` once when a message has
   * come after that.
   */
  notify(armed: () => void, arrived: () => void): void {
    this.#armed = armed
    this.#arrived = arrived
    if (this.#notice !== undefined && this.#isPeeking) this.#arm(this.#notice)
    else if (!this.#isWalking) this.#walk()
  }

  /** Takes {@link notify} back. */
  cancel(): void {
    this.#armed = this.#arrived = undefined
    this.#notice?.cancel()
  }

  /** Takes the notice out of use, before its queue is closed, and waits for its calls. */
  detach(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.leave()
      const created = this.#creating === undefined ? Effect.void : Fiber.interrupt(this.#creating)
      const stepped = this.#step?.hasEnded ?? Effect.void
      return Effect.andThen(Effect.andThen(created, stepped), this.#notice?.detach() ?? Effect.void)
    })
  }

  /**
   * Waits for the end of the peek, once its queue is closed and the cursor with it (E-35), and frees the memory of the
   * peek.
   */
  settle(): Effect.Effect<void> {
    return Effect.suspend(() => this.#notice?.settle() ?? Effect.void)
  }

  /** Takes the notice out of use while its queue stays open. */
  leave(): void {
    this.cancel()
    this.#isDetached = true
    clearTimeout(this.#later)
    this.#creating?.interruptUnsafe()
    this.#step?.abandon()
    this.#notice?.leave()
  }

  get #isWanted(): boolean {
    return this.#arrived !== undefined && !this.#isDetached
  }

  #walk(): void {
    this.#isWalking = this.#isWanted
    if (!this.#isWalking) return
    const cursor = this.#cursor
    if (cursor === undefined) return this.#create()
    for (let steps = 0; steps < turn; steps++) {
      let hresult: number | undefined
      this.#step = this.#calls.step(cursor, this.#isOnMessage ? "peekNext" : "peekCurrent", (returned) => {
        if (this.#step === undefined) hresult = returned
        else {
          this.#step = undefined
          if (this.#passes(returned)) this.#walk()
        }
      })
      if (this.#step !== undefined) return
      if (hresult === undefined || !this.#passes(hresult)) return
    }
    this.#passed += turn
    this.#later = setTimeout(() => this.#walk(), this.#passed < hurry.messages ? 0 : hurry.pause)
  }

  #create(): void {
    this.#creating = Effect.runFork(this.#calls.createCursor)
    this.#creating.addObserver((exit) => {
      this.#creating = undefined
      this.#isWalking = false
      // Without a notice, those who wait look from time to time.
      if (Exit.isFailure(exit)) return
      this.#cursor = exit.value
      this.#walk()
    })
  }

  /** Handles the HRESULT of a step. Returns `true` where another step follows. */
  #passes(hresult: number): boolean {
    if (!isError(hresult)) {
      this.#isOnMessage = true
      return true
    }
    this.#isWalking = false
    // After a failure the next step begins at the same place, or behind it where the message there is gone (E-26).
    this.#isOnMessage = hresult === errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED
    if (hresult !== errors.MQ_ERROR_IO_TIMEOUT || this.#isDetached || this.#cursor === undefined) return false
    this.#passed = 0
    this.#arm(
      (this.#notice ??= new ArrivalNotice(this.#port, this.#makeOverlapped, this.#calls.beginPeek(this.#cursor)))
    )
    return false
  }

  #arm(notice: ArrivalNotice): void {
    this.#isPeeking = true
    notice.notify(
      () => {
        this.#isPeeking = this.#isArmed = false
        this.#isOnMessage = true
        const arrived = this.#arrived
        this.#armed = this.#arrived = undefined
        arrived?.()
      },
      () => {
        this.#isArmed = true
        const armed = this.#armed
        this.#armed = undefined
        armed?.()
      }
    )
    if (!this.#isWanted) notice.cancel()
  }
}
