/**
 * Gateway and consumer of the folder gateway-consumer as two processes of this computer, in place of their containers.
 *
 *   node gateway-consumer.ts
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const fileOf = (name: string): string => fileURLToPath(new URL(`gateway-consumer/${name}`, import.meta.url))

// The program of the command effect-msmq.
const manifest = findPackageJSON("@effect-msmq/cli", import.meta.url)!
const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly bin: { readonly "effect-msmq": string } }
const command = join(dirname(manifest), bin["effect-msmq"])

const token = randomUUID()

/** Starts a program that a Ctrl+C on the terminal does not reach. */
const start = (args: ReadonlyArray<string>, url: string, stdout: "pipe" | "inherit"): ChildProcess =>
  spawn(process.execPath, args, {
    detached: true,
    env: { ...process.env, EFFECT_MSMQ_TOKEN: token, EFFECT_MSMQ_URL: url },
    stdio: ["ignore", stdout, stdout === "pipe" ? "ignore" : "inherit"]
  })

const gateway = start(
  [command, "gateway", "--backend", "memory", "--policy", fileOf("policy.json"), "--port", "0", "--json"],
  "",
  "pipe"
)
try {
  const [line] = await once(createInterface({ input: gateway.stdout! }), "line")
  const consumer = start(["--no-warnings", fileOf("consumer.ts")], (JSON.parse(line) as { url: string }).url, "inherit")
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => consumer.kill(signal))
  const [code] = await once(consumer, "exit")
  process.exitCode = code ?? 1
} finally {
  gateway.kill()
}
