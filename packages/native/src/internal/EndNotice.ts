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

/** Messages that the cursor passes in one turn of the event loop. */
const turn = 64

/** Messages that it passes without a pause, and the milliseconds of the pauses after that: a long queue has it walk long. */
const hurry = { messages: 1024, pause: 5 }

/** The calls that the notices of a handle make. */
export interface NoticeCalls {
  readonly createCursor: Effect.Effect<CursorHandle, MqrtFailure>
  /** Returns what begins an overlapped peek at the place of a cursor. */
  readonly beginPeek: (cursor: bigint) => BeginPeek
  /** Peeks without a wait and without properties. Gives what the function returned, at once or when the call has ended. */
  readonly step: (
    cursor: bigint,
    action: ReceiveAction,
    returned: (hresult: number) => void
  ) => CallElsewhere | undefined
}

/**
 * A notice that a message has come to a queue that has others already. A cursor of its own goes to the end of the queue and
 * peeks there, until something comes: a cursor that waits at the end goes to a new message wherever that is (E-30).
 */
export class EndNotice {
  readonly #port: NoticePort
  readonly #makeOverlapped: () => Overlapped
  readonly #calls: NoticeCalls
  #cursor: bigint | undefined
  #notice: ArrivalNotice | undefined
  #isOnMessage = false
  /** `true` from before its peek at the end until that has ended: the cursor is used for nothing else meanwhile. */
  #isPeeking = false
  #isArmed = false
  /** `true` while it is on its way to the end. */
  #isWalking = false
  #isDetached = false
  #creating: Fiber.Fiber<CursorHandle, MqrtFailure> | undefined
  #step: CallElsewhere | undefined
  /** The messages that it has passed on its way. */
  #passed = 0
  #later: NodeJS.Timeout | undefined
  #armed: (() => void) | undefined
  #arrived: (() => void) | undefined

  constructor(port: NoticePort, overlapped: () => Overlapped, calls: NoticeCalls) {
    this.#port = port
    this.#makeOverlapped = overlapped
    this.#calls = calls
  }

  /** `true` while it waits at the end, so that it misses nothing. */
  get isArmed(): boolean {
    return this.#isArmed
  }

  /** Calls back once when it waits at the end, if it does not yet, and once when something has come since. */
  notify(armed: () => void, arrived: () => void): void {
    this.#armed = armed
    this.#arrived = arrived
    if (this.#notice !== undefined && this.#isPeeking) this.#arm(this.#notice)
    else if (!this.#isWalking) this.#walk()
  }

  /** Takes {@link notify} back, for want of anybody who waits. */
  cancel(): void {
    this.#armed = this.#arrived = undefined
    this.#notice?.cancel()
  }

  /** Takes it out of use, before its queue is closed, and waits for the calls that run. */
  detach(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.leave()
      const created = this.#creating === undefined ? Effect.void : Fiber.interrupt(this.#creating)
      const stepped = this.#step?.hasEnded ?? Effect.void
      return Effect.andThen(Effect.andThen(created, stepped), this.#notice?.detach() ?? Effect.void)
    })
  }

  /** Once its queue is closed, and its cursor with it (E-35): waits for the end of the peek, and frees what that held. */
  settle(): Effect.Effect<void> {
    return Effect.suspend(() => this.#notice?.settle() ?? Effect.void)
  }

  /** Takes it out of use where its queue stays open. */
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
      // Those who wait then look from time to time.
      if (Exit.isFailure(exit)) return
      this.#cursor = exit.value
      this.#walk()
    })
  }

  /** Takes note of a step. Returns `true` where it leads to the next one. */
  #passes(hresult: number): boolean {
    if (!isError(hresult)) {
      this.#isOnMessage = true
      return true
    }
    this.#isWalking = false
    // After a failure the next try begins at its place, or behind it where the message there is gone (E-26).
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
