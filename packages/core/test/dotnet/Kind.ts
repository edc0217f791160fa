import type { MessageBody } from "@effect-msmq/core"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { oneOf } from "./values.ts"

/** A type of .NET beside the schema that stands for it. */
export interface Kind<A = unknown> {
  /** Name of the type in C#, as `judge/TypeNames.cs` knows it. */
  readonly type: string
  readonly schema: Schema.ConstraintCodec<A, unknown>
  readonly values: Arbitrary.Arbitrary<A>
  /** Prints a value in the judge's notation. */
  notation(value: A): string
  /** `true` where a class that has no such member has null in .NET. */
  readonly mayBeAbsent?: boolean
  /** Names that .NET's attributes give, for a document that has this kind as its root. */
  readonly options?: MessageBody.XmlOptions
}

/** Returns the name that .NET's reflection gives a type: that of a generic one counts its arguments. */
const reflected = (type: string): string => type.replace(/<.*>$/, "`1")

export const array = (item: Kind, type = `${item.type}[]`): Kind<ReadonlyArray<unknown>> => ({
  type,
  schema: Schema.Array(item.schema),
  values: Arbitrary.array(item.values, { maxLength: 4 }),
  notation: (items) => `${type.replace(/<[^[]*>/, "`1")}[${items.map((one) => item.notation(one)).join()}]`
})

export const list = (item: Kind): Kind<ReadonlyArray<unknown>> => array(item, `List<${item.type}>`)

/** Narrows a kind of lists to those that have items. */
export const notEmpty = (kind: Kind<ReadonlyArray<unknown>>): Kind<ReadonlyArray<unknown>> => ({
  ...kind,
  values: kind.values.pipe(Arbitrary.filter((items) => items.length > 0))
})

/** Makes the kind of a value that may be null: of a value type where C# says `T?`, of a reference otherwise. */
const orNull = (kind: Kind, type: string): Kind => ({
  type,
  schema: Schema.NullOr(kind.schema),
  values: oneOf<unknown>(kind.values, Arbitrary.Constant(null)),
  notation: (value) => (value === null ? "null" : kind.notation(value))
})

export const nullable = (kind: Kind): Kind => orNull(kind, `Nullable<${kind.type}>`)
export const nullableReference = (kind: Kind): Kind => orNull(kind, kind.type)

/** Makes the kind of a member that is left out where it is null in .NET. */
export const optional = (kind: Kind): Kind => ({ ...kind, mayBeAbsent: true })

const withoutAbsent = (members: object) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/** Makes the kind of a class, by the names and kinds of its members in their order. */
export const classOf = (
  type: string,
  members: Readonly<Record<string, Kind>>,
  renamed: Readonly<Record<string, string>> = {},
  options: MessageBody.XmlOptions = {}
): Kind => {
  const all = Object.entries(members)
  const fields = all.map(
    ([name, { mayBeAbsent, schema }]) => [name, mayBeAbsent ? Schema.optionalKey(schema) : schema] as const
  )
  const values = all.map(([name, { mayBeAbsent, values: own }]) => {
    return [name, mayBeAbsent ? oneOf<unknown>(own, Arbitrary.Constant(undefined)) : own] as const
  })
  const named = Schema.Struct(Object.fromEntries(fields)).annotate({ identifier: type })
  return {
    type,
    schema: Object.keys(renamed).length === 0 ? named : named.pipe(Schema.encodeKeys(renamed)),
    values: Arbitrary.all(Object.fromEntries(values)).pipe(Arbitrary.map(withoutAbsent)),
    notation: (value) => {
      const given = value as Readonly<Record<string, unknown>>
      const parts = all.map(
        ([name, kind]) => `${name}=${given[name] === undefined ? "null" : kind.notation(given[name])}`
      )
      return `${reflected(type)}{${parts.join()}}`
    },
    options
  }
}
