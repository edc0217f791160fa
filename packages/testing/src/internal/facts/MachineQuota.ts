import type { Machine } from "../machine/Machine.ts"

/** What all queues of a machine may hold together, in kilobytes; `null`: whatever comes (behaviour C-54). */
export interface MachineQuota {
  messages: number | null
  /** In journals and in the machine's dead-letter queues. */
  journals: number | null
}

const isWithin = (quota: number | null, bytes: number): boolean => quota === null || bytes <= quota * 1024

/** Whether a machine may take one more message (behaviours D-55, H-03, X-17). */
export const hasRoomForMessage = ({ held, quota }: Machine, size: number): boolean =>
  isWithin(quota.messages, held.messages.bytes + size)

/** Whether it may keep one more copy (behaviour D-59). */
export const hasRoomForCopy = ({ held, quota }: Machine, size: number): boolean =>
  isWithin(quota.journals, held.copies.bytes + size)
