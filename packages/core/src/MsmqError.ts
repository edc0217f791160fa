/**
 * Error of the SDK, with a tagged reason: a code of Message Queuing, or a rule of the SDK itself.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import { NodeInspectSymbol } from "effect/Inspectable"
import type { inspect, InspectOptions } from "node:util"
import type { ErrorCodeName } from "./ErrorCode.ts"
import * as ErrorCode from "./ErrorCode.ts"
import * as MessageClass from "./MessageClass.ts"
import { countOf, describeValue } from "./internal/errors/describeValue.ts"
import { causes } from "./internal/errors/errorCauses.ts"
import { meanings } from "./internal/errors/errorMeanings.ts"
import type { Outlook } from "./internal/errors/errorOutlook.ts"
import { gatewayOutlook, outlooks } from "./internal/errors/errorOutlook.ts"
import { failureText, thrownText } from "./internal/errors/thrownText.ts"
import { jsonOf } from "./internal/json.ts"
import type { Tagged } from "./internal/Tagged.ts"
import { printable, printableInspection, printableLines } from "./internal/printable.ts"
import type { ReceivedMessage } from "./Message.ts"
import { windowsMeanings } from "./internal/errors/windowsMeanings.ts"
import type { StoreLocation } from "./mqrt/CertificateProperties.ts"
import type { MqrtFailure } from "./mqrt/MqrtFailure.ts"

type PascalCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Capitalize<Lowercase<Head>>}${PascalCase<Tail>}`
  : Capitalize<Lowercase<S>>

/**
 * Tag of the reason for an error code: `"QueueNotFound"` for `MQ_ERROR_QUEUE_NOT_FOUND`, and `"Unspecific"` for `MQ_ERROR`.
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
 * Reason of an error where a function of `mqrt.dll` returned an error code.
 *
 * @category models
 * @since 0.1.0
 */
export type CodeReason = {
  readonly [Name in ErrorCodeName]: {
    /** Tag of the code, made from its name: `"QueueNotFound"` for `MQ_ERROR_QUEUE_NOT_FOUND`. */
    readonly _tag: CodeTag<Name>
    /** HRESULT, unsigned. */
    readonly code: number
    /** Name of the code in `mq.h`. */
    readonly name: Name
    /** Name of the function that returned it. */
    readonly function: string
    /** Properties that were refused, for `MQ_ERROR_PROPERTY`; otherwise empty. */
    readonly properties: ReadonlyArray<{
      /** Name of the property, such as `"PROPID_Q_LABEL"`. */
      readonly property: string
      /** Name of the code in its status, or the code in hexadecimal digits where `mq.h` does not know it. */
      readonly status: string
    }>
    /** Likely causes, commonest first, where the code stands for many; otherwise empty. */
    readonly causes: ReadonlyArray<string>
  }
}[ErrorCodeName]

/**
 * Reason of an error where a function of `mqrt.dll` returned a code that is not in `mq.h`.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownCode extends Tagged<"UnknownCode"> {
  /** HRESULT, unsigned. */
  readonly code: number
  /** Name of the function that returned it. */
  readonly function: string
}

/**
 * Reason of an error where a handle was used after it was closed. No function of `mqrt.dll` was called.
 *
 * @category models
 * @since 0.1.0
 */
export interface Released extends Tagged<"Released"> {
  /** Kind and name of the handle. */
  readonly resource: string
  /** Stack of its opening. */
  readonly openedAt: string
  /** Stack of its release. */
  readonly releasedAt: string
}

/**
 * Reason of an error where a message was refused before any call, since Message Queuing would refuse, cut or lose it.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalMessage extends Tagged<"IllegalMessage"> {
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
 * Reason of an error where a function or a property of the program threw during a send, or while messages were redriven or removed. The
 * messages before it are sent; the error's `progress` has their number.
 *
 * @category models
 * @since 0.1.0
 */
export interface SourceFailed extends Tagged<"SourceFailed"> {
  /**
   * Part that threw: `"messages"`, the iteration or stream of the messages; `"message"`, a getter of a message;
   * `"codec"`, the `encode` of the sender's codec; `"put"`, the function of that name of a claim check; `"onProgress"`, the
   * option of that name; `"copy"`, the function of that name in a policy for poison messages; `"where"` and `"to"`, the
   * functions of those names of `redrive` and `removeMessages`.
   */
  readonly part: "messages" | "message" | "codec" | "put" | "onProgress" | "copy" | "where" | "to"
  /** Place in the batch, from 0, of the first message that was not accepted; for `redrive`, of the message among those of the queue. */
  readonly index: number
  /** Value that was thrown, usually an `Error`. */
  readonly cause: unknown
}

/**
 * Reason of an error for a text that is not a path name or format name.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalName extends Tagged<"IllegalName"> {
  /** Text that was given. */
  readonly input: string
  /** Index of the mistake in the text, in UTF-16 units from 0. */
  readonly position: number
  /** Rule that the text breaks. */
  readonly rule: string
}

/**
 * Reason of an error for a text that is not a security descriptor, or a SID, in the security descriptor definition language.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalSddl extends Tagged<"IllegalSddl"> {
  /** Text that was given. */
  readonly input: string
  /** Index of the mistake in the text, in UTF-16 units from 0. */
  readonly position: number
  /** Rule that the text breaks. */
  readonly rule: string
}

/**
 * Reason of an error for bytes that are not a security descriptor, or a security descriptor that cannot be written as text.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnreadableSecurityDescriptor extends Tagged<"UnreadableSecurityDescriptor"> {
  /** Rule that the bytes or the descriptor break. */
  readonly rule: string
}

/**
 * Reason of an error for bytes or text that are not exactly one X.509 certificate. The error does not keep the bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotACertificate extends Tagged<"NotACertificate"> {
  /** Rule that the bytes or the text break. */
  readonly rule: string
}

/**
 * Reason of an error where a plain send to a transactional queue was refused, or the reverse. Message Queuing would accept the
 * message and drop it later.
 *
 * @category models
 * @since 0.1.0
 */
export interface TransactionMismatch extends Tagged<"TransactionMismatch"> {
  /** Kind of the queue: `true` if it is transactional. */
  readonly queueIsTransactional: boolean
}

/**
 * Reason of an error where a queue that was to be ensured exists with other properties than those that were given.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueDiffers extends Tagged<"QueueDiffers"> {
  /** Properties that differ, at least one. */
  readonly differences: ReadonlyArray<{
    /** Name of the property, as the option has it, such as `"transactional"`. */
    readonly property: string
    /** Value that was given. */
    readonly given: string | number | boolean | undefined
    /** Value that the queue has; `undefined` for none, such as no quota. */
    readonly found: string | number | boolean | undefined
  }>
}

/**
 * Reason of an error where a transaction was aborted before it was committed, though its work succeeded. Its sends are undone,
 * and the messages that it received are back in their queues.
 *
 * @category models
 * @since 0.1.0
 */
export interface TransactionAborted extends Tagged<"TransactionAborted"> {
  /**
   * Origin of the abort: `"abort"`, the program aborted it; `"scope"`, the scope that it was begun in closed;
   * `"connection"`, its connection, or the backend's layer, closed.
   */
  readonly by: "abort" | "scope" | "connection"
  /** Stack of its beginning. */
  readonly beganAt: string
  /** Stack of the call that aborted it. */
  readonly abortedAt: string
}

/**
 * Reason of an error where the receiver's codec cannot decode a body.
 *
 * @category models
 * @since 0.1.0
 */
export interface UndecodableBody extends Tagged<"UndecodableBody"> {
  /** Name of the codec, such as `"JSON"`. */
  readonly codec: string
  /** Rule that the body breaks. */
  readonly rule: string
  /**
   * Message as it was received; its body is bytes, and it has the fields that its receiver reads. If it was received outside a
   * transaction, this is the only copy.
   */
  readonly message: ReceivedMessage
}

/**
 * Reason of an error where the body of a message did not come from the store that a claim check put it into. The message is still in
 * its queue, except for the response to a request.
 *
 * @category models
 * @since 0.1.0
 */
export interface BodyUnavailable extends Tagged<"BodyUnavailable"> {
  /** Name of the codec, such as `"JSON"`. */
  readonly codec: string
  /** Reference to the body, as `put` returned it. */
  readonly reference: string
  /** Message as it is in the queue; its body is the claim check. It has the fields that its receiver reads. */
  readonly message: ReceivedMessage
  /**
   * Place of the message: `"queue"`, it is still in its queue; `"nowhere"`, it was received, as the response to a request is, and the
   * error alone has it.
   */
  readonly kept: "queue" | "nowhere"
  /** Failure of `get`, usually an `Error`. */
  readonly cause: unknown
}

/**
 * Reason of an error for a schema that has no form in XML.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalSchema extends Tagged<"IllegalSchema"> {
  /** Keys from the root of the schema to the part at fault; empty for the schema itself. */
  readonly path: ReadonlyArray<string>
  /** Rule that this part breaks, and the remedy. */
  readonly rule: string
}

/**
 * Reason of an error where `consume` could not handle a message after the last attempt, and its policy moves it nowhere.
 *
 * @category models
 * @since 0.1.0
 */
export interface PoisonMessage extends Tagged<"PoisonMessage"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
  /** Number of attempts, including those before this process. */
  readonly attempts: number
  /** Cause of the failure of the last attempt, or of decoding the body. */
  readonly cause: Cause.Cause<unknown>
  /**
   * Place of the message: `"queue"`, it is still in the queue; `"deadLetterQueue"`, its copy did not arrive in the queue for
   * poison messages, and is a dead letter; `"nowhere"`, only this error has it, since it was received from a queue that is not
   * transactional, and its copy could not be sent.
   */
  readonly kept: "queue" | "deadLetterQueue" | "nowhere"
}

/**
 * Reason of an error where a copy that `consume` sends to its queue for poison messages, or that `redrive` sends, did not arrive, or
 * would be dropped there.
 *
 * @category models
 * @since 0.1.0
 */
export interface CopyNotArrived extends Tagged<"CopyNotArrived"> {
  /**
   * Class of the acknowledgment (`PROPID_M_CLASS`), such as `0x8003` for a full queue; `undefined` if no acknowledgment arrived in
   * time.
   */
  readonly class: number | undefined
  /** Cause in words, and the remedy. */
  readonly rule: string
  /** Place of the copy; `"unknown"` where it is on its way, has arrived without an acknowledgment, or is nowhere. */
  readonly copy: "nowhere" | "deadLetterQueue" | "unknown"
}

/**
 * Reason of an error where a message that a function waited for was not delivered: a negative acknowledgment came for it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Undelivered extends Tagged<"Undelivered"> {
  /** Id that the message was sent with. */
  readonly messageId: string
  /** Class of the acknowledgment (`PROPID_M_CLASS`), which `MessageClass.nameOf` names, such as `0x8003` for a full queue. */
  readonly class: number
  /** Cause in words, and the remedy. */
  readonly rule: string
}

/**
 * Reason of an error where no acknowledgment of a message came in time. The outcome is unknown: the message may be on its way, may
 * have arrived or been received, or may be lost.
 *
 * @category models
 * @since 0.1.0
 */
export interface Unacknowledged extends Tagged<"Unacknowledged"> {
  /** Id that the message was sent with. */
  readonly messageId: string
  /** Event that the send waited for. */
  readonly until: "arrived" | "received"
  /** Time of the wait, in milliseconds. */
  readonly within: number
}

/**
 * Reason of an error where no response to a request came in time. The request may be handled nevertheless, now or later.
 *
 * @category models
 * @since 0.1.0
 */
export interface NoResponse extends Tagged<"NoResponse"> {
  /** Id of the message that asked. */
  readonly messageId: string
  /** Time of the wait, in milliseconds. */
  readonly within: number
}

/**
 * Reason of an error for an option that does not exist, or for an option or argument whose value is not allowed. The call did
 * nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalOption extends Tagged<"IllegalOption"> {
  /** Path of the option, such as `"provider.type"`, or name of the argument, such as `"queue"`. */
  readonly option: string
  /** Values that are allowed; for an option that does not exist, the options that do. */
  readonly rule: string
  /** Value that was given, in words; without secrets and bytes. */
  readonly actual: string
  /** For an option that does not exist, the one that it resembles, or `null` where none does; left out otherwise. */
  readonly nearest?: string | null | undefined
}

/**
 * Reason of an error for a policy that `consume` cannot follow on its queue. No message was received. Each value of the policy is
 * legal by itself; for one that is not, the reason is {@link IllegalOption}.
 *
 * @category models
 * @since 0.1.0
 */
export interface IllegalPolicy extends Tagged<"IllegalPolicy"> {
  /** Name of the field at fault. */
  readonly field: string
  /** Rule for the field, and the remedy. */
  readonly rule: string
  /** Value that was given, in words. */
  readonly actual: string
}

/**
 * Reason of an error where the library of Message Queuing could not be loaded.
 *
 * @category models
 * @since 0.1.0
 */
export interface MqrtUnavailable extends Tagged<"MqrtUnavailable"> {
  /** Name of the library file. */
  readonly library: string
  /** System of this process, as Node names it. */
  readonly platform: string
  /** Message of the loader. */
  readonly cause: string
}

/**
 * Reason of an error where this version of Windows does not have a function: the call needs a later version.
 *
 * @category models
 * @since 0.1.0
 */
export interface FunctionMissing extends Tagged<"FunctionMissing"> {
  /** Name of the function. */
  readonly function: string
}

/**
 * Reason of an error where another user could not be logged on or impersonated.
 *
 * @category models
 * @since 0.1.0
 */
export interface ImpersonationFailed extends Tagged<"ImpersonationFailed"> {
  /** `"LogonUserW"` or `"ImpersonateLoggedOnUser"`. */
  readonly function: string
  /** HRESULT of the Windows error, unsigned: `0x8007052E` for a wrong name or password. */
  readonly code: number
}

/**
 * Reason of an error where Windows knows no account of a name or of a SID.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccountNotFound extends Tagged<"AccountNotFound"> {
  /** Name or SID that was looked up. */
  readonly account: string
  /** Facts about the name that explain the failure, and the remedy. */
  readonly rule: string
}

/**
 * Reason of an error where a store of Windows has no certificate with a thumbprint or subject.
 *
 * @category models
 * @since 0.1.0
 */
export interface CertificateNotFound extends Tagged<"CertificateNotFound"> {
  /** Name of the store, such as `"My"`. */
  readonly store: string
  /** Place of the store. */
  readonly location: StoreLocation
  /** Thumbprint that no certificate has, as 40 upper-case hexadecimal digits; `undefined` where a subject was asked for. */
  readonly thumbprint: string | undefined
  /** Subject that no certificate has; `undefined` where a thumbprint was asked for. */
  readonly subject: string | undefined
}

/**
 * Reason of an error where several certificates of a store have a subject.
 *
 * @category models
 * @since 0.1.0
 */
export interface AmbiguousCertificate extends Tagged<"AmbiguousCertificate"> {
  /** Name of the store, such as `"My"`. */
  readonly store: string
  /** Place of the store. */
  readonly location: StoreLocation
  /** Subject that was asked for. */
  readonly subject: string
  /** Thumbprints of the certificates that have the subject, in the order of the store. */
  readonly thumbprints: ReadonlyArray<string>
}

/**
 * Reason of an error where Windows has no certificate store of a name at a place.
 *
 * @category models
 * @since 0.1.0
 */
export interface CertificateStoreNotFound extends Tagged<"CertificateStoreNotFound"> {
  /** Name of the store. */
  readonly store: string
  /** Place of the store. */
  readonly location: StoreLocation
}

/**
 * Reason of an error where a function of Windows outside `mqrt.dll` failed, such as one that looks an account up.
 *
 * @category models
 * @since 0.1.0
 */
export interface WindowsFailure extends Tagged<"WindowsFailure"> {
  /** Name of the function, such as `"LookupAccountNameW"`. */
  readonly function: string
  /** HRESULT of the Windows error, unsigned. */
  readonly code: number
}

interface GatewayFact {
  /** Address of the gateway, without secrets. */
  readonly url: string
  /** Name of the function that the gateway was to call, or `"hello"` for the opening of the connection. */
  readonly function: string
  /** Sentence without a full stop that says what happened. */
  readonly detail: string
}

/**
 * Reason of an error where a gateway cannot be reached, or its connection was cut before the call had an effect. The same call may
 * succeed later.
 *
 * @category models
 * @since 0.1.0
 */
export interface GatewayUnavailable extends Tagged<"GatewayUnavailable">, GatewayFact {}

/**
 * Reason of an error where a gateway refuses: the client is unknown, its policy does not allow the call, or a limit is reached.
 *
 * @category models
 * @since 0.1.0
 */
export interface GatewayRefused extends Tagged<"GatewayRefused">, GatewayFact {}

/**
 * Reason of an error where nobody can tell what became of a call: the gateway ended between the call and its answer, or could
 * not be asked in time. Look whether the messages are there before sending them again.
 *
 * @category models
 * @since 0.1.0
 */
export interface GatewayOutcomeUnknown extends Tagged<"GatewayOutcomeUnknown">, GatewayFact {}

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
  | QueueDiffers
  | TransactionAborted
  | UndecodableBody
  | BodyUnavailable
  | IllegalSchema
  | PoisonMessage
  | IllegalOption
  | CopyNotArrived
  | Undelivered
  | Unacknowledged
  | NoResponse
  | IllegalPolicy
  | AccountNotFound
  | CertificateNotFound
  | AmbiguousCertificate
  | CertificateStoreNotFound
  | WindowsFailure
  | GatewayUnavailable
  | GatewayRefused
  | GatewayOutcomeUnknown

/**
 * Progress of a batch until it stopped.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  /**
   * Number of messages that Message Queuing accepted: the first ones, in order, each once. With the reason `GatewayOutcomeUnknown` those
   * after them may have been accepted, too.
   */
  readonly accepted: number
}

const location = (stack: string): string => {
  const first = stack.split("\n").find((line) => line.trim().startsWith("at "))
  return first === undefined ? "" : ` (${first.trim()})`
}

/** Event and advice for each origin of an abort, in words. */
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

/** Advice for a call in a transaction that has ended. */
const afterTransaction =
  ". Wait for each call of a transaction before it ends; a call that may come later leaves it, with Effect by " +
  'Transaction.outside, in both faces with the option { transaction: "none" }'

type OwnReason = Exclude<Reason, CodeReason>

const sentences: { readonly [Tag in OwnReason["_tag"]]: (reason: Extract<OwnReason, { _tag: Tag }>) => string } = {
  UnknownCode: (reason) =>
    `${reason.function} returned ${ErrorCode.format(reason.code)}, a code that Message Queuing does not document`,
  MqrtUnavailable: ({ cause, library, platform }) =>
    platform === "win32"
      ? `Message Queuing is not available: ${library} could not be loaded (${cause}). Enable the Windows feature, as ` +
        "administrator: Enable-WindowsOptionalFeature -Online -FeatureName MSMQ-Server -All"
      : `${library} could not be loaded (${cause}): Message Queuing is a part of Windows, and this is ${platform}. ` +
        "For tests, provide InMemoryMqrt.layer of @effect-msmq/testing",
  ImpersonationFailed: (reason) =>
    `${reason.function} returned ${ErrorCode.format(reason.code)}: the user could not be impersonated; check name, ` +
    "domain and password, and that this account may log others on",
  GatewayUnavailable: (reason) =>
    `the gateway ${reason.url} cannot be reached for ${reason.function}: ${reason.detail}.`,
  GatewayRefused: (reason) => `the gateway ${reason.url} refuses ${reason.function}: ${reason.detail}`,
  GatewayOutcomeUnknown: (reason) =>
    `nobody can tell whether ${reason.function} had its effect: ${reason.detail} (gateway ${reason.url}). Look for the effect, ` +
    "such as the messages in their queue, before the call is made again",
  FunctionMissing: (reason) => `this version of Windows has no ${reason.function}: a later one is needed`,
  Released: ({ releasedAt, resource }) =>
    `the ${resource} is closed: it was released${location(releasedAt)} before this use` +
    (resource === "transaction" ? afterTransaction : ""),
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
      ? "the queue is transactional and the message is not sent in a transaction: it would be dropped on arrival. Send it in " +
        "one: with Effect in Transaction.run, or with Transaction.singleMessage; with promises in transaction(fn); in both " +
        'with the option { transaction: "singleMessage" }'
      : "the queue is not transactional and takes no part in a transaction: use it outside of one, with Effect by " +
        'Transaction.outside, in both faces with the option { transaction: "none" }; or create the queue with ' +
        "{ transactional: true }",
  QueueDiffers: ({ differences }) =>
    `the queue exists, and is not as it was asked for: ${differences.map(differenceText).join("; ")}. ` +
    (differences.some(({ property }) => property === "transactional")
      ? "A queue cannot become transactional or cease to be so: give its kind as it is, use another name, or delete the queue and create it anew"
      : "Leave those options out, or change the queue with MessageQueue.setProperties, in promises with setQueueProperties"),
  TransactionAborted: ({ abortedAt, by }) => {
    const { advice, what } = abortions[by]
    return (
      `the transaction was not committed: ${what}${location(abortedAt)}, which aborted it. Its sends are undone, ` +
      `and the messages that it received are back in their queues. ${advice}`
    )
  },
  UndecodableBody: ({ codec, message, rule }) =>
    `message ${message.messageId} has a body that is not ${codec} as it should be: ${printable(rule)} ` +
    `(${countOf(message.body.length, "byte")} of type ${message.bodyType}; the error's reason has the message)`,
  BodyUnavailable: ({ cause, codec, kept, message, reference }) =>
    `the body of message ${message.messageId}, for the codec ${codec}, is in a store, and did not come: ` +
    `${thrownText(cause)} (reference ${describeValue(reference)}). ${bodyless[kept]}`,
  IllegalSchema: ({ path, rule }) => `${path.length === 0 ? "the schema" : path.join("/")} ${rule}`,
  PoisonMessage: ({ attempts, cause, kept, message }) =>
    `message ${message.messageId} (lookup id ${message.lookupId}) could not be handled, after ` +
    `${countOf(attempts, "attempt")}: ${sentenceOf(cause)}. ${places[kept]}`,
  CopyNotArrived: ({ class: messageClass, copy, rule }) =>
    `the copy of a message did not arrive: ${rule}` +
    (messageClass === undefined ? "" : ` (class 0x${messageClass.toString(16).padStart(4, "0")})`) +
    (copy === "deadLetterQueue" ? ". The copy is in a dead-letter queue" : ""),
  Undelivered: ({ class: messageClass, messageId, rule }) =>
    `message ${messageId} was not delivered: ${rule} (class ${MessageClass.format(messageClass)})`,
  Unacknowledged: ({ messageId, until, within }) =>
    `no acknowledgment says that message ${messageId} was ${until === "arrived" ? "taken by its queue" : "received"}, after ` +
    `${Duration.format(Duration.millis(within))}. The outcome is unknown: it may still arrive. Look at the queue, wait longer, or ` +
    `give the message a time limit (${until === "arrived" ? "timeToReachQueue" : "timeToBeReceived"}), which ends it`,
  NoResponse: ({ messageId, within }) =>
    `no response to message ${messageId} came within ${Duration.format(Duration.millis(within))}. It may be handled all the same: see ` +
    "that its queue is read, and that the response has its messageId as correlationId; or wait longer",
  IllegalOption: ({ actual, nearest, option, rule }) => {
    if (nearest === undefined) return `${option} is ${actual}, but ${rule}`
    const meant = nearest === null ? "." : `; did you mean "${nearest}"?`
    return `the option "${option}" does not exist${meant} ${rule}`
  },
  IllegalPolicy: ({ actual, field, rule }) => `the policy's ${field} is ${actual}, but ${rule}`,
  AccountNotFound: ({ account, rule }) => `there is no account "${account}": ${rule}`,
  CertificateNotFound: ({ location, store, subject, thumbprint }) =>
    `the certificate store ${store} of ${location} has no certificate with the ` +
    `${thumbprint === undefined ? `subject "${subject}"` : `thumbprint ${thumbprint}`}. ` +
    `Certificate.listStore({ store: ${JSON.stringify(store)}, location: "${location}" }) lists those that it has. ` +
    (location === "CurrentUser"
      ? "Each user has a store of their own, and a service that of its account; the store of the computer is LocalMachine"
      : "The store of the user of this process is CurrentUser"),
  AmbiguousCertificate: ({ location, store, subject, thumbprints }) =>
    `the certificate store ${store} of ${location} has ${thumbprints.length} certificates with the subject ` +
    `"${subject}": give the thumbprint of one instead: ${thumbprints.join(", ")}`,
  CertificateStoreNotFound: ({ location, store }) =>
    `${location} has no certificate store "${store}". The store of personal certificates is "My", which Windows shows as Personal`,
  WindowsFailure: (reason) =>
    `${reason.function} returned ${ErrorCode.format(reason.code)}` +
    (windowsMeanings.has(reason.code) ? `: ${windowsMeanings.get(reason.code)}` : ", an error of Windows itself")
}

const differenceText = ({ found, given, property }: QueueDiffers["differences"][number]): string =>
  `${property} was given as ${describeValue(given)}, and is ${found === undefined ? "not set" : describeValue(found)}`

const threw: { readonly [Part in SourceFailed["part"]]: (index: number) => string } = {
  messages: (index) => `the source of the messages failed where message ${index} was to come`,
  message: (index) => `message ${index} could not be read, since one of its properties threw`,
  put: (index) => `message ${index}: its body could not be put into the store, so it is not sent`,
  codec: (index) => `message ${index}: the codec threw instead of returning why it cannot encode the body`,
  onProgress: () => "the function onProgress threw, which ends the batch",
  copy: () => "the function copy of the policy for poison messages threw, so that there is no copy",
  where: () => "the function where threw, and the message stays in its queue",
  to: () => "the function to threw, and the message stays in its queue"
}

const places: { readonly [Kept in PoisonMessage["kept"]]: string } = {
  queue: "It is still in the queue, the first that is taken next time: set a policy for poison messages",
  deadLetterQueue: "It is no longer in the queue: its copy is in a dead-letter queue",
  nowhere: "It is no longer in the queue and could not be sent on: it is in the reason of this error and nowhere else"
}

const bodyless: { readonly [Kept in BodyUnavailable["kept"]]: string } = {
  queue: "The message is still in its queue.",
  nowhere:
    "The message was received, and is in the reason of this error and nowhere else: get the body by the reference."
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

const acceptance = (accepted: number, reason: Reason): string => {
  const isKnown = reason._tag !== "GatewayOutcomeUnknown"
  if (accepted === 0) return isKnown ? "No message was accepted." : "No message is known to be accepted."
  const first =
    accepted === 1 ? "The first message was accepted" : `The first ${accepted} messages were accepted, in order`
  return isKnown ? `${first}.` : `${first}; it is not known whether any after ${accepted === 1 ? "it" : "them"} were.`
}

/**
 * Error of every function of the SDK.
 *
 * Neither the message nor any field contains key or certificate material.
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
  /** Id of the message that the call failed at, where it is about several that were received. */
  readonly messageId?: string | undefined
  /** Progress of a batch until it stopped. */
  readonly progress?: Progress | undefined
  /**
   * Value that was thrown, where the reason is `SourceFailed` or `BodyUnavailable`, or where it is `PoisonMessage`, by the last attempt.
   */
  readonly cause?: unknown
}> {
  override get message(): string {
    const on = this.queue === undefined ? "" : ` on ${this.queue}`
    const at = this.computer === undefined ? "" : ` at ${this.computer}`
    const message = this.messageId === undefined ? "" : `, message ${this.messageId}`
    const again = this.#again === undefined ? "" : ` The same call may succeed later: ${this.#again}.`
    const said = printableLines(`${this.operation}${on}${at}${message}: ${describe(this.reason)}${again}`)
    if (this.progress === undefined) return said
    return `${said}${said.endsWith(".") ? "" : "."} ${acceptance(this.progress.accepted, this.reason)}`
  }

  /**
   * Code of the error, as Node's own errors have one: the name in `mq.h`, such as `"MQ_ERROR_QUEUE_NOT_FOUND"`, or else the tag
   * of the reason, such as `"Released"`.
   *
   * @since 0.1.0
   */
  get code(): string {
    return "name" in this.reason ? this.reason.name : this.reason._tag
  }

  /**
   * `true` if the same call may succeed later: the message then says when. After `StaleHandle` and `QueueDeleted` a sender or
   * receiver reopens its queue by itself. A cursor does not, since it is closed with the handle.
   *
   * @since 0.1.0
   */
  get isRetryable(): boolean {
    return this.#again !== undefined
  }

  /**
   * Returns the message, the code and all fields as JSON, for logs.
   *
   * @since 0.1.0
   */
  override toJSON(): object {
    const { code, isRetryable, message } = this
    return { _tag: this._tag, message, code, isRetryable, ...(jsonOf({ ...this }) as object) }
  }
  /** @internal */
  override [NodeInspectSymbol](
    _depth?: number,
    options?: InspectOptions,
    inspector: typeof inspect = process.getBuiltinModule("node:util").inspect
  ): string {
    const frames = this.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? []
    const { _tag: _, ...fields } = this
    const inspected = printableInspection(inspector(fields, options))
    return `${[`MsmqError: ${this.message}`, ...frames].join("\n")} ${inspected}`
  }

  /** @internal Consequences of its code. */
  get outlook(): Outlook {
    if (this.reason._tag === "GatewayUnavailable") return gatewayOutlook
    return ("name" in this.reason ? outlooks[this.reason.name] : undefined) ?? {}
  }

  get #again(): string | undefined {
    if (this.reason._tag === "BodyUnavailable") {
      return this.reason.kept === "queue" ? "once the store has the body and can be reached" : undefined
    }
    const { again, makesStale } = this.outlook
    return makesStale !== undefined && this.operation.startsWith("Cursor.") ? undefined : again
  }
}

/** `HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND)`. */
const procedureNotFound = 0x8007_007f

const impersonating: ReadonlySet<string> = new Set(["LogonUserW", "ImpersonateLoggedOnUser"])

/** Functions outside `mqrt.dll`, whose codes are those of Windows. */
const ofWindows: ReadonlySet<string> = new Set([
  "LookupAccountNameW",
  "LookupAccountSidW",
  "GetComputerNameW",
  "OpenProcessToken",
  "GetTokenInformation",
  "CertOpenStore",
  "CertFindCertificateInStore",
  "CertEnumCertificatesInStore",
  "CertGetCertificateContextProperty"
])

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
 * @example
 * ```ts import.meta.vitest
 * import { MsmqError } from "@effect-msmq/core"
 *
 * MsmqError.reasonOf({ function: "MQOpenQueue", code: 0xc00e0003, properties: [] })._tag // => "QueueNotFound"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const reasonOf = (
  failure: Pick<MqrtFailure, "function" | "code" | "properties" | "gateway">
):
  | CodeReason
  | UnknownCode
  | FunctionMissing
  | ImpersonationFailed
  | WindowsFailure
  | GatewayUnavailable
  | GatewayRefused
  | GatewayOutcomeUnknown => {
  if (failure.gateway !== undefined) {
    const { detail, kind, url } = failure.gateway
    return { _tag: kind, url, function: failure.function, detail }
  }
  if (failure.code >>> 0 === procedureNotFound) return { _tag: "FunctionMissing", function: failure.function }
  if (impersonating.has(failure.function)) {
    return { _tag: "ImpersonationFailed", code: failure.code >>> 0, function: failure.function }
  }
  const name = ErrorCode.nameOf(failure.code)
  if (name === undefined) {
    const _tag = ofWindows.has(failure.function) ? "WindowsFailure" : "UnknownCode"
    return { _tag, code: failure.code >>> 0, function: failure.function }
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
