import * as Result from "effect/Result"
import type { ReadElement } from "./Tree.ts"
import {
  attributeNamespace,
  emptyElement,
  inOrder,
  inside,
  isNil,
  readAt,
  typeIsKnown,
  typeNamespace,
  unknown,
  writeAt
} from "./Shape.ts"
import type { About, Naming, Place, Shape } from "./Shape.ts"
import type { WrittenElement } from "./writer.ts"

/** Member of a class. Its key is the name of its element. */
export interface Member {
  readonly name: string
  readonly shape: Shape
  /** `true` where the schema accepts a class without it. */
  readonly optional: boolean
  /** `true` where .NET reads nil as null, though it is a reference (`IsNullable = true`). */
  readonly nillable: boolean
  /**
   * Form of the member. `"repeated"`: its items stand in the class itself; `"attribute"`: it stands in the start tag; `"text"`: it
   * is the text of the class.
   */
  readonly form: "element" | "repeated" | "attribute" | "text"
}

type Read = Result.Result<unknown, string>
type Written = Partial<Pick<WrittenElement, "attributes" | "children" | "text">>
const leftOut = Symbol()

const missing = (what: string, { path }: Place, hint = ""): Read => Result.fail(`must have ${what} in ${path}${hint}`)

interface Form {
  /** Writes the member into the element of its class. */
  readonly write: (naming: Naming, member: Member, value: unknown, place: Place) => Result.Result<Written, string>
  /** Reads the value of the member, or {@link leftOut}. */
  readonly read: (
    naming: Naming,
    member: Member,
    element: ReadElement,
    own: ReadonlyArray<ReadElement>,
    place: Place
  ) => Read
}

/** Returns `true` for a null that .NET would read as an empty value if it were nil. */
const isMissingReference = (shape: Shape, nillable: boolean, value: unknown): boolean =>
  value === null && !nillable && shape.about().isReference

const textElement = (text: string): ReadElement => ({
  local: "",
  uri: "",
  attributes: [],
  children: [],
  text,
  type: undefined
})

const forms: Readonly<Record<Member["form"], Form>> = {
  element: {
    write: (naming, { name, nillable, shape }, value, place) =>
      isMissingReference(shape, nillable, value)
        ? Result.succeed({})
        : Result.map(writeAt(shape, value, name, inside(naming, place, name)), (child) => ({ children: [child] })),
    read: (naming, { name, optional, shape }, element, own, place) => {
      const [only, second] = own
      if (second !== undefined)
        return Result.fail(`must have one element <${name}> in ${place.path}, not ${own.length}`)
      if (only === undefined) {
        if (optional) return Result.succeed(leftOut)
        if (shape.about().nullable) return Result.succeed(null)
        const other = element.children.find(({ local }) => local === name)
        return missing(`an element <${name}>`, place, other && ` (there is one in the namespace "${other.uri}")`)
      }
      // Some writers leave out a member that is null in .NET, others write it as nil.
      if (optional && !shape.about().nullable && isNil(only)) return Result.succeed(leftOut)
      return readAt(shape, only, inside(naming, place, name))
    }
  },
  repeated: {
    write: (naming, { name, nillable, shape }, value, place) =>
      Result.map(
        inOrder(value as ReadonlyArray<unknown>, (one, index) => {
          const item = shape.about().item!
          const { path } = inside(naming, place, name, index)
          return isMissingReference(item, nillable, one)
            ? Result.fail(
                `must have no null in ${path}: a repeated element has no form for it that .NET reads, unless it has ` +
                  `IsNullable = true (then give { nillable: ["${name}"] })`
              )
            : writeAt(item, one, name, inside(naming, place, name, index))
        }),
        (children) => ({ children })
      ),
    read: (naming, { name, optional, shape }, __, own, place) =>
      optional && own.length === 0
        ? Result.succeed(leftOut)
        : inOrder(own, (one, index) => readAt(shape.about().item!, one, inside(naming, place, name, index)))
  },
  attribute: {
    write: (naming, { name, shape }, value, place) =>
      Result.map(shape.write(value, name, inside(naming, place, `@${name}`)), ({ text }) => ({
        attributes: [{ local: name, uri: attributeNamespace(naming, name), value: text }]
      })),
    read: (naming, { name, optional, shape }, { attributes }, _, place) => {
      const own = attributeNamespace(naming, name)
      const attribute = attributes.find(({ local, uri }) => local === name && uri === own)
      if (attribute !== undefined) return shape.read(textElement(attribute.value), inside(naming, place, `@${name}`))
      return optional ? Result.succeed(leftOut) : missing(`an attribute ${name}`, place)
    }
  },
  text: {
    write: (_, { name, shape }, value, place) =>
      value === null ? Result.succeed({}) : Result.map(shape.write(value, name, place), ({ text }) => ({ text })),
    read: (_, { optional, shape }, { text }, __, place) => {
      if (text !== "") return shape.read(textElement(text), place)
      if (optional) return Result.succeed(leftOut)
      return shape.about().nullable ? Result.succeed(null) : shape.read(textElement(text), place)
    }
  }
}

const grouped = (
  children: ReadonlyArray<ReadElement>,
  naming: Naming,
  place: Place
): Map<string, Array<ReadElement>> => {
  const byName = new Map<string, Array<ReadElement>>()
  for (const child of children) {
    if (child.uri !== inside(naming, place, child.local).namespace) continue
    const own = byName.get(child.local)
    if (own === undefined) byName.set(child.local, [child])
    else own.push(child)
  }
  return byName
}

/** Returns the place that members of a class see around them: their namespace is that of the class. */
const membersPlace = (naming: Naming, typeName: string | undefined, place: Place): Place => ({
  ...place,
  namespace: typeNamespace(naming, typeName) ?? place.namespace
})

/**
 * Makes the shape of a class. It reads the members in any order, and ignores unknown ones, as .NET does, but refuses the type of a
 * class that derives from it, whose own members would be lost.
 */
export const record = (naming: Naming, typeName: string | undefined, members: ReadonlyArray<Member>): Shape => ({
  about: () => ({ ...unknown, typeName, typeNamespace: typeNamespace(naming, typeName) }),
  write: (value, name, place) => {
    const within = membersPlace(naming, typeName, place)
    const values = value as Readonly<Record<string, unknown>>
    const present = members.filter((member) => values[member.name] !== undefined)
    return Result.map(
      inOrder(present, (member) => forms[member.form].write(naming, member, values[member.name], within)),
      (parts) => ({
        ...emptyElement(name, place),
        attributes: parts.flatMap(({ attributes = [] }) => attributes),
        children: parts.flatMap(({ children = [] }) => children),
        text: parts.map(({ text = "" }) => text).join("")
      })
    )
  },
  read: (element, place) => {
    const name = typeName ?? element.local
    const own: About = { ...unknown, typeName: name, typeNamespace: typeNamespace(naming, name) }
    const within = membersPlace(naming, typeName, place)
    const byName = grouped(element.children, naming, within)
    const values = Result.flatMap(typeIsKnown(element.type, own, place), () =>
      inOrder(members, (member) =>
        forms[member.form].read(naming, member, element, byName.get(member.name) ?? [], within)
      )
    )
    return Result.map(values, (all) =>
      Object.fromEntries(
        members.flatMap(({ name }, index) => (all[index] === leftOut ? [] : [[name, all[index]] as const]))
      )
    )
  }
})
