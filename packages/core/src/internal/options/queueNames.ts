import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import * as PathName from "../../PathName.ts"
import { guarded } from "./Rule.ts"

type Name = FormatName.FormatName | PathName.PathName

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const isTagged = (value: unknown): value is Name => isRecord(value) && typeof value["_tag"] === "string"

/** Returns `true` where a value has everything that another one has, letter case aside. */
const has = (value: unknown, part: unknown): boolean =>
  isRecord(part)
    ? isRecord(value) && Object.entries(part).every(([key, each]) => has(value[key], each))
    : typeof part === "string"
      ? typeof value === "string" && value.toLowerCase() === part.toLowerCase()
      : value === part

/** Returns `true` for a name that its own text is read as. A name that lacks a field is read as another one, or as none. */
const isName = (value: unknown): value is Name => {
  if (!isTagged(value)) return false
  try {
    const printed = PathName.isPathName(value) ? PathName.format(value) : FormatName.format(value)
    const read = FormatName.fromString(printed)
    return Result.isSuccess(read) && has(value, read.success)
  } catch {
    return false
  }
}

export const queueName = guarded(
  "a queue's name: a path name or format name, as a string or as PathName or FormatName make it",
  (value): value is Name | string => typeof value === "string" || isName(value)
)

export const pathName = guarded(
  "a path name, as a string or as PathName makes it",
  (value): value is PathName.PathName | string =>
    typeof value === "string" || (isName(value) && PathName.isPathName(value))
)
