import type * as FormatName from "@effect-msmq/core/FormatName"
import type { ArrivalMachine } from "../arrival/Outcome.ts"
import type { Member } from "../directory/Directory.ts"
import type { LocalQueues } from "../queue/LocalQueues.ts"
import type { Steps } from "../facts/Steps.ts"
import type { Queue } from "../queue/Queue.ts"
import type { Duplicates } from "./Duplicates.ts"

/** Words for the ways of a link. */
export const linkWays = ["both", "onlyThere", "onlyBack"] as const

/** Ways of a link: both, that to the other machine, or that back. */
export type LinkWay = (typeof linkWays)[number]

/** Queues of a machine, as its links see them. */
export interface NetworkQueues extends LocalQueues, Member {
  /** Queues of the machine itself. */
  readonly own: ReadonlyArray<Queue>
  /** Queues with messages for other machines. */
  readonly outgoing: ReadonlyArray<Queue>
  /** Tells whether a direct name leads to the machine. */
  readonly isAt: (name: FormatName.Direct | FormatName.DirectSystem) => boolean
}

/** A machine, as its links see it. */
export interface NetworkMachine extends ArrivalMachine {
  readonly name: string
  readonly queues: NetworkQueues
  /** Messages that came over links. */
  readonly duplicates: Duplicates
  readonly timers: {
    /** Wakes the machine at a moment, in milliseconds since 1970. */
    readonly wakeAt: (deadline: number) => void
  }
  /** `true` while the queue manager runs. */
  readonly running: boolean
  /** `false` where the queue manager was told to use no link. */
  readonly connected: boolean
  /** `true` where the directory has the public key of the machine (behaviour A-82). */
  readonly encryptionKeyPublished: boolean
}

/** Destination of a name: a machine, all queues with a multicast address, or `undefined` where there is none. */
export type Target<Machine> = Machine | { readonly multicastAddress: string } | undefined

/** Routes between machines. */
export interface Routes<Machine> {
  /** Returns the destination of a name. */
  readonly target: (formatName: string) => Target<Machine>
  /** Carries over every open link the messages that wait for it; `now` in milliseconds since 1970. */
  readonly flow: (now: number) => Steps
}
