/** Schemas of libraries that implement Standard Schema, such as zod, valibot and arktype. */
import { constVoid } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import { describeValue } from "../errors/describeValue.ts"
import { thrownText } from "../errors/thrownText.ts"
import { isFunction } from "../options/Rule.ts"
import type { Conversion } from "./schemaConversion.ts"
import { ruleOf } from "./schemaConversion.ts"

/** Returns `true` for a schema with the interface of Standard Schema, version 1. */
export const isStandardSchema = (value: unknown): value is StandardSchemaV1 => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false
  if (!("~standard" in value)) return false
  const standard = value["~standard"]
  return (
    typeof standard === "object" &&
    standard !== null &&
    "version" in standard &&
    standard.version === 1 &&
    "validate" in standard &&
    isFunction(standard.validate)
  )
}

const defect = (what: string): Result.Result<never, string> =>
  Result.fail(`must be validated by its schema at once and without a defect (${what})`)

/** Validates a value, at once. Returns what the schema makes of it, or the rule that it breaks, which begins with `rule`. */
const validate = (schema: StandardSchemaV1, value: unknown, rule: string): Result.Result<unknown, string> => {
  try {
    const result: unknown = schema["~standard"].validate(value)
    if (Predicate.isPromiseLike(result)) {
      // An unhandled rejection would end the process.
      result.then(constVoid, constVoid)
      return defect("it returned a promise: validate asynchronously where the message is handled")
    }
    if (typeof result !== "object" || result === null) return defect(`it returned ${describeValue(result)}`)
    const { issues, value: valid } = result as StandardSchemaV1.Result<unknown> & { readonly value?: unknown }
    return issues === undefined ? Result.succeed(valid) : Result.fail(ruleOf(issues, rule))
  } catch (thrown) {
    return defect(thrownText(thrown))
  }
}

const asJson = (value: unknown): Result.Result<unknown, string> => {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (thrown) {
    return Result.fail(`must be a value that JSON has: ${thrownText(thrown)}`)
  }
  return text === undefined
    ? Result.fail(`must be a value that JSON has, which ${describeValue(value)} is not`)
    : Result.succeed(JSON.parse(text))
}

/**
 * Makes the conversion of a schema between its input, which JSON carries, and its output. A value to encode is validated as the
 * receiver will read it from JSON, so that it cannot be sent and then be refused.
 */
export const conversionOfStandard = <Input, Output>(
  schema: StandardSchemaV1<Input, Output>
): Conversion<Input, Output> => ({
  encode: (value) =>
    Result.flatMap(asJson(value), (json) =>
      Result.map(validate(schema, json, "must fit its schema when it is read from JSON"), () => json)
    ),
  decode: (encoded) => validate(schema, encoded, "must fit its schema") as Result.Result<Output, string>
})
