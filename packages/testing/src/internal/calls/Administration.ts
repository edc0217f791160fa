import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, SecurityParts } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties, QueueChanges, QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import { failure } from "../facts/Failure.ts"
import type { QueueRight } from "@effect-msmq/core/QueueSecurity"
import type { Machine } from "../machine/Machine.ts"
import * as Permission from "../security/Permission.ts"
import type { Queue } from "../queue/Queue.ts"
import * as queueRules from "../queue/queueRules.ts"
import * as SecurityDescriptors from "../security/SecurityDescriptor.ts"

/** Creates a queue, and says its format name; `now` in milliseconds since 1970. */
export const create = (
  machine: Machine,
  properties: NewQueueProperties,
  security: Uint8Array | null,
  now: number
): { readonly formatName: string } | MqrtFailure => {
  const creating = "MQCreateQueue"
  const refused = queueRules.refusal(creating, properties)
  if (refused !== undefined) return refused
  const { user } = machine.security
  const descriptor =
    security === null ? SecurityDescriptors.standard(user) : SecurityDescriptors.completed(security, user)
  if (descriptor === undefined) return failure(creating, "MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR")
  if (!Permission.mayCreate(machine)) return failure(creating, "MQ_ERROR_ACCESS_DENIED")
  const queue = machine.queues.create(properties, descriptor, now)
  return typeof queue === "string" ? failure(creating, queue) : queue
}

/** A queue with which the user may do something. */
const permitted = (machine: Machine, formatName: string, right: QueueRight): Queue | ErrorCodeName => {
  const queue = machine.queues.findWhole(formatName)
  return typeof queue === "string" ? queue : (Permission.refusal(queue, machine.security.user, right) ?? queue)
}

/** Deletes a queue; `now` in milliseconds since 1970. */
export const remove = (machine: Machine, formatName: string, now: number): Queue | ErrorCodeName => {
  const queue = machine.queues.findDeletable(formatName)
  if (typeof queue === "string") return queue
  const refused = Permission.refusal(queue, machine.security.user, "deleteQueue")
  if (refused === undefined) machine.queues.delete(queue, now)
  return refused ?? queue
}

export const properties = (machine: Machine, formatName: string): QueueProperties | ErrorCodeName => {
  const queue = permitted(machine, formatName, "getQueueProperties")
  return typeof queue === "string" ? queue : { ...queue.properties }
}

/** Changes what can be changed of a queue; `now` in milliseconds since 1970. */
export const change = (
  machine: Machine,
  formatName: string,
  changes: QueueChanges,
  now: number
): undefined | MqrtFailure => {
  const changing = "MQSetQueueProperties"
  const queue = permitted(machine, formatName, "setQueueProperties")
  if (typeof queue === "string") return failure(changing, queue)
  const properties = queueRules.changed(queue.properties, changes, now)
  const refused = queueRules.refusal(changing, properties)
  if (refused === undefined) queue.family.properties = properties
  return refused
}

export const security = (machine: Machine, formatName: string, parts: SecurityParts): Uint8Array | ErrorCodeName => {
  const queue = machine.queues.findWhole(formatName)
  if (typeof queue === "string") return queue
  const refused = Permission.readingRefusal(queue, machine.security.user, parts)
  return refused ?? SecurityDescriptors.write(queue.family.security, parts)
}

export const changeSecurity = (
  machine: Machine,
  formatName: string,
  parts: SecurityParts,
  bytes: Uint8Array
): true | ErrorCodeName => {
  const queue = machine.queues.findWhole(formatName)
  if (typeof queue === "string") return queue
  const change = SecurityDescriptors.read(bytes)
  if (change === undefined) return "MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR"
  const refused = Permission.changingRefusal(queue, machine.security.user, parts)
  if (refused !== undefined) return refused
  Permission.secure(queue, SecurityDescriptors.changed(queue.family.security, change, parts))
  return true
}
