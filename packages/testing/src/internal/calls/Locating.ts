import type { LocateHandle } from "@effect-msmq/core/Mqrt"
import type { LocatedQueueProperties, LocateRestriction, QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { isGuid } from "@effect-msmq/core/mqrt/Guid"
import type { Machine, Search } from "../machine/Machine.ts"

/** Tests of the values that each property can be compared with. */
const values: Record<LocateRestriction["property"], (value: string | number) => boolean> = {
  label: (value) => typeof value === "string",
  type: (value) => typeof value === "string" && isGuid(value),
  instance: (value) => typeof value === "string" && isGuid(value),
  multicastAddress: (value) => typeof value === "string",
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

/** Returns a value as the directory compares it: without regard to letter case. */
const comparable = (value: string | number): string | number =>
  typeof value === "string" ? value.toLowerCase() : value

const order = (one: string | number, other: string | number): number => (one < other ? -1 : one > other ? 1 : 0)

const satisfies = (queue: QueueProperties, { property, relation, value }: LocateRestriction): boolean => {
  const own = queue[property]
  // What is absent has no order.
  return own === null ? relation === "notEqual" : relations[relation](order(comparable(own), comparable(value)))
}

const toLocated = (queue: QueueProperties): ReadonlyArray<LocatedQueueProperties> => {
  const { createTime, instance, label, modifyTime, pathName, transactional, type } = queue
  return instance === null ? [] : [{ instance, pathName, label, type, createTime, modifyTime, transactional }]
}

/** Begins a search for public queues in the directory (behaviour C-49). */
export const begin = (machine: Machine, restrictions: ReadonlyArray<LocateRestriction>): Fallible<LocateHandle> => {
  if (!restrictions.every(({ property, value }) => values[property](value))) {
    return Result.fail("MQ_ERROR_ILLEGAL_PROPERTY_VALUE")
  }
  return Result.map(machine.askDirectory("MQ_ERROR_NO_DS"), (directory) => {
    const found = directory
      .queues(machine.id)
      .filter((queue) => restrictions.every((restriction) => satisfies(queue, restriction)))
    return machine.searches.open(found.flatMap(toLocated))
  })
}

/** Returns the next queues of a search; none at its end. */
export const next = (machine: Machine, handle: LocateHandle, count: number): Fallible<Search> => {
  const search = machine.searches.get(handle)
  if (search === undefined) return Result.fail("MQ_ERROR_INVALID_HANDLE")
  return Result.flatMap(machine.askDirectory("MQ_ERROR_NO_DS"), () =>
    count < 1 ? Result.fail("MQ_ERROR_RESULT_BUFFER_TOO_SMALL") : Result.succeed(search.splice(0, count))
  )
}

/** Returns the format name of the queue at a path in the directory. */
export const fromAdsPath = (machine: Machine, adsPath: string): Fallible<string> =>
  Result.flatMap(machine.askDirectory("MQ_ERROR_NO_DS"), (directory): Fallible<string> => {
    const wanted = adsPath.toLowerCase()
    if (!wanted.startsWith("ldap://cn=")) return Result.fail("MQ_ERROR_ILLEGAL_QUEUE_PATHNAME")
    const queue = directory.queues(machine.id).find((queue) => queue.adsPath?.toLowerCase() === wanted)
    return queue === undefined ? Result.fail("MQ_ERROR_QUEUE_NOT_FOUND") : Result.succeed(`PUBLIC=${queue.instance}`)
  })
