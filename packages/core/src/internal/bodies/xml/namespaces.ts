export const instance = "http://www.w3.org/2001/XMLSchema-instance"
export const schema = "http://www.w3.org/2001/XMLSchema"

/** Namespace of the simple types that XML Schema lacks and .NET has. */
export const dotnet = "http://microsoft.com/wsdl/types/"

/** Namespaces of nil and type, with the older ones that .NET knows. */
export const instances: ReadonlyArray<string> = [
  instance,
  "http://www.w3.org/2000/10/XMLSchema-instance",
  "http://www.w3.org/1999/XMLSchema-instance"
]

const schemas = [schema, "http://www.w3.org/2000/10/XMLSchema", "http://www.w3.org/1999/XMLSchema"]

/** Returns `true` for the namespace of a type, also where it is an older one that .NET knows. */
export const areSame = (actual: string | undefined, expected: string): boolean =>
  actual === expected || (expected === schema && schemas.some((one) => one === actual))

const names = /^[\p{L}_][\p{L}\p{M}\p{N}._-]*$/u

/** Returns `true` for a name that an element may have, without a prefix. */
export const isName = (name: string): boolean => names.test(name)

export interface QualifiedName {
  readonly local: string
  readonly uri: string
}

/** Prints the name of a type for errors. `uri`: `undefined` where its prefix is not declared. */
export const describe = ({ local, uri }: { readonly local: string; readonly uri: string | undefined }): string => {
  if (uri === undefined) return `${local}, whose prefix is not declared`
  return uri === "" ? local : `${local} of the namespace "${uri}"`
}
