import type { MqrtFailure, SecurityParts } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties, QueueChanges, QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { QueueRight } from "@effect-msmq/core/QueueSecurity"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { failure } from "../facts/Failure.ts"
import type { Steps } from "../facts/Steps.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Queue } from "../queue/Queue.ts"
import * as queueRules from "../queue/queueRules.ts"
import * as Permission from "../security/Permission.ts"
import * as SecurityDescriptors from "../security/SecurityDescriptor.ts"
import { tokenOf } from "../security/Token.ts"

const creating = "MQCreateQueue"
const changing = "MQSetQueueProperties"

/** Creates a queue and returns its format name; `now` in milliseconds since 1970. */
export const create = (
  machine: Machine,
  properties: NewQueueProperties,
  security: Uint8Array | null,
  now: number
): Result.Result<string, MqrtFailure> => {
  const refused = queueRules.refusal(creating, properties)
  if (refused !== undefined) return Result.fail(refused)
  const { administrators, user } = machine.security
  const descriptor =
    security === null ? SecurityDescriptors.standard(user) : SecurityDescriptors.complete(security, user)
  if (descriptor === undefined) return Result.fail(failure(creating, "MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR"))
  if (!Permission.mayCreate(machine.queueCreators, tokenOf(user, administrators))) {
    return Result.fail(failure(creating, "MQ_ERROR_ACCESS_DENIED"))
  }
  return Result.mapBoth(machine.queues.create(properties, descriptor, now), {
    onFailure: (code) => failure(creating, code),
    onSuccess: ({ formatName }) => formatName
  })
}

/** Finds a queue on which the user has a right. */
const findPermitted = (machine: Machine, formatName: string, right: QueueRight): Fallible<Queue> =>
  Result.flatMap(machine.queues.findWhole(formatName), (queue) => {
    const refused = Permission.refusal(queue.tree, machine.security.user, right)
    return refused === undefined ? Result.succeed(queue) : Result.fail(refused)
  })

/** Deletes a queue; `now` in milliseconds since 1970. */
export const remove = function* (machine: Machine, formatName: string, now: number): Steps<Fallible<void>> {
  const found = machine.queues.findDeletable(formatName)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const refused = Permission.refusal(found.success.tree, machine.security.user, "deleteQueue")
  if (refused !== undefined) return Result.fail(refused)
  yield* machine.queues.delete(found.success, now)
  return Result.void
}

/** Returns the properties of a queue. */
export const properties = (machine: Machine, formatName: string): Fallible<QueueProperties> =>
  Result.map(findPermitted(machine, formatName, "getQueueProperties"), (queue) => ({ ...queue.properties }))

/** Changes properties of a queue; `now` in milliseconds since 1970. */
export const change = (
  machine: Machine,
  formatName: string,
  changes: QueueChanges,
  now: number
): Result.Result<void, MqrtFailure> => {
  const found = findPermitted(machine, formatName, "setQueueProperties")
  if (Result.isFailure(found)) return Result.fail(failure(changing, found.failure))
  const queue = found.success
  const properties = queueRules.change(queue.properties, changes, now)
  const refused = queueRules.refusal(changing, properties)
  if (refused !== undefined) return Result.fail(refused)
  queue.tree.properties = properties
  return Result.void
}

/** Returns parts of the security descriptor of a queue. */
export const security = (machine: Machine, formatName: string, parts: SecurityParts): Fallible<Uint8Array> =>
  Result.flatMap(machine.queues.findWhole(formatName), ({ tree }) => {
    const refused = Permission.readingRefusal(tree, machine.security.user, parts)
    return refused === undefined
      ? Result.succeed(SecurityDescriptors.write(tree.security, parts))
      : Result.fail(refused)
  })

/** Changes parts of the security descriptor of a queue; `bytes`: `null` for those of a new queue of its owner. */
export const changeSecurity = (
  machine: Machine,
  formatName: string,
  parts: SecurityParts,
  bytes: Uint8Array | null
): Fallible<void> =>
  Result.flatMap(machine.queues.findWhole(formatName), (queue): Fallible<void> => {
    const owner = parts.owner ? machine.security.user : (queue.tree.security.owner ?? null)
    const change = bytes === null ? SecurityDescriptors.standard(owner) : SecurityDescriptors.read(bytes)
    if (change === undefined) return Result.fail("MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR")
    const refused = Permission.changingRefusal(queue.tree, machine.security.user, parts)
    if (refused !== undefined) return Result.fail(refused)
    queue.setSecurity(SecurityDescriptors.merge(queue.tree.security, change, parts))
    return Result.void
  })
