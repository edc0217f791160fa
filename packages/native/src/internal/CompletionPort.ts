import koffi from "koffi"
import type { Functions } from "./declarations.ts"
import { layout, readPointer, writePointer } from "./layout.ts"
import { isNoRoom } from "./offMainThread.ts"

/** Functions of Windows for waiting at a completion port. */
type PortFunctions = Pick<
  Functions,
  "CreateIoCompletionPort" | "GetQueuedCompletionStatusEx" | "PostQueuedCompletionStatus"
>

/** Functions of Windows for waiting for an event. */
type EventFunctions = Pick<Functions, "CreateEventW" | "SetEvent" | "ResetEvent" | "WaitForSingleObject">

/** Most completions that are taken from the port in one turn of the event loop. */
const mostAtOnce = 16

/**
 * Milliseconds that one call waits. When a worker is terminated, or the process ends in an unusual way, the call cannot
 * be woken, and the end waits for it.
 */
const longestCall = 200

/** Milliseconds until the port is looked at again, where there is no thread to wait at it. */
const lookInterval = 5

/** Status of an operation that goes on: `STATUS_PENDING`. */
const pendingStatus = 0x103

/** Statuses of an operation that goes on. The second one is `MQ_INFORMATION_OPERATION_PENDING`. */
const pendingStatuses: ReadonlySet<number> = new Set([pendingStatus, 0x400e0006])

/** `INVALID_HANDLE_VALUE`. */
const noHandle = BigInt.asUintN(layout.pointer.size * 8, -1n)

/** Callback with the status of an operation that ended. */
export type Ended = (status: number) => void

/** `OVERLAPPED` of one operation at a time on one handle. */
export class Overlapped {
  readonly address: bigint
  /** `true` where the end of the operation comes to the completion port. Otherwise it only sets the event. */
  readonly isAssociated: boolean
  readonly #fields: DataView

  constructor(isAssociated: boolean, event: bigint) {
    this.isAssociated = isAssociated
    this.address = koffi.alloc("uint8_t", layout.OVERLAPPED.size)
    this.#fields = new DataView(koffi.view(this.address, layout.OVERLAPPED.size))
    writePointer(this.#fields, layout.OVERLAPPED.hEvent, event)
  }

  /** Status of the operation; `undefined` while it goes on. */
  get status(): number | undefined {
    const status = Number(BigInt.asUintN(32, readPointer(this.#fields, layout.OVERLAPPED.Internal)))
    return pendingStatuses.has(status) ? undefined : status
  }

  /** Sets the status to that of an operation that goes on, before one begins. */
  reset(): void {
    writePointer(this.#fields, layout.OVERLAPPED.Internal, BigInt(pendingStatus))
  }

  free(): void {
    koffi.free(this.address)
  }
}

/**
 * I/O completion port of a thread of JavaScript, where the overlapped operations of all layers end.
 *
 * While the port is held, one call on another thread waits at it. So the process stays alive while a receive waits, and can end
 * afterwards.
 *
 * Some handles cannot be associated with a port. Therefore each operation also sets one event at its end. While an
 * operation on such a handle goes on, the call waits for the event instead. Each time it returns, the port is emptied
 * without a wait, and the statuses of the operations on such handles are read.
 */
export class CompletionPort {
  readonly #functions: PortFunctions
  readonly #events: EventFunctions
  readonly #hasThread: boolean
  readonly #handle: bigint
  readonly #event: bigint
  readonly #entries: bigint
  readonly #removed: bigint
  readonly #fields: DataView
  readonly #endings = new Map<bigint, Ended>()
  /** Operations whose ends do not come to the port. */
  readonly #unassociated = new Map<Overlapped, Ended>()
  #holds = 0
  /** Object that the running call waits for. */
  #reading: "nothing" | "port" | "event" | "timer" = "nothing"
  #isWoken = false

  /** `hasThread`: `true` where libuv's pool and koffi have room for a call that lasts. */
  constructor(functions: PortFunctions, events: EventFunctions, hasThread: boolean) {
    this.#functions = functions
    this.#events = events
    this.#handle = functions.CreateIoCompletionPort(noHandle, 0n, 0n, 1) ?? 0n
    this.#event = events.CreateEventW(0n, 1, 0, 0n) ?? 0n
    this.#hasThread = hasThread
    const size = mostAtOnce * layout.OVERLAPPED_ENTRY.size
    this.#entries = koffi.alloc("uint8_t", size + 8)
    this.#removed = this.#entries + BigInt(size)
    this.#fields = new DataView(koffi.view(this.#entries, size + 8))
    // When it ends, the process waits for the threads of libuv's pool.
    process.on("exit", () => this.#wake())
  }

  /**
   * Associates a handle with the port, to which the ends of all operations on it come from now on. Returns `false` where
   * it is not a handle of the kernel.
   */
  associate(handle: bigint): boolean {
    return Boolean(this.#functions.CreateIoCompletionPort(handle, this.#handle, 0n, 0))
  }

  /**
   * Makes the `OVERLAPPED` of operations on one handle, one after the other. `isAssociated`: the handle is associated
   * with the port.
   */
  overlapped(isAssociated: boolean): Overlapped {
    return new Overlapped(isAssociated, this.#event)
  }

  /** Calls back when the operation that is about to begin has ended and the port is held. */
  expect(overlapped: Overlapped, ended: Ended): void {
    overlapped.reset()
    if (overlapped.isAssociated) {
      this.#endings.set(overlapped.address, ended)
      return
    }
    this.#unassociated.set(overlapped, ended)
    if (this.#reading === "port") this.#wake()
  }

  /**
   * Sets the event again after an operation has begun: that cleared the event, which another operation may have set by
   * its end.
   */
  markBegun(): void {
    if (this.#unassociated.size > 0) this.#events.SetEvent(this.#event)
  }

  /** Takes {@link expect} back for an operation that did not begin or is given up. */
  dismiss(overlapped: Overlapped): void {
    this.#endings.delete(overlapped.address)
    this.#unassociated.delete(overlapped)
  }

  /** Waits at the port until {@link release} has been called as often. */
  hold(): void {
    this.#holds++
    if (this.#reading === "nothing") this.#read()
  }

  /** Takes one {@link hold} back. */
  release(): void {
    this.#holds--
    if (this.#holds === 0) this.#wake()
  }

  #wake(): void {
    if (this.#reading === "event") this.#events.SetEvent(this.#event)
    if (this.#reading !== "port" || this.#isWoken) return
    this.#isWoken = true
    this.#functions.PostQueuedCompletionStatus(this.#handle, 0, 0n, 0n)
  }

  #read(): void {
    if (!this.#hasThread) return this.#lookLater()
    try {
      if (this.#unassociated.size === 0) this.#waitAtPort()
      else this.#waitForEvent()
    } catch (error) {
      if (!isNoRoom(error)) throw error
      this.#lookLater()
    }
  }

  #waitAtPort(): void {
    const { GetQueuedCompletionStatusEx: read } = this.#functions
    read.async(this.#handle, this.#entries, mostAtOnce, this.#removed, longestCall, 0, (error, found) => {
      this.#goOn(!error && found !== 0 ? this.#takeEntries() : [])
    })
    this.#reading = "port"
  }

  #waitForEvent(): void {
    this.#events.WaitForSingleObject.async(this.#event, longestCall, () => this.#look())
    this.#reading = "event"
  }

  /** Looks after a moment, on the main thread and without a wait. */
  #lookLater(): void {
    setTimeout(() => this.#look(), lookInterval)
    this.#reading = "timer"
  }

  /** Looks without a wait for operations that have ended. */
  #look(): void {
    // First: an operation that ends while the others are read sets the event again.
    this.#events.ResetEvent(this.#event)
    const { GetQueuedCompletionStatusEx: read } = this.#functions
    const found = read(this.#handle, this.#entries, mostAtOnce, this.#removed, 0, 0) !== 0
    const ended = found ? this.#takeEntries() : []
    // There may be more at the port.
    if (found && this.#entriesTaken === mostAtOnce) this.#events.SetEvent(this.#event)
    for (const [overlapped, notify] of this.#unassociated) {
      const { status } = overlapped
      if (status === undefined) continue
      this.#unassociated.delete(overlapped)
      ended.push([notify, status])
    }
    this.#goOn(ended)
  }

  #goOn(ended: ReadonlyArray<readonly [notify: Ended, status: number]>): void {
    // Before the callbacks, which may hold or release the port.
    if (this.#holds > 0) this.#read()
    else this.#reading = "nothing"
    for (const [notify, status] of ended) notify(status)
  }

  get #entriesTaken(): number {
    return this.#fields.getUint32(mostAtOnce * layout.OVERLAPPED_ENTRY.size, true)
  }

  #takeEntries(): Array<readonly [notify: Ended, status: number]> {
    const { Internal, lpOverlapped, size } = layout.OVERLAPPED_ENTRY
    const ended: Array<readonly [Ended, number]> = []
    for (let at = 0; at < this.#entriesTaken; at++) {
      const overlapped = readPointer(this.#fields, at * size + lpOverlapped)
      if (overlapped === 0n) {
        this.#isWoken = false
        continue
      }
      const notify = this.#endings.get(overlapped)
      this.#endings.delete(overlapped)
      if (notify !== undefined) ended.push([notify, this.#fields.getUint32(at * size + Internal, true)])
    }
    return ended
  }
}
