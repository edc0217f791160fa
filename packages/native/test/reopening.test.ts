import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import { control, files, missing } from "./theDouble.ts"

const orders = ".\\private$\\orders"

const codes = ["MQ_ERROR_STALE_HANDLE", "MQ_ERROR_INVALID_HANDLE", "MQ_ERROR_INVALID_PARAMETER"] as const

/** Runs a program on the double, which then has nothing open and nothing to complain of. */
const onDouble = <A, E>(effect: Effect.Effect<A, E, Mqrt>) =>
  Effect.andThen(
    Effect.provide(effect, NativeMqrt.layerWith(files), { local: true }),
    Effect.sync(() => {
      const { counts, violations } = control.ledger()
      assert.deepStrictEqual(violations, [])
      for (const [kind, { open }] of Object.entries(counts)) assert.strictEqual(open, 0, kind)
    })
  )

describe.skipIf(missing !== null)("a call whose handle mqrt.dll no longer knows (C-37, C-38)", () => {
  beforeEach(() => control.reset())

  for (const code of codes) {
    it.live(`is made again with another handle: ${code}`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        yield* sender.sendAll([{ label: "a" }, { label: "b" }, { label: "c" }])
        const first = yield* receiver.receive
        assert.strictEqual(first.label, "a")

        const opened = control.callCount("MQOpenQueue")
        control.failNext("MQSendMessage", ErrorCode.errors[code], 2)
        const { accepted } = yield* sender.sendAll([{ label: "d" }, { label: "e" }, { label: "f" }])
        assert.strictEqual(accepted, 3)
        assert.strictEqual(control.callCount("MQOpenQueue"), opened + 1)

        control.failNext("MQReceiveMessage", ErrorCode.errors[code])
        assert.strictEqual((yield* receiver.receive).label, "b")
        const third = yield* receiver.peek
        control.failNext("MQReceiveMessageByLookupId", ErrorCode.errors[code])
        yield* receiver.lookup("receiveCurrent", third.lookupId)
        assert.strictEqual(control.callCount("MQOpenQueue"), opened + 3)
        for (const label of ["d", "e", "f"]) assert.strictEqual((yield* receiver.receive).label, label)
      }).pipe(Effect.scoped, onDouble)
    )
  }
})
