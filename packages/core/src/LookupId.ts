/**
 * Lookup ids: the numbers by which a queue knows its messages, unique in it and growing in its order (behaviour D-27).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import type { Reader } from "./internal/messages/Reader.ts"
import { optional } from "./internal/messages/Reader.ts"
import { readArgument } from "./internal/options/illegalOption.ts"
import { lookupAction, lookupId as lookupIdRule } from "./internal/options/messageReferences.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { LookupAction } from "./mqrt/MessageProperties.ts"
import { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/operations.ts"

type Found<Body> = Effect.Effect<Option.Option<ReceivedMessage<Body>>, MsmqError>

/**
 * The messages of a queue by their lookup ids: see `byLookupId` of `Receiver`. Nothing here waits: where there is no such
 * message, the answer is `None` at once (behaviours E-38 to E-42). Messages in open transactions are passed over (E-44),
 * but for the one that is asked for itself: that fails with `MessageLockedUnderTransaction` (E-43).
 *
 * Receives take part in the transaction that the effect runs in; only in a local queue (E-45).
 *
 * @category models
 * @since 0.1.0
 */
export class MessagesByLookupId<Body = Uint8Array> extends Described {
  readonly #reader: Reader<Body>

  /** Use `byLookupId` of a receiver. */
  constructor(reader: Reader<Body>) {
    super()
    this.#reader = reader
  }

  /** @internal */
  get [facts](): Facts {
    const { handle, queue } = this.#reader.state
    return { kind: "MessagesByLookupId", queue, state: stateOf(handle) }
  }

  /** Looks at the message with an id. `MQ_LOOKUP_PEEK_CURRENT`. */
  peek(lookupId: bigint): Found<Body> {
    return this.find("peekCurrent", lookupId)
  }

  /** Looks at the first one behind the message with an id, which must be there. `MQ_LOOKUP_PEEK_NEXT`. */
  peekNext(lookupId: bigint): Found<Body> {
    return this.find("peekNext", lookupId)
  }

  /** Looks at the last one before the message with an id, which must be there. `MQ_LOOKUP_PEEK_PREV`. */
  peekPrevious(lookupId: bigint): Found<Body> {
    return this.find("peekPrevious", lookupId)
  }

  /** Looks at the first message. `MQ_LOOKUP_PEEK_FIRST`. */
  get peekFirst(): Found<Body> {
    return this.find("peekFirst", 0n)
  }

  /** Looks at the last message. `MQ_LOOKUP_PEEK_LAST`. */
  get peekLast(): Found<Body> {
    return this.find("peekLast", 0n)
  }

  /** Takes the message with an id. `MQ_LOOKUP_RECEIVE_CURRENT`. */
  receive(lookupId: bigint): Found<Body> {
    return this.find("receiveCurrent", lookupId)
  }

  /** Takes the first one behind the message with an id, which must be there. `MQ_LOOKUP_RECEIVE_NEXT`. */
  receiveNext(lookupId: bigint): Found<Body> {
    return this.find("receiveNext", lookupId)
  }

  /** Takes the last one before the message with an id, which must be there. `MQ_LOOKUP_RECEIVE_PREV`. */
  receivePrevious(lookupId: bigint): Found<Body> {
    return this.find("receivePrevious", lookupId)
  }

  /** Takes the first message. `MQ_LOOKUP_RECEIVE_FIRST`. */
  get receiveFirst(): Found<Body> {
    return this.find("receiveFirst", 0n)
  }

  /** Takes the last message. `MQ_LOOKUP_RECEIVE_LAST`. */
  get receiveLast(): Found<Body> {
    return this.find("receiveLast", 0n)
  }

  /** Takes the message with an id in a transaction, while others may still peek at it. `MQ_LOOKUP_RECEIVE_ALLOW_PEEK`. */
  receiveAllowPeek(lookupId: bigint): Found<Body> {
    return this.find("receiveAllowPeek", lookupId)
  }

  /** Does what an action of `MQReceiveMessageByLookupId` says. `lookupId`: 0 for the first and last ones (E-40). */
  find(action: LookupAction, lookupId: bigint): Found<Body> {
    const { queue } = this.#reader.state
    const known = readArgument({ operation: operations.Receiver.byLookupId, queue }, "action", lookupAction, action)
    if (known instanceof MsmqError) return Effect.fail(known)
    const operation = operations.lookups[known]
    const id = readArgument({ operation, queue }, "lookupId", lookupIdRule, lookupId)
    if (id instanceof MsmqError) return Effect.fail(id)
    return this.#reader.inOneGo(operation, optional(this.#reader.lookUp(operation, known, id), "MessageNotFound"))
  }
}
