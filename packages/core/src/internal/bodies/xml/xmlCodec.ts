import * as Result from "effect/Result"
import type * as AST from "effect/SchemaAST"
import type { EncodedBody } from "../Codec.ts"
import * as namespaces from "./namespaces.ts"
import * as reader from "./reader.ts"
import * as Shape from "./Shape.ts"
import { refuse, requireItemName, shapeOf } from "./shapeOf.ts"
import type { ShapeOptions, Walk } from "./shapeOf.ts"
import * as writer from "./writer.ts"

/** Codec between the encoded side of a schema and a document. */
export interface XmlCodec {
  readonly root: string
  readonly encode: (value: unknown) => Result.Result<EncodedBody, string>
  readonly decode: (encoded: EncodedBody) => Result.Result<unknown, string>
}

const named = (local: string, uri: string): string =>
  uri === "" ? `<${local}>` : `<${local}> of the namespace "${uri}"`

/** Returns the declarations in the root's start tag: .NET declares both for every class, and neither for a simple value. */
const declarations = (root: writer.WrittenElement, isSimple: boolean, namespace: string) => [
  ...(isSimple && root.attributes.length === 0
    ? []
    : ([
        ["xmlns:xsi", namespaces.instance],
        ["xmlns:xsd", namespaces.schema]
      ] as const)),
  ...(namespace === "" ? [] : ([["xmlns", namespace]] as const))
]

/** Makes the codec of a schema. Throws a `TypeError` for a schema that has no form in .NET's XML. */
export const xmlCodec = (ast: AST.AST, rootName: string | undefined, options: ShapeOptions): XmlCodec => {
  const walk: Walk = { options, path: [], suspended: new Map(), afterwards: [] }
  const shape = shapeOf(ast, walk)
  const { omittable, simple, typeName } = shape.about()
  const root = rootName ?? typeName
  if (omittable) return refuse(walk, "may be undefined: leave the body out instead")
  if (root === undefined || !namespaces.isName(root)) {
    return refuse(walk, 'has no name for the root element: give { root: "Name" }, or the schema an identifier')
  }
  requireItemName(shape, root, walk)
  for (const check of walk.afterwards) check()
  const place: Shape.Place = { path: root, depth: 1 }
  return {
    root,
    encode: (value) =>
      Result.map(Shape.writeAt(shape, value, root, place), (element) => {
        const declared = declarations(element, simple !== undefined, options.namespace)
        const text = writer.write({ ...element, attributes: [...declared, ...element.attributes] })
        return { body: new TextEncoder().encode(text), bodyType: 0 }
      }),
    decode: ({ body }) =>
      Result.flatMap(reader.read(body), (element) =>
        element.local === root && element.uri === options.namespace
          ? Shape.readAt(shape, element, place)
          : Result.fail(
              `must have the root element ${named(root, options.namespace)}, not ${named(element.local, element.uri)}`
            )
      )
  }
}
