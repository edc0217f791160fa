import type { QueueAction, QueueManagementProperties } from "@effect-msmq/core/mqrt/ManagementProperties"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { isPart, readFormatName } from "../facts/queueNames.ts"
import type { Steps } from "../facts/Steps.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Session } from "../network/Session.ts"
import type { Queue } from "../queue/Queue.ts"

/** Tells whether a queue is active: it is open or holds a message, in a subqueue too. */
export const isActive = (queue: Queue): boolean =>
  queue.handles > 0 || queue.length > 0 || (queue.subqueues !== null && queue.subqueues.all.length > 0)

/** Removes from a queue and its subqueues the messages whose time is over, as they must not be counted. */
export const sweep = function* (queue: Queue, now: number): Steps {
  yield* queue.sweep(now)
  for (const subqueue of queue.subqueues?.all ?? []) yield* subqueue.sweep(now)
}

/** Finds the local, outgoing or system queue that a name stands for. */
const findManaged = (machine: Machine, formatName: string): Fallible<Queue> => {
  const outgoing = machine.queues.findOutgoing(formatName)
  if (outgoing !== undefined) return Result.succeed(outgoing)
  const name = readFormatName(formatName)
  const isSystem = name !== undefined && "systemQueue" in name
  // A question about a subqueue must not create it.
  if (name !== undefined && !isSystem && isPart(name)) return Result.fail("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
  return Result.flatMap(machine.queues.find(formatName, isSystem ? "receive" : "send"), (queue) =>
    queue === undefined ? Result.fail("MQ_ERROR") : Result.succeed(queue)
  )
}

/** Returns the state of a queue on a computer; a queue that is not active has none. */
export const queueInfo = function* (
  machine: Machine,
  computer: string | null,
  formatName: string,
  now: number
): Steps<Fallible<QueueManagementProperties>> {
  const there = machine.reach(computer)
  if (Result.isFailure(there)) return Result.fail(there.failure)
  const found = findManaged(there.success, formatName)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const queue = found.success
  yield* sweep(queue, now)
  return isActive(queue) || queue.tree.holdsCopies
    ? Result.succeed(infoOf(there.success, queue))
    : Result.fail("MQ_ERROR")
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
    journalMessageCount: queue.journal?.length ?? 0,
    bytesInJournal: queue.journal?.bytes ?? 0,
    state: stateOf(machine, queue, session),
    nextHops: session === undefined ? [] : [session.to.queues.address],
    subqueues: queue.subqueues?.names ?? [],
    sources: queue.outgoing
      ? []
      : machine.duplicates.sources.filter(({ formatName }) => leadsTo(machine, queue, formatName)),
    endOfData: endOfDataOf(queue, session)
  }
}

/** Tells whether the name that a message was sent to is one of a queue. */
const leadsTo = (machine: Machine, queue: Queue, formatName: string): boolean =>
  Result.getOrUndefined(machine.queues.find(formatName, "send")) === queue

const typeOf = (formatName: string): string => {
  const name = readFormatName(formatName)
  if (name === undefined || name._tag === "Public") return "PUBLIC"
  if ("systemQueue" in name) return "MACHINE"
  if (name._tag === "Multicast") return "MULTICAST"
  return name._tag === "Private" || (name._tag === "Direct" && name.isPrivate) ? "PRIVATE" : "PUBLIC"
}

const sessionOf = (machine: Machine, { formatName, outgoing }: Queue): Session<Machine> | undefined => {
  const target = outgoing ? machine.network.target(formatName) : undefined
  return target === undefined || "multicastAddress" in target ? undefined : machine.network.session(machine, target)
}

/** Returns the state of a queue's connection (behaviour C-53). */
const stateOf = (machine: Machine, { outgoing, tree }: Queue, session: Session<Machine> | undefined): string => {
  if (!outgoing) return "LOCAL CONNECTION"
  if (tree.paused) return "ONHOLD"
  if (!machine.connected) return "DISCONNECTED"
  return session?.isOpen === true ? "CONNECTED" : "WAITING"
}

/** Returns the state of the messages that are under way to another machine: not there yet, or there and not received. */
const endOfDataOf = (queue: Queue, session: Session<Machine> | undefined): QueueManagementProperties["endOfData"] => ({
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

const actions: Record<QueueAction, (queue: Queue, session: Session<Machine> | undefined) => void> = {
  PAUSE: (queue) => {
    queue.tree.paused = true
  },
  RESUME: (queue) => {
    queue.tree.paused = false
  },
  EOD_RESEND: (_, session) => session?.retryNow()
}

/** Runs an action on an outgoing queue: all actions concern its sending. */
export const queueAction = function* (
  machine: Machine,
  computer: string | null,
  formatName: string,
  action: QueueAction,
  now: number
): Steps<Fallible<void>> {
  const there = machine.reach(computer)
  if (Result.isFailure(there)) return Result.fail(there.failure)
  const found = findManaged(there.success, formatName)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const queue = found.success
  if (!queue.outgoing) return Result.fail("MQ_ERROR_ILLEGAL_OPERATION")
  actions[action](queue, sessionOf(there.success, queue))
  yield* there.success.network.flow(now)
  return Result.void
}
