import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", ".doctest/*.test.ts", "examples/test/**/*.test.ts"],
    execArgv: ["--expose-gc"],
    maxWorkers: "100%",
    // Enough for a machine that has other work to do.
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
