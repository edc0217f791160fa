import { defineConfig } from "vitest/config"
import tests from "./vitest.config.ts"

/** The tests of the native backend in Bun and Deno. */
export default defineConfig({
  test: {
    ...tests.test,
    include: ["packages/native/test/{bun,deno}.test.ts"],
    exclude: []
  }
})
