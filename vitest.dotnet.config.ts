import { defineConfig } from "vitest/config"
import tests from "./vitest.config.ts"

/** The tests of message bodies with real .NET. */
export default defineConfig({
  test: { ...tests.test, include: ["packages/core/test/dotnet/judged.test.ts"], exclude: [] }
})
