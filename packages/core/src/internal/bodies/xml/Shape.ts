import * as Result from "effect/Result"
import * as namespaces from "./namespaces.ts"
import { maximumDepth } from "./reader.ts"
import type { ReadElement } from "./reader.ts"
import type { SimpleType } from "./simpleTypes.ts"
import type { WrittenElement } from "./writer.ts"
import { describeValue } from "../../errors/describeValue.ts"

/** Names in one document. */
export interface Naming {
  /** Namespace of all elements; empty for none. */
  readonly namespace: string
  /** Names of items, by the name of the element that holds them. */
  readonly items: Readonly<Record<string, string>>
}

/** Place in a document. */
export interface Place {
  /** Path of the element, such as `Order/Lines/Line[2]`. */
  readonly path: string
  readonly depth: number
}

/** Facts of a shape, which are known once all shapes are, since a class may hold itself. */
export interface About {
  /** Name that .NET gives an element that holds one alone; `undefined` for a class whose name is unknown. */
  readonly typeName: string | undefined
  /** Type of a value that is text alone. */
  readonly simple: SimpleType | undefined
  /** Shape of the items of a list. */
  readonly item: Shape | undefined
  /** `true` where it may be null. */
  readonly nullable: boolean
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
  simple: undefined,
  item: undefined,
  nullable: false,
  omittable: false
}

const broken = (rule: string, { path }: Place, actual: unknown): Result.Result<never, string> =>
  Result.fail(`must have ${rule} in ${path}, not ${describeValue(actual)}`)

export const inside = ({ depth, path }: Place, name: string, index?: number): Place => ({
  path: `${path}/${name}${index === undefined ? "" : `[${index + 1}]`}`,
  depth: depth + 1
})

/** Returns `true` for a nil element, which .NET knows by the namespace of the attribute, never by a prefix. */
export const isNil = ({ attributes }: ReadElement): boolean =>
  attributes.some(
    ({ local, uri, value }) =>
      (local === "nil" || local === "null") &&
      namespaces.instances.includes(uri) &&
      (value.trim() === "true" || value.trim() === "1")
  )

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

export const simple = (type: SimpleType, typeName = type.name): Shape => ({
  about: () => ({ ...unknown, typeName, simple: type }),
  write: (value, name, place) => {
    const text = type.print(value)
    return text === undefined
      ? broken(type.rule, place, value)
      : Result.succeed({ name, attributes: [], children: [], text })
  },
  read: ({ children: [child], text }, place) => {
    if (child !== undefined)
      return Result.fail(`must have text alone in ${place.path}, not the element <${child.local}>`)
    const value = type.parse(type.name === "string" ? text : text.trim())
    return value === undefined ? broken(type.rule, place, text) : Result.succeed(value)
  }
})

/** Returns the name of the items in an element: the one that the program gives, or that of their type. */
export const itemName = (naming: Naming, holder: string, item: Shape): string | undefined =>
  Object.hasOwn(naming.items, holder) ? naming.items[holder] : item.about().typeName

export const list = (naming: Naming, item: Shape): Shape => ({
  about: () => {
    const name = item.about().typeName
    const typeName = name === undefined ? undefined : `ArrayOf${name.charAt(0).toUpperCase()}${name.slice(1)}`
    return { ...unknown, typeName, item }
  },
  write: (value, name, place) => {
    const called = itemName(naming, name, item) ?? ""
    return Result.map(
      inOrder(value as ReadonlyArray<unknown>, (one, index) =>
        writeAt(item, one, called, inside(place, called, index))
      ),
      (children) => ({ name, attributes: [], children, text: "" })
    )
  },
  read: ({ children, local }, place) => {
    const called = itemName(naming, local, item) ?? ""
    const stranger = children.find((child) => child.local !== called || child.uri !== naming.namespace)
    if (stranger !== undefined) {
      const uri = stranger.uri === naming.namespace ? "" : ` of the namespace "${stranger.uri}"`
      return Result.fail(`must have <${called}> alone in ${place.path}, not <${stranger.local}>${uri}`)
    }
    return inOrder(children, (child, index) => readAt(item, child, inside(place, called, index)))
  }
})

const nil: WrittenElement["attributes"] = [["xsi:nil", "true"]]

export const nullable = (shape: Shape): Shape => ({
  about: () => ({ ...shape.about(), nullable: true }),
  write: (value, name, place) =>
    value === null
      ? Result.succeed({ name, attributes: nil, children: [], text: "" })
      : shape.write(value, name, place),
  read: (element, place) => (isNil(element) ? Result.succeed(null) : shape.read(element, place))
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

export const readAt = (shape: Shape, element: ReadElement, place: Place): Result.Result<unknown, string> =>
  isNil(element) && !shape.about().nullable
    ? Result.fail(`must have a value in ${place.path}: it is nil, and the schema takes no null there`)
    : shape.read(element, place)
