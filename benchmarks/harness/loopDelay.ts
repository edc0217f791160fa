/** Delay of the event loop. */
import { clocks } from "./clocks.ts"

/** Longest times between two rounds of the event loop, in milliseconds. */
export interface LoopDelay {
  /** Longest time that passed. On a machine that does other things as well, their time is in it. */
  readonly gap: number
  /** Longest time that the loop was kept by this thread's own work, and by calls that it waited for. */
  readonly busy: number
}

/**
 * Measures the delay of the event loop while something runs. `waited` returns the milliseconds so far in which calls have kept
 * this thread waiting, such as sends that take their time: they are no work of the thread.
 */
export const loopDelayOf = async (run: () => Promise<unknown>, waited: () => number = () => 0): Promise<LoopDelay> => {
  globalThis.gc?.()
  const busyNow = (): number => clocks.thread() + waited()
  let [gap, busy, last, lastBusy] = [0, 0, clocks.wall(), busyNow()]
  const look = (): void => {
    const [now, nowBusy] = [clocks.wall(), busyNow()]
    gap = Math.max(gap, now - last)
    busy = Math.max(busy, nowBusy - lastBusy)
    ;[last, lastBusy] = [now, nowBusy]
  }
  const timer = setInterval(look, 1)
  await run()
  look()
  clearInterval(timer)
  return { gap, busy }
}
