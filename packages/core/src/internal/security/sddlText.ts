import * as Result from "effect/Result"
import { MsmqError } from "../../MsmqError.ts"
import { type Reader, readToEnd, Scanner } from "../names/nameScanner.ts"

/** Reads the whole of a text in the security descriptor definition language, on behalf of `operation`. */
export const readSddl = <A>(operation: string, input: string, reader: Reader<A>): Result.Result<A, MsmqError> =>
  Result.mapError(
    readToEnd(new Scanner(input), reader, "text"),
    (illegal) => new MsmqError({ operation, reason: { _tag: "IllegalSddl", input, ...illegal } })
  )
