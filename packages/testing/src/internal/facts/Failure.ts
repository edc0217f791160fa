import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import { errors } from "@effect-msmq/core/ErrorCode"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import type * as Result from "effect/Result"

/** Result of a step that can fail with an error code of Message Queuing. */
export type Fallible<A> = Result.Result<A, ErrorCodeName>

/** Returns the failure that a function of `mqrt.dll` reports with an error code. */
export const failure = (name: string, code: ErrorCodeName): MqrtFailure =>
  new MqrtFailure({ function: name, code: errors[code], properties: [] })

/** Returns the failure `MQ_ERROR_PROPERTY` with the one property whose status is an error (behaviour D-06). */
export const propertyFailure = (name: string, property: string, status: ErrorCodeName): MqrtFailure =>
  new MqrtFailure({
    function: name,
    code: errors.MQ_ERROR_PROPERTY,
    properties: [{ property, status: errors[status] }]
  })
