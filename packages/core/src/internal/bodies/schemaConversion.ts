import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import type * as StandardSchema from "effect/StandardSchema"

/** Conversion between values and the encoded side of a schema. Failures are rules. */
export interface Conversion<Sent, Received = Sent> {
  readonly encode: (value: Sent) => Result.Result<unknown, string>
  readonly decode: (encoded: unknown) => Result.Result<Received, string>
}

/** Annotation of a schema for the values of a class. */
const constructorAnnotation = "~constructor"

/**
 * Explains how to make an instance, for a value that is no instance of its class, such as a plain object with the same fields.
 */
const howToConstruct: SchemaIssue.LeafHook = (issue) => {
  const message = SchemaIssue.defaultLeafHook(issue)
  if (issue._tag !== "InvalidType" || !AST.isDeclaration(issue.ast)) return message
  const { annotations = {} } = issue.ast
  const { identifier } = annotations
  return constructorAnnotation in annotations && typeof identifier === "string"
    ? `${message}, an instance of its class: make one with new ${identifier}({ ... })`
    : message
}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1({ leafHook: howToConstruct })

/** Number of complaints that an error shows. */
const maximumIssues = 3

const placeOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (place, key) => (typeof key === "number" ? `${place}[${key}]` : `${place}${place === "" ? "" : "."}${String(key)}`),
    ""
  )

/** Returns the rule that a value breaks, with the beginning of a long list of issues. */
export const ruleOf = (issues: ReadonlyArray<StandardSchema.StandardSchemaV1.Issue>, rule: string): string => {
  const complaints = issues.slice(0, maximumIssues).map(({ message, path }) => {
    const place = placeOf((path ?? []).map((key) => (typeof key === "object" ? key.key : key)))
    return place === "" ? message : `${place}: ${message}`
  })
  const more = issues.length > maximumIssues ? ` (and ${issues.length - maximumIssues} more)` : ""
  return `${rule}: ${complaints.join("; ")}${more}`
}

/** Returns the rule for an error that a parser threw, as for a transformation that is asynchronous. */
const thrown = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return `must be converted by its schema at once and without a defect (${String(cause).split("\n")[0]})`
}

/** Converts a value. Throws for a conversion that is asynchronous or has a defect. */
type Convert<B> = (value: unknown) => Result.Result<B, SchemaIssue.Issue>

const conversionBy = <A>(encode: Convert<unknown>, decode: Convert<A>): Conversion<A> => {
  const attempt = <B>(convert: Convert<B>, value: unknown): Result.Result<B, string> =>
    Result.flatMap(
      Result.try({ try: () => convert(value), catch: thrown }),
      Result.mapError((issue) => ruleOf(issuesOf(issue).issues, "must fit its schema"))
    )
  return {
    encode: (value) => attempt(encode, value),
    decode: (encoded) => attempt(decode, encoded)
  }
}

const allErrors: AST.ParseOptions = { errors: "all" }

export const conversionOf = <A>(schema: Schema.ConstraintCodec<A, unknown>): Conversion<A> =>
  conversionBy(SchemaParser.encodeUnknownResult(schema, allErrors), SchemaParser.decodeUnknownResult(schema, allErrors))

/** Makes the conversion of a schema that needs services, with those of a context. */
export const conversionWith = <A, RD, RE>(
  schema: Schema.ConstraintCodec<A, unknown, RD, RE>,
  context: Context.Context<RD | RE>
): Conversion<A> => {
  const atOnce =
    <B, R extends RD | RE>(convert: (value: unknown) => Effect.Effect<B, SchemaIssue.Issue, R>): Convert<B> =>
    (value) => {
      const exit = Effect.runSyncExitWith(context)(Effect.result(convert(value)))
      if (Exit.isSuccess(exit)) return exit.value
      const error = Cause.squash(exit.cause)
      if (!Cause.isAsyncFiberError(error)) throw error
      error.fiber.interruptUnsafe()
      throw new Error("it waits for something")
    }
  return conversionBy(
    atOnce(SchemaParser.encodeUnknownEffect(schema, allErrors)),
    atOnce(SchemaParser.decodeUnknownEffect(schema, allErrors))
  )
}
