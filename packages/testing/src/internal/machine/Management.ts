import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type {
  MachineAction,
  QueueManagerProperties,
  PrivateComputerProperties,
  ComputerManagementProperties
} from "@effect-msmq/core/mqrt/ManagementProperties"
import { directoryServer, siteId } from "../directory/Directory.ts"
import * as Guid from "./Guid.ts"
import type { Machine } from "./Machine.ts"
import type { Queue } from "../queue/Queue.ts"
import { isActive, sweep } from "./QueueManagement.ts"

/** Others than this machine only the directory knows. */
export const machineProperties = (machine: Machine, name: string | null): QueueManagerProperties | ErrorCodeName => {
  if (machine.isThis(name)) return propertiesOf(machine)
  const directory = machine.ask("MQ_ERROR_NO_DS")
  if (typeof directory === "string") return directory
  const other = machine.network.called(name ?? "")
  return other === undefined ? "MQ_ERROR_MACHINE_NOT_FOUND" : propertiesOf(other)
}

const propertiesOf = (machine: Machine): QueueManagerProperties => ({
  siteId: machine.network.directory === null ? null : siteId,
  machineId: machine.id,
  pathName: machine.name,
  pathNameDns: machine.queues.dnsName,
  connections: [],
  encryptionKey: publicKeyOf(machine, 512),
  encryptionKeyBase: publicKeyOf(machine, 512),
  encryptionKeyEnhanced: publicKeyOf(machine, 1024),
  encryptionKeyAes: publicKeyOf(machine, 1024)
})

/** What stands for a key, and is as long: its machine's id, over and over. */
const publicKeyOf = ({ encryptionKeyPublished, id, network }: Machine, bits: number): Uint8Array | null => {
  if (network.directory === null || !encryptionKeyPublished) return null
  const bytes = Guid.toBytes(id)
  return Uint8Array.from({ length: bits / 8 }, (_, index) => bytes[index % bytes.length] ?? 0)
}

export const privateComputerInformation = (
  machine: Machine,
  computer: string | null
): PrivateComputerProperties | ErrorCodeName => {
  const found = machine.asked(computer)
  if (typeof found === "string") return found
  const { build, major, minor } = found.version
  return {
    version: (major << 24) | (minor << 16) | build,
    directoryEnabled: found.network.directory !== null
  }
}

export const queueManagerInfo = (
  machine: Machine,
  computer: string | null,
  now: number
): ComputerManagementProperties | ErrorCodeName => {
  const found = machine.asked(computer)
  if (typeof found === "string") return found
  const { own, outgoing, system } = found.queues
  const { build, major, minor } = found.version
  const all = [...own, ...outgoing]
  for (const queue of all) sweep(queue, now)
  return {
    activeQueues: all.filter(isActive).map((queue) => queue.formatName),
    privateQueues: own.filter(isPrivate).map((queue) => queue.properties.pathName),
    directoryServer: typeof found.ask("MQ_ERROR_NO_DS") === "string" ? null : directoryServer,
    connected: found.connected,
    type: `MSMQ ${major}.${minor}.${build}`,
    bytesInAllQueues: all.reduce(
      (sum, { family }) => sum + BigInt(family.bytes + (family.journal?.bytes ?? 0)),
      BigInt(Object.values(system).reduce((sum, { bytes }) => sum + bytes, 0))
    )
  }
}

const isPrivate = ({ properties }: Queue): boolean => properties.instance === null

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
