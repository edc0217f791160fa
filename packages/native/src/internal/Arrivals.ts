/**
 * Notices that a message may have arrived in a queue, without a thread that waits for it.
 *
 * Each open queue has at most one notice under way, whoever and however many wait: it says only that it is worth looking.
 */
export interface Arrivals {
  /**
   * Calls back once, when a message may be there or the queue was closed. One at a time for each queue.
   */
  readonly notify: (queue: bigint, arrived: () => void) => void
  /** Whether the queue's notice is under way. */
  readonly isPending: (queue: bigint) => boolean
  /** After the queue was closed: waits until its notice has been given and frees what it held. */
  readonly forget: (queue: bigint) => Promise<void>
  /** Frees what is common to all; no queue is open any more. */
  readonly close: () => void
}

/** How often a queue is looked at where the system cannot tell. */
const pollInterval = 5

/** For systems that have no overlapped receive: looks again every few milliseconds while somebody waits. */
export const polledArrivals = (): Arrivals => {
  const timers = new Map<bigint, NodeJS.Timeout>()
  return {
    notify: (queue, arrived) => {
      timers.set(
        queue,
        setTimeout(() => {
          timers.delete(queue)
          arrived()
        }, pollInterval)
      )
    },
    isPending: (queue) => timers.has(queue),
    forget: (queue) => {
      clearTimeout(timers.get(queue))
      timers.delete(queue)
      return Promise.resolve()
    },
    close: () => {}
  }
}
