/** Settings of a send, which all of its slices share. */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import type * as Tracer from "effect/Tracer"
import type { SendParameters, TransactionArgument } from "../../mqrt/MessageProperties.ts"
import type { Mqrt, QueueHandle, SecurityContextHandle } from "../../Mqrt.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import * as Transaction from "../../Transaction.ts"
import type { BodyStore } from "../bodies/claimCheck.ts"
import { bodyStore } from "../bodies/claimCheck.ts"
import type { MessageBody } from "../bodies/Codec.ts"
import { logRejectionsOf } from "../options/handlers.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { AbortGate } from "../promises/AbortGate.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
import { CallProgram } from "../promises/CallProgram.ts"
import type { CurrentKind } from "../queues/opening.ts"
import type { Operation } from "../telemetry/Operation.ts"
import type { Observer, TraceHeaders } from "../telemetry/telemetry.ts"
import { traceOf } from "../telemetry/telemetry.ts"
import type { SendAllOptions, SendReport } from "./SendOptions.ts"
import type { Defaults } from "./senderDefaults.ts"

/** Backend, handle and codec that a sender works with, and the name and kind of its queue. */
export interface SenderState<Body> {
  /** Backend of the sender. */
  readonly mqrt: Mqrt["Service"]
  /** Handle of the queue. */
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  /** Name that the queue was opened with. */
  readonly queue: string
  /** Kind of the queue that is open now. */
  readonly kind: CurrentKind
  /** Codec of the bodies; `undefined` where they are bytes. */
  readonly codec: MessageBody<Body, unknown> | undefined
  /** Defaults of its messages and sends; `undefined` for those of Message Queuing. */
  readonly defaults: Defaults | undefined
}

/** Sender, options and context of one send, which all of its slices share. */
export interface SendSettings<Body> {
  readonly sender: SenderState<Body>
  /** Handles of the sender, the security context and the transaction. */
  readonly handles: ReadonlyArray<OwnedHandle.OwnedHandle<unknown>>
  readonly operation: Operation
  readonly options: SendAllOptions
  /** `true` for a report with the ids of the messages. */
  readonly messageIds: boolean
  /** Transaction that the send takes part in. */
  readonly transaction: Transaction.Participation
  readonly observer: Observer
  /** Span of the send; `undefined` where no tracer would see it. */
  readonly span: Tracer.Span | undefined
  /** Trace context for every message that has none of its own; `undefined` for none. */
  readonly trace: TraceHeaders | undefined
  /** Gate for the abort of a promise; `undefined` outside of one. */
  readonly gate: AbortGate | undefined
  /** Option of that name. The rejection of a promise that it returns is logged. */
  readonly onProgress: SendAllOptions["onProgress"]
  /** Store of large bodies; `undefined` where the sender's codec has none. */
  readonly store: BodyStore | undefined
  /** Parameters of each call that signs with no context and takes part in no transaction that was begun; otherwise `undefined`. */
  readonly parameters: SendParameters | undefined
}

/** Settings of sends of one message without options, outside of any transaction or in one of its own. A sender makes each once. */
export type PlainSettings<Body> = { [Word in "none" | "singleMessage"]?: SendSettings<Body> }

/** Options of a send, and what is given with them. */
export interface Given<Body> extends Pick<
  SendSettings<Body>,
  "messageIds" | "observer" | "operation" | "options" | "sender" | "span"
> {}

/** Makes the settings of a send in the fiber that sends. */
export const settingsOf = <Body>(
  fiber: Fiber.Fiber<unknown, unknown>,
  given: Given<Body>,
  transaction: Transaction.Participation,
  gate: AbortGate | undefined
): SendSettings<Body> => {
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
    store: sender.codec?.[bodyStore],
    onProgress: onProgress && onProgressIn(fiber, onProgress),
    parameters:
      typeof transaction === "string" && securityContext === undefined
        ? parametersOf(options, messageIds, null, transaction)
        : undefined
  }
}

/** Returns the parameters of a call with the handles of the security context and the transaction. */
export const parametersOf = (
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

/** Returns a function that calls `onProgress` as the program would, and logs rejections of the promises that it returns. */
const onProgressIn = (
  fiber: Fiber.Fiber<unknown, unknown>,
  onProgress: (report: SendReport) => void
): ((report: SendReport) => void) => {
  const callProgram = fiber.getRef(CallProgram)
  return logRejectionsOf("onProgress failed", (report) => callProgram(() => onProgress(report)), fiber.context)
}

/** Returns the transaction of a context, and the gate of its promise. */
export const placeOf = EventLoopTurn.readOnce((context) => ({
  transaction: Context.get(context, Transaction.Current),
  gate: Context.get(context, CurrentAbortGate)
}))
