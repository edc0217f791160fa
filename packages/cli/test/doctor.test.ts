import { MessageQueue, QueueManager } from "@effect-msmq/core"
import { FaultInjection, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ids, type Result } from "../src/internal/doctor/Doctor.ts"
import { command, commandIn, layer, linesOf } from "./support/commandLine.ts"

/** Runs the doctor, and returns its exit code and the results by their ids. */
const examined = (...flags: ReadonlyArray<string>) =>
  Effect.map(command("doctor", "--json", ...flags), ({ code, out }) => {
    const { checks, healthy } = JSON.parse(out) as { healthy: boolean; checks: ReadonlyArray<Result> }
    assert.strictEqual(healthy, code === 0)
    return { code, checks, of: Object.fromEntries(checks.map((check) => [check.id, check])) }
  })

const verdictsOf = (checks: ReadonlyArray<Result>, verdict: Result["verdict"]) =>
  checks.filter((check) => check.verdict === verdict).map(({ id }) => id)

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

  it.live("waits for no answer longer than --timeout", () =>
    Effect.gen(function* () {
      const faults = yield* FaultInjection.FaultInjection
      yield* faults.inject({ function: "MQMgmtGetInfo", call: 1, stall: "1 hour" })
      const { checks, of } = yield* examined("--timeout", "50 millis")
      assert.include(of["service"]?.found ?? "", "did not answer in time")
      assert.include(verdictsOf(checks, "skipped"), "roundTrip")
    }).pipe(Effect.scoped, Effect.provide(FaultInjection.layer(layer)))
  )

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
