import { MessageQueue, QueueManager } from "@effect-msmq/core"
import { FaultInjection, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Failed } from "../src/internal/Failed.ts"
import { OutputClosed } from "../src/internal/Output.ts"
import { command, commandIn, layer, linesOf } from "./support/commandLine.ts"

const orders = ".\\private$\\orders"

const fill = (count: number, options: MessageQueue.CreateOptions = {}) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, options)
    const transaction = options.transactional === true ? ("singleMessage" as const) : undefined
    const sender = yield* MessageQueue.openSender(orders)
    for (let number = 1; number <= count; number++) {
      yield* sender.send(
        { label: `order ${number}`, body: new TextEncoder().encode(`body ${number}`) },
        { transaction }
      )
    }
  }).pipe(Effect.scoped)

const left = QueueManager.messageCount(orders)

describe("queues", () => {
  it.effect("lists the private queues with their kinds and counts, and the dead letters", () =>
    Effect.gen(function* () {
      yield* fill(2, { transactional: true })
      yield* MessageQueue.create(".\\private$\\invoices")
      const { code, out } = yield* command("queues", "--json")
      assert.strictEqual(code, 0)
      const rows = linesOf(out).map((line) => JSON.parse(line) as Record<string, unknown>)
      assert.deepStrictEqual(
        rows.map(({ kind, messages, name }) => [name, kind, messages]),
        [
          ["MACHINE\\private$\\orders", "transactional", 2],
          ["MACHINE\\private$\\invoices", "plain", 0],
          [".\\system$;DEADLETTER", "plain", 0],
          [".\\system$;DEADXACT", "transactional", 0]
        ]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("chooses queues by a part of their names, and draws no line wider than the terminal", () =>
    Effect.gen(function* () {
      yield* fill(1)
      yield* MessageQueue.create(`.\\private$\\${"long-name-".repeat(9)}`)
      for (const columns of [200, 80, 40, 20]) {
        const { out } = yield* commandIn({ columns }, "queues")
        const widest = Math.max(...linesOf(out).map(({ length }) => length))
        assert.isAtMost(widest, columns)
        if (columns >= 40) assert.include(out, "orders")
      }
      const { out } = yield* command("queues", "ORDER")
      assert.strictEqual(linesOf(out).length, 2)
    }).pipe(Effect.provide(layer))
  )

  it.effect("says that it may not look at the dead letters, and lists the queues", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQOpenQueue", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      const { code, out } = yield* command("queues")
      assert.strictEqual(code, 0)
      assert.match(out, /DEADLETTER +plain +\? +\? +no right to look\nDEADXACT +transactional +0 +0 B\n$/)
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )
})

describe("peek", () => {
  it.effect("shows the first messages, and leaves them in the queue", () =>
    Effect.gen(function* () {
      yield* fill(3)
      const { err, out } = yield* command("peek", "orders", "--count", "2")
      assert.match(out, /order 1 +body 1\n.*order 2 +body 2\n$/s)
      assert.strictEqual(err, "the first 2; --count or --all shows more\n")
      assert.strictEqual(yield* left, 3)
    }).pipe(Effect.provide(layer))
  )

  it.effect("prints escapes for characters of strangers that a terminal would obey", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const body = new TextEncoder().encode("\u001B]0;title\u0007")
      yield* sender.send({ label: "\u001B[31mred\u202E", body })
      for (const flags of [[], ["--full"]]) {
        const { out } = yield* command("peek", "orders", ...flags)
        assert.include(out, String.raw`\u001b[31mred\u202e`)
        for (const character of "\u001B\u0007\u202E") assert.notInclude(out, character)
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("prints each message as JSON, with a body that is text as text too", () =>
    Effect.gen(function* () {
      yield* fill(1)
      const { out } = yield* command("peek", "orders", "--json")
      const { body, label, text } = JSON.parse(out) as Record<string, unknown>
      assert.deepStrictEqual({ body, label, text }, { body: "Ym9keSAx", label: "order 1", text: "body 1" })
    }).pipe(Effect.provide(layer))
  )
})

describe("send", () => {
  it.effect("sends its argument, in a transaction where the queue needs one", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const { code, out } = yield* command("send", "orders", "hello", "--label", "greeting")
      assert.deepStrictEqual([code, out], [0, `1 message sent to ${orders} (5 B)\n`])
      const { out: peeked } = yield* command("peek", "orders")
      assert.match(peeked, /greeting +hello/)
    }).pipe(Effect.provide(layer))
  )

  it.effect("sends a message for each line that is not empty, and reports their ids", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const { out } = yield* commandIn(
        { stdin: '{"a":1}\r\n\n{"a":2}' },
        "send",
        "orders",
        "--lines",
        "--as",
        "json",
        "--json"
      )
      const { accepted, bytes, messageIds } = JSON.parse(out) as {
        accepted: number
        bytes: number
        messageIds: string[]
      }
      assert.deepStrictEqual([accepted, bytes, messageIds.length], [2, 14, 2])
    }).pipe(Effect.provide(layer))
  )

  it.effect("names the line that cannot be sent; those before it are sent", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const { code, err } = yield* commandIn(
        { stdin: `${'{"a":1}\n'.repeat(700)}{"a":\n${'{"a":1}\n'.repeat(700)}` },
        "send",
        "orders",
        "--lines",
        "--as",
        "json"
      )
      assert.strictEqual(code, 1)
      assert.match(err, /^effect-msmq: line 701 must be JSON: .*\. The lines before it have been sent\n$/)
      assert.strictEqual(yield* left, 700)
    }).pipe(Effect.provide(layer))
  )

  it.effect("sends the bytes of a line as they are, and refuses a line that is not UTF-8 where it must be text", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const stdin = Buffer.from("\u00EF\u00BB\u00BF\u00E9t\u00E9\nb\n", "latin1")
      yield* commandIn({ stdin }, "send", "orders", "--lines")
      const { out } = yield* command("peek", "orders", "--json")
      const bodies = linesOf(out).map((line) => (JSON.parse(line) as { readonly body: string }).body)
      assert.deepStrictEqual(bodies, [Buffer.from([0xe9, 0x74, 0xe9]).toString("base64"), "Yg=="])
      const { code, err } = yield* commandIn({ stdin }, "send", "orders", "--lines", "--as", "text")
      assert.deepStrictEqual([code, err], [1, "effect-msmq: line 1 must be well-formed UTF-8\n"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("takes the name of the queue for answers as that of any queue", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* MessageQueue.create(".\\private$\\answers")
      yield* command("send", "orders", "question", "--response-queue", "answers")
      const { out } = yield* command("peek", "orders", "--json")
      assert.include((JSON.parse(out) as { readonly responseQueue: string }).responseQueue, "private$\\answers")
      for (const args of [
        ["send", "orders", "question", "--response-queue"],
        ["redrive", "orders", "--to"]
      ]) {
        assert.strictEqual((yield* command(...args, ".private$answers")).code, 2)
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("says which file it cannot read, and why", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      for (const flag of ["--file", "--certificate"]) {
        const body = flag === "--file" ? [] : ["body"]
        const { code, err } = yield* command("send", "orders", ...body, flag, "nowhere.txt")
        assert.deepStrictEqual([code, err], [1, "effect-msmq: cannot read nowhere.txt: there is no such file\n"])
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("writes a string as .NET's XmlMessageFormatter reads it", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* command("send", "orders", "hello", "--as", "xml")
      const { out } = yield* command("peek", "orders", "--full")
      assert.include(out, "<string>hello</string>")
    }).pipe(Effect.provide(layer))
  )

  it.effect("signs all messages through one security context", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const { code } = yield* commandIn({ stdin: "1\n2\n3\n" }, "send", "orders", "--lines", "--authenticate")
      assert.strictEqual(code, 0)
      const control = yield* MsmqControl.MsmqControl
      const { keyFetches, signatures } = yield* control.counters
      assert.deepStrictEqual({ keyFetches, signatures }, { keyFetches: 1, signatures: 3 })
    }).pipe(Effect.provide(layer))
  )
})

describe("receive", () => {
  it.effect("receives the next message, and says that there is none", () =>
    Effect.gen(function* () {
      yield* fill(1)
      const first = yield* command("receive", "orders", "--format", "body")
      assert.deepStrictEqual([first.code, first.out], [0, "body 1"])
      const second = yield* command("receive", "orders")
      assert.deepStrictEqual([second.code, second.err], [1, `effect-msmq: ${orders} has no message\n`])
    }).pipe(Effect.provide(layer))
  )

  it.effect("of any kind of queue leaves in it what could not be written", () =>
    Effect.gen(function* () {
      for (const transactional of [true, false]) {
        yield* fill(3, { transactional })
        let writes = 0
        const write = () =>
          ++writes < 2
            ? Effect.void
            : Effect.fail(new OutputClosed({ reason: new Failed({ message: "", exitCode: 141 }) }))
        const { code, err } = yield* commandIn({ write }, "receive", "orders", "--all", "--json")
        assert.deepStrictEqual([code, err], [141, ""])
        assert.strictEqual(yield* left, 2)
        yield* MessageQueue.delete(orders)
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("that is interrupted while it writes loses nothing, and one that waits ends", () =>
    Effect.gen(function* () {
      yield* fill(1)
      const writing = yield* Effect.forkChild(commandIn({ write: () => Effect.never }, "receive", "orders"), {
        startImmediately: true
      })
      yield* Effect.yieldNow
      yield* Fiber.interrupt(writing)
      assert.strictEqual(yield* left, 1)
      const following = yield* Effect.forkChild(command("receive", "orders", "--follow"), { startImmediately: true })
      while ((yield* left) > 0) yield* Effect.yieldNow
      yield* Fiber.interrupt(following)
    }).pipe(Effect.provide(layer))
  )

  it.effect("keeps others from receiving, unless it is shared", () =>
    Effect.gen(function* () {
      yield* fill(1)
      yield* MessageQueue.openReceiver(orders)
      const { code, err } = yield* command("receive", "orders")
      assert.strictEqual(code, 1)
      assert.include(err, "--shared receives beside it")
      assert.strictEqual((yield* command("receive", "orders", "--shared")).code, 0)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("writes messages into a folder", () =>
    Effect.gen(function* () {
      yield* fill(2)
      const folder = fs.mkdtempSync(join(tmpdir(), "received-"))
      const { out } = yield* command("receive", "orders", "--all", "--to", folder)
      assert.strictEqual(out, `2 messages written into ${folder}\n`)
      const bodies = fs.readdirSync(folder).filter((name) => name.endsWith(".body"))
      assert.deepStrictEqual(
        bodies.toSorted().map((name) => fs.readFileSync(join(folder, name), "utf8")),
        ["body 1", "body 2"]
      )
      fs.rmSync(folder, { recursive: true })
    }).pipe(Effect.provide(layer))
  )
})

describe("redrive", () => {
  it.effect("moves the messages of a subqueue back to their queue", () =>
    Effect.gen(function* () {
      yield* fill(2)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* receiver.move(yield* receiver.peek, "poison")
      const dry = yield* command("redrive", "orders;poison", "--dry-run")
      assert.strictEqual(dry.out, "1 message would be redriven\n")
      const { out } = yield* command("redrive", "orders;poison", "--json")
      assert.deepStrictEqual(JSON.parse(out), { examined: 1, redriven: 1, skipped: 0 })
      assert.strictEqual(yield* left, 2)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("sends dead letters to the queue that refused them", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true, quota: 0 })
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: "order 1", journaling: { deadLetter: true } }, { transaction: "singleMessage" })
      yield* MessageQueue.setProperties(orders, { quota: "unlimited" })
      const { code, out } = yield* command("redrive", "DEADXACT", "--label", "order")
      assert.deepStrictEqual([code, out], [0, "1 message redriven\n"])
      assert.strictEqual(yield* left, 1)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("asks where the messages of a queue go that does not say it", () =>
    Effect.gen(function* () {
      yield* fill(1)
      const { code, err } = yield* command("redrive", "orders")
      assert.strictEqual(code, 2)
      assert.match(err, /--to QUEUE must say where the messages of .* go/)
    }).pipe(Effect.provide(layer))
  )
})

describe("purge", () => {
  it.effect("removes nothing where nobody can be asked, and all messages with --yes", () =>
    Effect.gen(function* () {
      yield* fill(2)
      const asked = yield* command("purge", "orders")
      assert.strictEqual(asked.code, 2)
      assert.include(asked.err, `2 messages of ${orders} would be removed for ever: --yes confirms it`)
      assert.strictEqual(yield* left, 2)
      const { out } = yield* command("purge", "orders", "--yes")
      assert.strictEqual(out, `2 messages removed from ${orders}\n`)
      assert.strictEqual(yield* left, 0)
    }).pipe(Effect.provide(layer))
  )
})

describe("help", () => {
  it.effect("is standard output, and fails where it cannot be written", () =>
    Effect.gen(function* () {
      for (const args of [["--help"], ["peek", "--help"], ["--version"], []]) {
        const { code, err, out } = yield* command(...args)
        assert.deepStrictEqual([code, err], [0, ""])
        assert.include(out, "effect-msmq")
        const write = () => Effect.fail(new OutputClosed({ reason: new Failed({ message: "full" }) }))
        const failed = yield* commandIn({ write }, ...args)
        assert.deepStrictEqual([failed.code, failed.err], [1, "effect-msmq: full\n"])
      }
    }).pipe(Effect.provide(layer))
  )
})

describe("the name of a queue", () => {
  it.effect("is refused where it is not one, and never shortened to that of another queue", () =>
    Effect.gen(function* () {
      yield* fill(2)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* receiver.move(yield* receiver.peek, "poison")
      for (const name of ["orders;poison;x", "orders;", ";poison", ""]) {
        const { code } = yield* command("purge", name, "--yes")
        assert.strictEqual(code, 2, name)
      }
      assert.strictEqual((yield* command("peek", "orders;poison")).code, 0)
      assert.strictEqual((yield* command("purge", "orders;poison", "--yes")).code, 0)
      assert.strictEqual((yield* command("receive", "orders;poison")).code, 1)
      assert.strictEqual(yield* left, 1)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("is refused with the right quoting where a shell has changed it, and only there", () =>
    Effect.gen(function* () {
      for (const name of [
        ".private$orders",
        ".private",
        ".\\private",
        ".\\private\\orders",
        "private$orders",
        "\\private$\\orders",
        "serverprivate$orders",
        "DIRECT=OS:serverprivate$orders",
        "DIRECT=OS:server\\private\\orders"
      ]) {
        const { code, err, out } = yield* command("peek", name)
        assert.strictEqual(code, 2, name)
        assert.include(err, "the shell may have changed this one", name)
        assert.include(err, "effect-msmq peek --help", name)
        assert.strictEqual(out, "", name)
      }
      yield* MessageQueue.create(".\\private$\\privateers")
      assert.strictEqual((yield* command("peek", "privateers")).code, 0)
    }).pipe(Effect.provide(layer))
  )
})

describe("an error of Message Queuing", () => {
  it.effect("is its message on standard error, without a stack, and exit code 1", () =>
    Effect.gen(function* () {
      for (const name of ["peek", "receive", "send", "redrive", "purge"]) {
        const extra = { redrive: ["--to", "orders"], purge: ["--yes"], send: ["body"] }[name] ?? []
        const { code, err } = yield* command(name, "nowhere", ...extra)
        assert.strictEqual(code, 1, name)
        assert.match(err, /^effect-msmq: .*nowhere/, name)
        assert.notInclude(err, "    at ")
      }
    }).pipe(Effect.provide(layer))
  )
})
