import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", ".doctest/*.test.ts", "examples/test/**/*.test.ts"],
    execArgv: ["--expose-gc"]
  }
})
