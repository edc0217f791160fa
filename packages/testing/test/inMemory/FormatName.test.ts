import * as Mqrt from "@effect-msmq/core/Mqrt"
import { MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { code, create, direct, drained, labelled, message, plain, receiving, rejectedClasses } from "./seam.ts"
import {
  MQ_ERROR_QUEUE_NOT_FOUND,
  MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION,
  atWarehouse,
  createPublic,
  domain,
  labelsIn,
  list,
  open,
  send,
  setList,
  warehouseId,
  workgroup
} from "../support/threeMachines.ts"

const control = MsmqControl.MsmqControl

const unknown = "11111111-2222-3333-4444-555555555555"

describe("names with GUIDs", () => {
  it.effect("a private queue of another machine can be used by its number (B-11)", () =>
    Effect.gen(function* () {
      const formatName = yield* atWarehouse(create())
      assert.strictEqual(formatName, `PRIVATE=${warehouseId}\\00000001`)
      yield* send(formatName, ["here", "there"])
      const mqrt = yield* Mqrt.Mqrt
      const receiver = yield* open(formatName, "receive")
      assert.strictEqual((yield* mqrt.receiveMessage(receiver, receiving())).label, "here")
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(direct)), ["there"])
      assert.deepStrictEqual(yield* labelsIn(`MACHINE=${warehouseId};DEADLETTER`), [])
      for (const name of [`PRIVATE=${unknown}\\1`, `PUBLIC=${unknown}`, `DL=${unknown}`]) {
        assert.strictEqual(yield* code(open(name)), MQ_ERROR_QUEUE_NOT_FOUND)
      }
      // Only the other machine can tell whether it has a queue of that number.
      yield* send(`PRIVATE=${warehouseId}\\99`, ["lost"])
      assert.deepStrictEqual(yield* atWarehouse(rejectedClasses), [0x8000])
    }).pipe(Effect.provide(domain))
  )

  it.effect("in a workgroup only direct names and names of this machine resolve (B-11, H-11)", () =>
    Effect.gen(function* () {
      const own = yield* create()
      yield* send(own, ["own"])
      assert.deepStrictEqual(yield* labelsIn(direct), ["own"])
      const other = yield* atWarehouse(create())
      for (const access of ["send", "receive"] as const) {
        for (const name of [other, `PUBLIC=${unknown}`, `DL=${unknown}`]) {
          assert.strictEqual(yield* code(open(name, access)), MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION)
        }
      }
      yield* send("DIRECT=OS:WAREHOUSE\\private$\\orders", ["direct"])
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(other)), ["direct"])
    }).pipe(Effect.provide(workgroup))
  )

  it.effect("opening a distribution list resolves it and the lists in it, each queue once (B-20)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const own = yield* create()
      const other = yield* createPublic("warehouse\\orders")
      const inner = "77777777-8888-7777-6666-555555555555"
      yield* control.use((msmq) => msmq.setDistributionList(inner, [other, `DL=${list}`]))
      yield* setList([own, `DL=${inner}`, own.toLowerCase()])
      const handle = yield* open(`DL=${list}`)
      yield* setList([own])
      yield* mqrt.sendMessages(handle, labelled("both"), plain)
      yield* send(`DL=${list}`, ["one"])
      yield* send(`DL=${inner},DIRECT=OS:WAREHOUSE\\orders`, ["many"])
      assert.deepStrictEqual(yield* labelsIn(own), ["both", "one", "many"])
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(other)), ["both", "many", "many"])
    }).pipe(Effect.provide(domain))
  )

  it.effect("a missing list, or an element that does not open, leaves no handle open (B-18, B-20)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const own = yield* create()
      const active = Effect.map(mqrt.getQueueManagerInfo(null), ({ activeQueues }) => activeQueues)
      assert.strictEqual(yield* code(open(`DL=${list},${own}`)), MQ_ERROR_QUEUE_NOT_FOUND)
      yield* setList([own, `PUBLIC=${unknown}`])
      assert.strictEqual(yield* code(open(`DL=${list}`)), MQ_ERROR_QUEUE_NOT_FOUND)
      assert.deepStrictEqual(yield* active, [])
      yield* setList([own])
      yield* open(`DL=${list}`)
      assert.deepStrictEqual(yield* active, [own])
      yield* setList([])
      assert.strictEqual(yield* code(open(`DL=${list}`)), MQ_ERROR_QUEUE_NOT_FOUND)
      assert.strictEqual(yield* code(open(`DL=${list}`, "receive")), MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION)
    }).pipe(Effect.provide(domain))
  )

  it.effect("acknowledgments go to every queue of a list, and to none if the list does not exist (B-28)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const acks = yield* create({ pathName: ".\\private$\\acks" })
      const others = yield* atWarehouse(createPublic(".\\acks"))
      yield* setList([acks, others])
      const sender = yield* open(direct)
      const asking = (adminQueue: string) =>
        message({
          acknowledge: {
            positiveArrival: true,
            positiveReceive: false,
            negativeArrival: false,
            negativeReceive: false
          },
          adminQueue
        })
      yield* mqrt.sendMessages(sender, [asking(`DL=${list}`), asking(`DL=${unknown}`)], plain)
      assert.strictEqual((yield* drained(acks)).length, 1)
      assert.strictEqual((yield* atWarehouse(drained(others))).length, 1)
    }).pipe(Effect.provide(domain))
  )
})
