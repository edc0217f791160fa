/** Exports of public modules and the members of their types, as completion shows them. */
import type { Comment, Node } from "oxc-parser"
import { Docstrings, nameOf } from "./Docstrings.ts"
import { resolveImport } from "./importGraph.ts"
import type { Imported } from "./Module.ts"
import { isDescribed, isInternal, Module } from "./Module.ts"
import type { SourceFile } from "./SourceFile.ts"
import { childrenOf, lineOf } from "./SourceFile.ts"

/** Public name that has no docstring of its own. */
export interface Undocumented {
  readonly path: string
  readonly line: number
  /** Export and member, such as `Message.label`. */
  readonly name: string
}

/** Docstring that completion shows. */
export interface PublicDocstring {
  readonly file: SourceFile
  readonly docstring: Comment
}

/** Members that completion shows. Those without a name, and names of Effect's own, are not among them. */
const memberName = (node: Node): string | undefined => {
  switch (node.type) {
    case "TSPropertySignature":
    case "TSMethodSignature":
      break
    case "MethodDefinition":
    case "TSAbstractMethodDefinition":
      if (node.kind === "constructor" || node.accessibility === "private" || node.override) return undefined
      break
    case "PropertyDefinition":
    case "AccessorProperty":
    case "TSAbstractPropertyDefinition":
    case "TSAbstractAccessorProperty":
      if (node.accessibility === "private" || node.override) return undefined
      break
    default:
      return undefined
  }
  const name = nameOf(node)
  return name === undefined || name.startsWith("~") ? undefined : name
}

/** Names that a type or a base class is taken by: `["Message"]`, or `["Message", "Message"]` of a namespace. */
const referenceOf = (node: Node): ReadonlyArray<string> | undefined => {
  const pathOf = (name: Node): ReadonlyArray<string> | undefined => {
    if (name.type === "Identifier") return [name.name]
    const [left, right] =
      name.type === "TSQualifiedName"
        ? [name.left, name.right]
        : name.type === "MemberExpression" && !name.computed
          ? [name.object, name.property]
          : []
    const [before, after] = [left && pathOf(left), right && pathOf(right)]
    return before && after && [...before, ...after]
  }
  switch (node.type) {
    case "TSTypeReference":
      return pathOf(node.typeName)
    case "TSTypeQuery":
      return pathOf(node.exprName)
    case "TSInterfaceHeritage":
    case "TSClassImplements":
      return pathOf(node.expression)
    case "ClassDeclaration":
    case "ClassExpression":
      return node.superClass === null ? undefined : pathOf(node.superClass)
    default:
      return undefined
  }
}

/** Returns the nodes below one that can hold public types: all but what functions do. */
const signatureParts = (node: Node): ReadonlyArray<Node> => {
  const isFunction =
    node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression" || node.type === "FunctionDeclaration"
  if (!isFunction) return childrenOf(node)
  // A function that returns a function goes on with the signature of that one.
  return childrenOf(node).filter((child) => child !== node.body || child.type === "ArrowFunctionExpression")
}

class Reader {
  readonly undocumented: Array<Undocumented> = []
  readonly docstrings = new Set<Comment>()
  readonly #modules: ReadonlyMap<string, Module>
  readonly #seen = new Set<Node>()

  constructor(modules: ReadonlyMap<string, Module>) {
    this.#modules = modules
  }

  readModule(module: Module): void {
    for (const one of module.exported) {
      if (isInternal(one.docstring)) continue
      this.#note(one.docstring)
      this.#read(module, one.local, isDescribed(one.docstring))
    }
    for (const from of module.reexported) {
      const other = this.#find(module, from)
      if (other !== undefined) this.readModule(other)
    }
  }

  #find(module: Module, from: string): Module | undefined {
    const path = resolveImport(module.file.path, from)
    return path === undefined ? undefined : this.#modules.get(path)
  }

  /** Reads what a name of a module stands for. `described`: the docstring of the name is known already. */
  #read(module: Module, local: string | Imported, described: boolean, member: ReadonlyArray<string> = []): void {
    const imported = typeof local === "string" ? module.imported.get(local) : local
    if (imported !== undefined) {
      const other = this.#find(module, imported.from)
      if (other === undefined) return
      if (imported.name !== "*") this.#readExport(other, imported.name, described, member)
      else if (member[0] === undefined) this.readModule(other)
      else this.#readExport(other, member[0], described, member.slice(1))
      return
    }
    const declarations = (typeof local === "string" && module.declared.get(local)) || []
    if (declarations.some(({ docstring }) => isInternal(docstring))) return
    const [first] = declarations
    if (first === undefined || this.#seen.has(first.node)) return
    if (!described && !declarations.some(({ docstring }) => isDescribed(docstring))) {
      this.#report(module, first.node, String(local))
    }
    for (const { docstring, node } of declarations) {
      this.#seen.add(node)
      this.#note(docstring)
      this.#readPart(module, node, String(local))
    }
  }

  #readExport(module: Module, name: string, described: boolean, member: ReadonlyArray<string>): void {
    const found = module.exported.find((one) => one.name === name)
    if (found !== undefined) {
      this.#note(found.docstring)
      return this.#read(module, found.local, described || isDescribed(found.docstring), member)
    }
    for (const from of module.reexported) {
      const other = this.#find(module, from)
      if (other !== undefined) this.#readExport(other, name, described, member)
    }
  }

  /** Reads a part of a declaration. `follows`: the types that it names are read too. */
  #readPart(module: Module, node: Node, owner: string, follows = true): void {
    const reference = follows ? referenceOf(node) : undefined
    // The type's own docstring is asked for where it is exported.
    if (reference?.[0] !== undefined) this.#read(module, reference[0], true, reference.slice(1))
    const parts = signatureParts(node)
    // Of a member with several signatures one docstring is enough.
    const described = new Set<string>()
    const reported = new Set<string>()
    for (const part of parts) {
      const name = memberName(part)
      const docstring = module.docstrings.before(part.start)
      if (name === undefined) continue
      this.#note(docstring)
      if (isDescribed(docstring)) described.add(name)
    }
    for (const part of parts) {
      if (isInternal(module.docstrings.before(part.start))) continue
      if ("accessibility" in part && part.accessibility === "private") continue
      const name = memberName(part)
      if (name !== undefined && !described.has(name) && !reported.has(name)) {
        reported.add(name)
        this.#report(module, part, `${owner}.${name}`)
      }
      if (isHidden(part)) continue
      // The SDK makes its objects itself: what its constructors take is of no concern outside.
      const isConstructor = part.type === "MethodDefinition" && part.kind === "constructor"
      this.#readPart(module, part, name === undefined ? owner : `${owner}.${name}`, follows && !isConstructor)
    }
  }

  #note(docstring: Comment | undefined): void {
    if (docstring !== undefined && !isInternal(docstring)) this.docstrings.add(docstring)
  }

  #report({ file }: Module, node: Node, name: string): void {
    this.undocumented.push({ path: file.path, line: lineOf(file, node.start), name })
  }
}

/** Returns `true` for members that only a symbol or the class itself can name: completion does not show them. */
const isHidden = (node: Node): boolean =>
  "key" in node &&
  (node.key.type === "PrivateIdentifier" || (nameOf(node) === undefined && "computed" in node && node.computed))

const readPublic = (files: ReadonlyArray<SourceFile>, isPublic: (path: string) => boolean): Reader => {
  const modules = new Map(files.map((file) => [file.path, new Module(file)]))
  const reader = new Reader(modules)
  for (const [path, module] of modules) if (isPublic(path)) reader.readModule(module)
  return reader
}

/**
 * Returns the exports of the public modules that have no docstring, and the members that have none: those of exported
 * types and classes, and of the types that their declarations name. Members that are private or `@internal` do not count.
 */
export const undocumentedIn = (
  files: ReadonlyArray<SourceFile>,
  isPublic: (path: string) => boolean
): ReadonlyArray<Undocumented> => readPublic(files, isPublic).undocumented

/** Returns the docstring before the first statement of a module: its own, or that of the statement. */
const headOf = (file: SourceFile): Comment | undefined => {
  const [first] = new Docstrings(file).all
  const [statement] = file.program.body
  return first !== undefined && (statement === undefined || first.end <= statement.start) ? first : undefined
}

/** Returns the docstrings of the public modules, of their exports and of the members of these, in the order of the files. */
export const publicDocstringsIn = (
  files: ReadonlyArray<SourceFile>,
  isPublic: (path: string) => boolean
): ReadonlyArray<PublicDocstring> => {
  const { docstrings } = readPublic(files, isPublic)
  return files.flatMap((file) => {
    const head = isPublic(file.path) ? headOf(file) : undefined
    return file.comments
      .filter((comment) => comment === head || docstrings.has(comment))
      .map((docstring) => ({ file, docstring }))
  })
}
