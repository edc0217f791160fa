/** Calls and bytes that a connection may have on their way at once. The gateway says how many, and clients wait for room. */
import type { CallName } from "./calls.ts"
import { sizeOf } from "./serialization.ts"

/** Calls that wait at the gateway, or that others wait for: they take no credit. */
export const withoutCredit: ReadonlySet<CallName> = new Set([
  "hello",
  "heartbeat",
  "cancel",
  "outcomeOf",
  "holdMessage",
  "peekMessage"
])

/** Bytes that a message counts beside its body. */
const perMessage = 1024

/** Message as its weight is found. */
interface Weighed {
  readonly body: Uint8Array
  readonly extension: Uint8Array | null
}

/** Returns the bytes that a call counts. */
export const weightOf = (name: CallName, payload: object): number => {
  if (name !== "sendMessages") return sizeOf(payload)
  let weight = 0
  for (const { body, extension } of (payload as { readonly messages: ReadonlyArray<Weighed> }).messages) {
    weight += perMessage + body.length + (extension?.length ?? 0)
  }
  return weight
}
