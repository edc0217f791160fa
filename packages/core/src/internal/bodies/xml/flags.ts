import { enumType } from "./simpleTypes.ts"
import type { SimpleType } from "./simpleTypes.ts"

/** Enum of TypeScript, or an object of its members: numbers by their names. */
export type Enumeration = Readonly<Record<string, number | string>>

const none = BigInt(0)

/** Blanks as .NET knows them. */
const dotnetBlanks = /(?:[^\S\ufeff]|\u0085)+/

/** Returns the bits of the members, without the names that TypeScript adds for their numbers. */
const membersOf = (enumeration: Enumeration): ReadonlyMap<string, bigint> =>
  new Map(
    Object.entries(enumeration).flatMap(([name, value]) =>
      typeof value === "number" && !/^-?\d/.test(name) ? [[name, BigInt(value)] as const] : []
    )
  )

/** Makes the simple type of an enum with `[Flags]`: the name of a member, or names with a blank between them, in the order of the enum. */
export const flagsType = (enumeration: Enumeration): SimpleType => {
  const members = membersOf(enumeration)
  return enumType({
    rule: `a number of the bits of ${[...members.keys()].join(", ")}`,
    print: (value) => {
      if (typeof value !== "number" || !Number.isSafeInteger(value)) return undefined
      const all = BigInt(value)
      const whole = [...members].find(([, bits]) => bits === all)
      if (whole !== undefined) return whole[0]
      let rest = all
      const names: Array<string> = []
      for (const [name, bits] of members) {
        if (rest === none || bits === none || (bits & all) !== bits) continue
        names.push(name)
        rest &= ~bits
      }
      return rest === none ? names.join(" ") : undefined
    },
    parse: (text) => {
      let all = none
      for (const name of text.split(dotnetBlanks)) {
        const bits = name === "" ? none : members.get(name)
        if (bits === undefined) return undefined
        all |= bits
      }
      return Number(all)
    }
  })
}
