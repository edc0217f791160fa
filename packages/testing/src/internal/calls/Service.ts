import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { Steps } from "../facts/Steps.ts"
import type { Machine, OpenQueue } from "../machine/Machine.ts"
import { detach } from "./Opening.ts"

const invalidate = function* (opened: OpenQueue, code: ErrorCodeName): Steps {
  if (opened.stale) return
  yield* detach(opened, code)
  opened.stale = true
}

/**
 * Stops the queue manager, as before a restart of the machine: waits end with an error, open transactions abort (behaviour
 * F-37), handles become stale (behaviour C-37), and express messages are lost (behaviour D-22). `now` in milliseconds since
 * 1970.
 */
export const stop = function* (machine: Machine, now: number): Steps {
  if (!machine.running) return
  machine.running = false
  for (const opened of machine.open.all()) yield* invalidate(opened, "MQ_ERROR_SERVICE_NOT_AVAILABLE")
  for (const other of machine.network.machines) {
    // Another machine's handles on the queues of this one stay stale when this one is back (E-76).
    const remote = other.open.all().filter((opened) => opened.machine === machine)
    for (const opened of remote) yield* invalidate(opened, "MQ_ERROR_QUEUE_NOT_AVAILABLE")
  }
  for (const transaction of machine.transactions.all()) if (transaction.isOpen) yield* transaction.abort(now)
  for (const queue of machine.queues.all) yield* queue.dropExpress()
}

/** Starts the queue manager again, which removes the messages whose time is over; `now` in milliseconds since 1970. */
export const start = function* (machine: Machine, now: number): Steps {
  if (machine.running) return
  machine.running = true
  machine.timers.wakeAt(yield* machine.sweep(now))
  yield* machine.network.flow(now)
}
