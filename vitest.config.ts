import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { configDefaults, defineConfig } from "vitest/config"
import type { TestUserConfig } from "vitest/config"
import { LongestFirst } from "./scripts/longestFirst.ts"
import { SlowestTests } from "./scripts/slowestTests.ts"

/** Settings of all tests, also of those that need what is fetched for them. */
export const settings: TestUserConfig = {
  execArgv: ["--expose-gc"],
  // Programs that tests run in processes of their own start in half the time.
  env: { NODE_COMPILE_CACHE: resolve("node_modules/.cache/compiled") },
  // One more than processors: many tests wait, for timers or for programs in processes of their own.
  maxWorkers: availableParallelism() + 1,
  // The one limit of all tests, enough for a machine that has other work to do. Those that are slow on an idle machine say
  // so by slow(reason), and have ten times as much.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // A test that fails now and then is broken.
  retry: 0,
  reporters: ["default", new SlowestTests()]
}

/** Files that share a process: they leave nothing in it, and each would load the packages anew. */
const shared = [
  "packages/*/test/**/*.test.ts",
  "{benchmarks,examples,scripts}/test/*.test.ts",
  "examples/tested-service/*.test.ts",
  ".doctest/**/*.test.ts"
]

/** Files about what a whole process has: memory, garbage, timers, series of metrics, handles that nobody closed, types of koffi. */
const ofWholeProcess = [
  "packages/core/test/{ownership,telemetry}/**/*.test.ts",
  "packages/core/test/mqrt/{BackgroundClock,CallSite}.test.ts",
  "packages/core/test/promises/Connection.test.ts",
  "packages/core/test/Sender.test.ts",
  "packages/testing/test/inMemory/{growth,LookupId,TransactedReceive}.test.ts",
  "packages/native/test/withoutKoffi.test.ts",
  // Their queue has a name that the process has not learned to be one of this computer.
  "packages/native/test/{KeptMessages,receiveSteps,slowConsumers,slowReceiveLoops,slowReceives}.test.ts",
  "benchmarks/test/{catalogue,loopDelay,rounds}.test.ts"
]

export default defineConfig({
  test: {
    ...settings,
    sequence: { sequencer: LongestFirst },
    // They need runtimes that are fetched for them, or take long: `vitest.{cuts,dotnet,gateway,runtimes,sanitizers}.config.ts`.
    exclude: [
      ...configDefaults.exclude,
      "packages/native/test/{bun,deno,sanitizer}.test.ts",
      "packages/core/test/dotnet/judged.test.ts",
      "packages/native/test/dotnet/*.test.ts",
      "packages/remote/test/{cuts,twoProcesses}/*.test.ts"
    ],
    projects: [
      { extends: true, test: { name: "shared", include: shared, exclude: ofWholeProcess, isolate: false } },
      { extends: true, test: { name: "alone", include: ofWholeProcess } }
    ]
  }
})
