import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { create } from "./seam.ts"

const control = MsmqControl.MsmqControl

describe("the machine", () => {
  it.effect("each build of the layer is a machine of its own", () =>
    Effect.gen(function* () {
      yield* create().pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      const queues = yield* control.use((msmq) => msmq.queues).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      assert.deepStrictEqual(queues, [])
    })
  )

  it.effect("its name and id are those that the options give it", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* create({ pathName: "warehouse\\private$\\Orders" })
      assert.strictEqual(formatName, "PRIVATE=aaaaaaaa-0000-4000-8000-000000000002\\00000001")
      const [queue] = yield* control.use((msmq) => msmq.queues)
      assert.deepStrictEqual(queue, {
        pathName: "WareHouse\\private$\\Orders",
        formatName,
        messages: 0,
        outgoing: false
      })
      assert.strictEqual(yield* mqrt.pathNameToFormatName("WAREHOUSE\\private$\\orders"), formatName)
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({ machineName: "WareHouse", machineId: "AAAAAAAA-0000-4000-8000-000000000002" })
      )
    )
  )
})
