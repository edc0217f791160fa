/** Programs that wait for messages, and how each of them ends; for any runner. */

/**
 * One way of waiting.
 *
 * - `how`: the name of the way, for `programs/waiting.ts`
 * - `lines`: what it prints
 * - `code`: its exit code, 0 by default
 * - `error`: what its error output has, by default nothing
 */
export interface WaitingProgram {
  readonly name: string
  readonly how: string
  readonly lines?: ReadonlyArray<string>
  readonly code?: number
  readonly error?: string
  readonly env?: Readonly<Record<string, string>>
}

export const waitingPrograms: ReadonlyArray<WaitingProgram> = [
  {
    name: "starts another program and waits for its end",
    how: "spawnSync",
    lines: ["child 7", "received one"]
  },
  { name: "ends by process.exit, with the code given", how: "exit", code: 3 },
  {
    name: "ends by itself when nobody waits any more, with the receiver open",
    how: "exitCode",
    code: 5,
    lines: ["given up"]
  },
  { name: "ends by an uncaught error, with that error", how: "throw", code: 1, error: "Error: uncaught" },
  { name: "ends a worker that waits, and then waits itself", how: "terminate", lines: ["terminated", "received one"] },
  { name: "ends workers that wait, again and again", how: "workers", lines: ["terminated"] },
  { name: "has a worker that waits and ends itself by process.exit", how: "workerExits", lines: ["worker 4"] },
  {
    name: "closes its connection, which ends what waits through it",
    how: "close",
    lines: ["rejected,rejected,rejected"]
  },
  {
    name: "closes one of two connections, and receives through the other",
    how: "twoLayers",
    lines: ["ended", "received one"]
  },
  {
    name: "closes fifty connections one after the other while it waits through them",
    how: "manyLayers",
    lines: ["50 closed"]
  },
  { name: "receives on 2,000 queues at once, each its own message", how: "manyQueues", lines: ["2000 received"] },
  ...["1", "2", "3"].map((threads) => ({
    name: `receives and makes calls where libuv has few threads: ${threads}`,
    how: "fewThreads",
    lines: ["received one"],
    env: { UV_THREADPOOL_SIZE: threads }
  })),
  { name: "receives and makes calls where koffi allows one call at once", how: "fewCalls", lines: ["received one"] },
  {
    name: "receives on queues that no completion port is told of",
    how: "noPorts",
    lines: ["received one", "20 received"]
  }
]
