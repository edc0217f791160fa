/** Programs that wait for messages, and how each of them ends; for any runner. */
import type { Runtime } from "./runtimes.ts"

/**
 * One way of waiting.
 *
 * - `how`: the name of the way, for `programs/waiting.ts`
 * - `more`: an argument for the way
 * - `lines`: what it prints
 * - `code`: its exit code, 0 by default
 * - `error`: what its error output has, by default nothing; Bun writes `error:` where others write `Error:`
 * - `signal`: the signal that ends it, instead of a code
 * - `needsConsole`: on Windows it needs a console, which tells it of Ctrl+C
 * - `differently`: what a runtime does otherwise, so that the program is another one there
 */
export interface WaitingProgram {
  readonly name: string
  readonly how: string
  readonly more?: string
  readonly lines?: ReadonlyArray<string>
  readonly code?: number
  readonly error?: RegExp
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: NodeJS.Signals
  readonly needsConsole?: true
  readonly differently?: Readonly<Partial<Record<Runtime["name"], string>>>
}

/** Waits on so many queues at once. */
export const onQueues = (count: number): WaitingProgram => ({
  name: `receives on ${count.toLocaleString("en")} queues at once, each its own message`,
  how: "manyQueues",
  more: `${count}`,
  lines: [`${count} received`]
})

/** Makes calls while it waits, in a pool of the size that `UV_THREADPOOL_SIZE` asks for. */
const inPoolOf = (threads: string, differently: NonNullable<WaitingProgram["differently"]>): WaitingProgram => ({
  name: `receives and makes calls where the pool has few threads: ${threads}`,
  how: "fewThreads",
  lines: ["received one"],
  env: { UV_THREADPOOL_SIZE: threads },
  differently
})

export const waitingPrograms: ReadonlyArray<WaitingProgram> = [
  {
    name: "starts another program and waits for its end",
    how: "spawnSync",
    lines: ["child 7", "received one"]
  },
  { name: "ends by process.exit, with the code given", how: "exit", code: 3 },
  {
    name: "ends by itself after its last wait, with the receiver open",
    how: "exitCode",
    code: 5,
    lines: ["given up"]
  },
  { name: "ends by an uncaught error, with that error", how: "throw", code: 1, error: /error: uncaught/i },
  { name: "ends by SIGINT", how: "signal", signal: "SIGINT", needsConsole: true },
  {
    name: "closes its connection at SIGINT, which ends its waits, and then ends",
    how: "signalHeard",
    needsConsole: true,
    lines: ["ended", "closed"]
  },
  {
    name: "kills another program that waits, and then waits itself",
    how: "killed",
    lines: ["it waits", "killed", "received one"]
  },
  {
    name: "commits and closes while it waits and all slow calls that have room are under way",
    how: "slowCalls",
    lines: ["committed", "closed", "created 4", "received one"]
  },
  { name: "ends a worker that waits, and then waits itself", how: "terminate", lines: ["terminated", "received one"] },
  { name: "ends workers that wait, again and again", how: "workers", lines: ["terminated"] },
  { name: "has a worker that waits and ends itself by process.exit", how: "workerExits", lines: ["worker 4"] },
  {
    name: "closes its connection, which ends its waits",
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
  onQueues(2000),
  inPoolOf("1", { Bun: "it has two threads at least", Deno: "it has 32 threads always" }),
  inPoolOf("2", { Deno: "it has 32 threads always" }),
  inPoolOf("3", { Deno: "it has 32 threads always" }),
  { name: "receives and makes calls where koffi allows one call at once", how: "fewCalls", lines: ["received one"] },
  {
    name: "receives on queues whose handles no completion port accepts",
    how: "noPorts",
    lines: ["received one", "20 received"]
  }
]
