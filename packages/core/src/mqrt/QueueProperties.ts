/**
 * Properties of queues as they cross the seam.
 *
 * @since 0.1.0
 */
import type { privacyLevels, relations, restrictedProperties } from "./QueueValues.ts"

/**
 * `PROPID_Q_PRIV_LEVEL`: the bodies that the queue takes, encrypted or not.
 *
 * @category models
 * @since 0.1.0
 */
export type QueuePrivacyLevel = keyof typeof privacyLevels

/**
 * Properties that can be set when a queue is created, and later too.
 *
 * @category models
 * @since 0.1.0
 */
export interface MutableQueueProperties {
  /** `PROPID_Q_LABEL`: at most 124 UTF-16 units. */
  readonly label: string
  /** `PROPID_Q_TYPE`: the GUID of a kind of service, without braces; all zeros: none. */
  readonly type: string
  /** `PROPID_Q_AUTHENTICATE`: `true` where messages without a valid signature are dropped on arrival. */
  readonly authenticate: boolean
  /** `PROPID_Q_JOURNAL`: `true` where received messages are copied to the queue's journal. */
  readonly journal: boolean
  /** `PROPID_Q_QUOTA`: kilobytes; `null`: unlimited. */
  readonly quota: number | null
  /** `PROPID_Q_JOURNAL_QUOTA`: kilobytes; `null`: unlimited. */
  readonly journalQuota: number | null
  /** `PROPID_Q_BASEPRIORITY`: -32,768 to 32,767; of public queues. */
  readonly basePriority: number
  /** `PROPID_Q_PRIV_LEVEL`. */
  readonly privacyLevel: QueuePrivacyLevel
  /** `PROPID_Q_MULTICAST_ADDRESS`: such as `"234.1.1.1:8001"`; `null`: none. */
  readonly multicastAddress: string | null
}

/**
 * Properties that can be set when a queue is created.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewQueueProperties extends MutableQueueProperties {
  /** `PROPID_Q_PATHNAME`. */
  readonly pathName: string
  /** `PROPID_Q_TRANSACTION`: `true` for a transactional queue; fixed when it is created. */
  readonly transactional: boolean
}

type Quotas = "quota" | "journalQuota"

/**
 * Changes of `setQueueProperties`: `null` leaves a property as it is. `multicastAddress: ""` removes the address.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueChanges = {
  readonly [Name in Exclude<keyof MutableQueueProperties, Quotas>]: MutableQueueProperties[Name] | null
} & {
  /** `"unlimited"` lifts the quota. */
  readonly quota: number | "unlimited" | null
  /** `"unlimited"` lifts the quota. */
  readonly journalQuota: number | "unlimited" | null
}

/**
 * Properties of a queue that exists, as `MQGetQueueProperties` reports them.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueProperties extends NewQueueProperties {
  /** `PROPID_Q_INSTANCE`: the GUID of a public queue, without braces. */
  readonly instance: string | null
  /** `PROPID_Q_CREATE_TIME`: seconds since 1970. */
  readonly createTime: number
  /** `PROPID_Q_MODIFY_TIME`: seconds since 1970. */
  readonly modifyTime: number
  /** `PROPID_Q_PATHNAME_DNS`: of a public queue. */
  readonly pathNameDns: string | null
  /** `PROPID_Q_ADS_PATH`: of a public queue. */
  readonly adsPath: string | null
}

/**
 * Condition on public queues, as `MQLocateBegin` takes them; all of them must hold.
 *
 * @category models
 * @since 0.1.0
 */
export interface LocateRestriction {
  /** Property that is compared. */
  readonly property: (typeof restrictedProperties)[number]
  /** Relation of the property to the value. */
  readonly relation: keyof typeof relations
  /** Value to compare with: a text, a GUID, or seconds since 1970, as the property needs. */
  readonly value: string | number
}

/**
 * Public queue that was found.
 *
 * @category models
 * @since 0.1.0
 */
export interface LocatedQueueProperties {
  /** `PROPID_Q_INSTANCE`: a GUID without braces. */
  readonly instance: string
  /** `PROPID_Q_PATHNAME`. */
  readonly pathName: string
  /** `PROPID_Q_LABEL`. */
  readonly label: string
  /** `PROPID_Q_TYPE`: a GUID without braces. */
  readonly type: string
  /** `PROPID_Q_CREATE_TIME`: seconds since 1970. */
  readonly createTime: number
  /** `PROPID_Q_MODIFY_TIME`: seconds since 1970. */
  readonly modifyTime: number
  /** `PROPID_Q_TRANSACTION`. */
  readonly transactional: boolean
}
