import { resolve } from "node:path"
import { configDefaults, defineConfig } from "vitest/config"
import { SlowestTests } from "./scripts/slowestTests.ts"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", ".doctest/*.test.ts", "{examples,scripts}/test/**/*.test.ts"],
    // They need runtimes that are fetched for them: `vitest.runtimes.config.ts`, `vitest.dotnet.config.ts`.
    exclude: [
      ...configDefaults.exclude,
      "packages/native/test/{bun,deno}.test.ts",
      "packages/core/test/dotnet/judged.test.ts",
      "packages/native/test/dotnet/*.test.ts"
    ],
    execArgv: ["--expose-gc"],
    // Programs that tests run in processes of their own start in half the time.
    env: { NODE_COMPILE_CACHE: resolve("node_modules/.cache/compiled") },
    maxWorkers: "100%",
    // The one limit of all tests, enough for a machine that has other work to do. Those that are slow on an idle machine say
    // so by slow(reason), and have ten times as much.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test that fails now and then is broken.
    retry: 0,
    reporters: ["default", new SlowestTests()]
  }
})
