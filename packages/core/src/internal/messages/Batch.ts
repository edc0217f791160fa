import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Result from "effect/Result"
import type * as Tracer from "effect/Tracer"
import type { Message } from "../../Message.ts"
import type { MessageBody } from "../../MessageBody.ts"
import type { OutgoingProperties, SendOutcome, TransactionArgument } from "../../MessageProperties.ts"
import type { Mqrt, QueueHandle, SecurityContextHandle } from "../../Mqrt.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import type { SendAllOptions, SendReport } from "../../SendOptions.ts"
import * as Transaction from "../../Transaction.ts"
import { illegality, propertiesOf, shown, typeOf } from "./outgoing.ts"
import { Refusal } from "../errors/Refusal.ts"
import type { TraceHeaders } from "../observing/outgoingHeaders.ts"
import { withExtension } from "../observing/outgoingHeaders.ts"
import * as OwnedHandle from "../handles/OwnedHandle.ts"
import type { Observer } from "../observing/telemetry.ts"
import { describeSent, linkTo, propagated } from "../observing/telemetry.ts"
import type { AbortGate } from "../promises/AbortGate.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
import { transactionRule } from "./timeLimits.ts"

/** A slice goes to the backend in one call: at most so many messages, or so many bytes of bodies. */
const sliceMessages = 256
const sliceBytes = 256 * 1024

/** After so many milliseconds of slices the event loop has its turn. */
const turn = 4

const twoSigners: Reason = {
  _tag: "IllegalMessage",
  index: 0,
  field: "senderCertificate",
  rule: "a message is signed through a context or by a certificate, not by both: which would win is not certain",
  actual: "given beside a security context"
}

/** What a sender is: its handle, its queue, and what it makes of bodies; `undefined`: they are bytes. */
export interface Outlet<Body> {
  readonly mqrt: Mqrt["Service"]
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  readonly queue: string
  readonly transactional: boolean | undefined
  readonly codec: MessageBody<Body> | undefined
}

interface Request<Body> {
  readonly outlet: Outlet<Body>
  readonly operation: string
  readonly options: SendAllOptions
  readonly transaction: Transaction.Participation
  readonly observer: Observer
  /** `undefined`: nobody sees it. */
  readonly span: Tracer.Span | undefined
  /** For every message that has no trace context of its own; `undefined`: for none. */
  readonly trace: TraceHeaders | undefined
  readonly gate: AbortGate | undefined
}

/** Messages on their way to one queue, by one caller: counts what was accepted, and yields between slices. */
export class Batch<Body> {
  readonly #request: Request<Body>
  readonly #messageIds: Array<string> | undefined
  #accepted = 0
  #bytes = 0
  #batches = 0
  #turnBegan = performance.now()

  private constructor(request: Request<Body>) {
    this.#request = request
    this.#messageIds = request.options.messageIds === true ? [] : undefined
  }

  /** Holds the sender, the context and the transaction for as long as the scope is open. */
  static begin<Body>(
    outlet: Outlet<Body>,
    operation: string,
    options: SendAllOptions,
    observer: Observer,
    span: Tracer.Span | undefined
  ): Effect.Effect<Batch<Body>, MsmqError, Scope.Scope> {
    return Effect.withFiber((fiber) => {
      const transaction = options.transaction ?? fiber.getRef(Transaction.Current)
      const trace = propagated(fiber, span)
      const gate = fiber.getRef(CurrentAbortGate)
      const batch = new Batch({ outlet, operation, options, transaction, observer, span, trace, gate })
      if (options.securityContext !== undefined && options.senderCertificate !== undefined) {
        return Effect.fail(batch.#error(twoSigners))
      }
      const others = [options.securityContext, typeof transaction === "string" ? undefined : transaction]
      const leases = [
        outlet.handle,
        ...others.flatMap((owner) => (owner === undefined ? [] : [owner[OwnedHandle.symbol]]))
      ]
      return Effect.flatMap(
        Effect.forEach(leases, (one) => OwnedHandle.leaseScoped<unknown>(one, operation), { discard: true }),
        () => batch.#unlessMismatched
      )
    })
  }

  /** Refuses what would vanish on arrival. The kind is that of the handle in use, which may have been taken anew. */
  get #unlessMismatched(): Effect.Effect<this, MsmqError> {
    const { outlet, transaction } = this.#request
    const { transactional } = outlet
    return transactional === undefined || transactional === (transaction !== "none")
      ? Effect.succeed(this)
      : Effect.fail(this.#error({ _tag: "TransactionMismatch", queueIsTransactional: transactional }))
  }

  get report(): SendReport {
    return {
      accepted: this.#accepted,
      bytes: this.#bytes,
      batches: this.#batches,
      messageIds: this.#messageIds
    }
  }

  /** Lets an abort end the batch, also one that came while the last slice was sent: there is more to wait for. */
  awaitMore(): void {
    this.#request.gate?.open()
  }

  /** Sends the messages in order, or fails at the first that cannot be sent. */
  send(messages: ReadonlyArray<Message<Body>>): Effect.Effect<void, MsmqError> {
    let next = 0
    return Effect.whileLoop({
      while: () => next < messages.length,
      body: () => {
        const slice: Array<OutgoingProperties> = []
        let bytes = 0
        let stop: Reason | undefined
        while (next < messages.length && slice.length < sliceMessages && bytes < sliceBytes) {
          const index = this.#accepted + slice.length
          const message = this.#propertiesOf(messages[next]!, index)
          if (message instanceof Refusal) {
            stop = message.reason
            break
          }
          stop = illegality(message, index)
          if (stop !== undefined) break
          slice.push(message)
          bytes += message.body.length
          next++
        }
        return this.#sendSlice(slice, stop)
      },
      step: () => {}
    })
  }

  /** What the backend gets for a message: its body encoded, and with the time limits of its transaction. */
  #propertiesOf(message: Message<Body>, index: number): OutgoingProperties | Refusal {
    const { outlet, span, trace, transaction } = this.#request
    if (typeof message !== "object" || message === null) {
      return new Refusal({ index, field: "body", rule: "a message must be an object", actual: shown(message) })
    }
    if (span !== undefined && message.headers !== undefined) linkTo(span, message.headers)
    const whole = withExtension(message, index, trace)
    if (whole instanceof Refusal) return whole
    const properties = outlet.codec === undefined ? propertiesOf(whole) : encoded(whole, outlet.codec, index)
    if (properties instanceof Refusal || typeof transaction === "string") return properties
    for (const field of ["timeToReachQueue", "timeToBeReceived"] as const) {
      if (properties[field] === null) continue
      return new Refusal({ index, field, rule: transactionRule, actual: `${properties[field]} seconds` })
    }
    return { ...properties, ...transaction.timeLimits }
  }

  #sendSlice(slice: ReadonlyArray<OutgoingProperties>, stop: Reason | undefined): Effect.Effect<void, MsmqError> {
    this.awaitMore()
    const sent =
      slice.length === 0
        ? Effect.void
        : Effect.uninterruptible(
            Effect.flatMap(this.#gatedCall(slice), (outcome) =>
              Effect.withFiber((fiber) => this.#count(slice, outcome, fiber.context))
            )
          )
    return stop === undefined
      ? Effect.andThen(sent, this.#yieldInTime)
      : Effect.andThen(
          sent,
          Effect.suspend(() => Effect.fail(this.#error(stop)))
        )
  }

  #gatedCall(slice: ReadonlyArray<OutgoingProperties>): Effect.Effect<SendOutcome, MsmqError> {
    const { gate } = this.#request
    if (gate === undefined) return this.#call(slice)
    return Effect.suspend(() => {
      gate.close()
      return this.#call(slice)
    })
  }

  #call(slice: ReadonlyArray<OutgoingProperties>): Effect.Effect<SendOutcome, MsmqError> {
    const { operation, options, outlet, transaction } = this.#request
    const { handle, mqrt } = outlet
    const signer = options.securityContext ?? options.senderCertificate
    const external = options.securityContext?.certificate ?? options.senderCertificate
    const send = (securityContext: SecurityContextHandle | null, argument: TransactionArgument) =>
      mqrt.sendMessages(handle.native, slice, {
        securityContext,
        senderCertificate: options.senderCertificate?.der ?? null,
        authenticationLevel: options.authenticationLevel ?? (signer === undefined ? "none" : "always"),
        hashAlgorithm: options.hashAlgorithm ?? null,
        provider: options.provider ?? null,
        senderIdType: options.senderIdType ?? (external === undefined ? "sid" : "none"),
        privacyLevel: options.privacyLevel ?? "none",
        encryptionAlgorithm: options.encryptionAlgorithm ?? null,
        transaction: argument,
        messageIds: this.#messageIds !== undefined
      })
    const sign = (argument: TransactionArgument): Effect.Effect<SendOutcome, MsmqError> =>
      options.securityContext === undefined
        ? send(null, argument)
        : OwnedHandle.call(options.securityContext[OwnedHandle.symbol], operation, (context) => send(context, argument))
    const call =
      typeof transaction === "string"
        ? sign(transaction)
        : OwnedHandle.call(transaction[OwnedHandle.symbol], operation, sign)
    return Effect.mapError(call, (released) => this.#error(released.reason))
  }

  #count(
    slice: ReadonlyArray<OutgoingProperties>,
    outcome: SendOutcome,
    context: Context.Context<never>
  ): Effect.Effect<void, MsmqError> {
    const { observer, operation, options, outlet, span } = this.#request
    let bytes = 0
    for (let index = 0; index < outcome.accepted; index++) bytes += slice[index]!.body.length
    if (outcome.messageIds !== null) this.#messageIds?.push(...outcome.messageIds)
    this.#bytes += bytes
    this.#accepted += outcome.accepted
    this.#batches++
    const failure = outcome.failure === null ? undefined : reasonOf(outcome.failure)
    observer.sent(context, outcome.accepted, bytes, failure)
    if (span !== undefined) describeSent(span, operation, this.report)
    options.onProgress?.(this.report)
    if (failure === undefined) return Effect.void
    const error = this.#error(failure)
    if (error.outlook.outdates === true) outlet.handle.outdate(outlet.handle.native)
    return Effect.fail(error)
  }

  #error(reason: Reason): MsmqError {
    const { operation, outlet } = this.#request
    return new MsmqError({ operation, reason, queue: outlet.queue, progress: { accepted: this.#accepted } })
  }

  /** By the wall clock, not by Effect's: it is the event loop's time that is shared out. */
  get #yieldInTime(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (performance.now() - this.#turnBegan < turn) return Effect.void
      return Effect.map(Effect.yieldNow, () => {
        this.#turnBegan = performance.now()
      })
    })
  }
}

/** A message whose body its codec has turned into bytes, or why it could not. */
const encoded = <Body>(
  message: Message<Body>,
  codec: MessageBody<Body>,
  index: number
): OutgoingProperties | Refusal => {
  const { body, ...others } = message
  if (body === undefined) return propertiesOf(others)
  const result = codec.encode(body)
  if (Result.isSuccess(result)) {
    const { body, bodyType } = result.success
    return propertiesOf({ ...others, body, bodyType: others.bodyType ?? bodyType })
  }
  return new Refusal({ index, field: "body", rule: `as ${codec.name} ${result.failure}`, actual: typeOf(body) })
}
