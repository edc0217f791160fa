/** Tells whether a value is an object that has a name; one that throws when it is asked has none. */
export const has = (value: unknown, name: string): boolean => {
  try {
    return typeof value === "object" && value !== null && name in value
  } catch {
    return false
  }
}
