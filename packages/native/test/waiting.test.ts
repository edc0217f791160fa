import { MessageQueue } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { waitingPrograms } from "./support/waitingPrograms.ts"
import { control, files, missing } from "./theDouble.ts"

const program = fileURLToPath(new URL("programs/waiting.ts", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly lines: ReadonlyArray<string>
  readonly stderr: string
}

/** Milliseconds until a program that does not end is killed: less than a test may take. */
const limit = 50_000

const run = (how: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, files.library, how],
      { timeout: limit, killSignal: "SIGKILL", env: { ...process.env, ...env } },
      (_, stdout, stderr) => {
        const lines = stdout.split("\n").filter((line) => line !== "")
        resolve({ code: child.exitCode, signal: child.signalCode, lines, stderr })
      }
    )
  })

describe.skipIf(missing !== null)("a program that waits for a message", () => {
  for (const { code = 0, env, error = "", how, lines = [], name } of waitingPrograms) {
    it(name, async () => {
      const { stderr, ...ended } = await run(how, env)
      assert.deepStrictEqual(ended, { code, signal: null, lines }, stderr)
      if (error === "") assert.strictEqual(stderr, "")
      else assert.include(stderr, error)
    })
  }

  it("ends by SIGINT", async () => {
    assert.deepStrictEqual(await run("signal"), { code: null, signal: "SIGINT", lines: [], stderr: "" })
  })

  it("closes its connection when it hears of SIGINT, which ends what waits, and then ends", async () => {
    assert.deepStrictEqual(await run("signalHeard"), {
      code: 0,
      signal: null,
      lines: ["ended", "closed"],
      stderr: ""
    })
  })
})

describe.skipIf(missing !== null)("a hundred receivers of one queue, each with a handle of its own,", () => {
  it.live("take two hundred messages by five hundred calls at most", () =>
    Effect.gen(function* () {
      control.reset()
      const orders = ".\\private$\\orders"
      const labels = Array.from({ length: 200 }, (_, index) => `message ${index}`)
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const fibers: Array<Fiber.Fiber<ReadonlyArray<string>, unknown>> = []
      for (let index = 0; index < 100; index++) {
        const receiver = yield* MessageQueue.openReceiver(orders)
        const twice = Effect.all([receiver.receive, receiver.receive])
        const both = Effect.map(twice, (messages) => messages.map(({ label }) => label))
        fibers.push(yield* Effect.forkChild(both, { startImmediately: true }))
      }
      yield* sender.sendAll(labels.map((label) => ({ label })))
      const got = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(got.flat().toSorted(), labels.toSorted())
      assert.isAtMost(control.callCount("MQReceiveMessage"), 500)
      assert.deepStrictEqual(control.ledger().violations, [])
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )
})
