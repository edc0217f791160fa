import { type QueueRight, rights } from "@effect-msmq/core/QueueSecurity"

export const maskOf = (wanted: ReadonlyArray<QueueRight>): number =>
  wanted.reduce((mask, right) => mask | rights[right], 0)

/** The rights of Windows that mean others for each kind of object. */
const generic: ReadonlyArray<readonly [bit: number, meaning: number]> = [
  [0x8000_0000, rights.queueGenericRead],
  [0x4000_0000, rights.queueGenericWrite],
  [0x2000_0000, rights.queueGenericExecute],
  [0x1000_0000, rights.queueGenericAll]
]

/** A mask with all that it means for a queue. */
export const meaningOf = (mask: number): number =>
  generic.reduce((meant, [bit, meaning]) => ((mask & bit) === 0 ? meant : meant | meaning), mask)
