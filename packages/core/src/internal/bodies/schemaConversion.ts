import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"

/** Conversion between values and the encoded side of a schema. Failures are rules. */
export interface Conversion<A> {
  readonly encode: (value: A) => Result.Result<unknown, string>
  readonly decode: (encoded: unknown) => Result.Result<A, string>
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

const ruleOf = (issue: SchemaIssue.Issue): string => {
  const { issues } = issuesOf(issue)
  const complaints = issues.slice(0, maximumIssues).map(({ message, path = [] }) => {
    const place = placeOf(path.map((key) => (typeof key === "object" ? key.key : key)))
    return place === "" ? message : `${place}: ${message}`
  })
  const more = issues.length > maximumIssues ? ` (and ${issues.length - maximumIssues} more)` : ""
  return `must fit its schema: ${complaints.join("; ")}${more}`
}

/** Returns the rule for an error that a parser threw, as for a transformation that is asynchronous. */
const thrown = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return `must be converted by its schema at once and without a defect (${String(cause).split("\n")[0]})`
}

export const conversionOf = <A>(schema: Schema.ConstraintCodec<A, unknown>): Conversion<A> => {
  const encode = SchemaParser.encodeUnknownResult(schema, { errors: "all" })
  const decode = SchemaParser.decodeUnknownResult(schema, { errors: "all" })
  const attempt = <B>(run: () => Result.Result<B, SchemaIssue.Issue>): Result.Result<B, string> =>
    Result.flatMap(Result.try({ try: run, catch: thrown }), Result.mapError(ruleOf))
  return {
    encode: (value) => attempt(() => encode(value)),
    decode: (encoded) => attempt(() => decode(encoded))
  }
}
