import { assert, describe, it } from "@effect/vitest"
import { systemFile } from "../src/internal/systemFile.ts"

describe("systemFile", () => {
  it.each([
    [{ SystemRoot: "D:\\WINNT" }, "D:\\WINNT\\System32\\mqrt.dll"],
    [{ SYSTEMROOT: "C:/Windows" }, "C:\\Windows\\System32\\mqrt.dll"],
    [{}, "C:\\Windows\\System32\\mqrt.dll"],
    [{ SystemRoot: "" }, "C:\\Windows\\System32\\mqrt.dll"],
    [{ SystemRoot: "." }, "C:\\Windows\\System32\\mqrt.dll"],
    [{ SystemRoot: "C:" }, "C:\\Windows\\System32\\mqrt.dll"],
    [{ SystemRoot: "\\\\elsewhere\\share" }, "C:\\Windows\\System32\\mqrt.dll"]
  ])("is a path in the system's directory of Windows: %o", (env, path) => {
    assert.strictEqual(systemFile("mqrt.dll", "win32", env), path)
  })

  it("is the name itself on other systems", () => {
    assert.strictEqual(systemFile("mqrt.dll", "linux", { SystemRoot: "C:\\Windows" }), "mqrt.dll")
  })
})
