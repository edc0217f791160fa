/** Source files, parsed. */
import { readFileSync } from "node:fs"
import type { Comment, EcmaScriptModule, Node, Program } from "oxc-parser"
import { parseSync, visitorKeys } from "oxc-parser"

export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly program: Program
  readonly module: EcmaScriptModule
  readonly comments: ReadonlyArray<Comment>
}

/** Parses a source text; throws on one that is no TypeScript or JavaScript. */
export const parse = (path: string, text: string): SourceFile => {
  const { comments, errors, module, program } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  return { path, text, program, module, comments }
}

export const read = (path: string): SourceFile => parse(path, readFileSync(path, "utf8"))

/** Returns the line of an offset, from 1 on. */
export const lineOf = ({ text }: SourceFile, offset: number): number => text.slice(0, offset).split("\n").length

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value

/** Returns the nodes directly below a node, in the order of the text. */
export const childrenOf = (node: Node): ReadonlyArray<Node> =>
  (visitorKeys[node.type] ?? []).flatMap((key) => {
    const child: unknown = Reflect.get(node, key)
    return (Array.isArray(child) ? child : [child]).filter(isNode)
  })

/** Yields a node and all below it. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const child of childrenOf(node)) yield* nodesOf(child)
}
