/** The options of the promise face, which has signals, and transactions of its own. */
import type { Abortable } from "../../promises/Abortable.ts"
import type { ConsumePolicy, Retries } from "../../promises/Consumer.ts"
import type { ReceiveOptions } from "../../promises/Receiver.ts"
import { SecurityContext } from "../../promises/SecurityContext.ts"
import type { SendAllOptions, SendOptions } from "../../promises/Sender.ts"
import type { Participation } from "../../promises/Transaction.ts"
import { Transaction } from "../../promises/Transaction.ts"
import type { Part } from "../../QueueSecurity.ts"
import { consumePolicy } from "./consumeOptions.ts"
import { registerOptions } from "./credentials.ts"
import { finiteDuration } from "./durations.ts"
import { parts } from "./managementOptions.ts"
import { nested, OptionTable, tableOf } from "./OptionTable.ts"
import { isOtherParticipation } from "./owned.ts"
import * as queueOptions from "./queueOptions.ts"
import { finite, guarded, required, wholeNumber } from "./Rule.ts"
import { sendAllOptions, sendOptions } from "./sendOptions.ts"
import { signal } from "./signals.ts"
import { transactionOptions as limits } from "./transactionOptions.ts"

/** The options of a function of the Effect face, which in promises also has a signal. */
const abortable = <Name extends string>({ rules, together }: OptionTable<Name>): OptionTable<Name | keyof Abortable> =>
  new OptionTable({ ...rules, signal }, together)

export const createOptions = abortable(queueOptions.createOptions)
export const purgeOptions = abortable(queueOptions.purgeOptions)
export const openSenderOptions = abortable(queueOptions.openSenderOptions)
export const openReceiverOptions = abortable(queueOptions.openReceiverOptions)
export const transactionOptions = abortable(limits)
export const registration = abortable(registerOptions)
export const securityOptions = tableOf<Abortable & { readonly parts?: ReadonlyArray<Part> }>()({ parts, signal })

const transaction = guarded(
  'a Transaction, as transaction and beginTransaction of a Connection give it, "singleMessage" or "none"',
  (value): value is Participation => isOtherParticipation(value) || value instanceof Transaction
)

const securityContext = guarded(
  "a SecurityContext, as securityContext of a Connection gives it",
  (value): value is SecurityContext => value instanceof SecurityContext
)

export const receiveOptions = tableOf<ReceiveOptions>()({ transaction, signal })

const ofPromises = { securityContext, transaction, signal }

export const sending = tableOf<SendOptions>()({ ...sendOptions.rules, ...ofPromises })

export const sendingAll = tableOf<SendAllOptions>()({ ...sendAllOptions.rules, ...ofPromises })

const retries = nested<Retries>(
  "retries",
  tableOf<Retries>()({ times: wholeNumber(0, Infinity), delay: required(finiteDuration), factor: finite(0) })
)

export const consuming = tableOf<ConsumePolicy & Abortable>()({
  ...consumePolicy.rules,
  retry: retries,
  reopen: retries,
  signal
})
