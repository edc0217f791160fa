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
import { failure, propertyFailure } from "../machine/Failure.ts"
import { isGuid } from "../machine/Guid.ts"

const labelLimit = 124
/** In kilobytes; one more means unlimited. */
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

/** What `MQ_ERROR_ILLEGAL_PROPERTY_VALUE` is said of (behaviours C-07, C-17). */
const rules: ReadonlyArray<Rule> = [
  { property: "PROPID_Q_LABEL", holds: ({ label }) => label.length <= labelLimit },
  { property: "PROPID_Q_TYPE", holds: ({ type }) => isGuid(type) },
  { property: "PROPID_Q_QUOTA", holds: ({ quota }) => isQuota(quota) },
  { property: "PROPID_Q_JOURNAL_QUOTA", holds: ({ journalQuota }) => isQuota(journalQuota) },
  { property: "PROPID_Q_BASEPRIORITY", holds: ({ basePriority }) => isWithin(basePriority, -32_768, 32_767) },
  { property: "PROPID_Q_MULTICAST_ADDRESS", holds: ({ multicastAddress }) => isMulticast(multicastAddress) }
]

const illegalValue: ErrorCodeName = "MQ_ERROR_ILLEGAL_PROPERTY_VALUE"

/** What a function reports of properties that no queue can have. */
export const refusal = (name: string, properties: NewQueueProperties): MqrtFailure | undefined => {
  const broken = rules.find((rule) => !rule.holds(properties))
  if (broken !== undefined) return propertyFailure(name, broken.property, illegalValue)
  // What comes by multicast is never transactional (behaviour C-17).
  return properties.transactional && properties.multicastAddress !== null
    ? failure(name, "MQ_ERROR_PROPERTIES_CONFLICT")
    : undefined
}

const quotaAfter = (quota: number | null, change: number | "unlimited" | null): number | null =>
  change === "unlimited" ? null : (change ?? quota)

/** The properties after a change; `now` in milliseconds since 1970. */
export const changed = (properties: QueueProperties, changes: QueueChanges, now: number): QueueProperties => ({
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

/** What a queue has that nobody gave any properties (behaviour C-01). */
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

/** A private queue's own properties, from those that it is created with. */
export const created = (properties: NewQueueProperties, pathName: string, now: number): QueueProperties => {
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
