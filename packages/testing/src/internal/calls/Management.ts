import type {
  MachineAction,
  QueueManagerProperties,
  PrivateComputerProperties,
  ComputerManagementProperties
} from "@effect-msmq/core/mqrt/ManagementProperties"
import * as Result from "effect/Result"
import { directoryServer, siteId } from "../directory/Directory.ts"
import type { Fallible } from "../facts/Failure.ts"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import type { Steps } from "../facts/Steps.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Queue } from "../queue/Queue.ts"
import { isActive, sweep } from "./QueueManagement.ts"

/** Returns the properties of a machine. Those of another machine, and of one by its GUID, come from the directory. */
export const machineProperties = (machine: Machine, wanted: string | null): Fallible<QueueManagerProperties> => {
  if (machine.isThis(wanted)) return Result.succeed(propertiesOf(machine))
  return Result.flatMap(machine.askDirectory("MQ_ERROR_NO_DS"), () => {
    const { network } = machine
    const other = network.machine(wanted ?? "") ?? network.machines.find(({ id }) => id === wanted)
    return other === undefined ? Result.fail("MQ_ERROR_MACHINE_NOT_FOUND") : Result.succeed(propertiesOf(other))
  })
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

/** Returns bytes of the length of a public key: the machine's id, repeated. */
const publicKeyOf = ({ encryptionKeyPublished, id, network }: Machine, bits: number): Uint8Array | null => {
  if (network.directory === null || !encryptionKeyPublished) return null
  const bytes = Guid.toBytes(id)
  return Uint8Array.from({ length: bits / 8 }, (_, index) => bytes[index % bytes.length] ?? 0)
}

/** Returns the version of a computer, and whether it uses a directory. */
export const privateComputerInformation = (
  machine: Machine,
  computer: string | null
): Fallible<PrivateComputerProperties> =>
  Result.map(machine.reach(computer), ({ network, version: { build, major, minor } }) => ({
    version: (major << 24) | (minor << 16) | build,
    directoryEnabled: network.directory !== null
  }))

/** Returns the state of the queue manager of a computer. */
export const queueManagerInfo = function* (
  machine: Machine,
  computer: string | null,
  now: number
): Steps<Fallible<ComputerManagementProperties>> {
  const found = machine.reach(computer)
  return Result.isSuccess(found) ? Result.succeed(yield* infoOf(found.success, now)) : Result.fail(found.failure)
}

const infoOf = function* (machine: Machine, now: number): Steps<ComputerManagementProperties> {
  const { own, outgoing, system } = machine.queues
  const { build, major, minor } = machine.version
  const all = [...own, ...outgoing]
  for (const queue of all) yield* sweep(queue, now)
  return {
    activeQueues: all.filter(isActive).map((queue) => queue.formatName),
    privateQueues: own.filter(isPrivate).map((queue) => queue.properties.pathName),
    directoryServer: Result.isSuccess(machine.askDirectory("MQ_ERROR_NO_DS")) ? directoryServer : null,
    connected: machine.connected,
    type: `MSMQ ${major}.${minor}.${build}`,
    bytesInAllQueues: all.reduce(
      (sum, { journal, tree }) => sum + BigInt(tree.bytes + (journal?.bytes ?? 0)),
      BigInt(Object.values(system).reduce((sum, { bytes }) => sum + bytes, 0))
    )
  }
}

const isPrivate = ({ properties }: Queue): boolean => properties.instance === null

const actions: Record<MachineAction, (machine: Machine, now: number) => Steps> = {
  *CONNECT(machine, now) {
    machine.connected = true
    yield* machine.network.resume(machine, now)
  },
  *DISCONNECT(machine) {
    machine.connected = false
    for (const other of machine.network.machines) yield* other.endRemoteReads()
  },
  *TIDY() {}
}

/** Runs an action on the queue manager of a computer. */
export const machineAction = function* (
  machine: Machine,
  computer: string | null,
  action: MachineAction,
  now: number
): Steps<Fallible<void>> {
  const found = machine.reach(computer)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  yield* actions[action](found.success, now)
  return Result.void
}
