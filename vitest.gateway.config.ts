import { defineConfig } from "vitest/config"
import { settings } from "./vitest.config.ts"

/** The contract between two processes, through a gateway. */
export default defineConfig({
  test: {
    ...settings,
    include: ["packages/remote/test/twoProcesses/*.test.ts"]
  }
})
