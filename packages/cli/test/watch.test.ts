import { MessageQueue } from "@effect-msmq/core"
import { FaultInjection, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { type Cause, Effect, Fiber, Option, Queue, Terminal } from "effect"
import { TestClock } from "effect/testing"
import { stripVTControlCharacters } from "node:util"
import { command, commandIn, layer, linesOf } from "./support/commandLine.ts"

const orders = ".\\private$\\orders"

const send = (count: number) =>
  Effect.gen(function* () {
    const sender = yield* MessageQueue.openSender(orders)
    yield* sender.sendAll(Array.from({ length: count }, () => ({ label: "order" })))
  }).pipe(Effect.scoped)

/** Terminal of a test, with what was written to it. */
const makeTerminal = Effect.gen(function* () {
  const input = yield* Queue.make<Terminal.UserInput, Cause.Done>()
  const sizes = yield* Queue.sliding<Terminal.Size, Cause.Done>(1)
  const frames: Array<string> = []
  const terminal = Terminal.make({
    columns: Effect.succeed(80),
    rows: Effect.succeed(24),
    size: Effect.succeed(sizes),
    readInput: Effect.succeed(input),
    readLine: Effect.never,
    display: () => Effect.void
  })
  const place = {
    columns: 80,
    terminal,
    write: (text: string | Uint8Array) => Effect.sync(() => void frames.push(String(text)))
  }
  const press = (name: string) =>
    Queue.offer(input, { input: Option.some(name), key: { name, ctrl: false, meta: false, shift: false } })
  return { frames, place, press, resize: (columns: number, rows: number) => Queue.offer(sizes, { columns, rows }) }
})

const settle = Effect.repeat(Effect.yieldNow, { times: 200 })

/** Lines of the last frame, without the codes that move the cursor. */
const lastOf = (frames: ReadonlyArray<string>): ReadonlyArray<string> =>
  stripVTControlCharacters(frames.at(-1) ?? "").split("\r\n")

describe("watch", () => {
  it.effect(
    "shows counts, the change in a second and the age of the first message, until q gives the terminal back",
    () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        yield* send(2)
        const { frames, place, press } = yield* makeTerminal
        const watching = yield* Effect.forkChild(commandIn(place, "watch", "--interval", "2 seconds"))
        yield* settle
        assert.strictEqual(frames[0], "\u001B[?1049h\u001B[?25l")
        assert.match(lastOf(frames).at(-1) ?? "", /^orders +2 +0 s +568 B$/)
        yield* send(6)
        yield* TestClock.adjust("2 seconds")
        yield* settle
        assert.match(lastOf(frames).at(-1) ?? "", /^orders +8 +\+3\.0\/s +2 s +2\.2 KiB +▃█$/)
        yield* press("q")
        const { code } = yield* Fiber.join(watching)
        assert.strictEqual(code, 0)
        assert.strictEqual(frames.at(-1), "\u001B[?25h\u001B[?1049l")
      }).pipe(Effect.provide(layer))
  )

  it.effect("draws again when the terminal changes its size, and never more than it has room for", () =>
    Effect.gen(function* () {
      for (const number of [1, 2, 3, 4, 5, 6, 7, 8])
        yield* MessageQueue.create(`.\\private$\\orders-of-a-long-name-${number}`)
      const { frames, place, press, resize } = yield* makeTerminal
      const watching = yield* Effect.forkChild(commandIn(place, "watch"))
      yield* settle
      for (const [columns, rows] of [
        [200, 50],
        [40, 8],
        [20, 5]
      ] as const) {
        yield* resize(columns, rows)
        yield* settle
        const lines = lastOf(frames)
        assert.isAtMost(lines.length, rows)
        assert.isAtMost(Math.max(...lines.map(({ length }) => length)), columns)
        if (rows < 50) assert.match(lines.at(-1) ?? "", /^… \d+ more$/)
      }
      yield* press("q")
      yield* Fiber.join(watching)
    }).pipe(Effect.provide(layer))
  )

  it.effect("goes on after a restart of Message Queuing, with the last sample and the reason meanwhile", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const control = yield* MsmqControl.MsmqControl
      const { frames, place, press } = yield* makeTerminal
      const watching = yield* Effect.forkChild(commandIn(place, "watch"))
      yield* settle
      yield* control.stopService
      yield* TestClock.adjust("2 seconds")
      yield* settle
      assert.include(lastOf(frames)[1] ?? "", "QueueManager.queues")
      assert.match(lastOf(frames).at(-1) ?? "", /^orders/)
      yield* control.startService
      yield* TestClock.adjust("2 seconds")
      yield* settle
      assert.strictEqual(lastOf(frames)[1], "")
      yield* press("q")
      yield* Fiber.join(watching)
    }).pipe(Effect.provide(layer))
  )

  it.effect("gives the terminal back when it is interrupted", () =>
    Effect.gen(function* () {
      const { frames, place } = yield* makeTerminal
      const watching = yield* Effect.forkChild(commandIn(place, "watch"))
      yield* settle
      yield* Fiber.interrupt(watching)
      assert.strictEqual(frames.at(-1), "\u001B[?25h\u001B[?1049l")
    }).pipe(Effect.provide(layer))
  )

  it.effect("shows a queue that may not be peeked at, without the age of its messages", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* send(1)
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQOpenQueue", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      const { out } = yield* command("watch", "--once")
      assert.match(linesOf(out)[1] ?? "", /^orders +1 +284 B$/)
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )

  it.effect("prints a line of JSON for each sample where there is no terminal", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* send(1)
      const lines: Array<string> = []
      const write = (text: string | Uint8Array) => Effect.sync(() => void lines.push(String(text)))
      const watching = yield* Effect.forkChild(
        commandIn({ write }, "watch", "orders", "--json", "--interval", "1 second")
      )
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* settle
      yield* Fiber.interrupt(watching)
      const samples = lines.map((line) => JSON.parse(line) as { queues: ReadonlyArray<Record<string, unknown>> })
      assert.deepStrictEqual(
        samples.map(({ queues }) => queues.map(({ age, change, messages }) => [messages, change, age])),
        [[[1, null, 0]], [[1, 0, 1000]]]
      )
    }).pipe(Effect.provide(layer))
  )
})

describe("contract", () => {
  it.effect("tries promises, and tells which are kept", () =>
    Effect.gen(function* () {
      const { code, out } = yield* command("contract", "--only", "label arrives as it was sent", "--backend", "memory")
      assert.deepStrictEqual([code, out], [0, "kept    label arrives as it was sent\n1 kept, 0 broken, 0 skipped\n"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("fails for a broken promise, says what was different, and refuses a text that no promise has", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQSendMessage", call: 3, code: "MQ_ERROR_INSUFFICIENT_RESOURCES" })
      const broken = yield* command("contract", "--only", "priority arrives as it was sent", "--json")
      assert.strictEqual(broken.code, 1)
      assert.include(JSON.parse(linesOf(broken.out)[0] ?? "") as object, { outcome: "broken" })
      const unknown = yield* command("contract", "--only", "nonsense")
      assert.deepStrictEqual([unknown.code, unknown.err], [2, 'effect-msmq: no promise has "nonsense" in its name\n'])
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )
})
