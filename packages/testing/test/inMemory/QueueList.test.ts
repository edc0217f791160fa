import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { code, create, drained, labelled, message, plain, settled, text } from "./seam.ts"
import {
  cut,
  join,
  labelsIn,
  onStore,
  openSender,
  orders,
  queues,
  send,
  single,
  two
} from "../support/officeAndStore.ts"

describe("a list of queues", () => {
  const here = "DIRECT=OS:OFFICE\\private$\\here"
  const list = `${here},${orders}`

  it.effect("gets a copy for each, under one message id and each queue's own name (D-04, B-18)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* create({ pathName: ".\\private$\\here" })
      const outcome = yield* send([message({ label: "a", body: text("shared") })], { messageIds: true }, list)
      const [mine] = yield* drained(here)
      mine?.body?.fill(0)
      const [theirs] = yield* onStore(drained(orders))
      assert.deepStrictEqual([mine?.destinationQueue, theirs?.destinationQueue], [here, orders])
      assert.deepStrictEqual([mine?.messageId, theirs?.messageId], [outcome.messageIds?.[0], outcome.messageIds?.[0]])
      assert.deepStrictEqual(theirs?.body, text("shared"))
    }).pipe(Effect.provide(two))
  )

  it.effect("opens to send only, without keeping others out, and as a whole or not at all (B-16, B-17, B-18)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      assert.strictEqual(yield* code(openSender(list)), errors.MQ_ERROR_QUEUE_NOT_FOUND)
      assert.strictEqual((yield* mqrt.getQueueManagerInfo(null)).activeQueues.length, 0)
      yield* create({ pathName: ".\\private$\\here" })
      yield* openSender(list)
      assert.strictEqual(
        yield* code(mqrt.openQueue(list, "send", "denyReceive")),
        errors.MQ_ERROR_UNSUPPORTED_ACCESS_MODE
      )
      assert.strictEqual(
        yield* code(mqrt.openQueue(list, "receive", "denyNone")),
        errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      )
    }).pipe(Effect.provide(two))
  )

  it.effect("stops at the first queue that fails, and the queues before it keep their messages (D-04)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create({ pathName: ".\\private$\\a" })
      const name = yield* create({ pathName: ".\\private$\\b" })
      const [a, b] = ["DIRECT=OS:OFFICE\\private$\\a", "DIRECT=OS:OFFICE\\private$\\b"]
      const handle = yield* openSender(`${a},${b}`)
      yield* mqrt.deleteQueue(name)
      const outcome = yield* mqrt.sendMessages(handle, labelled("1", "2"), plain)
      assert.deepStrictEqual([outcome.accepted, outcome.failure?.code], [0, errors.MQ_ERROR_QUEUE_DELETED])
      assert.deepStrictEqual(yield* labelsIn(a), ["1"])
    }).pipe(Effect.provide(two))
  )

  it.effect("is signed by version 3.0, whatever was asked for (A-46)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* create({ pathName: ".\\private$\\here" })
      yield* send(labelled("a"), { authenticationLevel: "msmq10" }, list)
      yield* send(labelled("b"), { authenticationLevel: "msmq10" }, here)
      assert.deepStrictEqual(
        (yield* drained(here)).map(({ authenticated }) => authenticated),
        [5, 1]
      )
    }).pipe(Effect.provide(two))
  )

  it.effect("is sent to in a transaction as a whole (F-29)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues({ transactional: true })
      yield* create({ pathName: ".\\private$\\here", transactional: true })
      for (const [end, expected] of [
        ["abortTransaction", []],
        ["commitTransaction", ["a"]]
      ] as const) {
        const transaction = yield* mqrt.beginTransaction
        yield* send(labelled("a"), { transaction }, list)
        yield* mqrt[end](transaction)
        assert.deepStrictEqual(yield* labelsIn(here), [...expected])
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), [...expected])
      }
    }).pipe(Effect.provide(two))
  )
})

describe("a multicast address", () => {
  const address = "234.1.1.1:8001"
  const multicast = `MULTICAST=${address}`

  it.effect("reaches every queue with the address on each machine that can be reached, and stores nothing (C-17)", () =>
    Effect.gen(function* () {
      const listening = { multicastAddress: address }
      yield* create({ pathName: ".\\private$\\here", ...listening })
      yield* create({ pathName: ".\\private$\\other", multicastAddress: "234.1.1.1:8002" })
      yield* onStore(create(listening))
      yield* send(labelled("a"), {}, multicast)
      yield* cut()
      yield* send(labelled("b"), {}, multicast)
      yield* join()
      yield* settled
      assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\here"), ["a", "b"])
      assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\other"), [])
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
    }).pipe(Effect.provide(two))
  )

  it.effect("cannot be read, nor sent to in a transaction (B-22, C-17)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* code(mqrt.openQueue(multicast, "receive", "denyNone")), unsupported)
      assert.strictEqual((yield* send(labelled("a"), single, multicast)).failure?.code, unsupported)
    }).pipe(Effect.provide(two))
  )
})
