import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Message } from "../Message.ts"
import type { OutgoingProperties, SendOutcome } from "../MessageProperties.ts"
import type { Mqrt, QueueHandle, SecurityContextHandle } from "../Mqrt.ts"
import type { Reason } from "../MsmqError.ts"
import { MsmqError, reasonOf } from "../MsmqError.ts"
import type { SendAllOptions, SendReport } from "../SendOptions.ts"
import { illegality, propertiesOf } from "./outgoing.ts"
import * as OwnedHandle from "./OwnedHandle.ts"

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

interface Request {
  readonly mqrt: Mqrt["Service"]
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  readonly sender: { readonly queue: string; readonly transactional: boolean | undefined }
  readonly operation: string
  readonly options: SendAllOptions
}

/** Messages on their way to one queue, by one caller: counts what was accepted, and yields between slices. */
export class Batch {
  readonly #request: Request
  readonly #messageIds: Array<string> | undefined
  #accepted = 0
  #bytes = 0
  #batches = 0
  #turnBegan = performance.now()

  private constructor(request: Request) {
    this.#request = request
    this.#messageIds = request.options.messageIds === true ? [] : undefined
  }

  /** Holds the sender and the context for as long as the scope is open. */
  static begin(request: Request): Effect.Effect<Batch, MsmqError, Scope.Scope> {
    const { handle, operation, options, sender } = request
    const batch = new Batch(request)
    if (sender.transactional !== undefined && sender.transactional !== (options.transaction !== undefined)) {
      return Effect.fail(batch.#error({ _tag: "TransactionMismatch", queueIsTransactional: sender.transactional }))
    }
    if (options.securityContext !== undefined && options.senderCertificate !== undefined) {
      return Effect.fail(batch.#error(twoSigners))
    }
    const context = options.securityContext?.[OwnedHandle.symbol]
    return OwnedHandle.leaseScoped(handle, operation).pipe(
      Effect.andThen(context === undefined ? Effect.void : OwnedHandle.leaseScoped(context, operation)),
      Effect.as(batch)
    )
  }

  get report(): SendReport {
    return {
      accepted: this.#accepted,
      bytes: this.#bytes,
      batches: this.#batches,
      messageIds: this.#messageIds
    }
  }

  /** Sends the messages in order, or fails at the first that cannot be sent. */
  send(messages: ReadonlyArray<Message>): Effect.Effect<void, MsmqError> {
    let next = 0
    return Effect.whileLoop({
      while: () => next < messages.length,
      body: () => {
        const slice: Array<OutgoingProperties> = []
        let bytes = 0
        let stop: Reason | undefined
        while (next < messages.length && slice.length < sliceMessages && bytes < sliceBytes) {
          const message = propertiesOf(messages[next]!)
          stop = illegality(message, this.#accepted + slice.length)
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

  #sendSlice(slice: ReadonlyArray<OutgoingProperties>, stop: Reason | undefined): Effect.Effect<void, MsmqError> {
    const sent =
      slice.length === 0
        ? Effect.void
        : Effect.uninterruptible(Effect.flatMap(this.#call(slice), (outcome) => this.#count(slice, outcome)))
    return stop === undefined
      ? Effect.andThen(sent, this.#yieldInTime)
      : Effect.andThen(
          sent,
          Effect.suspend(() => Effect.fail(this.#error(stop)))
        )
  }

  #call(slice: ReadonlyArray<OutgoingProperties>): Effect.Effect<SendOutcome, MsmqError> {
    const { handle, mqrt, operation, options } = this.#request
    const signer = options.securityContext ?? options.senderCertificate
    const external = options.securityContext?.certificate ?? options.senderCertificate
    const call = (securityContext: SecurityContextHandle | null) =>
      mqrt.sendMessages(handle.native, slice, {
        securityContext,
        senderCertificate: options.senderCertificate?.der ?? null,
        authenticationLevel: options.authenticationLevel ?? (signer === undefined ? "none" : "always"),
        hashAlgorithm: options.hashAlgorithm ?? null,
        provider: options.provider ?? null,
        senderIdType: options.senderIdType ?? (external === undefined ? "sid" : "none"),
        privacyLevel: options.privacyLevel ?? "none",
        encryptionAlgorithm: options.encryptionAlgorithm ?? null,
        transaction: options.transaction ?? "none",
        messageIds: this.#messageIds !== undefined
      })
    return options.securityContext === undefined
      ? call(null)
      : Effect.mapError(OwnedHandle.call(options.securityContext[OwnedHandle.symbol], operation, call), (released) =>
          this.#error(released.reason)
        )
  }

  #count(slice: ReadonlyArray<OutgoingProperties>, outcome: SendOutcome): Effect.Effect<void, MsmqError> {
    for (let index = 0; index < outcome.accepted; index++) this.#bytes += slice[index]!.body.length
    if (outcome.messageIds !== null) this.#messageIds?.push(...outcome.messageIds)
    this.#accepted += outcome.accepted
    this.#batches++
    this.#request.options.onProgress?.(this.report)
    return outcome.failure === null ? Effect.void : Effect.fail(this.#error(reasonOf(outcome.failure)))
  }

  #error(reason: Reason): MsmqError {
    const { operation, sender } = this.#request
    return new MsmqError({ operation, reason, queue: sender.queue, progress: { accepted: this.#accepted } })
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
