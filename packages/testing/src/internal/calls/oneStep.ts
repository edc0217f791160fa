import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { failure } from "../facts/Failure.ts"

class Refused extends Error {
  readonly code: ErrorCodeName

  constructor(code: ErrorCodeName) {
    super(code)
    this.code = code
  }
}

/**
 * Runs a function and succeeds with its result in one step of the fiber. A fiber may be interrupted between any two steps: a
 * message that one step takes and the next returns would be lost there. `name`: the function of `mqrt.dll` that a failure
 * names.
 */
export const inOneStep = <A>(name: string, run: () => Fallible<A>): Effect.Effect<A, MqrtFailure> =>
  Effect.catchDefect(
    Effect.sync(() => {
      const result = run()
      if (Result.isFailure(result)) throw new Refused(result.failure)
      return result.success
    }),
    (defect) => (defect instanceof Refused ? Effect.fail(failure(name, defect.code)) : Effect.die(defect))
  )
