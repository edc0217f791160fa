/** Grammar of path names: reads and prints them. */
import * as Result from "effect/Result"
import type { Direct, DirectSystem, Subqueue, WholeQueue } from "./formatNameKinds.ts"
import { computer, publicQueue, queue, subqueue, systemQueue } from "./nameParts.ts"
import type { Reader } from "./nameScanner.ts"
import type { Tagged } from "../Tagged.ts"
import type { PathName } from "./pathNameKinds.ts"

export const pathName: Reader<PathName> = (scanner) =>
  Result.gen(function* () {
    const onComputer = yield* computer(scanner)
    if (!scanner.accepts("\\")) {
      return yield* scanner.illegal(
        'a "\\" parts the computer from the queue, as in .\\private$\\orders; in a string literal, write each one twice'
      )
    }
    if (scanner.accepts("system$;")) {
      return { _tag: "SystemQueuePath", computer: onComputer, systemQueue: yield* systemQueue(scanner) }
    }
    const isPrivate = scanner.accepts("private$\\")
    return {
      _tag: "QueuePath",
      computer: onComputer,
      isPrivate,
      queue: yield* (isPrivate ? queue : publicQueue)(scanner),
      subqueue: scanner.accepts(";") ? yield* subqueue(scanner) : null
    }
  })

export const printPath = (name: PathName): string =>
  name._tag === "SystemQueuePath"
    ? `${name.computer}\\system$;${name.systemQueue.toUpperCase()}`
    : `${name.computer}\\${name.isPrivate ? "private$\\" : ""}${name.queue}${name.subqueue === null ? "" : `;${name.subqueue}`}`

export const isPath = (name: Tagged<string>): name is PathName =>
  name._tag === "QueuePath" || name._tag === "SystemQueuePath"

/** Returns the direct name of a queue, by the name of its computer. */
export const directOf = (name: PathName): Direct<WholeQueue | Subqueue> | DirectSystem =>
  name._tag === "SystemQueuePath"
    ? { _tag: "DirectSystem", protocol: "os", address: name.computer, systemQueue: name.systemQueue }
    : {
        _tag: "Direct",
        protocol: "os",
        address: name.computer,
        isPrivate: name.isPrivate,
        queue: name.queue,
        journal: false,
        subqueue: name.subqueue
      }
