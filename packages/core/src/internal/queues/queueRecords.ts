/** Properties of queues as programs see and give them. */
import type {
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

/** Returns `PROPID_Q_TYPE` as programs see it: `undefined` for none. */
export const typeOf = (type: string): string | undefined => (type === noType ? undefined : type)

/**
 * Properties of a queue: `MQGetQueueProperties`. A quota is `undefined` where there is no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Properties extends Omit<PublicRecord<QueueProperties>, "type" | "createTime" | "modifyTime"> {
  /** Kind of service, as a GUID without braces; `undefined` for none. `PROPID_Q_TYPE`. */
  readonly type: string | undefined
  /** Time when the queue was created, in whole seconds. `PROPID_Q_CREATE_TIME`. */
  readonly createTime: Date
  /** Time when the properties of the queue were last changed, in whole seconds. `PROPID_Q_MODIFY_TIME`. */
  readonly modifyTime: Date
}

/** Returns the properties of a queue as programs see them. */
export const propertiesOf = (properties: QueueProperties): Properties => ({
  ...publicRecord(properties),
  type: typeOf(properties.type),
  createTime: dateOf(properties.createTime),
  modifyTime: dateOf(properties.modifyTime)
})

/**
 * Changes to the properties of a queue; those that are left out stay as they are. A queue cannot become transactional, or cease
 * to be so.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  /** Label: at most 124 UTF-16 units. */
  readonly label?: string | undefined
  /** Kind of service: a GUID without braces. `"none"` removes it. */
  readonly type?: string | undefined
  /** `true` drops messages without a valid signature on arrival, without an error to their sender. */
  readonly authenticate?: boolean | undefined
  /** `true` copies messages that are received to the queue's journal. */
  readonly journal?: boolean | undefined
  /** Quota in kilobytes: 0 to 4,294,967,294. `"unlimited"` removes it. */
  readonly quota?: number | "unlimited" | undefined
  /** Quota of the journal in kilobytes: 0 to 4,294,967,294. `"unlimited"` removes it. */
  readonly journalQuota?: number | "unlimited" | undefined
  /** Priority of the messages of a public queue on their way: -32,768 to 32,767. */
  readonly basePriority?: number | undefined
  /** Encrypted or clear bodies that the queue accepts: `"none"` for clear ones only, `"body"` for encrypted ones only. */
  readonly privacyLevel?: QueuePrivacyLevel | undefined
  /**
   * Multicast address and port to listen on, such as `"234.1.1.1:8001"`; not for a transactional queue.
   * `"none"` removes it.
   */
  readonly multicastAddress?: string | undefined
}

/** Returns changes as the backend gets them. */
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
 * Properties of a new queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface CreateOptions {
  /** Label: at most 124 UTF-16 units. Empty by default. `PROPID_Q_LABEL`. */
  readonly label?: string | undefined
  /**
   * `true` drops messages without a valid signature on arrival, without an error to their sender. `false` by default.
   * `PROPID_Q_AUTHENTICATE`.
   */
  readonly authenticate?: boolean | undefined
  /**
   * `true` for a transactional queue; it cannot be changed later. `false` by default. `PROPID_Q_TRANSACTION`.
   */
  readonly transactional?: boolean | undefined
  /** `true` copies messages that are received to the queue's journal. `false` by default. `PROPID_Q_JOURNAL`. */
  readonly journal?: boolean | undefined
  /** Quota in kilobytes: 0 to 4,294,967,294. Unlimited by default. `PROPID_Q_QUOTA`. */
  readonly quota?: number | undefined
  /** Quota of the journal in kilobytes: 0 to 4,294,967,294. Unlimited by default. `PROPID_Q_JOURNAL_QUOTA`. */
  readonly journalQuota?: number | undefined
  /**
   * Encrypted or clear bodies that the queue accepts: `"none"` for clear ones only, `"body"` for encrypted ones only.
   * `"optional"`, which means both, by default. `PROPID_Q_PRIV_LEVEL`.
   */
  readonly privacyLevel?: QueuePrivacyLevel | undefined
  /** Priority of the messages of a public queue on their way: -32,768 to 32,767. 0 by default. `PROPID_Q_BASEPRIORITY`. */
  readonly basePriority?: number | undefined
  /**
   * Multicast address and port to listen on, such as `"234.1.1.1:8001"`; not for a transactional queue. None by default.
   * `PROPID_Q_MULTICAST_ADDRESS`.
   */
  readonly multicastAddress?: string | undefined
  /** Kind of service: a GUID without braces. None by default. `PROPID_Q_TYPE`. */
  readonly type?: string | undefined
  /**
   * Owner and permissions of the queue in SDDL, such as `"D:(A;;GA;;;BA)"`; see `QueueSecurity`. By default its creator may do
   * everything and everyone may send.
   */
  readonly securityDescriptor?: string | undefined
}

/** Returns the properties of a new queue as the backend gets them. */
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
