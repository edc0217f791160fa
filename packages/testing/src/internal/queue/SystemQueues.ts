import type { SystemQueue } from "@effect-msmq/core/PathName"
import type { QueueManager } from "./QueueTree.ts"
import { makeFamily } from "./QueueTree.ts"
import type { Guid } from "../facts/Guid.ts"
import { Queue } from "./Queue.ts"
import * as queueRules from "./queueRules.ts"
import * as SecurityDescriptors from "../security/SecurityDescriptor.ts"

/** The queues that every machine has: its journal, and those for dead letters (behaviour D-66). */
export type SystemQueues = Readonly<Record<SystemQueue, Queue>>

export const makeSystemQueues = (machineName: string, machineId: Guid, manager: QueueManager): SystemQueues => {
  const make = (name: SystemQueue, transactional: boolean): Queue => {
    const pathName = `${machineName}\\system$;${name.toUpperCase()}`
    const properties = queueRules.created({ ...queueRules.defaults, pathName, transactional }, pathName, 0)
    const family = makeFamily(manager, properties, SecurityDescriptors.ofMachine, null, true)
    return new Queue(`MACHINE=${machineId};${name.toUpperCase()}`, family, false, null)
  }
  return {
    journal: make("journal", false),
    deadletter: make("deadletter", false),
    deadxact: make("deadxact", true)
  }
}
