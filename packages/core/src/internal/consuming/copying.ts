import * as Cause from "effect/Cause"
import * as Result from "effect/Result"
import type { Poison } from "../../Consumer.ts"
import type { Message, ReceivedMessage } from "../../Message.ts"
import { maximumPacketSize, packetSize } from "../../Message.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import * as headerXml from "../telemetry/headerXml.ts"

/** Returns what the sender of a message set, for a message like it. Its extension goes on as its bytes. */
export const copyOf = (message: ReceivedMessage): Message => ({
  body: message.body,
  bodyType: message.bodyType,
  label: message.label,
  priority: message.priority,
  delivery: message.delivery,
  correlationId: message.correlationId,
  appSpecific: message.appSpecific,
  extension: message.extension,
  responseQueue: message.responseQueue
})

/** Names come on top of what is counted (behaviour D-14). */
const largestDescribed = maximumPacketSize - 16_384

const longestText = 1000

const textOf = (cause: Cause.Cause<unknown>): string => {
  const [error] = Cause.prettyErrors(cause)
  return error === undefined ? "interrupted" : `${error.name}: ${error.message}`.slice(0, longestText).toWellFormed()
}

/**
 * Returns a copy with what happened to the message among its headers; `undefined` where its extension is no headers, or
 * takes no others, or where it would become too large. `asHeaders`: they are not encoded yet, for a function to change.
 */
export const describedCopyOf = (
  queue: string,
  { attempts, cause, message }: Poison,
  now: number,
  asHeaders: boolean
): Message | undefined => {
  const { extension, ...copy } = copyOf(message)
  const failure: MessageHeaders.MessageHeaders = {
    "failure.queue": queue,
    "failure.messageId": message.messageId,
    "failure.attempts": String(attempts),
    "failure.error": textOf(cause),
    "failure.time": new Date(now).toISOString()
  }
  const bytes = extension ?? new Uint8Array(0)
  const headers = Result.getOrUndefined(MessageHeaders.decode(bytes))
  if (headers === undefined) return undefined
  if (asHeaders || bytes.length === 0) {
    const all = { ...headers, ...failure }
    const encoded = Result.getOrUndefined(MessageHeaders.encode(all))
    return encoded === undefined || isTooLarge(copy, encoded) ? undefined : { ...copy, headers: all }
  }
  const longer = headerXml.append(bytes, Object.entries(failure))
  return longer === undefined || isTooLarge(copy, longer) ? undefined : { ...copy, extension: longer }
}

const isTooLarge = (copy: Message, extension: Uint8Array): boolean =>
  packetSize({ ...copy, extension }) > largestDescribed
