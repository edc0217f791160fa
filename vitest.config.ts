import { configDefaults, defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", ".doctest/*.test.ts", "examples/test/**/*.test.ts"],
    // They need runtimes that are fetched for them: `vitest.runtimes.config.ts`.
    exclude: [...configDefaults.exclude, "packages/native/test/{bun,deno}.test.ts"],
    execArgv: ["--expose-gc"],
    maxWorkers: "100%",
    // Enough for a machine that has other work to do.
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
