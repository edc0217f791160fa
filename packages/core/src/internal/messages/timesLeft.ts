/** Time limits of received messages, which their copies take along. */

/** Key of the time limits of a received message as they were received, in the message itself and in its copies. */
export const timesLeft: unique symbol = Symbol.for("~@effect-msmq/core/timesLeft")

/** Times that were left of the limits of a received message, in milliseconds. */
export interface TimesLeft {
  readonly timeToReachQueue: number | undefined
  readonly timeToBeReceived: number | undefined
}

/** Message that has the time limits of a received message. */
export interface WithTimesLeft {
  readonly [timesLeft]?: TimesLeft
}

/** Returns the time that is left of a limit of a received message, in milliseconds. `seconds`: as Message Queuing has it. */
export const timeLeft = (seconds: number | null): number | undefined => (seconds === null ? undefined : seconds * 1000)

/**
 * Returns `true` for a limit of a message that is the time that was left when the message was received. The sender of a copy did
 * not choose it.
 */
export const isTimeLeft = (message: object, field: keyof TimesLeft, limit: unknown): boolean =>
  limit !== undefined && (message as WithTimesLeft)[timesLeft]?.[field] === limit
