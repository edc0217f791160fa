import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CursorHandle } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { openCursor } from "./openCursor.ts"
import type { Reader } from "./Reader.ts"
import { optional } from "./Reader.ts"

/**
 * Returns the lookup ids of the messages that are in a queue now, in its order, but of no more than `maximum`. It reads as little of
 * the messages as it can.
 */
export const lookupIdsIn = (
  operation: Operation,
  reader: Reader<Uint8Array>,
  maximum = Infinity
): Effect.Effect<ReadonlyArray<bigint>, MsmqError> => {
  const scan = (cursor: OwnedHandle.OwnedHandle<CursorHandle>) =>
    Effect.suspend(() => {
      const found: Array<bigint> = []
      const peek = (action: "peekCurrent" | "peekNext") =>
        optional(reader.peekAt({ operation, action, timeout: 0, cursor }, false), "IoTimeout")
      let next = peek("peekCurrent")
      let more = maximum > 0
      return Effect.as(
        Effect.whileLoop({
          while: () => more,
          body: () => next,
          step: (message) => {
            if (Option.isSome(message)) found.push(message.value.lookupId)
            more = Option.isSome(message) && found.length < maximum
            next = peek("peekNext")
          }
        }),
        found
      )
    })
  return reader.retryIfLost(Effect.scoped(Effect.flatMap(openCursor(reader, operation), scan)))
}
