import { errors } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import type { Properties, PropertyInCall, PropertyRow, PropertyTable } from "./PropertyBlock.ts"
import { PropertyBlock } from "./PropertyBlock.ts"

type Fields<Table extends PropertyTable> = ReadonlyArray<
  [field: keyof Table & string, row: PropertyRow<unknown, never>]
>

const fieldsOf = <Table extends PropertyTable>(table: Table): Fields<Table> =>
  Object.entries(table) as Array<[keyof Table & string, PropertyRow<unknown, never>]>

/** Row that decodes values of its own type, as the `satisfies` of its table says. */
interface Decoder {
  decode(raw: unknown): unknown
}

interface Encoder {
  encode?(value: unknown): PropertyInCall["raw"]
}

const encode = (row: Encoder, value: unknown): PropertyInCall["raw"] => row.encode?.(value)

/**
 * Asks for all properties of a table. `get` calls the function with the struct, and then `take`. Properties that are
 * refused are left out of another call, where all of them are such as some queues or versions of Windows do not have.
 */
export const getProperties = <Table extends PropertyTable>(
  bindings: Bindings,
  table: Table,
  get: <A>(struct: ArrayBuffer, take: () => A) => Effect.Effect<A, MqrtFailure>
): Effect.Effect<Properties<Table>, MqrtFailure> => {
  const ask = (fields: Fields<Table>): Effect.Effect<ReadonlyMap<string, unknown>, MqrtFailure> =>
    Effect.suspend(() => {
      const block = new PropertyBlock(fields.map(([, row]) => ({ row, raw: undefined })))
      return get(block.struct, () => block.read(bindings.functions.MQFreeMemory)).pipe(
        Effect.map((values) => new Map<string, unknown>(fields.map(([field], index) => [field, values[index]]))),
        Effect.catch((failure) => {
          const refused = new Set(block.refused)
          const others = fields.filter((_, index) => !refused.has(index))
          const again =
            failure.code === errors.MQ_ERROR_PROPERTY &&
            others.length > 0 &&
            others.length < fields.length &&
            fields.every(([, row], index) => !refused.has(index) || row.elsewhere === true)
          return again ? ask(others) : Effect.fail(block.explain(failure))
        })
      )
    })
  const fields = fieldsOf(table)
  return Effect.map(bindings.calls.together(ask(fields)), (values) => {
    const decoded = fields.map(([field, row]) => [field, (row as Decoder).decode(values.get(field) ?? null)])
    return Object.fromEntries(decoded) as Properties<Table>
  })
}

/** Passes the given fields of a table to a function. `put` calls it with the struct. */
export const putProperties = <Table extends PropertyTable>(
  table: Table,
  given: ReadonlyMap<keyof Table & string, unknown>,
  put: (struct: ArrayBuffer) => Effect.Effect<number, MqrtFailure>
): Effect.Effect<number, MqrtFailure> =>
  Effect.suspend(() => {
    const properties = fieldsOf(table).flatMap(([field, row]) =>
      given.has(field) ? [{ row, raw: encode(row, given.get(field)) }] : []
    )
    const block = new PropertyBlock(properties)
    return Effect.mapError(put(block.struct), (failure) => block.explain(failure))
  })
