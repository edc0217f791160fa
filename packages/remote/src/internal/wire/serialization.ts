/** Bytes of the messages between client and gateway. */
import * as Layer from "effect/Layer"
import * as Effect from "effect/Effect"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import type * as Schema from "effect/Schema"

/** Version of the wire, which client and gateway must share. */
export const protocol = 1

/** Largest frame by default, in bytes: a batch of messages, or one of 4 MB with all its properties. */
export const usualMaxFrame = 16 * 1024 * 1024

/** Bytes that a message takes beside its own, at most. */
const perMessage = 1024

/** Returns the number of bytes that a record may take at most: what it has, and room for the names of its parts. */
export const sizeOf = (record: object): number => {
  let size = perMessage
  for (const value of Object.values(record) as ReadonlyArray<unknown>) {
    if (value instanceof Uint8Array) size += value.length
    else if (typeof value === "string") size += 3 * value.length
    else if (typeof value === "object" && value !== null) size += sizeOf(value)
  }
  return size
}

const codecs = new WeakMap<Schema.Top, Schema.Top>()

/**
 * Layer of Effect's binary serialization, whose codecs are made once in the process: each connection has a server of its own.
 * A frame that cannot be read closes the connection, since the parser does not find the next one.
 */
export const layer = (maxFrameSize: number): Layer.Layer<RpcSerialization.RpcSerialization> =>
  Layer.effect(
    RpcSerialization.RpcSerialization,
    Effect.map(RpcSerialization.RpcSerialization, (binary) => ({
      ...binary,
      codecFor: ((schema: Schema.Top) => {
        const known = codecs.get(schema)
        if (known !== undefined) return known
        const made = binary.codecFor(schema as never) as Schema.Top
        codecs.set(schema, made)
        return made
      }) as RpcSerialization.CodecFor,
      makeUnsafe: () => {
        const parser = binary.makeUnsafe()
        return {
          encode: parser.encode,
          decode: (data: string | Uint8Array) => {
            try {
              return parser.decode(data)
            } catch (cause) {
              throw new MalformedFrame(cause)
            }
          }
        }
      }
    }))
  ).pipe(Layer.provide(RpcSerialization.layerSchemaBinary({ maxFrameSize })))

/** Frame that cannot be read. Effect's server closes the connection on an error with this tag. */
class MalformedFrame extends Error {
  readonly _tag = "MaxBufferSizeExceeded"

  constructor(cause: unknown) {
    super(`a frame cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
