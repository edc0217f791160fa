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
import type { QueueName } from "./pathNameKinds.ts"

export type { QueueName } from "./pathNameKinds.ts"

/** Returns the name of a queue for errors. */
export const nameOf = (queue: QueueName): string => (typeof queue === "string" ? describeText(queue) : textOf(queue))

/** Returns the text of a name, which may be illegal. */
export const textOf = (queue: QueueName): string =>
  typeof queue === "string"
    ? queue
    : Result.getOrElse(
        Result.try(() => (PathName.isPathName(queue) ? PathName.format(queue) : FormatName.format(queue))),
        () => describeValue(queue)
      )

/** Reads the name of a queue. Fails for any value that is none. */
export const readQueueName = (
  operation: Operation,
  queue: QueueName
): Effect.Effect<FormatName.FormatName | PathName.PathName, MsmqError> =>
  Effect.flatMap(argument({ operation }, "queue", queueName, queue), (name) =>
    operation.fromResult(FormatName.fromString(textOf(name)))
  )

/** Returns the path name of a queue in its usual form. */
export const pathNameOf = (operation: Operation, queue: PathName.PathName | string): Effect.Effect<string, MsmqError> =>
  argument({ operation }, "queue", pathName, queue).pipe(
    Effect.flatMap((name) => operation.fromResult(PathName.parse(textOf(name)))),
    Effect.map(PathName.format)
  )

/** Returns the format name to open a queue by (behaviours B-06, B-07). */
export const formatNameOf = (operation: Operation, queue: QueueName): Effect.Effect<string, MsmqError, Mqrt> =>
  Effect.flatMap(readQueueName(operation, queue), (name) =>
    !PathName.isPathName(name)
      ? Effect.succeed(nameOf(queue))
      : isDirect(name)
        ? Effect.succeed(FormatName.format(FormatName.fromPathName(name)))
        : translate(operation, PathName.format(name))
  )

/** Returns the format name by which Message Queuing knows a queue, of a path name or of a format name. */
export const registeredNameOf = (operation: Operation, queue: QueueName): Effect.Effect<string, MsmqError, Mqrt> =>
  Effect.flatMap(readQueueName(operation, queue), (name) =>
    PathName.isPathName(name) ? translate(operation, PathName.format(name)) : Effect.succeed(nameOf(queue))
  )

/**
 * Returns `true` for a private queue of another machine and for a system queue, which no function translates, and for a subqueue, whose
 * queue manager may name it by GUID, as the published grammar does not allow.
 */
const isDirect = (name: PathName.PathName): boolean =>
  name._tag === "SystemQueuePath" || name.subqueue !== null || (name.isPrivate && !PathName.isLocal(name))

/** Asks Message Queuing for the format name of a path name. */
const translate = (operation: Operation, pathName: string): Effect.Effect<string, MsmqError, Mqrt> =>
  Mqrt.use((mqrt) => Effect.mapError(mqrt.pathNameToFormatName(pathName), operation.lift({ queue: pathName })))
