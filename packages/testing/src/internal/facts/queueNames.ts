import type * as FormatName from "@effect-msmq/core/FormatName"
import * as PathName from "@effect-msmq/core/PathName"
import * as Result from "effect/Result"
import type { Guid } from "./Guid.ts"

/** The names of one queue of one machine. */
export type OfMachine =
  | FormatName.Private
  | FormatName.Public
  | FormatName.Direct
  | FormatName.Machine
  | FormatName.DirectSystem

/** Whether a name means one queue of one machine; lists are resolved before, and connectors not simulated. */
export const isOfMachine = (name: FormatName.FormatName): name is OfMachine =>
  "computerGuid" in name || name._tag === "Public" || name._tag === "Direct" || name._tag === "DirectSystem"

/** A path name of a queue, not of a system queue. */
export const queuePath = (pathName: string): PathName.QueuePath | undefined => {
  const name = Result.getOrUndefined(PathName.parse(pathName))
  return name?._tag === "QueuePath" ? name : undefined
}

/** What tells a queue from the others of its machine in a name with its own name. */
export const keyOf = ({ isPrivate, queue }: { readonly isPrivate: boolean; readonly queue: string }): string =>
  `${isPrivate ? "private$\\" : ""}${queue.toLowerCase()}`

/** What tells it from them in a name with a GUID. */
export const idOf = (name: FormatName.Private | FormatName.Public): number | Guid =>
  name._tag === "Private" ? name.queueNumber : name.queueGuid.toLowerCase()

/** Whether a name stands for a part of a queue, its journal or a subqueue, or of the machine: a system queue. */
export const isPart = (name: FormatName.FormatName): boolean =>
  "systemQueue" in name || ("journal" in name && name.journal) || ("subqueue" in name && name.subqueue !== null)
