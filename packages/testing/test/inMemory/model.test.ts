import { InMemoryMqrt } from "@effect-msmq/testing"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { programs, runProgram } from "../support/queueProgram.ts"

const promise = "nothing is lost, nothing is handed out twice, and all is in order, as in the model"

describe("a random program with a queue and its subqueue", () => {
  it.effect.prop(
    `that are plain: ${promise} (D-07, D-08, D-27, D-33, D-43, E-10, E-11, E-23 to E-31, E-33, E-35, E-38, E-39, E-41 to E-44, E-55, E-61, E-64, B-36)`,
    { program: programs },
    ({ program }) => runProgram(false, program).pipe(Effect.provide(InMemoryMqrt.layer)),
    { arbitrary: { runs: 700, size: 120 } }
  )

  it.effect.prop(
    `that are transactional: ${promise} (D-09, D-38, D-42, E-06, E-32, E-55, E-61 to E-66, F-18 to F-22, F-24 to F-29, F-36, F-37, X-24)`,
    { program: programs },
    ({ program }) => runProgram(true, program).pipe(Effect.provide(InMemoryMqrt.layer)),
    { arbitrary: { runs: 700, size: 120 } }
  )
})
