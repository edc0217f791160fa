import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { code, create, drained, labelled, message } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"
import {
  buried,
  classesIn,
  cut,
  join,
  journal,
  labelsIn,
  onStore,
  orders,
  outgoing,
  send,
  single,
  transactionalDeadLetters,
  two
} from "../support/officeAndStore.ts"

const control = MsmqControl.MsmqControl

describe("a transactional message to another machine", () => {
  const letter = message({ journaling: buried, body: new Uint8Array(1000) })

  it.effect("stays on its sender's machine until it is received or becomes a dead letter (D-67, H-04)", () =>
    Effect.gen(function* () {
      yield* onStore(create({ transactional: true }))
      yield* send([letter, message()], single)
      const info = yield* outgoing
      assert.deepStrictEqual(
        [info.messageCount, info.endOfData.unreadCount, info.endOfData.unacknowledgedCount],
        [1, 1, 0]
      )
      assert.isAbove(info.bytesInQueue, 1000)
      const here = yield* control
      yield* here.setMachineQuota({ messages: 2 })
      assert.strictEqual((yield* send([letter], single)).failure?.code, errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      assert.strictEqual((yield* onStore(drained(orders))).length, 2)
      assert.strictEqual((yield* send([letter], single)).failure, null)
      assert.deepStrictEqual(yield* drained(transactionalDeadLetters), [])
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "is a dead letter on the sender's machine after each failure, with the class of the reason (D-61, A-71)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* onStore(create())
        yield* onStore(create({ pathName: ".\\private$\\exact", transactional: true }))
        yield* onStore(create({ pathName: ".\\private$\\signed", transactional: true, authenticate: true }))
        const to = (queue: string) => `DIRECT=OS:STORE\\private$\\${queue}`
        yield* send([letter], single, to("orders"))
        yield* send([letter], single, to("nowhere"))
        yield* send([letter], single, to("signed"))
        yield* send([letter], single, to("exact"))
        yield* onStore(
          Effect.gen(function* () {
            const there = yield* Mqrt.Mqrt
            const handle = yield* there.openQueue(to("exact"), "receive", "denyNone")
            yield* there.purgeQueue(handle)
          })
        )
        assert.deepStrictEqual(yield* classesIn(transactionalDeadLetters), [0x8009, 0x8000, 0x8006, 0xc001])
        assert.strictEqual((yield* mqrt.getQueueManagerInfo(null)).activeQueues.length, 0)
      }).pipe(Effect.provide(two))
  )

  it.effect("is finally acknowledged once the link is joined again (D-57, D-61)", () =>
    Effect.gen(function* () {
      yield* onStore(create({ transactional: true }))
      yield* send([message({ journaling: { deadLetter: true, journal: true } })], single)
      yield* cut()
      yield* onStore(drained(orders))
      assert.deepStrictEqual(yield* drained(journal), [])
      assert.strictEqual((yield* outgoing).messageCount, 1)
      yield* join()
      assert.strictEqual((yield* drained(journal)).length, 1)
      assert.strictEqual(yield* code(outgoing), errors.MQ_ERROR)
    }).pipe(Effect.provide(two))
  )

  it.effect("is not sent again if its final acknowledgment comes before that of its arrival (D-57)", () =>
    Effect.gen(function* () {
      yield* onStore(create({ transactional: true }))
      yield* cut("onlyBack")
      yield* send([message({ journaling: { deadLetter: true, journal: true } })], single)
      assert.strictEqual((yield* onStore(drained(orders))).length, 1)
      yield* join()
      assert.strictEqual((yield* drained(journal)).length, 1)
      assert.strictEqual(yield* code(outgoing), errors.MQ_ERROR)
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
    }).pipe(Effect.provide(two))
  )

  it.effect("transactions go to another machine in the order in which they commit (F-24)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* onStore(create({ transactional: true }))
      yield* cut()
      const [first, second] = [yield* mqrt.beginTransaction, yield* mqrt.beginTransaction]
      yield* send(labelled("first 1", "first 2"), { transaction: first })
      yield* send(labelled("second"), { transaction: second })
      yield* mqrt.commitTransaction(second)
      yield* mqrt.commitTransaction(first)
      yield* join()
      const received = yield* onStore(drained(orders))
      assert.deepStrictEqual(
        received.map((one) => [one.label, one.firstInTransaction, one.lastInTransaction]),
        [
          ["second", true, true],
          ["first 1", true, false],
          ["first 2", false, true]
        ]
      )
    }).pipe(Effect.provide(two))
  )

  it.effect("two machines with one GUID are taken for one, and messages of the second vanish (D-71, H-17)", () =>
    Effect.gen(function* () {
      yield* MsmqControl.on(create({ transactional: true }), "STORE")
      yield* send(labelled("original 1", "original 2"), single)
      yield* MsmqControl.on(send(labelled("clone 1", "clone 2", "clone 3"), single), "CLONE")
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["original 1", "original 2", "clone 3"])
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({
          machines: [
            { machineName: "ORIGINAL", machineId: "6d736d71-0000-4000-8000-00000000000a" },
            { machineName: "CLONE", machineId: "6d736d71-0000-4000-8000-00000000000A" },
            { machineName: "STORE" }
          ]
        })
      )
    )
  )

  const Step = Schema.Union([
    Schema.Struct({ do: Schema.Literal("send"), count: Schema.Literals([1, 2, 3]), transactional: Schema.Boolean }),
    Schema.Struct({ do: Schema.Literals(["cut", "cut back", "join", "restart sender", "restart receiver", "wait"]) })
  ])

  it.effect.prop(
    "arrives at most once and in order, whatever happens to link and machines, and a recoverable one always (D-11)",
    { steps: Schema.Array(Step) },
    ({ steps }) =>
      Effect.gen(function* () {
        yield* onStore(create({ transactional: true }))
        yield* onStore(create({ pathName: ".\\private$\\plain" }))
        const [here, there] = [yield* control, yield* onStore(control)]
        const sent: { exact: Array<string>; plain: Array<string> } = { exact: [], plain: [] }
        for (const step of steps) {
          switch (step.do) {
            case "send": {
              const kind = step.transactional ? "exact" : "plain"
              const names = Array.from({ length: step.count }, (_, index) => `${sent[kind].length + index}`)
              const messages = names.map((label) => message({ label, delivery: "recoverable" }))
              yield* step.transactional
                ? send(messages, single)
                : send(messages, {}, "DIRECT=OS:STORE\\private$\\plain")
              sent[kind].push(...names)
              break
            }
            case "cut":
              yield* here.cutLink("STORE")
              break
            case "cut back":
              yield* here.cutLink("STORE", "onlyBack")
              break
            case "join":
              yield* here.joinLink("STORE")
              break
            case "restart sender":
              yield* Effect.andThen(here.stopService, here.startService)
              break
            case "restart receiver":
              yield* Effect.andThen(there.stopService, there.startService)
              break
            case "wait":
              yield* elapse("45 seconds")
          }
        }
        yield* here.joinLink("STORE")
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), sent.exact)
        const arrived = yield* onStore(labelsIn("DIRECT=OS:STORE\\private$\\plain"))
        assert.deepStrictEqual([...new Set(arrived)], sent.plain)
      }).pipe(Effect.provide(two))
  )
})
