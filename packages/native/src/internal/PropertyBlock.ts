import { errors } from "@effect-msmq/core/ErrorCode"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import { CallMemory } from "./CallMemory.ts"
import { isError } from "./calls.ts"
import { layout } from "./layout.ts"
import type { RawValue, VariantType } from "./variants.ts"
import { askVariant, readVariant, sizeBeside, writeVariant } from "./variants.ts"

/** Row of a property of queues, machines or management. */
export type PropertyRow<Value, Given = Value> = {
  readonly [Type in VariantType]: {
    /** Number of its `PROPID`. */
    readonly id: number
    /** Name of its `PROPID`. */
    readonly name: string
    /** `VARTYPE` of its value. */
    readonly type: Type
    /** Returns the value. `raw`: `null` where there is none, or this version of Windows does not know the property. */
    decode(raw: RawValue<Type> | null): Value
    /** Returns the value for a variant, of a property that can be set; `null` is `VT_EMPTY`. */
    encode?(value: Given): RawValue<Type> | null
    /** `true` where some kinds of queue or some versions of Windows refuse to be asked for it. */
    readonly elsewhere?: boolean
  }
}[VariantType]

/** Rows by the fields of the record that they fill. */
export type PropertyTable = Readonly<Record<string, PropertyRow<unknown, never>>>

/** Record that a table fills. */
export type Properties<Table extends PropertyTable> = {
  readonly [Field in keyof Table]: ReturnType<Table[Field]["decode"]>
}

type AnyRaw = RawValue<VariantType>
type AnyRow = Pick<PropertyRow<unknown, never>, "id" | "name" | "type">

/** Property in a call, with the value that is passed; `undefined` asks for it. */
export interface PropertyInCall {
  readonly row: AnyRow
  readonly raw: AnyRaw | null | undefined
}

const { MQPROPS, MQPROPVARIANT } = layout

/** One of the structs `MQQUEUEPROPS`, `MQQMPROPS`, `MQPRIVATEPROPS` and `MQMGMTPROPS`, which have the same shape. */
export class PropertyBlock {
  readonly #properties: ReadonlyArray<PropertyInCall>
  readonly #memory: CallMemory
  readonly #variants: number
  readonly #statuses: number

  constructor(properties: ReadonlyArray<PropertyInCall>) {
    const { length } = properties
    const memory = new CallMemory([
      MQPROPS.size,
      4 * length,
      MQPROPVARIANT.size * length,
      4 * length,
      ...properties.map(({ raw, row }) => sizeBeside(row.type, raw ?? null))
    ])
    const struct = memory.reserve(MQPROPS.size)
    const ids = memory.reserve(4 * length)
    const variants = memory.reserve(MQPROPVARIANT.size * length)
    const statuses = memory.reserve(4 * length)
    memory.view.setUint32(struct + MQPROPS.cProp, length, true)
    memory.point(struct + MQPROPS.aPropID, ids)
    memory.point(struct + MQPROPS.aPropVar, variants)
    memory.point(struct + MQPROPS.aStatus, statuses)
    for (const [index, { raw, row }] of properties.entries()) {
      const at = variants + MQPROPVARIANT.size * index
      memory.view.setUint32(ids + 4 * index, row.id, true)
      if (raw === undefined) askVariant(memory.view, at)
      else writeVariant(memory, at, row.type, raw)
    }
    this.#properties = properties
    this.#memory = memory
    this.#variants = variants
    this.#statuses = statuses
  }

  /** Memory to pass to the function. The struct stands at its beginning. */
  get struct(): ArrayBuffer {
    return this.#memory.buffer
  }

  /** Returns the values of the properties, in order. Frees all memory that the function allocated. */
  read(freeMemory: (address: bigint) => void): ReadonlyArray<AnyRaw | null> {
    const { size } = MQPROPVARIANT
    const results = this.#properties.map(({ row }, index) =>
      readVariant(this.#memory.view, this.#variants + size * index, row.type)
    )
    for (const address of results.flatMap(({ allocated }) => allocated)) freeMemory(address)
    return results.map(({ value }) => value)
  }

  /** Indices of the properties that the function refused. */
  get refused(): ReadonlyArray<number> {
    return this.#properties.flatMap((_, index) => (isError(this.#status(index)) ? [index] : []))
  }

  /** Adds the status of each property that the function refused to a failure. */
  explain(failure: MqrtFailure): MqrtFailure {
    if (failure.code !== errors.MQ_ERROR_PROPERTY) return failure
    const properties = this.refused.map((index) => ({
      property: this.#properties[index]?.row.name ?? "",
      status: this.#status(index)
    }))
    return new MqrtFailure({ function: failure.function, code: failure.code, properties })
  }

  #status(index: number): number {
    return this.#memory.view.getUint32(this.#statuses + 4 * index, true)
  }
}
