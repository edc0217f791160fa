import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import type * as Tracer from "effect/Tracer"
import type { Message } from "../../Message.ts"
import { copyOf } from "../../Message.ts"
import type { EncodedBody, MessageBody } from "../bodies/Codec.ts"
import type {
  OutgoingProperties,
  SendOutcome,
  SendParameters,
  TransactionArgument
} from "../../mqrt/MessageProperties.ts"
import type { Interruptible, Mqrt, QueueHandle, SecurityContextHandle } from "../../Mqrt.ts"
import type { Reason, SourceFailed } from "../../MsmqError.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import type { SendAllOptions, SendReport } from "./SendOptions.ts"
import * as Transaction from "../../Transaction.ts"
import { bytesViolation, noBytes } from "../bytes.ts"
import { describeValue } from "../errors/describeValue.ts"
import { encodeWith } from "../bodies/Codec.ts"
import * as claimCheck from "../bodies/claimCheck.ts"
import { setLabel, setsFields, withCodecFields } from "./codecFields.ts"
import type { OutgoingRecord } from "./outgoing.ts"
import { IncomingMessage } from "./IncomingMessage.ts"
import { NotRead } from "./NotRead.ts"
import { addressedFields, blankRecord, propertiesOf, Refusal, refusalOfNotRead, violation } from "./outgoing.ts"
import type { Defaults } from "./senderDefaults.ts"
import { twoSignersRule } from "./senderDefaults.ts"
import type { FieldOfBytes } from "./lostBytes.ts"
import { lostField } from "./lostBytes.ts"
import { extensionOf } from "./outgoingHeaders.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Observation, Observer, TraceHeaders } from "../telemetry/telemetry.ts"
import { describeSent, linkTo, traceOf } from "../telemetry/telemetry.ts"
import type { Reading, Source } from "./sources.ts"
import type { AbortGate } from "../promises/AbortGate.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
import { CallProgram } from "../promises/CallProgram.ts"
import { addressRule, isUnresolved, QueueAddresses } from "../names/QueueAddresses.ts"
import { transactionRule } from "./timeLimits.ts"
import { isTimeLeft } from "./timesLeft.ts"
import { errorOf } from "../options/illegalOption.ts"
import { logRejectionsOf } from "../options/handlers.ts"
import { faultOf, hasOnlyUnknown, isReadable } from "../options/outgoingMessages.ts"
import { checkParticipation, checkSigner, isParticipationWord } from "../options/owned.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import { mayYield, unbroken } from "./unbroken.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Largest slice, which goes to the backend in one call, in messages and in bytes of bodies. */
const sliceMessages = 256
const sliceBytes = 256 * 1024

const twoSigners: Reason = {
  _tag: "IllegalMessage",
  index: 0,
  field: "senderCertificate",
  rule: twoSignersRule,
  actual: "given beside a security context"
}

/** Backend, handle and codec that a sender works with, and the name and kind of its queue. */
export interface SenderState<Body> {
  /** Backend of the sender. */
  readonly mqrt: Mqrt["Service"]
  /** Handle of the queue. */
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  /** Name that the queue was opened with. */
  readonly queue: string
  /** `true` for a transactional queue; `undefined` where that is unknown. */
  readonly transactional: boolean | undefined
  /** Codec of the bodies; `undefined` where they are bytes. */
  readonly codec: MessageBody<Body, unknown> | undefined
  /** Defaults of its messages and sends; `undefined` for those of Message Queuing. */
  readonly defaults: Defaults | undefined
}

interface Request<Body> {
  readonly sender: SenderState<Body>
  /** Handles of the sender, the security context and the transaction. */
  readonly handles: ReadonlyArray<OwnedHandle.OwnedHandle<unknown>>
  readonly operation: Operation
  readonly options: SendAllOptions
  /** `true` for a report with the ids of the messages. */
  readonly messageIds: boolean
  readonly transaction: Transaction.Participation
  readonly observer: Observer
  /** Span of the send; `undefined` where no tracer would see it. */
  readonly span: Tracer.Span | undefined
  /** Trace context for every message that has none of its own; `undefined` for none. */
  readonly trace: TraceHeaders | undefined
  readonly gate: AbortGate | undefined
  /** Option of that name. The rejection of a promise that it returns is logged. */
  readonly onProgress: SendAllOptions["onProgress"]
  /** Parameters of each call that signs with no context and takes part in no transaction that was begun; otherwise `undefined`. */
  readonly parameters: SendParameters | undefined
}

/** Requests for one message without options, outside of any transaction or in one of its own. A sender makes each once. */
export type PlainRequests<Body> = { [Word in "none" | "singleMessage"]?: Request<Body> }

/** Options of a send, and what is given with them. */
export interface Given<Body> extends Pick<
  Request<Body>,
  "messageIds" | "observer" | "operation" | "options" | "sender" | "span"
> {}

/** Makes the request of a send in the fiber that sends. */
const requestOf = <Body>(
  fiber: Fiber.Fiber<unknown, unknown>,
  given: Given<Body>,
  transaction: Transaction.Participation,
  gate: AbortGate | undefined
): Request<Body> => {
  const { messageIds, observer, operation, options, sender, span } = given
  const { onProgress, securityContext } = options
  const handles: Array<OwnedHandle.OwnedHandle<unknown>> = [sender.handle]
  if (securityContext !== undefined) handles.push(securityContext[OwnedHandle.symbol])
  if (typeof transaction !== "string") handles.push(transaction[OwnedHandle.symbol])
  return {
    sender,
    handles,
    operation,
    options,
    messageIds,
    transaction,
    observer,
    span,
    trace: traceOf(fiber, span),
    gate,
    onProgress: onProgress && onProgressIn(fiber, onProgress),
    parameters:
      typeof transaction === "string" && securityContext === undefined
        ? parametersOf(options, messageIds, null, transaction)
        : undefined
  }
}

/** Returns the parameters of a call with the handles of the security context and the transaction. */
const parametersOf = (
  options: SendAllOptions,
  messageIds: boolean,
  securityContext: SecurityContextHandle | null,
  transaction: TransactionArgument
): SendParameters => {
  const signer = options.securityContext ?? options.senderCertificate
  const external = options.securityContext?.certificate ?? options.senderCertificate
  return {
    securityContext,
    senderCertificate: options.senderCertificate?.der ?? null,
    authenticationLevel: options.authenticationLevel ?? (signer === undefined ? "none" : "always"),
    hashAlgorithm: options.hashAlgorithm ?? null,
    provider: options.provider ?? null,
    senderIdType: options.senderIdType ?? (external === undefined ? "sid" : "none"),
    privacyLevel: options.privacyLevel ?? "none",
    encryptionAlgorithm: options.encryptionAlgorithm ?? null,
    transaction,
    messageIds
  }
}

/** Messages of a chunk that are being sent. Each is read once. */
interface Chunk<Body> {
  readonly messages: ReadonlyArray<Message<Body>>
  /** Number of messages that were read. */
  next: number
  /** Number of messages when the first was read. Messages that are added to an array later are not sent. */
  count: number | undefined
  /** Messages that were read and are not yet accepted. */
  slice: ReadonlyArray<OutgoingProperties>
  /** Bytes of the body of each message of the slice when it was read, and of earlier slices behind them. */
  sizes: Array<number>
  /** Message behind the slice, whose body has to be in the store before it is sent. */
  large: OutgoingRecord | undefined
  /** Reason that stops the batch behind the slice, and behind the message whose body is stored. */
  stop: Reason | undefined
  /** Message behind the slice that was read, and names a queue of this computer whose address is not known yet. */
  unaddressed: Unaddressed | undefined
}

/** Message whose field has the path name of a queue of this computer, by which other computers would not find it. */
class Unaddressed {
  readonly record: OutgoingRecord
  readonly field: "responseQueue" | "adminQueue"
  readonly pathName: string

  constructor(record: OutgoingRecord, field: "responseQueue" | "adminQueue", pathName: string) {
    this.record = record
    this.field = field
    this.pathName = pathName
  }
}

/** Transaction of a context, and the gate of its promise. */
const settingsOf = EventLoopTurn.readOnce((context) => ({
  transaction: Context.get(context, Transaction.Current),
  gate: Context.get(context, CurrentAbortGate)
}))

/** Messages that one caller sends to one queue. Counts the accepted ones, and yields between slices. */
export class Batch<Body> {
  readonly #request: Request<Body>
  readonly #use: OwnedHandle.IntermittentUse
  readonly #messageIds: Array<string> | undefined
  /** Store of large bodies; `undefined` where the sender's codec has none. */
  readonly #store: claimCheck.BodyStore | undefined
  /** Records of the messages of a slice. All slices share them: new ones for each would take a tenth of a batch's time. */
  #records: Array<OutgoingRecord> | undefined
  #accepted = 0
  #bytes = 0
  #slices = 0
  /** `true` while the codec runs, which may throw. */
  #encodes = false
  #reopened = false
  /** `true` once a slice was interrupted. If the batch goes on, its caller cannot be interrupted. */
  #interrupted = false
  #lastError: MsmqError | undefined

  private constructor(request: Request<Body>) {
    this.#request = request
    this.#messageIds = request.messageIds ? [] : undefined
    this.#store = request.sender.codec?.[claimCheck.bodyStore]
    this.#use = new OwnedHandle.IntermittentUse(request.handles, request.operation)
  }

  /**
   * Makes a batch in the fiber that sends it. Returns the error where nothing can be sent to this queue with these options, before
   * it reads a message.
   */
  static begin<Body>(fiber: Fiber.Fiber<unknown, unknown>, given: Given<Body>): Batch<Body> | MsmqError {
    const { gate, transaction: current } = settingsOf(fiber.context)
    const { operation, options, sender } = given
    const transaction = options.transaction ?? current
    const illegal =
      checkParticipation(transaction, sender.handle) ?? checkSigner(options.securityContext, sender.handle)
    if (illegal !== undefined) return errorOf({ operation, queue: sender.queue }, illegal)
    const batch = new Batch(requestOf(fiber, given, transaction, gate))
    return batch.#refusal ?? batch
  }

  /** Makes a batch as {@link begin} does, for one message that is given without options and has no span. */
  static beginPlain<Body>(
    fiber: Fiber.Fiber<unknown, unknown>,
    given: Given<Body>,
    requests: PlainRequests<Body>
  ): Batch<Body> | MsmqError {
    const { gate, transaction } = settingsOf(fiber.context)
    if (gate !== undefined || !isParticipationWord(transaction)) return Batch.begin(fiber, given)
    const batch = new Batch((requests[transaction] ??= requestOf(fiber, given, transaction, undefined)))
    return batch.#refusal ?? batch
  }

  /** Error of a batch that is refused before it reads a message. */
  get #refusal(): MsmqError | undefined {
    const { options, sender } = this.#request
    // A reopened handle may be open on another queue of that name, so the check waits for the reopening.
    const mismatch = sender.handle.node.needsReopen ? undefined : this.#mismatch
    if (mismatch !== undefined) return this.#error(mismatch)
    if (options.securityContext !== undefined && options.senderCertificate !== undefined) return this.#error(twoSigners)
    return this.#released
  }

  /** Error of a batch one of whose handles was closed. */
  get #released(): MsmqError | undefined {
    const refusal = this.#use.isOpen ? undefined : this.#use.refusal
    return refusal && this.#error(refusal.reason)
  }

  /** Reason for refusing a send that would be dropped on arrival. The kind is that of the queue that is open now. */
  get #mismatch(): Reason | undefined {
    const { sender, transaction } = this.#request
    const { transactional } = sender
    return transactional === undefined || transactional === (transaction !== "none")
      ? undefined
      : { _tag: "TransactionMismatch", queueIsTransactional: transactional }
  }

  get report(): SendReport {
    return {
      accepted: this.#accepted,
      bytes: this.#bytes,
      slices: this.#slices,
      messageIds: this.#messageIds
    }
  }

  /** Lets an abort end the batch, even one that came while the last slice was sent, since there is more to send. */
  #letAbort(): void {
    this.#request.gate?.open()
  }

  /** Returns `true` where a fiber can send at once: it need not yield, nor wait for its turn or for a reopening. */
  static isReady({ node }: OwnedHandle.OwnedHandle<QueueHandle>, fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return !node.needsReopen && !mayYield(fiber) && !EventLoopTurn.isOverFor(fiber)
  }

  /**
   * Sends one message in a fiber that is ready. Returns its id. It does as {@link send} does, without what only a wait needs, which
   * takes as long as the send itself.
   */
  sendAtOnce(
    fiber: Fiber.Fiber<unknown, unknown>,
    observation: Observation,
    message: Message<Body>
  ): Effect.Effect<string, MsmqError> {
    this.#letAbort()
    const record = blankRecord()
    const refused = this.#readOne(message, record)
    if (refused instanceof Unaddressed) {
      return observation.untilEnd(this.#sendRest({ ...restOf(message, none, 0), unaddressed: refused }))
    }
    if (refused !== undefined) return observation.end(Exit.fail(this.#error(refused)))
    const slice = [record]
    const { length } = record.body
    if (this.#isLarge(record)) return observation.untilEnd(this.#sendRest(largeOf(message, record)))
    return Effect.uninterruptibleMask((restore) => {
      // Reading the message may have closed the sender, or made its handle stale.
      if (!this.#use.beginUnsafe()) return observation.untilEnd(restore(this.#sendRest(restOf(message, slice, length))))
      return Effect.matchCauseEffect(this.#gatedCall(slice, restore), {
        onFailure: (cause) => {
          this.#use.end()
          return observation.end(Exit.failCause(cause))
        },
        onSuccess: (outcome) => {
          const isSent = outcome.accepted === 1
          const error = this.#count(outcome, isSent, isSent ? length : 0, fiber.context)
          this.#use.end()
          if (error !== undefined) return observation.end(Exit.fail(error))
          return isSent
            ? observation.end(Exit.succeed(outcome.messageIds?.[0] ?? ""))
            : observation.untilEnd(restore(this.#sendRest(restOf(message, slice, length))))
        }
      })
    })
  }

  /** Sends one message. Returns its id. */
  send(message: Message<Body>): Effect.Effect<string, MsmqError> {
    return this.#sendRest(chunkOf([message]))
  }

  #sendRest(chunk: Chunk<Body>): Effect.Effect<string, MsmqError> {
    return this.#untilClosing(
      this.#endingUse(Effect.map(this.#sendChunk(chunk), () => this.#firstId)),
      this.#store !== undefined
    )
  }

  /** Ends an effect that waits for something else with `Released` when a closing of a handle begins during the wait. */
  #untilClosing<A, E, R>(effect: Effect.Effect<A, E, R>, waits: boolean): Effect.Effect<A, E | MsmqError, R> {
    return waits ? this.#use.untilClosing(effect, (refusal) => this.#error(refusal.reason)) : effect
  }

  get #firstId(): string {
    return this.#messageIds?.[0] ?? ""
  }

  /**
   * Sends the messages of a source, until it ends or fails, or a message cannot be sent. The handles are in use while a chunk
   * is sent. A closing of one of them ends the batch when it begins during a wait for the source.
   */
  drain<E, R>(source: Source<Message<Body>, E, R>): Effect.Effect<SendReport, MsmqError | E, R> {
    return Effect.scopedWith((scope) => {
      const loop = this.#endingUse(
        Effect.matchCauseEffect(source.open(scope), {
          onFailure: (cause) => this.#sourceFailed(cause),
          onSuccess: (reading) => this.#drain(reading, source.waits)
        })
      )
      const run = this.#untilClosing(loop, source.waits || this.#store !== undefined)
      return this.#reportingEnd(Effect.map(run, () => this.report))
    })
  }

  #drain<E, R>({ isOver, pull }: Reading<Message<Body>, E, R>, waits: boolean): Effect.Effect<void, MsmqError | E, R> {
    let over = false
    const next = Effect.matchCauseEffect(pull, {
      onFailure: (cause): Effect.Effect<void, MsmqError | E> => {
        if (!Pull.isDoneCause(cause)) return this.#sourceFailed(cause as Cause.Cause<E>)
        over = true
        return Effect.void
      },
      onSuccess: (messages) => this.#sendChunk(chunkOf(messages))
    })
    // A closing waits for what is at hand, so that every message that such a source was asked for is sent.
    const ask = waits ? next : this.#using(() => next)
    return Effect.whileLoop({
      while: () => !over && !isOver(),
      body: () => {
        if (waits) this.#letAbort()
        const released = this.#released
        return released === undefined ? ask : Effect.fail(released)
      },
      step: () => this.#use.end()
    })
  }

  /** Begins a use of the handles, unless one runs, and runs an effect in it. */
  #using<A, E, R>(effect: () => Effect.Effect<A, E, R>): Effect.Effect<A, E | MsmqError, R> {
    return Effect.suspend(() =>
      this.#use.isRunning || this.#use.beginUnsafe()
        ? effect()
        : Effect.andThen(this.#beginUse(), Effect.suspend(effect))
    )
  }

  #beginUse(): Effect.Effect<void, MsmqError> {
    return Effect.mapError(this.#use.begin(), (refusal) => this.#error(refusal.reason))
  }

  /** Ends the use of the handles when the effect ends. */
  #endingUse<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.onExitPrimitive(effect, () => {
      this.#use.end()
      return undefined
    })
  }

  #sendChunk(chunk: Chunk<Body>): Effect.Effect<void, MsmqError> {
    const step = Effect.withFiber<void, MsmqError>((fiber) => this.#step(fiber, chunk))
    return Effect.whileLoop({ while: () => !isSent(chunk), body: () => step, step: constVoid })
  }

  /** Begins a use of the handles where none runs, and sends the next slice, in the next turn if this one is over. */
  #step(fiber: Fiber.Fiber<unknown, unknown>, chunk: Chunk<Body>): Effect.Effect<void, MsmqError> {
    // Another use reopens the handle.
    if (this.#request.sender.handle.node.reopening !== undefined) this.#use.end()
    if (!this.#use.isRunning && !this.#use.beginUnsafe()) return this.#beginUse()
    const mismatch = this.#mismatch
    if (mismatch !== undefined) return Effect.fail(this.#error(mismatch))
    if (chunk.stop === undefined || chunk.slice.length > 0) this.#letAbort()
    const { large, slice } = chunk
    if (this.#store !== undefined && large !== undefined && slice.length === 0) {
      return this.#putLarge(chunk, large, this.#store)
    }
    const sendNext = () => this.#sendNext(fiber, chunk)
    return EventLoopTurn.isOverFor(fiber)
      ? Effect.andThen(
          EventLoopTurn.next,
          Effect.suspend(() => unbroken(fiber, sendNext))
        )
      : unbroken(fiber, sendNext)
  }

  /** Reads and sends a slice in one turn, so that the program cannot change it before the backend has it. */
  #sendNext(fiber: Fiber.Fiber<unknown, unknown>, chunk: Chunk<Body>): Effect.Effect<void, MsmqError> {
    this.#read(chunk)
    if (chunk.slice.length > 0) return this.#sendSlice(fiber, chunk)
    if (chunk.unaddressed !== undefined) return this.#address(chunk, chunk.unaddressed)
    return chunk.stop === undefined ? Effect.void : Effect.fail(this.#error(chunk.stop))
  }

  /** Asks for the address of a queue that a message names, and makes the message the next slice, or the stop before it. */
  #address(chunk: Chunk<Body>, { field, pathName, record }: Unaddressed): Effect.Effect<void> {
    const { operation, sender } = this.#request
    return Effect.match(QueueAddresses.of(sender.mqrt).find(pathName), {
      onFailure: (failure) => {
        const error = operation.lift()(failure)
        chunk.unaddressed = undefined
        chunk.next--
        chunk.stop = error.isRetryable
          ? error.reason
          : {
              _tag: "IllegalMessage",
              index: this.#accepted,
              field,
              rule: addressRule(pathName, failure, error.message),
              actual: describeValue(pathName)
            }
      },
      onSuccess: () => {
        chunk.unaddressed = this.#unaddressed(record)
        if (chunk.unaddressed !== undefined) return
        if (this.#isLarge(record)) {
          chunk.large = record
          return
        }
        chunk.slice = [record]
        chunk.sizes = [record.body.length]
      }
    })
  }

  /** Puts the body of a message into the store. The message with the reference to it is the next slice. */
  #putLarge(chunk: Chunk<Body>, record: OutgoingRecord, store: claimCheck.BodyStore): Effect.Effect<void, MsmqError> {
    const lost = lostField(record)
    if (lost !== undefined) return Effect.fail(this.#error(refusalOfLost(lost, this.#accepted).reason))
    // A closing does not wait for the store.
    this.#use.end()
    return Effect.matchEffect(claimCheck.put(store, record.body), {
      onFailure: ({ cause }) => Effect.fail(this.#error(this.#thrown("put", cause))),
      onSuccess: (body) => {
        record.body = body
        const broken = violation(record, this.#accepted)
        if (broken !== undefined) return Effect.fail(this.#error(broken))
        chunk.large = undefined
        chunk.slice = [record]
        chunk.sizes = [body.length]
        return Effect.void
      }
    })
  }

  /** Returns `true` for a message whose body goes to the store. */
  #isLarge({ body }: OutgoingProperties): boolean {
    return this.#store !== undefined && claimCheck.isStored(this.#store, body)
  }

  /** Returns the rule that a message with a large body breaks. Its size is checked when its body is stored. */
  #violationBesideSize(record: OutgoingRecord, index: number): Reason | undefined {
    const { body } = record
    record.body = noBytes
    const broken = violation(record, index)
    record.body = body
    return broken
  }

  /** Writes the addresses of the queues of this computer into a message. Returns the first one that is not known. */
  #unaddressed(record: OutgoingRecord): Unaddressed | undefined {
    for (const field of addressedFields) {
      const name = record[field]
      if (!isUnresolved(name)) continue
      const address = QueueAddresses.of(this.#request.sender.mqrt).known(name)
      if (address === undefined) return new Unaddressed(record, field, name)
      record[field] = address
    }
    return undefined
  }

  /** Reads the only message into a record. Returns the reason why it cannot be sent, or not yet, if there is one. */
  #readOne(given: Message<Body>, record: OutgoingRecord): Reason | Unaddressed | undefined {
    try {
      const broken = this.#readInto(record, given, 0)
      const lost = broken === undefined ? lostField(record) : undefined
      return lost === undefined ? broken : refusalOfLost(lost, 0).reason
    } catch (cause) {
      return this.#thrown(this.#encodes ? "codec" : "message", cause, 0)
    }
  }

  /** Reads the next slice where none is left, up to the first message that cannot be sent. */
  #read(chunk: Chunk<Body>): void {
    const { large, slice, stop, unaddressed } = chunk
    if (slice.length === 0 && large === undefined && stop === undefined && unaddressed === undefined)
      this.#gather(chunk)
    this.#leaveOutTransferred(chunk)
  }

  /** Stops before the first message whose bytes were transferred after it was read, as by a getter of a later one. */
  #leaveOutTransferred(chunk: Chunk<Body>): void {
    const { slice } = chunk
    for (let index = 0; index < slice.length; index++) {
      const lost = lostField(slice[index]!)
      if (lost === undefined) continue
      chunk.stop = refusalOfLost(lost, this.#accepted + index).reason
      const isFollowed = chunk.large !== undefined || chunk.unaddressed !== undefined
      chunk.next -= slice.length - index + (isFollowed ? 1 : 0)
      chunk.large = chunk.unaddressed = undefined
      chunk.slice = slice.slice(0, index)
      return
    }
  }

  /** Reads the next slice, up to the first message that cannot be sent. */
  #gather(chunk: Chunk<Body>): void {
    const { messages, sizes } = chunk
    const slice: Array<OutgoingProperties> = []
    let { next } = chunk
    let index = this.#accepted
    let bytes = 0
    let part: SourceFailed["part"] = "messages"
    const store = this.#store
    const records = (this.#records ??= [])
    try {
      const count = (chunk.count = Math.min(chunk.count ?? Infinity, messages.length))
      while (next < count && slice.length < sliceMessages && bytes < sliceBytes) {
        part = "messages"
        const given = messages[next]!
        part = "message"
        const record = (records[slice.length] ??= blankRecord())
        const broken = this.#readInto(record, given, index)
        if (broken instanceof Unaddressed) {
          chunk.unaddressed = broken
          next++
          break
        }
        if (broken !== undefined) {
          chunk.stop = broken
          break
        }
        if (store !== undefined && claimCheck.isStored(store, record.body)) {
          chunk.large = record
          next++
          break
        }
        const { length } = record.body
        sizes[slice.length] = length
        slice.push(record)
        bytes += length
        next++
        index++
      }
    } catch (cause) {
      chunk.stop = this.#thrown(this.#encodes ? "codec" : part, cause, index)
    }
    chunk.next = next
    chunk.slice = slice
  }

  #thrown(part: SourceFailed["part"], cause: unknown, index = this.#accepted): SourceFailed {
    return { _tag: "SourceFailed", part, index, cause }
  }

  /** Fails as the stream does, or with `SourceFailed` where it died. */
  #sourceFailed<E>(cause: Cause.Cause<E>): Effect.Effect<never, MsmqError | E> {
    const defect = defectOf(cause)
    return defect === undefined
      ? Effect.failCause(cause)
      : Effect.fail(this.#error(this.#thrown("messages", defect.value)))
  }

  /**
   * Calls `onProgress` at the end where the failure does not have the progress: an interruption, and the failure of a stream.
   */
  #reportingEnd<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    if (this.#request.onProgress === undefined) return effect
    return Effect.onExit(effect, (exit) => {
      if (Exit.isSuccess(exit)) return Effect.void
      const error = Option.getOrUndefined(Exit.findErrorOption(exit))
      const failed = error !== undefined && error === this.#lastError ? undefined : this.#callOnProgress()
      return failed === undefined ? Effect.void : Effect.logError("onProgress failed", failed.cause)
    })
  }

  /** Calls `onProgress`. Returns the failure where it throws. */
  #callOnProgress(): SourceFailed | undefined {
    try {
      this.#request.onProgress?.(this.report)
      return undefined
    } catch (cause) {
      return this.#thrown("onProgress", cause)
    }
  }

  /** Reads a message into a record as the backend gets it. Returns the reason of one that breaks a rule, or cannot be sent yet. */
  #readInto(record: OutgoingRecord, given: Message<Body>, index: number): Reason | Unaddressed | undefined {
    const read = this.#propertiesOf(given, index, record)
    if (read instanceof Refusal) return read.reason
    const broken = this.#isLarge(record) ? this.#violationBesideSize(record, index) : violation(record, index)
    return broken === undefined && (isUnresolved(record.responseQueue) || isUnresolved(record.adminQueue))
      ? this.#unaddressed(record)
      : broken
  }

  /** Returns a message as the backend gets it, with its body encoded, and with the time limits of its transaction. */
  #propertiesOf(given: Message<Body>, index: number, record: OutgoingRecord): OutgoingRecord | Refusal {
    const { span, transaction } = this.#request
    if (!isReadable(given)) return new Refusal({ index, ...faultOf(given) })
    if (span !== undefined && given.headers !== undefined) linkTo(span, given.headers)
    const message = given instanceof IncomingMessage ? copyOf<Body>(given) : given
    const properties = this.#writeInto(record, message, index)
    if (properties instanceof Refusal || typeof transaction === "string") return properties
    for (const field of ["timeToReachQueue", "timeToBeReceived"] as const) {
      const limit = properties[field]
      const asked = message[field]
      // The limits of the transaction take the place of a default.
      const isInherited = asked === undefined || (limit === null && transaction.timeLimits[field] === null)
      if (isInherited || isTimeLeft(message, field, asked)) continue
      return new Refusal({
        index,
        field,
        rule: transactionRule,
        actual: limit === null ? "without a limit" : `${limit} seconds`
      })
    }
    properties.timeToReachQueue = transaction.timeLimits.timeToReachQueue
    properties.timeToBeReceived = transaction.timeLimits.timeToBeReceived
    return properties
  }

  /** Writes a message into a record, with the defaults, and with what its codec makes of the body. */
  #writeInto(record: OutgoingRecord, message: Message<Body>, index: number): OutgoingRecord | Refusal {
    const { sender, trace } = this.#request
    const { codec, defaults } = sender
    const { body } = message
    // Nearly every message has a body, and needs no search for another field.
    if (body === undefined && hasOnlyUnknown(message)) return new Refusal({ index, ...faultOf(message) })
    let { extension, headers } = message
    if (defaults !== undefined && headers === undefined && extension === undefined) {
      headers = defaults.headers
      extension = defaults.extension
    }
    const encoded =
      body === undefined
        ? defaults?.encoded
        : codec === undefined
          ? undefined
          : this.#encode(body, codec, message, index)
    if (encoded === undefined) {
      const carried = extensionOf(headers, extension, index, trace)
      if (carried instanceof Refusal) return carried
      return defaults === undefined
        ? propertiesOf(message, index, body, 0, carried, record)
        : propertiesOf(message, index, body, defaults.bodyType ?? 0, carried, record, defaults.fields)
    }
    if (encoded instanceof Refusal) return encoded
    const by = setsFields(encoded) ? { encoded, codec: codec?.name ?? "", index } : undefined
    const given = by === undefined ? undefined : withCodecFields({ headers, extension }, by)
    if (given instanceof Refusal) return given
    const carried =
      given === undefined
        ? extensionOf(headers, extension, index, trace)
        : extensionOf(given.headers, given.extension, index, trace)
    if (carried instanceof Refusal) return carried
    const bodyType = defaults?.bodyType ?? encoded.bodyType
    const properties = propertiesOf(message, index, encoded.body, bodyType, carried, record, defaults?.fields)
    return by === undefined || properties instanceof Refusal ? properties : (setLabel(properties, by) ?? properties)
  }

  /** Encodes a body, or returns the refusal of the message. */
  #encode(body: Body, codec: MessageBody<Body, unknown>, message: Message<Body>, index: number): EncodedBody | Refusal {
    if (NotRead.is(body)) return refusalOfNotRead(body, index, "body")
    this.#encodes = true
    const result = encodeWith(codec, body, message)
    this.#encodes = false
    return Result.isSuccess(result)
      ? result.success
      : new Refusal({ index, field: "body", rule: `as ${codec.name} ${result.failure}`, actual: describeValue(body) })
  }

  #sendSlice(fiber: Fiber.Fiber<unknown, unknown>, chunk: Chunk<Body>): Effect.Effect<void, MsmqError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#gatedCall(chunk.slice, restore), (outcome) => {
        const error = this.#countSlice(chunk, outcome, fiber.context)
        return error === undefined ? Effect.void : Effect.fail(error)
      })
    )
  }

  #gatedCall(slice: ReadonlyArray<OutgoingProperties>, restore: Interruptible): Effect.Effect<SendOutcome, MsmqError> {
    const { gate } = this.#request
    if (gate === undefined) return this.#call(slice, restore)
    gate.close()
    return this.#call(slice, (effect) => restore(gate.untilAborted(effect)))
  }

  #call(slice: ReadonlyArray<OutgoingProperties>, interruptible: Interruptible): Effect.Effect<SendOutcome, MsmqError> {
    const { parameters } = this.#request
    return parameters === undefined
      ? this.#callWithHandles(slice, interruptible)
      : this.#callWith(slice, interruptible, parameters)
  }

  /** Calls the backend with the handles of the security context and the transaction. */
  #callWithHandles(
    slice: ReadonlyArray<OutgoingProperties>,
    interruptible: Interruptible
  ): Effect.Effect<SendOutcome, MsmqError> {
    const { messageIds, operation, options, transaction } = this.#request
    const { securityContext } = options
    const callWith = (context: SecurityContextHandle | null, argument: TransactionArgument) =>
      this.#callWith(slice, interruptible, parametersOf(options, messageIds, context, argument))
    const sign = (argument: TransactionArgument): Effect.Effect<SendOutcome, MsmqError> =>
      securityContext === undefined
        ? callWith(null, argument)
        : OwnedHandle.call(securityContext[OwnedHandle.symbol], operation, (context) => callWith(context, argument))
    const call =
      typeof transaction === "string"
        ? sign(transaction)
        : OwnedHandle.call(transaction[OwnedHandle.symbol], operation, sign)
    return Effect.mapError(call, (released) => this.#error(released.reason))
  }

  /** Calls the backend. */
  #callWith(
    slice: ReadonlyArray<OutgoingProperties>,
    interruptible: Interruptible,
    parameters: SendParameters
  ): Effect.Effect<SendOutcome> {
    const { handle, mqrt } = this.#request.sender
    try {
      return mqrt.sendMessages(handle.native, slice, parameters, this.#interrupted ? undefined : interruptible)
    } catch (defect) {
      // Effect would end the fiber as well, but before the use of the handles ends.
      return Effect.die(defect)
    }
  }

  /** Counts the messages of a slice that were accepted, and keeps the others. Returns the error that ends the batch, if there is one. */
  #countSlice(chunk: Chunk<Body>, outcome: SendOutcome, context: Context.Context<never>): MsmqError | undefined {
    const { sizes, slice } = chunk
    const { accepted, messageIds } = outcome
    let bytes = 0
    for (let index = 0; index < accepted; index++) bytes += sizes[index]!
    if (messageIds !== null) this.#messageIds?.push(...messageIds)
    const isAll = accepted === slice.length
    const error = this.#count(outcome, isAll, bytes, context)
    if (error !== undefined) return error
    chunk.slice = isAll ? none : slice.slice(accepted)
    if (!isAll) chunk.sizes = sizes.slice(accepted)
    return undefined
  }

  /** Counts messages that were accepted. Returns the error that ends the batch; `undefined` where it goes on. */
  #count(
    { accepted, failure }: SendOutcome,
    isAll: boolean,
    bytes: number,
    context: Context.Context<never>
  ): MsmqError | undefined {
    const { observer, operation, sender, span } = this.#request
    this.#bytes += bytes
    this.#accepted += accepted
    this.#slices++
    if (accepted > 0) sender.handle.node.hasServed = true
    const error = failure === null ? undefined : this.#error(reasonOf(failure))
    if (error !== undefined) OwnedHandle.noteFailure(sender.handle, sender.handle.native, error)
    const again = error !== undefined && !this.#reopened && OwnedHandle.isLoss(error)
    observer.sent(context, accepted, bytes, again ? undefined : error?.reason)
    if (span !== undefined) describeSent(span, operation, this.report)
    const failed = this.#callOnProgress()
    if (error !== undefined && !again) return error
    if (failed !== undefined) return this.#error(failed)
    if (isAll) return undefined
    // The other messages were not accepted.
    if (again) {
      // The next use reopens the handle and sends them.
      this.#reopened = true
      this.#use.end()
    } else this.#interrupted = true
    return undefined
  }

  #error(reason: Reason): MsmqError {
    const { operation, sender } = this.#request
    const progress = { accepted: this.#accepted }
    const cause = reason._tag === "SourceFailed" ? { cause: reason.cause } : undefined
    return (this.#lastError = operation.error(reason, { queue: sender.queue, progress, ...cause }))
  }
}

/** Returns a function that calls `onProgress` as the program would, and logs rejections of the promises that it returns. */
const onProgressIn = (
  fiber: Fiber.Fiber<unknown, unknown>,
  onProgress: (report: SendReport) => void
): ((report: SendReport) => void) => {
  const callProgram = fiber.getRef(CallProgram)
  return logRejectionsOf("onProgress failed", (report) => callProgram(() => onProgress(report)), fiber.context)
}

const none: ReadonlyArray<never> = []

const refusalOfLost = ([field, bytes]: FieldOfBytes, index: number): Refusal =>
  new Refusal({ index, field, ...bytesViolation(bytes) })

const chunkOf = <Body>(messages: ReadonlyArray<Message<Body>>): Chunk<Body> => ({
  messages,
  next: 0,
  count: undefined,
  slice: none,
  sizes: [],
  large: undefined,
  stop: undefined,
  unaddressed: undefined
})

/** Returns the chunk of one message that was read, and is not yet accepted. */
const restOf = <Body>(message: Message<Body>, slice: ReadonlyArray<OutgoingProperties>, size: number): Chunk<Body> => ({
  messages: [message],
  next: 1,
  count: 1,
  slice,
  sizes: [size],
  large: undefined,
  stop: undefined,
  unaddressed: undefined
})

/** Returns the chunk of one message that was read, and whose body has to be stored first. */
const largeOf = <Body>(message: Message<Body>, record: OutgoingRecord): Chunk<Body> => ({
  ...restOf(message, none, 0),
  large: record
})

/** Returns `true` once all messages of a chunk were accepted. */
const isSent = ({ count, large, next, slice, unaddressed }: Chunk<unknown>): boolean =>
  next === count && slice.length === 0 && large === undefined && unaddressed === undefined

/** Returns the defect of a source that only died. In a sink it is wrapped, as all failures are. */
const defectOf = (cause: Cause.Cause<unknown>): { readonly value: unknown } | undefined => {
  if (!cause.reasons.every(Cause.isDieReason)) return undefined
  const [defect] = cause.reasons.filter(Cause.isDieReason).map((reason) => reason.defect)
  return Cause.isDone(defect) && Cause.isCause(defect.value) ? defectOf(defect.value) : { value: defect }
}
