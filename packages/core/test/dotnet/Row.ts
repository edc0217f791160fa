import { MessageBody } from "@effect-msmq/core"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { ActiveXKind } from "./activeXKinds.ts"
import { activeXKinds } from "./activeXKinds.ts"
import type { Kind } from "./Kind.ts"
import { listKinds, xmlKinds } from "./xmlKinds.ts"

/** A value in the judge's notation, and the body that the SDK writes for it or the rule that forbids it. */
export interface Sample {
  readonly value: string
  readonly encoded: Result.Result<MessageBody.EncodedBody, string>
}

/** A kind of value with its codec, of which only notation comes out. */
export interface Row {
  readonly name: string
  /** Name of the type in C#. */
  readonly type: string
  /** Generates values and writes them. One seed always generates the same. */
  readonly samples: (count: number, seed: string) => Effect.Effect<ReadonlyArray<Sample>, Arbitrary.SampleError>
  /** Reads a body as a value in the judge's notation. */
  readonly read: (encoded: MessageBody.EncodedBody) => Result.Result<string, string>
}

const rowOf = (
  name: string,
  { notation, type, values }: Pick<Kind, "notation" | "type" | "values">,
  codec: ActiveXKind["codec"]
): Row => ({
  name,
  type,
  samples: (count, seed) =>
    Effect.map(Arbitrary.sampleEffect(values, { count, seed: `${seed}/${name}` }), (sampled) =>
      sampled.map((value) => ({ value: notation(value), encoded: codec.encode(value) }))
    ),
  read: (encoded) => Result.map(codec.decode(encoded), notation)
})

const xmlRow = (name: string, kind: Kind): Row => rowOf(name, kind, MessageBody.xml(kind.schema, kind.options))

export const xmlRows: ReadonlyArray<Row> = Object.entries(xmlKinds).map(([name, kind]) => xmlRow(name, kind))

export const listRows: ReadonlyArray<Row> = listKinds.map((kind) => xmlRow(kind.type, kind))

export const activeXRows: ReadonlyArray<Row> = Object.entries(activeXKinds).map(([name, kind]) =>
  rowOf(name, kind, kind.codec)
)
