import type { Access } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { NoticePort } from "./ArrivalNotice.ts"
import { ArrivalNotice } from "./ArrivalNotice.ts"
import type { CallElsewhere } from "./CallElsewhere.ts"
import type { CompletionPort } from "./CompletionPort.ts"
import { CursorPlace } from "./CursorPlace.ts"
import type { Address } from "./declarations.ts"
import { addressOf } from "./declarations.ts"
import type { NoticeCalls } from "./EndNotice.ts"
import { EndNotice } from "./EndNotice.ts"
import type { ReceivePaces } from "./QueuePaces.ts"
import type { SharedQueue } from "./SharedQueue.ts"
import type { Notices } from "./WaitingReceives.ts"

/** Part of a completion port that a handle needs. */
export type HandlePort = NoticePort & Pick<CompletionPort, "associate" | "overlapped">

/** Handle of a queue that messages are read through, with its calls, cursors and notices. */
export class ReadHandle implements Notices {
  readonly handle: bigint
  /** Handle as the functions of `mqrt.dll` take it. */
  readonly address: Address
  readonly queue: SharedQueue
  readonly paces: ReceivePaces
  readonly mayReceive: boolean
  /** `false` once its closing has begun. */
  isOpen = true
  readonly arrival: ArrivalNotice
  readonly end: EndNotice
  readonly #running = new Set<CallElsewhere>()
  readonly #cursors = new Map<bigint, CursorPlace>()

  constructor(
    handle: bigint,
    { paces, queue }: { readonly queue: SharedQueue; readonly paces: ReceivePaces },
    access: Access,
    port: HandlePort,
    calls: NoticeCalls
  ) {
    this.handle = handle
    this.address = addressOf(handle)
    this.queue = queue
    this.paces = paces
    this.mayReceive = access === "receive" || access === "receiveAdmin"
    let isAssociated: boolean | undefined
    // At the first wait.
    const overlapped = () => port.overlapped((isAssociated ??= port.associate(handle)))
    this.arrival = new ArrivalNotice(port, overlapped, calls.beginPeek(0n))
    this.end = new EndNotice(port, overlapped, calls)
  }

  /** Returns the place of a cursor of the queue. */
  place(cursor: bigint): CursorPlace {
    let place = this.#cursors.get(cursor)
    if (place === undefined) this.#cursors.set(cursor, (place = new CursorPlace(cursor)))
    return place
  }

  /** Forgets a cursor that is closed. */
  forgetCursor(cursor: bigint): boolean {
    return this.#cursors.delete(cursor)
  }

  /** Adds a call on another thread. */
  addCall(call: CallElsewhere): void {
    this.#running.add(call)
  }

  /** Removes a call that has ended. */
  removeCall(call: CallElsewhere): void {
    this.#running.delete(call)
  }

  /** Waits for the calls on the handle, and takes its notices out of use, before it is closed. */
  get detach(): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.andThen(
        Effect.forEach([...this.#running], (call) => call.hasEnded, { discard: true }),
        Effect.andThen(this.arrival.detach(), this.end.detach())
      )
    )
  }

  /** Waits for the ends of the notices' peeks, once the handle is closed. */
  get settle(): Effect.Effect<void> {
    return Effect.andThen(this.arrival.settle(), this.end.settle())
  }

  /** Takes the notices out of use while the handle stays open. */
  leave(): void {
    this.arrival.leave()
    this.end.leave()
  }
}
