import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { typeIsKnown, typeNamespace, unknown } from "./Shape.ts"
import type { About, Naming, Shape } from "./Shape.ts"

/** Value of a choice between types: the encoded side of a member of a union. */
export interface Choice {
  /** Name of its type in .NET. */
  readonly typeName: string
  readonly value: unknown
}

/** Type that .NET declares for a choice. */
interface Declared {
  readonly typeName: string
  /** `true` where the members derive from it; `false` for `object`. */
  readonly isClass: boolean
}

const anyType = "anyType"

/** Blanks at the ends of a text, as .NET knows them. */
const blanksAround = /^(?:[^\S\ufeff]|\u0085)+|(?:[^\S\ufeff]|\u0085)+$/g

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
  const about = (): About => {
    const choices = members()
    const { typeName } = declaredType(choices, name)
    return { ...unknown, typeName, typeNamespace: typeNamespace(naming, typeName), choices }
  }
  return {
    about,
    write: (value, element, place) => {
      const choices = members()
      const { typeName, value: one } = value as Choice
      const shape = choices.get(typeName)!
      return Result.map(shape.write(one, element, place), (written) =>
        declaredType(choices, name).typeName === typeName
          ? written
          : { ...written, type: { local: typeName, uri: shape.about().typeNamespace ?? place.namespace } }
      )
    },
    read: (element, place) => {
      const choices = members()
      const { isClass, typeName } = declaredType(choices, name)
      const { type } = element
      const local = type?.local ?? (isClass ? typeName : "")
      const shape = choices.get(local)
      const known = typeIsKnown(type, about(), place)
      if (Result.isFailure(known)) return Result.fail(known.failure)
      if (shape === undefined) {
        return Result.fail(`must have an xsi:type of ${[...choices.keys()].join(", ")} in ${place.path}, and has none`)
      }
      // Within an object, .NET removes blanks around the name of a member of an enum.
      const { simple } = shape.about()
      const text =
        simple !== undefined && simple.namespace === undefined ? element.text.replace(blanksAround, "") : element.text
      return Result.map(shape.read({ ...element, text, type: undefined }, place), (value): Choice => ({
        typeName: local,
        value
      }))
    }
  }
}

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
  const wrapped = Schema.Struct({ typeName: Schema.Literal(typeName), value: Schema.Unknown })
  return AST.decodeTo(
    wrapped.ast,
    exactly(member, typeName, all),
    new SchemaTransformation.Transformation(
      SchemaGetter.transform(({ value }: Choice) => value),
      SchemaGetter.transform((value: unknown): Choice => ({ typeName, value }))
    )
  )
}

/**
 * Returns the struct whose keys `Schema.encodeKeys` renamed, for the one that it made: only the former still knows the classes of
 * its members.
 */
export const beforeRenaming = (renamed: AST.AST, previous: AST.AST | undefined): AST.Objects | undefined => {
  if (previous === undefined || !AST.isObjects(previous) || !AST.isObjects(renamed)) return undefined
  const { propertySignatures } = previous
  const isSame =
    propertySignatures.length === renamed.propertySignatures.length &&
    propertySignatures.every(({ type }, index) => AST.toEncoded(type) === renamed.propertySignatures[index]?.type)
  return isSame ? previous : undefined
}

type Mapping = (ast: AST.AST) => AST.AST

/** Returns a schema with other schemas within, and without what it is encoded to. */
const rebuilt = (ast: AST.AST, child: Mapping): AST.AST => {
  const { annotations, checks, context } = ast
  if (AST.isUnion(ast)) {
    const { encodingChecks, options, types } = ast
    return new AST.Union(types.map(child), options, annotations, checks, undefined, context, encodingChecks)
  }
  if (AST.isArrays(ast)) {
    const { elements, encodingChecks, isMutable, rest } = ast
    const [all, more] = [elements.map(child), rest.map(child)]
    return new AST.Arrays(isMutable, all, more, annotations, checks, undefined, context, encodingChecks)
  }
  if (AST.isObjects(ast)) {
    const { encodingChecks, indexSignatures, propertySignatures } = ast
    const properties = propertySignatures.map(({ name, type }) => new AST.PropertySignature(name, child(type)))
    return new AST.Objects(properties, indexSignatures, annotations, checks, undefined, context, encodingChecks)
  }
  if (AST.isSuspend(ast)) {
    return new AST.Suspend(() => child(ast.thunk()), annotations, checks, undefined, context)
  }
  return ast.encoding === undefined ? ast : AST.toType(ast)
}

const unchanged: Mapping = (ast) => ast

/**
 * Returns a schema whose classes take no instances of derived ones, and whose unions have {@link Choice}s on their encoded side, so
 * that the type that a document names decides, not the first that fits.
 */
export const withChoices = (schema: AST.AST, unions: ReadonlyMap<AST.AST, Choices>): AST.AST => {
  const known = new Map<AST.AST, AST.AST>()
  const mapped: Mapping = (ast) => {
    const done = known.get(ast)
    if (done !== undefined) return done
    const replaced = ast.encoding === undefined ? inner(ast) : ofEncoding(ast, ast.encoding)
    const name = AST.isDeclaration(ast) ? AST.resolveIdentifier(ast) : undefined
    const result = name === undefined ? replaced : exactly(replaced, name, new Set([name]))
    known.set(ast, result)
    return result
  }
  const inner: Mapping = (ast) => {
    const choices = unions.get(ast)
    if (choices === undefined) return rebuilt(ast, mapped)
    const all = new Set([...choices.values()].map((name) => name()))
    return rebuilt(ast, (type) => {
      const name = choices.get(type)
      return name === undefined ? mapped(type) : chosen(mapped(type), name(), all)
    })
  }
  /** Replaces what a schema is encoded to in the end. */
  const ofEncoding = (ast: AST.AST, encoding: AST.Encoding): AST.AST => {
    const [own, ...others] = [ast, ...encoding.map(({ to }) => to)] as const
    const steps: Array<AST.AST> = [rebuilt(own, unchanged), ...others]
    const last = steps.length - 1
    const former = beforeRenaming(others[last - 1]!, last === 1 ? own : others[last - 2])
    if (former === undefined) steps[last] = mapped(others[last - 1]!)
    else {
      steps[last - 1] = rebuilt(former, mapped)
      const types = former.propertySignatures.map(({ type }) => AST.toEncoded(mapped(type)))
      let index = 0
      steps[last] = rebuilt(others[last - 1]!, () => types[index++]!)
    }
    let result = steps[0]!
    for (const [index, { transformation }] of encoding.entries()) {
      if (!SchemaTransformation.isTransformation(transformation)) return ast
      result = AST.decodeTo(steps[index + 1]!, result, transformation)
    }
    return result
  }
  return mapped(schema)
}
