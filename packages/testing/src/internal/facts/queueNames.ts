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

/** Latest format name that was read: messages in a row mostly have the same. */
let latest: { readonly text: string; readonly name: FormatName.FormatName | undefined } | undefined

/** Reads a format name; `undefined` for any other text. */
export const readFormatName = (text: string): FormatName.FormatName | undefined => {
  if (latest?.text !== text) latest = { text, name: Result.getOrUndefined(FormatName.parse(text)) }
  return latest.name
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
