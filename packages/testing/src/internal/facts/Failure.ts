import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import { errors } from "@effect-msmq/core/ErrorCode"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"

/** What a function of `mqrt.dll` reports instead of a result. */
export const failure = (name: string, code: ErrorCodeName): MqrtFailure =>
  new MqrtFailure({ function: name, code: errors[code], properties: [] })

/** `MQ_ERROR_PROPERTY`, with the one property whose status is an error (behaviour D-06). */
export const propertyFailure = (name: string, property: string, status: ErrorCodeName): MqrtFailure =>
  new MqrtFailure({
    function: name,
    code: errors.MQ_ERROR_PROPERTY,
    properties: [{ property, status: errors[status] }]
  })
