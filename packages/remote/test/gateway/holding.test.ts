/** Messages of plain queues that a gateway holds in its subqueue, while their queue is opened again or closed. */
import { errors } from "@effect-msmq/core/ErrorCode"
import { MessageQueue } from "@effect-msmq/core"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { leastRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { InMemoryMqrt } from "@effect-msmq/testing"
import * as HandleLedger from "@effect-msmq/testing/HandleLedger"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { HoldingSubqueue } from "../../src/internal/gateway/Holding.ts"

const orders = ".\\private$\\orders"
const direct = `DIRECT=OS:${orders}`

/** Backend whose next moves find stale handles, as after a restart of the service. */
const restarted = (mqrt: Mqrt.Mqrt["Service"]) => {
  const state = { stale: 0 }
  const stale = new Mqrt.MqrtFailure({ function: "MQMoveMessage", code: errors.MQ_ERROR_STALE_HANDLE, properties: [] })
  const moveMessage: typeof mqrt.moveMessage = (...given) =>
    Effect.suspend(() => (state.stale-- > 0 ? Effect.fail(stale) : mqrt.moveMessage(...given)))
  return { state, mqrt: { ...mqrt, moveMessage } }
}

/** Takes the labels of all messages of a queue. */
const labels = Effect.fnUntraced(function* (name: string) {
  const receiver = yield* MessageQueue.openReceiver(name)
  const found: Array<string> = []
  for (;;) {
    const message = yield* receiver.poll
    if (Option.isNone(message)) return found
    found.push(message.value.label)
  }
}, Effect.scoped)

const arranged = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  const sender = yield* MessageQueue.openSender(orders)
  for (const label of ["first", "second"]) yield* sender.send({ label })
  const { mqrt, state } = restarted(yield* Mqrt.Mqrt)
  const handle = yield* mqrt.openQueue(direct, "receive", "denyNone")
  const peek = (action: "peekFirst" | "peekLast") =>
    mqrt.receiveMessageByLookupId(handle, 0n, action, { transaction: "none", read: leastRead })
  const holding = new HoldingSubqueue(mqrt, direct, "gateway")
  const take = (action: "peekFirst" | "peekLast") =>
    Effect.flatMap(peek(action), ({ lookupId }) => holding.take(handle, lookupId, leastRead))
  return { holding, state, take, close: mqrt.closeQueue(handle) }
})

const layer = HandleLedger.layer(InMemoryMqrt.layer)
const expectNoLeaks = Effect.flatMap(HandleLedger.HandleLedger, (ledger) => ledger.expectNoLeaks)

describe("a message that a gateway holds", () => {
  it.effect("can be removed and put back after another made its handles stale", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { close, holding, state, take } = yield* arranged
          const first = yield* take("peekFirst")
          state.stale = 1
          const second = yield* take("peekLast")
          yield* first.complete
          state.stale = 1
          yield* second.abandon
          yield* holding.close
          yield* close
          assert.deepStrictEqual(yield* labels(orders), ["second"])
          assert.deepStrictEqual(yield* labels(`${orders};gateway`), [])
        })
      )
      yield* expectNoLeaks
    }).pipe(Effect.provide(layer))
  )

  it.effect("can be put back after its queue was closed, and nothing stays open", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { close, holding, take } = yield* arranged
          const first = yield* take("peekFirst")
          const second = yield* take("peekFirst")
          yield* holding.close
          yield* close
          yield* first.abandon
          yield* second.abandon
          assert.deepStrictEqual((yield* labels(orders)).toSorted(), ["first", "second"])
        })
      )
      yield* expectNoLeaks
    }).pipe(Effect.provide(layer))
  )
})
