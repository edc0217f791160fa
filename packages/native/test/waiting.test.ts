import { MessageQueue } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
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

const ends = async (
  how: string,
  expected: { readonly code?: number; readonly signal?: string; readonly lines?: ReadonlyArray<string> },
  env?: Readonly<Record<string, string>>
): Promise<void> => {
  const { signal = null, code = signal === null ? 0 : null, lines = [] } = expected
  assert.deepStrictEqual(await run(how, env), { code, signal, lines, stderr: "" })
}

describe.skipIf(missing !== null)("a program that waits for a message", () => {
  it("starts another program and waits for its end", () => ends("spawnSync", { lines: ["child", "received one"] }))

  it("ends by process.exit, with the code given", () => ends("exit", { code: 3 }))

  it("ends by itself when nobody waits any more, with the receiver open", () =>
    ends("exitCode", { code: 5, lines: ["given up"] }))

  it("ends by an uncaught error, with that error", async () => {
    const { code, signal, stderr } = await run("throw")
    assert.deepStrictEqual([code, signal], [1, null])
    assert.include(stderr, "Error: uncaught")
  })

  it("ends by SIGINT", () => ends("signal", { signal: "SIGINT" }))

  it("closes its connection when it hears of SIGINT, which ends what waits, and then ends", () =>
    ends("signalHeard", { lines: ["ended", "closed"] }))

  it("ends a worker that waits, and then waits itself", () =>
    ends("terminate", { lines: ["terminated", "received one"] }))

  it("ends workers that wait, again and again", () => ends("workers", { lines: ["terminated"] }))

  it("has a worker that waits and ends itself by process.exit", () => ends("workerExits", { lines: ["worker 4"] }))

  it("closes its connection, which ends what waits through it", () =>
    ends("close", { lines: ["rejected,rejected,rejected"] }))

  it("closes one of two connections, and receives through the other", () =>
    ends("twoLayers", { lines: ["ended", "received one"] }))

  it("closes fifty connections one after the other while it waits through them", () =>
    ends("manyLayers", { lines: ["50 closed"] }))

  it("receives on 2,000 queues at once, each its own message", () => ends("manyQueues", { lines: ["2000 received"] }))

  it.each(["1", "2", "3"])("receives and makes calls where libuv has few threads: %s", (threads) =>
    ends("fewThreads", { lines: ["received one"] }, { UV_THREADPOOL_SIZE: threads })
  )

  it("receives and makes calls where koffi allows one call at once", () =>
    ends("fewCalls", { lines: ["received one"] }))

  it("receives on queues that no completion port is told of", () =>
    ends("noPorts", { lines: ["received one", "20 received"] }))
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
