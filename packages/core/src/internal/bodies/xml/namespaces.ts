export const instance = "http://www.w3.org/2001/XMLSchema-instance"
export const schema = "http://www.w3.org/2001/XMLSchema"

/** Namespaces of nil, with the older ones that .NET knows. */
export const instances: ReadonlyArray<string> = [
  instance,
  "http://www.w3.org/2000/10/XMLSchema-instance",
  "http://www.w3.org/1999/XMLSchema-instance"
]

const names = /^[\p{L}_][\p{L}\p{M}\p{N}._-]*$/u

/** Returns `true` for a name that an element may have, without a prefix. */
export const isName = (name: string): boolean => names.test(name)

/** Namespaces by prefix, as an element sees them: its own before those around it. */
export type Scope = Readonly<Record<string, string>>

export const outermost: Scope = Object.assign(Object.create(null) as object, {
  "": "",
  xml: "http://www.w3.org/XML/1998/namespace"
})

export interface QualifiedName {
  readonly local: string
  readonly uri: string
}

/** Returns the prefix that an attribute declares, empty for the default namespace; `undefined` for another attribute. */
export const declaredPrefix = (attribute: string): string | undefined => {
  if (attribute === "xmlns") return ""
  return attribute.startsWith("xmlns:") ? attribute.slice("xmlns:".length) : undefined
}

/** Resolves a name. Returns `undefined` for a prefix that is not declared. An attribute without a prefix is in no namespace. */
export const resolve = (scope: Scope, name: string, kind: "element" | "attribute"): QualifiedName | undefined => {
  const colon = name.indexOf(":")
  if (colon === -1) return { local: name, uri: kind === "element" ? scope[""]! : "" }
  const local = name.slice(colon + 1)
  const uri = scope[name.slice(0, colon)]
  return uri === undefined || colon === 0 || local === "" || local.includes(":") ? undefined : { local, uri }
}
