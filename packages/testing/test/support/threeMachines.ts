/** Three machines, in a domain or in a workgroup, and calls that need the directory. */
import { errors } from "@effect-msmq/core/ErrorCode"
import type { SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import * as Effect from "effect/Effect"
import { create, drained, labelled, plain } from "../inMemory/seam.ts"

export const machines = [
  { machineName: "OFFICE" },
  { machineName: "WAREHOUSE", permitInsecureNacks: true },
  { machineName: "YARD" }
] as const

export const domain = InMemoryMqrt.layerWith({ machines })

export const workgroup = InMemoryMqrt.layerWith({ machines, workgroup: true })

export const atWarehouse = MsmqControl.on("WAREHOUSE")

const control = MsmqControl.MsmqControl

export const warehouseId = "6d736d71-0000-4000-8000-000000000002"

export const list = "99999999-8888-7777-6666-555555555555"

export const { MQ_ERROR_NO_DS, MQ_ERROR_QUEUE_NOT_FOUND, MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION } = errors

export const createPublic = (pathName: string, fields: Partial<NewQueueProperties> = {}) =>
  create({ ...fields, pathName })

export const open = (formatName: string, access: Mqrt.Access = "send") =>
  Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(formatName, access, "denyNone"))

export const send = (formatName: string, labels: ReadonlyArray<string>, options: Partial<SendParameters> = {}) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    return yield* mqrt.sendMessages(yield* open(formatName), labelled(...labels), { ...plain, ...options })
  })

export const labelsIn = (formatName: string) =>
  Effect.map(drained(formatName), (messages) => messages.map(({ label }) => label))

export const formatNameOf = (pathName: string) => Mqrt.Mqrt.use((mqrt) => mqrt.pathNameToFormatName(pathName))

export const propertiesOf = (formatName: string) => Mqrt.Mqrt.use((mqrt) => mqrt.getQueueProperties(formatName))

export const setDirectoryAvailable = (available: boolean) =>
  control.use((msmq) => msmq.setDirectoryAvailable(available))

export const setList = (queues: ReadonlyArray<string>) => control.use((msmq) => msmq.setDistributionList(list, queues))
