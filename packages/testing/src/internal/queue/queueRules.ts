import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import type {
  MutableQueueProperties,
  NewQueueProperties,
  QueueChanges,
  QueueProperties
} from "@effect-msmq/core/mqrt/QueueProperties"
import * as Result from "effect/Result"
import { failure, propertyFailure } from "../facts/Failure.ts"
import { isGuid } from "@effect-msmq/core/mqrt/Guid"

const labelLimit = 124
/** Largest quota, in kilobytes: one more means unlimited. */
const quotaLimit = 0xfffffffe

const isWithin = (number: number, least: number, most: number): boolean =>
  Number.isInteger(number) && number >= least && number <= most
const isQuota = (quota: number | null): boolean => quota === null || isWithin(quota, 0, quotaLimit)
const isMulticast = (address: string | null): boolean =>
  address === null || Result.isSuccess(FormatName.parse(`MULTICAST=${address}`))

interface Rule {
  readonly property: string
  readonly holds: (properties: MutableQueueProperties) => boolean
}

/** Rules whose violation is `MQ_ERROR_ILLEGAL_PROPERTY_VALUE` (behaviours C-07, C-17). */
const rules: ReadonlyArray<Rule> = [
  { property: "PROPID_Q_LABEL", holds: ({ label }) => label.length <= labelLimit },
  { property: "PROPID_Q_TYPE", holds: ({ type }) => isGuid(type) },
  { property: "PROPID_Q_QUOTA", holds: ({ quota }) => isQuota(quota) },
  { property: "PROPID_Q_JOURNAL_QUOTA", holds: ({ journalQuota }) => isQuota(journalQuota) },
  { property: "PROPID_Q_BASEPRIORITY", holds: ({ basePriority }) => isWithin(basePriority, -32_768, 32_767) },
  { property: "PROPID_Q_MULTICAST_ADDRESS", holds: ({ multicastAddress }) => isMulticast(multicastAddress) }
]

const illegalValue: ErrorCodeName = "MQ_ERROR_ILLEGAL_PROPERTY_VALUE"

/** Returns the failure of a function for properties that no queue can have; `undefined` for others. */
export const refusal = (name: string, properties: NewQueueProperties): MqrtFailure | undefined => {
  const broken = rules.find((rule) => !rule.holds(properties))
  if (broken !== undefined) return propertyFailure(name, broken.property, illegalValue)
  // A multicast message is never transactional (behaviour C-17).
  return properties.transactional && properties.multicastAddress !== null
    ? failure(name, "MQ_ERROR_PROPERTIES_CONFLICT")
    : undefined
}

const quotaAfter = (quota: number | null, change: number | "unlimited" | null): number | null =>
  change === "unlimited" ? null : (change ?? quota)

/** Returns the properties after a change; `now` in milliseconds since 1970. */
export const change = (properties: QueueProperties, changes: QueueChanges, now: number): QueueProperties => ({
  ...properties,
  label: changes.label ?? properties.label,
  type: changes.type ?? properties.type,
  authenticate: changes.authenticate ?? properties.authenticate,
  journal: changes.journal ?? properties.journal,
  quota: quotaAfter(properties.quota, changes.quota),
  journalQuota: quotaAfter(properties.journalQuota, changes.journalQuota),
  basePriority: changes.basePriority ?? properties.basePriority,
  privacyLevel: changes.privacyLevel ?? properties.privacyLevel,
  multicastAddress: changes.multicastAddress === "" ? null : (changes.multicastAddress ?? properties.multicastAddress),
  modifyTime: Math.floor(now / 1000)
})

/** Properties of a queue that is created without any (behaviour C-01). */
export const defaults: Omit<NewQueueProperties, "pathName"> = {
  label: "",
  type: "00000000-0000-0000-0000-000000000000",
  authenticate: false,
  journal: false,
  quota: null,
  journalQuota: null,
  basePriority: 0,
  privacyLevel: "optional",
  multicastAddress: null,
  transactional: false
}

/** Returns the properties of a new private queue; `now` in milliseconds since 1970. */
export const create = (properties: NewQueueProperties, pathName: string, now: number): QueueProperties => {
  const seconds = Math.floor(now / 1000)
  return {
    ...properties,
    pathName,
    instance: null,
    createTime: seconds,
    modifyTime: seconds,
    pathNameDns: null,
    adsPath: null
  }
}
