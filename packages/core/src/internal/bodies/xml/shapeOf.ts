import * as AST from "effect/SchemaAST"
import { isName } from "./namespaces.ts"
import { record } from "./record.ts"
import type { Member } from "./record.ts"
import * as Shape from "./Shape.ts"
import { simpleTypes } from "./simpleTypes.ts"
import type { SimpleType, SimpleTypeName } from "./simpleTypes.ts"

/** Annotation of a schema with its simple type. */
export const simpleTypeKey = "~@effect-msmq/core/XmlValue"

export interface ShapeOptions extends Shape.Naming {
  readonly repeated: ReadonlyArray<string>
  readonly attributes: ReadonlyArray<string>
}

export interface Walk {
  readonly options: ShapeOptions
  /** Keys from the root, for errors. */
  readonly path: ReadonlyArray<string>
  /** Shapes of classes within themselves, by their AST. */
  readonly suspended: Map<AST.AST, { shape: Shape.Shape | undefined }>
  /** Functions to run when all shapes are known. */
  readonly afterwards: Array<() => void>
}

export const refuse = ({ path }: Walk, what: string): never => {
  throw new TypeError(`MessageBody.xml: ${path.length === 0 ? "the schema" : path.join("/")} ${what}`)
}

const within = (walk: Walk, key: string): Walk => ({ ...walk, path: [...walk.path, key] })

/** Simple types of the representations of Effect's schemas that .NET has a type for. */
const byRepresentation: Readonly<Record<string, SimpleTypeName>> = {
  "effect/schema/Date": "instant",
  "effect/schema/DateTimeUtc": "utc",
  "effect/schema/Duration": "timeSpan",
  "effect/schema/BigDecimal": "bigDecimal",
  "effect/schema/Uint8Array": "base64Binary",
  "effect/schema/isInt": "int",
  "effect/schema/isInt32": "int",
  "effect/schema/isUint32": "unsignedInt",
  "effect/schema/isGUID": "guid",
  "effect/schema/isUUID": "guid"
}

type Annotations = AST.AST["annotations"]

const checksOf = (checks: ReadonlyArray<AST.Check<unknown>> = []): ReadonlyArray<Annotations> =>
  checks.flatMap((check) => [check.annotations, ...(check._tag === "FilterGroup" ? checksOf(check.checks) : [])])

/** Returns the simple type of a schema, by its annotation, or by its kind and checks. */
const simpleTypeOf = ({ annotations, checks }: AST.AST): SimpleType | undefined => {
  const all = [annotations, ...checksOf(checks)]
  const marked = all.map((one) => one?.[simpleTypeKey]).find((name) => name !== undefined)
  if (marked !== undefined) return simpleTypes[marked as SimpleTypeName]
  const ids = all.map((one) => (one?.["representation"] as { readonly id?: string } | undefined)?.id)
  const id = ids.find((one) => one !== undefined && Object.hasOwn(byRepresentation, one))
  return id === undefined ? undefined : simpleTypes[byRepresentation[id]!]
}

const literalTypes: Readonly<Record<string, SimpleType>> = {
  string: simpleTypes.string,
  boolean: simpleTypes.boolean,
  bigint: simpleTypes.long
}

const literalType = (value: AST.LiteralValue): SimpleType =>
  literalTypes[typeof value] ?? (Number.isInteger(value) ? simpleTypes.int : simpleTypes.double)

/** Makes the simple type of an enum. .NET writes the name of a member, never its number. */
const enumType = (enums: AST.Enum["enums"]): SimpleType => ({
  name: "enum",
  rule: `one of ${enums.map(([name]) => name).join(", ")}`,
  print: (value) => enums.find(([, one]) => one === value)?.[0],
  parse: (text) => enums.find(([name]) => name === text)?.[1]
})

const ofKind = (type: SimpleType) => (ast: AST.AST) => Shape.simple(simpleTypeOf(ast) ?? type)

const memberOf = ({ name, type }: AST.PropertySignature, walk: Walk): Member => {
  const { attributes, repeated } = walk.options
  if (typeof name !== "string" || !isName(name))
    return refuse(walk, `has the key ${String(name)}, which is no name in XML`)
  const inner = within(walk, name)
  const shape = shapeOf(type, inner)
  const form = attributes.includes(name) ? "attribute" : repeated.includes(name) ? "repeated" : "element"
  walk.afterwards.push(() => {
    const { item, nullable, simple } = shape.about()
    if (form === "repeated" && (item === undefined || nullable)) refuse(inner, "is no array, and cannot be repeated")
    if (form === "attribute" && (simple === undefined || nullable)) {
      refuse(inner, "can be no attribute: it must be one value that is not null")
    }
    if (form === "element") requireItemName(shape, name, inner)
  })
  const mayBeAbsent = AST.isOptional(AST.toEncoded(type))
  return {
    name,
    shape,
    form,
    get optional() {
      return mayBeAbsent || shape.about().omittable
    }
  }
}

/** Requires a name for the items of a list, and of all lists in it. */
export const requireItemName = (shape: Shape.Shape, holder: string, walk: Walk): void => {
  const { item } = shape.about()
  if (item === undefined) return
  const name = Shape.itemName(walk.options, holder, item)
  if (name === undefined || !isName(name)) {
    return refuse(
      walk,
      `has items without a name: give { items: { ${holder}: "Name" } }, or their schema an identifier`
    )
  }
  requireItemName(item, name, walk)
}

const unionOf = ({ types }: AST.Union, name: string | undefined, walk: Walk): Shape.Shape => {
  const members = types.filter((type) => !AST.isNull(type) && !AST.isUndefined(type))
  const shapes = members.map((type) => shapeOf(type, walk))
  const [first] = shapes
  const simple = first?.about().simple
  const alike = simple !== undefined && shapes.every((shape) => shape.about().simple === simple)
  if (first === undefined || (shapes.length > 1 && !alike)) {
    return refuse(walk, "is a choice between types that nothing in .NET's XML tells apart")
  }
  const shape = alike && shapes.length > 1 ? Shape.simple(simple, name) : first
  const nullable = types.some(AST.isNull) ? Shape.nullable(shape) : shape
  return types.some(AST.isUndefined) ? Shape.omittable(nullable) : nullable
}

const suspendedOf = ({ thunk }: AST.Suspend, walk: Walk): Shape.Shape => {
  const ast = thunk()
  const known = walk.suspended.get(ast)
  if (known !== undefined) return Shape.later(() => known.shape)
  const entry: { shape: Shape.Shape | undefined } = { shape: undefined }
  walk.suspended.set(ast, entry)
  entry.shape = shapeOf(ast, walk)
  return entry.shape
}

type Walkers = {
  readonly [Tag in AST.AST["_tag"]]:
    | string
    | ((ast: Extract<AST.AST, { readonly _tag: Tag }>, name: string | undefined, walk: Walk) => Shape.Shape)
}

const anything = "takes anything: .NET's XML says of nothing what it is"
const noText = "is of a type that no text in XML stands for"

/** Makers of shapes by kind of schema, which throw for a kind that has no form in XML. */
const walkers: Walkers = {
  String: ofKind(simpleTypes.string),
  TemplateLiteral: ofKind(simpleTypes.string),
  Boolean: ofKind(simpleTypes.boolean),
  Number: ofKind(simpleTypes.double),
  BigInt: ofKind(simpleTypes.long),
  Literal: (ast, name) => Shape.simple(literalType(ast.literal), name),
  Enum: ({ enums }, name) => Shape.simple(enumType(enums), name),
  Declaration: (ast, name, walk) => {
    const type = simpleTypeOf(ast)
    const title = name ?? ast.annotations?.["expected"] ?? "a type of its own"
    return type === undefined
      ? refuse(walk, `is ${String(title)}, which .NET's XML has not: give a schema that encodes it as something else`)
      : Shape.simple(type)
  },
  Arrays: ({ elements, rest }, _, walk) => {
    const [item] = rest
    if (item === undefined || rest.length > 1 || elements.some((element) => element !== item)) {
      return refuse(walk, "is a tuple, which .NET's XML has not: use a struct or an array")
    }
    const shape = shapeOf(item, walk)
    walk.afterwards.push(() => {
      if (shape.about().omittable) refuse(walk, "has items that may be undefined: use null, which is written as nil")
    })
    return Shape.list(walk.options, shape)
  },
  Objects: ({ indexSignatures, propertySignatures }, name, walk) =>
    indexSignatures.length > 0
      ? refuse(walk, "is a dictionary, which .NET's XML has not: use an array of structs with a key and a value")
      : record(
          walk.options,
          name,
          propertySignatures.map((property) => memberOf(property, walk))
        ),
  Union: unionOf,
  Suspend: (ast, _, walk) => suspendedOf(ast, walk),
  Null: "is always null, which needs no element",
  Undefined: "is always undefined, which needs no element",
  Void: anything,
  Never: "takes nothing",
  Any: anything,
  Unknown: anything,
  ObjectKeyword: anything,
  Symbol: noText,
  UniqueSymbol: noText
}

/** Returns the shape of the encoded side of a schema, with the name of the schema. */
export const shapeOf = (ast: AST.AST, walk: Walk): Shape.Shape => {
  let encoded = ast
  let name = AST.resolveIdentifier(ast)
  while (encoded.encoding !== undefined) {
    encoded = encoded.encoding[encoded.encoding.length - 1]!.to
    name ??= AST.resolveIdentifier(encoded)
  }
  const walker = walkers[encoded._tag]
  return typeof walker === "string"
    ? refuse(walk, walker)
    : (walker as (ast: AST.AST, name: string | undefined, walk: Walk) => Shape.Shape)(encoded, name, walk)
}
