import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type {
  MachineAction,
  MachineProperties,
  PrivateComputerInformation,
  QueueManagerInfo
} from "@effect-msmq/core/ManagementProperties"
import type { Machine } from "./Machine.ts"
import { isActive, sweep } from "./QueueManagement.ts"

/** Of this machine only: others need the directory. */
export const machineProperties = (machine: Machine, name: string | null): MachineProperties | ErrorCodeName =>
  machine.isThis(name)
    ? {
        siteId: null,
        machineId: machine.id,
        pathName: machine.name,
        pathNameDns: null,
        connections: [],
        encryptionKey: null,
        encryptionKeyBase: null,
        encryptionKeyEnhanced: null,
        encryptionKeyAes: null
      }
    : "MQ_ERROR_NO_DS"

export const privateComputerInformation = (
  machine: Machine,
  computer: string | null
): PrivateComputerInformation | ErrorCodeName => {
  const found = machine.asked(computer)
  if (typeof found === "string") return found
  const { build, major, minor } = found.version
  return { version: (major << 24) | (minor << 16) | build, directoryEnabled: false }
}

export const queueManagerInfo = (
  machine: Machine,
  computer: string | null,
  now: number
): QueueManagerInfo | ErrorCodeName => {
  const found = machine.asked(computer)
  if (typeof found === "string") return found
  const { own, outgoing, system } = found.queues
  const { build, major, minor } = found.version
  const all = [...own, ...outgoing]
  for (const queue of all) sweep(queue, now)
  return {
    activeQueues: all.filter(isActive).map((queue) => queue.formatName),
    privateQueues: own.map((queue) => queue.properties.pathName),
    directoryServer: null,
    connected: found.connected,
    type: `MSMQ ${major}.${minor}.${build}`,
    bytesInAllQueues: all.reduce(
      (sum, { family }) => sum + BigInt(family.bytes + (family.journal?.bytes ?? 0)),
      BigInt(Object.values(system).reduce((sum, { bytes }) => sum + bytes, 0))
    )
  }
}

const actions: Record<MachineAction, (machine: Machine, now: number) => void> = {
  CONNECT: (machine, now) => {
    machine.connected = true
    machine.network.resume(machine, now)
  },
  DISCONNECT: (machine) => {
    machine.connected = false
    machine.network.endReads()
  },
  TIDY: () => {}
}

export const machineAction = (
  machine: Machine,
  computer: string | null,
  action: MachineAction,
  now: number
): true | ErrorCodeName => {
  const found = machine.asked(computer)
  if (typeof found === "string") return found
  actions[action](found, now)
  return true
}
