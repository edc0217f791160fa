/** Policies of a gateway in JSON files. */
import type { GatewayPolicy } from "@effect-msmq/remote"
import { Effect, type FileSystem, Path, Redacted, Result, Schema, SchemaIssue } from "effect"
import { Failed } from "../Failed.ts"
import { textOf, tokenOf, variable } from "./client.ts"

/** Place of a token. A policy has no secrets itself, so that it can be shown and kept with the code. */
const token = Schema.Union([Schema.Struct({ environment: Schema.String }), Schema.Struct({ file: Schema.String })])

type TokenPlace = typeof token.Type

const rule = Schema.Struct({
  queues: Schema.Array(Schema.String),
  rights: Schema.Array(Schema.Literals(["send", "receive", "peek", "purge", "manage", "security"]))
})

const atLeast = (least: number) => Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(least)))

const limits = {
  connections: atLeast(1),
  handles: atLeast(1),
  waits: atLeast(1),
  calls: atLeast(1),
  callBytes: atLeast(65536),
  unreadBytes: atLeast(0)
} satisfies { readonly [Name in keyof GatewayPolicy.Limits]-?: unknown }

const rights = {
  queues: Schema.optionalKey(Schema.Array(rule)),
  machine: Schema.optionalKey(
    Schema.Array(
      Schema.Literals([
        "sign",
        "impersonate",
        "directory",
        "look",
        "manage",
        "security",
        "certificates",
        "otherComputers"
      ])
    )
  ),
  limits: Schema.optionalKey(Schema.Struct(limits))
}

const client = Schema.Struct({
  name: Schema.String,
  token: Schema.optionalKey(token),
  certificates: Schema.optionalKey(Schema.Array(Schema.String)),
  ...rights
})

/** Schema of a policy file. */
const policyFile = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  clients: Schema.Array(client),
  anybody: Schema.optionalKey(Schema.Struct({ name: Schema.String, ...rights }))
})

/** Returns the JSON Schema of a policy file, for editors. */
export const jsonSchema = (): unknown => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(policyFile, { onExcessProperty: "error" })
  const shared = Object.keys(definitions).length === 0 ? {} : { $defs: definitions }
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...schema, ...shared }
}

const decode = Schema.decodeUnknownResult(policyFile, { errors: "all", onExcessProperty: "error" })

const words: { readonly [Tag in SchemaIssue.Issue["_tag"]]?: string } = {
  MissingKey: "is missing",
  UnexpectedKey: "is no field of a policy at this place"
}

const formatted = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => words[issue._tag] ?? SchemaIssue.defaultLeafHook(issue)
})

/** Returns a path into a file, such as `clients[0].token`. */
const pathOf = (path: ReadonlyArray<PropertyKey>): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "")

const valueAt = (given: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], given)

/** Returns what is wrong with a policy, one sentence for each place. Nothing of a token is shown. */
const complaints = (given: unknown, issue: SchemaIssue.Issue): ReadonlyArray<string> =>
  formatted(issue).issues.map(({ message, path = [] }) => {
    const keys = path as ReadonlyArray<PropertyKey>
    const place = keys.length === 0 ? "the policy" : pathOf(keys)
    if (keys.at(-1) === "token") {
      return `${place} must be { "environment": "NAME" } or { "file": "FILE" }, which have the token: a policy has no secrets itself`
    }
    const value = valueAt(given, keys)
    const isShown = value !== undefined && message.startsWith("Expected") && !keys.includes("token")
    return `${place} ${message.replace(/^Expected/, "must be")}${isShown ? `, and is ${JSON.stringify(value).slice(0, 100)}` : ""}`
  })

const parsed = (file: string, text: string): Result.Result<unknown, Failed> =>
  Result.try({
    try: () => JSON.parse(text.replace(/^\uFEFF/, "")) as unknown,
    catch: (error) => new Failed({ message: `${file} is not JSON: ${(error as Error).message}` })
  })

/** Reads the token of a client; the path is that of its place in the file. */
const readToken = (
  file: string,
  place: string,
  token: TokenPlace
): Effect.Effect<Redacted.Redacted<string>, Failed, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    if ("file" in token) {
      const { dirname, resolve } = yield* Path.Path
      return yield* Effect.mapError(
        tokenOf(resolve(dirname(file), token.file)),
        ({ message }) => new Failed({ message: `${file}: ${place}.file: ${message}` })
      )
    }
    const value = yield* variable(token.environment)
    return value === undefined
      ? yield* new Failed({ message: `${file}: ${place}.environment: the variable ${token.environment} is not set` })
      : Redacted.make(value)
  })

/** Reads a policy file, and the tokens that it names. A file in it is relative to the folder of the policy. */
export const readPolicy = (
  file: string
): Effect.Effect<GatewayPolicy.GatewayPolicy, Failed, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const given = yield* Effect.fromResult(parsed(file, yield* textOf(file)))
    const { anybody, clients } = yield* Effect.fromResult(
      Result.mapError(decode(given), ({ issue }) => {
        const found = complaints(given, issue)
        return new Failed({ message: found.map((text) => `${file}: ${text}`).join("\neffect-msmq: ") })
      })
    )
    return {
      anybody,
      clients: yield* Effect.forEach(clients, ({ token, ...client }, index) =>
        Effect.map(
          token === undefined ? Effect.undefined : readToken(file, `clients[${index}].token`, token),
          (token) => ({ ...client, token })
        )
      )
    }
  })
