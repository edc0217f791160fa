/** The graph of the imports between source files, those of types included. */
import { Graph } from "@dagrejs/graphlib"
import { dirname } from "node:path"
import { ResolverFactory } from "oxc-resolver"
import type { SourceFile } from "./SourceFile.ts"
import { nodesOf } from "./SourceFile.ts"

const resolver = new ResolverFactory({
  conditionNames: ["node", "import"],
  extensions: [".ts"],
  extensionAlias: { ".js": [".ts", ".js"] }
})

/** Returns the file that a module names in its import, or `undefined` for a module that is no file, such as `node:fs`. */
export const resolveImport = (path: string, specifier: string): string | undefined =>
  resolver.sync(dirname(path), specifier).path

const literal = /^(["'`])(.*)\1$/s

/** Returns what a module imports and exports from, by static, dynamic and type imports. */
const specifiersOf = ({ module, program, text }: SourceFile): ReadonlySet<string> => {
  const specifiers = new Set(module.staticImports.map(({ moduleRequest }) => moduleRequest.value))
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest !== null) specifiers.add(moduleRequest.value)
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const [, , specifier] = literal.exec(text.slice(moduleRequest.start, moduleRequest.end)) ?? []
    if (specifier !== undefined) specifiers.add(specifier)
  }
  for (const node of nodesOf(program)) if (node.type === "TSImportType") specifiers.add(node.source.value)
  return specifiers
}

/** Returns the graph of source files: a node for each path, an edge for each import of one of them by another. */
export const importGraphOf = (files: ReadonlyArray<SourceFile>): Graph => {
  const graph = new Graph()
  for (const { path } of files) graph.setNode(path)
  for (const file of files) {
    for (const specifier of specifiersOf(file)) {
      const imported = resolveImport(file.path, specifier)
      if (imported !== undefined && graph.hasNode(imported)) graph.setEdge(file.path, imported)
    }
  }
  return graph
}
