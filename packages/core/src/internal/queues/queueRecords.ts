/** The properties of queues as programs see and give them, beside those of the seam. */
import type {
  MutableQueueProperties,
  NewQueueProperties,
  QueueChanges,
  QueuePrivacyLevel,
  QueueProperties
} from "../../mqrt/QueueProperties.ts"

/** Record of the seam as programs see it: `undefined` instead of `null`. */
export type PublicRecord<A> = {
  readonly [Name in keyof A]: null extends A[Name] ? Exclude<A[Name], null> | undefined : A[Name]
}

/** Returns a record with `undefined` instead of `null`. */
export const publicRecord = <A extends object>(record: A): PublicRecord<A> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value ?? undefined])) as PublicRecord<A>

/** Returns the date of a time in seconds since 1970. */
export const dateOf = (seconds: number): Date => new Date(seconds * 1000)

const noType = "00000000-0000-0000-0000-000000000000"

/** `PROPID_Q_TYPE` as programs see it. */
export const typeOf = (type: string): string | undefined => (type === noType ? undefined : type)

/**
 * The properties of a queue: `MQGetQueueProperties`. A quota is `undefined` where there is no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Properties extends Omit<PublicRecord<QueueProperties>, "type" | "createTime" | "modifyTime"> {
  /** `PROPID_Q_TYPE`: the GUID of a kind of service, without braces. */
  readonly type: string | undefined
  /** `PROPID_Q_CREATE_TIME`: whole seconds. */
  readonly createTime: Date
  /** `PROPID_Q_MODIFY_TIME`: whole seconds. */
  readonly modifyTime: Date
}

export const propertiesOf = (properties: QueueProperties): Properties => ({
  ...publicRecord(properties),
  type: typeOf(properties.type),
  createTime: dateOf(properties.createTime),
  modifyTime: dateOf(properties.modifyTime)
})

/** What can be said of a queue both when it is created and later. */
type Said = {
  readonly [Name in keyof Omit<MutableQueueProperties, "quota" | "journalQuota">]?:
    | Exclude<MutableQueueProperties[Name], null>
    | undefined
}

/**
 * What is to change of a queue; what is left out stays as it is. Whether it is transactional is fixed (behaviour C-16).
 *
 * - `label`: at most 124 UTF-16 units
 * - `type`: a GUID without braces; `"none"` takes it away
 * - `authenticate`: whether messages without a valid signature are dropped on arrival (behaviours)
 * - `journal`: whether received messages are copied to the queue's journal
 * - `quota`, `journalQuota`: kilobytes; `"unlimited"` lifts the quota
 * - `privacyLevel`: whether encrypted bodies are taken
 * - `basePriority`: -32,768 to 32,767, of a public queue
 * - `multicastAddress`: such as `"234.1.1.1:8001"`, not of a transactional queue (C-17); `"none"` takes it away
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes extends Said {
  readonly quota?: number | "unlimited" | undefined
  readonly journalQuota?: number | "unlimited" | undefined
}

export const changesOf = (changes: Changes): QueueChanges => ({
  label: changes.label ?? null,
  type: changes.type === "none" ? noType : (changes.type ?? null),
  authenticate: changes.authenticate ?? null,
  journal: changes.journal ?? null,
  quota: changes.quota ?? null,
  journalQuota: changes.journalQuota ?? null,
  basePriority: changes.basePriority ?? null,
  privacyLevel: changes.privacyLevel ?? null,
  multicastAddress: changes.multicastAddress === "none" ? "" : (changes.multicastAddress ?? null)
})

/**
 * The properties of a new queue.
 *
 * - `label`: `PROPID_Q_LABEL`, at most 124 UTF-16 units; empty by default
 * - `authenticate`: `PROPID_Q_AUTHENTICATE`: whether messages without a valid signature are dropped on arrival, without
 *   an error to their sender (behaviours ); `false` by default
 * - `transactional`: `PROPID_Q_TRANSACTION`: fixed for the queue's life (C-16); `false` by default
 * - `journal`: `PROPID_Q_JOURNAL`: whether received messages are copied to the queue's journal; `false` by default
 * - `quota`, `journalQuota`: `PROPID_Q_QUOTA`, `PROPID_Q_JOURNAL_QUOTA`: kilobytes (C-19); unlimited by default
 * - `privacyLevel`: `PROPID_Q_PRIV_LEVEL`: whether encrypted bodies are taken; `"optional"` by default
 * - `basePriority`: `PROPID_Q_BASEPRIORITY`: -32,768 to 32,767, of a public queue; 0 by default
 * - `multicastAddress`: `PROPID_Q_MULTICAST_ADDRESS`, such as `"234.1.1.1:8001"`; not of a transactional queue (C-17)
 * - `type`: `PROPID_Q_TYPE`: the GUID of a kind of service, without braces; none by default
 * - `securityDescriptor`: whose the queue is and who may do what with it, in SDDL, such as `"D:(A;;GA;;;BA)"`, which
 *   `QueueSecurity` says more of. Left out, its creator may do everything and everybody may send (C-15)
 *
 * @category models
 * @since 0.1.0
 */
export interface CreateOptions {
  readonly label?: string | undefined
  readonly authenticate?: boolean | undefined
  readonly transactional?: boolean | undefined
  readonly journal?: boolean | undefined
  readonly quota?: number | undefined
  readonly journalQuota?: number | undefined
  readonly privacyLevel?: QueuePrivacyLevel | undefined
  readonly basePriority?: number | undefined
  readonly multicastAddress?: string | undefined
  readonly type?: string | undefined
  readonly securityDescriptor?: string | undefined
}

export const newQueueOf = (pathName: string, options: CreateOptions): NewQueueProperties => ({
  pathName,
  label: options.label ?? "",
  type: options.type ?? noType,
  authenticate: options.authenticate ?? false,
  transactional: options.transactional ?? false,
  journal: options.journal ?? false,
  quota: options.quota ?? null,
  journalQuota: options.journalQuota ?? null,
  basePriority: options.basePriority ?? 0,
  privacyLevel: options.privacyLevel ?? "optional",
  multicastAddress: options.multicastAddress ?? null
})
