import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import type * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import type { Message } from "../../Message.ts"
import type {
  OutgoingProperties,
  SendOutcome,
  SendParameters,
  TransactionArgument
} from "../../mqrt/MessageProperties.ts"
import type { Interruptible, QueueHandle, SecurityContextHandle } from "../../Mqrt.ts"
import type { Reason, SourceFailed } from "../../MsmqError.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import type { SendReport } from "./SendOptions.ts"
import { bytesViolation } from "../bytes.ts"
import { describeValue } from "../errors/describeValue.ts"
import * as claimCheck from "../bodies/claimCheck.ts"
import type { Chunk } from "./Chunk.ts"
import { chunkOf, isSent, largeOf, none, restOf } from "./Chunk.ts"
import type { OutgoingRecord } from "./outgoing.ts"
import { Refusal, ReusedRecord, violation } from "./outgoing.ts"
import { CodecFailure, isLarge, readInto, Unaddressed, unaddressedIn } from "./readOutgoing.ts"
import { twoSignersRule } from "./senderDefaults.ts"
import type { Given, PlainSettings, SendSettings } from "./SendSettings.ts"
import { parametersOf, placeOf, settingsOf } from "./SendSettings.ts"
import type { FieldOfBytes } from "./lostBytes.ts"
import { lostField } from "./lostBytes.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Observation } from "../telemetry/telemetry.ts"
import { describeSent } from "../telemetry/telemetry.ts"
import type { Reading, Source } from "./sources.ts"
import { addressRule, QueueAddresses } from "../names/QueueAddresses.ts"
import { errorOf } from "../options/illegalOption.ts"
import { checkParticipation, checkSigner, isParticipationWord } from "../options/owned.ts"
import * as AtOnce from "../../mqrt/AtOnce.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import { mayYield, unbroken } from "./unbroken.ts"

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

/** Messages that one caller sends to one queue. Counts the accepted ones, and yields between slices. */
export class Batch<Body> {
  readonly #settings: SendSettings<Body>
  readonly #use: OwnedHandle.IntermittentUse
  readonly #messageIds: Array<string> | undefined
  /** Records of the messages of a slice. All slices share them: new ones for each would take a tenth of a batch's time. */
  #records: Array<ReusedRecord> | undefined
  #accepted = 0
  #bytes = 0
  #slices = 0
  #reopened = false
  /** `true` once a slice was interrupted. If the batch goes on, its caller cannot be interrupted. */
  #interrupted = false
  #lastError: MsmqError | undefined

  private constructor(settings: SendSettings<Body>) {
    this.#settings = settings
    this.#messageIds = settings.messageIds ? [] : undefined
    this.#use = new OwnedHandle.IntermittentUse(settings.handles, settings.operation)
  }

  /**
   * Makes a batch in the fiber that sends it. Returns the error where nothing can be sent to this queue with these options, before
   * it reads a message.
   */
  static begin<Body>(fiber: Fiber.Fiber<unknown, unknown>, given: Given<Body>): Batch<Body> | MsmqError {
    const { gate, transaction: current } = placeOf(fiber.context)
    const { operation, options, sender } = given
    const transaction = options.transaction ?? current
    const illegal =
      checkParticipation(transaction, sender.handle) ?? checkSigner(options.securityContext, sender.handle)
    if (illegal !== undefined) return errorOf({ operation, queue: sender.queue }, illegal)
    const batch = new Batch(settingsOf(fiber, given, transaction, gate))
    return batch.#refusal() ?? batch
  }

  /** Makes a batch as {@link begin} does, for one message that is given without options and has no span. */
  static beginPlain<Body>(
    fiber: Fiber.Fiber<unknown, unknown>,
    given: Given<Body>,
    plain: PlainSettings<Body>
  ): Batch<Body> | MsmqError {
    const { gate, transaction } = placeOf(fiber.context)
    if (gate !== undefined || !isParticipationWord(transaction)) return Batch.begin(fiber, given)
    const batch = new Batch((plain[transaction] ??= settingsOf(fiber, given, transaction, undefined)))
    return batch.#refusal() ?? batch
  }

  /** Error of a batch that is refused before it reads a message. */
  #refusal(): MsmqError | undefined {
    const { options, sender } = this.#settings
    // A reopened handle may be open on another queue of that name, so the check waits for the reopening.
    const mismatch = sender.handle.node.needsReopen ? undefined : this.#mismatch()
    if (mismatch !== undefined) return this.#error(mismatch)
    if (options.securityContext !== undefined && options.senderCertificate !== undefined) return this.#error(twoSigners)
    return this.#released()
  }

  /** Error of a batch one of whose handles was closed. */
  #released(): MsmqError | undefined {
    const refusal = this.#use.isOpen ? undefined : this.#use.refusal
    return refusal && this.#error(refusal.reason)
  }

  /** Reason for refusing a send that would be dropped on arrival. The kind is that of the queue that is open now. */
  #mismatch(): Reason | undefined {
    const { sender, transaction } = this.#settings
    const { transactional } = sender.kind
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
    this.#settings.gate?.open()
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
    const record = new ReusedRecord()
    const refused = this.#readOne(message, record)
    if (refused instanceof Unaddressed) {
      return observation.untilEnd(this.#sendRest({ ...restOf(message, none, 0), unaddressed: refused }))
    }
    if (refused !== undefined) return observation.end(Exit.fail(this.#error(refused)))
    const slice = [record]
    const { length } = record.body
    if (isLarge(this.#settings, record)) return observation.untilEnd(this.#sendRest(largeOf(message, record)))
    const attempted = this.#attempt(slice, fiber)
    if (attempted !== undefined) {
      if (!("accepted" in attempted)) return observation.end(attempted)
      const error = this.#count(
        attempted,
        attempted.accepted === 1,
        attempted.accepted === 1 ? length : 0,
        fiber.context
      )
      this.#use.end()
      if (error !== undefined) return observation.end(Exit.fail(error))
      return attempted.accepted === 1
        ? observation.end(Exit.succeed(attempted.messageIds?.[0] ?? ""))
        : observation.untilEnd(this.#sendRest(restOf(message, slice, length)))
    }
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

  /**
   * Sends a slice without a step of the fiber, where the backend can and no other handle is used. The use of the sender then goes on;
   * otherwise nothing was done. Returns the exit of a call that threw, whose use has ended.
   */
  #attempt(
    slice: ReadonlyArray<OutgoingProperties>,
    fiber: Fiber.Fiber<unknown, unknown>
  ): SendOutcome | Exit.Exit<never> | undefined {
    const { gate, parameters } = this.#settings
    if (parameters === undefined || !this.#use.beginUnsafe()) return undefined
    gate?.close()
    try {
      const outcome = AtOnce.attemptOf(this.#callWith(slice, identity, parameters))?.(fiber)
      if (outcome === undefined || !("accepted" in outcome)) this.#use.end()
      return outcome
    } catch (defect) {
      this.#use.end()
      return Exit.die(defect)
    }
  }

  /** Sends one message. Returns its id. */
  send(message: Message<Body>): Effect.Effect<string, MsmqError> {
    return this.#sendRest(chunkOf([message]))
  }

  #sendRest(chunk: Chunk<Body>): Effect.Effect<string, MsmqError> {
    return this.#untilClosing(
      this.#endingUse(Effect.map(this.#sendChunk(chunk), () => this.#firstId())),
      this.#settings.store !== undefined
    )
  }

  /** Ends an effect that waits for something else with `Released` when a closing of a handle begins during the wait. */
  #untilClosing<A, E, R>(effect: Effect.Effect<A, E, R>, waits: boolean): Effect.Effect<A, E | MsmqError, R> {
    return waits ? this.#use.untilClosing(effect, (refusal) => this.#error(refusal.reason)) : effect
  }

  #firstId(): string {
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
      const run = this.#untilClosing(loop, source.waits || this.#settings.store !== undefined)
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
        const released = this.#released()
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
    if (this.#settings.sender.handle.node.reopening !== undefined) this.#use.end()
    if (!this.#use.isRunning && !this.#use.beginUnsafe()) return this.#beginUse()
    const mismatch = this.#mismatch()
    if (mismatch !== undefined) return Effect.fail(this.#error(mismatch))
    if (chunk.stop === undefined || chunk.slice.length > 0) this.#letAbort()
    const { large, slice } = chunk
    if (this.#settings.store !== undefined && large !== undefined && slice.length === 0) {
      return this.#putLarge(chunk, large, this.#settings.store)
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
    const { operation, sender } = this.#settings
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
        chunk.unaddressed = unaddressedIn(sender.mqrt, record)
        if (chunk.unaddressed !== undefined) return
        if (isLarge(this.#settings, record)) {
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

  /** Reads the only message into a record. Returns the reason why it cannot be sent, or not yet, if there is one. */
  #readOne(given: Message<Body>, record: ReusedRecord): Reason | Unaddressed | undefined {
    try {
      const broken = readInto(this.#settings, record, given, 0)
      const lost = broken === undefined ? lostField(record) : undefined
      return lost === undefined ? broken : refusalOfLost(lost, 0).reason
    } catch (cause) {
      return this.#thrownBy("message", cause, 0)
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
    const first = this.#accepted
    let { next } = chunk
    let read = 0
    let bytes = 0
    let part: SourceFailed["part"] = "messages"
    const { store } = this.#settings
    const records = (this.#records ??= [])
    try {
      const count = (chunk.count = Math.min(chunk.count ?? Infinity, messages.length))
      while (next < count && read < sliceMessages && bytes < sliceBytes) {
        part = "messages"
        const given = messages[next]!
        part = "message"
        const record = (records[read] ??= new ReusedRecord())
        const broken = readInto(this.#settings, record, given, first + read)
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
        sizes[read++] = length
        bytes += length
        next++
      }
    } catch (cause) {
      chunk.stop = this.#thrownBy(part, cause, first + read)
    }
    chunk.next = next
    chunk.slice = records.slice(0, read)
  }

  /** Returns the reason of a read that threw, in the codec or in another part. */
  #thrownBy(part: SourceFailed["part"], cause: unknown, index: number): SourceFailed {
    return cause instanceof CodecFailure ? this.#thrown("codec", cause.cause, index) : this.#thrown(part, cause, index)
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
    if (this.#settings.onProgress === undefined) return effect
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
      this.#settings.onProgress?.(this.report)
      return undefined
    } catch (cause) {
      return this.#thrown("onProgress", cause)
    }
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
    const { gate } = this.#settings
    if (gate === undefined) return this.#call(slice, restore)
    gate.close()
    return this.#call(slice, (effect) => restore(gate.untilAborted(effect)))
  }

  #call(slice: ReadonlyArray<OutgoingProperties>, interruptible: Interruptible): Effect.Effect<SendOutcome, MsmqError> {
    const { parameters } = this.#settings
    return parameters === undefined
      ? this.#callWithHandles(slice, interruptible)
      : this.#callWith(slice, interruptible, parameters)
  }

  /** Calls the backend with the handles of the security context and the transaction. */
  #callWithHandles(
    slice: ReadonlyArray<OutgoingProperties>,
    interruptible: Interruptible
  ): Effect.Effect<SendOutcome, MsmqError> {
    const { messageIds, operation, options, transaction } = this.#settings
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
    const { handle, mqrt } = this.#settings.sender
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
    const { observer, operation, sender, span } = this.#settings
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
    const { operation, sender } = this.#settings
    const progress = { accepted: this.#accepted }
    const cause = reason._tag === "SourceFailed" ? { cause: reason.cause } : undefined
    return (this.#lastError = operation.error(reason, { queue: sender.queue, progress, ...cause }))
  }
}

const refusalOfLost = ([field, bytes]: FieldOfBytes, index: number): Refusal =>
  new Refusal({ index, field, ...bytesViolation(bytes) })

/** Returns the defect of a source that only died. In a sink it is wrapped, as all failures are. */
const defectOf = (cause: Cause.Cause<unknown>): { readonly value: unknown } | undefined => {
  if (!cause.reasons.every(Cause.isDieReason)) return undefined
  const [defect] = cause.reasons.filter(Cause.isDieReason).map((reason) => reason.defect)
  return Cause.isDone(defect) && Cause.isCause(defect.value) ? defectOf(defect.value) : { value: defect }
}
