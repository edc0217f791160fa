/** Options of the promise face, which has signals, and objects with handles of its own. */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import { Mqrt } from "../../Mqrt.ts"
import { SecurityContext } from "../../promises/SecurityContext.ts"
import type { Participation } from "../../promises/Transaction.ts"
import { Transaction } from "../../promises/Transaction.ts"
import type { Options as SendersOptions } from "../../Senders.ts"
import { batchOptions, consumePolicy, keyOptions } from "./consumeOptions.ts"
import * as stores from "./certificateStores.ts"
import * as credentials from "./credentials.ts"
import { finiteDuration } from "./durations.ts"
import { parts } from "./managementOptions.ts"
import { checkOptions as healthTable } from "./healthOptions.ts"
import { nested, OptionTable, tableOf } from "./OptionTable.ts"
import { isParticipationWord } from "./owned.ts"
import * as queueOptions from "./queueOptions.ts"
import { redriveOptions as redriveTable, removeOptions as removeTable } from "./redriveOptions.ts"
import type { Rule } from "./Rule.ts"
import { boolean, finite, guarded, isFunction, required, violationOf, wholeNumber } from "./Rule.ts"
import { sendAllOptions, sendAwaitingOptions, sendOptions } from "./sendOptions.ts"
import * as requesters from "./requesterOptions.ts"
import { signal } from "./signals.ts"
import * as telemetry from "./telemetryOptions.ts"
import { transactionOptions as limits } from "./transactionOptions.ts"

/** Makes the table of a function of the Effect face, which in promises also has a signal. */
const abortable = <Name extends string>({ rules, together }: OptionTable<Name>): OptionTable<Name | "signal"> =>
  new OptionTable({ ...rules, signal }, together)

export const createOptions = abortable(queueOptions.createOptions)
export const purgeOptions = abortable(queueOptions.purgeOptions)
export const redriveOptions = abortable(redriveTable)
export const removeOptions = abortable(removeTable)
export const healthOptions = abortable(healthTable)
export const openReceiverOptions = abortable(queueOptions.openReceiverOptions)
export const transactionOptions = abortable(limits)
export const registration = abortable(credentials.registerOptions)
export const cacheOptions = abortable(credentials.cacheOptions)
export const processOptions = abortable(telemetry.processOptions)
export const connectOptions = tableOf({
  propagateTraceContext: boolean,
  senders: nested<SendersOptions>("settings of the cache of senders", queueOptions.senderCacheOptions),
  signal
})

const password = guarded("a string", Predicate.isString, { secret: true })

export const acquireOptions = tableOf({
  ...credentials.acquireOptions.rules,
  as: nested("another user", tableOf({ ...credentials.impersonated.rules, password: required(password) }), {
    secret: true
  })
})
export const abortableAcquireOptions = abortable(acquireOptions)
export const storeOptions = abortable(stores.storeOptions)
export const fromStoreOptions = abortable(stores.fromStoreOptions)
export const securityOptions = tableOf({ parts, signal })

const transaction = guarded(
  'a Transaction, as transaction and beginTransaction of a Connection give it, "singleMessage" or "none"',
  (value): value is Participation => isParticipationWord(value) || value instanceof Transaction
)

const securityContext = guarded(
  "a SecurityContext, as securityContext of a Connection gives it",
  (value): value is SecurityContext => value instanceof SecurityContext
)

export const receiveOptions = tableOf({ transaction, signal })

const ofPromises = { securityContext, transaction, signal }

export const sending = tableOf({ ...sendOptions.rules, ...ofPromises })

export const requesterOptions = abortable(requesters.requesterOptions)
export const requestOptions = abortable(requesters.requestOptions)

export const sendingAwaiting = tableOf({ ...sendAwaitingOptions.rules, securityContext, signal })

export const oneOffSending = tableOf({ ...queueOptions.oneOffSendOptions.rules, ...ofPromises })

export const openSenderOptions = abortable(queueOptions.openSenderOptionsWith({ securityContext }))

export const sendingAll = tableOf({ ...sendAllOptions.rules, ...ofPromises })

const retries = nested(
  "retries",
  tableOf({
    times: wholeNumber(0, Infinity),
    delay: required(finiteDuration),
    factor: finite(0),
    maximumDelay: finiteDuration,
    jitter: boolean
  })
)

/** Rule for retries, or for a function that decides on them. */
const retry: Rule = {
  allowed: `${retries.allowed}, or a function that returns a delay`,
  required: false,
  read: (value, option) => {
    if (isFunction(value)) return value
    return typeof value === "object" && value !== null
      ? retries.read(value, option)
      : violationOf(option, retry.allowed, value)
  }
}

const { control: _control, ...ofConsumers } = consumePolicy.rules

const consuming = tableOf({ ...ofConsumers, retry, reopen: retries, signal })

export const consumingKeys = tableOf({ ...consuming.rules, ...keyOptions })

export const consumingBatches = tableOf({ ...consuming.rules, ...batchOptions })

export const backend = guarded(
  "a layer that provides Mqrt, such as NativeMqrt.layer or InMemoryMqrt.layer",
  Layer.isLayer
)

/** Rule for the context that a layer makes, which has a backend; without types, any layer can be given. */
export const backendContext = guarded(
  backend.allowed,
  (value): value is Context.Context<Mqrt> => Context.isContext(value) && value.mapUnsafe.has(Mqrt.key)
)
