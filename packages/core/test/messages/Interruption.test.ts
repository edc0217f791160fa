import { MessageQueue, type Mqrt, type Receiver, SecurityContext, SecurityContexts } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Stream } from "effect"
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

  type HandOut = (message: { readonly label: string }) => void

  const found = <E>(find: Effect.Effect<Option.Option<{ readonly label: string }>, E>, handOut: HandOut) =>
    Effect.map(find, Option.map(handOut))

  /** Hand out one message of a receiver, each in its own way. */
  const taking = {
    receive: (receiver, handOut) => Effect.map(receiver.receive, handOut),
    "receive in a generator": (receiver, handOut) =>
      Effect.gen(function* () {
        handOut(yield* receiver.receive)
      }),
    receiveWithin: (receiver, handOut) => found(receiver.receiveWithin("1 day"), handOut),
    "messages, one by one": (receiver, handOut) =>
      Stream.runForEach(Stream.take(receiver.messages, 1), (message) => Effect.sync(() => handOut(message))),
    "messages, in a pipeline": (receiver, handOut) =>
      receiver.messages.pipe(
        Stream.map(({ label }) => ({ label })),
        Stream.tap((message) => Effect.sync(() => handOut(message))),
        Stream.take(1),
        Stream.runDrain
      )
  } satisfies Record<string, (receiver: Receiver.Receiver, handOut: HandOut) => Effect.Effect<unknown, unknown>>

  /** Hand out one message that is there. */
  const looking = {
    ...taking,
    poll: (receiver, handOut) => found(receiver.poll, handOut),
    lookup: (receiver, handOut) => found(receiver.lookup("receiveFirst"), handOut),
    "a cursor": (receiver, handOut) =>
      Effect.scoped(
        Effect.flatMap(receiver.cursor, (cursor) => Effect.andThen(cursor.next, found(cursor.receive, handOut)))
      )
  } satisfies typeof taking & Record<string, (typeof taking)["receive"]>

  const isThere = (take: (typeof taking)["receive"]) => (handOut: HandOut) =>
    Effect.gen(function* () {
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.send({ label: "one" })
      yield* take(receiver, handOut)
    })

  const isWaitedFor = (take: (typeof taking)["receive"]) => (handOut: HandOut) =>
    Effect.gen(function* () {
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      const waiting = yield* Effect.forkChild(take(receiver, handOut), { startImmediately: true })
      yield* sender.send({ label: "one" })
      yield* Fiber.join(waiting)
    })

  const receiving = [
    ...Object.entries(looking).map(([name, take]) => [`${name}: a message that is there`, isThere(take)] as const),
    ...Object.entries(taking).map(([name, take]) => [`${name}: a message that comes`, isWaitedFor(take)] as const)
  ]

  it.each(receiving)("%s is received or still in the queue, never both or neither", (_, program) => {
    let handedOutInAll = 0
    interruptAtEveryStep(() => {
      const handedOut: Array<string> = []
      const handOut: HandOut = ({ label }) => void handedOut.push(label)
      const run = Effect.scoped(Effect.andThen(MessageQueue.create(orders), program(handOut)))
      return thenCheck(run, (_, calls) =>
        Effect.gen(function* () {
          if (!calls.includes("sendMessages")) return
          const receiver = yield* MessageQueue.openReceiver(orders)
          const left = Option.isSome(yield* receiver.poll)
          assert.strictEqual(Number(left) + handedOut.length, 1)
          handedOutInAll += handedOut.length
        }).pipe(Effect.scoped)
      )
    })
    assert.isAbove(handedOutInAll, 0)
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
