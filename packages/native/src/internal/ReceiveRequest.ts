import { errors } from "@effect-msmq/core/ErrorCode"
import type {
  LookupAction,
  LookupParameters,
  ReceiveAction,
  ReceivedProperties,
  ReceiveParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as Exit from "effect/Exit"
import type { CursorPlace } from "./CursorPlace.ts"
import type { Functions, HresultArguments } from "./declarations.ts"
import type { Returned } from "./offMainThread.ts"
import type { Outcome } from "./Outcome.ts"
import { failed, hasCode } from "./Outcome.ts"
import type { Pace } from "./Pace.ts"
import type { ReadHandle } from "./ReadHandle.ts"
import type { TransactionReceives } from "./TransactionReceives.ts"

/** Functions of `mqrt.dll` that receive. */
export type ReceiveFunctions = Pick<Functions, "MQReceiveMessage" | "MQReceiveMessageByLookupId">

/** The parts of a layer that a request needs. */
export interface RequestParts {
  readonly functions: ReceiveFunctions
  readonly transactions: TransactionReceives
  readonly transactionPointer: (transaction: LookupParameters["transaction"]) => bigint
}

/** `dwAction` of `MQReceiveMessage`. */
export const actions: Readonly<Record<ReceiveAction, number>> = {
  receive: 0,
  peekCurrent: 0x80000000,
  peekNext: 0x80000001
}

/** `dwLookupAction` of `MQReceiveMessageByLookupId`. */
const lookupActions: Readonly<Record<LookupAction, number>> = {
  peekCurrent: 0x40000010,
  peekNext: 0x40000011,
  peekPrevious: 0x40000012,
  peekFirst: 0x40000014,
  peekLast: 0x40000018,
  receiveCurrent: 0x40000020,
  receiveNext: 0x40000021,
  receivePrevious: 0x40000022,
  receiveFirst: 0x40000024,
  receiveLast: 0x40000028,
  receiveAllowPeek: 0x40000120
}

/**
 * A receive or a peek that somebody wants to be made, once or until it finds a message. Its calls do not wait.
 * `properties`: the address of their `MQMSGPROPS`.
 */
export abstract class ReceiveRequest {
  abstract readonly name: keyof ReceiveFunctions
  readonly handle: ReadHandle
  protected readonly parts: RequestParts
  readonly #options: LookupParameters

  constructor(parts: RequestParts, handle: ReadHandle, options: LookupParameters) {
    this.parts = parts
    this.handle = handle
    this.#options = options
  }

  /** `true` where it takes the message. */
  abstract get takes(): boolean

  abstract get pace(): Pace

  get rare(): boolean {
    return this.#options.rare
  }

  /** The transaction that its message belongs to; `undefined` where the message is taken for good. */
  get transaction(): bigint | undefined {
    const { transaction } = this.#options
    return typeof transaction === "bigint" ? transaction : undefined
  }

  /** The address or the constant that its calls get. */
  protected get transactionPointer(): bigint {
    return this.parts.transactionPointer(this.#options.transaction)
  }

  /** Makes the call on the main thread. */
  abstract here(properties: bigint): number

  /** Makes the call on another thread. */
  abstract elsewhere(properties: bigint, returned: Returned<number>): void

  /** Makes ready for a look, which may take several calls. */
  begin(): void {}

  /** Takes note that the buffers of its call were too small, and that it is made again. */
  grew(): void {}

  /** Returns `true` where the call is to be made again though its buffers were large enough. */
  goesOn(hresult: number): boolean {
    void hresult
    return false
  }

  /** Returns the message that is next for it among those that are kept; `undefined` where there is none. */
  protected abstract keptFor(): ReceivedProperties | undefined

  /** Returns `true` where a message that its transaction received already is the one that it is for. */
  protected accepts(message: ReceivedProperties): boolean {
    void message
    return true
  }

  /** Changes the outcome of a look by what is kept. */
  orKept(outcome: Outcome): Outcome {
    return outcome
  }

  /** Takes note of the outcome of a look. `isTold`: whoever made the request learns it. */
  moved(outcome: Outcome, isTold: boolean): void {
    void outcome
    void isTold
  }

  /** Returns a message that a call has brought already; `undefined` where a call is to be made. */
  fromKept(): Outcome | undefined {
    const { handle, transaction } = this
    if (transaction !== undefined && this.takes) {
      const claimed = this.parts.transactions.claim(transaction, handle.queue, (message) => this.accepts(message))
      if (claimed !== undefined) return Exit.succeed(claimed)
    }
    if (handle.queue.kept.isEmpty || (this.takes && !handle.mayReceive)) return undefined
    const kept = this.keptFor()
    return kept === undefined ? undefined : this.handOut(kept)
  }

  /** Keeps a message that a call took when nobody waited for it any more, for whoever comes next. */
  leave(message: ReceivedProperties): void {
    const { queue } = this.handle
    if (this.transaction === undefined) queue.kept.keep(message)
    else this.parts.transactions.leave(this.transaction, queue, message)
  }

  protected handOut(kept: ReceivedProperties): Outcome {
    if (this.takes) this.take(kept)
    // The one who gets it may change the bytes, and others may get it after that.
    return Exit.succeed(this.takes && this.transaction === undefined ? kept : structuredClone(kept))
  }

  protected take(kept: ReceivedProperties): void {
    const { queue } = this.handle
    queue.kept.remove(kept)
    if (this.transaction !== undefined) this.parts.transactions.handedOut(this.transaction, queue, kept)
  }
}

/** A request for the first message. */
export class QueueRequest extends ReceiveRequest {
  readonly name = "MQReceiveMessage"
  protected readonly action: ReceiveAction
  /** The action of the next call. */
  protected next: ReceiveAction
  readonly #cursor: bigint

  constructor(parts: RequestParts, handle: ReadHandle, options: ReceiveParameters) {
    super(parts, handle, options)
    this.action = this.next = options.action
    this.#cursor = options.cursor ?? 0n
  }

  get takes(): boolean {
    return this.action === "receive"
  }

  get pace(): Pace {
    return this.handle.paces.receive
  }

  here(properties: bigint): number {
    const { MQReceiveMessage: receive } = this.parts.functions
    const { handle } = this.handle
    return receive(handle, 0, actions[this.next], properties, 0n, 0n, this.#cursor, this.transactionPointer)
  }

  elsewhere(properties: bigint, returned: Returned<number>): void {
    const { MQReceiveMessage: receive } = this.parts.functions
    const { handle } = this.handle
    receive.async(handle, 0, actions[this.next], properties, 0n, 0n, this.#cursor, this.transactionPointer, returned)
  }

  protected keptFor(): ReceivedProperties | undefined {
    return this.action === "peekNext" ? undefined : this.handle.queue.kept.first
  }
}

/** A request for a message at the place of a cursor. */
export class CursorRequest extends QueueRequest {
  readonly place: CursorPlace
  /** `true` where it peeks once more at a message that the cursor was moved on before, and that nobody was shown. */
  #isOnUnseen = false

  constructor(parts: RequestParts, handle: ReadHandle, options: ReceiveParameters, place: CursorPlace) {
    super(parts, handle, options)
    this.place = place
  }

  override begin(): void {
    this.next = this.place.actionFor(this.action)
    this.#isOnUnseen = this.place.isOnUnseen && this.action === "peekNext"
  }

  /** A peek that moved the cursor is not made to move it again (E-21). */
  override grew(): void {
    if (this.next === "peekNext") this.next = "peekCurrent"
  }

  /** Goes on behind a message that nobody was shown and that is gone by now (E-26). */
  override goesOn(hresult: number): boolean {
    if (!this.#isOnUnseen || hresult !== errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED) return false
    this.#isOnUnseen = false
    this.next = "peekNext"
    return true
  }

  override moved(outcome: Outcome, isTold: boolean): void {
    this.place.moved(this.action, outcome, isTold)
  }

  override fromKept(): Outcome | undefined {
    const { on } = this.place
    const isGone = on !== undefined && this.action !== "peekNext" && !this.handle.queue.kept.has(on)
    // As where another has taken the message that the cursor stands on (E-26).
    return isGone ? failed(this.name, errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED) : super.fromKept()
  }

  override leave(message: ReceivedProperties): void {
    super.leave(message)
    if (this.transaction === undefined) this.place.standOn(message)
  }

  protected override keptFor(): ReceivedProperties | undefined {
    return this.place.moveOnKept(this.action, this.handle.queue.kept)
  }

  protected override take(kept: ReceivedProperties): void {
    this.place.standOn(undefined)
    super.take(kept)
  }
}

/** The actions that do from the beginning of the queue what others do from a message. */
const firstOf: { readonly [Action in LookupAction]?: LookupAction } = {
  peekNext: "peekFirst",
  receiveNext: "receiveFirst"
}

type LookupArguments = HresultArguments["MQReceiveMessageByLookupId"]

/** A request for a message by lookup id. The messages that are kept stand before all others. */
export class LookupRequest extends ReceiveRequest {
  readonly name = "MQReceiveMessageByLookupId"
  readonly #lookupId: bigint
  readonly #action: LookupAction
  /** `true` where the next call asks for the message of the lookup id itself, to learn if it is there. */
  #asksForAnchor = false

  constructor(
    parts: RequestParts,
    handle: ReadHandle,
    options: LookupParameters,
    lookupId: bigint,
    action: LookupAction
  ) {
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

  here(properties: bigint): number {
    return this.parts.functions.MQReceiveMessageByLookupId(...this.#arguments(properties))
  }

  elsewhere(properties: bigint, returned: Returned<number>): void {
    this.parts.functions.MQReceiveMessageByLookupId.async(...this.#arguments(properties), returned)
  }

  override begin(): void {
    this.#asksForAnchor = false
  }

  /** Asks, where nothing stands before a message, if that is there: then the last of those that are kept stands before it. */
  override goesOn(hresult: number): boolean {
    const isFirst = hresult === errors.MQ_ERROR_MESSAGE_NOT_FOUND && this.#action.endsWith("Previous")
    if (!isFirst || this.#asksForAnchor || !this.#seesKept) return false
    return (this.#asksForAnchor = true)
  }

  protected override accepts({ lookupId }: ReceivedProperties): boolean {
    const byId = this.#action === "receiveCurrent" || this.#action === "receiveAllowPeek"
    return byId ? lookupId === this.#lookupId : this.#action === "receiveFirst"
  }

  /** Takes the last of those that are kept where there are no others, or none before a message. */
  override orKept(outcome: Outcome): Outcome {
    const { last } = this.handle.queue.kept
    const isNotFound = hasCode(outcome, errors.MQ_ERROR_MESSAGE_NOT_FOUND)
    const isKept = this.#asksForAnchor ? !isNotFound : isNotFound && this.#action.endsWith("Last")
    if (isKept && last !== undefined && this.#seesKept) return this.handOut(last)
    return this.#asksForAnchor ? failed(this.name, errors.MQ_ERROR_MESSAGE_NOT_FOUND) : outcome
  }

  protected keptFor(): ReceivedProperties | undefined {
    const { kept } = this.handle.queue
    if (this.#action.endsWith("First")) return this.#lookupId === 0n ? kept.first : undefined
    const anchor = kept.byLookupId(this.#lookupId)
    if (anchor === undefined || this.#action.endsWith("Last")) return undefined
    if (this.#action.endsWith("Next")) return kept.after(anchor)
    return this.#action.endsWith("Previous") ? kept.before(anchor) : anchor
  }

  #arguments(properties: bigint): LookupArguments {
    const { handle } = this.handle
    const { kept } = this.handle.queue
    const first = firstOf[this.#action]
    // The one behind the last of those that are kept is the first of the others.
    const isBehindKept = first !== undefined && kept.byLookupId(this.#lookupId) !== undefined
    const action = this.#asksForAnchor ? "peekCurrent" : isBehindKept ? first : this.#action
    const lookupId = isBehindKept ? 0n : this.#lookupId
    return [handle, lookupId, lookupActions[action], properties, 0n, 0n, this.transactionPointer]
  }

  get #seesKept(): boolean {
    return !this.handle.queue.kept.isEmpty && (!this.takes || this.handle.mayReceive)
  }
}
