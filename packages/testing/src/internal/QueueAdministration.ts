import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, SecurityParts } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/QueueProperties"
import { failure } from "./Failure.ts"
import type { Machine } from "./Machine.ts"
import * as queueRules from "./queueRules.ts"
import * as SecurityDescriptors from "./SecurityDescriptor.ts"

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
  const descriptor =
    security === null ? SecurityDescriptors.standard(machine.security.user) : SecurityDescriptors.read(security)
  if (descriptor === undefined) return failure(creating, "MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR")
  const queue = machine.queues.create(properties, descriptor, now)
  return typeof queue === "string" ? failure(creating, queue) : queue
}

/** Changes what can be changed of a queue; `now` in milliseconds since 1970. */
export const change = (
  machine: Machine,
  formatName: string,
  changes: QueueChanges,
  now: number
): undefined | MqrtFailure => {
  const changing = "MQSetQueueProperties"
  const queue = machine.queues.findWhole(formatName)
  if (typeof queue === "string") return failure(changing, queue)
  const properties = queueRules.changed(queue.properties, changes, now)
  const refused = queueRules.refusal(changing, properties)
  if (refused === undefined) queue.family.properties = properties
  return refused
}

export const security = (machine: Machine, formatName: string, parts: SecurityParts): Uint8Array | ErrorCodeName => {
  const queue = machine.queues.findWhole(formatName)
  return typeof queue === "string" ? queue : SecurityDescriptors.write(queue.family.security, parts)
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
  queue.family.security = SecurityDescriptors.changed(queue.family.security, change, parts)
  return true
}
