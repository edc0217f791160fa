import { MessageBody, MessageQueue, MsmqError } from "@effect-msmq/core"
import { TestMsmq } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Result, Schema, SchemaGetter } from "effect"

const orders = ".\\private$\\orders"

class Currency extends Context.Service<Currency, { readonly symbol: string }>()("test/Currency") {}
class Rates extends Context.Service<Rates, { readonly rate: Effect.Effect<number> }>()("test/Rates") {}

/** Text such as "€4.50", in the currency of the service. */
const Price = Schema.String.pipe(
  Schema.decodeTo(Schema.Finite, {
    decode: SchemaGetter.transformEffect((text: string) =>
      Effect.flatMap(Rates, ({ rate }) => Effect.map(rate, (rate) => Number(text.slice(1)) * rate))
    ),
    encode: SchemaGetter.transformEffect((price: number) =>
      Effect.map(Currency, ({ symbol }) => `${symbol}${price.toFixed(2)}`)
    )
  })
)

/** A value that a program without types has. */
const untyped = (value: unknown) => value as never

const Order = Schema.Struct({ id: Schema.Int, price: Price })

const codec = (symbol: string, rate: Effect.Effect<number> = Effect.succeed(1)) =>
  MessageBody.jsonWithServices(Order).pipe(
    Effect.provideService(Currency, { symbol }),
    Effect.provideService(Rates, { rate })
  )

describe("a codec for JSON of a schema with services", () => {
  it.effect("has those of the effect that made it, on both sides", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders, { body: yield* codec("€") })
      const texts = yield* MessageQueue.openReceiver(orders, { body: MessageBody.text })
      const doubled = yield* MessageQueue.openReceiver(orders, { body: yield* codec("€", Effect.succeed(2)) })
      yield* sender.sendAll([{ body: { id: 1, price: 4.5 } }, { body: { id: 2, price: 4.5 } }])
      assert.strictEqual((yield* texts.receive).body, '{"id":1,"price":"€4.50"}')
      assert.deepStrictEqual((yield* doubled.receive).body, { id: 2, price: 9 })
    }).pipe((test) => TestMsmq.run(test))
  )

  it.effect("refuses what does not fit, what waits and what dies, with the rule", () =>
    Effect.gen(function* () {
      const fitting = yield* codec("€")
      const text = (json: string) => ({ body: new TextEncoder().encode(json), bodyType: 0 })
      const unfit = Result.getOrThrow(Result.flip(fitting.decode(text('{"id":"1","price":"€1"}'))))
      assert.include(unfit, "must fit its schema: id: ")
      let interrupted = false
      const wait = Effect.onInterrupt(Effect.as(Effect.sleep("1 second"), 1), () =>
        Effect.sync(() => {
          interrupted = true
        })
      )
      const waiting = yield* codec("€", wait)
      const late = Result.getOrThrow(Result.flip(waiting.decode(text('{"id":1,"price":"€1"}'))))
      assert.include(
        late,
        "must be converted by its schema at once and without a defect (Error: it waits for something)"
      )
      assert.isTrue(interrupted)
      const dying = yield* codec("€", Effect.die(new Error("no rates today")))
      const broken = Result.getOrThrow(Result.flip(dying.decode(text('{"id":1,"price":"€1"}'))))
      assert.include(broken, "no rates today")
    })
  )

  it.effect("is not made of a value that is not a schema", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageBody.jsonWithServices<string, never, never>(untyped({})))
      assert(error instanceof MsmqError.MsmqError && error.reason._tag === "IllegalOption", String(error))
    })
  )
})
