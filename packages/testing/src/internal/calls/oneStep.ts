import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as AtOnce from "@effect-msmq/core/mqrt/AtOnce"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import type { LongOperations } from "../network/LongOperations.ts"
import { failure } from "../facts/Failure.ts"

class Refused extends Error {
  readonly code: ErrorCodeName

  constructor(code: ErrorCodeName) {
    super(code)
    this.code = code
  }
}

/** Error of a step before which the fiber has yielded, and an operation on many messages has begun. */
class Busy extends Error {}

/**
 * Runs a function and succeeds with its result in one step of the fiber, when no operation on many messages goes on. A fiber
 * may be interrupted between any two steps: a message that one step takes and the next returns would be lost there. `name`: the
 * function of `mqrt.dll` that a failure names; `now` in milliseconds since 1970.
 */
export const inOneStep = <A>(
  operations: LongOperations,
  name: string,
  run: (now: number) => Fallible<A>
): Effect.Effect<A, MqrtFailure> =>
  AtOnce.make(
    operations.whenIdle((now) =>
      Effect.catchDefect(
        Effect.sync(() => {
          if (!operations.isIdle) throw new Busy()
          const result = run(now)
          if (Result.isFailure(result)) throw new Refused(result.failure)
          return result.success
        }),
        (defect) => {
          if (defect instanceof Busy) return inOneStep(operations, name, run)
          return defect instanceof Refused ? Effect.fail(failure(name, defect.code)) : Effect.die(defect)
        }
      )
    ),
    (fiber) => {
      if (!operations.isIdle) return undefined
      const result = run(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
      return Result.isFailure(result) ? Exit.fail(failure(name, result.failure)) : result.success
    }
  )
