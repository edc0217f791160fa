import type { Protocol } from "./formatNameKinds.ts"

/** Fields of a direct name. */
export interface DirectFields {
  /** Protocol of the address. `"os"`, by the name of the computer, by default. */
  readonly protocol?: Protocol | undefined
  /** Address of the computer, as in `FormatName.Direct`. */
  readonly address: string
  /** `true` for a private queue. `false` by default. */
  readonly isPrivate?: boolean | undefined
  /** Name of the queue. */
  readonly queue: string
}

/** Fields of the name of a queue itself. */
export interface WholeQueueFields {
  /** `true` for the journal of the queue. `false` by default. */
  readonly journal?: false | undefined
  /** Name of a subqueue. `null`, none, by default. */
  readonly subqueue?: null | undefined
}

/** Fields of the name of the journal of a queue. */
export interface JournalFields {
  /** `true` for the journal of the queue. */
  readonly journal: true
  /** `null`, by default: a journal has no subqueues. */
  readonly subqueue?: null | undefined
}

/** Fields of the name of a subqueue. */
export interface SubqueueFields {
  /** `false`, by default: a subqueue has no journal. */
  readonly journal?: false | undefined
  /** Name of the subqueue: 1 to 32 characters. */
  readonly subqueue: string
}
