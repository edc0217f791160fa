/** Names that the public modules export, each with its docstring. */
import type { Node } from "oxc-parser"
import { textOf } from "./Docstrings.ts"
import { resolveImport } from "./importGraph.ts"
import type { Declaration, Imported } from "./Module.ts"
import { isInternal, Module } from "./Module.ts"
import type { SourceFile } from "./SourceFile.ts"
import { lineOf } from "./SourceFile.ts"

/** Name that a public module exports, of a type or of a value. */
export interface PublicExport {
  readonly path: string
  readonly line: number
  /** Name, after that of its namespace if it has one, such as `FormatName.parse`. */
  readonly name: string
  /** `true` for an export of a type alone, also where it is the type of a class. */
  readonly isType: boolean
  /** Declarations of the name: more than one where a type and a value share it. */
  readonly nodes: ReadonlyArray<Node>
  /** Text of its docstrings: that of the export and those of the declarations. */
  readonly docstring: string
}

class Reader {
  readonly found: Array<PublicExport> = []
  readonly #modules: ReadonlyMap<string, Module>
  readonly #seen = new Set<Node>()

  constructor(modules: ReadonlyMap<string, Module>) {
    this.#modules = modules
  }

  readModule(module: Module, namespace: string): void {
    for (const { docstring, isType, local, name } of module.exported) {
      if (isInternal(docstring)) continue
      const imported = typeof local === "string" ? module.imported.get(local) : local
      if (imported?.name === "*") {
        const other = this.#find(module, imported.from)
        if (other !== undefined) this.readModule(other, `${namespace}${name}.`)
        continue
      }
      const found = this.#resolve(module, local)
      const [first] = found.declarations
      if (first === undefined || this.#seen.has(first.node)) continue
      const docstrings = [docstring, ...found.declarations.map((one) => one.docstring)]
      if (docstrings.some(isInternal)) continue
      this.#seen.add(first.node)
      this.found.push({
        path: found.module.file.path,
        line: lineOf(found.module.file, first.node.start),
        name: namespace + name,
        isType,
        nodes: found.declarations.map(({ node }) => node),
        docstring: docstrings.flatMap((one) => (one === undefined ? [] : [textOf(one)])).join("\n")
      })
    }
    for (const from of module.reexported) {
      const other = this.#find(module, from)
      if (other !== undefined) this.readModule(other, namespace)
    }
  }

  #find(module: Module, from: string): Module | undefined {
    const path = resolveImport(module.file.path, from)
    return path === undefined ? undefined : this.#modules.get(path)
  }

  /** Returns the declarations of a name, from the module that has them. */
  #resolve(
    module: Module,
    local: string | Imported
  ): { readonly module: Module; readonly declarations: ReadonlyArray<Declaration> } {
    const imported = typeof local === "string" ? module.imported.get(local) : local
    if (imported === undefined) {
      return { module, declarations: typeof local === "string" ? (module.declared.get(local) ?? []) : [] }
    }
    const other = this.#find(module, imported.from)
    const exported = other?.exported.find(({ name }) => name === imported.name)
    return other === undefined || exported === undefined
      ? { module, declarations: [] }
      : this.#resolve(other, exported.local)
  }
}

/** Values that are written down, such as tables of numbers: their use shows in themselves. */
const plainValues: ReadonlySet<string> = new Set([
  "ArrayExpression",
  "Literal",
  "MemberExpression",
  "NewExpression",
  "Identifier",
  "TSAsExpression",
  "TSSatisfiesExpression"
])

/** Returns `true` for a class, a function, or a value that is made, such as a layer or a codec. */
const isUsed = ({ isType, nodes }: PublicExport): boolean =>
  !isType &&
  nodes.some(
    (node) =>
      node.type === "ClassDeclaration" ||
      node.type === "FunctionDeclaration" ||
      (node.type === "VariableDeclarator" && node.init !== null && !plainValues.has(node.init.type))
  )

/** Returns `true` for a docstring with an example that runs as a test. */
const hasExample = ({ docstring }: PublicExport): boolean => docstring.includes("```ts import.meta.vitest")

/**
 * Returns the exports that are used and have no example. A docstring may name the example that has the export in it: "See the example
 * of {@link make}.", or of `Sender.make` where that is in another module.
 */
export const withoutExample = (exports: ReadonlyArray<PublicExport>): ReadonlyArray<PublicExport> => {
  const shown = exports.filter(hasExample)
  const isShown = (path: string, target: string): boolean => {
    const name = target.split(/[.#]/).at(-1)
    return shown.some((one) => one.name.split(".").at(-1) === name && (target.includes(".") || one.path === path))
  }
  return exports.filter((one) => {
    if (!isUsed(one) || hasExample(one)) return false
    const [, link, name] = /\bexample\s+of\s+(?:\{@link ([^}|\s]+)|`([^`]+)`)/.exec(one.docstring) ?? []
    const target = link ?? name
    return target === undefined || !isShown(one.path, target)
  })
}

/** Returns the names that the public modules export, each once. Those that are `@internal` do not count. */
export const publicExportsIn = (
  files: ReadonlyArray<SourceFile>,
  isPublic: (path: string) => boolean
): ReadonlyArray<PublicExport> => {
  const modules = new Map(files.map((file) => [file.path, new Module(file)]))
  const reader = new Reader(modules)
  for (const [path, module] of modules) if (isPublic(path)) reader.readModule(module, "")
  return reader.found
}
