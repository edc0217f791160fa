/**
 * The contract and random messages, against a double built with AddressSanitizer and UndefinedBehaviorSanitizer: a byte
 * read or written beside what the SDK handed over ends the process.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { buildForLinux, type Built, type Missing } from "./double/buildDouble.ts"
import { bundle } from "../../core/test/support/bundle.ts"
import { runCommand } from "../../core/test/support/program.ts"
import { slow } from "../../core/test/support/slow.ts"

const program = fileURLToPath(new URL("programs/underSanitizer.ts", import.meta.url))

/** The runtime of a sanitizer, which must be there before Node itself; the compiler repeats a name that it does not know. */
const runtimeOf = (name: string): string | undefined => {
  const { stdout } = spawnSync("cc", [`-print-file-name=${name}`], { encoding: "utf8" })
  const path = stdout?.trim() ?? ""
  return path.startsWith("/") && existsSync(path) ? path : undefined
}

const runtimes = ["libasan.so", "libubsan.so"].map(runtimeOf).filter((path) => path !== undefined)

const build = (): Built | Missing => {
  if (process.platform !== "linux") return { missing: `sanitizers are used on linux, not on ${process.platform}` }
  if (runtimes.length < 2) return { missing: "the compiler has no libasan.so and libubsan.so" }
  return buildForLinux({ sanitize: true })
}

const double = build()
const missing = "missing" in double ? double.missing : undefined
if (missing !== undefined) console.warn(`skipped, for want of a sanitized double: ${missing}`)

const run = (...args: ReadonlyArray<string>) =>
  runCommand(process.execPath, args, {
    LD_PRELOAD: runtimes.join(" "),
    ASAN_OPTIONS: "detect_leaks=0:abort_on_error=0:halt_on_error=1",
    UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1"
  })

const takesLong = slow("It compiles the test double, and code under a sanitizer runs several times slower.")

describe.skipIf(missing !== undefined)("under sanitizers", takesLong, () => {
  const { identity, mqrt: library } = "missing" in double ? { identity: "", mqrt: "" } : double

  it("a byte beside the memory of a call ends the process, so they are active", async () => {
    const overrun = `
      const koffi = require(${JSON.stringify(fileURLToPath(import.meta.resolve("koffi")))})
      const mqrt = koffi.load(${JSON.stringify(library)})
      const ledger = mqrt.func("uint32_t Double_LedgerJson(void *buffer, uint32_t size)")
      const memory = koffi.alloc("uint8_t", 8)
      ledger(memory, 4096)
    `
    const { code, stderr } = await run("-e", overrun)
    assert.notStrictEqual(code, 0)
    assert.include(stderr, "AddressSanitizer")
  })

  it("the contract is kept, random messages arrive, and no memory is misused", async () => {
    const seed = process.env["FUZZ_SEED"] ?? String(Math.floor(Date.now() / 1000) & 0x7fff_ffff)
    const count = process.env["SANITIZED_MESSAGES"] ?? "2000"
    const { code, lines, signal, stderr } = await run(await bundle(program), library, identity, seed, count)
    assert.notInclude(stderr, "AddressSanitizer")
    assert.notInclude(stderr, "runtime error:")
    assert.deepStrictEqual(
      lines.filter((line) => line.startsWith("not ok")),
      []
    )
    assert.match(lines.at(-1) ?? "", /^\d+ passed, 0 failed$/)
    assert.deepStrictEqual([code, signal], [0, null], stderr)
  })
})
