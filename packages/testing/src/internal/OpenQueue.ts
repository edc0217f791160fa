import type { Access } from "@effect-msmq/core/Mqrt"
import type { Queue } from "./Queue.ts"
import type { WaitingReceive } from "./WaitingReceive.ts"

/** What a queue handle stands for. */
export interface OpenQueue {
  readonly queue: Queue
  /** The format name that it was opened by. */
  readonly formatName: string
  readonly access: Access
  readonly exclusive: boolean
  /** The receives that wait on this handle. */
  readonly waiting: Set<WaitingReceive>
}
