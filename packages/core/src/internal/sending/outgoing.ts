import type { Message } from "../../Message.ts"
import { maximumPacketSize, packetSize } from "../../Message.ts"
import type {
  Acknowledge,
  ConnectorProperties,
  Journaling,
  MessageProperties,
  OutgoingProperties,
  SoapProperties
} from "../../mqrt/MessageProperties.ts"
import type { Kind, MessageProperty } from "../../mqrt/MessagePropertyTable.ts"
import { messageFields, messageProperties } from "../../mqrt/MessagePropertyTable.ts"
import * as Result from "effect/Result"
import type { IllegalMessage } from "../../MsmqError.ts"
import { bytesViolation, noBytes, plainBytes } from "../bytes.ts"
import { countOf, describeValue } from "../errors/describeValue.ts"
import type { QueueField } from "../names/knownNames.ts"
import { namesIn } from "../names/knownNames.ts"
import { readRule } from "../options/illegalOption.ts"
import type { MessagePart } from "../options/messageParts.ts"
import { messageParts } from "../options/messageParts.ts"
import type { Rule as PartRule } from "../options/Rule.ts"
import { isBytes, wordOf } from "../options/Rule.ts"
import { Violation } from "../options/Violation.ts"
import { NotRead } from "../messages/NotRead.ts"
import { notReadRule } from "../messages/readGroups.ts"
import { timeLimit } from "../messages/timeLimits.ts"
import type { TimesLeft } from "../messages/timesLeft.ts"
import { isTimeLeft } from "../messages/timesLeft.ts"
import { messageIdForm } from "../options/messageReferences.ts"
import { bytesOfText } from "../messages/messageIds.ts"

/** Reason that a message is not sent. It has a class of its own, since a message may have any fields, a `_tag` among them. */
export class Refusal {
  readonly reason: IllegalMessage

  constructor(broken: Omit<IllegalMessage, "_tag">) {
    this.reason = { _tag: "IllegalMessage", ...broken }
  }
}
const { APPSPECIFIC, BODY_TYPE, CORRELATIONID, DELIVERY, LABEL, PRIORITY, TRACE } = messageProperties

/** Largest number of a message, which has 32 bits. */
const largestNumber = 0xffffffff

/** Returns `true` for a whole number from 0 to a maximum, which is {@link largestNumber} at most. */
const isUnsigned = (value: unknown, maximum: number): boolean =>
  typeof value === "number" && value >>> 0 === value && value <= maximum

type Field = keyof MessageProperties

/** Rule for a field of a message. */
interface Rule {
  readonly field: Field
  readonly rule: string | ((message: OutgoingProperties) => string)
  readonly holds: (message: OutgoingProperties) => boolean
  readonly actual: (message: OutgoingProperties) => string
}

/** Makes a rule that an error shows the whole value of. */
const ruleOf = (field: Field, rule: Rule["rule"], isLegal: (value: unknown) => boolean): Rule => ({
  field,
  rule,
  holds: (message) => isLegal(message[field]),
  actual: (message) => describeValue(message[field])
})

const numberRule = (field: Field, noun: string, limit = largestNumber): Rule =>
  ruleOf(field, `it must be a ${noun} from 0 to ${limit}`, (value) => isUnsigned(value, limit))

const textRules = (field: Field, limit = Infinity): ReadonlyArray<Rule> => [
  {
    field,
    rule: `it must be a string of at most ${limit} UTF-16 units`,
    holds: ({ [field]: value }) => typeof value === "string" && value.length <= limit,
    actual: ({ [field]: value }) => (typeof value === "string" ? `${value.length} units long` : describeValue(value))
  },
  {
    field,
    rule: "it may not contain NUL, which ends it",
    holds: ({ [field]: value }) => !String(value).includes("\0"),
    actual: ({ [field]: value }) => `a text with NUL at position ${String(value).indexOf("\0")}`
  }
]

/** Rules that follow from a row, by the kind of its value. {@link propertiesOf} checks the kinds that have none. */
const rulesOf: Readonly<Record<Kind, (field: Field, row: MessageProperty) => ReadonlyArray<Rule>>> = {
  bytes: (field, { exactly }) =>
    exactly === null
      ? []
      : [
          ruleOf(
            field,
            `it must have exactly ${exactly} bytes`,
            (value) => value === null || (isBytes(value) && value.length === exactly)
          )
        ],
  flag: (field) => [ruleOf(field, "it must be true or false", (value) => typeof value === "boolean")],
  flags: () => [],
  formatName: () => [],
  guid: () => [],
  handle: () => [],
  number: (field, { limit }) => [numberRule(field, "whole number", limit ?? undefined)],
  pathName: () => [],
  seconds: () => [],
  text: (field, { limit }) => textRules(field, limit ?? undefined),
  variantType: (field, { limit }) => [numberRule(field, "VT_ number", limit ?? undefined)],
  word: (field, { words }) => {
    const rule = wordOf(words ?? {})
    return [ruleOf(field, `it must be ${rule.allowed}`, (value) => !(rule.read(value, field) instanceof Violation))]
  }
}

const rules: ReadonlyArray<Rule> = [...messageFields].flatMap(([field, row]) =>
  row.kind === null ? [] : rulesOf[row.kind](field, row)
)

const noAcknowledge: Acknowledge = {
  positiveArrival: false,
  positiveReceive: false,
  negativeArrival: false,
  negativeReceive: false
}
const noJournaling: Journaling = { deadLetter: false, journal: false }

/** Returns the plain bytes of a field that may be left out; `undefined` for a value without bytes. */
const bytesOf = (value: unknown): Uint8Array | null | undefined => (value == null ? null : plainBytes(value))

const bytesRefusal = (value: unknown, index: number, field: string): Refusal =>
  NotRead.is(value) ? refusalOfNotRead(value, index, field) : new Refusal({ index, field, ...bytesViolation(value) })

/** Returns the refusal of a field that the receiver of the message did not read. */
export const refusalOfNotRead = (value: NotRead, index: number, field: string): Refusal =>
  new Refusal({ index, field, rule: notReadRule(field), actual: describeValue(value) })

/** Fields of a message that few messages have, as the program gives them. */
type GivenOthers = Pick<Message<unknown>, Exclude<keyof OtherFields, "extension">>

/** Returns the name of a queue in a message as a format name, or as the path name of a queue of this computer; or the refusal. */
const queueIn = (
  field: QueueField,
  { [field]: given }: GivenOthers,
  index: number,
  defaults: OutgoingProperties
): string | null | Refusal => {
  if (given == null) return defaults[field]
  const read = namesIn[field].read(given, field)
  if (typeof read === "string") return read
  return NotRead.is(given)
    ? refusalOfNotRead(given, index, field)
    : new Refusal({ index, field, rule: read.rule, actual: read.actual })
}

const correlationIdRefusal = (value: unknown, index: number): Refusal => {
  const field = "correlationId"
  if (typeof value !== "string") return bytesRefusal(value, index, field)
  const rule = `it must be a Uint8Array of exactly 20 bytes, or ${messageIdForm}`
  return new Refusal({ index, field, rule, actual: describeValue(value) })
}

/** Returns a time limit in seconds, or the default, or the refusal of a value that is none. */
const limitOf = (
  message: object,
  field: keyof TimesLeft,
  { [field]: value }: GivenOthers,
  index: number,
  defaults: OutgoingProperties
): number | null | Refusal => {
  if (value === undefined) return defaults[field]
  const limit = timeLimit(value)
  if (Result.isSuccess(limit)) {
    // A copy with no time to be received is never seen (D-39).
    return limit.success === 0 && field === "timeToBeReceived" && isTimeLeft(message, field, value) ? 1 : limit.success
  }
  return new Refusal({ index, field, rule: limit.failure, actual: describeValue(value) })
}

/** Returns the refusal of a message for a violation by an object in it. */
const refusalOf = ({ actual, nearest, option, rule }: Violation, index: number, field: string): Refusal => {
  if (option === field) return new Refusal({ index, field, actual, rule })
  const name = option.slice(field.length + 1)
  if (nearest === undefined) {
    return new Refusal({ index, field, actual: `an object whose ${name} is ${actual}`, rule: `there ${rule}` })
  }
  const meant = nearest === null ? "." : `; did you mean "${nearest}"?`
  return new Refusal({ index, field, actual: `an object with ${name}`, rule: `that does not exist${meant} ${rule}` })
}

/** Returns `true` for a plain object with known flags alone, as nearly always: checking the rule costs more than sending. */
const areFlags = (given: object, known: object): boolean => {
  if (Object.getPrototypeOf(given) !== Object.prototype) return false
  for (const name in given) {
    if (typeof (given as Readonly<Record<string, unknown>>)[name] !== "boolean" || !Object.hasOwn(known, name))
      return false
  }
  return true
}

/** Returns an object of a message with its defaults, or its refusal. */
const partOf = <O extends object>(
  field: MessagePart,
  rule: PartRule<Partial<O>>,
  defaults: O | undefined,
  given: Partial<O>,
  index: number
): O | Refusal => {
  if (defaults !== undefined && typeof given === "object" && areFlags(given, defaults)) return { ...defaults, ...given }
  const read: Partial<O> | Violation = readRule(rule, field, given)
  return read instanceof Violation ? refusalOf(read, index, field) : ({ ...defaults, ...read } as O)
}

/** Returns the connector's properties with plain bytes, or their refusal. */
const connectorOf = (connector: ConnectorProperties, index: number): ConnectorProperties | Refusal => {
  if (typeof connector !== "object") {
    return partOf<ConnectorProperties>("connector", messageParts.connector, undefined, connector, index)
  }
  const { signature: givenSignature, symmetricKey: givenKey, ...others } = connector
  const signature = bytesOf(givenSignature)
  if (signature === undefined) return bytesRefusal(givenSignature, index, "connector.signature")
  const symmetricKey = bytesOf(givenKey)
  if (symmetricKey === undefined) return bytesRefusal(givenKey, index, "connector.symmetricKey")
  return partOf<ConnectorProperties>(
    "connector",
    messageParts.connector,
    undefined,
    { ...others, signature, symmetricKey },
    index
  )
}

/** Message as the backend gets it, in an object that can be written. */
export type OutgoingRecord = { -readonly [Field in keyof OutgoingProperties]: OutgoingProperties[Field] }

/** Fields beside the usual ones, which are a body and its type, a label, a priority and a delivery. Few messages have one. */
type OtherFields = Omit<OutgoingProperties, "body" | "bodyType" | "delivery" | "label" | "priority">

/**
 * Record that the next message of a batch is written into when this one is sent. It has the default of each field at first, and is
 * written only where that makes a difference, as most messages have only few fields.
 */
export class ReusedRecord implements OutgoingRecord {
  body: Uint8Array = noBytes
  label: OutgoingRecord["label"] = LABEL.default
  priority: OutgoingRecord["priority"] = PRIORITY.default
  bodyType: OutgoingRecord["bodyType"] = BODY_TYPE.default
  delivery: OutgoingRecord["delivery"] = DELIVERY.default
  /** `true` where a field beside the usual ones may have a value that is not the default. */
  #hasOthers = false
  correlationId: OutgoingRecord["correlationId"] = null
  appSpecific: OutgoingRecord["appSpecific"] = APPSPECIFIC.default
  extension: OutgoingRecord["extension"] = null
  responseQueue: OutgoingRecord["responseQueue"] = null
  acknowledge: OutgoingRecord["acknowledge"] = null
  adminQueue: OutgoingRecord["adminQueue"] = null
  journaling: OutgoingRecord["journaling"] = null
  deadLetterQueue: OutgoingRecord["deadLetterQueue"] = null
  timeToReachQueue: OutgoingRecord["timeToReachQueue"] = null
  timeToBeReceived: OutgoingRecord["timeToBeReceived"] = null
  trace: OutgoingRecord["trace"] = TRACE.default
  connector: OutgoingRecord["connector"] = null
  soap: OutgoingRecord["soap"] = null

  /** Writes all fields beside the usual ones. */
  setOthers(fields: OtherFields): void {
    this.#hasOthers = true
    this.correlationId = fields.correlationId
    this.appSpecific = fields.appSpecific
    this.extension = fields.extension
    this.responseQueue = fields.responseQueue
    this.acknowledge = fields.acknowledge
    this.adminQueue = fields.adminQueue
    this.journaling = fields.journaling
    this.deadLetterQueue = fields.deadLetterQueue
    this.timeToReachQueue = fields.timeToReachQueue
    this.timeToBeReceived = fields.timeToBeReceived
    this.trace = fields.trace
    this.connector = fields.connector
    this.soap = fields.soap
  }

  /** Writes the time limits of a transaction. */
  setTimeLimits({
    timeToBeReceived,
    timeToReachQueue
  }: Pick<OtherFields, "timeToBeReceived" | "timeToReachQueue">): void {
    this.#hasOthers = true
    this.timeToReachQueue = timeToReachQueue
    this.timeToBeReceived = timeToBeReceived
  }

  /** Removes the fields that the message before had beside the usual ones. */
  clearOthers(): void {
    if (!this.#hasOthers) return
    this.setOthers(noDefaults)
    this.#hasOthers = false
  }
}

const noDefaults: OutgoingProperties = new ReusedRecord()

/** Fields whose queues other computers send to. */
export const addressedFields = ["responseQueue", "adminQueue"] as const

/** Returns a message as the backend gets it, or its refusal, as {@link writeFields} writes it. */
export const propertiesOf = (
  message: Message<unknown>,
  index: number,
  givenBody: unknown,
  bodyType: number,
  givenExtension: unknown
): OutgoingRecord | Refusal => {
  const record = new ReusedRecord()
  return writeFields(record, message, index, givenBody, bodyType, givenExtension) ?? record
}

/**
 * Writes a message into a record as the backend gets it, with the defaults (behaviour D-20) and with plain arrays of bytes.
 * Each field is read once. `givenBody` and `givenExtension` replace those of the message, since a codec and headers change them; `bodyType`
 * is the type of a message that has none.
 *
 * Returns the refusal of a value that is no bytes, no duration or no name of a queue; {@link violation} checks everything else. The name
 * of a queue of this computer may still be a path name, which `QueueAddresses` resolves.
 */
export const writeFields = (
  record: ReusedRecord,
  message: Message<unknown>,
  index: number,
  givenBody: unknown,
  bodyType: number,
  givenExtension: unknown,
  defaults: OutgoingProperties = noDefaults
): Refusal | undefined => {
  const body = bytesOf(givenBody)
  if (body === undefined) return bytesRefusal(givenBody, index, "body")
  const {
    acknowledge,
    adminQueue,
    appSpecific,
    connector,
    correlationId,
    deadLetterQueue,
    journaling,
    responseQueue,
    soap,
    timeToBeReceived,
    timeToReachQueue,
    trace
  } = message
  if (
    defaults === noDefaults &&
    givenExtension === undefined &&
    acknowledge === undefined &&
    adminQueue === undefined &&
    appSpecific === undefined &&
    connector === undefined &&
    correlationId === undefined &&
    deadLetterQueue === undefined &&
    journaling === undefined &&
    responseQueue === undefined &&
    soap === undefined &&
    timeToBeReceived === undefined &&
    timeToReachQueue === undefined &&
    trace === undefined
  ) {
    record.clearOthers()
  } else {
    const others = othersOf(
      message,
      {
        acknowledge,
        adminQueue,
        appSpecific,
        connector,
        correlationId,
        deadLetterQueue,
        journaling,
        responseQueue,
        soap,
        timeToBeReceived,
        timeToReachQueue,
        trace
      },
      index,
      givenExtension,
      defaults
    )
    if (others instanceof Refusal) return others
    record.setOthers(others)
  }
  record.body = body ?? noBytes
  record.bodyType = message.bodyType ?? bodyType
  record.label = message.label ?? defaults.label
  record.priority = message.priority ?? defaults.priority
  record.delivery = message.delivery ?? defaults.delivery
  return undefined
}

/** Returns the fields of a message that few messages have, as the backend gets them, or the refusal of one. */
const othersOf = (
  message: object,
  given: GivenOthers,
  index: number,
  givenExtension: unknown,
  defaults: OutgoingProperties
): OtherFields | Refusal => {
  const extension = bytesOf(givenExtension)
  if (extension === undefined) return bytesRefusal(givenExtension, index, "extension")
  const correlationId =
    given.correlationId == null
      ? defaults.correlationId
      : typeof given.correlationId === "string"
        ? bytesOfText(given.correlationId)
        : plainBytes(given.correlationId)
  if (correlationId === undefined) return correlationIdRefusal(given.correlationId, index)
  const timeToReachQueue = limitOf(message, "timeToReachQueue", given, index, defaults)
  if (timeToReachQueue instanceof Refusal) return timeToReachQueue
  const timeToBeReceived = limitOf(message, "timeToBeReceived", given, index, defaults)
  if (timeToBeReceived instanceof Refusal) return timeToBeReceived
  const acknowledge =
    given.acknowledge == null
      ? defaults.acknowledge
      : partOf("acknowledge", messageParts.acknowledge, noAcknowledge, given.acknowledge, index)
  if (acknowledge instanceof Refusal) return acknowledge
  const journaling =
    given.journaling == null
      ? defaults.journaling
      : partOf("journaling", messageParts.journaling, noJournaling, given.journaling, index)
  if (journaling instanceof Refusal) return journaling
  const connector = given.connector == null ? defaults.connector : connectorOf(given.connector, index)
  if (connector instanceof Refusal) return connector
  const soap =
    given.soap == null ? defaults.soap : partOf<SoapProperties>("soap", messageParts.soap, undefined, given.soap, index)
  if (soap instanceof Refusal) return soap
  const responseQueue = queueIn("responseQueue", given, index, defaults)
  if (responseQueue instanceof Refusal) return responseQueue
  const adminQueue = queueIn("adminQueue", given, index, defaults)
  if (adminQueue instanceof Refusal) return adminQueue
  const deadLetterQueue = queueIn("deadLetterQueue", given, index, defaults)
  if (deadLetterQueue instanceof Refusal) return deadLetterQueue
  return {
    correlationId,
    appSpecific: given.appSpecific ?? defaults.appSpecific,
    extension,
    responseQueue,
    acknowledge,
    adminQueue,
    journaling,
    deadLetterQueue,
    timeToReachQueue,
    timeToBeReceived,
    trace: given.trace ?? defaults.trace,
    connector,
    soap
  }
}

/** Length in bytes of a body and of an extension that always fit, beside any other properties. */
const fittingLength = maximumPacketSize - 4096

/**
 * Returns `true` for a message that keeps all rules, as nearly all do. The rules are checked one by one only for others, since
 * that costs more than the send. Rules and this function follow from the same rows, which a test checks.
 */
const isLegal = (message: OutgoingProperties): boolean =>
  message.body.length + (message.extension === null ? 0 : message.extension.length) <= fittingLength &&
  typeof message.label === "string" &&
  message.label.length <= LABEL.limit &&
  !message.label.includes("\0") &&
  isUnsigned(message.priority, PRIORITY.limit) &&
  isUnsigned(message.bodyType, BODY_TYPE.limit) &&
  isUnsigned(message.appSpecific, APPSPECIFIC.limit) &&
  (message.delivery === "express" || message.delivery === "recoverable") &&
  typeof message.trace === "boolean" &&
  (message.correlationId === null || message.correlationId.length === CORRELATIONID.exactly)

/** Returns the rule that a message breaks, or `undefined`. */
export const violation = (message: OutgoingProperties, index: number): IllegalMessage | undefined => {
  if (isLegal(message)) return undefined
  for (const { field, rule, holds, actual } of rules) {
    if (holds(message)) continue
    const broken = typeof rule === "string" ? rule : rule(message)
    return { _tag: "IllegalMessage", index, field, rule: broken, actual: actual(message) }
  }
  const size = packetSize({ label: message.label, body: message.body, extension: message.extension ?? noBytes })
  if (size <= maximumPacketSize) return undefined
  return {
    _tag: "IllegalMessage",
    index,
    field: "body",
    rule: `body, extension, label and headers may have at most ${maximumPacketSize} bytes together; send a reference to a larger body`,
    actual: `${countOf(message.body.length, "byte")}, which makes a message of ${size} bytes`
  }
}
