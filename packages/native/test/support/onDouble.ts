/** A backend on the double, which has nothing open in the end. */
import type {
  OutgoingProperties,
  RareProperties,
  ReceivedProperties,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { NativeMqrt } from "@effect-msmq/native"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { control, files } from "../theDouble.ts"
import {
  plainMessage as plain,
  plainQueue,
  plainSend as plainOptions
} from "../../../testing/src/contract/plainRecords.ts"

export const assertNothingIsOpen = () => {
  const { counts, violations } = control.ledger()
  assert.deepStrictEqual(violations, [])
  for (const [kind, { open }] of Object.entries(counts)) assert.strictEqual(open, 0, kind)
}

export const onDouble = <A, E>(effect: Effect.Effect<A, E, Mqrt>) =>
  Effect.provide(effect, NativeMqrt.layerWith(files), { local: true })

export const everyQueue: NewQueueProperties = { ...plainQueue, pathName: ".\\private$\\every" }

/** A queue, to send to and to receive from. */
export const withQueue = <A, E>(
  use: (post: {
    readonly mqrt: MqrtFunctions
    readonly formatName: string
    readonly send: (message: Partial<OutgoingProperties>, options: Partial<SendParameters>) => Effect.Effect<void>
    readonly receive: Effect.Effect<ReceivedProperties & { readonly rare: RareProperties }>
  }) => Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const formatName = yield* mqrt.createQueue(everyQueue, null)
    const outgoing = yield* mqrt.openQueue(formatName, "send", "denyNone")
    const incoming = yield* mqrt.openQueue(formatName, "receive", "denyNone")
    const result = yield* use({
      mqrt,
      formatName,
      send: (message, options) =>
        Effect.map(
          mqrt.sendMessages(outgoing, [{ ...plain, ...message }], { ...plainOptions, ...options }),
          ({ accepted, failure, messageIds }) => {
            assert.isNull(failure)
            assert.strictEqual(accepted, 1)
            assert.strictEqual(messageIds?.length, options.messageIds === true ? 1 : undefined)
          }
        ),
      receive: mqrt
        .receiveMessage(incoming, {
          action: "receive",
          timeout: 0,
          cursor: null,
          transaction: "none",
          read: { ...usualRead, rare: true }
        })
        .pipe(
          Effect.orDie,
          Effect.flatMap((received) =>
            received.rare === null
              ? Effect.die(new Error("no rare properties"))
              : Effect.succeed({ ...received, rare: received.rare })
          )
        )
    })
    yield* mqrt.closeQueue(incoming)
    yield* mqrt.closeQueue(outgoing)
    yield* mqrt.deleteQueue(formatName)
    return result
  }).pipe(
    onDouble,
    Effect.tap(() => Effect.sync(assertNothingIsOpen))
  )
