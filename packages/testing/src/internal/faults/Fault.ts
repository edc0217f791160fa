/** Faults of calls, and the functions that they can strike. */
import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type * as Duration from "effect/Duration"

/** Functions that faults can strike. */
export const functionNames = [
  "MQGetSecurityContextEx",
  "MQGetSecurityContext",
  "MQFreeSecurityContext",
  "MQRegisterCertificate",
  "MQCreateQueue",
  "MQDeleteQueue",
  "MQGetQueueProperties",
  "MQSetQueueProperties",
  "MQGetQueueSecurity",
  "MQSetQueueSecurity",
  "MQLocateBegin",
  "MQLocateNext",
  "MQLocateEnd",
  "MQPathNameToFormatName",
  "MQADsPathToFormatName",
  "MQOpenQueue",
  "MQCloseQueue",
  "MQPurgeQueue",
  "MQCreateCursor",
  "MQCloseCursor",
  "MQSendMessage",
  "MQReceiveMessage",
  "MQReceiveMessageByLookupId",
  "MQMoveMessage",
  "MQMarkMessageRejected",
  "MQBeginTransaction",
  "ITransaction::Commit",
  "ITransaction::Abort",
  "ITransaction::Release",
  "MQGetMachineProperties",
  "MQGetPrivateComputerInformation",
  "MQMgmtGetInfo",
  "MQMgmtAction",
  "CertOpenStore",
  "LookupAccountNameW",
  "LookupAccountSidW",
  "OpenProcessToken"
] as const

/** Functions among them that report no error code. */
export const silentFunctionNames = ["MQFreeSecurityContext", "ITransaction::Release"] as const satisfies ReadonlyArray<
  (typeof functionNames)[number]
>

/**
 * Function of `mqrt.dll`, of the transactions that it returns, or of Windows, that faults can strike.
 *
 * @category models
 * @since 0.1.0
 */
export type FunctionName = (typeof functionNames)[number]

/**
 * Function among them that reports no error code, so that no call of it can fail.
 *
 * @category models
 * @since 0.1.0
 */
export type SilentFunctionName = (typeof silentFunctionNames)[number]

/**
 * A fault of one call: it fails, stalls, or is interrupted.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault = {
  /** Number of the call that the fault strikes, from now on: 1 is the next. Each message of a batch is a call of `MQSendMessage`. */
  readonly call: number
} & (
  | {
      /** Function whose call fails. */
      readonly function: Exclude<FunctionName, SilentFunctionName>
      /** Error code that the call reports. It does not reach the backend. */
      readonly code: ErrorCodeName
    }
  | {
      /** Function whose call stalls. */
      readonly function: FunctionName
      /** Time, of Effect's `Clock`, after which the call reaches the backend. */
      readonly stall: Duration.Input
    }
  | {
      /** Function whose caller is interrupted. */
      readonly function: FunctionName
      /** Interrupts the calling fiber as the call begins. The call still reaches the backend. */
      readonly interrupt: true
    }
)
