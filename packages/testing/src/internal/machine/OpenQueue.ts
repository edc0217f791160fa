import type { Access } from "@effect-msmq/core/Mqrt"
import type { Cursor } from "../queue/Cursor.ts"
import type { Machine } from "./Machine.ts"
import type { Queue } from "../queue/Queue.ts"
import type { WaitingReceive } from "../calls/WaitingReceive.ts"

/** One of the queues that a message sent through a handle goes to. */
export interface Destination {
  readonly queue: Queue
  readonly formatName: string
}

/** What a queue handle stands for. */
export interface OpenQueue {
  /** The machine that has the queue: another one where a remote queue is read. */
  readonly machine: Machine
  readonly queue: Queue
  /** The queue, and the others of a list (behaviour B-18). */
  readonly destinations: ReadonlyArray<Destination>
  /** The format name that it was opened by. */
  readonly formatName: string
  readonly access: Access
  readonly exclusive: boolean
  /** The receives that wait on this handle. */
  readonly waiting: Set<WaitingReceive>
  /** Those that waited, and whose message is about to be handed out. */
  readonly served: Set<WaitingReceive>
  readonly cursors: Set<Cursor>
  /** Whether the queue manager has been stopped since it was opened (behaviour C-37). */
  stale: boolean
}

/** What can be done through a handle. */
export type Use = "send" | "receive" | "peek" | "moveTo"

/** What each access allows (behaviours C-33, C-34, C-39). */
const uses: Record<Access, ReadonlyArray<Use>> = {
  send: ["send"],
  receive: ["receive", "peek"],
  peek: ["peek"],
  move: ["moveTo"],
  receiveAdmin: ["receive", "peek"],
  peekAdmin: ["peek"]
}

export const allows = (access: Access, use: Use): boolean => uses[access].includes(use)
