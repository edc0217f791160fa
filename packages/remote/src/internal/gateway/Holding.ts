import { errors } from "@effect-msmq/core/ErrorCode"
import * as FormatName from "@effect-msmq/core/FormatName"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { MqrtFailure, type QueueHandle } from "@effect-msmq/core/Mqrt"
import type { ReadProperties, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { leastRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"

/** Message that is out of its queue for one client, until the client has it or gives it back. */
export interface Held {
  readonly message: ReceivedProperties
  /** Removes the message for good: the client has it. */
  readonly complete: Effect.Effect<void, MqrtFailure>
  /** Puts the message back. */
  readonly abandon: Effect.Effect<void>
  /** Ends the hold where the connection ended, so that the client may have it or not; left out: puts the message back. */
  readonly cut?: Effect.Effect<void>
}

/** Way to take a message out of a queue and to hold it. */
export type Take = (handle: QueueHandle, lookupId: bigint, read: ReadProperties) => Effect.Effect<Held, MqrtFailure>

/** Codes of a message that somebody else has taken. */
const takenCodes: ReadonlySet<number> = new Set([
  errors.MQ_ERROR_MESSAGE_NOT_FOUND,
  errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED,
  errors.MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION,
  errors.MQ_ERROR_IO_TIMEOUT
])

/** Returns `true` for the failure of a call whose message somebody else has taken. */
export const isTaken = ({ code }: MqrtFailure): boolean => takenCodes.has(code >>> 0)

/** Holds a message in a transaction of the gateway: for transactional queues. */
export const inTransaction =
  (mqrt: Mqrt["Service"]) =>
  (
    receive: (
      transaction: Effect.Success<Mqrt["Service"]["beginTransaction"]>
    ) => Effect.Effect<ReceivedProperties, MqrtFailure>
  ): Effect.Effect<Held, MqrtFailure> =>
    Effect.uninterruptible(
      Effect.flatMap(mqrt.beginTransaction, (transaction) => {
        const release = mqrt.releaseTransaction(transaction)
        return receive(transaction).pipe(
          Effect.map((message) => ({
            message,
            complete: Effect.ensuring(mqrt.commitTransaction(transaction), release),
            abandon: Effect.ensuring(Effect.ignore(mqrt.abortTransaction(transaction)), release)
          })),
          Effect.onError(() => Effect.ensuring(Effect.ignore(mqrt.abortTransaction(transaction)), release))
        )
      })
    )

/** Handles that messages of a plain queue are moved to its subqueue and back through. */
interface Places {
  /** Subqueue, to move messages into it. */
  readonly intoHeld: QueueHandle
  /** Subqueue, to receive and move messages from it. */
  readonly held: QueueHandle
  /** Queue, to move messages back into it. */
  readonly back: QueueHandle
}

/** Holds messages of a plain queue in a subqueue of the gateway. */
export class HoldingSubqueue {
  readonly #mqrt: Mqrt["Service"]
  readonly #queue: string
  readonly #subqueue: string
  #places: Places | undefined
  readonly #opening = Semaphore.makeUnsafe(1)
  /** Number of messages that are held. */
  #count = 0
  #isClosed = false

  /** `queue`: direct name of the whole queue. `subqueue`: name of the gateway's subqueue. */
  constructor(mqrt: Mqrt["Service"], queue: string, subqueue: string) {
    this.#mqrt = mqrt
    this.#queue = queue
    this.#subqueue = subqueue
  }

  /** Takes a message. */
  readonly take: Take = (handle, lookupId, read) =>
    Effect.uninterruptible(
      Effect.gen({ self: this }, function* () {
        const mqrt = this.#mqrt
        const message = yield* mqrt.receiveMessageByLookupId(handle, lookupId, "peekCurrent", {
          transaction: "none",
          read
        })
        this.#count++
        yield* Effect.onError(
          this.#through(({ intoHeld }) => mqrt.moveMessage(handle, intoHeld, lookupId, "none")),
          () => this.#settled
        )
        const remove = this.#through(({ held }) =>
          mqrt.receiveMessageByLookupId(held, lookupId, "receiveCurrent", { transaction: "none", read: leastRead })
        )
        const putBack = this.#through(({ back, held }) => mqrt.moveMessage(held, back, lookupId, "none"))
        return {
          message,
          complete: Effect.asVoid(Effect.ensuring(remove, this.#settled)),
          abandon: Effect.ensuring(Effect.ignore(putBack), this.#settled)
        }
      })
    )

  /** Moves what an earlier gateway held back into the queue. Returns the number of messages. */
  get sweep(): Effect.Effect<number, MqrtFailure> {
    return Effect.gen({ self: this }, function* () {
      const { back, held } = yield* this.#open
      let count = 0
      for (;;) {
        const first = yield* Effect.catchIf(
          this.#mqrt.receiveMessageByLookupId(held, 0n, "peekFirst", { transaction: "none", read: leastRead }),
          isTaken,
          () => Effect.void
        )
        if (first === undefined) return count
        yield* this.#mqrt.moveMessage(held, back, first.lookupId, "none")
        count++
      }
    })
  }

  /** Closes the handles, as soon as no message is held any more. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isClosed = true
      return this.#closeUnused
    })
  }

  get #settled(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#count--
      return this.#closeUnused
    })
  }

  get #closeUnused(): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.#isClosed && this.#count === 0 && this.#places !== undefined ? this.#closePlaces(this.#places) : Effect.void
    )
  }

  /** Closes handles, unless others have taken their place already. */
  #closePlaces(places: Places): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#places !== places) return Effect.void
      this.#places = undefined
      return Effect.forEach(
        [places.intoHeld, places.held, places.back],
        (handle) => Effect.ignore(this.#mqrt.closeQueue(handle)),
        { discard: true }
      )
    })
  }

  /** Uses the handles, and new ones where the queue was deleted and created again, or the service restarted. */
  #through<A>(use: (places: Places) => Effect.Effect<A, MqrtFailure>): Effect.Effect<A, MqrtFailure> {
    return Effect.flatMap(this.#open, (places) =>
      Effect.catchIf(
        use(places),
        (failure) => !isTaken(failure),
        () => Effect.andThen(this.#closePlaces(places), Effect.flatMap(this.#open, use))
      )
    )
  }

  get #open(): Effect.Effect<Places, MqrtFailure> {
    return Effect.suspend(() => {
      if (this.#places !== undefined) return Effect.succeed(this.#places)
      const name = `${this.#queue};${this.#subqueue}`
      const mqrt = this.#mqrt
      const open = (formatName: string, access: "move" | "receive") => mqrt.openQueue(formatName, access, "denyNone")
      const closing = (handle: QueueHandle) => Effect.ignore(mqrt.closeQueue(handle))
      return Effect.gen({ self: this }, function* () {
        const intoHeld = yield* open(name, "move")
        const held = yield* Effect.onError(open(name, "receive"), () => closing(intoHeld))
        const back = yield* Effect.onError(open(this.#queue, "move"), () =>
          Effect.andThen(closing(held), closing(intoHeld))
        )
        return (this.#places = { intoHeld, held, back })
      })
    }).pipe(this.#opening.withPermit, Effect.uninterruptible)
  }
}

/** Way in which messages of a queue are held: `direct` is its direct name where it has subqueues. */
export type Kind = { readonly kind: "transaction" | "memory" } | { readonly kind: "subqueue"; readonly direct: string }

/** Returns how messages of a queue can be held. A queue whose properties nobody can read is no whole queue of this computer. */
export const kindOf = (mqrt: Mqrt["Service"], formatName: string): Effect.Effect<Kind> => {
  const parsed = FormatName.parse(formatName)
  const isPart =
    Result.isFailure(parsed) ||
    ("journal" in parsed.success && parsed.success.journal) ||
    ("subqueue" in parsed.success && parsed.success.subqueue !== null)
  if (isPart) return Effect.succeed({ kind: "memory" })
  return Effect.match(mqrt.getQueueProperties(formatName), {
    onFailure: (): Kind => ({ kind: "memory" }),
    onSuccess: ({ pathName, transactional }): Kind =>
      transactional ? { kind: "transaction" } : { kind: "subqueue", direct: `DIRECT=OS:${pathName}` }
  })
}
