import { errors } from "@effect-msmq/core/ErrorCode"
import type {
  LookupAction,
  LookupParameters,
  ReadProperties,
  ReceiveAction,
  ReceivedProperties,
  ReceiveParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import { lookupActions, receiveActions } from "@effect-msmq/core/mqrt/MessageValues"
import { withGroups } from "./readGroups.ts"
import type { CursorPlace } from "./CursorPlace.ts"
import type { Address, Functions, HresultArguments } from "./declarations.ts"
import { addressOf } from "./declarations.ts"
import type { Returned } from "./offMainThread.ts"
import type { Outcome } from "./Outcome.ts"
import { failure, hasCode, isFound } from "./Outcome.ts"
import type { Pace } from "./Pace.ts"
import type { ReadHandle } from "./ReadHandle.ts"
import type { TransactionReceives } from "./TransactionReceives.ts"

/** Functions of `mqrt.dll` that receive. */
export type ReceiveFunctions = Pick<Functions, "MQReceiveMessage" | "MQReceiveMessageByLookupId">

/** Parts of a layer that a request needs. */
export interface RequestParts {
  readonly functions: ReceiveFunctions
  readonly transactions: TransactionReceives
  readonly transactionPointer: (transaction: LookupParameters["transaction"]) => bigint
}

/**
 * Receive or peek that is made once, or until it finds a message. Its calls do not wait.
 *
 * `properties`: the address of the `MQMSGPROPS` of a call.
 */
export abstract class ReceiveRequest {
  abstract readonly name: keyof ReceiveFunctions
  readonly handle: ReadHandle
  protected readonly parts: RequestParts
  /** Transaction as its calls take it: an address or a constant. */
  protected readonly transactionPointer: Address
  readonly #options: LookupParameters

  constructor(parts: RequestParts, handle: ReadHandle, options: LookupParameters) {
    this.parts = parts
    this.handle = handle
    this.transactionPointer = addressOf(parts.transactionPointer(options.transaction))
    this.#options = options
  }

  /** `true` where it takes the message from the queue. */
  abstract get takes(): boolean

  abstract get pace(): Pace

  /** Groups of properties that its caller gets. */
  get read(): ReadProperties {
    return this.#options.read
  }

  /** Transaction that its message belongs to; `undefined` where the message is taken for good. */
  get transaction(): bigint | undefined {
    const { transaction } = this.#options
    return typeof transaction === "bigint" ? transaction : undefined
  }

  /** Makes the call on the main thread. */
  abstract here(properties: Address): number

  /** Makes the call on another thread. */
  abstract elsewhere(properties: Address, returned: Returned<number>): void

  /** Prepares a look, which may take several calls. */
  begin(): void {}

  /** Notes that the buffers of its call were too small, and that it is made again. */
  noteGrowth(): void {}

  /** Returns `true` where the call is to be made again although its buffers were large enough. */
  mustRepeat(hresult: number): boolean {
    void hresult
    return false
  }

  /** Returns the kept message that is next for it; `undefined` where there is none. */
  protected abstract nextKept(): ReceivedProperties | undefined

  /** Returns `true` where it may have a message that its transaction has received already. */
  protected accepts(message: ReceivedProperties): boolean {
    void message
    return true
  }

  /** Returns the outcome of a look together with the kept messages. */
  withKept(outcome: Outcome): Outcome {
    return outcome
  }

  /** Notes the outcome of a look. `isTold`: the caller gets the outcome. */
  noteOutcome(outcome: Outcome, isTold: boolean): void {
    void outcome
    void isTold
  }

  /** Takes a message that a call has brought already. Returns `undefined` where a call is to be made. */
  takeKept(): Outcome | undefined {
    const { handle, transaction } = this
    if (transaction !== undefined && this.takes) {
      const claimed = this.parts.transactions.claim(transaction, handle.queue, (message) => this.accepts(message))
      if (claimed !== undefined) return claimed
    }
    if (handle.queue.kept.isEmpty || (this.takes && !handle.mayReceive)) return undefined
    const kept = this.nextKept()
    return kept === undefined ? undefined : this.handOut(kept)
  }

  /** Returns the outcome of a look with no other properties than those that its caller asked for. */
  select(outcome: Outcome): Outcome {
    return isFound(outcome) ? withGroups(outcome, this.read) : outcome
  }

  /** Keeps a message that a call took after its caller had left, for the next receive. */
  leave(message: ReceivedProperties): void {
    const { queue } = this.handle
    if (this.transaction === undefined) queue.kept.keep(message)
    else this.parts.transactions.addUnclaimed(this.transaction, queue, message)
  }

  protected handOut(kept: ReceivedProperties): Outcome {
    if (this.takes) this.take(kept)
    // Its receiver may change its bytes, and others may get it later.
    return this.takes && this.transaction === undefined ? kept : structuredClone(kept)
  }

  protected take(kept: ReceivedProperties): void {
    const { queue } = this.handle
    queue.kept.remove(kept)
    if (this.transaction !== undefined) this.parts.transactions.addKept(this.transaction, queue, kept)
  }
}

/** Request for the first message. */
export class QueueRequest extends ReceiveRequest {
  readonly name = "MQReceiveMessage"
  protected readonly action: ReceiveAction
  /** Action of the next call. */
  protected next: ReceiveAction
  readonly #cursor: Address

  constructor(parts: RequestParts, handle: ReadHandle, options: ReceiveParameters) {
    super(parts, handle, options)
    this.action = this.next = options.action
    this.#cursor = addressOf(options.cursor ?? 0n)
  }

  get takes(): boolean {
    return this.action === "receive"
  }

  get pace(): Pace {
    return this.handle.paces.receive
  }

  here(properties: Address): number {
    const { MQReceiveMessage: receive } = this.parts.functions
    const { address } = this.handle
    return receive(address, 0, receiveActions[this.next], properties, 0, 0, this.#cursor, this.transactionPointer)
  }

  elsewhere(properties: Address, returned: Returned<number>): void {
    const { MQReceiveMessage: receive } = this.parts.functions
    const { address } = this.handle
    receive.async(
      address,
      0,
      receiveActions[this.next],
      properties,
      0,
      0,
      this.#cursor,
      this.transactionPointer,
      returned
    )
  }

  protected nextKept(): ReceivedProperties | undefined {
    return this.action === "peekNext" ? undefined : this.handle.queue.kept.first
  }
}

/** Request for a message at the place of a cursor. */
export class CursorRequest extends QueueRequest {
  readonly place: CursorPlace
  /** `true` where it peeks again at a message that the cursor was moved to before, and that its user did not get. */
  #isOnUnseen = false

  constructor(parts: RequestParts, handle: ReadHandle, options: ReceiveParameters, place: CursorPlace) {
    super(parts, handle, options)
    this.place = place
  }

  override begin(): void {
    this.next = this.place.actionFor(this.action)
    this.#isOnUnseen = this.place.isOnUnseen && this.action === "peekNext"
  }

  /** Peeks in place from now on: the peek has moved the cursor (E-21). */
  override noteGrowth(): void {
    if (this.next === "peekNext") this.next = "peekCurrent"
  }

  /** Returns `true` where the message that its user did not get is gone by now: the cursor goes on behind it (E-26). */
  override mustRepeat(hresult: number): boolean {
    if (!this.#isOnUnseen || hresult !== errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED) return false
    this.#isOnUnseen = false
    this.next = "peekNext"
    return true
  }

  override noteOutcome(outcome: Outcome, isTold: boolean): void {
    this.place.noteMove(this.action, outcome, isTold)
  }

  override takeKept(): Outcome | undefined {
    const { on } = this.place
    const isGone = on !== undefined && this.action !== "peekNext" && !this.handle.queue.kept.has(on)
    // The same as where another receive took the message that the cursor stands on (E-26).
    return isGone ? failure(this.name, errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED) : super.takeKept()
  }

  override leave(message: ReceivedProperties): void {
    super.leave(message)
    if (this.transaction === undefined) this.place.standOn(message)
  }

  protected override nextKept(): ReceivedProperties | undefined {
    return this.place.moveOnKept(this.action, this.handle.queue.kept)
  }

  protected override take(kept: ReceivedProperties): void {
    this.place.standOn(undefined)
    super.take(kept)
  }
}

/** Actions that do at the beginning of the queue what others do from a message on. */
const firstOf: { readonly [Action in LookupAction]?: LookupAction } = {
  peekNext: "peekFirst",
  receiveNext: "receiveFirst"
}

type LookupArguments = HresultArguments["MQReceiveMessageByLookupId"]

/** Request for a message by lookup id. The kept messages stand before all others. */
export class LookupRequest extends ReceiveRequest {
  readonly name = "MQReceiveMessageByLookupId"
  readonly #lookupId: bigint
  readonly #action: LookupAction
  /** `true` where the next call asks whether the message of the lookup id itself is there. */
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

  here(properties: Address): number {
    return this.parts.functions.MQReceiveMessageByLookupId(...this.#arguments(properties))
  }

  elsewhere(properties: Address, returned: Returned<number>): void {
    this.parts.functions.MQReceiveMessageByLookupId.async(...this.#arguments(properties), returned)
  }

  override begin(): void {
    this.#asksForAnchor = false
  }

  /**
   * Returns `true` where nothing stands before a message, and a call is to tell whether that is there: then the last
   * kept message stands before it.
   */
  override mustRepeat(hresult: number): boolean {
    const isFirst = hresult === errors.MQ_ERROR_MESSAGE_NOT_FOUND && this.#action.endsWith("Previous")
    if (!isFirst || this.#asksForAnchor || !this.#seesKept) return false
    return (this.#asksForAnchor = true)
  }

  protected override accepts({ lookupId }: ReceivedProperties): boolean {
    const byId = this.#action === "receiveCurrent" || this.#action === "receiveAllowPeek"
    return byId ? lookupId === this.#lookupId : this.#action === "receiveFirst"
  }

  /** Returns the last kept message where the queue has no others, or none before a message. */
  override withKept(outcome: Outcome): Outcome {
    const { last } = this.handle.queue.kept
    const isNotFound = hasCode(outcome, errors.MQ_ERROR_MESSAGE_NOT_FOUND)
    const isKept = this.#asksForAnchor ? !isNotFound : isNotFound && this.#action.endsWith("Last")
    if (isKept && last !== undefined && this.#seesKept) return this.handOut(last)
    return this.#asksForAnchor ? failure(this.name, errors.MQ_ERROR_MESSAGE_NOT_FOUND) : outcome
  }

  protected nextKept(): ReceivedProperties | undefined {
    const { kept } = this.handle.queue
    if (this.#action.endsWith("First")) return this.#lookupId === 0n ? kept.first : undefined
    const anchor = kept.byLookupId(this.#lookupId)
    if (anchor === undefined || this.#action.endsWith("Last")) return undefined
    if (this.#action.endsWith("Next")) return kept.after(anchor)
    return this.#action.endsWith("Previous") ? kept.before(anchor) : anchor
  }

  #arguments(properties: Address): LookupArguments {
    const { address } = this.handle
    const { kept } = this.handle.queue
    const first = firstOf[this.#action]
    // The message behind the last kept one is the first of the others.
    const isBehindKept = first !== undefined && kept.byLookupId(this.#lookupId) !== undefined
    const action = this.#asksForAnchor ? "peekCurrent" : isBehindKept ? first : this.#action
    const lookupId = isBehindKept ? 0n : this.#lookupId
    return [address, lookupId, lookupActions[action], properties, 0, 0, this.transactionPointer]
  }

  get #seesKept(): boolean {
    return !this.handle.queue.kept.isEmpty && (!this.takes || this.handle.mayReceive)
  }
}
