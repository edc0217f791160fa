import * as FormatName from "@effect-msmq/core/FormatName"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { readFormatName } from "../facts/queueNames.ts"
import type { DirectoryClient, DistributionLists } from "./Directory.ts"

/**
 * Returns the names of the queues that a name to send to stands for. Distribution lists are resolved, those in lists too,
 * and no queue is in the result twice (behaviours B-19, B-20).
 */
export const expand = (
  client: DirectoryClient<DistributionLists>,
  formatName: string
): Fallible<ReadonlyArray<string>> => {
  const name = readFormatName(formatName)
  if (name?._tag !== "Multiple" && name?._tag !== "DistributionList") return Result.succeed([formatName])
  const elements = name._tag === "Multiple" ? [...name.elements] : [name]
  const names = new Map<string, string>()
  const lists = new Set<string>()
  // The array grows by the elements of the lists in it.
  for (const element of elements) {
    if (element._tag !== "DistributionList") {
      const text = FormatName.format(element)
      names.set(text.toLowerCase(), text)
      continue
    }
    const guid = element.listGuid.toLowerCase()
    if (lists.has(guid)) continue
    lists.add(guid)
    const directory = client.askDirectory("MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION")
    if (Result.isFailure(directory)) return Result.fail(directory.failure)
    const members = directory.success.list(guid)
    if (members === undefined) return Result.fail("MQ_ERROR_QUEUE_NOT_FOUND")
    elements.push(...members)
  }
  return names.size === 0
    ? Result.fail("MQ_ERROR_QUEUE_NOT_FOUND")
    : Result.succeed([...names].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text))
}
