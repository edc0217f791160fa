/** Reading of messages to send: from the values of a program to records as the backend gets them. */
import * as Result from "effect/Result"
import type * as Tracer from "effect/Tracer"
import type { Message } from "../../Message.ts"
import { copyOf } from "../../Message.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { Reason } from "../../MsmqError.ts"
import type * as Transaction from "../../Transaction.ts"
import * as claimCheck from "../bodies/claimCheck.ts"
import type { EncodedBody, MessageBody } from "../bodies/Codec.ts"
import { encodeWith } from "../bodies/Codec.ts"
import { noBytes } from "../bytes.ts"
import { describeValue } from "../errors/describeValue.ts"
import { isUnresolved, QueueAddresses } from "../names/QueueAddresses.ts"
import { faultOf, hasOnlyUnknown, isReadable } from "../options/outgoingMessages.ts"
import type { TraceHeaders } from "../telemetry/telemetry.ts"
import { linkTo } from "../telemetry/telemetry.ts"
import { setLabel, setsFields, withCodecFields } from "./codecFields.ts"
import { IncomingMessage } from "../messages/IncomingMessage.ts"
import { NotRead } from "../messages/NotRead.ts"
import type { OutgoingRecord, ReusedRecord } from "./outgoing.ts"
import { addressedFields, Refusal, refusalOfNotRead, violation, writeFields } from "./outgoing.ts"
import { extensionOf } from "./outgoingHeaders.ts"
import type { Defaults } from "./senderDefaults.ts"
import { transactionRule } from "../messages/timeLimits.ts"
import { isTimeLeft } from "../messages/timesLeft.ts"

/** Message whose field has the path name of a queue of this computer, by which other computers would not find it. */
export class Unaddressed {
  readonly record: OutgoingRecord
  readonly field: "responseQueue" | "adminQueue"
  readonly pathName: string

  constructor(record: OutgoingRecord, field: "responseQueue" | "adminQueue", pathName: string) {
    this.record = record
    this.field = field
    this.pathName = pathName
  }
}

/** Failure of a codec, which threw a value. A codec refuses a body by a `Result`. */
export class CodecFailure {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** Settings of a send by which its messages are read. */
interface ReadSettings<Body> {
  readonly sender: {
    readonly mqrt: Mqrt["Service"]
    readonly codec: MessageBody<Body, unknown> | undefined
    readonly defaults: Defaults | undefined
  }
  readonly store: claimCheck.BodyStore | undefined
  readonly transaction: Transaction.Participation
  readonly span: Tracer.Span | undefined
  readonly trace: TraceHeaders | undefined
}

/**
 * Reads a message into a record as the backend gets it. Returns the reason of one that breaks a rule, or cannot be sent yet. Throws
 * what a property of the message throws, and a {@link CodecFailure} where the codec throws.
 */
export const readInto = <Body>(
  settings: ReadSettings<Body>,
  record: ReusedRecord,
  given: Message<Body>,
  index: number
): Reason | Unaddressed | undefined => {
  const refusal = writeGiven(settings, record, given, index)
  if (refusal !== undefined) return refusal.reason
  const broken = isLarge(settings, record) ? violationBesideSize(record, index) : violation(record, index)
  return broken === undefined && (isUnresolved(record.responseQueue) || isUnresolved(record.adminQueue))
    ? unaddressedIn(settings.sender.mqrt, record)
    : broken
}

/**
 * Writes a message into a record as the backend gets it, with its body encoded, and with the time limits of its transaction. What few
 * messages need is in functions of its own, so that the compiler makes one function of the rest.
 */
const writeGiven = <Body>(
  settings: ReadSettings<Body>,
  record: ReusedRecord,
  given: Message<Body>,
  index: number
): Refusal | undefined => {
  const { span, transaction } = settings
  if (!isReadable(given)) return new Refusal({ index, ...faultOf(given) })
  if (span !== undefined && given.headers !== undefined) linkTo(span, given.headers)
  const message = given instanceof IncomingMessage ? copyOf<Body>(given) : given
  const refusal = writeInto(settings, record, message, index)
  return refusal !== undefined || typeof transaction === "string"
    ? refusal
    : writeTimeLimits(record, message, transaction, index)
}

/** Writes the time limits of a transaction, which its messages may not have themselves. */
const writeTimeLimits = (
  record: ReusedRecord,
  message: Message<unknown>,
  { timeLimits }: Transaction.Transaction,
  index: number
): Refusal | undefined => {
  for (const field of ["timeToReachQueue", "timeToBeReceived"] as const) {
    const limit = record[field]
    const asked = message[field]
    // The limits of the transaction take the place of a default.
    const isInherited = asked === undefined || (limit === null && timeLimits[field] === null)
    if (isInherited || isTimeLeft(message, field, asked)) continue
    return new Refusal({
      index,
      field,
      rule: transactionRule,
      actual: limit === null ? "without a limit" : `${limit} seconds`
    })
  }
  record.setTimeLimits(timeLimits)
  return undefined
}

/** Writes a message into a record, with the defaults, and with what its codec makes of the body. */
const writeInto = <Body>(
  settings: ReadSettings<Body>,
  record: ReusedRecord,
  message: Message<Body>,
  index: number
): Refusal | undefined => {
  const { sender, trace } = settings
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
    body === undefined ? defaults?.encoded : codec === undefined ? undefined : encode(body, codec, message, index)
  if (encoded !== undefined) return writeEncoded(settings, record, message, encoded, { headers, extension }, index)
  const carried =
    headers === undefined ? (extension ?? trace?.extension) : extensionOf(headers, extension, index, trace)
  if (carried instanceof Refusal) return carried
  return defaults === undefined
    ? writeFields(record, message, index, body, 0, carried)
    : writeFields(record, message, index, body, defaults.bodyType ?? 0, carried, defaults.fields)
}

/** Writes a message whose body is encoded. */
const writeEncoded = <Body>(
  { sender, trace }: ReadSettings<Body>,
  record: ReusedRecord,
  message: Message<Body>,
  encoded: EncodedBody | Refusal,
  { extension, headers }: Pick<Message, "extension" | "headers">,
  index: number
): Refusal | undefined => {
  const { codec, defaults } = sender
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
  return (
    writeFields(record, message, index, encoded.body, bodyType, carried, defaults?.fields) ??
    (by && setLabel(record, by))
  )
}

/** Encodes a body, or returns the refusal of the message. */
const encode = <Body>(
  body: Body,
  codec: MessageBody<Body, unknown>,
  message: Message<Body>,
  index: number
): EncodedBody | Refusal => {
  if (NotRead.is(body)) return refusalOfNotRead(body, index, "body")
  let result: Result.Result<EncodedBody, string>
  try {
    result = encodeWith(codec, body, message)
  } catch (cause) {
    throw new CodecFailure(cause)
  }
  return Result.isSuccess(result)
    ? result.success
    : new Refusal({ index, field: "body", rule: `as ${codec.name} ${result.failure}`, actual: describeValue(body) })
}

/** Returns `true` for a message whose body goes to the store. */
export const isLarge = ({ store }: Pick<ReadSettings<never>, "store">, { body }: OutgoingRecord): boolean =>
  store !== undefined && claimCheck.isStored(store, body)

/** Returns the rule that a message with a large body breaks. Its size is checked when its body is stored. */
const violationBesideSize = (record: OutgoingRecord, index: number): Reason | undefined => {
  const { body } = record
  record.body = noBytes
  const broken = violation(record, index)
  record.body = body
  return broken
}

/** Writes the addresses of the queues of this computer into a message. Returns the first one that is not known. */
export const unaddressedIn = (mqrt: Mqrt["Service"], record: OutgoingRecord): Unaddressed | undefined => {
  for (const field of addressedFields) {
    const name = record[field]
    if (!isUnresolved(name)) continue
    const address = QueueAddresses.of(mqrt).known(name)
    if (address === undefined) return new Unaddressed(record, field, name)
    record[field] = address
  }
  return undefined
}
