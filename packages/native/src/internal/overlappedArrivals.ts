import koffi from "koffi"
import type { Arrivals } from "./Arrivals.ts"
import { functionType } from "./bindings.ts"
import { callbacks, type Functions } from "./declarations.ts"
import { layout } from "./layout.ts"

/** What of `mqrt.dll` and `kernel32.dll` the notices stand on. */
export type OverlappedFunctions = Pick<
  Functions,
  "MQReceiveMessage" | "CreateEventW" | "CloseHandle" | "RegisterWaitForSingleObject" | "UnregisterWaitEx"
>

const infinite = 0xffffffff
const peekCurrent = 0x80000000
/** `WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE`; without the former some two hundred waits crashed the process. */
const waitFlags = 0x4 | 0x8
/** Milliseconds until a queue that could not be waited on is looked at again. */
const retryInterval = 50
/** Milliseconds for a peek to end after its queue was closed. */
const settleLimit = 5000
const isError = (hresult: number): boolean => hresult >= 0x80000000

/** What one queue's notice holds: an `OVERLAPPED`, its event, and the slot for the handle of the wait. */
interface Notice {
  readonly block: bigint
  readonly overlapped: bigint
  readonly event: bigint
  readonly waitSlot: bigint
  readonly fields: DataView
  arrived: (() => void) | undefined
  settled: (() => void) | undefined
}

const readPointer = (view: DataView, offset: number): bigint =>
  layout.pointer.size === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true))

const writePointer = (view: DataView, offset: number, value: bigint): void =>
  layout.pointer.size === 8 ? view.setBigUint64(offset, value, true) : view.setUint32(offset, Number(value), true)

/**
 * On Windows: a pending peek without properties for each queue that somebody waits on, whose event is waited for by the
 * system's thread pool. All end in one callback, registered for as long as the layer lives; the context tells them apart.
 */
export const overlappedArrivals = (functions: OverlappedFunctions): Arrivals => {
  const notices = new Map<bigint, Notice>()
  const byContext = new Map<bigint, Notice>()
  let nextContext = 1n

  const callback = koffi.register(
    (context: bigint | null) => {
      const notice = byContext.get(context ?? 0n)
      if (notice === undefined) return
      byContext.delete(context ?? 0n)
      // From within its own callback a wait can only be unregistered without waiting for the callback's end.
      functions.UnregisterWaitEx(readPointer(notice.fields, layout.OVERLAPPED.size), 0n)
      const { arrived, settled } = notice
      notice.arrived = undefined
      // Not in the callback: the system's thread waits for its end.
      setImmediate(() => (settled ?? arrived)?.())
    },
    koffi.pointer(functionType(callbacks.WaitOrTimerCallback))
  )

  const make = (): Notice => {
    const size = layout.OVERLAPPED.size + layout.pointer.size
    const block = koffi.alloc("uint8_t", size)
    // An event that is reset when a wait for it ends.
    const event = functions.CreateEventW(0n, 0, 0, 0n) ?? 0n
    const fields = new DataView(koffi.view(block, size))
    writePointer(fields, layout.OVERLAPPED.hEvent, event)
    return {
      block,
      overlapped: block,
      event,
      waitSlot: block + BigInt(layout.OVERLAPPED.size),
      fields,
      arrived: undefined,
      settled: undefined
    }
  }

  const free = (notice: Notice): void => {
    functions.CloseHandle(notice.event)
    koffi.free(notice.block)
  }

  return {
    isPending: (queue) => notices.get(queue)?.arrived !== undefined,

    notify: (queue, arrived) => {
      let notice = notices.get(queue)
      if (notice === undefined) notices.set(queue, (notice = make()))
      notice.arrived = arrived
      const context = nextContext++
      byContext.set(context, notice)
      const hresult = functions.MQReceiveMessage(queue, infinite, peekCurrent, 0n, notice.overlapped, 0n, 0n, 0n) >>> 0
      const isPending = !isError(hresult)
      const { event, waitSlot } = notice
      if (isPending && functions.RegisterWaitForSingleObject(waitSlot, event, callback, context, infinite, waitFlags))
        return
      byContext.delete(context)
      notice.arrived = undefined
      // A peek whose end nobody waits for still owns its memory: that is given up, for as long as the process lives.
      if (isPending) notices.delete(queue)
      // Whoever looks now learns why, or looks again.
      setTimeout(arrived, retryInterval)
    },

    forget: (queue) => {
      const notice = notices.get(queue)
      notices.delete(queue)
      if (notice === undefined) return Promise.resolve()
      if (notice.arrived === undefined) return Promise.resolve(free(notice))
      // Closing ends the peek (G-11). Should it not, its memory stays MSMQ's, and the closing goes on.
      return new Promise((resolve) => {
        const giveUp = setTimeout(resolve, settleLimit)
        notice.settled = () => {
          clearTimeout(giveUp)
          resolve(free(notice))
        }
      })
    },

    close: () => koffi.unregister(callback)
  }
}
