import type { MessageProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { isDeepStrictEqual } from "node:util"
import { assertHeldToTable, sampleMessage, sentInMessage } from "../../../core/test/support/heldToTable.ts"
import { ends, message, plain, receiving } from "./seam.ts"

const sample: MessageProperties = sampleMessage

describe("a message of the in-memory Message Queuing", () => {
  it.effect("carries every field to peeks and to receives", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const { receiver, sender } = yield* ends()
      const peeked: Array<string> = []
      const received: Array<string> = []
      for (const [field, value] of Object.entries(sample)) {
        yield* mqrt.sendMessages(sender, [message({ [field]: value })], plain)
        for (const [arrived, action] of [
          [peeked, "peekCurrent"],
          [received, "receive"]
        ] as const) {
          const found = yield* mqrt.receiveMessage(receiver, receiving({ action }))
          const is = Object.entries(found).find(([name]) => name === field)?.[1]
          if (isDeepStrictEqual(is, value)) arrived.push(field)
        }
      }
      assertHeldToTable(peeked, sentInMessage)
      assertHeldToTable(received, sentInMessage)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
