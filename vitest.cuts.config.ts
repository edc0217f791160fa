import { defineConfig } from "vitest/config"
import { settings } from "./vitest.config.ts"

/** Connections to a gateway that are cut, and ends of gateways and clients. */
export default defineConfig({
  test: {
    ...settings,
    include: ["packages/remote/test/cuts/*.test.ts"]
  }
})
