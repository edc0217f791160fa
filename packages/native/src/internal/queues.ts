import { information } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, MqrtFunctions, QueueHandle } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"
import { accesses, shareModes } from "@effect-msmq/core/mqrt/QueueValues"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { pointerSlot, slotValue } from "./layout.ts"
import { call, callAndTake } from "./calls.ts"
import { NameBuffer, names } from "./names.ts"
import { getProperties, putProperties } from "./properties.ts"
import { queueProperties } from "./queuePropertyTable.ts"

/** UTF-16 units for the format name of a new queue: more than any on this computer takes. */
const usualFormatName = 512

type Field = keyof typeof queueProperties
type Given = ReadonlyMap<Field, unknown>

const fields = Object.keys(queueProperties) as ReadonlyArray<Field>

const givenWhenCreated = (properties: NewQueueProperties): Given => {
  // An empty address removes one, and a new queue has none.
  const multicastAddress = properties.multicastAddress === "" ? null : properties.multicastAddress
  const values: Partial<Record<Field, unknown>> = { ...properties, multicastAddress }
  const given = new Map<Field, unknown>()
  for (const field of fields) {
    const row = queueProperties[field]
    if (row.create && !("unless" in row && values[field] === row.unless)) given.set(field, values[field])
  }
  return given
}

const givenAsChanges = (changes: QueueChanges): Given => {
  const values: Partial<Record<Field, unknown>> = { ...changes }
  return new Map(
    fields
      .filter((field) => queueProperties[field].set && values[field] !== null && values[field] !== undefined)
      .map((field) => [field, values[field]])
  )
}

type Queues = Pick<
  MqrtFunctions,
  "createQueue" | "deleteQueue" | "getQueueProperties" | "setQueueProperties" | "openQueue"
>

/**
 * Returns the functions of queues that are not open. `formatNameUnits`: UTF-16 units for the format name of a new queue.
 */
export const queues = (bindings: Bindings, formatNameUnits = usualFormatName): Queues => {
  const { pathNameToFormatName } = names(bindings)
  return {
    createQueue: (properties, securityDescriptor) => {
      const create = Effect.suspend(() => {
        const name = new NameBuffer(formatNameUnits)
        const descriptor = securityDescriptor === null ? null : new Uint8Array(securityDescriptor)
        return putProperties(queueProperties, givenWhenCreated(properties), (struct) =>
          call(bindings, "MQCreateQueue", descriptor, struct, name.buffer, name.lengthSlot)
        ).pipe(
          Effect.flatMap((hresult) =>
            // The queue is created all the same (B-09): to create it again with a larger buffer would fail.
            hresult === information.MQ_INFORMATION_FORMATNAME_BUFFER_TOO_SMALL
              ? pathNameToFormatName(properties.pathName)
              : Effect.succeed(name.text)
          )
        )
      })
      return bindings.calls.together(create)
    },

    deleteQueue: (formatName) => Effect.asVoid(call(bindings, "MQDeleteQueue", formatName)),

    getQueueProperties: (formatName) =>
      getProperties(bindings, queueProperties, (struct, take) =>
        callAndTake(bindings, take, "MQGetQueueProperties", formatName, struct)
      ),

    setQueueProperties: (formatName, changes) =>
      Effect.suspend((): Effect.Effect<unknown, MqrtFailure> => {
        const given = givenAsChanges(changes)
        if (given.size === 0) return Effect.void
        return putProperties(queueProperties, given, (struct) =>
          call(bindings, "MQSetQueueProperties", formatName, struct)
        )
      }).pipe(Effect.asVoid),

    openQueue: (formatName, access, shareMode) =>
      Effect.suspend(() => {
        const slot = pointerSlot()
        return Effect.map(
          call(bindings, "MQOpenQueue", formatName, accesses[access], shareModes[shareMode], slot),
          () => slotValue(slot) as QueueHandle
        )
      })
  }
}
