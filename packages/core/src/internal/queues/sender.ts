/** Opening of senders, which the functions that send to a queue share. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { Sender } from "../../Sender.ts"
import type { MessageBody } from "../bodies/Codec.ts"
import type { Defaults } from "../messages/senderDefaults.ts"
import type { QueueKind } from "../messages/SendOptions.ts"
import type { QueueName } from "../names/queueName.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { openQueueOfKind } from "./opening.ts"

/**
 * Kind of the queue in the type of a sender, by the option `transactional`.
 *
 * @category models
 * @since 0.1.0
 */
export type KindOf<Transactional> = [Transactional] extends [true]
  ? "transactional"
  : [Transactional] extends [false]
    ? "plain"
    : "unknown"

/** Queue that is open for sending, which senders with different codecs may share. */
type OpenToSend = Effect.Success<ReturnType<typeof openQueueOfKind>>

/** Opens a queue for sending, until the scope closes. `transactional`: kind of the queue, where the program gives it. */
export const openToSend = (
  operation: Operation,
  queue: QueueName,
  transactional: boolean | undefined
): Effect.Effect<OpenToSend, MsmqError, Mqrt | Scope.Scope> =>
  openQueueOfKind(queue, operation, "send", "denyNone", transactional)

/** Makes a sender on an open queue. `queue`: the name that the program uses. */
export const senderOn = <Body, Kind extends QueueKind>(
  { formatName, handle, kind, mqrt }: OpenToSend,
  queue: string,
  codec: MessageBody<Body> | undefined,
  defaults: Defaults | undefined
): Sender<Body, Kind> => {
  const state = {
    mqrt,
    handle,
    queue,
    get transactional() {
      return kind.transactional
    },
    codec,
    defaults
  }
  return Sender.make<Body, Kind>(state, formatName)
}
