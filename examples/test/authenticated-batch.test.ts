import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { execFile, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { gzipSync } from "node:zlib"
import * as Ndjson from "../authenticated-batch/ndjson.ts"
import { line } from "../authenticated-batch/progressBar.ts"
import { bundle } from "../../packages/core/test/support/bundle.ts"
import { environment } from "../../packages/core/test/support/environment.ts"
import { slow } from "../../packages/core/test/support/slow.ts"

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

type Environment = Readonly<Record<string, string>>

interface Settings {
  readonly input?: string | Uint8Array
  readonly env?: Environment
  readonly node?: ReadonlyArray<string>
  /** File to run, by default the demo in one file, which starts sooner. */
  readonly program?: string
}

const run = async (args: ReadonlyArray<string>, settings: Settings = {}): Promise<Ended> => {
  const { env = {}, input = "", node = [], program = await bundle(example) } = settings
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...node, program, ...args],
      { env: { ...environment, ...env } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    )
    // The program may end before it has read all.
    child.stdin?.on("error", () => {})
    child.stdin?.end(input)
  })
}

/** `script` of util-linux, which gives a program a terminal. The one of macOS has other options. */
const hasTerminal = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0

/** Runs the program on a terminal of some columns; both of its outputs come together. */
const runOnTerminal = async (args: ReadonlyArray<string>, columns: number, env: Environment = {}): Promise<Ended> => {
  const command = [process.execPath, example, ...args].map((word) => `'${word}'`).join(" ")
  return new Promise((resolve) => {
    const child = execFile(
      "script",
      ["--quiet", "--return", "--command", `stty cols ${columns}; ${command}`, "/dev/null"],
      { env: { ...environment, TERM: "xterm", ...env } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    )
    child.stdin?.end()
  })
}

/** Returns the lines that a terminal shows in the end: what is behind the last order to the terminal, without colours. */
const shownIn = (stdout: string): ReadonlyArray<string> => {
  const removal = "\u001B[2K"
  return stripVTControlCharacters(stdout.slice(stdout.lastIndexOf(removal)))
    .trimEnd()
    .split(/\r?\n/)
}

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0

const openssl = (...args: ReadonlyArray<string>): void => {
  const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" })
  assert.strictEqual(status, 0, stderr)
}

/** Prints the peak of memory in MB at the end, as the last line on standard error. */
const peakOfMemory =
  "--import=data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS/1000))"

/** Runs the program on another day. */
const onDay = (day: string): ReadonlyArray<string> => [
  "--import",
  `data:text/javascript,const moved=Date.parse("${day}")-Date.now(),now=Date.now;Date.now=()=>now()+moved`
]

const json = async (args: ReadonlyArray<string>, settings: Settings = {}): Promise<Record<string, number>> => {
  const { code, stderr, stdout } = await run([...args, "--json"], settings)
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

/** Reads a file as the program does, and returns the sentence that it fails with. */
const mistakeIn = async (name: string, content: string): Promise<string> => {
  const { message } = await Effect.runPromise(Effect.flip(Stream.runDrain(Ndjson.read(file(name, content)))))
  return message
}

describe.concurrent("the demo", slow("Its programs run at the same time, and share the processors."), () => {
  it("sends 10,000 orders through one context, gets them all back authenticated and leaves no handle open", async () => {
    const { slices, bytes, messagesPerSecond, ...report } = await json([], { program: example })
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
    assert.isBelow(slices!, 1000)
    assert.isAbove(messagesPerSecond!, 0)
  })

  it("prints a table, without colours where nobody looks", async () => {
    const { code, stdout } = await run([file("three.ndjson", "1\n2\n3\n")])
    assert.strictEqual(code, 0)
    assert.match(stdout, /messages received +│ +3 /)
    assert.notInclude(stdout, "\u001B")
  })

  it("reads standard input, line ends of Windows, a last line without end, and passes over blank lines", async () => {
    const report = await json(["-"], { input: '{"a":1}\r\n\n  \n{"b":2}' })
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

  it("names the line and the column of what is not JSON, or not UTF-8, and why", async () => {
    const lines: ReadonlyArray<readonly [string, string]> = [
      ["{broken", "line 3 is not JSON: Expected property name or '}' at column 2"],
      ['{"a":1, "b": tru}', "line 3 is not JSON: Unexpected token '}' at column 17"],
      ['["\u00e9\u{1F600}", x]', "line 3 is not JSON: Unexpected token 'x' at column 8"],
      ["\u001B[31m", "line 3 is not JSON: Unexpected token '\\u001b' at column 1"],
      ['{"a":', "line 3 is not JSON: Unexpected end of JSON input at column 6"],
      ["NaN", "line 3 is not JSON: Unexpected NaN at column 1"]
    ]
    const mistakes = await Promise.all(
      lines.map(([text], index) => mistakeIn(`broken-${index}`, `{"a":1}\n\n${text}\n`))
    )
    assert.deepStrictEqual(
      mistakes,
      lines.map(([, sentence]) => sentence)
    )
    const latin1 = file("latin1.ndjson", Buffer.from('"\xef\xbf\xbd"\n2\n"\xef\xbf\xbdM\xfcller"\n', "latin1"))
    assert.include(await refusal([latin1]), "line 3 is not UTF-8: byte 0xfc at column 4")
  })

  it("says which other file was given by mistake", async () => {
    assert.include(await refusal([file("orders.gz", gzipSync("1\n2\n"))]), "it is a gzip file: unpack it first")
    const utf16 = Buffer.from("\uFEFF{}\n", "utf16le")
    assert.include(await refusal([file("utf16.ndjson", utf16)]), "it is UTF-16: save it as UTF-8")
    assert.include(await refusal([folder]), `${folder} is a directory: give a file`)
    assert.include(await refusal(["--certificate", folder]), `${folder} is a directory: give a file`)
  })

  it("sends no byte order mark", async () => {
    const report = await json([file("marked.ndjson", '\uFEFF{"a":1}\n2\n')])
    assert.deepStrictEqual([report["sent"], report["bytes"], report["different"]], [2, 8, 0])
  })

  it("names the line of a message over the limit, and the limit", async () => {
    const line = await refusal([file("large.ndjson", `1\n\n"${"x".repeat(4_194_304)}"\n`)])
    assert.include(line, "line 3")
    assert.include(line, "4194304 bytes")
  })

  it("has no more of a line in memory than a message may have", async () => {
    const endless = await run(["-"], { input: Buffer.alloc(64_000_000, "x"), node: [peakOfMemory] })
    const [sentence, peak] = endless.stderr.split("\n")
    assert.include(sentence, "line 1 has more than 4194304 bytes")
    assert.isBelow(Number(peak), 300)
  })

  it("has only the lines in memory that are on their way", async () => {
    const orders = readFileSync(new URL("../data/orders.ndjson", import.meta.url))
    const input = Buffer.concat(Array.from({ length: 10 }, () => orders))
    const { code, stderr, stdout } = await run(["-", "--json"], { input, node: [peakOfMemory] })
    const { different, received } = JSON.parse(stdout) as Record<string, number>
    assert.deepStrictEqual([code, received, different], [0, 100_000, 0])
    assert.isBelow(Number(stderr), 300)
  })

  it("is silent where the reader of its output has gone, and ends as a broken pipe does", async () => {
    const child = spawn(process.execPath, [example, file("two.ndjson", "1\n2\n")], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"]
    })
    child.stdout.destroy()
    let stderr = ""
    child.stderr.on("data", (data) => (stderr += data))
    const code = await new Promise((resolve) => child.on("close", resolve))
    assert.deepStrictEqual({ code, stderr }, { code: 141, stderr: "" })
  })

  it.skipIf(!existsSync("/dev/full"))("fails where its output cannot be written (needs /dev/full)", async () => {
    for (const args of [[file("two.ndjson", "1\n2\n")], ["--help"]]) {
      const { status, stderr } = spawnSync(process.execPath, [example, ...args], {
        encoding: "utf8",
        env: environment,
        stdio: ["ignore", openSync("/dev/full", "w"), "pipe"]
      })
      assert.strictEqual(status, 1)
      assert.match(stderr, /^authenticated-batch: cannot write to standard output: ENOSPC.*\n$/)
    }
  })

  it.skipIf(process.platform === "win32")(
    "closes every handle and ends with 130 when it is interrupted (needs signals)",
    async () => {
      const child = spawn(process.execPath, [example, "-"], { env: environment, stdio: ["pipe", "pipe", "pipe"] })
      const output = { stdout: "", stderr: "" }
      child.stdout.on("data", (data) => (output.stdout += data))
      child.stderr.on("data", (data) => (output.stderr += data))
      // More than the pipe holds: it is written once the program reads. The input does not end.
      child.stdin.write(`"${"x".repeat(1000)}"\n`.repeat(1000), () => child.kill("SIGINT"))
      const code = await new Promise((resolve) => child.on("close", resolve))
      assert.strictEqual(code, 130)
      assert.deepStrictEqual(output, { stdout: "", stderr: "authenticated-batch: interrupted; 0 handles are open\n" })
    }
  )

  it("takes a certificate that is not valid today, and says so with the date", async () => {
    const one = file("one.ndjson", "1")
    const early = await run([one, "--json"], { node: onDay("2026-11-01") })
    assert.match(
      early.stderr,
      /^authenticated-batch: warning: .*CN=Orders desk.* is not valid before 2026-11-23\. .*\n$/
    )
    const late = await run([one, "--json"], { node: onDay("2126-11-01") })
    assert.match(late.stderr, /^authenticated-batch: warning: .*CN=Orders desk.* expired on 2126-10-30\. .*\n$/)
    for (const { code, stdout } of [early, late]) {
      assert.deepStrictEqual([code, (JSON.parse(stdout) as Record<string, number>)["authenticated"]], [0, 1])
    }
  })

  it("takes a certificate in UTF-16, and no chain", async () => {
    const pem = readFileSync(testCertificate, "utf8")
    assert.include(await refusal(["--certificate", file("chain.pem", pem + pem)]), "holds 2 certificates")
    const utf16 = file("utf16.pem", Buffer.from(`\uFEFF${pem}`, "utf16le"))
    assert.strictEqual((await json([file("one.ndjson", "1"), "--certificate", utf16]))["authenticated"], 1)
  })

  it.skipIf(!hasOpenssl)("says that a private key or PKCS#12 is no certificate (needs openssl)", async () => {
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "own.pem", "-subj", "/CN=A")
    openssl("pkcs12", "-export", "-in", "own.pem", "-inkey", "key.pem", "-out", "own.pfx", "-passout", "pass:x")
    assert.include(await refusal(["--certificate", join(folder, "key.pem")]), "holds a private key and no certificate")
    assert.include(await refusal(["--certificate", join(folder, "own.pfx")]), "it is a PKCS#12 file")
  })

  it("has colours where FORCE_COLOR asks for them, and where it does not none in a pipe", async () => {
    const two = file("two.ndjson", "1\n2\n")
    assert.include((await run([two], { env: { FORCE_COLOR: "1" } })).stdout, "\u001B[32m2\u001B[39m")
    assert.notInclude((await run([two], { env: { FORCE_COLOR: "0" } })).stdout, "\u001B[")
    assert.notInclude((await run([two], { env: { NO_COLOR: "1" } })).stdout, "\u001B[")
  })

  it("has share, messages, rate and time left in its progress, as far as the terminal has room", () => {
    const done = { messages: 420_000, bytes: 150 }
    const at = (width: number): string => line(done, 300, 20, width)
    assert.strictEqual(at(79), `[${"=".repeat(16)}${"-".repeat(17)}]  50%  420,000 messages  21,000/s  20 s left`)
    assert.strictEqual(at(39), "[=====------]  50%  21,000/s  20 s left")
    assert.strictEqual(at(30), " 50%  21,000/s  20 s left")
    assert.strictEqual(at(10), " 50%")
    assert.strictEqual(line(done, 30_000, 20, 39), "  0%  21,000/s  66 min 20 s left")
    assert.strictEqual(line({ messages: 0, bytes: 0 }, 0, 0, 39), "100%  0 messages  0/s  0 s left")
    assert.strictEqual(line({ messages: 7, bytes: 2e6 }, undefined, 1, 79), "7 messages  2.0 MB  7/s")
  })

  describe.skipIf(!hasTerminal)("on a terminal (needs script of util-linux)", () => {
    const three = () => file("three.ndjson", "1\n2\n3\n")

    for (const columns of [40, 80, 200]) {
      it(`fits ${columns} columns`, async () => {
        const { code, stdout } = await runOnTerminal([three()], columns)
        assert.strictEqual(code, 0)
        const lines = shownIn(stdout)
        assert.isAtMost(Math.max(...lines.map(({ length }) => length)), columns)
        assert.match(lines.join("\n"), columns < 80 ? /messages received\n +3\n/ : /messages received +│ +3 /)
      })
    }

    it("shows that it is there before its libraries are loaded, then the progress, and gives the cursor back", async () => {
      const { stdout } = await runOnTerminal([three()], 80)
      assert.match(stdout, /^authenticated-batch: loading …/)
      assert.match(stdout, /100% +3 messages/)
      assert.isAbove(stdout.lastIndexOf("\u001B[?25h"), stdout.lastIndexOf("\u001B[?25l"))
    })

    it("shows that it is there when none of its libraries is loaded yet", async () => {
      const hook = `import { registerHooks } from "node:module"
        const load = (url, context, next) => {
          if (!url.startsWith("node:") && !url.includes("/examples/authenticated-batch")) process.exit(9)
          return next(url, context)
        }
        registerHooks({ load })`
      const env = { NODE_OPTIONS: `--import=${file("endAtLibraries.mjs", hook)}` }
      const { code, stdout } = await runOnTerminal([three()], 80, env)
      assert.deepStrictEqual([code, stdout], [9, "authenticated-batch: loading …"])
    })

    it("has colours, but for NO_COLOR, and no orders to a terminal without capabilities", async () => {
      assert.include((await runOnTerminal([three()], 80)).stdout, "\u001B[32m")
      assert.notInclude((await runOnTerminal([three()], 80, { NO_COLOR: "1" })).stdout, "\u001B[3")
      const dumb = await runOnTerminal([three()], 80, { TERM: "dumb" })
      assert.match(dumb.stdout, /^authenticated-batch: loading …\r\n┌/)
      assert.notInclude(dumb.stdout, "\u001B")
    })
  })

  it("says that a certificate is none", async () => {
    assert.include(await refusal(["--certificate", file("text.pem", "hello")]), "is not a certificate")
    const damaged = file("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert.include(await refusal(["--certificate", damaged]), "is not a certificate")
  })
})
