import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import type { Progress, Reason } from "../../MsmqError.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"

/** Operation as OpenTelemetry's conventions for messaging describe it. Operations that do the same share one. */
export interface Convention {
  /** Attribute `messaging.operation.name`, and the beginning of the span's name. */
  readonly name: string
  /** Attribute `messaging.operation.type`; left out where the conventions have no type for it. */
  readonly type?: "send" | "receive" | "process" | "settle"
  /** `true` where one call handles many messages, which the span counts. `false` if left out. */
  readonly isBatch?: boolean
}

export const send: Convention = { name: "send", type: "send" }
export const sendMany: Convention = { ...send, isBatch: true }
export const receive: Convention = { name: "receive", type: "receive" }
export const peek: Convention = { name: "peek", type: "receive" }

/** Facts that the error of an operation has beside its reason. */
interface ErrorContext {
  /** Name that the program used for the queue. */
  readonly queue?: string | undefined
  /** Computer that was asked; left out for this one. */
  readonly computer?: string | undefined
  /** Messages that a batch sent before it failed. */
  readonly progress?: Progress
  /** Value that a function of the program threw. */
  readonly cause?: unknown
}

/**
 * Public function, as its errors, spans and metrics name it. Both faces share the one that `operations.ts` makes for each
 * function.
 */
export class Operation {
  /** Name of the function, such as `"Sender.send"`. */
  readonly name: string
  /** Description of the function by the conventions of OpenTelemetry. */
  readonly convention: Convention

  private constructor(name: string, convention: Convention) {
    this.name = name
    this.convention = convention
  }

  /** Makes the operation of a function. `convention`: by default the name of the function, without a type. */
  static make(name: string, convention: Convention = { name }): Operation {
    return new Operation(name, convention)
  }

  /** Returns the error of this operation for a reason. */
  error(reason: Reason, context?: ErrorContext): MsmqError {
    return new MsmqError({ operation: this.name, reason, ...context })
  }

  /** Converts a result to an effect. The error of the result, which another operation made, becomes one of this operation. */
  fromResult<A>(result: Result.Result<A, MsmqError>, context?: ErrorContext): Effect.Effect<A, MsmqError> {
    return Effect.mapError(Effect.fromResult(result), ({ reason }) => this.error(reason, context))
  }

  /** Returns a function that converts a failure of the backend to an error of this operation. */
  lift(context?: ErrorContext): (failure: MqrtFailure) => MsmqError {
    return (failure) => this.error(reasonOf(failure), context)
  }
}
