import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { create, direct, message, plain, receiving } from "./inMemory/seam.ts"
import { start } from "../../core/test/support/settled.ts"

const acquireContext = Effect.fn("acquireContext")(function* () {
  const mqrt = yield* Mqrt.Mqrt
  return yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
})

const openReceiver = Effect.fn("openReceiver")(function* () {
  const mqrt = yield* Mqrt.Mqrt
  return yield* mqrt.openQueue(direct, "receive", "denyNone")
})

const openSender = Effect.fn("openSender")(function* () {
  const mqrt = yield* Mqrt.Mqrt
  return yield* mqrt.openQueue(direct, "send", "denyNone")
})

const free = Effect.fn("free")(function* (handle: Mqrt.SecurityContextHandle) {
  const mqrt = yield* Mqrt.Mqrt
  yield* mqrt.freeSecurityContext(handle)
})

const close = Effect.fn("close")(function* (handle: Mqrt.QueueHandle) {
  const mqrt = yield* Mqrt.Mqrt
  yield* mqrt.closeQueue(handle)
})

const none = { acquired: 0, freed: 0, open: 0 }

const ledger = HandleLedger.layer(InMemoryMqrt.layer)

describe("HandleLedger", () => {
  it.effect("a program that releases everything has no leaks and no misuse", () =>
    Effect.gen(function* () {
      yield* create()
      const context = yield* acquireContext()
      const sender = yield* openSender()
      const receiver = yield* openReceiver()
      const mqrt = yield* Mqrt.Mqrt
      yield* mqrt.sendMessages(sender, [message()], { ...plain, securityContext: context })
      yield* mqrt.receiveMessage(receiver, receiving())
      assert.deepStrictEqual(yield* HandleLedger.counts, {
        "security context": { acquired: 1, freed: 0, open: 1 },
        queue: { acquired: 2, freed: 0, open: 2 },
        cursor: none,
        transaction: none,
        locate: none
      })
      yield* close(receiver)
      yield* close(sender)
      yield* free(context)
      assert.deepStrictEqual(yield* HandleLedger.counts, {
        "security context": { acquired: 1, freed: 1, open: 0 },
        queue: { acquired: 2, freed: 2, open: 0 },
        cursor: none,
        transaction: none,
        locate: none
      })
      assert.deepStrictEqual(yield* HandleLedger.violations, [])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(ledger))
  )

  it.effect(
    "a handle that stays open is reported as a leak, with the stack that opened it and without the ledger's own frames",
    () =>
      Effect.gen(function* () {
        yield* create()
        const context = yield* acquireContext()
        const receiver = yield* openReceiver()
        const leaked = yield* Effect.flip(HandleLedger.expectNoLeaks)
        assert.deepStrictEqual(
          leaked.open.map(({ handle, kind }) => ({ handle, kind })),
          [
            { handle: context, kind: "security context" },
            { handle: receiver, kind: "queue" }
          ]
        )
        assert.match(leaked.open[0]?.openedAt ?? "", /acquireContext.*HandleLedger\.test\.ts/)
        assert.match(leaked.open[1]?.openedAt ?? "", /openReceiver.*HandleLedger\.test\.ts/)
        assert.notMatch(leaked.message, /ledgerFunctions|Accounts/)
        assert.include(leaked.message, "2 handles are open and 0 rules were broken")
        assert.include(leaked.message, `security context 0x${context.toString(16)} is open; opened\n`)
        assert.include(leaked.message, `queue 0x${receiver.toString(16)} is open; opened\n`)
        assert.match(leaked.message, /acquireContext/)
      }).pipe(Effect.provide(ledger))
  )

  it.effect("a context that is freed twice is reported with the stacks of its opening and of both releases", () =>
    Effect.gen(function* () {
      const context = yield* acquireContext()
      yield* free(context)
      yield* Effect.withSpan(free(context), "again")
      const [violation, ...more] = yield* HandleLedger.violations
      assert.deepStrictEqual(more, [])
      assert.isDefined(violation)
      assert.strictEqual(violation.rule, "freed twice")
      assert.strictEqual(violation.function, "MQFreeSecurityContext")
      assert.strictEqual(violation.handle, context)
      assert.match(violation.openedAt ?? "", /acquireContext/)
      assert.match(violation.releasedAt ?? "", /free .*HandleLedger\.test\.ts/)
      assert.match(violation.at, /again/)
      assert.notMatch(violation.releasedAt ?? "", /again/)
      const leaked = yield* Effect.flip(HandleLedger.expectNoLeaks)
      assert.include(leaked.message, "was freed twice, by MQFreeSecurityContext")
      assert.deepStrictEqual((yield* HandleLedger.counts)["security context"], { acquired: 1, freed: 1, open: 0 })
    }).pipe(Effect.provide(ledger))
  )

  it.effect("a queue that is closed twice is reported, and the program gets the backend's answer", () =>
    Effect.gen(function* () {
      yield* create()
      const receiver = yield* openReceiver()
      yield* close(receiver)
      assert.strictEqual((yield* Effect.flip(close(receiver))).code, errors.MQ_ERROR_INVALID_HANDLE)
      assert.deepStrictEqual(
        (yield* HandleLedger.violations).map(({ kind, rule }) => ({ kind, rule })),
        [{ kind: "queue", rule: "freed twice" }]
      )
    }).pipe(Effect.provide(ledger))
  )

  it.effect("a handle that was never acquired is reported as such when it is freed, closed or used", () =>
    Effect.gen(function* () {
      yield* create()
      const mqrt = yield* Mqrt.Mqrt
      const securityContext = 12345n as Mqrt.SecurityContextHandle
      const queue = 12345n as Mqrt.QueueHandle
      yield* free(securityContext)
      yield* Effect.flip(close(queue))
      yield* mqrt.sendMessages(yield* openSender(), [message()], { ...plain, securityContext })
      yield* Effect.flip(mqrt.receiveMessage(queue, receiving()))
      assert.deepStrictEqual(
        (yield* HandleLedger.violations).map((violation) => [violation.kind, violation.rule, violation.openedAt]),
        [
          ["security context", "freed but never acquired", null],
          ["queue", "freed but never acquired", null],
          ["security context", "used but never acquired", null],
          ["queue", "used but never acquired", null]
        ]
      )
    }).pipe(Effect.provide(ledger))
  )

  it.effect(
    "a send with a freed context, and a send and a receive on closed queues, are reported as uses after release",
    () =>
      Effect.gen(function* () {
        yield* create()
        const mqrt = yield* Mqrt.Mqrt
        const securityContext = yield* acquireContext()
        const sender = yield* openSender()
        const receiver = yield* openReceiver()
        yield* free(securityContext)
        const outcome = yield* mqrt.sendMessages(sender, [message()], { ...plain, securityContext })
        assert.strictEqual(outcome.failure?.code, errors.MQ_ERROR_BAD_SECURITY_CONTEXT)
        yield* close(sender)
        yield* close(receiver)
        yield* mqrt.sendMessages(sender, [message()], plain)
        yield* Effect.flip(mqrt.receiveMessage(receiver, receiving()))
        const violations = yield* HandleLedger.violations
        assert.deepStrictEqual(
          violations.map((violation) => [violation.kind, violation.rule, violation.function]),
          [
            ["security context", "used after release", "MQSendMessage"],
            ["queue", "used after release", "MQSendMessage"],
            ["queue", "used after release", "MQReceiveMessage"]
          ]
        )
        for (const violation of violations) {
          assert.match(violation.releasedAt ?? "", /free|close/)
          assert.match(violation.openedAt ?? "", /acquireContext|openSender|openReceiver/)
        }
      }).pipe(Effect.provide(ledger))
  )

  it.effect("a receive that waits when its queue is closed is not reported as a use after release", () =>
    Effect.gen(function* () {
      yield* create()
      const mqrt = yield* Mqrt.Mqrt
      const receiver = yield* openReceiver()
      const fiber = yield* start(Effect.flip(mqrt.receiveMessage(receiver, receiving({ timeout: null }))))
      yield* close(receiver)
      assert.strictEqual((yield* Fiber.join(fiber)).code, errors.MQ_ERROR_OPERATION_CANCELLED)
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(ledger))
  )

  it.effect("an acquisition that fails opens nothing", () =>
    Effect.gen(function* () {
      yield* Effect.flip(openReceiver())
      yield* MsmqControl.MsmqControl.use((msmq) => msmq.setInternalCertificate("absent"))
      yield* Effect.flip(acquireContext())
      assert.deepStrictEqual(yield* HandleLedger.open, [])
      assert.strictEqual((yield* HandleLedger.counts).queue.acquired, 0)
    }).pipe(Effect.provide(ledger))
  )

  it.effect("a close that the backend refuses leaves the handle open", () => {
    const refusing = Layer.effect(
      Mqrt.Mqrt,
      Mqrt.Mqrt.use((backend) =>
        Mqrt.make({
          ...backend,
          closeQueue: () =>
            Effect.fail(
              new Mqrt.MqrtFailure({
                function: "MQCloseQueue",
                code: errors.MQ_ERROR_SERVICE_NOT_AVAILABLE,
                properties: []
              })
            )
        })
      )
    ).pipe(Layer.provide(InMemoryMqrt.layer))
    return Effect.gen(function* () {
      yield* create()
      const receiver = yield* openReceiver()
      yield* Effect.flip(close(receiver))
      assert.deepStrictEqual((yield* HandleLedger.counts).queue, { acquired: 1, freed: 0, open: 1 })
      assert.deepStrictEqual(yield* HandleLedger.violations, [])
    }).pipe(Effect.provide(HandleLedger.layer(refusing)))
  })

  it.effect("a number that a backend returns again is a new handle", () => {
    const reusing = Layer.effect(
      Mqrt.Mqrt,
      Mqrt.Mqrt.use((backend) =>
        Mqrt.make({
          ...backend,
          getSecurityContext: () => Effect.succeed(7n as Mqrt.SecurityContextHandle),
          freeSecurityContext: () => Effect.void
        })
      )
    ).pipe(Layer.provide(InMemoryMqrt.layer))
    return Effect.gen(function* () {
      yield* free(yield* acquireContext())
      yield* free(yield* acquireContext())
      assert.deepStrictEqual((yield* HandleLedger.counts)["security context"], { acquired: 2, freed: 2, open: 0 })
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(HandleLedger.layer(reusing)))
  })

  it.effect("the layer provides the other services of the layer below, and fails as that does", () =>
    Effect.gen(function* () {
      yield* create()
      const queues = yield* MsmqControl.MsmqControl.use((msmq) => msmq.queues)
      assert.strictEqual(queues.length, 1)
      const failing = HandleLedger.layer(Mqrt.layer(Effect.fail("no mqrt.dll")))
      assert.strictEqual(yield* Effect.flip(Effect.provide(Effect.void, failing)), "no mqrt.dll")
    }).pipe(Effect.provide(ledger))
  )
})
