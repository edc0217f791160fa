import * as Result from "effect/Result"
import * as namespaces from "./namespaces.ts"
import { maximumDepth, withoutBlanks } from "./Tree.ts"
import type { ReadElement, ReadType } from "./Tree.ts"
import type { SimpleType } from "./simpleTypes.ts"
import type { WrittenElement } from "./writer.ts"
import { describeValue } from "../../errors/describeValue.ts"

/** Names in one document. */
export interface Naming {
  /** Namespaces of elements and attributes that are in one of their own, by name. Other elements are in that of their class. */
  readonly namespaces: Readonly<Record<string, string>>
  /** Namespaces of classes that have one of their own, by name. */
  readonly types: Readonly<Record<string, string>>
  /** Names of items, by the name of the element that holds them. */
  readonly items: Readonly<Record<string, string>>
}

/** Place in a document. */
export interface Place {
  /** Path of the element, such as `Order/Lines/Line[2]`. */
  readonly path: string
  readonly depth: number
  /** Namespace of the element; empty for none. */
  readonly namespace: string
}

/** Facts of a shape, which are known once all shapes are, since a class may hold itself. */
export interface About {
  /** Name that .NET gives an element that holds one alone; `undefined` for a class whose name is unknown. */
  readonly typeName: string | undefined
  /** Namespace of its type in .NET; `undefined` where it is that of the element. */
  readonly typeNamespace: string | undefined
  /** Type of a value that is text alone. */
  readonly simple: SimpleType | undefined
  /** Shape of the items of a list. */
  readonly item: Shape | undefined
  /** Shapes of a choice, by the names of their types. */
  readonly choices: ReadonlyMap<string, Shape> | undefined
  /** `true` where it may be null. */
  readonly nullable: boolean
  /** `true` where it is a reference in .NET, which reads nil as an empty value of a member, and no element as null. */
  readonly isReference: boolean
  /** `true` where its element may be left out for `undefined`. */
  readonly omittable: boolean
}

/** Form in XML of the values of a schema's encoded side. */
export interface Shape {
  readonly about: () => About
  readonly write: (value: unknown, name: string, place: Place) => Result.Result<WrittenElement, string>
  readonly read: (element: ReadElement, place: Place) => Result.Result<unknown, string>
}

export const unknown: About = {
  typeName: undefined,
  typeNamespace: undefined,
  simple: undefined,
  item: undefined,
  choices: undefined,
  nullable: false,
  isReference: true,
  omittable: false
}

const broken = (rule: string, { path }: Place, actual: unknown): Result.Result<never, string> =>
  Result.fail(`must have ${rule} in ${path}, not ${describeValue(actual)}`)

const own = (names: Readonly<Record<string, string>>, name: string | undefined): string | undefined =>
  name !== undefined && Object.hasOwn(names, name) ? names[name] : undefined

/** Returns the place of an element within another. */
export const inside = (
  { namespaces }: Naming,
  { depth, namespace, path }: Place,
  name: string,
  index?: number
): Place => ({
  path: `${path}/${name}${index === undefined ? "" : `[${index + 1}]`}`,
  depth: depth + 1,
  namespace: own(namespaces, name) ?? namespace
})

/** Returns the namespace of a class that has one of its own. */
export const typeNamespace = ({ types }: Naming, name: string | undefined): string | undefined => own(types, name)

/** Returns the namespace of an attribute, which is in none where an element would be in that of its class. */
export const attributeNamespace = ({ namespaces }: Naming, name: string): string => own(namespaces, name) ?? ""

/** Makes an element without attributes, children or text. */
export const emptyElement = (name: string, { namespace }: Place): WrittenElement => ({
  local: name,
  uri: namespace,
  attributes: [],
  children: [],
  text: ""
})

const nils: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false }

/**
 * Returns `true` for a nil element, which .NET knows by the namespace of the attribute, never by a prefix; `undefined` where the
 * attribute has another value than a boolean.
 */
const nilOf = ({ attributes }: ReadElement): boolean | undefined => {
  const nil = attributes.find(
    ({ local, uri }) => (local === "nil" || local === "null") && namespaces.instances.includes(uri)
  )
  return nil === undefined ? false : nils[withoutBlanks(nil.value)]
}

/** Returns `true` for a nil element. */
export const isNil = (element: ReadElement): boolean => nilOf(element) === true

/** Returns the result of all values, or the first failure. */
export const inOrder = <A, B>(
  values: Iterable<A>,
  each: (value: A, index: number) => Result.Result<B, string>
): Result.Result<Array<B>, string> => {
  const all: Array<B> = []
  for (const value of values) {
    const result = each(value, all.length)
    if (Result.isFailure(result)) return Result.fail(result.failure)
    all.push(result.success)
  }
  return Result.succeed(all)
}

/** Makes the shape of a text. `name`: the name of its type where the type itself has none. */
export const simple = (naming: Naming, type: SimpleType, name: string | undefined): Shape => {
  const typeName = type.name ?? name
  return {
    about: () => ({
      ...unknown,
      typeName,
      typeNamespace: type.namespace ?? typeNamespace(naming, typeName),
      simple: type,
      isReference: type.isReference
    }),
    write: (value, name, place) => {
      const text = type.print(value)
      return text === undefined
        ? broken(type.rule, place, value)
        : Result.succeed({ ...emptyElement(name, place), text })
    },
    read: ({ children: [child], text }, place) => {
      if (child !== undefined)
        return Result.fail(`must have text alone in ${place.path}, not the element <${child.local}>`)
      const value = type.parse(type.keepsBlanks ? text : withoutBlanks(text))
      return value === undefined ? broken(type.rule, place, text) : Result.succeed(value)
    }
  }
}

/** Returns the name of the items in an element: the one that the program gives, or that of their type. */
export const itemName = (naming: Naming, holder: string, item: Shape): string | undefined =>
  Object.hasOwn(naming.items, holder) ? naming.items[holder] : item.about().typeName

export const list = (naming: Naming, item: Shape): Shape => ({
  about: () => {
    const name = item.about().typeName
    const typeName = name === undefined ? undefined : `ArrayOf${name.charAt(0).toUpperCase()}${name.slice(1)}`
    return { ...unknown, typeName, typeNamespace: typeNamespace(naming, typeName), item }
  },
  write: (value, name, place) => {
    const called = itemName(naming, name, item) ?? ""
    return Result.map(
      inOrder(value as ReadonlyArray<unknown>, (one, index) =>
        writeAt(item, one, called, inside(naming, place, called, index))
      ),
      (children) => ({ ...emptyElement(name, place), children })
    )
  },
  read: ({ children, local }, place) => {
    const called = itemName(naming, local, item) ?? ""
    const uri = inside(naming, place, called).namespace
    const stranger = children.find((child) => child.local !== called || child.uri !== uri)
    if (stranger !== undefined) {
      const other = stranger.uri === uri ? "" : ` of the namespace "${stranger.uri}"`
      return Result.fail(`must have <${called}> alone in ${place.path}, not <${stranger.local}>${other}`)
    }
    return inOrder(children, (child, index) => readAt(item, child, inside(naming, place, called, index)))
  }
})

export const nullable = (shape: Shape): Shape => ({
  about: () => ({ ...shape.about(), nullable: true }),
  write: (value, name, place) =>
    value === null ? Result.succeed({ ...emptyElement(name, place), isNil: true }) : shape.write(value, name, place),
  read: (element, place) =>
    isNil(element)
      ? Result.map(typeIsKnown(element.type, shape.about(), place), () => null)
      : shape.read(element, place)
})

export const omittable = (shape: Shape): Shape => ({
  ...shape,
  about: () => ({ ...shape.about(), omittable: true })
})

/** Makes a shape that is defined later, for a class within itself. */
export const later = (made: () => Shape | undefined): Shape => ({
  about: () => made()?.about() ?? unknown,
  write: (value, name, place) => made()!.write(value, name, place),
  read: (element, place) => made()!.read(element, place)
})

/** Writes an element, but no deeper than it can be read. */
export const writeAt = (
  shape: Shape,
  value: unknown,
  name: string,
  place: Place
): Result.Result<WrittenElement, string> =>
  place.depth > maximumDepth
    ? Result.fail(`must not be nested deeper than ${maximumDepth} elements`)
    : shape.write(value, name, place)

export const readAt = (shape: Shape, element: ReadElement, place: Place): Result.Result<unknown, string> => {
  const isNil = nilOf(element)
  if (isNil === undefined) return Result.fail(`must have "true" or "false" for xsi:nil in ${place.path}`)
  return isNil && !shape.about().nullable
    ? Result.fail(`must have a value in ${place.path}: it is nil, and the schema takes no null there`)
    : shape.read(element, place)
}

/** Fails where an element names a type that its shape does not know. Simple values and arrays do not look at it, as in .NET. */
export const typeIsKnown = (
  type: ReadType | undefined,
  { choices, item, simple, typeName, typeNamespace }: About,
  { namespace: around, path }: Place
): Result.Result<void, string> => {
  if (type === undefined || item !== undefined || simple !== undefined || typeName === undefined) return Result.void
  const known = choices ?? new Map([[typeName, undefined]])
  const namespace = known.get(type.local)?.about().typeNamespace ?? typeNamespace ?? around
  return known.has(type.local) && namespaces.areSame(type.uri, namespace)
    ? Result.void
    : Result.fail(
        `must have an xsi:type of ${[...known.keys()].join(", ")} in ${path}, not ${namespaces.describe(type)}: a union of ` +
          "classes has more"
      )
}
