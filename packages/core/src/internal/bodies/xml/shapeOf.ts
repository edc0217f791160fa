import * as AST from "effect/SchemaAST"
import * as operations from "../../telemetry/Operation.ts"
import { beforeRenaming, choice } from "./choice.ts"
import type { Choices } from "./choice.ts"
import { isName } from "./namespaces.ts"
import { record } from "./record.ts"
import type { Member } from "./record.ts"
import * as Shape from "./Shape.ts"
import { enumType, simpleTypes } from "./simpleTypes.ts"
import type { SimpleType, SimpleTypeName } from "./simpleTypes.ts"

/** Annotation of a schema with its simple type. */
export const simpleTypeKey = "~@effect-msmq/core/XmlValue"

export interface ShapeOptions extends Shape.Naming {
  readonly repeated: ReadonlyArray<string>
  readonly attributes: ReadonlyArray<string>
  readonly text: ReadonlyArray<string>
  readonly nillable: ReadonlyArray<string>
  /** Namespace of the root element; empty for none. */
  readonly namespace: string
}

export interface Walk {
  readonly options: ShapeOptions
  /** Keys from the root, for errors. */
  readonly path: ReadonlyArray<string>
  /** Shapes of classes within themselves, by their AST. */
  readonly suspended: Map<AST.AST, { shape: Shape.Shape | undefined }>
  /** Unions of types that are told apart by their names in .NET. */
  readonly choices: Map<AST.AST, Choices>
  /** Functions to run when all shapes are known. */
  readonly afterwards: Array<() => void>
}

export const refuse = ({ path }: Walk, rule: string): never => {
  throw operations.MessageBody.xml.error({ _tag: "IllegalSchema", path, rule })
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
  const marked = all.map((one) => one?.[simpleTypeKey]).find((type) => type !== undefined)
  if (marked !== undefined) return marked as SimpleType
  const ids = all.map((one) => (one?.["representation"] as { readonly id?: string } | undefined)?.id)
  const id = ids.find((one) => one !== undefined && Object.hasOwn(byRepresentation, one))
  return id === undefined ? undefined : simpleTypes[byRepresentation[id]!]
}

const literalTypes: Readonly<Record<string, SimpleType>> = {
  string: simpleTypes.string,
  boolean: simpleTypes.boolean,
  bigint: simpleTypes.long
}

/** Type of literals that have a name of their own: an enum. */
const { parse, print, rule } = simpleTypes.string
const namedText = enumType({ parse, print, rule })

/** Returns the type of a literal. Texts with a name are the members of an enum. */
const literalType = (value: AST.LiteralValue, name: string | undefined): SimpleType => {
  if (typeof value === "string" && name !== undefined) return namedText
  return literalTypes[typeof value] ?? (Number.isInteger(value) ? simpleTypes.int : simpleTypes.double)
}

/** Makes the simple type of an enum. .NET writes the name of a member, never its number. */
const enumOf = (enums: AST.Enum["enums"]): SimpleType =>
  enumType({
    rule: `one of ${enums.map(([name]) => name).join(", ")}`,
    print: (value) => enums.find(([, one]) => one === value)?.[0],
    parse: (text) => enums.find(([name]) => name === text)?.[1]
  })

const ofKind = (type: SimpleType) => (ast: AST.AST, name: string | undefined, walk: Walk) =>
  Shape.simple(walk.options, simpleTypeOf(ast) ?? type, name)

/** Options that list members of a form. */
const listed = { attribute: "attributes", repeated: "repeated", text: "text" } as const

const memberOf = ({ name, type }: AST.PropertySignature, walk: Walk): Member => {
  if (typeof name !== "string" || !isName(name))
    return refuse(walk, `has the key ${String(name)}, which is no name in XML`)
  const inner = within(walk, name)
  const shape = shapeOf(type, inner)
  const forms = (["attribute", "repeated", "text"] as const).filter((one) => walk.options[listed[one]].includes(name))
  if (forms.length > 1) refuse(inner, `has several forms: ${forms.map((one) => listed[one]).join(", ")}`)
  const form = forms[0] ?? "element"
  walk.afterwards.push(() => {
    const { item, nullable, simple } = shape.about()
    if (form === "repeated" && (item === undefined || nullable)) refuse(inner, "is no array, and cannot be repeated")
    if (form === "attribute" && (simple === undefined || nullable)) {
      refuse(inner, "can be no attribute: it must be one value that is not null")
    }
    if (form === "text" && simple === undefined) refuse(inner, "can be no text of its class: it must be one value")
    if (form === "element") requireItemName(shape, name, inner)
  })
  const mayBeAbsent = AST.isOptional(AST.toEncoded(type))
  return {
    name,
    shape,
    form,
    nillable: walk.options.nillable.includes(name),
    get optional() {
      return mayBeAbsent || shape.about().omittable
    }
  }
}

const recordOf = (members: ReadonlyArray<Member>, name: string | undefined, walk: Walk): Shape.Shape => {
  const count = (...forms: ReadonlyArray<Member["form"]>) => members.filter(({ form }) => forms.includes(form)).length
  if (count("text") > 1) refuse(walk, "has several texts: only one member can be the text of its class")
  if (count("text") === 1 && count("element", "repeated") > 0) {
    refuse(walk, "has a text and elements: beside its text a class has attributes alone")
  }
  return record(walk.options, name, members)
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

/** Makes the shape of a union of types that .NET tells apart by their names. */
const choiceOf = (
  union: AST.Union,
  name: string | undefined,
  members: ReadonlyArray<readonly [AST.AST, Shape.Shape]>,
  walk: Walk
): Shape.Shape => {
  const nameOf = (shape: Shape.Shape) => shape.about().typeName ?? ""
  walk.choices.set(union, new Map(members.map(([type, shape]) => [type, () => nameOf(shape)])))
  walk.afterwards.push(() => {
    const names = members.map(([, shape]) => nameOf(shape))
    const second = names.find((one, index) => names.indexOf(one) !== index)
    if (names.includes("")) {
      refuse(walk, "is a choice of types without names, by which .NET tells them apart: give each schema an identifier")
    }
    if (second !== undefined) {
      refuse(walk, `is a choice between several types that are ${second} in .NET, which nothing tells apart`)
    }
    if (members.some(([, shape]) => shape.about().nullable || shape.about().choices !== undefined)) {
      refuse(walk, "is a choice within a choice: list all types in one union, with null beside them")
    }
  })
  return choice(walk.options, name, () => new Map(members.map(([, shape]) => [nameOf(shape), shape])))
}

const unionOf = (union: AST.Union, name: string | undefined, walk: Walk): Shape.Shape => {
  const members = union.types.filter((type) => !AST.isNull(type) && !AST.isUndefined(type))
  const shapes = members.map((type) => [type, shapeOf(type, walk)] as const)
  const [first] = shapes
  if (first === undefined) return refuse(walk, "is always null or undefined, which needs no element")
  const { simple } = first[1].about()
  const alike = simple !== undefined && shapes.every(([, shape]) => shape.about().simple === simple)
  const areTexts = members.every((type) => AST.isLiteral(type) && typeof type.literal === "string")
  const several = () =>
    alike
      ? Shape.simple(walk.options, areTexts && name !== undefined ? namedText : simple, name)
      : choiceOf(union, name, shapes, walk)
  const shape = shapes.length === 1 ? first[1] : several()
  const nullable = union.types.some(AST.isNull) ? Shape.nullable(shape) : shape
  return union.types.some(AST.isUndefined) ? Shape.omittable(nullable) : nullable
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
  Literal: (ast, name, walk) => Shape.simple(walk.options, literalType(ast.literal, name), name),
  Enum: ({ enums }, name, walk) => Shape.simple(walk.options, enumOf(enums), name),
  Declaration: (ast, name, walk) => {
    const type = simpleTypeOf(ast)
    const title = name ?? ast.annotations?.["expected"] ?? "a type of its own"
    return type === undefined
      ? refuse(walk, `is ${String(title)}, which .NET's XML has not: give a schema that encodes it as something else`)
      : Shape.simple(walk.options, type, name)
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
      : recordOf(
          propertySignatures.map((property) => memberOf(property, walk)),
          name,
          walk
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

/** Returns a struct whose keys were renamed, with the members that it had before, which know their classes. */
const withClasses = (encoded: AST.Objects, previous: AST.AST | undefined): AST.Objects => {
  const former = beforeRenaming(encoded, previous)
  if (former === undefined) return encoded
  const properties = encoded.propertySignatures.map(
    ({ name }, index) => new AST.PropertySignature(name, former.propertySignatures[index]!.type)
  )
  return new AST.Objects(properties, encoded.indexSignatures)
}

/** Returns the shape of the encoded side of a schema, with the name of the schema. */
export const shapeOf = (ast: AST.AST, walk: Walk): Shape.Shape => {
  let encoded = ast
  let previous: AST.AST | undefined
  let name = AST.resolveIdentifier(ast)
  while (encoded.encoding !== undefined) {
    const steps: ReadonlyArray<AST.AST> = [encoded, ...encoded.encoding.map(({ to }) => to)]
    previous = steps.at(-2)
    encoded = steps.at(-1)!
    name ??= AST.resolveIdentifier(encoded)
  }
  if (AST.isObjects(encoded)) encoded = withClasses(encoded, previous)
  const walker = walkers[encoded._tag]
  return typeof walker === "string"
    ? refuse(walk, walker)
    : (walker as (ast: AST.AST, name: string | undefined, walk: Walk) => Shape.Shape)(encoded, name, walk)
}
