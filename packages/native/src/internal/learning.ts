import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { ThisComputer } from "./ThisComputer.ts"

/** The functions whose answers tell of names of this computer and its queues. */
type Telling = Pick<
  MqrtFunctions,
  "createQueue" | "pathNameToFormatName" | "getQueueProperties" | "getMachineProperties"
>

/** Returns functions that do what those given do, and let the names in their answers be learned. */
export const learning = (computer: ThisComputer, functions: Telling): Telling => ({
  createQueue: (properties, securityDescriptor) =>
    Effect.tap(functions.createQueue(properties, securityDescriptor), (formatName) =>
      Effect.sync(() => computer.learnQueue(properties.pathName, formatName))
    ),
  pathNameToFormatName: (pathName) =>
    Effect.tap(functions.pathNameToFormatName(pathName), (formatName) =>
      Effect.sync(() => computer.learnQueue(pathName, formatName))
    ),
  getQueueProperties: (formatName) =>
    Effect.tap(functions.getQueueProperties(formatName), ({ pathName }) =>
      Effect.sync(() => computer.learnPathName(formatName, pathName))
    ),
  getMachineProperties: (machine) =>
    Effect.tap(functions.getMachineProperties(machine), ({ machineId, pathName }) =>
      Effect.sync(() => {
        if (machine === null) computer.learnMachine(machineId, pathName)
      })
    )
})
