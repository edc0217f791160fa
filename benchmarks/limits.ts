/** Limits and goals of all figures, by room and name. A figure that has neither need not stand here. */

/** Bounds of the median of a figure: upper ones, but lower ones for a figure that improves upwards. */
export interface Limit {
  /** Bound that the median must keep. A figure without one is reported only. */
  readonly limit?: number
  readonly goal?: number
}

/** Limits by the names of rooms and figures. */
export type Limits = Readonly<Record<string, Readonly<Record<string, Limit>>>>

const backends = ["native", "in memory"]

/** Loops over the messages of a queue, by face. */
const loops = {
  Effect: ["receive", "receiveWithin", "poll", "messages", "lookup", "cursor", "browse", "consume"],
  promises: ["receive", "receiveWithin", "poll", "for await", "lookup", "cursor", "browse", "consume"]
}

/** Returns the same limit for figures of several names. */
const each = (names: ReadonlyArray<string>, limit: Limit) => Object.fromEntries(names.map((name) => [name, limit]))

/** Returns names with that of each backend behind them. */
const onBackends = (names: ReadonlyArray<string>) =>
  names.flatMap((name) => backends.map((backend) => `${name}, ${backend}`))

const loopNames = Object.entries(loops).flatMap(([face, names]) => names.map((name) => `${name}, ${face}`))

export const limits: Limits = {
  sends: {
    "sendAll, native": { limit: 1.7, goal: 1.25 },
    "sendAll, native, times as fast": { limit: 20, goal: 35 },
    "sendAll, in memory": { limit: 3, goal: 1.75 },
    ...each(onBackends(["send"]), { limit: 2, goal: 1.5 })
  },
  receives: {
    "messages, native": { limit: 1.75, goal: 1.25 },
    ...each(onBackends(loopNames), { goal: 3 }),
    "messages, Effect, in memory": { limit: 2.5, goal: 1.75 }
  },
  transactions: {
    // Microseconds beyond the calls of the seam.
    ...each(onBackends(["Transaction.run"]), { limit: 20, goal: 10 }),
    "commits of 20 ms on the main thread": { limit: 1, goal: 0 }
  },
  consuming: each(
    onBackends(["consume, in transactions", "consume, peek, then remove", "consume, receive, then handle"]),
    { limit: 4, goal: 2 }
  ),
  contexts: each(["contexts for 200 messages, one context", "contexts for 200 messages, SecurityContexts"], {
    limit: 1
  })
}
