import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as namespaces from "./namespaces.ts"
import { namespaceOf, unknown } from "./Shape.ts"
import type { Naming, Shape } from "./Shape.ts"

/** Value of a choice between types, with the name of its type in .NET: the encoded side of a member of a union. */
export class Choice {
  readonly typeName: string
  readonly value: unknown

  constructor(typeName: string, value: unknown) {
    this.typeName = typeName
    this.value = value
  }
}

/** Type that .NET declares for a choice. */
interface Declared {
  readonly typeName: string
  /** `true` where the members derive from it; `false` for `object`. */
  readonly isClass: boolean
}

const anyType = "anyType"

/** Names that .NET gives elements of XML Schema's type of anything. */
const declaredType = (choices: ReadonlyMap<string, Shape>, name: string | undefined): Declared => {
  const areClasses = [...choices.values()].every((shape) => {
    const { item, simple } = shape.about()
    return item === undefined && simple === undefined
  })
  const [first] = choices.keys()
  return areClasses ? { typeName: name ?? first ?? anyType, isClass: true } : { typeName: anyType, isClass: false }
}

/**
 * Makes the shape of a union of types. `name`: the name of the union, which is that of the class that all derive from. By default
 * that is the first of them. A value of that class does not name its type; all others do, by `xsi:type`.
 */
export const choice = (naming: Naming, name: string | undefined, members: () => ReadonlyMap<string, Shape>): Shape => {
  const qualified = (typeName: string, shape: Shape) => ({ local: typeName, uri: shape.about().typeNamespace })
  return {
    about: () => {
      const choices = members()
      const { typeName } = declaredType(choices, name)
      return { ...unknown, typeName, typeNamespace: namespaceOf(naming, typeName), choices }
    },
    write: (value, element, place) => {
      const choices = members()
      const { typeName, value: one } = value as Choice
      const shape = choices.get(typeName)!
      return Result.map(shape.write(one, element, place), (written) =>
        declaredType(choices, name).typeName === typeName ? written : { ...written, type: qualified(typeName, shape) }
      )
    },
    read: (element, place) => {
      const choices = members()
      const { isClass, typeName } = declaredType(choices, name)
      const { type } = element
      const chosen = [...choices].find(([local, shape]) =>
        type === undefined
          ? isClass && local === typeName
          : type.local === local && sameNamespace(type.uri, shape.about().typeNamespace)
      )
      if (chosen === undefined) {
        const known = [...choices.keys()].join(", ")
        const actual = type === undefined ? "none" : namespaces.describe(type)
        return Result.fail(`must have an xsi:type of ${known} in ${place.path}, not ${actual}`)
      }
      const [local, shape] = chosen
      return Result.map(shape.read({ ...element, type: undefined }, place), (value) => new Choice(local, value))
    }
  }
}

const schemas = [namespaces.schema, "http://www.w3.org/2000/10/XMLSchema", "http://www.w3.org/1999/XMLSchema"]

const sameNamespace = (actual: string, expected: string): boolean =>
  actual === expected || (expected === namespaces.schema && schemas.includes(actual))

/** Union whose members are named by their types. */
export type Choices = ReadonlyMap<AST.AST, () => string>

const identifierOf = (value: unknown): unknown => {
  const maker = typeof value === "object" && value !== null ? value.constructor : undefined
  return maker !== undefined && "identifier" in maker ? maker.identifier : undefined
}

/** Returns the keys of a struct or of the class of one; `undefined` for any other schema. */
const keysOf = (ast: AST.AST): ReadonlySet<PropertyKey> | undefined => {
  if (AST.isSuspend(ast)) return keysOf(ast.thunk())
  const struct = AST.isDeclaration(ast) ? ast.typeParameters[0] : ast
  return struct !== undefined && AST.isObjects(struct)
    ? new Set(struct.propertySignatures.map(({ name }) => name))
    : undefined
}

/**
 * Returns a schema for values of a class itself, not of one that derives from it, or for objects with no keys but those of a struct.
 * Otherwise the rest of a derived object would be lost. `all`: the names of the classes that are told apart by their names.
 */
const exactly = (schema: AST.AST, typeName: string, all: ReadonlySet<string>): AST.AST => {
  const keys = keysOf(schema)
  if (keys === undefined) return schema
  const isExact = (value: unknown): boolean => {
    const identifier = identifierOf(value)
    if (typeof identifier === "string" && all.has(identifier)) return identifier === typeName
    return Object.keys(value as object).every((key) => keys.has(key))
  }
  const expected = `${typeName} itself, and no class that derives from it: a union of both writes both`
  return Schema.make<Schema.Codec<unknown>>(schema).check(Schema.makeFilter(isExact, { expected })).ast
}

/** Wraps the encoded side of a member into a {@link Choice}. */
const chosen = (member: AST.AST, typeName: string, all: ReadonlySet<string>): AST.AST => {
  const wrapped = Schema.declare((value): value is Choice => value instanceof Choice && value.typeName === typeName)
  return AST.decodeTo(
    wrapped.ast,
    exactly(member, typeName, all),
    new SchemaTransformation.Transformation(
      SchemaGetter.transform(({ value }: Choice) => value),
      SchemaGetter.transform((value: unknown) => new Choice(typeName, value))
    )
  )
}

/**
 * Returns a schema whose classes take no instances of derived ones, and whose unions have {@link Choice}s on their encoded side, so
 * that the type that a document names decides, not the first that fits.
 */
export const withChoices = (ast: AST.AST, unions: ReadonlyMap<AST.AST, Choices>): AST.AST => {
  const known = new Map<AST.AST, AST.AST>()
  const mapped = (one: AST.AST): AST.AST => {
    const done = known.get(one)
    if (done !== undefined) return done
    const replaced = one.encoding === undefined ? inner(one) : ofEncoding(one, one.encoding)
    const name = AST.isDeclaration(one) ? AST.resolveIdentifier(one) : undefined
    const result = name === undefined ? replaced : exactly(replaced, name, new Set([name]))
    known.set(one, result)
    return result
  }
  /** Replaces what a schema is encoded to in the end. */
  const ofEncoding = (one: AST.AST, encoding: AST.Encoding): AST.AST => {
    const last = encoding.at(-1)!
    const to = mapped(last.to)
    if (to === last.to) return one
    let result = AST.toType(one)
    for (const link of encoding) {
      if (!SchemaTransformation.isTransformation(link.transformation)) return one
      result = AST.decodeTo(link === last ? to : link.to, result, link.transformation)
    }
    return result
  }
  const inner = (one: AST.AST): AST.AST => {
    const { annotations, checks, context } = one
    if (AST.isUnion(one)) {
      const names = unions.get(one)
      const all = new Set([...(names?.values() ?? [])].map((name) => name()))
      const types = one.types.map((type) => {
        const name = names?.get(type)
        return name === undefined ? mapped(type) : chosen(mapped(type), name(), all)
      })
      return new AST.Union(types, one.options, annotations, checks, undefined, context, one.encodingChecks)
    }
    if (AST.isArrays(one)) {
      return new AST.Arrays(
        one.isMutable,
        one.elements.map(mapped),
        one.rest.map(mapped),
        annotations,
        checks,
        undefined,
        context,
        one.encodingChecks
      )
    }
    if (AST.isObjects(one)) {
      const properties = one.propertySignatures.map(({ name, type }) => new AST.PropertySignature(name, mapped(type)))
      const { encodingChecks, indexSignatures } = one
      return new AST.Objects(properties, indexSignatures, annotations, checks, undefined, context, encodingChecks)
    }
    if (AST.isSuspend(one)) return new AST.Suspend(() => mapped(one.thunk()), annotations, checks, undefined, context)
    return one
  }
  return mapped(ast)
}
