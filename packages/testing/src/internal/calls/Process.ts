import type { Steps } from "../facts/Steps.ts"
import type { Machine } from "../machine/Machine.ts"
import { detach } from "./Opening.ts"

/**
 * Ends the program's process as a crash does: its waits end without a message, its transactions abort, and its handles are
 * closed (behaviours A-28, F-37, G-25). `now` in milliseconds since 1970.
 */
export const crash = function* (machine: Machine, now: number): Steps {
  const handles = machine.open.all()
  // This comes first, as a message that an abort brings back must not go to a waiter of this process.
  for (const waiter of handles.flatMap(({ waiting }) => [...waiting])) {
    waiter.abandon()
    yield
  }
  for (const waiter of handles.flatMap(({ served }) => [...served])) {
    waiter.abandon()
    yield
  }
  for (const transaction of machine.transactions.all()) if (transaction.isOpen) yield* transaction.abort(now)
  for (const opened of handles) if (!opened.stale) yield* detach(opened, "MQ_ERROR_INVALID_HANDLE")
  machine.open.closeAll()
  machine.cursors.closeAll()
  machine.transactions.closeAll()
  machine.searches.closeAll()
  machine.security.dropAll()
}
