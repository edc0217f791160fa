import { errors } from "@effect-msmq/core/ErrorCode"
import type { LookupAction, ReceiveAction } from "@effect-msmq/core/MessageProperties"
import type { CursorPlace } from "./CursorPlace.ts"
import type { Functions } from "./declarations.ts"

/** Functions of `mqrt.dll` that receive. */
export type ReceiveFunctions = Pick<Functions, "MQReceiveMessage" | "MQReceiveMessageByLookupId">

/** A callback at the end of a call off the main thread. */
export type Returned = (error: unknown, hresult: number) => void

/** A call that receives or peeks and does not wait. `properties`: the address of the `MQMSGPROPS`. */
export abstract class ReceiveCall {
  abstract readonly name: keyof ReceiveFunctions

  /** Makes it on the main thread. */
  abstract here(properties: bigint): number

  /** Makes it on another thread. */
  abstract elsewhere(properties: bigint, returned: Returned): void

  /** Takes note that its buffers were too small, and that it is made again. */
  grew(): void {}

  /** Returns `true` where it is to be made again though its buffers were large enough. */
  goesOn(hresult: number): boolean {
    void hresult
    return false
  }
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

/** A call for the first message of a queue. */
export class QueueCall extends ReceiveCall {
  readonly name = "MQReceiveMessage"
  readonly #functions: ReceiveFunctions
  readonly #queue: bigint
  readonly #action: number
  readonly #transaction: bigint

  constructor(functions: ReceiveFunctions, queue: bigint, action: ReceiveAction, transaction: bigint) {
    super()
    this.#functions = functions
    this.#queue = queue
    this.#action = actions[action]
    this.#transaction = transaction
  }

  here(properties: bigint): number {
    const { MQReceiveMessage: receive } = this.#functions
    return receive(this.#queue, 0, this.#action, properties, 0n, 0n, 0n, this.#transaction)
  }

  elsewhere(properties: bigint, returned: Returned): void {
    const { MQReceiveMessage: receive } = this.#functions
    receive.async(this.#queue, 0, this.#action, properties, 0n, 0n, 0n, this.#transaction, returned)
  }
}

/** A call for a message at the place of a cursor. */
export class CursorCall extends ReceiveCall {
  readonly name = "MQReceiveMessage"
  readonly #functions: ReceiveFunctions
  readonly #queue: bigint
  readonly #place: CursorPlace
  #action: ReceiveAction
  /** `true` where it peeks once more at a message that the cursor was moved on before, and that nobody was shown. */
  #isOnUnseen: boolean
  readonly #transaction: bigint

  constructor(
    functions: ReceiveFunctions,
    queue: bigint,
    place: CursorPlace,
    action: ReceiveAction,
    transaction: bigint
  ) {
    super()
    this.#functions = functions
    this.#queue = queue
    this.#place = place
    this.#action = place.actionFor(action)
    this.#isOnUnseen = place.isOnUnseen && action === "peekNext"
    this.#transaction = transaction
  }

  here(properties: bigint): number {
    const { MQReceiveMessage: receive } = this.#functions
    return receive(this.#queue, 0, actions[this.#action], properties, 0n, 0n, this.#place.cursor, this.#transaction)
  }

  elsewhere(properties: bigint, returned: Returned): void {
    const { MQReceiveMessage: receive } = this.#functions
    const { cursor } = this.#place
    receive.async(this.#queue, 0, actions[this.#action], properties, 0n, 0n, cursor, this.#transaction, returned)
  }

  /** A peek that moved the cursor is not made to move it again (E-21). */
  override grew(): void {
    if (this.#action === "peekNext") this.#action = "peekCurrent"
  }

  /** Where the message that nobody was shown is gone by now, the one behind it is next (E-26). */
  override goesOn(hresult: number): boolean {
    if (!this.#isOnUnseen || hresult !== errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED) return false
    this.#isOnUnseen = false
    this.#action = "peekNext"
    return true
  }
}

/** A call for a message by lookup id. */
export class LookupCall extends ReceiveCall {
  readonly name = "MQReceiveMessageByLookupId"
  readonly #functions: ReceiveFunctions
  readonly #queue: bigint
  readonly #lookupId: bigint
  readonly #action: number
  readonly #transaction: bigint

  constructor(functions: ReceiveFunctions, queue: bigint, lookupId: bigint, action: LookupAction, transaction: bigint) {
    super()
    this.#functions = functions
    this.#queue = queue
    this.#lookupId = lookupId
    this.#action = lookupActions[action]
    this.#transaction = transaction
  }

  here(properties: bigint): number {
    const { MQReceiveMessageByLookupId: receive } = this.#functions
    return receive(this.#queue, this.#lookupId, this.#action, properties, 0n, 0n, this.#transaction)
  }

  elsewhere(properties: bigint, returned: Returned): void {
    const { MQReceiveMessageByLookupId: receive } = this.#functions
    receive.async(this.#queue, this.#lookupId, this.#action, properties, 0n, 0n, this.#transaction, returned)
  }
}
