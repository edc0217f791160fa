import { defineConfig } from "vitest/config"
import { settings } from "./vitest.config.ts"

/** The tests of the native backend in Bun and Deno. */
export default defineConfig({
  test: {
    ...settings,
    include: ["packages/native/test/{bun,deno}.test.ts"]
  }
})
