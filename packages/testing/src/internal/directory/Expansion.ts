import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import * as Result from "effect/Result"
import type { Machine } from "../machine/Machine.ts"

/**
 * The names of the queues that a name to send to stands for. Distribution lists are resolved, those in lists too, and no
 * queue is in it twice (behaviours B-19, B-20).
 */
export const expand = (machine: Machine, formatName: string): ReadonlyArray<string> | ErrorCodeName => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name?._tag !== "Multiple" && name?._tag !== "DistributionList") return [formatName]
  const elements = name._tag === "Multiple" ? [...name.elements] : [name]
  const names = new Map<string, string>()
  const lists = new Set<string>()
  // It grows by what the lists in it hold.
  for (const element of elements) {
    if (element._tag !== "DistributionList") {
      const text = FormatName.format(element)
      names.set(text.toLowerCase(), text)
      continue
    }
    const guid = element.listGuid.toLowerCase()
    if (lists.has(guid)) continue
    lists.add(guid)
    const directory = machine.ask("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
    if (typeof directory === "string") return directory
    const members = directory.list(guid)
    if (members === undefined) return "MQ_ERROR_QUEUE_NOT_FOUND"
    elements.push(...members)
  }
  return names.size === 0
    ? "MQ_ERROR_QUEUE_NOT_FOUND"
    : [...names].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text)
}
