/** Limits and goals of all figures, by room and name. A figure that has neither need not stand here. */
import { names as operations } from "../packages/testing/test/support/operations.ts"

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

/** Ways of sending, in both faces. */
const sendNames = ["sendAll, Effect", "send, Effect", "sendAll, promises", "send, promises"]

/** Exponent of a cost in proportion to the size, with room for what the processor's caches do. */
const inProportion: Limit = { limit: 1.15 }

/** Exponent of a cost that is the same in a queue of any length: 2.5 times as much in one a hundred times as long. */
const constant: Limit = { limit: 0.2 }

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
  }),
  // Milliseconds.
  eventLoop: each(
    [
      ...onBackends(loopNames),
      ...sendNames.map((name) => `${name}, in memory`),
      ...[0, 0.05, 0.5, 5].flatMap((time) => sendNames.map((name) => `${name}, ${time} ms each, native`))
    ],
    { limit: 20, goal: 10 }
  ),
  footprint: Object.fromEntries(
    onBackends(["sendAll, Effect", "send, promises", "messages, Effect", "for await, promises"]).flatMap((name) => [
      // MiB of a million messages, and bytes of each.
      [`resident, ${name}`, { limit: 16, goal: 4 }],
      [`heap, ${name}`, { limit: 1, goal: 0.25 }]
    ])
  ),
  waiting: Object.fromEntries(
    [1000, 10_000].flatMap((count) => [
      [`threads held, ${count} queues`, { limit: 1 }],
      // Percents of a processor.
      [`processor while idle, ${count} queues`, { limit: 1 }],
      [`lost by an interruption, ${count} queues`, { limit: 0 }],
      // Milliseconds.
      [`latency, ${count} queues`, { limit: 1, goal: 0.3 }]
    ])
  ),
  growth: {
    ...each(["opening queues, native", "waiting, native", "contexts of certificates, native"], inProportion),
    ...each(onBackends(["body, send", "body, receive"]), inProportion),
    ...each(
      operations.map((name) => `${name}, in memory`),
      constant
    )
  },
  gateway: {
    "sendAll, messages a second": { limit: 30_000, goal: 40_000 },
    // Milliseconds.
    receive: { limit: 1.5, goal: 0.5 },
    "messages, messages a second": { goal: 2000 },
    // Bytes at the gateway.
    "memory of a connection": { limit: 256 * 1024, goal: 128 * 1024 },
    "memory of a wait": { limit: 8192, goal: 4096 }
  },
  startUp: {
    // Microseconds.
    "create, send, receive, in memory": { goal: 300 },
    "import of core and testing, built": { limit: 1.5, goal: 1.2 }
  }
}
