import * as FormatName from "@effect-msmq/core/FormatName"
import * as PathName from "@effect-msmq/core/PathName"
import * as Result from "effect/Result"
import type { Guid } from "@effect-msmq/core/mqrt/Guid"

/** Format name of one queue of one machine. */
export type OfMachine =
  | FormatName.Private
  | FormatName.Public
  | FormatName.Direct
  | FormatName.Machine
  | FormatName.DirectSystem

/** Tells whether a name means one queue of one machine. Lists are resolved before, and connectors are not simulated. */
export const isOfMachine = (name: FormatName.FormatName): name is OfMachine =>
  "computerGuid" in name || name._tag === "Public" || name._tag === "Direct" || name._tag === "DirectSystem"

/** Latest format names that were read: those of the messages in a row are few. */
const known = new Map<string, FormatName.FormatName | undefined>()

/** Largest number of names that are known. */
const limit = 100

/** Reads a format name; `undefined` for any other text. */
export const readFormatName = (text: string): FormatName.FormatName | undefined => {
  const name = known.get(text)
  if (name !== undefined || known.has(text)) return name
  if (known.size === limit) known.clear()
  const read = Result.getOrUndefined(FormatName.parse(text))
  known.set(text, read)
  return read
}

/** Reads the path name of a queue; `undefined` for that of a system queue, and for any other text. */
export const queuePath = (pathName: string): PathName.QueuePath | undefined => {
  const name = Result.getOrUndefined(PathName.parse(pathName))
  return name?._tag === "QueuePath" ? name : undefined
}

/** Returns the key of a queue among those of its machine, from a name that contains the queue's name. */
export const keyOf = ({ isPrivate, queue }: { readonly isPrivate: boolean; readonly queue: string }): string =>
  `${isPrivate ? "private$\\" : ""}${queue.toLowerCase()}`

/** Returns the id of a queue among those of its machine, from a name that contains a GUID. */
export const idOf = (name: FormatName.Private | FormatName.Public): number | Guid =>
  name._tag === "Private" ? name.queueNumber : name.queueGuid.toLowerCase()

/** Tells whether a name stands for a journal, a subqueue or a system queue. */
export const isPart = (name: FormatName.FormatName): boolean =>
  "systemQueue" in name || ("journal" in name && name.journal) || ("subqueue" in name && name.subqueue !== null)
