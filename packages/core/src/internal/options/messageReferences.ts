/** Rules for references to a message in a queue. */
import { lookupActions } from "../../mqrt/MessageValues.ts"
import { guarded, name, orNull, wordOf } from "./Rule.ts"

const largest = 2n ** 64n - 1n

export const lookupId = guarded(
  "a lookup id: a bigint from 0 to 18446744073709551615, as the lookupId of a received message is",
  (value): value is bigint => typeof value === "bigint" && value >= 0n && value <= largest
)

export const lookupAction = wordOf(lookupActions)

export const messageInQueue = guarded(
  "a received message, or an object with its lookupId, a bigint",
  (value): value is { readonly lookupId: bigint } =>
    typeof value === "object" &&
    value !== null &&
    "lookupId" in value &&
    typeof value.lookupId === "bigint" &&
    value.lookupId >= 0n &&
    value.lookupId <= largest
)

export const subqueueOrQueue = orNull({ ...name, allowed: "the name of a subqueue" }, " for the queue itself")
