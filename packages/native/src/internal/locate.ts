import type { LocateHandle, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import type { LocatedQueueProperties, LocateRestriction } from "@effect-msmq/core/mqrt/QueueProperties"
import { relations } from "@effect-msmq/core/mqrt/QueueValues"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { CallMemory, countSlot } from "./CallMemory.ts"
import { call, callAndTake } from "./calls.ts"
import { layout, pointerSlot, slotValue } from "./layout.ts"
import { queueProperties } from "./queuePropertyTable.ts"
import { readVariant, sizeBeside, writeVariant } from "./variants.ts"

const { MQCOLUMNSET, MQPROPERTYRESTRICTION, MQPROPVARIANT, MQRESTRICTION } = layout

/** Properties that a search returns of each queue, in the order of the columns. */
const columns = [
  "instance",
  "pathName",
  "label",
  "type",
  "createTime",
  "modifyTime",
  "transactional"
] as const satisfies ReadonlyArray<keyof LocatedQueueProperties & keyof typeof queueProperties>

/** Makes the two structs of a search, in one piece of memory. */
const searchMemory = (restrictions: ReadonlyArray<LocateRestriction>) => {
  const conditions = restrictions.map(({ property, relation, value }) => ({
    row: queueProperties[property],
    relation: relations[relation],
    value
  }))
  const memory = new CallMemory([
    MQRESTRICTION.size,
    MQPROPERTYRESTRICTION.size * conditions.length,
    MQCOLUMNSET.size,
    4 * columns.length,
    ...conditions.map(({ row, value }) => sizeBeside(row.type, value))
  ])
  const restriction = memory.reserve(MQRESTRICTION.size)
  const list = memory.reserve(MQPROPERTYRESTRICTION.size * conditions.length)
  const columnSet = memory.reserve(MQCOLUMNSET.size)
  const ids = memory.reserve(4 * columns.length)
  memory.view.setUint32(restriction + MQRESTRICTION.cRes, conditions.length, true)
  memory.point(restriction + MQRESTRICTION.paPropRes, list)
  for (const [index, { relation, row, value }] of conditions.entries()) {
    const at = list + MQPROPERTYRESTRICTION.size * index
    memory.view.setUint32(at + MQPROPERTYRESTRICTION.rel, relation, true)
    memory.view.setUint32(at + MQPROPERTYRESTRICTION.prop, row.id, true)
    writeVariant(memory, at + MQPROPERTYRESTRICTION.prval, row.type, value)
  }
  memory.view.setUint32(columnSet + MQCOLUMNSET.cCol, columns.length, true)
  memory.point(columnSet + MQCOLUMNSET.aCol, ids)
  for (const [index, column] of columns.entries()) {
    memory.view.setUint32(ids + 4 * index, queueProperties[column].id, true)
  }
  return {
    // The memory itself, which must live until the call has returned.
    restriction: conditions.length === 0 ? null : memory.buffer,
    columns: memory.bytes.subarray(columnSet)
  }
}

/** Returns the functions that search the directory for public queues. */
export const locate = (bindings: Bindings): Pick<MqrtFunctions, "locateBegin" | "locateNext" | "locateEnd"> => ({
  locateBegin: (restrictions) =>
    Effect.suspend(() => {
      const search = searchMemory(restrictions)
      const slot = pointerSlot()
      return Effect.map(
        call(bindings, "MQLocateBegin", null, search.restriction, search.columns, null, slot),
        () => slotValue(slot) as LocateHandle
      )
    }),

  locateNext: (handle, count) =>
    Effect.suspend(() => {
      const variants = new DataView(new ArrayBuffer(MQPROPVARIANT.size * columns.length * count))
      const filled = countSlot(columns.length * count)
      const take = (): ReadonlyArray<LocatedQueueProperties> => {
        const rows = Math.floor((filled[0] ?? 0) / columns.length)
        return Array.from({ length: rows }, (_, row) => readQueue(bindings, variants, row))
      }
      return callAndTake(bindings, take, "MQLocateNext", handle, filled.buffer, variants.buffer)
    }),

  locateEnd: (handle) => Effect.asVoid(call(bindings, "MQLocateEnd", handle))
})

/** Row whose value is of its own type. */
interface Decoder {
  decode(raw: unknown): unknown
}

const readQueue = ({ functions }: Bindings, variants: DataView, row: number): LocatedQueueProperties => {
  const values = columns.map((column, index) => {
    const property = queueProperties[column]
    const at = MQPROPVARIANT.size * (columns.length * row + index)
    const { allocated, value } = readVariant(variants, at, property.type)
    for (const address of allocated) functions.MQFreeMemory(address)
    return [column, (property as Decoder).decode(value)]
  })
  return Object.fromEntries(values) as LocatedQueueProperties
}
