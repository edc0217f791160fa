/** Words and flags of the seam, from the numbers of `mq.h` that stand for them, and the reverse. */
import type { Acknowledge, Journaling } from "@effect-msmq/core/mqrt/MessageProperties"

/** Returns the words of a table by their numbers. */
export const wordsOf = <Word extends string>(numbers: Readonly<Record<Word, number>>): ReadonlyMap<number, Word> =>
  new Map(Object.entries<number>(numbers).map(([word, number]) => [number, word as Word]))

/** Returns the bits of `MQMSG_ACKNOWLEDGMENT_` (behaviour D-44). */
export const acknowledgeBits = (acknowledge: Acknowledge): number =>
  (acknowledge.positiveArrival ? 1 : 0) |
  (acknowledge.positiveReceive ? 2 : 0) |
  (acknowledge.negativeArrival ? 4 : 0) |
  (acknowledge.negativeReceive ? 8 : 0)

/** Returns the reverse of {@link acknowledgeBits}; `null` for none. */
export const acknowledgeOf = (bits: number): Acknowledge | null =>
  bits === 0
    ? null
    : {
        positiveArrival: (bits & 1) !== 0,
        positiveReceive: (bits & 2) !== 0,
        negativeArrival: (bits & 4) !== 0,
        negativeReceive: (bits & 8) !== 0
      }

/** Returns the bits of `MQMSG_DEADLETTER` and `MQMSG_JOURNAL` (behaviour D-56). */
export const journalingBits = (journaling: Journaling): number =>
  (journaling.deadLetter ? 1 : 0) | (journaling.journal ? 2 : 0)

/** Returns the reverse of {@link journalingBits}; `null` for none. */
export const journalingOf = (bits: number): Journaling | null =>
  bits === 0 ? null : { deadLetter: (bits & 1) !== 0, journal: (bits & 2) !== 0 }
