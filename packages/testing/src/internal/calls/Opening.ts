import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { NameUse } from "@effect-msmq/core/FormatName"
import type { Access, QueueHandle, ShareMode } from "@effect-msmq/core/Mqrt"
import { expand } from "../directory/Expansion.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Destination, OpenQueue } from "../machine/OpenQueue.ts"
import { allows } from "../machine/OpenQueue.ts"
import type { Sid } from "@effect-msmq/core/Sid"
import { mayOpen } from "../security/Permission.ts"
import type { Queue } from "../queue/Queue.ts"

/** What a name must be good for, to be opened so. */
const nameUses: Record<Access, NameUse> = {
  send: "send",
  receive: "receive",
  peek: "receive",
  move: "move",
  receiveAdmin: "send",
  peekAdmin: "send"
}

const isAdmin = (access: Access): boolean => access === "receiveAdmin" || access === "peekAdmin"

interface Target extends Destination {
  readonly machine: Machine
}

/** The queue that a name stands for with an access, and the machine that has it. */
const target = (machine: Machine, formatName: string, access: Access): Target | ErrorCodeName => {
  const queue = machine.queues.find(formatName, nameUses[access])
  if (typeof queue === "string") return queue
  if (queue !== undefined) return { machine, queue, formatName }
  return access === "send"
    ? { machine, queue: machine.queues.outgoingTo(formatName), formatName }
    : remote(machine, formatName, access)
}

/** One that another machine has, which is read there (behaviour C-29). */
const remote = (machine: Machine, formatName: string, access: Access): Target | ErrorCodeName => {
  const there = machine.network.target(formatName)
  if (there === undefined || "multicastAddress" in there || !machine.network.reaches(machine, there)) {
    return "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"
  }
  const queue = there.queues.find(formatName, nameUses[access])
  if (typeof queue === "string") return queue
  return queue === undefined ? "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE" : { machine: there, queue, formatName }
}

/** All queues that a name stands for. One that cannot be opened leaves none open (behaviour B-18). */
const targets = (machine: Machine, formatName: string, access: Access): ReadonlyArray<Target> | ErrorCodeName => {
  // With it a name means the queue in which this machine keeps what goes elsewhere (behaviour C-21).
  if (isAdmin(access)) {
    const queue = machine.queues.findOutgoing(formatName)
    if (queue !== undefined) return [{ machine, queue, formatName }]
    const found = machine.queues.find(formatName, nameUses[access])
    return typeof found === "string" ? found : "MQ_ERROR_QUEUE_NOT_FOUND"
  }
  // Only to send can a list be opened (behaviour B-16).
  const names = access === "send" ? expand(machine, formatName) : [formatName]
  if (typeof names === "string") return names
  const found: Array<Target> = []
  for (const name of names) {
    const one = target(machine, name, access)
    if (typeof one === "string") return one
    found.push(one)
  }
  return found
}

export const open = (
  machine: Machine,
  formatName: string,
  access: Access,
  shareMode: ShareMode
): QueueHandle | ErrorCodeName => {
  const exclusive = shareMode === "denyReceive"
  // Only those who read can keep others from reading (behaviour C-22).
  if (exclusive && !allows(access, "peek")) return "MQ_ERROR_UNSUPPORTED_ACCESS_MODE"
  const destinations = targets(machine, formatName, access)
  if (typeof destinations === "string") return destinations
  const [first] = destinations
  if (first === undefined) return "MQ_ERROR_ILLEGAL_FORMATNAME"
  const { queue } = first
  if (!mayOpen(queue, userAt(first.machine, machine), access)) return turnedAway(queue)
  const receives = allows(access, "receive")
  // Who only peeks is in nobody's way, unless it wants to be (behaviours C-24, C-25, X-14).
  if ((receives || exclusive) && (queue.exclusive || (exclusive && queue.receivers > 0))) {
    return "MQ_ERROR_SHARING_VIOLATION"
  }
  if (receives) queue.receivers++
  if (exclusive) queue.exclusive = true
  for (const destination of destinations) destination.queue.handles++
  return machine.open.open({
    machine: first.machine,
    queue,
    destinations,
    // What became of lists is what it was opened by (behaviour B-10).
    formatName: destinations.map((destination) => destination.formatName).join(","),
    access,
    exclusive,
    waiting: new Set(),
    served: new Set(),
    cursors: new Set(),
    stale: false
  })
}

/** Who a machine's user is on another: in a workgroup they do not know each other's users (behaviour E-77). */
const userAt = (there: Machine, { network, security }: Machine): Sid | null =>
  network.directory === null && there.security !== security ? null : security.user

/** A subqueue that was made only to be opened is not there then. */
const turnedAway = (queue: Queue): ErrorCodeName => {
  queue.handles++
  queue.closed()
  return "MQ_ERROR_ACCESS_DENIED"
}

/** It closes a stale one too, and whether the queue manager runs or not: nothing is to be left open. */
export const close = (machine: Machine, handle: QueueHandle): OpenQueue | ErrorCodeName => {
  const opened = machine.open.close(handle)
  if (opened === undefined) return "MQ_ERROR_INVALID_HANDLE"
  if (!opened.stale) leave(opened, "MQ_ERROR_OPERATION_CANCELLED")
  return opened
}

/** Takes a handle off its queue, with what was going on through it. */
export const leave = (opened: OpenQueue, waitersTold: ErrorCodeName): void => {
  const { queue } = opened
  for (const waiter of opened.waiting) waiter.fail(waitersTold)
  for (const cursor of opened.cursors) cursor.close()
  if (allows(opened.access, "receive")) queue.receivers--
  if (opened.exclusive) queue.exclusive = false
  for (const destination of opened.destinations) destination.queue.closed()
}
