/**
 * Requests and their responses: a message that asks, and the message that answers it, found by its correlation id.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Acknowledgments } from "./internal/arrival/Acknowledgments.ts"
import { acknowledgmentOf, destinationsIn, withFields } from "./internal/arrival/AwaitedSend.ts"
import type { OwnQueue } from "./internal/arrival/OwnQueue.ts"
import { openGiven, openOwnQueue, orClose } from "./internal/arrival/OwnQueue.ts"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import type { QueueName } from "./internal/names/queueName.ts"
import { nameOf } from "./internal/names/queueName.ts"
import type { Call } from "./internal/options/illegalOption.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { message as messageRule } from "./internal/options/outgoingMessages.ts"
import { queueName } from "./internal/options/queueNames.ts"
import { requesterOptions, requestOptions } from "./internal/options/requesterOptions.ts"
import { Violation } from "./internal/options/Violation.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import { outsideGate } from "./internal/promises/AbortGate.ts"
import { openToSend, senderOn } from "./internal/queues/openToSend.ts"
import { openSubqueue } from "./internal/queues/subqueue.ts"
import { checkResponseQueue } from "./internal/requests/responseQueue.ts"
import type { UnexpectedMessage, UnexpectedPolicy } from "./internal/requests/Responses.ts"
import { Responses } from "./internal/requests/Responses.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import { spanOptions, withErrorType } from "./internal/telemetry/Operation.ts"
import type { Message, ReceivedMessage } from "./Message.ts"
import type { MessageBody } from "./MessageBody.ts"
import { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import type { Sender } from "./Sender.ts"
import { Current } from "./Transaction.ts"

export type { UnexpectedMessage, UnexpectedPolicy } from "./internal/requests/Responses.ts"

/**
 * Settings of a requester.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<Question = Uint8Array, Answer = Uint8Array> {
  /** Codec for the bodies of the requests. They are bytes by default. */
  readonly body?: MessageBody<Question, unknown> | undefined
  /** Codec for the bodies of the responses. They are bytes by default. */
  readonly responseBody?: MessageBody<never, Answer> | undefined
  /**
   * Kind of the queue of the requests, for a queue whose properties cannot be read from here: `true` if it is transactional. By
   * default the queue's properties tell.
   */
  readonly transactional?: boolean | undefined
  /**
   * Queue of this computer that the responses come to, which the requester alone receives from, and which stays. By default a private
   * queue `effect-msmq-responses-1`, or with the next number that no other process has open, which is created, of the kind of the
   * queue of the requests, and deleted with the requester.
   *
   * It must not be the queue of the requests. Messages that are in it answer no request under way: see `unexpected`.
   */
  readonly responseQueue?: QueueName | undefined
  /** Longest time that a request waits for its response, unless it has its own; 30 seconds by default. It must be finite. */
  readonly within?: Duration.Input | undefined
  /**
   * `true` asks for negative acknowledgments, so that a request that does not arrive, or is not received in time, fails at once with
   * `Undelivered`. They come to another private queue of this process. `false` by default.
   */
  readonly negativeAcknowledgments?: boolean | undefined
  /** Treatment of messages that answer no request under way; `"remove"` by default. */
  readonly unexpected?: UnexpectedPolicy | undefined
  /**
   * Function that is called for each of these messages. Nothing waits for its effect, whose failure is logged. By default a warning is
   * logged.
   */
  readonly onUnexpected?: ((unexpected: UnexpectedMessage) => Effect.Effect<unknown, unknown>) | undefined
}

/**
 * Options of one request.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestOptions {
  /** Longest time that it waits for its response, from the send on. That of the requester by default. It must be finite. */
  readonly within?: Duration.Input | undefined
}

/** Parts that a requester works with. */
interface Parts<Question, Answer> {
  readonly sender: Sender<Question>
  readonly responses: Responses<Answer>
  readonly own: OwnQueue
  readonly acknowledgments: Acknowledgments | undefined
  readonly within: Duration.Duration
}

/**
 * Requester of one queue, with a response queue of its own: see {@link open}. Any number of requests may be under way at once.
 *
 * See the example of {@link open}.
 *
 * @category models
 * @since 0.1.0
 */
export class Requester<Question = Uint8Array, Answer = Uint8Array> extends Described {
  /** Name that the queue of the requests was opened with. */
  readonly queue: string
  /** Format name of the queue that the responses come to, as each request has it. */
  readonly responseQueue: string
  readonly #parts: Parts<Question, Answer>

  private constructor(parts: Parts<Question, Answer>) {
    super()
    this.#parts = parts
    this.queue = parts.sender.queue
    this.responseQueue = parts.own.address
  }

  /** @internal */
  static make<Question, Answer>(parts: Parts<Question, Answer>): Requester<Question, Answer> {
    return new Requester(parts)
  }

  /** `true` until it is closed, with its scope or its connection. */
  get isOpen(): boolean {
    return this.#parts.own.owner.isOpen
  }

  /** Number of requests that wait for their response. */
  get pending(): number {
    return this.#parts.responses.pending
  }

  /** Number of messages that came and answered no request under way. */
  get unexpected(): number {
    return this.#parts.responses.unexpected
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "Requester", queue: this.queue, state: stateOf(this.#parts.own.owner) }
  }

  /**
   * Sends a message, and waits for the message that answers it: the first one in the response queue whose `correlationId` is the id of
   * the request. `MessageQueue.reply` sends it.
   *
   * The request has the `responseQueue` of the requester, and is received within the time limit or not at all, unless it has a
   * `timeToBeReceived` of its own. It takes part in no transaction, since it has to be sent before it can be answered; to a
   * transactional queue it is sent in one of its own.
   *
   * Fails as `send` of a `Sender` does, and with
   *
   * - `NoResponse` where the time limit is over. The request may be handled all the same
   * - `Undelivered` by a negative acknowledgment, if the requester asks for these
   * - `UndecodableBody` where the codec cannot decode the response, and `BodyUnavailable` where its body does not come from the store of
   *   a claim check; the error has the response
   * - `Released` where the requester closes meanwhile
   * - `IllegalMessage` for a message with a `responseQueue` of its own
   *
   * An interruption ends this request alone. A response that comes later is an unexpected message.
   *
   * @since 0.1.0
   */
  request(message: Message<Question>, options?: RequestOptions): Effect.Effect<ReceivedMessage<Answer>, MsmqError> {
    const { own, responses, within } = this.#parts
    const operation = operations.Requester.request
    const call = { operation, queue: this.queue }
    const request = Effect.suspend(() => {
      let sent: string | undefined
      const onSent = (messageId: string): void => {
        sent = messageId
      }
      return Effect.gen(function* () {
        const given = yield* Given.options(call, requestOptions, options)
        yield* Given.argument(call, "message", messageRule, message)
        return given.within === undefined ? within : Duration.fromInputUnsafe(given.within)
      }).pipe(
        Effect.flatMap((limit) =>
          OwnedHandle.leaseWaiting(own.owner, operation, () => this.#request(call, message, limit, onSent))
        ),
        // A response that the program does not get, whatever has ended the request, is an unexpected message.
        Effect.onExit((exit) => (sent === undefined ? Effect.void : responses.end(sent, exit))),
        Effect.provideService(Current, "none")
      )
    })
    return outsideGate(request)
  }

  #request(
    call: Call,
    message: Message<Question>,
    within: Duration.Duration,
    onSent: (messageId: string) => void
  ): Effect.Effect<ReceivedMessage<Answer>, MsmqError> {
    const { acknowledgments, own, responses, sender } = this.#parts
    const asked = { responseQueue: own.address, ...acknowledgeIn(acknowledgments) }
    const transaction = sender.transactional === true ? "singleMessage" : "none"
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const given = yield* withFields(call, message, acknowledgments === undefined ? reserved : allReserved, asked)
        const limited = given.timeToBeReceived === undefined ? { ...given, timeToBeReceived: within } : given
        const send = sender.sendAs(call.operation, limited, { transaction })
        const sent = yield* responses.expectAfter(restore(send), onSent)
        const timedOut = () => Effect.fail(noResponse(call, sent, within))
        return yield* restore(Effect.timeoutOrElse(this.#answerTo(call, sent), { duration: within, orElse: timedOut }))
      })
    )
  }

  /** Waits for the response, or for the negative acknowledgment that comes instead. */
  #answerTo(call: Call, messageId: string): Effect.Effect<ReceivedMessage<Answer>, MsmqError> {
    const { acknowledgments, responses, sender } = this.#parts
    const response = responses.responseTo(messageId)
    if (acknowledgments === undefined) return response
    const sent = { messageId, destinations: destinationsIn(sender.formatName) }
    const refused = acknowledgmentOf(call, acknowledgments, sent, "arrived", Duration.infinity)
    return Effect.raceFirst(response, Effect.andThen(refused, Effect.never))
  }
}

const noResponse = ({ operation, queue }: Call, messageId: string, within: Duration.Duration): MsmqError =>
  operation.error({ _tag: "NoResponse", messageId, within: Duration.toMillis(within) }, { queue })

const reserved = ["responseQueue"] as const
const allReserved = ["responseQueue", "adminQueue", "acknowledge"] as const

const acknowledgeIn = (acknowledgments: Acknowledgments | undefined) =>
  acknowledgments === undefined
    ? {}
    : {
        adminQueue: acknowledgments.adminQueue,
        acknowledge: { negativeArrival: true, negativeReceive: true }
      }

/** Closes what was opened where the rest fails, so that it is not in the way of another attempt in the same scope. */
const unlessFailed = <A, E, R>(opening: Effect.Effect<A, E, R>) => Effect.map(orClose(opening), ({ value }) => value)

/**
 * Opens a requester for the queue of a service; the scope closes it. It opens the queue to send, and a queue for the responses, which
 * is deleted again.
 *
 * A closing ends the requests under way with `Released`. Responses that come when no request is under way wait in the response queue
 * for the next one; those that are left at the closing go with a queue that was created, and are given to `onUnexpected`.
 *
 * Fails as `MessageQueue.openSender` and `MessageQueue.openReceiver` do; with `AccessDenied` where this account may not create the
 * response queue; with `SharingViolation` where another process receives from the given one; with `IllegalOption` for settings that do
 * not go together, and for a `responseQueue` that is a subqueue, a journal, a dead-letter queue or the queue of the requests; with
 * `IllegalName` for the name of a subqueue.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody, MessageQueue, Requester, Senders } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer, Schema, Stream } from "effect"
 *
 * const Article = MessageBody.json(Schema.Struct({ article: Schema.String }))
 * const Price = MessageBody.json(Schema.Struct({ cents: Schema.Finite }))
 *
 * const server = Effect.gen(function* () {
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\prices", { body: Article })
 *   yield* Stream.runForEach(receiver.messages, (question) =>
 *     MessageQueue.reply(question, { body: { cents: 100 * question.body.article.length } }, { body: Price })
 *   )
 * })
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\prices")
 *   yield* Effect.forkScoped(server)
 *   const prices = yield* Requester.open(".\\private$\\prices", { body: Article, responseBody: Price, within: "5 seconds" })
 *   const answer = yield* prices.request({ body: { article: "lamp" } })
 *   return answer.body.cents
 * }).pipe(Effect.scoped)
 *
 * const layer = Layer.provideMerge(Senders.layer(), InMemoryMqrt.layer)
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => 400
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = Effect.fn(operations.Requester.open.name, spanOptions)(
  function* <Question = Uint8Array, Answer = Uint8Array>(
    queue: QueueName,
    options: Options<Question, Answer> = {}
  ): Effect.fn.Return<Requester<Question, Answer>, MsmqError, Mqrt | Scope.Scope> {
    const operation = operations.Requester.open
    const call = { operation, queue: nameOf(queue) }
    yield* Given.argument(call, "queue", queueName, queue)
    const given = yield* Given.options(call, requesterOptions, options)
    const { negativeAcknowledgments, onUnexpected, responseQueue, unexpected: policy = "remove" } = given
    const mqrt = yield* Mqrt
    const opened = yield* openToSend(operation, queue, given.transactional)
    if (responseQueue !== undefined) yield* checkResponseQueue(mqrt, call, responseQueue, opened.name.formatName)
    const sender = senderOn<Question, "unknown">(opened, call.queue, given.body, undefined)
    const acknowledgments =
      negativeAcknowledgments === true
        ? yield* Effect.uninterruptible(Acknowledgments.open(mqrt, operation, call.queue))
        : undefined
    let responses: Responses<Answer> | undefined
    const purpose = {
      owner: { kind: "requester", name: `of ${call.queue}`, queue: call.queue },
      prefix: "effect-msmq-responses-",
      label: "effect-msmq: responses",
      transactional: sender.transactional === true,
      beforeDeletion: Effect.suspend(() => responses?.drain ?? Effect.void)
    }
    const opening =
      responseQueue === undefined
        ? openOwnQueue(mqrt, operation, purpose)
        : openGiven(mqrt, operation, purpose, responseQueue, undefined)
    const own = yield* Effect.uninterruptible(opening)
    if (policy === "reject" && !own.properties.transactional) {
      return yield* Given.errorOf(call, new Violation("unexpected", onlyTransactional, '"reject"'))
    }
    if (typeof policy === "object") {
      yield* Effect.scoped(openSubqueue(operation, { ...own, mqrt, queue: own.name }, own, policy.subqueue))
    }
    responses = new Responses(mqrt, own, given.responseBody, { policy, onUnexpected })
    const within = Duration.fromInputUnsafe(given.within ?? "30 seconds")
    return Requester.make({ sender, responses, own, acknowledgments, within })
  },
  unlessFailed,
  withErrorType
)

const onlyTransactional =
  "only messages of a transactional queue can be rejected: give a transactional responseQueue, or choose another way"
