import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Exit from "effect/Exit"

/** Outcome of a receive or a peek: the message itself, without an exit around it for each, or the exit of a failure. */
export type Outcome = ReceivedProperties | Exit.Exit<never, MqrtFailure>

/** Returns `true` for a message. */
export const isFound = (outcome: Outcome): outcome is ReceivedProperties => !Exit.isExit(outcome)

/** Returns an outcome as the exit of an effect. */
export const exitOf = (outcome: Outcome): Exit.Exit<ReceivedProperties, MqrtFailure> =>
  isFound(outcome) ? Exit.succeed(outcome) : outcome

/** Returns the outcome of a function that returned an error code. */
export const failure = (name: string, code: number): Exit.Exit<never, MqrtFailure> =>
  Exit.fail(new MqrtFailure({ function: name, code, properties: [] }))

/** Outcome of a wait whose time is over. */
export const timedOut = failure("MQReceiveMessage", errors.MQ_ERROR_IO_TIMEOUT)

/** Outcome of a wait whose queue is closed. */
export const cancelled = failure("MQReceiveMessage", errors.MQ_ERROR_OPERATION_CANCELLED)

/** Returns `true` for a failure with an error code. */
export const hasCode = (outcome: Outcome, code: number): boolean =>
  !isFound(outcome) &&
  Exit.isFailure(outcome) &&
  outcome.cause.reasons.some((reason) => reason._tag === "Fail" && reason.error.code === code)

/** Returns `true` where there was no message in time. */
export const isTimeout = (outcome: Outcome): boolean => hasCode(outcome, errors.MQ_ERROR_IO_TIMEOUT)
