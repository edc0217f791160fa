import { defineConfig } from "vitest/config"
import { settings } from "./vitest.config.ts"

/** The test of marshalling under AddressSanitizer and UndefinedBehaviorSanitizer. */
export default defineConfig({
  test: {
    ...settings,
    include: ["packages/native/test/sanitizer.test.ts"]
  }
})
