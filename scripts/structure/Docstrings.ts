/** Docstrings of a source file, and what each of them documents. */
import type { Comment, Node } from "oxc-parser"
import type { SourceFile } from "./SourceFile.ts"
import { childrenOf } from "./SourceFile.ts"

const isDocstring = ({ type, value }: Comment): boolean => type === "Block" && value.startsWith("*")

/** Returns the text of a docstring, without its margin. */
export const textOf = ({ value }: Comment): string =>
  value
    .slice(1)
    .replaceAll(/^[ \t]*\*? ?/gm, "")
    .trim()

/** Nodes that hold the documented one and begin where it does, or before it. */
const wrappers: ReadonlySet<string> = new Set([
  "ExportNamedDeclaration",
  "ExportDefaultDeclaration",
  "VariableDeclaration"
])

export class Docstrings {
  readonly all: ReadonlyArray<Comment>
  readonly #file: SourceFile

  constructor(file: SourceFile) {
    this.#file = file
    this.all = file.comments.filter(isDocstring)
  }

  /** Returns the docstring directly before an offset; other comments may stand in between. */
  before(offset: number): Comment | undefined {
    let end = offset
    for (const comment of this.#file.comments.toReversed()) {
      if (comment.end > end) continue
      if (this.#file.text.slice(comment.end, end).trim() !== "") return undefined
      if (isDocstring(comment)) return comment
      end = comment.start
    }
    return undefined
  }

  /** Returns the names in the file that have a docstring, each with it. */
  named(): ReadonlyArray<{ readonly name: string; readonly docstring: Comment }> {
    return this.#namedIn(this.#file.program, undefined)
  }

  #namedIn(
    node: Node,
    inherited: Comment | undefined
  ): ReadonlyArray<{ readonly name: string; readonly docstring: Comment }> {
    const name = nameOf(node)
    const isWrapper = wrappers.has(node.type)
    const docstring = inherited ?? (name === undefined && !isWrapper ? undefined : this.before(node.start))
    const own = name === undefined || docstring === undefined ? [] : [{ name, docstring }]
    return [...own, ...childrenOf(node).flatMap((child) => this.#namedIn(child, isWrapper ? docstring : undefined))]
  }
}

/** Returns the text of an identifier or a literal key; computed keys have no name. */
const keyOf = (key: Node, computed: boolean): string | undefined => {
  if (key.type === "Literal" && typeof key.value === "string") return key.value
  return key.type === "Identifier" && !computed ? key.name : undefined
}

/** Returns the name that a node declares, if it declares one that a docstring can describe. */
export const nameOf = (node: Node): string | undefined => {
  switch (node.type) {
    case "ClassDeclaration":
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSEnumDeclaration":
      return node.id?.name
    case "VariableDeclarator":
    case "TSModuleDeclaration":
      return node.id.type === "Identifier" ? node.id.name : undefined
    case "TSEnumMember":
      return keyOf(node.id, node.computed)
    case "ExportSpecifier":
      return keyOf(node.exported, false)
    case "Property":
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "PropertyDefinition":
    case "MethodDefinition":
    case "AccessorProperty":
    case "TSAbstractPropertyDefinition":
    case "TSAbstractMethodDefinition":
    case "TSAbstractAccessorProperty":
      return keyOf(node.key, node.computed)
    default:
      return undefined
  }
}
