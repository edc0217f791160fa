/** Places that a policy sends poison messages to, and the copies that are sent to a queue. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Poison, PoisonPolicy, PoisonQueue } from "../../Consumer.ts"
import type { Message, ReceivedMessage } from "../../Message.ts"
import { copyOf, maximumPacketSize, packetSize } from "../../Message.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import type { Acknowledgments } from "../arrival/Acknowledgments.ts"
import type { CopyOptions } from "../arrival/CopySender.ts"
import { CopySender, mayBeTooLarge } from "../arrival/CopySender.ts"
import { describeValue } from "../errors/describeValue.ts"
import { nameOf } from "../names/queueName.ts"
import { fieldsOf, isMessage } from "../options/outgoingMessages.ts"
import * as headerXml from "../telemetry/headerXml.ts"
import * as operations from "../telemetry/Operation.ts"

const operation = operations.Receiver.consume

/** Place that poison messages go to. */
export type PoisonTarget =
  | { readonly _tag: "fail" }
  | { readonly _tag: "reject" }
  | { readonly _tag: "subqueue"; readonly subqueue: string }
  | { readonly _tag: "queue"; readonly sender: PoisonSender }

/** Returns the error for a policy that messages of `queue` cannot follow. */
export const illegalPoisonPolicy = (queue: string, policy: PoisonPolicy, rule: string): MsmqError =>
  operation.error({ _tag: "IllegalPolicy", field: "poison", rule, actual: describePolicy(policy) }, { queue })

/** Returns the text of a policy for an error. The name of a queue is not shortened. */
const describePolicy = (policy: PoisonPolicy): string => {
  if (typeof policy === "string") return describeValue(policy)
  if ("subqueue" in policy) return `{ subqueue: ${describeValue(policy.subqueue)} }`
  const kind = policy.transactional === undefined ? "" : `, transactional: ${describeValue(policy.transactional)}`
  return `{ queue: ${JSON.stringify(nameOf(policy.queue))}${kind} }`
}

/** Rule that poison messages go to another queue. */
export const mustBeAnotherQueue =
  "it must be another queue than the one that is consumed, by any name: a copy would be consumed, and copied, again"

/** Options for sending the copy of a poison message. */
type PoisonCopyOptions = Omit<CopyOptions, "acknowledgments">

/** Copy that the queue manager accepted. */
export interface Copy {
  readonly _tag: "Copy"
  /** Waits for the acknowledgment; `"unknown"` if none comes. Fails with `CopyNotArrived` if the queue refuses the copy. */
  readonly outcome: Effect.Effect<"arrived" | "unknown", MsmqError>
  /** Queue that it was sent to. */
  readonly copies: CopySender
}

/** Number of copies whose ids are remembered; the oldest are forgotten. */
const maximumRemembered = 10_000

/** Sender of copies to a queue for poison messages. It opens the queue for each copy, since another may have its name by then. */
export class PoisonSender {
  /** Kind of the queue. */
  readonly transactional: boolean
  readonly #mqrt: Mqrt["Service"]
  readonly #consumedQueue: string
  readonly #target: PoisonQueue
  readonly #acknowledgments: Effect.Effect<Acknowledgments | undefined>
  /** Ids of the latest copies. */
  readonly #sent = new Set<string>()

  constructor(
    mqrt: Mqrt["Service"],
    consumedQueue: string,
    target: PoisonQueue,
    transactional: boolean,
    acknowledgments: Effect.Effect<Acknowledgments | undefined>
  ) {
    this.#mqrt = mqrt
    this.#consumedQueue = consumedQueue
    this.#target = target
    this.transactional = transactional
    this.#acknowledgments = acknowledgments
  }

  /**
   * Returns an error if a consumed message is a copy that was sent from here, and `undefined` otherwise. It shows that the queue
   * for poison is the consumed queue, where their names did not.
   */
  loopError(messageId: string): MsmqError | undefined {
    return this.#sent.has(messageId)
      ? illegalPoisonPolicy(this.#consumedQueue, this.#target, mustBeAnotherQueue)
      : undefined
  }

  /** Sends a copy. Fails with `CopyNotArrived` where it is known beforehand that the queue refuses it. */
  send(poison: Poison, options: PoisonCopyOptions): Effect.Effect<Copy, MsmqError> {
    return Effect.scoped(
      Effect.gen({ self: this }, function* () {
        const { copy } = this.#target
        const copies = yield* this.#open
        const pending = this.#acknowledgments
        const acknowledgments = yield* pending
        const now = yield* Clock.currentTimeMillis
        const send = (message: Message) =>
          Effect.flatMap(
            copy === undefined ? Effect.succeed(message) : changedCopy(this.#name, copy, message, poison),
            (changed) => copies.send(changed, { ...options, acknowledgments })
          )
        const plain = Effect.suspend(() => Effect.withTracerEnabled(send(undescribedCopyOf(poison.message)), false))
        const described = describedCopyOf(this.#consumedQueue, poison, now, copy !== undefined)
        const messageId = yield* described === undefined
          ? plain
          : Effect.catchIf(send(described), mayBeTooLarge, () => plain)
        this.#remember(messageId)
        const outcome =
          acknowledgments === undefined
            ? Effect.succeed("unknown" as const)
            : copies.outcomeOf(messageId, options.deadLetter, acknowledgments)
        return { _tag: "Copy" as const, outcome, copies }
      })
    )
  }

  /**
   * Sends a copy outside the transaction that the effect runs in, and waits until it is known to have arrived. An original that
   * is gone makes the copy ask to be a dead letter; a transactional one certainly is one then, so it may end as `"unknown"`
   * (behaviour A-71).
   */
  deliver(poison: Poison, originalIsGone: boolean): Effect.Effect<"arrived" | "unknown", MsmqError> {
    const transaction = this.transactional ? "singleMessage" : "none"
    const copying = this.send(poison, { transaction, deadLetter: originalIsGone, checksRoom: !originalIsGone })
    return Effect.flatMap(copying, ({ copies, outcome }) =>
      Effect.filterOrFail(
        outcome,
        (outcome) => outcome === "arrived" || (originalIsGone && this.transactional),
        () => copies.silent
      )
    )
  }

  get #open(): Effect.Effect<CopySender, MsmqError, Scope.Scope> {
    return CopySender.open(this.#mqrt, operation, this.#target.queue, () => Effect.succeed(this.transactional))
  }

  get #name(): string {
    return nameOf(this.#target.queue)
  }

  #remember(messageId: string): void {
    this.#sent.add(messageId)
    if (this.#sent.size <= maximumRemembered) return
    const [oldest] = this.#sent
    if (oldest !== undefined) this.#sent.delete(oldest)
  }
}

/** Returns the copy that the policy's `copy` makes. Fails if that throws, or returns no message. */
const changedCopy = (
  queue: string,
  copy: NonNullable<PoisonQueue["copy"]>,
  message: Message,
  poison: Poison
): Effect.Effect<Message, MsmqError> =>
  Effect.suspend(() => {
    const fail = (reason: Reason, cause?: unknown) =>
      Effect.fail(operation.error(reason, { queue, ...(cause === undefined ? {} : { cause }) }))
    try {
      const given: unknown = copy(message, poison)
      if (isMessage(given)) return Effect.succeed(fieldsOf(given))
      const actual = `{ copy } that returns ${describeValue(given)}`
      return fail({ _tag: "IllegalPolicy", field: "poison", rule: mustReturnMessage, actual })
    } catch (cause) {
      return fail({ _tag: "SourceFailed", part: "copy", index: 0, cause }, cause)
    }
  })

const mustReturnMessage =
  "copy must return the message to send, at once and not as a promise: do what takes time in the handler"

/** Returns what the sender of a message set, without its requests: reports, acknowledgments, journaling and time limits. */
const undescribedCopyOf = (message: ReceivedMessage): Message => {
  const {
    acknowledge: _acknowledge,
    adminQueue: _adminQueue,
    deadLetterQueue: _deadLetterQueue,
    journaling: _journaling,
    timeToBeReceived: _timeToBeReceived,
    timeToReachQueue: _timeToReachQueue,
    trace: _trace,
    ...copy
  } = copyOf(message)
  return copy
}

/** Largest packet of a copy with headers, in bytes; the queue names, which are not counted, need the rest (behaviour D-14). */
const maximumDescribedSize = maximumPacketSize - 16_384

/** Length of the text in `failure.error`, in UTF-16 units. */
const maximumErrorLength = 1000

/**
 * Returns a copy whose headers say what happened to the message; `undefined` where its extension holds no headers, or no more
 * of them, or where the copy would be too large. `asHeaders` leaves the headers unencoded for a function that changes them.
 */
const describedCopyOf = (
  queue: string,
  { attempts, cause, message }: Poison,
  now: number,
  asHeaders: boolean
): Message | undefined => {
  const { extension, ...copy } = undescribedCopyOf(message)
  const [error] = Cause.prettyErrors(cause)
  const failure: MessageHeaders.MessageHeaders = {
    "failure.queue": queue,
    "failure.messageId": message.messageId,
    "failure.attempts": String(attempts),
    "failure.error":
      error === undefined
        ? "interrupted"
        : `${error.name}: ${error.message}`.slice(0, maximumErrorLength).toWellFormed(),
    "failure.time": new Date(now).toISOString()
  }
  const isTooLarge = (bytes: Uint8Array): boolean => packetSize({ ...copy, extension: bytes }) > maximumDescribedSize
  const bytes = extension ?? new Uint8Array(0)
  const headers = Result.getOrUndefined(MessageHeaders.decode(bytes))
  if (headers === undefined) return undefined
  if (asHeaders || bytes.length === 0) {
    const all = { ...headers, ...failure }
    const encoded = Result.getOrUndefined(MessageHeaders.encode(all))
    return encoded === undefined || isTooLarge(encoded) ? undefined : { ...copy, headers: all }
  }
  const longer = headerXml.append(bytes, Object.entries(failure))
  return longer === undefined || isTooLarge(longer) ? undefined : { ...copy, extension: longer }
}
