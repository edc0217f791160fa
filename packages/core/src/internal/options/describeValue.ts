/** The longest string that an error shows. */
const longest = 100

/** Shows a value that a caller gave, whatever it is: strings and numbers as they are, objects by their kind. */
export const describeValue = (value: unknown): string => {
  if (typeof value === "string" && value.length <= longest) return JSON.stringify(value)
  if (typeof value === "bigint") return `${value}n`
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value)
  return typeof value === "boolean" ? String(value) : describeKind(value)
}

/** Says what kind of value it is, without showing it: for secrets, and for what may be large. */
export const describeKind = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (typeof value === "string") return `a string of ${value.length} characters`
  if (typeof value === "function") return describeFunction(value)
  return typeof value === "object" ? describeObject(value) : withArticle(typeof value)
}

const describeFunction = (value: object): string => {
  const tag = tagOf(value)
  if (tag.includes("Generator")) return "a generator function"
  return tag === "AsyncFunction" ? "an async function" : "a function"
}

/** A getter or a proxy may throw whatever is asked of it. */
const describeObject = (value: object): string => {
  try {
    if (ArrayBuffer.isView(value)) return `${value.byteLength} ${value.byteLength === 1 ? "byte" : "bytes"}`
    if (Array.isArray(value)) return `an array of ${value.length}`
    if (value instanceof Date && Number.isNaN(value.getTime())) return "an invalid Date"
    const tag = tagOf(value)
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
    if (typeof name === "string" && /^[A-Z]\w*$/.test(name) && name !== "Object") return withArticle(name)
    return tag === "Object" || tag.startsWith("[") ? "an object" : withArticle(tag)
  } catch {
    return "an object that cannot be read"
  }
}

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice("[object ".length, -1)

/** "U" as in "Uint8Array" is no vowel to the ear, "MS" is. */
const withArticle = (noun: string): string => `${/^(?:[aeio]|MS)/i.test(noun) ? "an" : "a"} ${noun}`
