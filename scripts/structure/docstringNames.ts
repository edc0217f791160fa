/** Names in docstrings: those of links, and those that stand in backticks. */
import type { Comment, Node } from "oxc-parser"
import { nameOf, textOf } from "./Docstrings.ts"
import { resolveImport } from "./importGraph.ts"
import { Module } from "./Module.ts"
import type { SourceFile } from "./SourceFile.ts"
import { nodesOf } from "./SourceFile.ts"

/** Name in a docstring that stands for nothing. */
export interface UnknownName {
  readonly file: SourceFile
  readonly docstring: Comment
  readonly name: string
}

/** Returns the names of the members of a declaration, those inside its types and values included. */
const membersOf = (node: Node): ReadonlySet<string> => new Set([...nodesOf(node)].flatMap((one) => nameOf(one) ?? []))

/** Spellings of a name that code may have instead: of a reason that of its code, and of a property of a message that of its row. */
const otherSpellings = (word: string): ReadonlyArray<string> => [
  `MQ_ERROR_${word.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase()}`,
  word.replace(/^PROPID_M_/, "")
]

/** Names of the code, each with the names that may stand after it. */
export class Names {
  readonly #modules: ReadonlyMap<string, Module>
  /** Names that may follow a name: exports of a module by its file's name, and members of a declaration. */
  readonly #members = new Map<string, Set<string>>()
  /** Names that are not of this code, such as those of Windows and of .NET. */
  readonly #outside: ReadonlySet<string>
  /** Every word of the code. */
  readonly #words = new Set<string>()

  constructor(files: ReadonlyArray<SourceFile>, outside: Iterable<string>) {
    this.#modules = new Map(files.map((file) => [file.path, new Module(file)]))
    this.#outside = new Set(outside)
    for (const module of this.#modules.values()) this.#learn(module)
  }

  #learn(module: Module): void {
    const name = /([^/\\]+)\.ts$/.exec(module.file.path)?.[1] ?? ""
    this.#words.add(name)
    const exported = module.exported.map((one) => one.name)
    this.#add(name, exported)
    for (const [declared, declarations] of module.declared) {
      for (const { node } of declarations) this.#add(declared, membersOf(node))
    }
    for (const node of nodesOf(module.file.program)) {
      if (node.type === "Identifier" || node.type === "PrivateIdentifier") this.#words.add(node.name)
      else if (node.type === "Literal" && typeof node.value === "string") this.#addWords(node.value)
      else if (node.type === "TemplateElement") this.#addWords(node.value.raw)
    }
  }

  #add(name: string, members: Iterable<string>): void {
    const known = this.#members.get(name) ?? new Set()
    for (const member of members) known.add(member)
    this.#members.set(name, known)
  }

  #addWords(text: string): void {
    for (const word of text.match(/[\w$]+/g) ?? []) this.#words.add(word)
  }

  /** Returns `true` for a name, such as `Sender.send`, that the code or the list of other names has. */
  has(name: string): boolean {
    if (this.#outside.has(name)) return true
    const [first = "", ...rest] = name.split(/[.#]/)
    if (rest.length === 0) return this.#words.has(first) || otherSpellings(first).some((word) => this.#words.has(word))
    const members = this.#members.get(first)
    if (members === undefined) return this.#words.has(first) && rest.every((word) => this.#words.has(word))
    return members.has(rest[0] ?? "") && rest.every((word) => this.#words.has(word))
  }

  /** Returns `true` for the target of a link in a docstring of a file. */
  leadsSomewhere(file: SourceFile, docstring: Comment, target: string): boolean {
    const module = this.#modules.get(file.path)
    if (module === undefined) return false
    const [first = "", ...rest] = target.split(/[.#]/)
    // Inside the braces of a declaration, or directly before it.
    const around = file.program.body.find(({ end }) => docstring.start < end)
    const near = around === undefined ? new Set<string>() : membersOf(around)
    const imported = module.imported.get(first)
    if (imported === undefined && !module.declared.has(first)) {
      return rest.length === 0 && (near.has(first) || module.exported.some(({ name }) => name === first))
    }
    const [next] = rest
    if (next === undefined) return true
    const path = imported === undefined ? undefined : resolveImport(file.path, imported.from)
    const other = path === undefined ? undefined : this.#modules.get(path)
    // Modules of others are theirs to check.
    if (imported !== undefined && other === undefined) return true
    if (imported?.name === "*") return other?.exported.some(({ name }) => name === next) === true
    return this.#members.get(imported?.name ?? first)?.has(next) === true
  }
}

const link = /\{@link(?:code|plain)?\s+([^}|\s]+)[^}]*\}/g

/** Returns the links in docstrings that lead to no name. */
export const deadLinksIn = (files: ReadonlyArray<SourceFile>, names: Names): ReadonlyArray<UnknownName> =>
  docstringsIn(files).flatMap(({ docstring, file }) =>
    Array.from(docstring.value.matchAll(link), ([, target = ""]) => target)
      .filter((target) => !/^https?:/.test(target) && !names.leadsSomewhere(file, docstring, target))
      .map((name) => ({ file, docstring, name }))
  )

const fence = /^```.*?^```$/gms
const span = /(?<!`)`([^`\n]+)`(?!`)/g
const identifier = /^[A-Za-z_$][\w$]*(?:[.#][A-Za-z_$][\w$]*)*(?=(?:\(\))?$)/

/** Returns the names in backticks of docstrings that no code has. */
export const unknownNamesIn = (files: ReadonlyArray<SourceFile>, names: Names): ReadonlyArray<UnknownName> =>
  docstringsIn(files).flatMap(({ docstring, file }) =>
    Array.from(textOf(docstring).replaceAll(fence, "").matchAll(span), ([, code = ""]) => identifier.exec(code)?.[0])
      .filter((name) => name !== undefined)
      .filter((name) => !names.has(name))
      .map((name) => ({ file, docstring, name }))
  )

const docstringsIn = (files: ReadonlyArray<SourceFile>) =>
  files.flatMap((file) =>
    file.comments
      .filter(({ type, value }) => type === "Block" && value.startsWith("*"))
      .map((docstring) => ({ file, docstring }))
  )
