/** Reading of a whole name that a person wrote. A failure says how to write it right. */
import * as Result from "effect/Result"
import type { MsmqError } from "../../MsmqError.ts"
import { describeText } from "../errors/describeValue.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { isQuoted, mistakeIn } from "./nameMistakes.ts"
import { type Read, type Reader, readText } from "./nameScanner.ts"

const quoted: Read<never> = Result.fail({ position: 0, rule: "a name stands in no quotes" })

export const readName = <A>(operation: Operation, input: string, reader: Reader<A>): Result.Result<A, MsmqError> =>
  Result.mapError(
    typeof input === "string" && isQuoted(input) ? quoted : readText(input, reader),
    ({ position, rule }) => {
      const mistake = typeof input === "string" ? mistakeIn(input) : undefined
      return operation.error({ _tag: "IllegalName", input: describeText(input), position, rule: mistake ?? rule })
    }
  )
