import type { Machine } from "./Machine.ts"
import type { Queue } from "./Queue.ts"

/** What all queues of a machine may hold together, in kilobytes; `null`: whatever comes (behaviour C-54). */
export interface MachineQuota {
  messages: number | null
  /** In journals and in the machine's dead-letter queues. */
  journals: number | null
}

const isWithin = (quota: number | null, bytes: () => number): boolean => quota === null || bytes() <= quota * 1024

const total = (queues: ReadonlyArray<Queue>): number => queues.reduce((sum, { family }) => sum + family.bytes, 0)

/** Whether a machine may take one more message (behaviours D-55, H-03, X-17). */
export const hasRoomForMessage = ({ queues, quota }: Machine, size: number): boolean =>
  isWithin(quota.messages, () => size + total([...queues.own, ...queues.outgoing]))

/** Whether it may keep one more copy (behaviour D-59). */
export const hasRoomForCopy = ({ queues, quota }: Machine, size: number): boolean =>
  isWithin(quota.journals, () => size + total(queues.keeping))
