import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ReceivedMessage } from "../../Message.ts"
import { MsmqError } from "../../MsmqError.ts"
import { openCursor } from "../receiving/openCursor.ts"
import type { Reader } from "../receiving/Reader.ts"
import { optional } from "../receiving/Reader.ts"
import type { Call } from "../options/illegalOption.ts"
import { keyOf } from "../options/handlers.ts"
import * as operations from "../telemetry/Operation.ts"
import type { ConsumedQueue, HeldMessage, NextMessage } from "./Delivery.ts"
import type { MessageReceiver } from "./ReceiveMode.ts"
import type { BackOff } from "./RetryPolicy.ts"

const operation = operations.Receiver.consume

/** Largest number of messages whose keys are remembered. */
const maximumRemembered = 10_000

/** Key of a message, or its lookup id where it has no key: then its body cannot be decoded, or the function for keys has failed. */
type Key = string | bigint

/** Result for a message whose body is in a store that does not give it. Its delivery tries again. */
const unknown: unique symbol = Symbol("unknown")

/** Function for the keys of messages, and the number of messages that are looked at for one that can be handled. */
export interface Keys<Body> {
  readonly keys: (message: ReceivedMessage<Body>) => unknown
  readonly lookAhead: number
}

/**
 * Receiver of a consumer that handles messages of one key in order, one at a time, and those of different keys side by side. It
 * looks at the messages from the first one on, and receives the first one of a key that none of its messages has at this moment.
 */
export class KeyedReceiver<Body> {
  readonly #reader: Reader<Body>
  readonly #queue: ConsumedQueue
  readonly #receiver: MessageReceiver
  readonly #keys: Keys<Body>
  readonly #call: Call
  /** Keys of the messages that have been looked at, by lookup id. */
  readonly #known = new Map<bigint, Key>()
  /** Number of times that the queue had been reopened when the keys became known: another queue may have its name since. */
  #reopenCount = 0
  /** Failures of the function for keys, by lookup id. */
  readonly #failures = new Map<bigint, Cause.Cause<unknown>>()
  /** Keys of the messages that are handled or parked, by lookup id, and the same keys. */
  readonly #held = new Map<bigint, Key>()
  readonly #busy = new Set<Key>()
  /** Keys of messages that the pass over the queue has left behind, so that it takes no later one of them. */
  #passed = new Set<Key>()
  #freed = Deferred.makeUnsafe<void>()
  /** Lookup id of a message that is handled without its key, alone. */
  #barrier: bigint | undefined

  constructor(reader: Reader<Body>, queue: ConsumedQueue, receiver: MessageReceiver, keys: Keys<Body>, call: Call) {
    this.#reader = reader
    this.#queue = queue
    this.#receiver = receiver
    this.#keys = keys
    this.#call = call
  }

  /** Holds the next message whose key is free; where there is none, waits for a message or a key. */
  next(backOff: BackOff): NextMessage {
    return Effect.suspend(() => {
      const { reopenCount } = this.#queue.reader.state.handle.node
      if (reopenCount !== this.#reopenCount || this.#known.size > maximumRemembered) this.#known.clear()
      this.#reopenCount = reopenCount
      this.#passed = new Set()
      return Effect.flatMap(this.#find, (lookupId) => {
        if (lookupId === undefined) return Effect.undefined
        return Effect.onExitPrimitive(this.#receiver.holdAt(lookupId, backOff), (exit) => {
          if (Exit.isFailure(exit) || exit.value === undefined) this.release(lookupId)
          return undefined
        })
      })
    })
  }

  /** Makes a delivery of messages that frees the key of each message at its end. */
  releasingAfter<E, R>(
    deliver: (held: HeldMessage) => Effect.Effect<void, E, R>
  ): (held: HeldMessage) => Effect.Effect<void, E, R> {
    return (held) =>
      Effect.onExitPrimitive(deliver(held), () => {
        this.release(held.message.lookupId)
        return undefined
      })
  }

  /** Returns the failure of the function for keys at a message. */
  failureAt(lookupId: bigint): Cause.Cause<unknown> | undefined {
    return this.#failures.get(lookupId)
  }

  /** Frees the key of a message that is handled, unless the message is parked. */
  release(lookupId: bigint): void {
    if (this.#queue.parking?.isParked(lookupId) === true) return
    const key = this.#held.get(lookupId)
    if (key === undefined) return
    this.#held.delete(lookupId)
    this.#busy.delete(key)
    if (this.#barrier === lookupId) this.#barrier = undefined
    this.#known.delete(lookupId)
    this.#failures.delete(lookupId)
    const freed = this.#freed
    this.#freed = Deferred.makeUnsafe()
    Deferred.doneUnsafe(freed, Exit.void)
  }

  /** Frees the key of a message that was parked. It is back before the later ones of its key, which a pass may have come to. */
  unpark(lookupId: bigint): void {
    const key = this.#held.get(lookupId)
    if (key !== undefined) this.#passed.add(key)
    this.release(lookupId)
  }

  /** Finds a message whose key is free and reserves it; where there is none, waits. */
  get #find(): Effect.Effect<bigint | undefined, MsmqError> {
    const { intake, reader, wait } = this.#queue
    const freed = Deferred.await(this.#freed)
    if (this.#barrier !== undefined) return Effect.as(wait(freed), undefined)
    return Effect.scoped(
      Effect.gen({ self: this }, function* () {
        const cursor = yield* openCursor(reader, operation)
        const peek = (action: "peekCurrent" | "peekNext", timeout: number | null) =>
          reader.peekAt({ operation, action, timeout, cursor }, false)
        let action: "peekCurrent" | "peekNext" = "peekCurrent"
        for (let looked = 0; looked < this.#keys.lookAhead; looked++) {
          if (!intake.isOpen) return undefined
          const found = yield* optional(peek(action, 0), "IoTimeout")
          if (Option.isNone(found)) {
            yield* wait(Effect.raceFirst(Effect.asVoid(peek("peekCurrent", null)), freed))
            return undefined
          }
          const { lookupId } = found.value
          const key = yield* this.#keyAt(lookupId)
          if (key === unknown) {
            // Any message that is handled, and any behind this one, may have the same key.
            if (this.#held.size > 0) break
            this.#barrier = lookupId
          }
          if (key !== undefined && this.#reserve(lookupId, key === unknown ? lookupId : key)) return lookupId
          action = "peekNext"
        }
        yield* wait(freed)
        return undefined
      })
    )
  }

  /** Reserves the key of a message, unless another one has it or stands before this one. */
  #reserve(lookupId: bigint, key: Key): boolean {
    // A message of a queue that was deleted and created again may have the lookup id of one that is handled.
    if (this.#busy.has(key) || this.#passed.has(key) || this.#held.has(lookupId)) {
      this.#passed.add(key)
      return false
    }
    this.#busy.add(key)
    this.#held.set(lookupId, key)
    return true
  }

  /** Returns the key of a message; `undefined` if it is no longer in the queue, or if the shutdown begins. */
  #keyAt(lookupId: bigint): Effect.Effect<Key | typeof unknown | undefined, MsmqError> {
    const known = this.#known.get(lookupId)
    if (known !== undefined) return Effect.succeed(known)
    const read = optional(this.#queue.reader.lookUp(operation, "peekCurrent", lookupId), ...notThere)
    return Effect.flatMap(read, (found) => {
      if (Option.isNone(found)) return Effect.undefined
      const store = this.#reader.storeOf(found.value)
      if (store === undefined) {
        return Effect.succeed(this.#keyOf(lookupId, this.#reader.decode(operation, found.value)))
      }
      const fetched = Effect.exit(this.#reader.decodeStored(operation, found.value, store))
      return Effect.map(this.#queue.shutdown.interrupts(fetched), (fetched) => {
        if (Option.isNone(fetched)) return undefined
        const exit = fetched.value
        if (Exit.isSuccess(exit)) return this.#keyOf(lookupId, exit.value)
        const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
        return error?.reason._tag === "UndecodableBody" ? this.#keyOf(lookupId, error) : unknown
      })
    })
  }

  #keyOf(lookupId: bigint, decoded: ReceivedMessage<Body> | MsmqError): Key {
    const key = decoded instanceof MsmqError ? lookupId : this.#callFor(lookupId, decoded)
    this.#known.set(lookupId, key)
    return key
  }

  #callFor(lookupId: bigint, message: ReceivedMessage<Body>): Key {
    try {
      return keyOf(this.#call, this.#keys.keys(message))
    } catch (error) {
      this.#failures.set(lookupId, Cause.die(error))
      return lookupId
    }
  }
}

/** Reasons for which a message cannot be looked at any more. */
const notThere = ["MessageNotFound", "MessageLockedUnderTransaction"] as const
