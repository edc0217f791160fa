import type { MqrtFailure, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { call, callAndTake } from "./calls.ts"
import { machineProperties, privateComputerProperties } from "./machinePropertyTable.ts"
import { endOfData, queueInfo, queueManagerInfo } from "./managementPropertyTable.ts"
import { getProperties } from "./properties.ts"
import type { Properties, PropertyTable } from "./PropertyBlock.ts"

type Management = Pick<
  MqrtFunctions,
  | "getMachineProperties"
  | "getPrivateComputerInformation"
  | "getQueueManagerInfo"
  | "getQueueInfo"
  | "machineAction"
  | "queueAction"
>

const ofQueue = (formatName: string): string => `QUEUE=${formatName}`

/** Both tables of a queue, which are asked for in one call so that they agree. Their fields have different names. */
const allOfQueue = { ...queueInfo, ...endOfData }

const pick = <Table extends PropertyTable>(table: Table, from: Properties<Table>): Properties<Table> =>
  Object.fromEntries(Object.keys(table).map((field) => [field, from[field]])) as Properties<Table>

/** Returns the functions that ask and manage queue managers. */
export const management = (bindings: Bindings): Management => {
  const info = <Table extends PropertyTable>(
    table: Table,
    computer: string | null,
    object: string
  ): Effect.Effect<Properties<Table>, MqrtFailure> =>
    getProperties(bindings, table, (struct, take) =>
      callAndTake(bindings, take, "MQMgmtGetInfo", computer, object, struct)
    )

  const act = (computer: string | null, object: string, action: string): Effect.Effect<void, MqrtFailure> =>
    Effect.asVoid(call(bindings, "MQMgmtAction", computer, object, action))

  return {
    getMachineProperties: (machine) => {
      const id = machine !== null && Guid.isGuid(machine) ? Guid.toBytes(machine) : null
      const name = id === null ? machine : null
      return getProperties(bindings, machineProperties, (struct, take) =>
        callAndTake(bindings, take, "MQGetMachineProperties", name, id, struct)
      )
    },
    getPrivateComputerInformation: (computer) =>
      getProperties(bindings, privateComputerProperties, (struct, take) =>
        callAndTake(bindings, take, "MQGetPrivateComputerInformation", computer, struct)
      ),
    getQueueManagerInfo: (computer) => info(queueManagerInfo, computer, "MACHINE"),
    getQueueInfo: (computer, formatName) =>
      Effect.map(info(allOfQueue, computer, ofQueue(formatName)), (all) => ({
        ...pick(queueInfo, all),
        endOfData: pick(endOfData, all)
      })),
    machineAction: (computer, action) => act(computer, "MACHINE", action),
    queueAction: (computer, formatName, action) => act(computer, ofQueue(formatName), action)
  }
}
