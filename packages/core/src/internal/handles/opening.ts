import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import type { Access, MqrtFailure, QueueHandle, ShareMode } from "../../Mqrt.ts"
import { Mqrt } from "../../Mqrt.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import * as OwnedHandle from "./OwnedHandle.ts"
import type { QueueName } from "../names/queueName.ts"
import { formatNameOf, nameOf } from "../names/queueName.ts"
import { onQueue } from "../observing/telemetry.ts"

export const failed =
  (operation: string, queue: string) =>
  (failure: MqrtFailure): MsmqError =>
    new MsmqError({ operation, reason: reasonOf(failure), queue })

/** Opens a queue; the scope closes it. A handle that goes stale is taken anew by its next use, by the name given here. */
export const open = Effect.fnUntraced(function* (
  queue: QueueName,
  operation: string,
  access: Access,
  shareMode: ShareMode
) {
  const formatName = yield* formatNameOf(operation, queue)
  const mqrt = yield* Mqrt
  const taken = (name: string): Effect.Effect<QueueHandle, MsmqError> =>
    mqrt.openQueue(name, access, shareMode).pipe(Effect.mapError(failed(operation, nameOf(queue))))
  const handle = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
    kind: access === "send" ? "sender" : "receiver",
    name: `of ${nameOf(queue)}`,
    queue: nameOf(queue),
    acquire: taken(formatName),
    renew: Effect.flatMap(Effect.provideService(formatNameOf(operation, queue), Mqrt, mqrt), taken),
    release: mqrt.closeQueue
  })
  return { mqrt, handle, formatName }
}, onQueue)

/** Whether a queue takes part in transactions; `undefined` where that cannot be known. */
export const isTransactional = (mqrt: Mqrt["Service"], formatName: string): Effect.Effect<boolean | undefined> => {
  const name = Result.getOrUndefined(FormatName.parse(formatName, { alphabet: "any" }))
  if (name !== undefined && "systemQueue" in name) return Effect.succeed(name.systemQueue === "deadxact")
  // A part of a queue is of its kind (behaviour B-31).
  const whole = name?._tag === "Direct" ? FormatName.format({ ...name, journal: false, subqueue: null }) : formatName
  return mqrt.getQueueProperties(whole).pipe(
    Effect.map((properties) => properties.transactional),
    Effect.orElseSucceed(() => undefined)
  )
}
