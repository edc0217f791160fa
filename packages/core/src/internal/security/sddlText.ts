import * as Result from "effect/Result"
import { MsmqError } from "../../MsmqError.ts"
import { type Reader, Scanner } from "../names/nameScanner.ts"

/** Reads the whole of a text in the security descriptor definition language, on behalf of `operation`. */
export const readSddl = <A>(operation: string, input: string, reader: Reader<A>): Result.Result<A, MsmqError> => {
  const scanner = new Scanner(input, "specified")
  return reader(scanner).pipe(
    Result.flatMap((value) =>
      scanner.position === input.length
        ? Result.succeed(value)
        : scanner.illegal(`the text ends before "${scanner.next}"; remove what follows`)
    ),
    Result.mapError(
      ({ position, rule }) => new MsmqError({ operation, reason: { _tag: "IllegalSddl", input, position, rule } })
    )
  )
}
