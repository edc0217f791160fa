import { MessageQueue, type Mqrt, SecurityContext, SecurityContexts } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option } from "effect"
import * as CallLog from "../support/CallLog.ts"
import { alice, certificates } from "../support/certificates.ts"
import { interruptAtEveryStep } from "../support/everyStep.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(CallLog.layer(InMemoryMqrt.layerWith({ certificates })))

type Services = Mqrt.Mqrt | HandleLedger.HandleLedger | CallLog.CallLog

const count = (calls: ReadonlyArray<string>, name: string): number => calls.filter((call) => call === name).length

/** Runs a program and, however it ended, looks for leaks, then at its exit. An unkept promise is a defect of the run. */
const thenCheck = <A, E, R extends Services>(
  program: Effect.Effect<A, E, R>,
  check: (exit: Exit.Exit<A, E>, calls: ReadonlyArray<string>) => Effect.Effect<void, unknown, Services> = () =>
    Effect.void
) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(restore(program))
      yield* HandleLedger.expectNoLeaks
      const calls = yield* CallLog.calls
      assert.strictEqual(count(calls, "freeSecurityContext"), count(calls, "getSecurityContext"))
      assert.strictEqual(count(calls, "closeQueue"), count(calls, "openQueue"))
      yield* check(exit, calls)
    })
  ).pipe(Effect.orDie, Effect.provide(backend))

describe("interrupted after any step", () => {
  it("acquire, send, release leaves nothing open and frees nothing twice", () => {
    const ended = { completed: 0, interruptedWithContext: 0 }
    const program = Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const securityContext = yield* SecurityContext.acquire({ certificate: alice })
      const sender = yield* MessageQueue.openSender(orders)
      return yield* sender.sendAll([{ label: "one" }, { label: "two" }], { securityContext })
    }).pipe(Effect.scoped)
    const steps = interruptAtEveryStep(() =>
      thenCheck(program, (exit, calls) =>
        Effect.sync(() => {
          if (Exit.isSuccess(exit)) ended.completed++
          else if (calls.includes("getSecurityContext")) ended.interruptedWithContext++
        })
      )
    )
    assert.isAbove(steps, 100)
    assert.isAbove(ended.completed, 0)
    assert.isAbove(ended.interruptedWithContext, 20)
  })

  const receiving = {
    "a message that is there": (handedOut: Array<string>) =>
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        yield* sender.send({ label: "one" })
        yield* Effect.map(receiver.receive, ({ label }) => handedOut.push(label))
      }),
    "a message that is waited for": (handedOut: Array<string>) =>
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        const waiting = yield* Effect.forkChild(
          Effect.map(receiver.receive, ({ label }) => handedOut.push(label)),
          { startImmediately: true }
        )
        yield* sender.send({ label: "one" })
        yield* Fiber.join(waiting)
      })
  }

  it.each(Object.entries(receiving))("%s is handed out or still in the queue, never both", (_, program) => {
    const ended = { handedOut: 0, left: 0, lost: 0 }
    interruptAtEveryStep(() => {
      const handedOut: Array<string> = []
      const run = Effect.scoped(Effect.andThen(MessageQueue.create(orders), program(handedOut)))
      return thenCheck(run, (_, calls) =>
        Effect.gen(function* () {
          if (!calls.includes("sendMessages")) return
          const receiver = yield* MessageQueue.openReceiver(orders)
          const left = Option.isSome(yield* receiver.poll)
          assert.isFalse(left && handedOut.length > 0, "the message is there twice")
          ended[handedOut.length > 0 ? "handedOut" : left ? "left" : "lost"]++
        }).pipe(Effect.scoped)
      )
    })
    assert.isAbove(ended.handedOut, 0)
    // After the one step that hands it over, the message is the caller's to lose.
    assert.isAtMost(ended.lost, 1)
  })

  it("the cache of contexts leaves nothing open", () => {
    const program = Effect.gen(function* () {
      const contexts = yield* SecurityContexts.SecurityContexts
      yield* Effect.scoped(contexts.get(alice))
      yield* Effect.scoped(contexts.get())
    }).pipe(Effect.provide(SecurityContexts.layer(), { local: true }))
    assert.isAbove(
      interruptAtEveryStep(() => thenCheck(program)),
      100
    )
  })
})
