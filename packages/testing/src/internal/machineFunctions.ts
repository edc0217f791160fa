import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { failure, propertyFailure } from "./Failure.ts"
import type { Machine } from "./Machine.ts"
import { receive } from "./Receiving.ts"
import { send } from "./Sending.ts"

const queueLabelLimit = 124

/** A call that ends at once, with a result or the name of an error. */
const call = <A>(name: string, run: () => A | ErrorCodeName): Effect.Effect<A, MqrtFailure> =>
  Effect.suspend(() => {
    const result = run()
    return isErrorCodeName(result) ? Effect.fail(failure(name, result)) : Effect.succeed(result)
  })

const isErrorCodeName = (result: unknown): result is ErrorCodeName => typeof result === "string"

/** The functions of `mqrt.dll` on one machine. */
export const machineFunctions = (machine: Machine): MqrtFunctions => ({
  getSecurityContext: (certificate, api) => call(api, () => machine.security.acquire(certificate, api)),

  freeSecurityContext: (handle) => Effect.sync(() => machine.security.free(handle)),

  createQueue: (properties) =>
    properties.label.length > queueLabelLimit
      ? Effect.fail(propertyFailure("MQCreateQueue", "PROPID_Q_LABEL", "MQ_ERROR_ILLEGAL_PROPERTY_VALUE"))
      : Effect.map(
          call("MQCreateQueue", () => machine.create(properties)),
          (queue) => queue.formatName
        ),

  deleteQueue: (formatName) => Effect.asVoid(call("MQDeleteQueue", () => machine.delete(formatName))),

  getQueueProperties: (formatName) =>
    Effect.map(
      call("MQGetQueueProperties", () => machine.find(formatName) ?? "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"),
      (queue) => ({ ...queue.properties })
    ),

  pathNameToFormatName: (pathName) =>
    Effect.map(
      call("MQPathNameToFormatName", () => machine.findByPathName(pathName)),
      (queue) => queue.formatName
    ),

  openQueue: (formatName, access, shareMode) => call("MQOpenQueue", () => machine.open(formatName, access, shareMode)),

  closeQueue: (handle) => Effect.asVoid(call("MQCloseQueue", () => machine.close(handle))),

  sendMessages: (handle, messages, options) =>
    Effect.clockWith((clock) =>
      Effect.succeed(send(machine, handle, messages, options, clock.currentTimeMillisUnsafe()))
    ),

  receiveMessage: (handle, options) => receive(machine, handle, options)
})
