/** Properties of a process that determine the number of its threads for asynchronous calls. */
export interface Process {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly versions: Readonly<Record<string, string | undefined>>
  /** Number of processors that the process may use. */
  readonly processors: number
}

type Runtime = "bun" | "deno" | "node"

/** Largest number of threads that libuv and Bun have, even if the environment asks for more. */
const most = 1024

/** Fewest threads that Bun has. */
const fewestOfBun = 2

const isWholeNumber = (text: string | undefined): text is string => text !== undefined && /^[0-9]+$/.test(text)

/** Numbers of threads by the runtime. */
const threadsOf: Readonly<Record<Runtime, (process: Process) => number>> = {
  /** Bun has a pool of its own, with a thread for each processor unless the environment says otherwise. */
  bun: ({ env, processors }) => {
    const given = [env["UV_THREADPOOL_SIZE"], env["GOMAXPROCS"]]
      .filter(isWholeNumber)
      .map(Number)
      .find((size) => size >= fewestOfBun)
    return Math.min(given ?? Math.max(processors, fewestOfBun), most)
  },
  /** Deno has a pool of tokio's, which ignores the environment. Its threads begin when they are needed. */
  deno: () => 32,
  /** Node has the pool of libuv. */
  node: ({ env: { UV_THREADPOOL_SIZE: size } }) => {
    if (size === undefined) return 4
    const threads = Number.parseInt(size, 10)
    return Math.min(Math.max(Number.isNaN(threads) ? 1 : threads, 1), most)
  }
}

/** Returns the number of threads that a process has for asynchronous calls, its own and those of others in it. */
export const poolThreads = (process: Process): number => {
  const { bun, deno } = process.versions
  const runtime = bun !== undefined ? "bun" : deno !== undefined ? "deno" : "node"
  return threadsOf[runtime](process)
}
