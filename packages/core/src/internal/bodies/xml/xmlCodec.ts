import * as Result from "effect/Result"
import type * as AST from "effect/SchemaAST"
import type { EncodedBody } from "../Codec.ts"
import { withChoices } from "./choice.ts"
import type { Choice } from "./choice.ts"
import * as namespaces from "./namespaces.ts"
import * as reader from "./reader.ts"
import type { ReadElement } from "./Tree.ts"
import * as Shape from "./Shape.ts"
import { refuse, requireItemName, shapeOf } from "./shapeOf.ts"
import type { ShapeOptions, Walk } from "./shapeOf.ts"
import * as writer from "./writer.ts"

/** Codec between the encoded side of a schema and a document. */
export interface XmlCodec {
  /** Root element, or those of a choice, for errors. */
  readonly name: string
  /** Schema whose encoded side the codec takes and gives. */
  readonly ast: AST.AST
  readonly encode: (value: unknown) => Result.Result<EncodedBody, string>
  readonly decode: (encoded: EncodedBody) => Result.Result<unknown, string>
}

const named = (local: string, uri: string): string =>
  uri === "" ? `<${local}>` : `<${local}> of the namespace "${uri}"`

/** Makes the codec of a schema. Throws an `MsmqError` for a schema that has no form in .NET's XML. */
export const xmlCodec = (ast: AST.AST, rootName: string | undefined, options: ShapeOptions): XmlCodec => {
  const walk: Walk = { options, path: [], suspended: new Map(), choices: new Map(), afterwards: [] }
  const shape = shapeOf(ast, walk)
  const { choices, nullable, omittable, typeName } = shape.about()
  const root = rootName ?? typeName
  if (omittable) return refuse(walk, "may be undefined: leave the body out instead")
  if (root === undefined || !namespaces.isName(root)) {
    const named = choices === undefined ? "the schema" : "each schema of the union"
    return refuse(walk, `has no name for the root element: give { root: "Name" }, or ${named} an identifier`)
  }
  requireItemName(shape, root, walk)
  for (const check of walk.afterwards) check()

  // .NET calls the root after the type of the value, and does not name that type in it.
  const isChoice = rootName === undefined && choices !== undefined
  const roots = isChoice
    ? new Map([...choices].map(([name, one]) => [name, nullable ? Shape.nullable(one) : one]))
    : new Map([[root, shape]])
  const { namespace } = options
  const isCalled = (name: string, { local, uri }: ReadElement) => local === name && uri === namespace
  const written = (value: unknown) => {
    const { typeName, value: chosen } = isChoice && value !== null ? (value as Choice) : { typeName: root, value }
    return Shape.writeAt(roots.get(typeName) ?? shape, chosen, typeName, { path: typeName, depth: 1, namespace })
  }
  const readAs = (element: ReadElement): Result.Result<unknown, string> => {
    const { local: typeName, type } = element
    const place = { path: typeName, depth: 1, namespace }
    const chosen = isChoice && type === undefined ? roots.get(typeName) : undefined
    if (chosen !== undefined && isCalled(typeName, element)) {
      return Result.map(Shape.readAt(chosen, element, place), (value): Choice | null =>
        value === null ? null : { typeName, value }
      )
    }
    if (isCalled(root, element)) return Shape.readAt(shape, element, place)
    const names = [...roots.keys()].map((name) => named(name, namespace))
    return Result.fail(`must have the root element ${names.join(" or ")}, not ${named(typeName, element.uri)}`)
  }
  return {
    name: [...roots.keys()].map((name) => `<${name}>`).join(" or "),
    ast: withChoices(ast, walk.choices),
    encode: (value) =>
      Result.map(written(value), (element) => {
        const isSimple = (roots.get(element.local) ?? shape).about().simple !== undefined
        return { body: new TextEncoder().encode(writer.write(element, isSimple)), bodyType: 0 }
      }),
    decode: ({ body }) => Result.flatMap(reader.read(body), readAs)
  }
}
