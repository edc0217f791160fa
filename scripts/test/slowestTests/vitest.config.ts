import { defineConfig } from "vitest/config"
import { SlowestTests } from "../../slowestTests.ts"

export default defineConfig({
  test: { include: ["*.fixture.ts"], testTimeout: 60_000, reporters: [new SlowestTests({ slowFrom: 20 })] }
})
