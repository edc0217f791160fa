import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import type { QueueAction, QueueManagementProperties } from "@effect-msmq/core/mqrt/ManagementProperties"
import * as Result from "effect/Result"
import type { Machine } from "./Machine.ts"
import type { Queue } from "../queue/Queue.ts"
import { isPart } from "./queueNames.ts"
import type { Session } from "../network/Session.ts"

/** A queue is active while it is open or holds a message, be it in a subqueue. */
export const isActive = (queue: Queue): boolean =>
  queue.handles > 0 || queue.length > 0 || (queue.subqueues !== null && queue.subqueues.all.length > 0)

/** What is over is counted nowhere. */
export const sweep = (queue: Queue, now: number): void => {
  queue.sweep(now)
  for (const subqueue of queue.subqueues?.all ?? []) subqueue.sweep(now)
}

/** The local, outgoing or system queue that a name stands for. */
const managed = (machine: Machine, formatName: string): Queue | ErrorCodeName => {
  const outgoing = machine.queues.findOutgoing(formatName)
  if (outgoing !== undefined) return outgoing
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name !== undefined && "systemQueue" in name) return machine.queues.find(formatName, "receive") ?? "MQ_ERROR"
  // To ask after a subqueue must not create it.
  if (name !== undefined && isPart(name)) return "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION"
  return machine.queues.find(formatName, "send") ?? "MQ_ERROR"
}

/** A queue that is not active has nothing to tell. */
export const queueInfo = (
  machine: Machine,
  computer: string | null,
  formatName: string,
  now: number
): QueueManagementProperties | ErrorCodeName => {
  const there = machine.asked(computer)
  if (typeof there === "string") return there
  const queue = managed(there, formatName)
  if (typeof queue === "string") return queue
  sweep(queue, now)
  return isActive(queue) || queue.family.keeps ? infoOf(there, queue) : "MQ_ERROR"
}

const infoOf = (machine: Machine, queue: Queue): QueueManagementProperties => {
  const session = sessionOf(machine, queue)
  return {
    pathName: queue.outgoing ? null : queue.properties.pathName,
    formatName: queue.formatName,
    type: typeOf(queue.formatName),
    isLocal: !queue.outgoing,
    transactional: queue.outgoing ? null : queue.properties.transactional,
    foreign: queue.outgoing ? null : false,
    messageCount: queue.length,
    bytesInQueue: queue.bytes,
    journalMessageCount: queue.family.journal?.length ?? 0,
    bytesInJournal: queue.family.journal?.bytes ?? 0,
    state: stateOf(machine, queue, session),
    nextHops: session === undefined ? [] : [session.to.queues.address],
    subqueues: queue.subqueues?.names ?? [],
    endOfData: endOfDataOf(queue, session)
  }
}

const typeOf = (formatName: string): string => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name === undefined || name._tag === "Public") return "PUBLIC"
  if ("systemQueue" in name) return "MACHINE"
  if (name._tag === "Multicast") return "MULTICAST"
  return name._tag === "Private" || (name._tag === "Direct" && name.isPrivate) ? "PRIVATE" : "PUBLIC"
}

const sessionOf = (machine: Machine, { formatName, outgoing }: Queue): Session | undefined => {
  const target = outgoing ? machine.network.target(formatName) : undefined
  return target === undefined || "multicastAddress" in target ? undefined : machine.network.session(machine, target)
}

/** Behaviour C-53. */
const stateOf = (machine: Machine, { family, outgoing }: Queue, session: Session | undefined): string => {
  if (!outgoing) return "LOCAL CONNECTION"
  if (family.paused) return "ONHOLD"
  if (!machine.connected) return "DISCONNECTED"
  return session?.isOpen === true ? "CONNECTED" : "WAITING"
}

/** What is under way to another machine: not there yet, or there and not received. */
const endOfDataOf = (queue: Queue, session: Session | undefined): QueueManagementProperties["endOfData"] => ({
  lastAcknowledged: null,
  lastAcknowledgedTime: null,
  lastAcknowledgedCount: null,
  firstUnacknowledged: null,
  lastUnacknowledged: null,
  next: null,
  unreadCount: session === undefined ? null : queue.locked,
  unacknowledgedCount: session === undefined ? null : queue.length - queue.locked,
  resendTime: session === undefined || session.attempts === 0 ? null : Math.floor(session.nextAttempt / 1000),
  resendInterval: session === undefined || session.attempts === 0 ? null : session.pause,
  resendCount: session?.attempts ?? null
})

const actions: Record<QueueAction, (queue: Queue, session: Session | undefined) => void> = {
  PAUSE: (queue) => {
    queue.family.paused = true
  },
  RESUME: (queue) => {
    queue.family.paused = false
  },
  EOD_RESEND: (_, session) => session?.retryNow()
}

/** What there is to do with a queue concerns its sending, so that it must be an outgoing one. */
export const queueAction = (
  machine: Machine,
  computer: string | null,
  formatName: string,
  action: QueueAction,
  now: number
): true | ErrorCodeName => {
  const there = machine.asked(computer)
  if (typeof there === "string") return there
  const queue = managed(there, formatName)
  if (typeof queue === "string") return queue
  if (!queue.outgoing) return "MQ_ERROR_ILLEGAL_OPERATION"
  actions[action](queue, sessionOf(there, queue))
  there.network.flow(now)
  return true
}
