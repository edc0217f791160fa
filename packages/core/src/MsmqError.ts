/**
 * The one error of the SDK, with a tagged reason: a code of Message Queuing, or a rule that the SDK itself upholds.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import { inspect, type InspectOptions } from "node:util"
import type { ErrorCodeName } from "./ErrorCode.ts"
import * as ErrorCode from "./ErrorCode.ts"
import { countOf } from "./internal/errors/describeValue.ts"
import { causes } from "./internal/errors/errorCauses.ts"
import { meanings } from "./internal/errors/errorMeanings.ts"
import type { Outlook } from "./internal/errors/errorOutlook.ts"
import { outlooks } from "./internal/errors/errorOutlook.ts"
import { failureText, thrownText } from "./internal/errors/thrownText.ts"
import { jsonOf } from "./internal/json.ts"
import { printable, printableInspection, printableLines } from "./internal/printable.ts"
import type { ReceivedMessage } from "./Message.ts"

type PascalCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Capitalize<Lowercase<Head>>}${PascalCase<Tail>}`
  : Capitalize<Lowercase<S>>

/**
 * The tag of the reason that stands for an error code: `MQ_ERROR_QUEUE_NOT_FOUND` is `"QueueNotFound"`; `MQ_ERROR`
 * itself, which says nothing, is `"Unspecific"`.
 *
 * @category models
 * @since 0.1.0
 */
export type CodeTag<Name extends ErrorCodeName = ErrorCodeName> = Name extends `MQ_ERROR_${infer Rest}`
  ? PascalCase<Rest>
  : Name extends "MQ_ERROR"
    ? "Unspecific"
    : Name extends `MQ_${infer Rest}`
      ? PascalCase<Rest>
      : never

/**
 * A function of `mqrt.dll` returned an error code.
 *
 * @category models
 * @since 0.1.0
 */
export type CodeReason = {
  readonly [Name in ErrorCodeName]: {
    readonly _tag: CodeTag<Name>
    /** HRESULT, unsigned. */
    readonly code: number
    /** Name of the code in `mq.h`. */
    readonly name: Name
    /** Name of the function that returned it. */
    readonly function: string
    /** Properties that were refused, each with the name of its own code, for `MQ_ERROR_PROPERTY`; otherwise empty. */
    readonly properties: ReadonlyArray<{ readonly property: string; readonly status: string }>
    /** Likely causes, commonest first, where the code stands for many; otherwise empty. */
    readonly causes: ReadonlyArray<string>
  }
}[ErrorCodeName]

/**
 * A function returned a code that `mq.h` does not know.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownCode {
  readonly _tag: "UnknownCode"
  /** HRESULT, unsigned. */
  readonly code: number
  /** Name of the function that returned it. */
  readonly function: string
}

/**
 * Something was used after it was closed. No function of `mqrt.dll` was called.
 *
 * @category models
 * @since 0.1.0
 */
export interface Released {
  readonly _tag: "Released"
  /** Kind and name of what was used. */
  readonly resource: string
  /** Stack of its opening. */
  readonly openedAt: string
  /** Stack of its release. */
  readonly releasedAt: string
}

/**
 * A message that Message Queuing would refuse, cut or lose was refused before any call.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalMessage {
  readonly _tag: "IllegalMessage"
  /** Place of the message in the batch, from 0. */
  readonly index: number
  /** Name of the field at fault. */
  readonly field: string
  /** Rule for the field, with its limit. */
  readonly rule: string
  /** Value that was given, in words. */
  readonly actual: string
}

/**
 * A function or a property of the program threw while a send used it. The messages before it are sent; the error's
 * `progress` says how many.
 *
 * @category models
 * @since 0.1.0
 */
export interface SourceFailed {
  readonly _tag: "SourceFailed"
  /**
   * Part that threw: `"messages"`, the iteration or stream that brings the messages; `"message"`, a getter of a message;
   * `"codec"`, the `encode` of the sender's codec; `"onProgress"`, the option of that name; `"copy"`, the function of that
   * name in a policy for poison messages.
   */
  readonly part: "messages" | "message" | "codec" | "onProgress" | "copy"
  /** Place in the batch, from 0, of the first message that was not accepted. */
  readonly index: number
  /** The value that was thrown, as it is: mostly an `Error`. */
  readonly cause: unknown
}

/**
 * A path name or format name outside the grammar.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalName {
  readonly _tag: "IllegalName"
  /** Text that was given. */
  readonly input: string
  /** Place in the text where it stops making sense, from 0. */
  readonly position: number
  /** Rule that the text breaks. */
  readonly rule: string
}

/**
 * A text that is not a security descriptor, or a SID, in the security descriptor definition language.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalSddl {
  readonly _tag: "IllegalSddl"
  /** Text that was given. */
  readonly input: string
  /** Place in the text where it stops making sense, from 0. */
  readonly position: number
  /** Rule that the text breaks. */
  readonly rule: string
}

/**
 * Bytes that are not a security descriptor, or a security descriptor of which there is no text.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnreadableSecurityDescriptor {
  readonly _tag: "UnreadableSecurityDescriptor"
  /** Rule that the bytes or the descriptor break. */
  readonly rule: string
}

/**
 * Bytes or text that are not one X.509 certificate. The bytes themselves are not kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotACertificate {
  readonly _tag: "NotACertificate"
  /** Rule that the bytes or the text break. */
  readonly rule: string
}

/**
 * A plain send to a transactional queue, or the reverse. Message Queuing would accept it and drop it later
 * (behaviours F-08, F-09), so it was refused.
 *
 * @category models
 * @since 0.1.0
 */
export interface TransactionMismatch {
  readonly _tag: "TransactionMismatch"
  /** Kind of the queue: `true` if it is transactional. */
  readonly queueIsTransactional: boolean
}

/**
 * A transaction was aborted before it was committed, and its work was otherwise done. What was sent in it was never
 * sent; what was received in it is back in its queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface TransactionAborted {
  readonly _tag: "TransactionAborted"
  /**
   * Origin of the abort: `"abort"`, the program aborted it; `"scope"`, the scope that it was begun in closed;
   * `"connection"`, its connection, or the backend's layer, closed.
   */
  readonly by: "abort" | "scope" | "connection"
  /** Stack of its beginning. */
  readonly beganAt: string
  /** Stack of what aborted it. */
  readonly abortedAt: string
}

/**
 * A body that the receiver's codec cannot read.
 *
 * @category models
 * @since 0.1.0
 */
export interface UndecodableBody {
  readonly _tag: "UndecodableBody"
  /** Name of the codec, such as `"JSON"`. */
  readonly codec: string
  /** Fault of the body. */
  readonly rule: string
  /** Message as it came, with its bytes. One that was received outside a transaction is nowhere else. */
  readonly message: ReceivedMessage
}

/**
 * A message that `consume` could not handle, after the last attempt, and that its policy sends nowhere else.
 *
 * @category models
 * @since 0.1.0
 */
export interface PoisonMessage {
  readonly _tag: "PoisonMessage"
  /** Message as it came, with its bytes. */
  readonly message: ReceivedMessage
  /** Number of attempts, those before this process included. */
  readonly attempts: number
  /** Failure of the last attempt, or of the reading of the body. */
  readonly cause: Cause.Cause<unknown>
  /**
   * Place of the message: `"queue"`, it is still in the queue; `"deadLetterQueue"`, its copy did not arrive in the
   * queue for poison, and is a dead letter; `"nowhere"`, it is in this error alone, since it had been taken from a
   * queue that takes nothing back, and could not be sent on.
   */
  readonly kept: "queue" | "deadLetterQueue" | "nowhere"
}

/**
 * A copy of a message, which `consume` sends to its queue for poison, did not arrive there, or would be dropped
 * there.
 *
 * @category models
 * @since 0.1.0
 */
export interface CopyNotArrived {
  readonly _tag: "CopyNotArrived"
  /**
   * Cause, as `PROPID_M_CLASS` of an acknowledgment has it, such as `0x8003` for a full queue; `undefined` where no
   * acknowledgment came in time.
   */
  readonly class: number | undefined
  /** Cause in words, and the remedy. */
  readonly rule: string
  /** Place of the copy; `"unknown"` where it is on its way, has arrived without an acknowledgment, or is nowhere. */
  readonly copy: "nowhere" | "deadLetterQueue" | "unknown"
}

/**
 * An option or an argument that does not exist, or whose value is not allowed, was refused before anything was done.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalOption {
  readonly _tag: "IllegalOption"
  /** Path of the option, such as `"provider.type"`, or name of the argument, such as `"queue"`. */
  readonly option: string
  /** Values that are allowed; for an option that does not exist, the options that do. */
  readonly rule: string
  /** Value that was given, in words; secrets and bytes are described, not shown. */
  readonly actual: string
  /** For an option that does not exist, the one that it resembles, or `null` where none does; left out otherwise. */
  readonly nearest?: string | null | undefined
}

/**
 * A policy that `consume` could not follow on its queue was refused before any message was taken. Each value of it is
 * legal by itself: one that is not is {@link IllegalOption}.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalPolicy {
  readonly _tag: "IllegalPolicy"
  /** Name of the field at fault. */
  readonly field: string
  /** Rule for the field, and the remedy. */
  readonly rule: string
  /** Value that was given, in words. */
  readonly actual: string
}

/**
 * There is no Message Queuing to talk to: its library could not be loaded.
 *
 * @category models
 * @since 0.1.0
 */
export interface MqrtUnavailable {
  readonly _tag: "MqrtUnavailable"
  /** Name of the library file. */
  readonly library: string
  /** System of this process, as Node names it. */
  readonly platform: string
  /** Message of the loader. */
  readonly cause: string
}

/**
 * This version of Windows has no such function: a later one is needed for what was asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface FunctionMissing {
  readonly _tag: "FunctionMissing"
  /** Name of the function. */
  readonly function: string
}

/**
 * Another user could not be logged on or impersonated.
 *
 * @category models
 * @since 0.1.0
 */
export interface ImpersonationFailed {
  readonly _tag: "ImpersonationFailed"
  /** `"LogonUserW"` or `"ImpersonateLoggedOnUser"`. */
  readonly function: string
  /** HRESULT of the Windows error, unsigned: `0x8007052E` for a wrong name or password. */
  readonly code: number
}

/**
 * Reasons of an error.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason =
  | CodeReason
  | UnknownCode
  | MqrtUnavailable
  | FunctionMissing
  | ImpersonationFailed
  | Released
  | IllegalMessage
  | SourceFailed
  | IllegalName
  | IllegalSddl
  | UnreadableSecurityDescriptor
  | NotACertificate
  | TransactionMismatch
  | TransactionAborted
  | UndecodableBody
  | PoisonMessage
  | IllegalOption
  | CopyNotArrived
  | IllegalPolicy

/**
 * Progress of a batch until it stopped.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  /** Number of messages that Message Queuing accepted: the first ones, in order, each once. */
  readonly accepted: number
}

const location = (stack: string): string => {
  const first = stack.split("\n").find((line) => line.trim().startsWith("at "))
  return first === undefined ? "" : ` (${first.trim()})`
}

/** Words for each way to abort a transaction: what happened, and the advice. */
const abortions: {
  readonly [By in TransactionAborted["by"]]: { readonly what: string; readonly advice: string }
} = {
  abort: {
    what: "the program called its abort",
    advice: "To roll back, let the effect or function fail with an error of its own instead"
  },
  scope: {
    what: "the scope that it was begun in closed",
    advice: "Commit it before that scope closes"
  },
  connection: {
    what: "its connection, or the backend's layer, closed",
    advice: "Run it again on an open connection, and close that after the transaction has ended"
  }
}

type OwnReason = Exclude<Reason, CodeReason>

const sentences: { readonly [Tag in OwnReason["_tag"]]: (reason: Extract<OwnReason, { _tag: Tag }>) => string } = {
  UnknownCode: (reason) =>
    `${reason.function} returned ${ErrorCode.format(reason.code)}, a code that Message Queuing does not document`,
  MqrtUnavailable: ({ cause, library, platform }) =>
    platform === "win32"
      ? `Message Queuing is not there: ${library} could not be loaded (${cause}). Enable the Windows feature, as ` +
        "administrator: Enable-WindowsOptionalFeature -Online -FeatureName MSMQ-Server -All"
      : `${library} could not be loaded (${cause}): Message Queuing is a part of Windows, and this is ${platform}. ` +
        "For tests, provide InMemoryMqrt.layer of @effect-msmq/testing",
  ImpersonationFailed: (reason) =>
    `${reason.function} returned ${ErrorCode.format(reason.code)}: the user could not be impersonated; check name, ` +
    "domain and password, and that this account may log others on",
  FunctionMissing: (reason) => `this version of Windows has no ${reason.function}: a later one is needed`,
  Released: (reason) =>
    `the ${reason.resource} is closed: it was released${location(reason.releasedAt)} before this use`,
  IllegalMessage: (reason) => `message ${reason.index}: ${reason.field} is ${reason.actual}, but ${reason.rule}`,
  SourceFailed: ({ cause, index, part }) => `${threw[part](index)}: ${thrownText(cause)}`,
  IllegalName: (reason) =>
    `"${printable(reason.input)}" is not a legal name: ${printable(reason.rule)} (position ${reason.position})`,
  IllegalSddl: (reason) =>
    `"${printable(reason.input)}" is not legal SDDL: ${reason.rule} (position ${reason.position})`,
  UnreadableSecurityDescriptor: (reason) => `a security descriptor that cannot be read: ${reason.rule}`,
  NotACertificate: (reason) => `not a certificate: ${reason.rule}`,
  TransactionMismatch: ({ queueIsTransactional }) =>
    queueIsTransactional
      ? "the queue is transactional and the message is not sent in a transaction: it would vanish on arrival. Send it in " +
        "one: with Effect in Transaction.run, or with Transaction.singleMessage; with promises in transaction(fn) and with the " +
        'option { transaction } that fn gets; in both with the option { transaction: "singleMessage" }'
      : "the queue is not transactional and takes no part in a transaction: use it outside of one, with Effect by " +
        'Transaction.outside, in both faces with the option { transaction: "none" }; or create the queue with ' +
        "{ transactional: true }",
  TransactionAborted: ({ abortedAt, by }) => {
    const { advice, what } = abortions[by]
    return (
      `the transaction was not committed: ${what}${location(abortedAt)}, which aborted it. What was sent in it was never ` +
      `sent, and what was received in it is back in its queue. ${advice}`
    )
  },
  UndecodableBody: ({ codec, message, rule }) =>
    `message ${message.messageId} has a body that is not ${codec} as it should be: ${printable(rule)} ` +
    `(${countOf(message.body.length, "byte")} of type ${message.bodyType}; the error's reason has the message)`,
  PoisonMessage: ({ attempts, cause, kept, message }) =>
    `message ${message.messageId} (lookup id ${message.lookupId}) could not be handled, after ` +
    `${countOf(attempts, "attempt")}: ${sentenceOf(cause)}. ${places[kept]}`,
  CopyNotArrived: ({ class: messageClass, copy, rule }) =>
    `the copy of a message did not arrive: ${rule}` +
    (messageClass === undefined ? "" : ` (class 0x${messageClass.toString(16).padStart(4, "0")})`) +
    (copy === "deadLetterQueue" ? ". The copy is in a dead-letter queue" : ""),
  IllegalOption: ({ actual, nearest, option, rule }) => {
    if (nearest === undefined) return `${option} is ${actual}, but ${rule}`
    const meant = nearest === null ? "." : `; did you mean "${nearest}"?`
    return `the option "${option}" does not exist${meant} ${rule}`
  },
  IllegalPolicy: ({ actual, field, rule }) => `the policy's ${field} is ${actual}, but ${rule}`
}

const threw: { readonly [Part in SourceFailed["part"]]: (index: number) => string } = {
  messages: (index) => `the source of the messages failed where message ${index} was to come`,
  message: (index) => `message ${index} could not be read, since one of its properties threw`,
  codec: (index) => `message ${index}: the codec threw instead of returning why it cannot encode the body`,
  onProgress: () => "the function onProgress threw, which ends the batch",
  copy: () => "the function copy of the policy for poison messages threw, so that there is no copy"
}

const places: { readonly [Kept in PoisonMessage["kept"]]: string } = {
  queue: "It is still in the queue, the first that is taken next time: set a policy for poison messages",
  deadLetterQueue: "It is no longer in the queue: its copy is in a dead-letter queue",
  nowhere: "It is no longer in the queue and could not be sent on: it is in the reason of this error and nowhere else"
}

const sentenceOf = (cause: Cause.Cause<unknown>): string => {
  const errors = cause.reasons.flatMap((one) =>
    one._tag === "Fail" ? [one.error] : one._tag === "Die" ? [one.defect] : []
  )
  const all = errors.length === 0 ? [Cause.squash(cause)] : errors
  return all.map(failureText).join("; and then: ")
}

const describe = (reason: Reason): string =>
  "name" in reason
    ? [
        `${reason.function} returned ${reason.name} (${ErrorCode.format(reason.code)}). ${meanings[reason.name]}`,
        ...reason.properties.map(({ property, status }) => `${property}: ${status}.`),
        ...(reason.causes.length > 0 ? [`Likely: ${reason.causes.join("; ")}.`] : [])
      ].join(" ")
    : (sentences[reason._tag] as (reason: Reason) => string)(reason)

const acceptance = (accepted: number): string => {
  if (accepted === 0) return "No message was accepted."
  return accepted === 1 ? "The first message was accepted." : `The first ${accepted} messages were accepted, in order.`
}

/**
 * The one error of the SDK.
 *
 * Neither the message nor any field ever holds key or certificate material.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = MessageQueue.openSender(".\\private$\\nowhere").pipe(
 *   Effect.scoped,
 *   Effect.as("found"),
 *   Effect.catchReason("MsmqError", "QueueNotFound", (reason) => Effect.succeed(reason.name))
 * )
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "MQ_ERROR_QUEUE_NOT_FOUND"
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class MsmqError extends Data.TaggedError("MsmqError")<{
  /** Function that the program called, such as `"Sender.sendAll"`. */
  readonly operation: string
  /** Tagged reason; match it with `Effect.catchReason("MsmqError", tag, ...)`. */
  readonly reason: Reason
  /** Queue, by the name that the program used, where there is one. */
  readonly queue?: string | undefined
  /** Computer that was asked, where it is another one than this. */
  readonly computer?: string | undefined
  /** Progress of a batch until it stopped. */
  readonly progress?: Progress | undefined
  /** The value that was thrown, where the reason is `SourceFailed`. */
  readonly cause?: unknown
}> {
  override get message(): string {
    const on = this.queue === undefined ? "" : ` on ${this.queue}`
    const at = this.computer === undefined ? "" : ` at ${this.computer}`
    const again = this.#again === undefined ? "" : ` The same call may succeed later: ${this.#again}.`
    const said = printableLines(`${this.operation}${on}${at}: ${describe(this.reason)}${again}`)
    if (this.progress === undefined) return said
    return `${said}${said.endsWith(".") ? "" : "."} ${acceptance(this.progress.accepted)}`
  }

  /**
   * Code of the error, as Node's own errors have one: the name in `mq.h`, such as `"MQ_ERROR_QUEUE_NOT_FOUND"`, or else the
   * tag of the reason, such as `"Released"`.
   *
   * @since 0.1.0
   */
  get code(): string {
    return "name" in this.reason ? this.reason.name : this.reason._tag
  }

  /**
   * `true` if the same call may succeed later: the message then says when. After `StaleHandle` and
   * `QueueDeleted` a sender or receiver opens its queue anew by itself; a cursor does not, as it ends with the handle.
   *
   * @since 0.1.0
   */
  get isRetryable(): boolean {
    return this.#again !== undefined
  }

  /**
   * Returns what logs keep of it: the sentence, the code, and all fields as JSON can show them.
   *
   * @since 0.1.0
   */
  override toJSON(): object {
    const { code, isRetryable, message } = this
    return { _tag: this._tag, message, code, isRetryable, ...(jsonOf({ ...this }) as object) }
  }
  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const frames = this.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? []
    const { _tag: _, ...fields } = this
    const shown = printableInspection(inspect(fields, options))
    return `${[`MsmqError: ${this.message}`, ...frames].join("\n")} ${shown}`
  }

  /** @internal Consequences of its code. */
  get outlook(): Outlook {
    return ("name" in this.reason ? outlooks[this.reason.name] : undefined) ?? {}
  }

  get #again(): string | undefined {
    const { again, outdates } = this.outlook
    return outdates !== undefined && this.operation.startsWith("Cursor.") ? undefined : again
  }
}

/** `HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND)`. */
const procedureNotFound = 0x8007_007f

const impersonating: ReadonlySet<string> = new Set(["LogonUserW", "ImpersonateLoggedOnUser"])

const tagOf = (name: ErrorCodeName): CodeTag =>
  (name === "MQ_ERROR"
    ? "Unspecific"
    : name
        .replace(/^MQ_(ERROR_)?/, "")
        .split("_")
        .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
        .join("")) as CodeTag

/**
 * Returns the reason for an error code that a backend reported.
 *
 * @category constructors
 * @since 0.1.0
 */
export const reasonOf = (failure: {
  readonly function: string
  readonly code: number
  readonly properties: ReadonlyArray<{ readonly property: string; readonly status: number }>
}): CodeReason | UnknownCode | FunctionMissing | ImpersonationFailed => {
  if (failure.code >>> 0 === procedureNotFound) return { _tag: "FunctionMissing", function: failure.function }
  if (impersonating.has(failure.function)) {
    return { _tag: "ImpersonationFailed", code: failure.code >>> 0, function: failure.function }
  }
  const name = ErrorCode.nameOf(failure.code)
  if (name === undefined) {
    return { _tag: "UnknownCode", code: failure.code >>> 0, function: failure.function }
  }
  return {
    _tag: tagOf(name),
    code: failure.code >>> 0,
    name,
    function: failure.function,
    properties: failure.properties.map(({ property, status }) => ({
      property,
      status: ErrorCode.nameOf(status) ?? ErrorCode.format(status)
    })),
    causes: causes[name] ?? []
  } as CodeReason
}
