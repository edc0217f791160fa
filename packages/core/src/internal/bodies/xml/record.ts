import * as Result from "effect/Result"
import type { ReadElement } from "./reader.ts"
import { inOrder, inside, isNil, readAt, unknown, writeAt } from "./Shape.ts"
import type { Naming, Place, Shape } from "./Shape.ts"
import type { WrittenElement } from "./writer.ts"

/** Member of a class. Its key is the name of its element. */
export interface Member {
  readonly name: string
  readonly shape: Shape
  /** `true` where the schema accepts a class without it. */
  readonly optional: boolean
  /** Form of the member. `"repeated"`: its items stand in the class itself; `"attribute"`: it stands in the start tag. */
  readonly form: "element" | "repeated" | "attribute"
}

type Read = Result.Result<unknown, string>
const leftOut = Symbol()

const missing = (what: string, { path }: Place, hint = ""): Read => Result.fail(`must have ${what} in ${path}${hint}`)

interface Form {
  /** Writes the member into the element of its class. */
  readonly write: (
    member: Member,
    value: unknown,
    place: Place
  ) => Result.Result<Partial<Pick<WrittenElement, "attributes" | "children">>, string>
  /** Reads the value of the member, or {@link leftOut}. */
  readonly read: (member: Member, element: ReadElement, own: ReadonlyArray<ReadElement>, place: Place) => Read
}

const forms: Readonly<Record<Member["form"], Form>> = {
  element: {
    write: ({ name, shape }, value, place) =>
      Result.map(writeAt(shape, value, name, inside(place, name)), (child) => ({ children: [child] })),
    read: ({ name, optional, shape }, element, own, place) => {
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
      return readAt(shape, only, inside(place, name))
    }
  },
  repeated: {
    write: ({ name, shape }, value, place) =>
      Result.map(
        inOrder(value as ReadonlyArray<unknown>, (one, index) =>
          writeAt(shape.about().item!, one, name, inside(place, name, index))
        ),
        (children) => ({ children })
      ),
    read: ({ name, optional, shape }, _, own, place) =>
      optional && own.length === 0
        ? Result.succeed(leftOut)
        : inOrder(own, (one, index) => readAt(shape.about().item!, one, inside(place, name, index)))
  },
  attribute: {
    write: ({ name, shape }, value, place) =>
      Result.map(shape.write(value, name, inside(place, `@${name}`)), ({ text }) => ({ attributes: [[name, text]] })),
    read: ({ name, optional, shape }, { attributes }, _, place) => {
      const attribute = attributes.find(({ local, uri }) => local === name && uri === "")
      if (attribute !== undefined) {
        const { local, uri, value } = attribute
        return shape.read({ local, uri, attributes: [], children: [], text: value }, inside(place, `@${name}`))
      }
      return optional ? Result.succeed(leftOut) : missing(`an attribute ${name}`, place)
    }
  }
}

const grouped = (children: ReadonlyArray<ReadElement>, namespace: string): Map<string, Array<ReadElement>> => {
  const byName = new Map<string, Array<ReadElement>>()
  for (const child of children) {
    if (child.uri !== namespace) continue
    const own = byName.get(child.local)
    if (own === undefined) byName.set(child.local, [child])
    else own.push(child)
  }
  return byName
}

/** Makes the shape of a class. It reads the members in any order, and ignores unknown ones, as .NET does. */
export const record = (naming: Naming, typeName: string | undefined, members: ReadonlyArray<Member>): Shape => ({
  about: () => ({ ...unknown, typeName }),
  write: (value, name, place) => {
    const values = value as Readonly<Record<string, unknown>>
    const present = members.filter((member) => values[member.name] !== undefined)
    return Result.map(
      inOrder(present, (member) => forms[member.form].write(member, values[member.name], place)),
      (parts) => ({
        name,
        attributes: parts.flatMap(({ attributes = [] }) => attributes),
        children: parts.flatMap(({ children = [] }) => children),
        text: ""
      })
    )
  },
  read: (element, place) => {
    const byName = grouped(element.children, naming.namespace)
    const values = inOrder(members, (member) =>
      forms[member.form].read(member, element, byName.get(member.name) ?? [], place)
    )
    return Result.map(values, (all) =>
      Object.fromEntries(
        members.flatMap(({ name }, index) => (all[index] === leftOut ? [] : [[name, all[index]] as const]))
      )
    )
  }
})
