import { MessageQueue, QueueSecurity, Senders } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option } from "effect"
import * as effect from "../common-tasks/effect.ts"
import * as promises from "../common-tasks/promises.ts"

const orders = ".\\private$\\orders"
const invoices = ".\\private$\\invoices"
const requests = ".\\private$\\requests"

const layer = InMemoryMqrt.layerWith({
  users: [{ user: "alice", domain: "CONTOSO", password: "secret", sid: "S-1-5-21-1-2-3-1001" }]
})

describe("the ten common tasks", () => {
  it("do their work with Effect", async () => {
    const order = new effect.Order({ Id: 1, Total: 9.5 })
    const program = Effect.gen(function* () {
      for (const path of [orders, invoices, orders]) yield* effect.ensure(path)
      yield* MessageQueue.create(requests)

      const sent = yield* effect.sendOrder(order)
      assert.deepStrictEqual(yield* effect.takeOrder(sent), Option.some(order))
      assert.deepStrictEqual(yield* effect.takeOrder(sent), Option.none())

      yield* effect.sendOrder(order)
      assert.deepStrictEqual(yield* effect.receiveOrder, Option.some(order))

      yield* effect.sendOrder(order)
      yield* effect.invoiceOrder
      yield* effect.sendOrder(order)
      assert.deepStrictEqual(
        (yield* effect.countMessages).map(({ messageCount }) => messageCount),
        [1, 1, 0]
      )
      assert.deepStrictEqual(yield* effect.listQueues, [
        "MACHINE\\private$\\orders",
        "MACHINE\\private$\\invoices",
        "MACHINE\\private$\\requests"
      ])

      const handled: Array<effect.Order> = []
      const consumer = yield* Effect.forkChild(effect.handleOrders((given) => Effect.sync(() => handled.push(given))))
      while (handled.length === 0) yield* Effect.yieldNow
      yield* Fiber.interrupt(consumer)
      assert.deepStrictEqual(handled, [order])

      const responder = yield* Effect.forkChild(effect.respond((question) => `${question}? Yes.`))
      assert.strictEqual(yield* effect.ask("Coffee"), "Coffee? Yes.")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(responder)))

      yield* effect.letSend("CONTOSO\\alice")
      const [permission] = yield* QueueSecurity.list(orders)
      return [permission?.account, permission?.kind]
    })
    const granted = await Effect.runPromise(program.pipe(Effect.provide(Layer.provideMerge(Senders.layer(), layer))))
    assert.deepStrictEqual(granted, ["CONTOSO\\alice", "allow"])
  })

  it("do their work in promises", async () => {
    const order: promises.Order = { Id: 1, Total: 9.5 }
    await using msmq: Connection = await connect(layer)
    await promises.ensure(msmq, orders)
    await promises.ensure(msmq, invoices)
    await promises.ensure(msmq, orders)
    await msmq.createQueue(requests)

    const sent = await promises.sendOrder(msmq, order)
    assert.deepStrictEqual(await promises.takeOrder(msmq, sent), order)
    assert.isUndefined(await promises.takeOrder(msmq, sent))

    await promises.sendOrder(msmq, order)
    assert.deepStrictEqual(await promises.receiveOrder(msmq), order)

    await promises.sendOrder(msmq, order)
    await promises.invoiceOrder(msmq)
    await promises.sendOrder(msmq, order)
    assert.deepStrictEqual(
      (await promises.countMessages(msmq)).map(({ messageCount }) => messageCount),
      [1, 1, 0]
    )
    assert.strictEqual((await promises.listQueues(msmq)).length, 3)

    const controller = new AbortController()
    const handled: Array<promises.Order> = []
    const handle = async (given: promises.Order) => {
      handled.push(given)
      controller.abort()
    }
    await promises.handleOrders(msmq, handle, controller.signal).catch(() => {})
    assert.deepStrictEqual(handled, [order])

    const responder = promises.respond(msmq, (question) => `${question}? Yes.`)
    assert.strictEqual(await promises.ask(msmq, "Coffee"), "Coffee? Yes.")
    await responder

    await promises.letSend(msmq, "CONTOSO\\alice")
    const [permission] = await msmq.queuePermissions(orders)
    assert.deepStrictEqual([permission?.account, permission?.kind], ["CONTOSO\\alice", "allow"])
  })
})
