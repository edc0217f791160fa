/** Schemas of .NET's classes that are described by the names of their members, for programs that do not use Effect. */
import * as Schema from "effect/Schema"
import * as XmlValue from "../../../XmlValue.ts"
import { isPlain } from "../../options/OptionTable.ts"
import type { Rule } from "../../options/Rule.ts"
import { violationOf } from "../../options/Rule.ts"
import { Violation } from "../../options/Violation.ts"

/**
 * Types of .NET that a member of a class can have, by their names in C#, with the types of their values here.
 *
 * @category models
 * @since 0.1.0
 */
export interface XmlTypes {
  /** `true` or `false`. */
  readonly bool: boolean
  /** Whole number from 0 to 255. */
  readonly byte: number
  /** Whole number from -128 to 127. */
  readonly sbyte: number
  /** Whole number of 16 bits. */
  readonly short: number
  /** Whole number of 16 bits, from 0 on. */
  readonly ushort: number
  /** Whole number of 32 bits. */
  readonly int: number
  /** Whole number of 32 bits, from 0 on. */
  readonly uint: number
  /** Whole number of 64 bits. */
  readonly long: bigint
  /** Whole number of 64 bits, from 0 on. */
  readonly ulong: bigint
  /** Number of 32 bits. */
  readonly float: number
  /** Number of 64 bits. */
  readonly double: number
  /** Decimal number as text, such as `"7.00"`, with all its digits. */
  readonly decimal: string
  /** One UTF-16 unit. */
  readonly char: string
  /** Text. */
  readonly string: string
  /** Text in lower case without braces. */
  readonly Guid: string
  /** Binary data, in base64 in the document. */
  readonly "byte[]": Uint8Array
  /** Date and time as text, as it stands in the document: with `Z`, with an offset, or without a zone, as most dates of .NET are. */
  readonly DateTime: string
  /** Date and time as a `Date`: a text without a zone is refused, since it is no instant. */
  readonly Date: Date
  /** Date and time with its offset, as text. Only .NET 10 writes it. */
  readonly DateTimeOffset: string
}

/**
 * Description of a class of .NET: its members in their order, by the names of their elements. A name with `?` behind it is that of a
 * member that may be null.
 *
 * @category models
 * @since 0.1.0
 */
export interface XmlMembers {
  readonly [member: string]: XmlDescription
}

/**
 * Description of a value in XML: the name of a type, an array of one description for a list of such items, or the members of a
 * class.
 *
 * @category models
 * @since 0.1.0
 */
export type XmlDescription = keyof XmlTypes | readonly [XmlDescription] | XmlMembers

/**
 * Type of the values that a description describes.
 *
 * @category models
 * @since 0.1.0
 */
export type XmlValueOf<D> = D extends keyof XmlTypes
  ? XmlTypes[D]
  : D extends readonly [infer Item]
    ? ReadonlyArray<XmlValueOf<Item>>
    : {
        readonly [Name in keyof D as Name extends `${infer Member}?` ? Member : Name]: Name extends `${string}?`
          ? XmlValueOf<D[Name]> | null
          : XmlValueOf<D[Name]>
      }

type AnySchema = Schema.ConstraintCodec<unknown, unknown>

const types: { readonly [Name in keyof XmlTypes]: Schema.ConstraintCodec<XmlTypes[Name], unknown> } = {
  bool: Schema.Boolean,
  byte: XmlValue.UnsignedByte,
  sbyte: XmlValue.Byte,
  short: XmlValue.Short,
  ushort: XmlValue.UnsignedShort,
  int: XmlValue.Int,
  uint: XmlValue.UnsignedInt,
  long: XmlValue.Long,
  ulong: XmlValue.UnsignedLong,
  float: XmlValue.Float,
  double: Schema.Number,
  decimal: XmlValue.Decimal,
  char: XmlValue.Char,
  string: Schema.String,
  Guid: XmlValue.Guid,
  "byte[]": Schema.Uint8Array,
  DateTime: XmlValue.DateTime,
  Date: Schema.Date,
  DateTimeOffset: XmlValue.DateTimeOffset
}

const isTypeName = (value: string): value is keyof XmlTypes => Object.hasOwn(types, value)

const allowedText = () =>
  `one of ${Object.keys(types).join(", ")}; an array of one description; or an object of members`

/** Returns the schema of a description, or the violation by it. `path`: the way to it, for errors. */
const schemaOf = (description: unknown, path: string): AnySchema | Violation => {
  if (typeof description === "string" && isTypeName(description)) return types[description]
  if (Array.isArray(description) && description.length === 1) {
    const item = schemaOf(description[0], `${path}[0]`)
    return item instanceof Violation ? item : Schema.Array(item)
  }
  if (typeof description !== "object" || description === null || Array.isArray(description) || !isPlain(description)) {
    return violationOf(path, allowedText(), description)
  }
  const members: Record<string, AnySchema> = {}
  for (const [name, inner] of Object.entries(description)) {
    const member = name.replace(/\?$/, "")
    const schema = schemaOf(inner, `${path}.${member}`)
    if (schema instanceof Violation) return schema
    if (Object.hasOwn(members, member)) {
      return new Violation(`${path}.${member}`, "each member must be there once", `there as ${member} and ${member}?`)
    }
    members[member] = member === name ? schema : Schema.NullOr(schema)
  }
  return Schema.Struct(members)
}

/** Rule for a description, which becomes its schema. */
export const xmlDescription: Rule<AnySchema> = {
  get allowed() {
    return allowedText()
  },
  required: true,
  read: schemaOf
}
