/** Quotas of a machine, in kilobytes; `null`: no limit (behaviour C-54). */
export interface MachineQuota {
  /** Quota of the messages in all queues, outgoing queues included. */
  messages: number | null
  /** Quota of the copies in all journals and in the dead-letter queues of the machine. */
  journals: number | null
}

/** Size of what counts against one quota. */
export interface Held {
  /** Number of bytes. */
  bytes: number
}

/** Storage of a machine: its quotas, and the part of each that is in use. */
export interface Storage {
  readonly quota: MachineQuota
  readonly held: { readonly messages: Held; readonly copies: Held }
}

const isWithin = (quota: number | null, bytes: number): boolean => quota === null || bytes <= quota * 1024

/** Tells whether there is room for one more message of so many bytes (behaviours D-55, H-03, X-17). */
export const hasRoomForMessage = ({ held, quota }: Storage, size: number): boolean =>
  isWithin(quota.messages, held.messages.bytes + size)

/** Tells whether there is room for one more copy of so many bytes (behaviour D-59). */
export const hasRoomForCopy = ({ held, quota }: Storage, size: number): boolean =>
  isWithin(quota.journals, held.copies.bytes + size)
