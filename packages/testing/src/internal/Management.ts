import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import type {
  MachineAction,
  MachineProperties,
  PrivateComputerInformation,
  QueueAction,
  QueueInfo,
  QueueManagerInfo
} from "@effect-msmq/core/ManagementProperties"
import * as Result from "effect/Result"
import type { Machine } from "./Machine.ts"
import type { Queue } from "./Queue.ts"
import { isPart } from "./QueueDirectory.ts"

/** Windows 8.1 and Windows Server 2012 R2, since when Message Queuing has not changed its number. */
const version = { major: 6, minor: 3, build: 9600 }

const unreachable: ErrorCodeName = "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"

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
): PrivateComputerInformation | ErrorCodeName =>
  machine.isThis(computer)
    ? { version: (version.major << 24) | (version.minor << 16) | version.build, directoryEnabled: false }
    : unreachable

/** A queue is active while it is open or holds a message, be it in a subqueue. */
const isActive = (queue: Queue): boolean =>
  queue.handles > 0 || queue.length > 0 || (queue.subqueues !== null && queue.subqueues.all.length > 0)

export const queueManagerInfo = (
  machine: Machine,
  computer: string | null,
  now: number
): QueueManagerInfo | ErrorCodeName => {
  if (!machine.isThis(computer)) return unreachable
  const { own, outgoing } = machine.queues
  const all = [...own, ...outgoing]
  for (const queue of all) sweep(queue, now)
  return {
    activeQueues: all.filter(isActive).map((queue) => queue.formatName),
    privateQueues: own.map((queue) => queue.properties.pathName),
    directoryServer: null,
    connected: machine.connected,
    type: `MSMQ ${version.major}.${version.minor}.${version.build}`,
    bytesInAllQueues: all.reduce(
      (sum, { family }) => sum + BigInt(family.bytes + (family.journal?.bytes ?? 0)),
      BigInt(Object.values(machine.queues.system).reduce((sum, { bytes }) => sum + bytes, 0))
    )
  }
}

/** What is over is counted nowhere. */
const sweep = (queue: Queue, now: number): void => {
  queue.sweep(now)
  for (const subqueue of queue.subqueues?.all ?? []) subqueue.sweep(now)
}

/** The local or outgoing queue that a name stands for. */
const managed = (machine: Machine, formatName: string): Queue | ErrorCodeName => {
  const outgoing = machine.queues.findOutgoing(formatName)
  if (outgoing !== undefined) return outgoing
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  // To ask after a subqueue must not create it.
  if (name !== undefined && isPart(name)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
  return machine.queues.find(formatName, "send") ?? "MQ_ERROR"
}

const nothingYet: QueueInfo["endOfData"] = {
  lastAcknowledged: null,
  lastAcknowledgedTime: null,
  lastAcknowledgedCount: null,
  firstUnacknowledged: null,
  lastUnacknowledged: null,
  next: null,
  unreadCount: null,
  unacknowledgedCount: null,
  resendTime: null,
  resendInterval: null,
  resendCount: null
}

const isPrivate = (formatName: string): boolean => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  return name?._tag === "Private" || (name?._tag === "Direct" && name.isPrivate)
}

/** A queue that is not active has nothing to tell. */
export const queueInfo = (
  machine: Machine,
  computer: string | null,
  formatName: string,
  now: number
): QueueInfo | ErrorCodeName => {
  if (!machine.isThis(computer)) return unreachable
  const queue = managed(machine, formatName)
  if (typeof queue === "string") return queue
  sweep(queue, now)
  return isActive(queue) ? infoOf(queue) : "MQ_ERROR"
}

const infoOf = (queue: Queue): QueueInfo => ({
  pathName: queue.outgoing ? null : queue.properties.pathName,
  formatName: queue.formatName,
  type: isPrivate(queue.formatName) ? "PRIVATE" : "PUBLIC",
  isLocal: !queue.outgoing,
  transactional: queue.outgoing ? null : queue.properties.transactional,
  foreign: queue.outgoing ? null : false,
  messageCount: queue.length,
  bytesInQueue: queue.bytes,
  journalMessageCount: queue.family.journal?.length ?? 0,
  bytesInJournal: queue.family.journal?.bytes ?? 0,
  state: stateOf(queue),
  nextHops: [],
  subqueues: queue.subqueues?.names ?? [],
  endOfData: nothingYet
})

/** Behaviour C-53. */
const stateOf = ({ family, outgoing }: Queue): string => {
  if (!outgoing) return "LOCAL CONNECTION"
  return family.paused ? "ONHOLD" : "WAITING"
}

const machineActions: Record<MachineAction, (machine: Machine) => void> = {
  CONNECT: (machine) => {
    machine.connected = true
  },
  DISCONNECT: (machine) => {
    machine.connected = false
  },
  TIDY: () => {}
}

export const machineAction = (
  machine: Machine,
  computer: string | null,
  action: MachineAction
): true | ErrorCodeName => {
  if (!machine.isThis(computer)) return unreachable
  machineActions[action](machine)
  return true
}

const queueActions: Record<QueueAction, (queue: Queue) => void> = {
  PAUSE: (queue) => {
    queue.family.paused = true
  },
  RESUME: (queue) => {
    queue.family.paused = false
  },
  EOD_RESEND: () => {}
}

/** What there is to do with a queue concerns its sending, so that it must be an outgoing one. */
export const queueAction = (
  machine: Machine,
  computer: string | null,
  formatName: string,
  action: QueueAction
): true | ErrorCodeName => {
  if (!machine.isThis(computer)) return unreachable
  const queue = managed(machine, formatName)
  if (typeof queue === "string") return queue
  if (!queue.outgoing) return "MQ_ERROR_ILLEGAL_OPERATION"
  queueActions[action](queue)
  return true
}
