import * as Semaphore from "effect/Semaphore"
import type { HresultArguments, transactionMethods } from "./declarations.ts"

/** Name of a function that is called off the main thread. */
export type OffMainThreadName =
  | keyof HresultArguments
  | keyof typeof transactionMethods
  | "LookupAccountNameW"
  | "LookupAccountSidW"
  | "CertOpenStore"

/** Permits for calls off the main thread. */
export interface Lanes {
  /** Permits for calls that may wait for the directory, the network or another machine. */
  readonly slow: Semaphore.Semaphore
  /** Permits for calls that end something, and for the beginning of a transaction. The local service answers them. */
  readonly prompt: Semaphore.Semaphore
}

/** Functions of the prompt lane. All others are in the slow one. */
const prompt: ReadonlySet<OffMainThreadName> = new Set([
  "MQCloseQueue",
  "MQCloseCursor",
  "MQLocateEnd",
  "MQBeginTransaction",
  "Commit",
  "Abort",
  "Release"
])

/** Returns the lane of a function. */
export const laneOf = (name: OffMainThreadName): keyof Lanes => (prompt.has(name) ? "prompt" : "slow")

/** Most calls of one lane at once, so that the two lanes fill no more than the four threads that Node has by default. */
const mostInLane = 2

/**
 * Makes lanes for a number of calls at once. Each lane has room of its own, so that no call of the prompt lane waits for
 * one of the slow lane. Where only one call can be made at once, the two lanes are one.
 */
export const makeLanes = (atOnce: number): Lanes => {
  if (atOnce < 2) {
    const only = Semaphore.makeUnsafe(1)
    return { slow: only, prompt: only }
  }
  const slow = Math.min(mostInLane, Math.floor(atOnce / 2))
  return { slow: Semaphore.makeUnsafe(slow), prompt: Semaphore.makeUnsafe(Math.min(mostInLane, atOnce - slow)) }
}
