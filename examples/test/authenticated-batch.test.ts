import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const example = fileURLToPath(new URL("../authenticated-batch.ts", import.meta.url))
const testCertificate = fileURLToPath(new URL("../certificates/orders-desk.pem", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "authenticated-batch-"))

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const run = (args: ReadonlyArray<string>, input = ""): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [example, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    )
    child.stdin?.end(input)
  })

const json = async (args: ReadonlyArray<string>, input?: string): Promise<Record<string, number>> => {
  const { code, stderr, stdout } = await run([...args, "--json"], input)
  assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
  return JSON.parse(stdout)
}

const refusal = async (args: ReadonlyArray<string>): Promise<string> => {
  const { code, stderr, stdout } = await run(args)
  assert.isAbove(code, 0)
  assert.strictEqual(stdout, "")
  assert.match(stderr, /^authenticated-batch: .*\n$/, "one line, and no stack")
  return stderr
}

describe.concurrent("the demo", () => {
  it("sends 10,000 orders through one context, gets them all back authenticated and leaves no handle open", async () => {
    const { batches, bytes, messagesPerSecond, ...report } = await json([])
    assert.deepStrictEqual(report, {
      sent: 10_000,
      received: 10_000,
      authenticated: 10_000,
      different: 0,
      contextsAcquired: 1,
      contextsFreed: 1,
      openHandles: 0,
      keyFetches: 1,
      signatures: 10_000
    })
    const orders = readFileSync(new URL("../data/orders.ndjson", import.meta.url))
    assert.strictEqual(bytes, orders.length - 10_000)
    assert.isBelow(batches!, 1000)
    assert.isAbove(messagesPerSecond!, 0)
  })

  it("prints a table, without colours where nobody looks", async () => {
    const { code, stdout } = await run([file("three.ndjson", "1\n2\n3\n")])
    assert.strictEqual(code, 0)
    assert.match(stdout, /messages received +│ +3 /)
    assert.notInclude(stdout, "\u001B")
  })

  it("reads standard input, line ends of Windows, a last line without end, and passes over blank lines", async () => {
    const report = await json(["-"], '{"a":1}\r\n\n  \n{"b":2}')
    assert.deepStrictEqual([report["sent"], report["received"], report["bytes"]], [2, 2, 14])
  })

  it("takes an empty file: no messages, no error", async () => {
    const report = await json([file("empty.ndjson", "")])
    assert.deepStrictEqual([report["sent"], report["contextsAcquired"], report["contextsFreed"]], [0, 1, 1])
  })

  it("takes a certificate in DER", async () => {
    const pem = readFileSync(testCertificate, "utf8")
    const base64 = pem.slice(pem.indexOf("-----BEGIN")).replaceAll(/-----.*-----|\s/g, "")
    const der = file("certificate.der", Buffer.from(base64, "base64"))
    assert.strictEqual((await json([file("one.ndjson", "1"), "--certificate", der]))["authenticated"], 1)
  })

  it("names the file that is not there", async () => {
    const missing = join(folder, "missing.ndjson")
    assert.include(await refusal([missing]), `no such file: ${missing}`)
    assert.include(await refusal(["--certificate", missing]), `no such file: ${missing}`)
  })

  it("names the line that is not JSON, or not UTF-8", async () => {
    assert.include(await refusal([file("broken.ndjson", '{"a":1}\n\n{broken\n')]), "line 3 is not JSON")
    const latin1 = file("latin1.ndjson", Buffer.concat([Buffer.from("1\n2\n"), Buffer.from('"M\xfcller"\n', "latin1")]))
    assert.include(await refusal([latin1]), "line 3 is not")
  })

  it("names the line of a message over the limit, and the limit", async () => {
    const line = await refusal([file("large.ndjson", `1\n\n"${"x".repeat(4_194_304)}"\n`)])
    assert.include(line, "line 3")
    assert.include(line, "4194304 bytes")
  })

  it("says that a certificate is none", async () => {
    assert.include(await refusal(["--certificate", file("text.pem", "hello")]), "is not a certificate")
    const damaged = file("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert.include(await refusal(["--certificate", damaged]), "is not a certificate")
  })
})
