/** Interruptions, aborts and closings while a send runs off the main thread. */
import { MessageQueue, Mqrt, type MsmqError } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { start } from "../../core/test/support/settled.ts"
import { plainMessage, plainQueue, plainSend } from "../../testing/src/contract/plainRecords.ts"
import { control, missing } from "./theDouble.ts"
import {
  called,
  hold,
  labels,
  layer,
  letGo,
  named,
  namesOf,
  onDouble,
  orders,
  slowSender
} from "./support/slowSender.ts"

describe.skipIf(missing !== null)("endings while a slow send runs", () => {
  beforeEach(() => control.reset())

  it.live("an interruption waits for the message that is being sent, and then nothing else is sent", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        hold()
        let accepted = 0
        const onProgress = (report: { readonly accepted: number }) => {
          accepted = report.accepted
        }
        const sending = yield* start(sender.sendAll(named(1000), { onProgress }))
        yield* called("MQSendMessage", 2)
        const interrupted = yield* start(Fiber.interrupt(sending))
        yield* Effect.sleep(2)
        assert.isUndefined(interrupted.pollUnsafe())
        letGo()
        yield* Fiber.join(interrupted)
        assert.strictEqual(accepted, 1)
        assert.deepStrictEqual(yield* labels, ["slow", "0"])
      })
    )
  )

  it.live("an interruption of sends that wait behind it ends them at once, and none of their messages is sent", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        hold()
        const held = yield* start(sender.send({ label: "held" }))
        yield* called("MQSendMessage", 2)
        const waiting = yield* Effect.forEach([1, 2, 300], (count) => start(sender.sendAll(named(count))))
        const last = yield* start(sender.send({ label: "last" }))
        yield* Effect.forEach(waiting, (fiber) => Fiber.interrupt(fiber))
        assert.isUndefined(held.pollUnsafe())
        letGo()
        yield* Fiber.join(held)
        yield* Fiber.join(last)
        assert.deepStrictEqual(yield* labels, ["slow", "held", "last"])
      })
    )
  )

  it.live("a fiber that is interrupted sends all that its finalizer sends", () =>
    onDouble(
      Effect.gen(function* () {
        const sender = yield* slowSender
        control.setDelay("MQSendMessage", 1)
        const fiber = yield* start(Effect.onInterrupt(Effect.never, () => Effect.orDie(sender.sendAll(named(30)))))
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* labels, ["slow", ...namesOf(named(30))])
      })
    )
  )

  it.live("an abort of a signal waits for the message that is being sent; those that wait for it end at once", () =>
    Effect.promise(async () => {
      await using msmq = await connect(layer)
      await msmq.createQueue(orders)
      await using sender = await msmq.openSender(orders)
      control.setDelay("MQSendMessage", 5)
      await sender.send({ label: "slow" })
      hold()
      const [first, second] = [new AbortController(), new AbortController()]
      let accepted = 0
      const onProgress = (report: { readonly accepted: number }) => {
        accepted = report.accepted
      }
      const nameOf = (error: Error) => error.name
      const sending = sender.sendAll(named(1000), { signal: first.signal, onProgress }).then(String, nameOf)
      await Effect.runPromise(called("MQSendMessage", 2))
      const waiting = [
        sender.send({ label: "waits" }, { signal: second.signal }),
        sender.sendAll(named(300, "waits "), { signal: second.signal })
      ].map((promise) => promise.then(String, nameOf))
      second.abort()
      assert.deepStrictEqual(await Promise.all(waiting), ["AbortError", "AbortError"])
      first.abort()
      letGo()
      assert.strictEqual(await sending, "AbortError")
      assert.strictEqual(accepted, 1)
      await using receiver = await msmq.openReceiver(orders)
      const found = []
      for await (const { label } of receiver.browse()) found.push(label)
      assert.deepStrictEqual(found, ["slow", "0"])
    })
  )

  it.live("a send whose last message was accepted is fulfilled, even if its signal aborted meanwhile", () =>
    Effect.promise(async () => {
      await using msmq = await connect(layer)
      await msmq.createQueue(orders)
      await using sender = await msmq.openSender(orders)
      control.setDelay("MQSendMessage", 5)
      await sender.send({ label: "slow" })
      hold()
      const controller = new AbortController()
      const sending = sender.sendAll(named(1), { signal: controller.signal })
      await Effect.runPromise(called("MQSendMessage", 2))
      controller.abort()
      letGo()
      assert.strictEqual((await sending).accepted, 1)
    })
  )

  it.live("an abort of a transaction's signal ends the transaction, with the batch in it", () =>
    Effect.promise(async () => {
      await using msmq = await connect(layer)
      await msmq.createQueue(orders, { transactional: true })
      await using sender = await msmq.openSender(orders)
      control.setDelay("MQSendMessage", 5)
      const controller = new AbortController()
      const transaction = msmq.transaction(
        async (transaction) => {
          await sender.send({ label: "slow" }, { transaction })
          control.setDelay("MQSendMessage", 1)
          const sending = sender.sendAll(named(600), { transaction })
          controller.abort()
          return sending
        },
        { signal: controller.signal }
      )
      const error = await transaction.then(String, (error: Error) => error.name)
      letGo()
      assert.strictEqual(error, "AbortError")
      assert.isUndefined(await (await msmq.openReceiver(orders)).poll())
    })
  )

  it.live("a closing of the sender waits for it, and the queue is closed after it", () =>
    onDouble(
      Effect.gen(function* () {
        const events: Array<string> = []
        yield* MessageQueue.create(orders)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const sender = yield* MessageQueue.openSender(orders)
            control.setDelay("MQSendMessage", 5)
            yield* sender.send({ label: "slow" })
            hold()
            yield* Effect.forkDetach(
              Effect.tap(sender.send({ label: "held" }), () => Effect.sync(() => events.push("sent"))),
              { startImmediately: true }
            )
            yield* called("MQSendMessage", 2)
            setTimeout(letGo, 5)
          })
        )
        events.push("closed")
        assert.deepStrictEqual(events, ["sent", "closed"])
      })
    )
  )

  it.live("a disposal of its security context returns at once; the context is freed when the slice has ended", () =>
    Effect.promise(async () => {
      {
        await using msmq = await connect(layer)
        await msmq.createQueue(orders)
        await using sender = await msmq.openSender(orders)
        control.setDelay("MQSendMessage", 5)
        const securityContext = msmq.securityContext()
        await sender.send({ label: "slow" }, { securityContext })
        hold()
        const sending = sender.sendAll(named(1000), { securityContext }).catch((error: MsmqError.MsmqError) => error)
        await Effect.runPromise(called("MQSendMessage", 2))
        securityContext[Symbol.dispose]()
        assert.strictEqual(control.ledger().counts["securityContext"]?.open, 1)
        letGo()
        const error = await sending
        assert.deepInclude(error, { code: "Released", progress: { accepted: 256 } })
        assert.strictEqual(control.ledger().counts["securityContext"]?.open, 0)
      }
      assert.deepStrictEqual(control.ledger().violations, [])
    })
  )

  it.live("a layer that closes waits for the end of its slices, even without their senders", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const mqrt = yield* Mqrt.Mqrt
          const formatName = yield* mqrt.createQueue(plainQueue, null)
          const queue = yield* mqrt.openQueue(formatName, "send", "denyNone")
          control.setDelay("MQSendMessage", 5)
          yield* mqrt.sendMessages(queue, [plainMessage], plainSend)
          hold()
          const slices = [1, 3, 5].map((count) => Array.from({ length: count }, () => plainMessage))
          for (const slice of slices) {
            const sending = Effect.tap(mqrt.sendMessages(queue, slice, plainSend), ({ accepted }) =>
              Effect.sync(() => events.push(`${accepted} sent`))
            )
            yield* Effect.forkDetach(sending, { startImmediately: true })
          }
          yield* called("MQSendMessage", 2)
          setTimeout(letGo, 5)
        }).pipe(Effect.provide(layer, { local: true }))
      )
      events.push("closed")
      assert.deepStrictEqual(events, ["1 sent", "3 sent", "5 sent", "closed"])
      assert.deepStrictEqual(control.ledger().violations, [])
    })
  )
})
