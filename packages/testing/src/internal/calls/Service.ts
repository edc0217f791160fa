import type { Machine } from "../machine/Machine.ts"
import { leave } from "./Opening.ts"

/**
 * Stops the queue manager, as before a restart of the machine: who waits is told so, open transactions abort (behaviour
 * F-37), handles are good for nothing any more (behaviour C-37), and express messages are lost (behaviour D-22); `now`
 * in milliseconds since 1970.
 */
export const stop = (machine: Machine, now: number): void => {
  if (!machine.running) return
  machine.running = false
  for (const opened of machine.open.all()) {
    if (opened.stale) continue
    leave(opened, "MQ_ERROR_SERVICE_NOT_AVAILABLE")
    opened.stale = true
  }
  for (const other of machine.network.machines) cutOff(other, machine)
  for (const transaction of machine.transactions.all()) if (transaction.isOpen) transaction.abort(now)
  for (const queue of machine.queues.all) queue.forgetExpress()
}

/** Tells those who read another machine's queues that it is gone; after it is back their handles are stale (E-76). */
const cutOff = (machine: Machine, other: Machine): void => {
  for (const opened of machine.open.all()) {
    if (opened.machine !== other || opened.stale) continue
    leave(opened, "MQ_ERROR_QUEUE_NOT_AVAILABLE")
    opened.stale = true
  }
}

/** Starts it again: what has meanwhile come to its end is over now. */
export const start = (machine: Machine, now: number): void => {
  if (machine.running) return
  machine.running = true
  machine.timers.expect(machine.sweep(now))
  machine.network.flow(now)
}
