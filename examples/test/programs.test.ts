import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { environment } from "../../packages/core/test/support/environment.ts"
import { runCommand } from "../../packages/core/test/support/program.ts"

const pathOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** Runs an example to its end. */
const run = (name: string, ...args: ReadonlyArray<string>) =>
  runCommand(process.execPath, ["--no-warnings", pathOf(name), ...args])

/** Lines that a program prints itself, without those of the log, which have a time. */
const linesOf = async (name: string): Promise<ReadonlyArray<string>> => {
  const { code, lines, stderr } = await run(name)
  assert.deepStrictEqual([code, stderr], [0, ""])
  return lines.map((line) => line.replace(/\r$/, "")).filter((line) => !/^\[\d|^ {4}at /.test(line))
}

describe.concurrent("the example", () => {
  it("request-and-reply gets the answer to each question", async () => {
    assert.deepStrictEqual(await linesOf("request-and-reply.ts"), [
      "lamp: 40 euros",
      "chair: 25 euros",
      "table: unknown"
    ])
  })

  it("poison-and-redrive handles the order that was poison once its cause is mended", async () => {
    assert.deepStrictEqual(await linesOf("poison-and-redrive.ts"), [
      "order 1, paper: 3 euros",
      "order 2 is poison after 3 attempts",
      "order 3, paper: 3 euros",
      "1 order moved back",
      "order 2, ink: 12 euros"
    ])
  })

  it("many-certificates fetches each key once", async () => {
    assert.deepStrictEqual(await linesOf("many-certificates.ts"), [
      "north 1: authenticated, CN=north office",
      "150 signatures, 2 contexts, 2 keys fetched"
    ])
  })

  it("file-in-parts copies a file through a queue", async () => {
    const folder = mkdtempSync(join(tmpdir(), "file-in-parts-"))
    const [file, copy] = [pathOf("data/orders.ndjson"), join(folder, "copy")]
    const { code, lines } = await run("file-in-parts.ts", file, copy)
    assert.strictEqual(code, 0)
    assert.match(lines[0] ?? "", /^\d+ bytes in \d+ parts, the checksum is right$/)
    assert.isTrue(readFileSync(copy).equals(readFileSync(file)))
    rmSync(folder, { recursive: true })
  })

  it("dotnet-xml writes and reads what .NET does", async () => {
    const lines = await linesOf("dotnet-xml.ts")
    assert.include(lines, "  <Customer>Åse &amp; Söhne</Customer>")
    assert.strictEqual(lines.at(-1), "Smith: lamp, due 2026-12-31T07:30:00.000Z")
  })

  it("plain-javascript receives by priority", async () => {
    assert.deepStrictEqual(await linesOf("plain-javascript.mjs"), ["ink, priority 6", "paper, priority 3"])
  })

  it("tracing has the spans of the sender and of the handler in one trace", async () => {
    const { code, lines } = await run("tracing.ts")
    assert.strictEqual(code, 0)
    const traces = new Map<string, string>()
    let trace = ""
    for (const line of lines) {
      trace = /^ {2}traceId: '(\w+)'/.exec(line)?.[1] ?? trace
      const name = /^ {2}name: '(.*)'/.exec(line)?.[1]
      if (name !== undefined) traces.set(name, trace)
    }
    assert.notStrictEqual(traces.get("place an order"), undefined)
    assert.strictEqual(traces.get("write the bill"), traces.get("place an order"))
  })

  it("http-route sends an order, refuses one that is no JSON, and stops at a signal", async () => {
    const child = spawn(process.execPath, ["--no-warnings", pathOf("http-route.ts"), "0"], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"]
    })
    const printed: Array<string> = []
    child.stdout.setEncoding("utf8").on("data", (text: string) => void printed.push(text))
    await once(child.stdout, "data")
    const port = /^listening on port (\d+)/.exec(printed.join(""))?.[1]
    const post = (body: string) => fetch(`http://localhost:${port}/orders`, { method: "POST", body })
    const [accepted, refused] = [await post('{"item":"paper"}'), await post("{bad")]
    child.kill("SIGTERM")
    const [code] = await once(child, "close")
    assert.deepStrictEqual([accepted.status, refused.status, code], [202, 400, 0])
    assert.strictEqual(printed.join("").split("\n").at(-2), "stopped, 1 orders in the queue")
  })
})
