import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { LocateHandle } from "@effect-msmq/core/Mqrt"
import type { LocatedQueueProperties, LocateRestriction, QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { Machine } from "../machine/Machine.ts"
import { isGuid } from "../machine/Guid.ts"

/** What a search found when it began, and has not handed out yet. */
export type Search = Array<LocatedQueueProperties>

/** What each property can be compared with. */
const values: Record<LocateRestriction["property"], (value: string | number) => boolean> = {
  label: (value) => typeof value === "string",
  type: (value) => typeof value === "string" && isGuid(value),
  createTime: (value) => typeof value === "number",
  modifyTime: (value) => typeof value === "number"
}

const relations: Record<LocateRestriction["relation"], (order: number) => boolean> = {
  less: (order) => order < 0,
  lessOrEqual: (order) => order <= 0,
  greater: (order) => order > 0,
  greaterOrEqual: (order) => order >= 0,
  equal: (order) => order === 0,
  notEqual: (order) => order !== 0
}

/** The directory does not regard letter case. */
const comparable = (value: string | number): string | number =>
  typeof value === "string" ? value.toLowerCase() : value

const order = (one: string | number, other: string | number): number => (one < other ? -1 : one > other ? 1 : 0)

const holds = (queue: QueueProperties, { property, relation, value }: LocateRestriction): boolean =>
  relations[relation](order(comparable(queue[property]), comparable(value)))

const located = (queue: QueueProperties): ReadonlyArray<LocatedQueueProperties> => {
  const { createTime, instance, label, modifyTime, pathName, transactional, type } = queue
  return instance === null ? [] : [{ instance, pathName, label, type, createTime, modifyTime, transactional }]
}

/** Looks for public queues in the directory (behaviour C-49). */
export const begin = (
  machine: Machine,
  restrictions: ReadonlyArray<LocateRestriction>
): LocateHandle | ErrorCodeName => {
  if (!restrictions.every(({ property, value }) => values[property](value))) return "MQ_ERROR_ILLEGAL_PROPERTY_VALUE"
  const directory = machine.ask("MQ_ERROR_NO_DS")
  if (typeof directory === "string") return directory
  const found = directory
    .queues(machine.id)
    .filter((queue) => restrictions.every((restriction) => holds(queue, restriction)))
  return machine.searches.open(found.flatMap(located))
}

/** The next ones that were found; none at the end. */
export const next = (machine: Machine, handle: LocateHandle, count: number): Search | ErrorCodeName => {
  const search = machine.searches.get(handle)
  if (search === undefined) return "MQ_ERROR_INVALID_HANDLE"
  const directory = machine.ask("MQ_ERROR_NO_DS")
  if (typeof directory === "string") return directory
  return count < 1 ? "MQ_ERROR_RESULT_BUFFER_TOO_SMALL" : search.splice(0, count)
}

/** The format name of what is at a path in the directory. */
export const fromAdsPath = (machine: Machine, adsPath: string): { readonly formatName: string } | ErrorCodeName => {
  const directory = machine.ask("MQ_ERROR_NO_DS")
  if (typeof directory === "string") return directory
  const wanted = adsPath.toLowerCase()
  if (!wanted.startsWith("ldap://cn=")) return "MQ_ERROR_ILLEGAL_QUEUE_PATHNAME"
  const queue = directory.queues(machine.id).find((queue) => queue.adsPath?.toLowerCase() === wanted)
  return queue === undefined ? "MQ_ERROR_QUEUE_NOT_FOUND" : { formatName: `PUBLIC=${queue.instance}` }
}
