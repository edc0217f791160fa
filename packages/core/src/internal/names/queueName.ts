import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as PathName from "../../PathName.ts"
import { describeText, describeValue } from "../errors/describeValue.ts"
import { argument } from "../options/illegalOption.ts"
import { pathName, queueName } from "../options/queueNames.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** However a program may name a queue. */
export type QueueName = FormatName.FormatName | PathName.PathName | string

/** A queue as an error shows it. */
export const nameOf = (queue: QueueName): string => (typeof queue === "string" ? describeText(queue) : textOf(queue))

/** A name as a text, which may be none that is legal. */
const textOf = (queue: QueueName): string =>
  typeof queue === "string"
    ? queue
    : Result.getOrElse(
        Result.try(() => (PathName.isPathName(queue) ? PathName.format(queue) : FormatName.format(queue))),
        () => describeValue(queue)
      )

/** A queue's name, read; what is none is refused here, whatever it is. */
const read = (
  operation: Operation,
  queue: QueueName
): Effect.Effect<FormatName.FormatName | PathName.PathName, MsmqError> =>
  Effect.flatMap(argument({ operation }, "queue", queueName, queue), (name) =>
    operation.fromResult(FormatName.fromString(textOf(name)))
  )

export const pathNameOf = (operation: Operation, queue: PathName.PathName | string): Effect.Effect<string, MsmqError> =>
  argument({ operation }, "queue", pathName, queue).pipe(
    Effect.flatMap((name) => operation.fromResult(PathName.parse(textOf(name)))),
    Effect.map(PathName.format)
  )

/** The format name to open a queue by (behaviours B-06, B-07). */
export const formatNameOf = (operation: Operation, queue: QueueName): Effect.Effect<string, MsmqError, Mqrt> =>
  Effect.flatMap(read(operation, queue), (name) =>
    !PathName.isPathName(name)
      ? Effect.succeed(nameOf(queue))
      : isDirect(name)
        ? Effect.succeed(FormatName.format(FormatName.fromPathName(name)))
        : translated(operation, PathName.format(name))
  )

/** The format name that Message Queuing knows the queue of a path name by. */
export const registeredNameOf = (operation: Operation, queue: QueueName): Effect.Effect<string, MsmqError, Mqrt> =>
  Effect.flatMap(read(operation, queue), (name) =>
    PathName.isPathName(name) ? translated(operation, PathName.format(name)) : Effect.succeed(nameOf(queue))
  )

/** Nobody translates the private queues of other machines, nor system queues: they are named directly. */
const isDirect = (name: PathName.PathName): boolean =>
  name._tag === "SystemQueuePath" || (name.isPrivate && !PathName.isLocal(name))

const translated = (operation: Operation, pathName: string): Effect.Effect<string, MsmqError, Mqrt> =>
  Mqrt.use((mqrt) => Effect.mapError(mqrt.pathNameToFormatName(pathName), operation.lift({ queue: pathName })))
