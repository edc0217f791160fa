import koffi from "koffi"
import type { CompletionPort } from "./CompletionPort.ts"
import { readPointer } from "./CompletionPort.ts"
import type { Functions } from "./declarations.ts"
import { layout } from "./layout.ts"

/**
 * Notices that a message may have arrived in a queue, without a thread for each.
 *
 * Each open queue has at most one notice under way, whoever and however many wait: it says only that it is worth looking.
 */
export interface Arrivals {
  /**
   * Calls back once, when a message may be there or the queue's notice ended otherwise. One at a time for each queue.
   */
  readonly notify: (queue: bigint, arrived: () => void) => void
  /** Takes {@link notify} back, for want of anybody who waits. */
  readonly rest: (queue: bigint) => void
  /**
   * Takes out a queue that is about to be closed. Once it is closed, the function returned waits for the end of its notice,
   * and frees what that held.
   */
  readonly detach: (queue: bigint) => () => Promise<void>
}

const infinite = 0xffffffff
const peekCurrent = 0x80000000
/** `STATUS_PENDING` */
const pendingStatus = 0x103
/** Milliseconds until the next peek of a queue whose last one failed. */
const retryInterval = 50
/** Milliseconds between two looks at the peeks that no completion port is told of. */
const scanInterval = 20
/** Milliseconds for a peek to end after its queue was closed. */
const settleLimit = 5000
const isError = (hresult: number): boolean => hresult >= 0x80000000

/** One queue's pending peek, and who is told of its end. */
interface Notice {
  readonly overlapped: bigint
  readonly fields: DataView
  /** The completion port is told when the peek ends; otherwise its `OVERLAPPED` is looked at. */
  readonly isAssociated: boolean
  isUnderWay: boolean
  hasFailed: boolean
  retry: NodeJS.Timeout | undefined
  arrived: (() => void) | undefined
  settled: (() => void) | undefined
}

/** An event for the peeks that no port is told of, which Message Queuing wants to set at their end; nobody waits for it. */
let unheardEvent: bigint | undefined

/**
 * Notices by an overlapped peek without properties on each queue that somebody waits on. Their ends come through the
 * completion port. A peek goes on when nobody waits any more: only closing its queue ends it.
 */
export const peekingArrivals = (
  functions: Pick<Functions, "MQReceiveMessage" | "CreateEventW">,
  port: Pick<CompletionPort, "associate" | "expect" | "dismiss" | "hold" | "release">
): Arrivals => {
  const notices = new Map<bigint, Notice>()
  /** Notices that no port is told of, with somebody who waits. */
  const scanned = new Map<Notice, (status: number) => void>()
  let scanning: NodeJS.Timeout | undefined

  const scan = (): void => {
    for (const [notice, end] of scanned) {
      const status = Number(BigInt.asUintN(32, readPointer(notice.fields, layout.OVERLAPPED.Internal)))
      if (notice.isUnderWay && status !== pendingStatus) end(status)
    }
  }

  const hold = (notice: Notice): void => {
    if (notice.isAssociated) return port.hold()
    scanned.set(notice, (status) => ended(notice, status))
    scanning ??= setInterval(scan, scanInterval)
  }

  const release = (notice: Notice): void => {
    if (notice.isAssociated) return port.release()
    scanned.delete(notice)
    if (scanned.size > 0) return
    clearInterval(scanning)
    scanning = undefined
  }

  const make = (queue: bigint): Notice => {
    const overlapped = koffi.alloc("uint8_t", layout.OVERLAPPED.size)
    const fields = new DataView(koffi.view(overlapped, layout.OVERLAPPED.size))
    const isAssociated = port.associate(queue)
    if (!isAssociated) {
      unheardEvent ??= functions.CreateEventW(0n, 1, 0, 0n) ?? 0n
      fields.setUint32(layout.OVERLAPPED.hEvent, Number(unheardEvent), true)
    }
    return {
      overlapped,
      fields,
      isAssociated,
      isUnderWay: false,
      hasFailed: false,
      retry: undefined,
      arrived: undefined,
      settled: undefined
    }
  }

  const tell = (notice: Notice): void => {
    const { arrived, settled } = notice
    if (arrived === undefined && settled === undefined) return
    notice.arrived = undefined
    notice.settled = undefined
    release(notice)
    ;(settled ?? arrived)?.()
  }

  const ended = (notice: Notice, status: number): void => {
    notice.isUnderWay = false
    notice.hasFailed = isError(status)
    tell(notice)
  }

  const peek = (queue: bigint, notice: Notice): void => {
    const { overlapped } = notice
    notice.retry = undefined
    if (notice.isAssociated) port.expect(overlapped, (status) => ended(notice, status))
    notice.isUnderWay = true
    const hresult = functions.MQReceiveMessage(queue, infinite, peekCurrent, 0n, overlapped, 0n, 0n, 0n) >>> 0
    if (!isError(hresult)) return
    port.dismiss(overlapped)
    // Whoever looks now learns why, or looks again.
    notice.retry = setTimeout(() => {
      notice.retry = undefined
      ended(notice, hresult)
    }, retryInterval)
    notice.isUnderWay = false
  }

  return {
    notify: (queue, arrived) => {
      let notice = notices.get(queue)
      if (notice === undefined) notices.set(queue, (notice = make(queue)))
      if (notice.arrived === undefined) hold(notice)
      notice.arrived = arrived
      if (notice.isUnderWay || notice.retry !== undefined) return
      const known = notice
      // A peek that fails each time shall not keep the process busy.
      if (notice.hasFailed) notice.retry = setTimeout(() => peek(queue, known), retryInterval)
      else peek(queue, notice)
    },

    rest: (queue) => {
      const notice = notices.get(queue)
      if (notice?.arrived === undefined) return
      notice.arrived = undefined
      clearTimeout(notice.retry)
      notice.retry = undefined
      release(notice)
    },

    detach: (queue) => {
      const notice = notices.get(queue)
      notices.delete(queue)
      if (notice === undefined) return () => Promise.resolve()
      if (notice.arrived !== undefined) release(notice)
      notice.arrived = undefined
      clearTimeout(notice.retry)
      const free = () => koffi.free(notice.overlapped)
      return () => {
        if (!notice.isUnderWay) return Promise.resolve(free())
        // Closing ends the peek (G-11). Should it not, its memory stays MSMQ's, and the closing goes on.
        return new Promise((resolve) => {
          const giveUp = setTimeout(() => {
            notice.settled = undefined
            port.dismiss(notice.overlapped)
            release(notice)
            resolve()
          }, settleLimit)
          notice.settled = () => {
            clearTimeout(giveUp)
            resolve(free())
          }
          hold(notice)
        })
      }
    }
  }
}
