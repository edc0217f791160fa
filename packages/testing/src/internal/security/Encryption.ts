import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import * as Result from "effect/Result"
import type { Machine } from "../machine/Machine.ts"

/** Why no encrypted body can be sent by a name, or `undefined`: it takes a key that the directory has (behaviour A-81). */
export const refusal = (machine: Machine, formatName: string): ErrorCodeName | undefined => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name?._tag !== "Public" && name?._tag !== "Private") return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
  return machine.network.directory === null ? "MQ_ERROR_PUBLIC_KEY_NOT_FOUND" : undefined
}

/** Whether a machine can encrypt what it sends to another, whose key it asks the directory for (behaviour A-82). */
export const hasKey = (from: Machine, to: Machine): boolean =>
  to.encryptionKeyPublished && typeof from.ask("MQ_ERROR_NO_DS") !== "string"
