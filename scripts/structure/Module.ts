/** The names that a module declares, imports and exports. */
import type { Comment, Node } from "oxc-parser"
import { Docstrings, nameOf, textOf } from "./Docstrings.ts"
import type { SourceFile } from "./SourceFile.ts"
import { descriptionOf } from "./wording.ts"

/** Declaration of a name at the top of a module. */
export interface Declaration {
  readonly node: Node
  readonly docstring: Comment | undefined
}

/** Name that a module has from another one; `"*"` for all of its exports, under a name or not. */
export interface Imported {
  readonly from: string
  readonly name: string
}

/** Name that a module exports. */
export interface Exported {
  readonly name: string
  readonly local: string | Imported
  /** `true` for an export of a type alone, also where it is the type of a class. */
  readonly isType: boolean
  readonly docstring: Comment | undefined
}

/** One module. */
export class Module {
  readonly file: SourceFile
  readonly docstrings: Docstrings
  readonly declared = new Map<string, Array<Declaration>>()
  readonly imported = new Map<string, Imported>()
  readonly exported: Array<Exported> = []
  /** Modules of which all exports are exported. */
  readonly reexported: Array<string> = []

  constructor(file: SourceFile) {
    this.file = file
    this.docstrings = new Docstrings(file)
    for (const node of file.program.body) this.#add(node)
  }

  #add(node: Node): void {
    switch (node.type) {
      case "ImportDeclaration":
        for (const one of node.specifiers) {
          const name =
            one.type === "ImportSpecifier"
              ? nameIn(one.imported)
              : one.type === "ImportDefaultSpecifier"
                ? "default"
                : "*"
          this.imported.set(one.local.name, { from: node.source.value, name })
        }
        return
      case "ExportAllDeclaration":
        if (node.exported === null) this.reexported.push(node.source.value)
        else this.#export(nameIn(node.exported), { from: node.source.value, name: "*" }, node)
        return
      case "ExportNamedDeclaration":
        for (const one of node.specifiers) {
          const name = nameIn(one.local)
          const local = node.source === null ? name : { from: node.source.value, name }
          this.#export(nameIn(one.exported), local, one, node.exportKind === "type" || one.exportKind === "type")
        }
        if (node.declaration !== null) {
          for (const name of this.#declare(node.declaration, node)) this.#export(name, name, node)
        }
        return
      case "ExportDefaultDeclaration":
        this.declared.set("default", [{ node: node.declaration, docstring: this.docstrings.before(node.start) }])
        this.#export("default", "default", node)
        return
      default:
        this.#declare(node, node)
    }
  }

  #export(name: string, local: string | Imported, node: Node, isType = false): void {
    this.exported.push({ name, local, isType, docstring: this.docstrings.before(node.start) })
  }

  /** Notes the names that a statement declares, and returns them. `documented`: the node that has the docstring. */
  #declare(node: Node, documented: Node): ReadonlyArray<string> {
    const declarations = node.type === "VariableDeclaration" ? node.declarations : [node]
    const docstring = this.docstrings.before(documented.start)
    return declarations.flatMap((one) => {
      const name = nameOf(one)
      if (name === undefined) return []
      this.declared.set(name, [...(this.declared.get(name) ?? []), { node: one, docstring }])
      return [name]
    })
  }
}

const nameIn = (node: Node): string =>
  node.type === "Identifier" ? node.name : node.type === "Literal" ? String(node.value) : ""

/** Returns `true` for a docstring with the tag `@internal`. */
export const isInternal = (docstring: Comment | undefined): boolean =>
  docstring !== undefined && /^@internal\b/m.test(textOf(docstring))

export const isDescribed = (docstring: Comment | undefined): boolean =>
  docstring !== undefined && descriptionOf(textOf(docstring)) !== ""
