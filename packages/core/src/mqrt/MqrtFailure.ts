/**
 * Failures of a backend: an error code without the meaning, which core adds.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type { ErrorCodeName } from "../ErrorCode.ts"
import { nameOf } from "../ErrorCode.ts"

/**
 * Problem of a gateway that stands between the program and the functions: it cannot be reached, it refuses the call, or nobody
 * can tell what became of the call.
 *
 * @category models
 * @since 0.1.0
 */
export interface GatewayProblem {
  /** Kind of the problem, which is the tag of the reason of the error. */
  readonly kind: "GatewayUnavailable" | "GatewayRefused" | "GatewayOutcomeUnknown"
  /** Address of the gateway, without secrets. */
  readonly url: string
  /** Sentence without a full stop that says what happened, and the remedy where there is one. */
  readonly detail: string
}

/** Codes of releasing functions for a handle that is gone already, as after a restart of the queue manager. */
const nothingLeft: Readonly<Record<string, ReadonlyArray<ErrorCodeName>>> = {
  // Behaviours C-37, C-38.
  MQCloseQueue: ["MQ_ERROR_INVALID_HANDLE", "MQ_ERROR_STALE_HANDLE"],
  // Behaviour E-35.
  MQCloseCursor: ["MQ_ERROR_INVALID_HANDLE", "MQ_ERROR_STALE_HANDLE"],
  MQLocateEnd: ["MQ_ERROR_INVALID_HANDLE", "MQ_ERROR_STALE_HANDLE"],
  // Behaviours F-36, F-37.
  "ITransaction::Abort": ["MQ_ERROR_TRANSACTION_SEQUENCE"]
}

/**
 * Failure of a function of `mqrt.dll` that returned an error code.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MqrtFailure } from "@effect-msmq/core/mqrt/MqrtFailure"
 *
 * const failure = new MqrtFailure({ function: "MQOpenQueue", code: 0xc00e0003, properties: [] })
 * failure.function // => "MQOpenQueue"
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class MqrtFailure extends Data.TaggedError("MqrtFailure")<{
  /** Name of the function. */
  readonly function: string
  /** HRESULT. */
  readonly code: number
  /** Properties that were refused, for `MQ_ERROR_PROPERTY`; otherwise empty. */
  readonly properties: ReadonlyArray<{
    /** Name of the property, such as `"PROPID_Q_LABEL"`. */
    readonly property: string
    /** HRESULT in its place of the status array. */
    readonly status: number
  }>
  /** Problem of a gateway, which then answers instead of a function; left out where the function itself failed. */
  readonly gateway?: GatewayProblem | undefined
}> {
  /**
   * `true` for a release that failed because the handle is gone already, as after a restart of the service.
   *
   * @since 0.1.0
   */
  get saysReleased(): boolean {
    const name = nameOf(this.code)
    return name !== undefined && (nothingLeft[this.function]?.includes(name) ?? false)
  }
}
