import { defineConfig } from "vitest/config"
import { settings } from "./vitest.config.ts"

/** Values of each kind in thousands. A test of more of them may take longer. */
const thousands = Number(process.env["JUDGED_VALUES"] ?? 2000) / 1000

/** The tests with real .NET: of message bodies, of a client beside the SDK, and of an example. */
export default defineConfig({
  test: {
    ...settings,
    // Sockets for debuggers, which a process that ends early leaves behind.
    env: { ...settings.env, DOTNET_EnableDiagnostics: "0" },
    include: [
      "packages/core/test/dotnet/judged.test.ts",
      "packages/native/test/dotnet/*.test.ts",
      "examples/test/dotnet/*.test.ts"
    ],
    testTimeout: 60_000 * Math.max(1, thousands)
  }
})
