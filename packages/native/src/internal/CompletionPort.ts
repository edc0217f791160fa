import koffi from "koffi"
import type { PortFunctions } from "./bindings.ts"
import { layout } from "./layout.ts"
import { isNoRoom } from "./offMainThread.ts"

/** Most ends that are taken from the port in one turn of the event loop. */
const mostAtOnce = 16

/**
 * Milliseconds that one call waits for. A worker that is terminated, or a process that ends in an unusual way, waits for
 * a call that runs, and can wake it no more.
 */
const longestCall = 200

/** Milliseconds until the port is looked at again, where there is no thread to wait at it. */
const lookInterval = 5

/** `INVALID_HANDLE_VALUE`. */
const noHandle = BigInt.asUintN(layout.pointer.size * 8, -1n)

/** Reads an unsigned number that is as large as a pointer. */
export const readPointer = (view: DataView, offset: number): bigint =>
  layout.pointer.size === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true))

/** A callback with the status of an operation that ended. */
export type Ended = (status: number) => void

/**
 * The I/O completion port of a thread of JavaScript, where all overlapped operations end, those of all layers.
 *
 * One call of libuv's pool waits at the port while somebody holds it, and none otherwise. So the process lives while
 * somebody waits, and can end as soon as nobody does.
 */
export class CompletionPort {
  readonly #functions: PortFunctions
  readonly #hasThread: boolean
  readonly #handle: bigint
  readonly #entries: bigint
  readonly #removed: bigint
  readonly #fields: DataView
  readonly #endings = new Map<bigint, Ended>()
  #holds = 0
  #isReading = false
  #isWoken = false

  /** `hasThread`: libuv's pool and koffi have room for a call that lasts. */
  constructor(functions: PortFunctions, hasThread: boolean) {
    this.#functions = functions
    this.#hasThread = hasThread
    this.#handle = functions.CreateIoCompletionPort(noHandle, 0n, 0n, 1) ?? 0n
    const size = mostAtOnce * layout.OVERLAPPED_ENTRY.size
    this.#entries = koffi.alloc("uint8_t", size + 8)
    this.#removed = this.#entries + BigInt(size)
    this.#fields = new DataView(koffi.view(this.#entries, size + 8))
    // The process waits for the threads of libuv's pool when it ends.
    process.on("exit", () => this.#wake())
  }

  /** Tells the port of all operations on a handle from now on. Returns false where the handle is none of the kernel's. */
  associate(handle: bigint): boolean {
    return Boolean(this.#functions.CreateIoCompletionPort(handle, this.#handle, 0n, 0))
  }

  /** Calls back when the operation with such an `OVERLAPPED` has ended, if anybody holds the port then or later. */
  expect(overlapped: bigint, ended: Ended): void {
    this.#endings.set(overlapped, ended)
  }

  /** Takes {@link expect} back, for an operation that did not begin or is given up. */
  dismiss(overlapped: bigint): void {
    this.#endings.delete(overlapped)
  }

  /** Waits at the port until {@link release} has been called as often. */
  hold(): void {
    this.#holds++
    if (!this.#isReading) this.#read()
  }

  /** Takes one {@link hold} back. */
  release(): void {
    this.#holds--
    if (this.#holds === 0) this.#wake()
  }

  #wake(): void {
    if (!this.#isReading || this.#isWoken) return
    this.#isWoken = true
    this.#functions.PostQueuedCompletionStatus(this.#handle, 0, 0n, 0n)
  }

  #read(): void {
    this.#isReading = true
    const { GetQueuedCompletionStatusEx: read } = this.#functions
    if (!this.#hasThread) return this.#lookLater()
    try {
      read.async(this.#handle, this.#entries, mostAtOnce, this.#removed, longestCall, 0, (error, found) => {
        this.#took(!error && found !== 0)
      })
    } catch (error) {
      if (!isNoRoom(error)) throw error
      this.#lookLater()
    }
  }

  /** Looks without waiting, on the main thread, after a moment. */
  #lookLater(): void {
    const { GetQueuedCompletionStatusEx: read } = this.#functions
    setTimeout(() => {
      this.#took(read(this.#handle, this.#entries, mostAtOnce, this.#removed, 0, 0) !== 0)
    }, lookInterval)
  }

  #took(found: boolean): void {
    const ended = found ? this.#takeEntries() : []
    // Before anybody is told: who then waits, or waits no more, finds the port as it is.
    if (this.#holds > 0) this.#read()
    else this.#isReading = false
    for (const [tell, status] of ended) tell(status)
  }

  #takeEntries(): ReadonlyArray<readonly [tell: Ended, status: number]> {
    const { Internal, lpOverlapped, size } = layout.OVERLAPPED_ENTRY
    const ended: Array<readonly [Ended, number]> = []
    const count = this.#fields.getUint32(mostAtOnce * size, true)
    for (let at = 0; at < count; at++) {
      const overlapped = readPointer(this.#fields, at * size + lpOverlapped)
      if (overlapped === 0n) {
        this.#isWoken = false
        continue
      }
      const tell = this.#endings.get(overlapped)
      this.#endings.delete(overlapped)
      if (tell !== undefined) ended.push([tell, this.#fields.getUint32(at * size + Internal, true)])
    }
    return ended
  }
}
