import type { NameUse } from "@effect-msmq/core/FormatName"
import type { SystemQueue } from "@effect-msmq/core/PathName"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import type { Fallible } from "../facts/Failure.ts"
import type { Guid } from "@effect-msmq/core/mqrt/Guid"
import { Queue } from "./Queue.ts"
import * as queueRules from "./queueRules.ts"
import type { QueueManager } from "./QueueTree.ts"
import { makeQueueTree } from "./QueueTree.ts"

/** Queues of one machine, found by their format names. */
export interface LocalQueues {
  /** Journal and dead-letter queues of the machine. */
  readonly system: SystemQueues
  /** Finds the queue that a format name stands for; `undefined`: it is on another machine. */
  readonly find: (formatName: string, use: NameUse) => Fallible<Queue | undefined>
  /** Returns the outgoing queue for a format name, and creates it where there is none. */
  readonly outgoingTo: (formatName: string) => Queue
}

/** Queues that every machine has: its journal, and its queues for dead letters (behaviour D-66). */
export type SystemQueues = Readonly<Record<SystemQueue, Queue>>

/** Makes the system queues of a machine. */
export const makeSystemQueues = (
  machineName: string,
  machineId: Guid,
  manager: QueueManager,
  security: SecurityDescriptor
): SystemQueues => {
  const make = (name: SystemQueue, transactional: boolean): Queue => {
    const pathName = `${machineName}\\system$;${name.toUpperCase()}`
    const properties = queueRules.create({ ...queueRules.defaults, pathName, transactional }, pathName, 0)
    const tree = makeQueueTree(manager, properties, security, true)
    return new Queue(`MACHINE=${machineId};${name.toUpperCase()}`, tree, null, false, null)
  }
  return {
    journal: make("journal", false),
    deadletter: make("deadletter", false),
    deadxact: make("deadxact", true)
  }
}
