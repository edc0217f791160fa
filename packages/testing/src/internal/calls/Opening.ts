import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { NameUse } from "@effect-msmq/core/FormatName"
import type { Access, QueueHandle, ShareMode } from "@effect-msmq/core/Mqrt"
import type { Sid } from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import { expand } from "../directory/Expansion.ts"
import type { Fallible } from "../facts/Failure.ts"
import type { Steps } from "../facts/Steps.ts"
import { allows } from "../machine/HandleUse.ts"
import type { Destination, Machine, OpenQueue } from "../machine/Machine.ts"
import type { Queue } from "../queue/Queue.ts"
import { mayOpen } from "../security/Permission.ts"

/** Use that a name must support, to be opened with each access. */
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

/** Finds the queue that a name stands for with an access, and the machine that has it. */
const target = (machine: Machine, formatName: string, access: Access): Fallible<Target> =>
  Result.flatMap(machine.queues.find(formatName, nameUses[access]), (queue): Fallible<Target> => {
    if (queue !== undefined) return Result.succeed({ machine, queue, formatName })
    return access === "send"
      ? Result.succeed({ machine, queue: machine.queues.outgoingTo(formatName), formatName })
      : remoteTarget(machine, formatName, access)
  })

/** Finds a queue of another machine, which is read there (behaviour C-29). */
const remoteTarget = (machine: Machine, formatName: string, access: Access): Fallible<Target> => {
  const there = machine.network.target(formatName)
  if (there === undefined || "multicastAddress" in there || !machine.network.reaches(machine, there)) {
    return Result.fail("MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE")
  }
  return Result.flatMap(there.queues.find(formatName, nameUses[access]), (queue) =>
    queue === undefined
      ? Result.fail("MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE")
      : Result.succeed({ machine: there, queue, formatName })
  )
}

/** Finds the outgoing queue that an administrator's access opens by the name of its destination (behaviour C-21). */
const adminTarget = (machine: Machine, formatName: string, access: Access): Fallible<Target> => {
  const queue = machine.queues.findOutgoing(formatName)
  if (queue !== undefined) return Result.succeed({ machine, queue, formatName })
  return Result.flatMap(machine.queues.find(formatName, nameUses[access]), () =>
    Result.fail("MQ_ERROR_QUEUE_NOT_FOUND")
  )
}

/** Finds all queues that a name stands for, or fails where one of them cannot be opened (behaviour B-18). */
const findTargets = (machine: Machine, formatName: string, access: Access): Fallible<ReadonlyArray<Target>> => {
  if (isAdmin(access)) return Result.map(adminTarget(machine, formatName, access), (found) => [found])
  // A list can be opened only for sending (behaviour B-16).
  if (access !== "send") return Result.map(target(machine, formatName, access), (found) => [found])
  return Result.flatMap(expand(machine, formatName), (names): Fallible<ReadonlyArray<Target>> => {
    const targets: Array<Target> = []
    for (const name of names) {
      const found = target(machine, name, access)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      targets.push(found.success)
    }
    return Result.succeed(targets)
  })
}

/** Opens a queue, or the queues of a list. */
export const open = (
  machine: Machine,
  formatName: string,
  access: Access,
  shareMode: ShareMode
): Fallible<QueueHandle> => {
  const exclusive = shareMode === "denyReceive"
  // Only a reader can keep others from reading (behaviour C-22).
  if (exclusive && !allows(access, "peek")) return Result.fail("MQ_ERROR_UNSUPPORTED_ACCESS_MODE")
  const targets = findTargets(machine, formatName, access)
  if (Result.isFailure(targets)) return Result.fail(targets.failure)
  const destinations = targets.success
  const [first] = destinations
  if (first === undefined) return Result.fail("MQ_ERROR_ILLEGAL_FORMATNAME")
  const { queue } = first
  if (!mayOpen(queue.tree, userAt(first.machine, machine), access)) {
    dropIfUnused(queue)
    return Result.fail("MQ_ERROR_ACCESS_DENIED")
  }
  const receives = allows(access, "receive")
  // A peeker conflicts with no other handle, unless it is exclusive (behaviours C-24, C-25, X-14).
  if ((receives || exclusive) && (queue.exclusive || (exclusive && queue.receivers > 0))) {
    return Result.fail("MQ_ERROR_SHARING_VIOLATION")
  }
  if (receives) queue.receivers++
  if (exclusive) queue.exclusive = true
  for (const destination of destinations) destination.queue.handles++
  return Result.succeed(
    machine.open.open({
      machine: first.machine,
      queue,
      destinations,
      // A handle on lists has the name of their queues (behaviour B-10).
      formatName: destinations.map((destination) => destination.formatName).join(","),
      access,
      exclusive,
      waiting: new Set(),
      served: new Set(),
      cursors: new Set(),
      stale: false
    })
  )
}

/** Returns the user of a machine as another machine sees it: in a workgroup they do not know each other's users (behaviour E-77). */
const userAt = (there: Machine, { network, security }: Machine): Sid | null =>
  network.directory === null && there.security !== security ? null : security.user

/** Drops a subqueue that was created for an open that is denied. */
const dropIfUnused = (queue: Queue): void => {
  queue.handles++
  queue.removeHandle()
}

/** Closes a queue handle. It closes a stale handle too, and works while the queue manager is stopped. */
export const close = function* (machine: Machine, handle: QueueHandle): Steps<Fallible<void>> {
  const opened = machine.open.close(handle)
  if (opened === undefined) return Result.fail("MQ_ERROR_INVALID_HANDLE")
  if (!opened.stale) yield* detach(opened, "MQ_ERROR_OPERATION_CANCELLED")
  return Result.void
}

/** Detaches a handle from its queue: its waits end with an error code, and its cursors are closed. */
export const detach = function* (opened: OpenQueue, code: ErrorCodeName): Steps {
  const { queue } = opened
  for (const waiter of opened.waiting) {
    waiter.fail(code)
    yield
  }
  for (const cursor of opened.cursors) cursor.close()
  if (allows(opened.access, "receive")) queue.receivers--
  if (opened.exclusive) queue.exclusive = false
  for (const destination of opened.destinations) destination.queue.removeHandle()
}
