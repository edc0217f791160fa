import { MessageBody, MessageQueue, Mqrt, MsmqError, QueueService, Transaction } from "@effect-msmq/core"
import { HandleLedger, TestMsmq } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Layer, Option, Schema } from "effect"

const queue = ".\\private$\\orders"
const body = MessageBody.json(Schema.Struct({ id: Schema.Int }))

class Orders extends QueueService.Sender<Orders>()("test/Orders", { queue, body }) {}
class Incoming extends QueueService.Receiver<Incoming>()("test/Incoming", {
  queue,
  body,
  shareMode: "denyReceive",
  read: { security: false }
}) {}

const create = (name: string, options: MessageQueue.CreateOptions = {}) => MessageQueue.create(name, options)

const environment = (env: Readonly<Record<string, string>>) => ConfigProvider.layer(ConfigProvider.fromEnv({ env }))

/** A value that a program without types has. */
const untyped = (value: unknown) => value as never

const thrownBy = (call: () => unknown): MsmqError.MsmqError => {
  try {
    call()
  } catch (error) {
    assert(error instanceof MsmqError.MsmqError, String(error))
    return error
  }
  return assert.fail("it did not throw")
}

describe("a queue as a service", () => {
  it.effect("is opened by its layer once for all who ask for it, and closed with the layer", () =>
    Effect.gen(function* () {
      yield* create(queue)
      const send = (id: number) => Effect.flatMap(Orders, (orders) => orders.send({ body: { id } }))
      const opened = yield* Effect.all([send(1), send(2), HandleLedger.open]).pipe(
        Effect.provide(Orders.layer),
        Effect.map(([, , open]) => open.length)
      )
      assert.deepStrictEqual([opened, (yield* HandleLedger.open).length], [1, 0])
      const received = yield* Effect.gen(function* () {
        const incoming = yield* Incoming
        const { body } = yield* incoming.receive
        const sharing = yield* Effect.flip(MessageQueue.openReceiver(queue))
        return [body.id, sharing.reason._tag]
      }).pipe(Effect.provide(Incoming.layer))
      assert.deepStrictEqual(received, [1, "SharingViolation"])
    }).pipe(TestMsmq.run)
  )

  it.effect("serves two programs with two services, in one layer over one backend", () =>
    Effect.gen(function* () {
      yield* create(queue, { transactional: true })
      const program = Effect.gen(function* () {
        const [orders, incoming] = [yield* Orders, yield* Incoming]
        assert.deepStrictEqual([orders.transactional, incoming.transactional], [true, true])
        yield* Transaction.run(orders.sendAll([{ body: { id: 1 } }, { body: { id: 2 } }]))
        return [(yield* incoming.receive).body.id, (yield* incoming.receive).body.id]
      })
      assert.deepStrictEqual(yield* Effect.provide(program, Layer.merge(Orders.layer, Incoming.layer)), [1, 2])
    }).pipe(TestMsmq.run)
  )

  it.effect("has the queue that the configuration names", () =>
    Effect.gen(function* () {
      const other = ".\\private$\\orders.of.tests"
      yield* create(other)
      const named = Config.String("ORDERS_QUEUE")
      const names = Effect.map(Effect.all([Orders, Incoming]), (all) => all.map((opened) => opened.queue))
      const layer = Layer.merge(Orders.layerConfig(named), Incoming.layerConfig(named))
      const given = Layer.provide(layer, environment({ ORDERS_QUEUE: other }))
      assert.deepStrictEqual(yield* Effect.provide(names, given), [other, other])

      const missing = yield* names.pipe(Effect.provide(Layer.provide(layer, environment({}))), Effect.flip)
      assert.strictEqual(missing._tag, "ConfigError")
      const nowhere = Layer.provide(layer, environment({ ORDERS_QUEUE: ".\\private$\\nowhere" }))
      const absent = yield* names.pipe(Effect.provide(nowhere), Effect.flip)
      assert(absent._tag === "MsmqError" && absent.reason._tag === "QueueNotFound", String(absent))
      const wrong = yield* names.pipe(
        Effect.provide(Layer.merge(Orders.layerConfig(Config.succeed(untyped(7))), Incoming.layer)),
        Effect.flip
      )
      assert(wrong._tag === "MsmqError" && wrong.reason._tag === "IllegalOption", String(wrong))
    }).pipe(TestMsmq.run)
  )

  it.effect("can be another one in a test: a layer with any sender", () =>
    Effect.gen(function* () {
      yield* create(`${queue}2`)
      const sender = yield* MessageQueue.openSender(`${queue}2`, { body })
      const send = Effect.flatMap(Orders, (orders) => orders.send({ body: { id: 1 } }))
      yield* Effect.provideService(send, Orders, sender)
      const receiver = yield* MessageQueue.openReceiver(`${queue}2`, { body })
      assert.isTrue(Option.isSome(yield* receiver.poll))
    }).pipe(TestMsmq.run)
  )

  it.effect("fails as an opening does, and leaves nothing open", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Orders, Orders.layer))
      assert.deepStrictEqual([error.reason._tag, error.queue], ["QueueNotFound", queue])
    }).pipe(TestMsmq.run)
  )

  it("is refused with options that do not exist or are not allowed, and without a queue or a name", () => {
    const cases: ReadonlyArray<readonly [string, () => unknown]> = [
      ["queue", () => QueueService.Sender()("test/A", untyped({}))],
      ["queue", () => QueueService.Receiver()("test/A", untyped({ queue: 7 }))],
      ["bodi", () => QueueService.Sender()("test/A", untyped({ queue, bodi: body }))],
      ["access", () => QueueService.Receiver()("test/A", untyped({ queue, access: "write" }))],
      ["options", () => QueueService.Sender()("test/A", untyped(7))],
      ["id", () => QueueService.Sender()("", { queue })],
      ["id", () => QueueService.Receiver()(untyped(undefined), { queue })]
    ]
    for (const [option, call] of cases) {
      const { message, operation, reason } = thrownBy(call)
      assert(reason._tag === "IllegalOption" && reason.option === option, message)
      assert.match(operation, /^QueueService\./)
    }
  })

  it.effect("is not opened by a layer of something that is no configuration", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Orders, Orders.layerConfig(untyped(queue))))
      assert(error._tag === "MsmqError" && error.reason._tag === "IllegalOption", String(error))
      assert.include(error.message, "QueueService.Sender: config is")
    }).pipe(Effect.provide(Layer.effect(Mqrt.Mqrt, Mqrt.Mqrt).pipe(Layer.provide(TestMsmq.layer))))
  )
})
