import { MessageQueue, QueueManager } from "@effect-msmq/core"
import { FaultInjection, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { gatewayIds, ids, type Result } from "../src/internal/doctor/Doctor.ts"
import { Failed } from "../src/internal/Failed.ts"
import { OutputClosed } from "../src/internal/Output.ts"
import { OnStuckCalls } from "../src/internal/stuckCalls.ts"
import { command, commandIn, layer, linesOf } from "./support/commandLine.ts"

const certificate = (name: string): Uint8Array =>
  new X509Certificate(readFileSync(new URL(`../../core/test/certificates/${name}.pem`, import.meta.url))).raw

/** Runs the doctor, and returns its exit code and the results by their ids. */
const examined = (...flags: ReadonlyArray<string>) =>
  Effect.map(command("doctor", "--json", ...flags), ({ code, out }) => {
    const { checks, healthy } = JSON.parse(out) as { healthy: boolean; checks: ReadonlyArray<Result> }
    assert.strictEqual(healthy, code === 0)
    return { code, checks, of: Object.fromEntries(checks.map((check) => [check.id, check])) }
  })

const verdictsOf = (checks: ReadonlyArray<Result>, verdict: Result["verdict"]) =>
  checks.filter((check) => check.verdict === verdict).map(({ id }) => id)

/** Functions that the doctor calls, each with the check that is late when its first call does not return. */
const calls = {
  MQGetPrivateComputerInformation: "service",
  MQMgmtGetInfo: "service",
  CertOpenStore: "certificates",
  MQGetSecurityContextEx: "securityContext",
  MQFreeSecurityContext: "securityContext",
  MQCreateQueue: "roundTrip",
  MQOpenQueue: "roundTrip",
  MQSendMessage: "roundTrip",
  MQReceiveMessage: "roundTrip",
  MQCloseQueue: "roundTrip",
  MQDeleteQueue: "roundTrip",
  MQBeginTransaction: "transaction"
} as const

/** Lets the time of the test pass until a fiber ends, and returns the seconds that it took; fails after a minute. */
const secondsUntilEnd = (fiber: Fiber.Fiber<unknown, unknown>) =>
  Effect.gen(function* () {
    for (let seconds = 0; seconds < 60; seconds++) {
      for (let turn = 0; turn < 100 && fiber.pollUnsafe() === undefined; turn++) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      if (fiber.pollUnsafe() !== undefined) return seconds
      yield* TestClock.adjust("1 second")
    }
    return assert.fail("it still runs after a minute")
  })

/** Checks that are well on a machine with Message Queuing, wherever the test runs. */
const system = new Set(["system"])

describe("the doctor", () => {
  it.effect("finds nothing on a machine where all is well, and leaves no queue there", () =>
    Effect.gen(function* () {
      const { checks, code } = yield* examined()
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(
        checks.map(({ id }) => id),
        ids
      )
      assert.deepStrictEqual(
        verdictsOf(checks, "ok"),
        ids.filter((id) => !system.has(id))
      )
      assert.deepStrictEqual(yield* QueueManager.privateQueues(), [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("says that the service does not run, how to start it, and makes no check that needs it", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      yield* control.stopService
      const { checks, code, of } = yield* examined()
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(verdictsOf(checks, "failed"), ["service"])
      assert.include(of["service"]?.advice ?? "", "Start-Service MSMQ")
      assert.deepStrictEqual(verdictsOf(checks, "skipped"), ids.slice(ids.indexOf("service") + 1))
    }).pipe(Effect.provide(layer))
  )

  it.effect("says that messages cannot be signed without an internal certificate", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      yield* control.setInternalCertificate("absent")
      const { checks, code, of } = yield* examined()
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(
        verdictsOf(checks, "warning").filter((id) => !system.has(id)),
        ["securityContext"]
      )
      assert.include(of["securityContext"]?.advice ?? "", "QueueManager.registerCertificate")
      assert.deepStrictEqual(verdictsOf(checks, "skipped"), ["signedMessage"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("counts dead letters by the reason why they are there", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\full", { transactional: true, quota: 0 })
      const sender = yield* MessageQueue.openSender(".\\private$\\full")
      const message = { journaling: { deadLetter: true } }
      yield* sender.sendAll([message, message], { transaction: "singleMessage" })
      const { of } = yield* examined()
      assert.match(
        of["transactionalDeadLetters"]?.found ?? "",
        /^\.\\system\$;DEADXACT has 2 messages, the oldest of .*: MQMSG_CLASS_NACK_Q_EXCEED_QUOTA 2$/
      )
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("looks at no more than 10,000 dead letters, and says that there may be more", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\full", { quota: 0 })
      const sender = yield* MessageQueue.openSender(".\\private$\\full")
      yield* sender.sendAll(Array.from({ length: 10_001 }, () => ({ journaling: { deadLetter: true } })))
      const { of } = yield* examined()
      assert.include(of["deadLetters"]?.found ?? "", "has at least 10,000 messages")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("names queues that are nearly full, and the queues that an earlier doctor left", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\effect-msmq-doctor-1")
      yield* MessageQueue.create(".\\private$\\orders", { quota: 2 })
      const sender = yield* MessageQueue.openSender(".\\private$\\orders")
      yield* sender.send({ body: new Uint8Array(1700) })
      const { of } = yield* examined()
      assert.include(of["quotas"]?.found ?? "", "nearly full: orders")
      assert.include(of["leftovers"]?.found ?? "", "effect-msmq-doctor-1")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("reports a call that fails in its check, and makes the others", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQCreateQueue", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      const denied = yield* examined()
      assert.strictEqual(denied.of["roundTrip"]?.verdict, "warning")
      assert.deepStrictEqual(verdictsOf(denied.checks, "skipped"), ["transaction", "signedMessage"])
      yield* faults.inject({ function: "MQOpenQueue", call: 1, code: "MQ_ERROR_INSUFFICIENT_RESOURCES" })
      const failed = yield* examined()
      assert.strictEqual(failed.code, 1)
      assert.deepStrictEqual(verdictsOf(failed.checks, "failed"), ["roundTrip"])
      assert.include(failed.of["roundTrip"]?.found ?? "", "MQ_ERROR_INSUFFICIENT_RESOURCES")
      assert.deepStrictEqual(yield* QueueManager.privateQueues(), [])
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )

  it.effect("deletes its queue when it is interrupted", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQReceiveMessage", call: 1, stall: "1 hour" })
      const examining = yield* Effect.forkChild(command("doctor"), { startImmediately: true })
      while ((yield* QueueManager.privateQueues()).length === 0) yield* Effect.yieldNow
      yield* Fiber.interrupt(examining)
      assert.deepStrictEqual(yield* QueueManager.privateQueues(), [])
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )

  for (const [name, late] of Object.entries(calls)) {
    it.effect(`waits no longer than --timeout for an answer, and deletes its queues when one comes: ${name}`, () =>
      Effect.gen(function* () {
        const faults = yield* FaultInjection.FaultInjection
        yield* faults.inject({ function: name as keyof typeof calls, call: 1, stall: "1 hour" })
        const examining = yield* Effect.forkChild(examined("--timeout", "5 seconds"), { startImmediately: true })
        const seconds = yield* secondsUntilEnd(examining)
        const { checks, code, of } = yield* Fiber.join(examining)
        assert.strictEqual(code, 1)
        assert.deepStrictEqual(verdictsOf(checks, "failed"), [late])
        assert.include(of[late]?.found ?? "", "did not answer in time")
        assert.isAtMost(seconds, 10)
        // The call returns.
        yield* TestClock.adjust("1 hour")
        const looking = yield* Effect.forkChild(QueueManager.privateQueues(), { startImmediately: true })
        yield* secondsUntilEnd(looking)
        assert.deepStrictEqual(yield* Fiber.join(looking), [])
      }).pipe(Effect.provide(FaultInjection.layer(layer)))
    )
  }

  it.effect("says that a call did not return although it ends, so that its process can be ended", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      let stuck = 0
      const doctor = Effect.provideService(
        examined("--timeout", "5 seconds"),
        OnStuckCalls,
        Effect.sync(() => void stuck++)
      )
      yield* doctor
      assert.strictEqual(stuck, 0)
      yield* faults.inject({ function: "MQOpenQueue", call: 1, stall: "1 hour" })
      const examining = yield* Effect.forkChild(doctor, { startImmediately: true })
      yield* secondsUntilEnd(examining)
      assert.strictEqual(stuck, 1)
      yield* TestClock.adjust("1 hour")
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )

  it.effect("ends in time when it is interrupted while a call does not return", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQDeleteQueue", call: 1, stall: "1 hour" })
      const examining = yield* Effect.forkChild(command("doctor"), { startImmediately: true })
      while ((yield* QueueManager.privateQueues()).length === 0) yield* Effect.yieldNow
      examining.interruptUnsafe()
      assert.isAtMost(yield* secondsUntilEnd(examining), 10)
      yield* TestClock.adjust("1 hour")
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )

  it.effect("says which right a user lacks, and makes the checks that need none", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      const denied = (name: "MQMgmtGetInfo" | "MQOpenQueue" | "MQCreateQueue") =>
        Effect.andThen(faults.inject({ function: name, call: 1, code: "MQ_ERROR_ACCESS_DENIED" }), examined())
      const asked = yield* denied("MQMgmtGetInfo")
      assert.strictEqual(asked.code, 0)
      assert.include(asked.of["service"]?.found ?? "", "runs; this user may not ask whether it is online")
      const opened = yield* denied("MQOpenQueue")
      assert.deepStrictEqual(verdictsOf(opened.checks, "failed"), ["roundTrip"])
      assert.notInclude(opened.of["roundTrip"]?.found ?? "", "may not create")
      assert.include(opened.of["roundTrip"]?.advice ?? "", "as the account that your programs run as")
      const created = yield* denied("MQCreateQueue")
      assert.deepStrictEqual(created.of["roundTrip"]?.verdict, "warning")
      assert.include(created.of["roundTrip"]?.found ?? "", "may not create a private queue")
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )

  it.effect("fails where it cannot delete its queue, and names the queue", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQDeleteQueue", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      const { code, of } = yield* examined()
      const [left = "none"] = yield* QueueManager.privateQueues()
      assert.deepStrictEqual([code, of["roundTrip"]?.verdict, of["leftovers"]?.verdict], [1, "failed", "warning"])
      assert.include(of["roundTrip"]?.found ?? "", "MQDeleteQueue returned MQ_ERROR_ACCESS_DENIED")
      assert.include(of["leftovers"]?.found ?? "", left)
    }).pipe(Effect.provide(FaultInjection.layer(layer)))
  )

  it.effect("names queues whose quotas a user may not read, and journals that are nearly full", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\orders", { journal: true, journalQuota: 2 })
      const sender = yield* MessageQueue.openSender(".\\private$\\orders")
      const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
      yield* sender.send({ body: new Uint8Array(1700) })
      yield* receiver.receive
      assert.include((yield* examined()).of["quotas"]?.found ?? "", "nearly full: orders;journal")
      const control = yield* MsmqControl.MsmqControl
      yield* control.deny({ queue: ".\\private$\\orders", rights: ["getQueueProperties"] })
      yield* control.setUser({ sid: "S-1-5-21-1-2-3-1777", administrator: false })
      const { code, of } = yield* examined()
      assert.strictEqual(code, 0)
      assert.include(of["quotas"]?.found ?? "", "this user may not read the quotas of orders")
      assert.include(of["deadLetters"]?.found ?? "", "this user may not look at the messages of")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("names queues whose messages nobody has received for a day", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\orders")
      yield* MessageQueue.create(".\\private$\\invoices")
      const orders = yield* MessageQueue.openSender(".\\private$\\orders")
      const invoices = yield* MessageQueue.openSender(".\\private$\\invoices")
      yield* orders.send({})
      yield* TestClock.adjust("25 hours")
      yield* invoices.send({})
      const { code, of } = yield* examined()
      assert.strictEqual(code, 0)
      assert.match(of["unread"]?.found ?? "", /for a day: orders \(1 message\)$/)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("names certificates that end within 30 days and that no later one replaces, and prints no key", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      yield* control.addCertificate({ certificate: certificate("orders"), privateKey: true, friendlyName: "Orders" })
      yield* control.addCertificate({ certificate: certificate("encrypting"), privateKey: false })
      const end = new X509Certificate(certificate("orders")).validToDate
      yield* TestClock.setTime(end.getTime() - 31 * 86_400_000)
      assert.include((yield* examined()).of["certificates"]?.found ?? "", "has 1 certificate for signing")
      yield* TestClock.setTime(end.getTime() - 29 * 86_400_000)
      const { of } = yield* examined()
      assert.strictEqual(of["certificates"]?.verdict, "warning")
      assert.match(of["certificates"]?.found ?? "", /have ended: Orders \([0-9A-F]{40}, until \d{4}-\d\d-\d\d\)$/)
    }).pipe(Effect.provide(layer))
  )

  it.effect("ends as its reader does, and says why it cannot write", () =>
    Effect.gen(function* () {
      const gone = new OutputClosed({ reason: new Failed({ message: "", exitCode: 141 }) })
      const full = new OutputClosed({ reason: new Failed({ message: "cannot write to standard output: no space" }) })
      const left = yield* commandIn({ write: () => Effect.fail(gone) }, "doctor")
      assert.deepStrictEqual([left.code, left.err], [141, ""])
      const refused = yield* commandIn({ write: () => Effect.fail(full) }, "doctor")
      assert.deepStrictEqual(
        [refused.code, refused.err],
        [1, "effect-msmq: cannot write to standard output: no space\n"]
      )
    }).pipe(Effect.provide(layer))
  )

  it("is described by its page, check by check", () => {
    const page = readFileSync(new URL("../../../docs/doctor.md", import.meta.url), "utf8")
    assert.deepStrictEqual(
      Array.from(page.matchAll(/^### `(\w+)`$/gm), ([, id]) => id),
      [...ids, ...gatewayIds.filter((id) => !ids.includes(id))]
    )
  })

  it.effect("prints no line wider than the terminal, and what is wrong at the end", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      yield* control.stopService
      for (const columns of [200, 80, 40]) {
        const { code, err, out } = yield* commandIn({ columns }, "doctor")
        assert.deepStrictEqual([code, err], [1, "effect-msmq: failed: service\n"])
        assert.isAtMost(Math.max(...linesOf(out).map(({ length }) => length)), columns)
      }
    }).pipe(Effect.provide(layer))
  )
})
