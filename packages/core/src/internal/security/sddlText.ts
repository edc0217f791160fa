import * as Result from "effect/Result"
import { MsmqError } from "../../MsmqError.ts"
import { type Reader, readToEnd, Scanner, shown } from "../names/nameScanner.ts"
import { argumentResult } from "../options/illegalOption.ts"
import { text } from "../options/Rule.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Reads the whole of a text in the security descriptor definition language, on behalf of `operation`. */
export const readSddl = <A>(operation: Operation, input: string, reader: Reader<A>): Result.Result<A, MsmqError> =>
  Result.flatMap(argumentResult({ operation }, "text", text, input), (given) =>
    Result.mapError(readToEnd(new Scanner(given), reader, "text"), (illegal) =>
      operation.error({ _tag: "IllegalSddl", input: shown(given), ...illegal })
    )
  )
