import type { Machine } from "../machine/Machine.ts"
import { leave } from "./Opening.ts"

/**
 * Ends the program's process without its closing anything, as if it were killed: what it waits for is taken back, its
 * transactions abort, and what it had open is closed (behaviours A-28, F-37, G-25); `now` in milliseconds since 1970.
 */
export const end = (machine: Machine, now: number): void => {
  const opened = machine.open.all()
  // First: what comes back must not go to one who waits and is no more.
  for (const { waiting } of opened) for (const waiter of waiting) waiter.abandon()
  for (const { served } of opened) for (const waiter of served) waiter.abandon()
  for (const transaction of machine.transactions.all()) if (transaction.isOpen) transaction.abort(now)
  for (const queue of opened) if (!queue.stale) leave(queue, "MQ_ERROR_INVALID_HANDLE")
  machine.open.closeAll()
  machine.cursors.closeAll()
  machine.transactions.closeAll()
  machine.searches.closeAll()
  machine.security.endProcess()
}
