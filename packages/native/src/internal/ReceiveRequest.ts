import { errors } from "@effect-msmq/core/ErrorCode"
import type {
  LookupAction,
  LookupOptions,
  ReceiveAction,
  ReceivedProperties,
  ReceiveOptions
} from "@effect-msmq/core/MessageProperties"
import * as Exit from "effect/Exit"
import type { CursorPlace } from "./CursorPlace.ts"
import type { Kept } from "./KeptMessages.ts"
import type { Outcome } from "./Outcome.ts"
import { failed, hasCode } from "./Outcome.ts"
import type { Pace } from "./Pace.ts"
import type { ReadHandle } from "./ReadHandle.ts"
import type { ReceiveCall, ReceiveFunctions } from "./ReceiveCall.ts"
import { CursorCall, LookupCall, QueueCall } from "./ReceiveCall.ts"
import type { TransactionReceives } from "./TransactionReceives.ts"

/** The parts of a layer that a request needs. */
export interface RequestParts {
  readonly functions: ReceiveFunctions
  readonly transactions: TransactionReceives
  readonly transactionPointer: (transaction: LookupOptions["transaction"]) => bigint
}

/** A receive or a peek that somebody wants to be made, once or until it finds a message. */
export abstract class ReceiveRequest {
  readonly handle: ReadHandle
  readonly rare: boolean
  /** `true` where it takes the message. */
  abstract readonly takes: boolean
  abstract readonly pace: Pace
  protected readonly parts: RequestParts
  readonly #transaction: LookupOptions["transaction"]

  constructor(parts: RequestParts, handle: ReadHandle, options: LookupOptions) {
    this.parts = parts
    this.handle = handle
    this.rare = options.rare
    this.#transaction = options.transaction
  }

  /** Makes the call to Message Queuing. */
  abstract call(): ReceiveCall

  /** Returns the message that is next for it among those that are kept; `undefined` where there is none. */
  protected abstract keptFor(): Kept | undefined

  /** Returns `true` where a message that its transaction received already is the one that it is for. */
  protected accepts(message: ReceivedProperties): boolean {
    void message
    return true
  }

  /** Changes the outcome of a call by what is kept. */
  orKept(outcome: Outcome): Outcome {
    return outcome
  }

  /** Takes note of the outcome of a call. `isTold`: whoever made the request learns it. */
  moved(outcome: Outcome, isTold: boolean): void {
    void outcome
    void isTold
  }

  /** The transaction that its message belongs to; `undefined` where the message is taken for good. */
  get transaction(): bigint | undefined {
    return typeof this.#transaction === "bigint" ? this.#transaction : undefined
  }

  /** The address or the constant that the call gets. */
  protected get transactionPointer(): bigint {
    return this.parts.transactionPointer(this.#transaction)
  }

  /** Returns a message that a call has brought already; `undefined` where a call is to be made. */
  fromKept(): Outcome | undefined {
    const { handle, takes, transaction } = this
    if (takes && transaction !== undefined) {
      const claimed = this.parts.transactions.claim(transaction, handle.queue, (message) => this.accepts(message))
      if (claimed !== undefined) return Exit.succeed(claimed)
    }
    return handle.queue.kept.isEmpty || (takes && !handle.mayReceive) ? undefined : this.#show(this.keptFor())
  }

  /** Keeps a message that a call took when nobody waited for it any more, for whoever comes next. */
  leave(properties: ReceivedProperties): Kept | undefined {
    const { queue } = this.handle
    if (this.transaction === undefined) return queue.kept.keep(properties)
    this.parts.transactions.leave(this.transaction, queue, properties)
    return undefined
  }

  #show(kept: Kept | undefined): Outcome | undefined {
    if (kept === undefined) return undefined
    // The one who takes it may change the bytes.
    return Exit.succeed(this.takes ? this.take(kept) : structuredClone(kept.properties))
  }

  protected take(kept: Kept): ReceivedProperties {
    const { queue } = this.handle
    queue.kept.remove(kept)
    if (this.transaction !== undefined) this.parts.transactions.handedOut(this.transaction, queue, kept)
    return kept.properties
  }
}

/** A request for the first message. */
export class QueueRequest extends ReceiveRequest {
  readonly #action: ReceiveAction

  constructor(parts: RequestParts, handle: ReadHandle, options: ReceiveOptions) {
    super(parts, handle, options)
    this.#action = options.action
  }

  get takes(): boolean {
    return this.#action === "receive"
  }

  get pace(): Pace {
    return this.handle.paces.receive
  }

  call(): ReceiveCall {
    return new QueueCall(this.parts.functions, this.handle.handle, this.#action, this.transactionPointer)
  }

  protected keptFor(): Kept | undefined {
    return this.#action === "peekNext" ? undefined : this.handle.queue.kept.first
  }
}

/** A request for a message at the place of a cursor. */
export class CursorRequest extends ReceiveRequest {
  readonly place: CursorPlace
  readonly #action: ReceiveAction

  constructor(parts: RequestParts, handle: ReadHandle, options: ReceiveOptions, place: CursorPlace) {
    super(parts, handle, options)
    this.#action = options.action
    this.place = place
  }

  get takes(): boolean {
    return this.#action === "receive"
  }

  get pace(): Pace {
    return this.handle.paces.receive
  }

  call(): ReceiveCall {
    const { handle, parts, place } = this
    return new CursorCall(parts.functions, handle.handle, place, this.#action, this.transactionPointer)
  }

  override moved(outcome: Outcome, isTold: boolean): void {
    this.place.moved(this.#action, outcome, isTold)
  }

  override fromKept(): Outcome | undefined {
    const { on } = this.place
    const isGone = on !== undefined && this.#action !== "peekNext" && !this.handle.queue.kept.has(on)
    // As where another has taken the message that the cursor stands on (E-26).
    return isGone ? failed("MQReceiveMessage", errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED) : super.fromKept()
  }

  override leave(properties: ReceivedProperties): Kept | undefined {
    const kept = super.leave(properties)
    if (kept !== undefined) this.place.standOn(kept)
    return kept
  }

  protected keptFor(): Kept | undefined {
    const { place } = this
    const { kept } = this.handle.queue
    if (place.on !== undefined) {
      if (this.#action !== "peekNext") return place.on
      place.standOn(kept.after(place.on))
      return place.on
    }
    if (!place.seesKept || place.actionFor(this.#action) === "peekNext") return undefined
    place.standOn(kept.first)
    return place.on
  }

  protected override take(kept: Kept): ReceivedProperties {
    this.place.standOn(undefined)
    return super.take(kept)
  }
}

/** The actions that begin at a message whose lookup id is given, and those that do the same from an end of the queue. */
const neighbours = {
  peekNext: "peekFirst",
  receiveNext: "receiveFirst"
} as const satisfies Partial<Record<LookupAction, LookupAction>>

/** A request for a message by lookup id. The messages that are kept stand before all others. */
export class LookupRequest extends ReceiveRequest {
  readonly #lookupId: bigint
  readonly #action: LookupAction

  constructor(parts: RequestParts, handle: ReadHandle, options: LookupOptions, lookupId: bigint, action: LookupAction) {
    super(parts, handle, options)
    this.#lookupId = lookupId
    this.#action = action
  }

  get takes(): boolean {
    return this.#action.startsWith("receive")
  }

  get pace(): Pace {
    return this.handle.paces.lookup
  }

  call(): ReceiveCall {
    const { handle, parts } = this
    const { kept } = handle.queue
    const action = this.#action
    // Behind the last of those that are kept comes the first of the others.
    const isBehindKept =
      !kept.isEmpty &&
      (action === "peekNext" || action === "receiveNext") &&
      kept.byLookupId(this.#lookupId) !== undefined
    return isBehindKept
      ? new LookupCall(parts.functions, handle.handle, 0n, neighbours[action], this.transactionPointer)
      : new LookupCall(parts.functions, handle.handle, this.#lookupId, action, this.transactionPointer)
  }

  protected override accepts({ lookupId }: ReceivedProperties): boolean {
    const byId = this.#action === "receiveCurrent" || this.#action === "receiveAllowPeek"
    return byId ? lookupId === this.#lookupId : this.#action === "receiveFirst"
  }

  /** Where there are no others, the last of those that are kept is the last of all. */
  override orKept(outcome: Outcome): Outcome {
    const { kept } = this.handle.queue
    if (kept.isEmpty || !this.#action.endsWith("Last") || (this.takes && !this.handle.mayReceive)) return outcome
    if (!hasCode(outcome, errors.MQ_ERROR_MESSAGE_NOT_FOUND) || kept.last === undefined) return outcome
    return Exit.succeed(this.takes ? this.take(kept.last) : structuredClone(kept.last.properties))
  }

  protected keptFor(): Kept | undefined {
    const { kept } = this.handle.queue
    if (this.#action.endsWith("First")) return this.#lookupId === 0n ? kept.first : undefined
    const anchor = kept.byLookupId(this.#lookupId)
    if (anchor === undefined || this.#action.endsWith("Last")) return undefined
    if (this.#action.endsWith("Next")) return kept.after(anchor)
    return this.#action.endsWith("Previous") ? kept.before(anchor) : anchor
  }
}
